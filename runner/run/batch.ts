/** Runs a batch of a play's hosts: the tasks in lock-step or each host by itself, handlers where they are due, and who drops out on the way. */
import { randomUUID } from 'node:crypto'
import { DiagnosticError, fail } from '../diagnostic/diagnostic.ts'
import { formatPosition } from '../diagnostic/source.ts'
import { inherited, type CompiledBlock, type CompiledItem, type CompiledTask } from '../plan/compiled.ts'
import { Cursor, comparePositions, type Next } from '../plan/cursor.ts'
import { factsTask } from '../plan/own-tasks.ts'
import { taskArguments } from '../resolve/module-defaults.ts'
import { settled } from '../resolve/pending.ts'
import type { Keywords } from '../load/playbook.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { print } from '../value/print.ts'
import { booleanOf } from '../value/truth.ts'
import { Dict, Float, RawDict, Unknown, UnknownValueError, type Raw, type Value } from '../value/value.ts'
import { runnerAction, UNCONDITIONAL_META } from './actions/index.ts'
import { factsOf } from './actions/set-fact.ts'
import { failedTask } from './failed-task.ts'
import { handlersNamed } from './handlers.ts'
import { inheritedValue } from './inherited-value.ts'
import type { HostState } from './host.ts'
import { NOTHING, type Outcome } from './outcome.ts'
import { pooled } from './pooled.ts'
import { registered, resultDict } from './result.ts'
import type { ActivePlay, Session } from './session.ts'
import { strategyOf, type Strategy } from './strategy.ts'
import { causeOf, delegateOf, isFailedInclude, runTask, taskName } from './task.ts'

/** How a batch of a play, or the play, came to its end. */
export type PlayEnd =
  | 'done'
  /** By `meta: end_play`: there are no further batches. */
  | 'ended'
  /** All hosts of a batch were lost: no further play of the playbook runs. */
  | 'failed'
  /** So too where a loss ends it for all. */
  | 'fatal'
  | 'interrupted'

const maybeOf = (host: string, because: string | undefined): [string, string][] => (because === undefined ? [] : [[host, because]])

/** The meta actions that are about the play, not about a host. */
const FOR_ALL: ReadonlySet<string> = new Set(['end_play', 'end_batch', 'clear_host_errors', 'clear_facts'])

/** Actions whose facts are kept by the session, apart from what tasks set. */
const GATHERING: ReadonlySet<string> = new Set(['setup', 'gather_facts'])

/** What came of a task. */
interface Performed {
  readonly outcomes: ReadonlyMap<string, Outcome>
  /** Hosts that a failed handler has already sent on to another place. */
  readonly moved: readonly string[]
}

/** Where hosts are in the items that they go through together. */
type Cursors = ReadonlyMap<string, Cursor>

export class BatchRun {
  readonly #session: Session
  readonly #play: ActivePlay
  readonly #gone: Set<string>
  readonly #strategy: Strategy
  /** Hosts that failed for good, though an `always` may still have to run on them, or that are unreachable. */
  readonly #lost = new Set<string>()
  /** Hosts on which nothing more runs. */
  readonly #stopped = new Set<string>()
  readonly #interrupted: () => boolean
  /** In a dry run: by host, why it cannot be known whether anything more runs there. */
  readonly #maybeEnded: Map<string, string>
  #endPlay = false
  #endBatch = false
  /** True where no play comes after this one. */
  #isLast = false
  /** Hosts that a failure is final for: their own, or another's. */
  readonly #ended = new Set<string>()
  /** Tasks' names by the tasks' ids. */
  readonly #names = new Map<number, Promise<string>>()

  /** In a dry run: why it cannot be known whether the play was ended for all. */
  playMaybeEnded: string | undefined

  /** `maybeEnded`: in a dry run, why an earlier batch may have ended the play. */
  constructor(session: Session, play: ActivePlay & { readonly gone: Set<string> }, interrupted: () => boolean, maybeEnded: string | undefined) {
    this.#maybeEnded = new Map(maybeEnded === undefined ? [] : play.batch.map((host) => [host, maybeEnded]))
    this.#session = session
    this.#play = play
    this.#gone = play.gone
    this.#interrupted = interrupted
    this.#strategy = strategyOf(play.compiled, session.options, session.evaluator(play.batch[0], play, undefined))
  }

  async run(): Promise<PlayEnd> {
    const { compiled, batch, name } = this.#play
    const hosts = batch.filter((each) => !this.#gone.has(each))
    this.#session.emit({ kind: 'play-start', name, id: randomUUID(), path: formatPosition(compiled.play.range), hosts, at: new Date() })
    for (const host of hosts) this.#session.host(host).beginPlay()
    const force = this.#forcesHandlers()
    const items = [...this.#facts(), ...compiled.sections.flatMap((section) => withHandlers(section, force))]
    if (this.#strategy === 'linear') await this.#lockstep(items, hosts)
    else await pooled(hosts, this.#strategy === 'free' ? hosts.length : this.#session.options.forks, (host) => this.#lockstep(items, [host]))
    this.#session.emit({ kind: 'play-end', at: new Date() })
    if (this.#interrupted()) return 'interrupted'
    if (this.#isLast) return 'fatal'
    if (batch.every((host) => this.#isLostForGood(host))) return 'failed'
    return this.#endPlay ? 'ended' : 'done'
  }

  /** Who failed in this play and was not forgiven, or what it could not include is held against it. */
  #isLostForGood(host: string): boolean {
    const { out, isLostLater } = this.#session.host(host)
    return isLostLater || (this.#lost.has(host) && out !== undefined)
  }

  /** The task that reads facts before all others, where the play wants it. */
  #facts(): CompiledTask[] {
    const { options } = this.#session
    const wanted = this.#playKeyword('gather_facts') ?? options.gathering !== 'explicit'
    const isKnown = options.gathering === 'smart' && this.#play.batch.every((host) => this.#session.host(host).gathered.gathered)
    const task = wanted && !isKnown ? factsTask(this.#play.compiled.play, this.#session.counter.next(), options) : undefined
    return task ? [task] : []
  }

  get #isEnding(): boolean {
    return this.#interrupted() || this.#endPlay || this.#endBatch
  }

  // --- lock-step -------------------------------------------------------------------------------------------------------

  /** Hosts go through items together: none begins a task before all have ended the one before it. */
  async #lockstep(items: readonly CompiledItem[], hosts: readonly string[]): Promise<void> {
    const cursors: Cursors = new Map(hosts.map((host) => [host, new Cursor(items)]))
    let reached: readonly number[] = []
    while (!this.#isEnding) {
      // A host that was left behind (it could not be reached, and that was forgiven) goes on when the others are at the end.
      const step = this.#nextStep(cursors, reached) ?? this.#nextStep(cursors, [])
      if (!step) return
      const { item } = step
      reached = step.position
      if (item.kind === 'task') {
        await this.#step(item, step.hosts, cursors)
        continue
      }
      const lost = item.kind === 'flush' ? await this.#flush(step.hosts, cursors) : []
      if (item.kind === 'role-end') for (const host of step.hosts) this.#endRole(host, item.use.identity)
      for (const host of step.hosts) if (!lost.includes(host)) cursors.get(host)!.succeed()
    }
  }

  #endRole(host: string, identity: string): void {
    const { begunRoles, doneRoles } = this.#session.host(host)
    if (begunRoles.has(identity)) doneRoles.add(identity)
  }

  /** Of the hosts beyond a position those that are furthest behind, and what is next for them. */
  #nextStep(cursors: Cursors, beyond: readonly number[]): (Next & { hosts: string[] }) | undefined {
    let first: Next | undefined
    let behind: string[] = []
    for (const [host, cursor] of cursors) {
      const next = this.#stopped.has(host) ? undefined : cursor.next()
      if (!next || comparePositions(next.position, beyond) <= 0) continue
      const order = first ? comparePositions(next.position, first.position) : -1
      if (order < 0) {
        first = next
        behind = [host]
      } else if (order === 0) behind.push(host)
    }
    return first && { ...first, hosts: behind }
  }

  async #step(task: CompiledTask, hosts: readonly string[], cursors: Cursors): Promise<void> {
    const due = hosts.filter((host) => !this.#isDone(task, host))
    for (const host of hosts) if (!due.includes(host)) cursors.get(host)!.succeed()
    if (due.length === 0) return
    const maybe = new Map(due.flatMap((host) => maybeOf(host, cursors.get(host)!.next()?.maybeBecause)))
    const { outcomes, moved } = await this.#perform(task, due, cursors, maybe)
    const blocks = includedBlocks(outcomes)
    const failed: string[] = []
    for (const host of due) {
      if (moved.includes(host)) continue
      const cursor = cursors.get(host)!
      const outcome = outcomes.get(host)
      const unknown = outcome?.unknown ?? outcome?.items?.find((item) => item.outcome.unknown !== undefined)?.outcome.unknown
      if (unknown !== undefined) cursor.mayFail(unknown)
      if (outcome?.unreachable && !outcome.ignored) {
        this.#lose(host, 'unreachable')
        // Where the play forgets that, the host goes on behind the task.
        cursor.succeed()
      } else if (outcome?.failure && !outcome.ignored) {
        if (cursor.failsAtOnce) failed.push(host)
        await this.#fail(task, host, outcome, cursor)
      } else {
        const own = outcome ? inclusionsOf(outcome) : []
        if (own.length === 0) cursor.succeed()
        else
          cursor.include(
            blocks.map((block) => (own.includes(block) ? block : { ...block, block: [] })),
            outcome?.unknown,
          )
      }
    }
    const [first] = outcomes
    if (first && this.#runsOnce(task, first[0]) && first[1].failure && !first[1].ignored) this.#failAll(cursors, first[0])
    this.#endIfFatal(task, outcomes, failed, cursors)
  }

  #runsOnce(task: CompiledTask, host: string): boolean {
    return this.#strategy === 'linear' && booleanKeyword(task.chain, 'run_once', this.#session.evaluator(host, this.#play, task)) === true
  }

  /** What one host runs for all fails for all. */
  #failAll(cursors: Cursors, failed: string): void {
    for (const [host, cursor] of cursors) if (host !== failed) this.#failWith(host, cursor)
  }

  /** The failure of another host is this one's too: it goes on with the rescue around where it stands, or is lost. */
  #failWith(host: string, cursor: Cursor | undefined): void {
    if (!cursor || this.#stopped.has(host) || cursor.failed) return
    if (!cursor.isRescued) this.#lose(host, 'failed')
    cursor.fail()
  }

  /** A host goes on with the rescue around what failed, or is lost. */
  async #fail(task: CompiledTask, host: string, outcome: Outcome, cursor: Cursor): Promise<void> {
    const state = this.#session.host(host)
    // A rescue is not told what could not be included.
    if (!isFailedInclude(task, outcome)) {
      state.facts.set('ansible_failed_task', await failedTask(task, this.#session.evaluator(host, this.#play, task)))
      state.facts.set('ansible_failed_result', new Dict([...resultDict(outcome), ['_ansible_no_log', false]]))
    }
    // What could not be included counts as a failure even where that is rescued; what is not there, for the rest of the run.
    if (cursor.isRescued && isFailedInclude(task, outcome)) {
      state.stats.failures++
      if (outcome.failure?.diagnostic?.code !== 'WRONG_TYPE') state.isLostLater = true
    } else if (cursor.isRescued) state.stats.rescued++
    else {
      state.stats.failures++
      this.#lose(host, 'failed')
    }
    if (cursor.fail() === 'out') this.#ended.add(host)
  }

  /** Whether a host is through with the task's role, which does not run twice. */
  #isDone({ role, isHandler }: CompiledTask, host: string): boolean {
    return role !== undefined && !isHandler && !role.repeats && this.#session.host(host).doneRoles.has(role.identity)
  }

  /** The host takes part no more; after a failure only what stands in an `always` around it still runs. */
  #lose(host: string, how: 'failed' | 'unreachable'): void {
    this.#lost.add(host)
    this.#gone.add(host)
    this.#session.host(host).out = how
    if (how === 'unreachable') this.#stopped.add(host)
  }

  /**
   * What a failure, or a host that was not reached, means for the others: where `any_errors_fatal`, `run_once` or the percentage do
   * not tolerate it the run ends with this play. Who then stands in a rescue or an always goes on, and with it, until none is left
   * that may, also who does not. `failed`: whose failure counts at once; `flushing`: hosts that are at their handlers.
   */
  #endIfFatal(task: CompiledTask, outcomes: ReadonlyMap<string, Outcome>, failed: readonly string[], cursors: Cursors, flushing: readonly string[] = []): void {
    if (this.#strategy !== 'linear' || outcomes.size === 0) return
    const left = this.#play.batch.filter((host) => this.#session.host(host).out !== 'unreachable')
    const unreachable = [...outcomes].filter(([, outcome]) => outcome.unreachable).map(([host]) => host)
    const [first] = [...failed, ...unreachable]
    if (first !== undefined && this.#isFatal(task, first)) {
      const isSpared = (host: string): boolean => !this.#stopped.has(host) && !flushing.includes(host) && cursors.get(host)?.isAside === true
      const ended = left.filter((host) => !isSpared(host))
      for (const host of ended) this.#ended.add(host)
      if (ended.length > 0) this.#isLast = true
    }
    if (this.#tooManyFailed()) {
      for (const host of left.filter((each) => !failed.includes(each))) {
        this.#ended.add(host)
        this.#failWith(host, cursors.get(host))
      }
      this.#isLast = true
    }
    if (this.#isLast && left.every((host) => this.#ended.has(host))) this.#endForAll()
  }

  /** Whether a failure of a task is one of all hosts. */
  #isFatal(task: CompiledTask, host: string): boolean {
    const evaluator = this.#session.evaluator(host, this.#play, task)
    // What only an item of a loop can tell is not said of the task.
    const says = (name: string): boolean | undefined => {
      try {
        return booleanKeyword(task.chain, name, evaluator)
      } catch (error) {
        if (error instanceof DiagnosticError || error instanceof UnknownValueError) return undefined
        throw error
      }
    }
    if (says('ignore_errors') === true) return false
    const anyErrors = says('any_errors_fatal') ?? this.#session.options.anyErrorsFatal
    return anyErrors || this.#runsOnce(task, host) || runnerAction(task.task.action.module)?.onlyFirstHost === true
  }

  /** The run ends here. */
  #endForAll(): void {
    this.#isLast = true
    for (const host of this.#play.batch) {
      this.#stopped.add(host)
      if (!this.#gone.has(host)) this.#lose(host, 'failed')
    }
  }

  /** In a dry run: why it cannot be known whether a task runs on a host, by its place or by what has ended. */
  #maybeBecause(host: string, maybe: ReadonlyMap<string, string>): string | undefined {
    return maybe.get(host) ?? this.#maybeEnded.get(host)
  }

  /** Does a task on hosts. */
  async #perform(task: CompiledTask, hosts: readonly string[], cursors: Cursors, maybe: ReadonlyMap<string, string>): Promise<Performed> {
    if (task.task.action.module === 'meta') return this.#meta(task, hosts, cursors, maybe)
    return { outcomes: await this.#runOn(task, hosts, maybe), moved: [] }
  }

  /** Runs a task on hosts at once, as many as `forks` and `throttle` allow, and does what follows from each outcome. Answers those that ran it. */
  async #runOn(task: CompiledTask, hosts: readonly string[], maybe: ReadonlyMap<string, string>): Promise<Map<string, Outcome>> {
    const [firstHost] = hosts
    const firstEvaluator = this.#session.evaluator(firstHost, this.#play, task)
    const name = await this.#nameOf(task, firstEvaluator)
    const { action } = task.task
    if (this.#strategy === 'linear' && !task.isHandler && !(await this.#session.stepper.confirms(`TASK: ${name}`))) return new Map()
    const start = this.#session.counter.next()
    const { isHandler } = task
    const path = formatPosition(task.task.range)
    this.#session.emit({ kind: 'task-start', name, action: action.written, id: String(task.id), start, path, isHandler, at: new Date() })
    const firstOnly = runnerAction(action.module)?.onlyFirstHost === true
    const once = this.#runsOnce(task, firstHost!)
    const arrived = new Map<string, Outcome>()
    const one = async (host: string): Promise<void> => {
      this.#session.emit({ kind: 'host-start', host })
      const outcome = await runTask(this.#session, this.#play, task, host, this.#maybeBecause(host, maybe))
      arrived.set(host, outcome)
      const delegatedTo = await delegateOf(this.#session, this.#play, task, host)
      this.#session.emit({ kind: 'host-result', of: start, host, action: outcome.action ?? action.written, outcome, delegatedTo, at: new Date() })
      const state = this.#session.host(host)
      if (task.role && !outcome.skipped && !outcome.unreachable) state.begunRoles.add(task.role.identity)
      this.#count(state, outcome, action.module)
    }
    const limit = Math.min(this.#session.options.forks, await this.#throttle(task, firstEvaluator))
    await pooled(once || firstOnly ? [firstHost!] : hosts, limit, one)
    // What follows from them comes in the order of the hosts, whichever was ready first.
    const outcomes = new Map(hosts.flatMap((host) => (arrived.has(host) ? [[host, arrived.get(host)!] as const] : [])))
    // What a task that runs once found out is known to all hosts of the play, wherever they are; only the host that ran it has changed.
    const learning = once ? this.#play.batch.filter((host) => this.#session.host(host).out !== 'unreachable') : firstOnly ? [firstHost!] : hosts
    for (const host of learning) this.#remember(task, host, outcomes.get(once ? firstHost! : host)!)
    for (const [host, outcome] of outcomes) this.#notifyAfter(task, host, outcome, name)
    return outcomes
  }

  /** A task's name is the first host's; where each host goes its own way, that which is first to come to it gives it to all, as in Ansible. */
  #nameOf(task: CompiledTask, evaluator: Evaluator): Promise<string> {
    const given = this.#strategy === 'linear' ? undefined : this.#names.get(task.id)
    if (given !== undefined) return given
    const name = settled(() => taskName(task, evaluator)).catch((error: unknown) => {
      if (error instanceof DiagnosticError) return taskName(task, undefined)
      throw error
    })
    this.#names.set(task.id, name)
    return name
  }

  async #throttle(task: CompiledTask, evaluator: Evaluator): Promise<number> {
    const found = inherited(task.chain, 'throttle')
    if (!found || found.raw === null) return Infinity
    const limit = Number(print(await settled(() => evaluator.value(found.raw))))
    return limit > 0 ? limit : Infinity
  }

  #count(state: HostState, outcome: Outcome, module: string): void {
    const { stats } = state
    if (outcome.unreachable) {
      if (outcome.ignored) {
        stats.ok++
        stats.ignored++
      } else stats.unreachable++
      return
    }
    if (outcome.failure) {
      if (outcome.ignored) {
        stats.ok++
        stats.ignored++
        if (outcome.changed) stats.changed++
      }
      return
    }
    if (outcome.unknown !== undefined) {
      stats.unknown++
      stats.skipped++
    } else if (outcome.skipped) stats.skipped++
    else if (module !== 'include_role') {
      // As in Ansible, each file that a task includes counts, unless it is empty.
      stats.ok += module === 'include_tasks' || module === 'include' ? inclusionsOf(outcome).length : 1
      if (outcome.changed) stats.changed++
    }
  }

  /** Keeps what a task registered or set. */
  #remember(task: CompiledTask, host: string, outcome: Outcome): void {
    const state = this.#session.host(host)
    const register = task.task.keywords.get('register')?.raw
    if (typeof register === 'string') {
      state.facts.set(register, withTemplates(registered(outcome), outcome))
      state.facts.note(register, 'AnsibleUnsafeText')
    }
    // What failed in the end has set nothing, though an item of it may have.
    if (outcome.failure) return
    const outcomes = outcome.unknown === undefined && outcome.items ? outcome.items.map((item) => item.outcome) : [outcome]
    for (const each of outcomes) {
      const factsFor = each.factsFor ?? outcome.factsFor
      const target = factsFor === undefined ? state : this.#session.host(factsFor)
      for (const [name, value] of each.includedVariables ?? []) state.included.set(name, value)
      if (each.unknown !== undefined) {
        if (task.task.action.module === 'set_fact')
          for (const fact of taskArguments(task, {}, undefined).args.keys()) target.facts.set(fact, new Unknown(each.unknown))
      } else if (!each.skipped && !each.includedVariables && !GATHERING.has(task.task.action.module)) {
        const facts = factsOf(each)
        if (task.task.action.module === 'set_fact') for (const [fact, value] of facts) target.facts.set(fact, value)
        for (const [fact, { text, raw }] of each.written ?? []) target.facts.note(fact, text, raw)
        if (task.task.action.module !== 'set_fact' || each.cacheable) target.gathered.merge(facts)
      }
    }
  }

  // --- handlers --------------------------------------------------------------------------------------------------------

  #notifyAfter(task: CompiledTask, host: string, outcome: Outcome, name: string): void {
    const maybe = outcome.unknown !== undefined || (outcome.items?.some((item) => item.outcome.unknown !== undefined) ?? false)
    if ((outcome.changed && !outcome.failure) || maybe) this.#notify(task, host, outcome, maybe && !outcome.changed ? causeOf(task, name) : undefined)
  }

  #notify(task: CompiledTask, host: string, outcome: Outcome, maybeBecause: string | undefined): void {
    const names = new Set([outcome, ...(outcome.items ?? []).map((item) => item.outcome)].flatMap((each) => each.notifies ?? []))
    if (names.size === 0) return
    const state = this.#session.host(host)
    for (const name of names) {
      const handlers = handlersNamed(this.#play.compiled, name, (handler) => this.#session.evaluator(host, this.#play, handler))
      if (handlers.length === 0) {
        const more = { range: inherited(task.chain, 'notify')?.node.range, hint: 'A handler is notified by its name or by what it listens to.' }
        if (this.#session.options.failsOnMissingHandler) fail('UNKNOWN_HANDLER', `there is no handler '${name}'`, more)
        this.#session.warn({ code: 'UNKNOWN_HANDLER', severity: 'warning', summary: `there is no handler '${name}'`, ...more })
      }
      for (const handler of handlers) {
        if (maybeBecause === undefined) {
          state.notified.add(handler.id)
          state.maybeNotified.delete(handler.id)
        } else if (!state.notified.has(handler.id)) state.maybeNotified.set(handler.id, outcome.unknown ?? maybeBecause)
      }
    }
  }

  /**
   * Runs the handlers that hosts have notified, in the order in which they are written. Where one fails, what the host stands at has
   * failed. Answers the hosts that did not come through.
   */
  async #flush(hosts: readonly string[], cursors: Cursors): Promise<string[]> {
    const lost: string[] = []
    if (this.#strategy === 'linear' && this.#anyErrorsFatal() && hosts.some((host) => cursors.get(host)!.failing)) {
      this.#endForAll()
      return lost
    }
    for (const list of this.#play.compiled.handlers) {
      for (const handler of list) {
        if (this.#isEnding) break
        const due = hosts.filter((host) => {
          const { notified, maybeNotified } = this.#session.host(host)
          return (notified.has(handler.id) || maybeNotified.has(handler.id)) && !lost.includes(host) && !this.#stopped.has(host)
        })
        if (due.length === 0) continue
        const maybe = new Map<string, string>()
        for (const host of due) {
          const state = this.#session.host(host)
          const because = state.maybeNotified.get(handler.id)
          if (!state.notified.has(handler.id) && because !== undefined) maybe.set(host, because)
        }
        const { outcomes } = await this.#perform(handler, due, cursors, maybe)
        const failed: string[] = []
        for (const [host, outcome] of outcomes) {
          // Of a handler that runs once the other hosts stay notified, as in Ansible.
          this.#session.host(host).notified.delete(handler.id)
          this.#session.host(host).maybeNotified.delete(handler.id)
          if (outcome.ignored || (!outcome.failure && !outcome.unreachable)) continue
          lost.push(host)
          if (outcome.unreachable) this.#lose(host, 'unreachable')
          else {
            if (cursors.get(host)!.failsAtOnce) failed.push(host)
            await this.#fail(handler, host, outcome, cursors.get(host)!)
          }
        }
        this.#endIfFatal(handler, outcomes, failed, cursors, hosts)
        for (const block of includedBlocks(outcomes)) {
          const including = due.filter((host) => outcomes.has(host) && inclusionsOf(outcomes.get(host)!).includes(block))
          await this.#lockstep([block], including)
        }
      }
    }
    return lost
  }

  #forcesHandlers(): boolean {
    return this.#playKeyword('force_handlers') ?? this.#session.options.forceHandlers
  }

  #anyErrorsFatal(): boolean {
    return this.#playKeyword('any_errors_fatal') ?? this.#session.options.anyErrorsFatal
  }

  #playKeyword(name: string): boolean | undefined {
    const { play } = this.#play.compiled
    return booleanKeyword([play.keywords, ...play.imported.toReversed()], name, this.#session.evaluator(this.#play.batch[0], this.#play, undefined))
  }

  // --- meta and failures -----------------------------------------------------------------------------------------------

  async #meta(task: CompiledTask, hosts: readonly string[], cursors: Cursors, maybe: ReadonlyMap<string, string>): Promise<Performed> {
    const { text, args } = task.task.action
    const what = text ? print(text.value as Value) : print((args.get('_meta') ?? '') as Value)
    const outcomes = new Map<string, Outcome>()
    // As in Ansible, no condition keeps these from being done.
    if (UNCONDITIONAL_META.has(what)) {
      await this.#act(what, hosts, cursors)
      return { outcomes: new Map(hosts.map((host) => [host, NOTHING])), moved: [] }
    }
    const acting: string[] = []
    // What concerns the play as a whole is decided by the first host's conditions.
    for (const host of FOR_ALL.has(what) ? hosts.slice(0, 1) : hosts) {
      const outcome = await runTask(this.#session, this.#play, task, host, this.#maybeBecause(host, maybe))
      outcomes.set(host, outcome)
      if (outcome.unknown !== undefined) this.#mayEnd(what, host, outcome.unknown)
      if (!outcome.skipped && !outcome.failure && outcome.unknown === undefined) acting.push(host)
    }
    return { outcomes, moved: acting.length > 0 ? await this.#act(what, acting, cursors) : [] }
  }

  /** Answers the hosts that a failed handler has sent on to another place. */
  async #act(what: string, hosts: readonly string[], cursors: Cursors): Promise<readonly string[]> {
    switch (what) {
      case 'flush_handlers':
        return this.#flush(hosts, cursors)
      case 'end_play':
      case 'end_batch': {
        // Who is not through with a rescue has failed, and with such a host no host takes part in later plays.
        const standing = [...cursors].filter(([host]) => !this.#stopped.has(host)).map(([, { isRescuing }]) => isRescuing)
        if (standing.every(Boolean)) this.#endForAll()
        else if (standing.some(Boolean)) {
          for (const host of this.#play.batch) this.#session.host(host).out ??= 'failed'
          this.#endPlay = true
        } else if (what === 'end_play') this.#endPlay = true
        else this.#endBatch = true
        break
      }
      case 'end_host':
        for (const host of hosts) {
          if (cursors.get(host)!.isRescuing) this.#lose(host, 'failed')
          this.#gone.add(host)
          this.#stopped.add(host)
        }
        break
      case 'clear_host_errors':
        for (const name of this.#play.batch) this.#forgive(name, cursors.get(name))
        break
      case 'clear_facts':
        for (const host of this.#play.hosts) this.#session.host(host).gathered.clear()
        break
      case 'refresh_inventory':
        this.#session.refreshInventory()
        this.#play.added.clear()
        break
      case 'reset_connection':
        await Promise.all(hosts.map((host) => this.#session.host(host).closePorts()))
    }
    return []
  }

  /** A host that failed comes back with the next play, one that could not be reached, or is in an always, at once. */
  #forgive(host: string, cursor: Cursor | undefined): void {
    const state = this.#session.host(host)
    const isInAlways = cursor?.failing === true
    cursor?.forgive()
    if (state.out === 'unreachable' || isInAlways) {
      this.#lost.delete(host)
      this.#stopped.delete(host)
    }
    state.out = undefined
    this.#ended.delete(host)
  }

  /** In a dry run: a task that may end the play, or a host's part in it, leaves unknown whether the rest runs. */
  #mayEnd(what: string, host: string, because: string): void {
    if (what === 'end_play') this.playMaybeEnded ??= because
    const hosts = what === 'end_play' || what === 'end_batch' ? this.#play.batch : what === 'end_host' ? [host] : []
    for (const each of hosts) if (!this.#maybeEnded.has(each)) this.#maybeEnded.set(each, because)
  }

  #tooManyFailed(): boolean {
    const keyword = this.#play.compiled.play.keywords.get('max_fail_percentage')
    if (!keyword || keyword.raw === null || this.#ended.size === 0) return false
    const value = this.#session.evaluator(this.#play.batch[0], this.#play, undefined).value(keyword.raw)
    const limit = value instanceof Float ? value.value : Number.parseFloat(print(value))
    return (this.#ended.size / this.#play.batch.length) * 100 > limit
  }
}

/** A section of a play with its handlers behind it; forced ones come after a failure as well. */
function withHandlers(section: readonly CompiledItem[], force: boolean): CompiledItem[] {
  if (!force) return [...section, { kind: 'flush' }]
  const within = (block: readonly CompiledItem[]): CompiledBlock => ({ kind: 'block', block, rescue: [], always: [] })
  // Both are blocks of their own: what fails in the section counts at once, and who is at the handlers is not spared.
  return [{ ...within([within(section)]), always: [within([{ kind: 'flush' }])] }]
}

/** The blocks that a host's outcome brings in, in the order of its items. */
function inclusionsOf({ include, items }: Outcome): CompiledBlock[] {
  return [...(include ? [include.block] : []), ...(items ?? []).flatMap((each) => inclusionsOf(each.outcome))]
}

/** The blocks that any host brings in, each once, in the order of hosts and items. */
function includedBlocks(outcomes: ReadonlyMap<string, Outcome>): CompiledBlock[] {
  return [...new Set([...outcomes.values()].flatMap(inclusionsOf))]
}

/** What `include_vars` registers holds its variables, templates and all. */
function withTemplates(value: Value, { includedVariables }: Outcome): Raw {
  if (!includedVariables || !(value instanceof Dict)) return value
  return new RawDict([...value, ['ansible_facts', includedVariables]])
}

/** A boolean keyword; undefined where nothing of the chain has it. */
function booleanKeyword(chain: readonly Keywords[], name: string, evaluator: Evaluator): boolean | undefined {
  const value = inheritedValue(chain, name, evaluator)
  return value === undefined ? undefined : booleanOf(value)
}
