/** Runs one play: batches of hosts, the tasks in lock-step, handlers where they are due, and who drops out on the way. */
import { randomUUID } from 'node:crypto'
import { DiagnosticError, fail } from '../diagnostic/diagnostic.ts'
import { formatPosition } from '../diagnostic/source.ts'
import { matchHosts } from '../load/inventory/pattern.ts'
import { readVariables } from '../load/role.ts'
import { isFile } from '../load/reader.ts'
import { Cursor, comparePositions, type Next } from '../plan/cursor.ts'
import type { CompiledItem, CompiledPlay, CompiledTask } from '../plan/compiled.ts'
import { inherited } from '../plan/compiled.ts'
import { taskArguments } from '../resolve/module-defaults.ts'
import { settled } from '../resolve/pending.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { print } from '../value/print.ts'
import { booleanOf } from '../value/truth.ts'
import { Dict, Float, Template, Unknown, type RawDict, type Value } from '../value/value.ts'
import { factsOf } from './actions/set-fact.ts'
import type { HostState } from './host.ts'
import type { Outcome } from './outcome.ts'
import { registered, resultDict } from './result.ts'
import type { ActivePlay, Session } from './session.ts'
import { causeOf, delegateOf, runTask, taskName } from './task.ts'
import path from 'node:path'

/** How a batch of a play, or the play, came to its end. */
export type PlayEnd =
  | 'done'
  /** By `meta: end_play`: there are no further batches. */
  | 'ended'
  /** All hosts of a batch failed, or one in a way that ends it for all: no further play of the playbook runs. */
  | 'failed'
  | 'interrupted'

/** Evaluates what stands at a play itself: its name, its hosts, its files of variables. */
export function playEvaluator(session: Session, compiled: CompiledPlay): Evaluator {
  return session.evaluator('localhost', { compiled, name: '', varsFiles: [], hosts: [], batch: [], gone: new Set() }, undefined)
}

/** The play's name: templated, else its host pattern. */
export function playName(compiled: CompiledPlay, evaluator: Evaluator): string {
  const raw = compiled.play.keywords.get('name')?.raw
  if (raw === undefined || raw === null) return hostPattern(compiled, evaluator)
  return print(evaluator.valueIfDefined(raw) ?? (raw instanceof Template ? raw.text : (raw as Value)))
}

/** The play's `hosts`, a list joined with commas. */
export function hostPattern(compiled: CompiledPlay, evaluator: Evaluator): string {
  const hosts = compiled.play.keywords.get('hosts')!
  const value = evaluator.value(hosts.raw)
  const names = Array.isArray(value) ? value.map(print) : [print(value)]
  if (value === null || names.every((name) => name.trim() === '')) fail('MISSING_KEYWORD', "'hosts' is empty", { range: hosts.keyRange })
  return names.join(',')
}

/** The hosts of a play in the order of the inventory, `--limit` applied. */
export function playHosts(session: Session, compiled: CompiledPlay): string[] {
  const evaluator = playEvaluator(session, compiled)
  const hosts = compiled.play.keywords.get('hosts')!
  const matched = matchHosts(session.inventory, hostPattern(compiled, evaluator), hosts.node.range, (part, hint) => {
    session.warn({ code: 'UNKNOWN_HOST_PATTERN', severity: 'warning', summary: `no host or group is called '${part}'`, range: hosts.node.range, hint })
  })
  const { limit } = session.options
  if (limit === undefined) return matched
  const allowed = new Set(
    matchHosts(session.inventory, limit, undefined, (part, hint) => fail('UNKNOWN_HOST_PATTERN', `--limit: no host or group is called '${part}'`, { hint })),
  )
  return matched.filter((name) => allowed.has(name))
}

function ordered(hosts: readonly string[], compiled: CompiledPlay, evaluator: Evaluator): string[] {
  const keyword = compiled.play.keywords.get('order')
  if (!keyword || keyword.raw === null) return [...hosts]
  const wanted = print(evaluator.value(keyword.raw))
  if (wanted === 'inventory') return [...hosts]
  if (wanted === 'reverse_inventory') return hosts.toReversed()
  if (wanted === 'sorted') return hosts.toSorted()
  if (wanted === 'reverse_sorted') return hosts.toSorted().toReversed()
  if (wanted === 'shuffle')
    return hosts
      .map((host) => [Math.random(), host] as const)
      .sort(([a], [b]) => a - b)
      .map(([, host]) => host)
  fail('UNSUPPORTED_VALUE', `'order' is '${wanted}'`, {
    range: keyword.node.range,
    hint: 'It is one of inventory, reverse_inventory, sorted, reverse_sorted, shuffle.',
  })
}

/** The files of `vars_files`, read. Each entry is a path, or a list of paths of which the first that exists counts. */
export function readVarsFiles(session: Session, compiled: CompiledPlay, evaluator: Evaluator): RawDict[] {
  const keyword = compiled.play.keywords.get('vars_files')
  if (!keyword || keyword.raw === null) return []
  const value = evaluator.value(keyword.raw)
  return (Array.isArray(value) ? value : [value]).map((entry) => {
    const candidates = (Array.isArray(entry) ? entry : [entry]).map((name) => path.resolve(compiled.play.folder, print(name)))
    const found = candidates.find(isFile)
    if (found === undefined)
      fail('FILE_NOT_FOUND', `there is no file ${candidates.map((each) => session.reader.shownPath(each)).join(' or ')}`, { range: keyword.node.range })
    return readVariables(session.reader, found, keyword.node.range)
  })
}

/** Runs the play's batches one after the other. */
export async function runPlay(session: Session, compiled: CompiledPlay, interrupted: () => boolean): Promise<PlayEnd> {
  const general = playEvaluator(session, compiled)
  const hosts = playHosts(session, compiled)
  const varsFiles = readVarsFiles(session, compiled, general)
  const name = playName(compiled, general)
  if (hosts.length === 0) session.emit({ kind: 'no-hosts', play: name, reason: 'no hosts matched' })
  let maybeEnded: string | undefined
  for (const batch of batches(ordered(hosts, compiled, general), compiled, general)) {
    const gone = new Set(hosts.filter((each) => session.host(each).out !== undefined))
    if (batch.every((each) => gone.has(each))) {
      session.emit({ kind: 'no-hosts', play: name, reason: 'no hosts left' })
      continue
    }
    const batchRun = new PlayRun(session, { compiled, name, varsFiles, hosts, batch, gone }, interrupted, maybeEnded)
    const end = await batchRun.run()
    if (end !== 'done') return end
    maybeEnded ??= batchRun.playMaybeEnded
  }
  return 'done'
}

/** `serial`: numbers and percentages; the last counts for all further batches. */
function batches(hosts: readonly string[], compiled: CompiledPlay, evaluator: Evaluator): string[][] {
  const keyword = compiled.play.keywords.get('serial')
  const value = keyword && keyword.raw !== null ? evaluator.value(keyword.raw) : 0
  const sizes = (Array.isArray(value) ? value : [value]).map((size): number => {
    const text = print(size)
    const number = /^(\d+)(%?)$/.exec(text)
    if (!number) fail('WRONG_TYPE', `'serial' is '${text}'`, { range: keyword!.node.range, hint: 'It is a number of hosts, a percentage, or a list of those.' })
    return number[2] === '%' ? Math.max(1, Math.floor((Number(number[1]) * hosts.length) / 100)) : Number(number[1])
  })
  const result: string[][] = []
  for (let at = 0, index = 0; at < hosts.length; index++) {
    const size = sizes[Math.min(index, sizes.length - 1)]!
    const batch = hosts.slice(at, size <= 0 ? hosts.length : at + size)
    result.push(batch)
    at += batch.length
  }
  return result
}

const maybeOf = (host: string, because: string | undefined): [string, string][] => (because === undefined ? [] : [[host, because]])

/** The meta actions that are about the play, not about a host. */
const FOR_ALL: ReadonlySet<string> = new Set(['end_play', 'clear_host_errors'])

class PlayRun {
  readonly #session: Session
  readonly #play: ActivePlay
  readonly #gone: Set<string>
  /** Hosts that failed for good, though an `always` may still have to run on them, or that are unreachable. */
  readonly #lost = new Set<string>()
  readonly #cursors = new Map<string, Cursor>()
  /** Hosts on which nothing more runs, handlers that are forced aside. */
  readonly #stopped = new Set<string>()
  readonly #interrupted: () => boolean
  /** In a dry run: by host, why it cannot be known whether anything more runs there. */
  readonly #maybeEnded: Map<string, string>
  #endPlay = false
  #allFail = false

  /** `maybeEnded`: in a dry run, why an earlier batch may have ended the play. */
  constructor(session: Session, play: ActivePlay & { readonly gone: Set<string> }, interrupted: () => boolean, maybeEnded: string | undefined) {
    this.#maybeEnded = new Map(maybeEnded === undefined ? [] : play.batch.map((host) => [host, maybeEnded]))
    this.#session = session
    this.#play = play
    this.#gone = play.gone
    this.#interrupted = interrupted
  }

  /** In a dry run: why it cannot be known whether the play was ended for all. */
  playMaybeEnded: string | undefined

  async run(): Promise<PlayEnd> {
    const { compiled, batch, name } = this.#play
    const hosts = batch.filter((each) => !this.#gone.has(each))
    this.#session.emit({ kind: 'play-start', name, id: randomUUID(), path: formatPosition(compiled.play.range), hosts, at: new Date() })
    const gather = compiled.play.keywords.get('gather_facts')?.raw
    if (gather === undefined || gather === null || booleanOf(gather as Value)) for (const host of hosts) this.#session.allowFacts(host, this.#play)
    await this.#runItems(compiled.items, hosts)
    if (this.#force() && !this.#endPlay) await this.#flush([])
    this.#session.emit({ kind: 'play-end', at: new Date() })
    if (this.#interrupted()) return 'interrupted'
    if (this.#lost.size === batch.length || this.#allFail || this.#tooManyFailed()) return 'failed'
    return this.#endPlay ? 'ended' : 'done'
  }

  // --- lock-step -------------------------------------------------------------------------------------------------------

  async #runItems(items: readonly CompiledItem[], hosts: readonly string[]): Promise<void> {
    for (const host of hosts) this.#cursors.set(host, new Cursor(items))
    while (!this.#interrupted() && !this.#endPlay) {
      const step = this.#nextStep(hosts)
      if (!step) return
      if (step.item.kind === 'flush') {
        await this.#flush(step.hosts)
        for (const host of step.hosts) this.#cursors.get(host)!.succeed()
      } else await this.#step(step.item, step.hosts)
    }
  }

  /** The hosts that are furthest behind, and what is next for them. */
  #nextStep(hosts: readonly string[]): { item: Next['item']; hosts: string[] } | undefined {
    let first: Next | undefined
    let behind: string[] = []
    for (const host of hosts) {
      const next = this.#stopped.has(host) ? undefined : this.#cursors.get(host)!.next()
      if (!next) continue
      const order = first ? comparePositions(next.position, first.position) : -1
      if (order < 0) {
        first = next
        behind = [host]
      } else if (order === 0) behind.push(host)
    }
    return first && { item: first.item, hosts: behind }
  }

  async #step(task: CompiledTask, hosts: readonly string[]): Promise<void> {
    const maybe = new Map(hosts.flatMap((host) => maybeOf(host, this.#cursors.get(host)!.next()?.maybeBecause)))
    const outcomes = await this.#runOn(task, hosts, maybe)
    for (const host of hosts) {
      const cursor = this.#cursors.get(host)!
      const outcome = outcomes.get(host)
      const unknown = outcome?.unknown ?? outcome?.items?.find((item) => item.outcome.unknown !== undefined)?.outcome.unknown
      if (unknown !== undefined) cursor.mayFail(unknown)
      if (outcome?.unreachable && !outcome.ignored) this.#lose(host, 'unreachable')
      else if (outcome?.failure && !outcome.ignored) {
        const state = this.#session.host(host)
        state.facts.set('ansible_failed_task', Dict.of({ name: taskName(task, undefined), action: task.task.action.written }))
        state.facts.set('ansible_failed_result', resultDict(outcome))
        if (cursor.isRescued) state.stats.rescued++
        else {
          state.stats.failures++
          this.#lose(host, 'failed')
        }
        cursor.fail()
      } else cursor.succeed()
    }
    this.#endIfFatal(task, outcomes)
  }

  /** The host takes part no more; after a failure only what stands in an `always` around it still runs. */
  #lose(host: string, how: 'failed' | 'unreachable'): void {
    this.#lost.add(host)
    this.#gone.add(host)
    this.#session.host(host).out = how
    if (how === 'unreachable') this.#stopped.add(host)
  }

  /** Ends the batch for all hosts where one is lost that `any_errors_fatal`, `run_once` or the percentage do not tolerate. */
  #endIfFatal(task: CompiledTask, outcomes: ReadonlyMap<string, Outcome>): void {
    const fatal = [...outcomes].find(([host, outcome]) => (outcome.failure ?? outcome.unreachable) && !outcome.ignored && this.#lost.has(host))
    if (!fatal) return
    const evaluator = this.#session.evaluator(fatal[0], this.#play, task)
    if (!booleanKeyword(task, 'any_errors_fatal', evaluator) && !booleanKeyword(task, 'run_once', evaluator) && !this.#tooManyFailed()) return
    this.#allFail = true
    for (const host of this.#play.batch) {
      if (this.#gone.has(host)) continue
      this.#lose(host, 'failed')
      this.#stopped.add(host)
    }
  }

  /** Runs a task on hosts at once, as many as `forks` allows, and does what follows from each outcome. Answers those that ran it. */
  async #runOn(task: CompiledTask, hosts: readonly string[], maybe: ReadonlyMap<string, string> = new Map()): Promise<Map<string, Outcome>> {
    const [firstHost] = hosts
    const firstEvaluator = this.#session.evaluator(firstHost!, this.#play, task)
    const name = await settled(() => taskName(task, firstEvaluator)).catch((error: unknown) => {
      if (error instanceof DiagnosticError) return taskName(task, undefined)
      throw error
    })
    const isMeta = task.task.action.module === 'meta'
    const { action } = task.task
    const maybeBecause = (host: string): string | undefined => maybe.get(host) ?? this.#maybeEnded.get(host)
    if (isMeta) return this.#meta(task, hosts, maybeBecause)
    this.#session.emit({
      kind: 'task-start',
      name,
      action: action.written,
      id: String(task.id),
      path: formatPosition(task.task.range),
      isHandler: task.isHandler,
      at: new Date(),
    })
    const once = booleanKeyword(task, 'run_once', firstEvaluator)
    const outcomes = new Map<string, Outcome>()
    const one = async (host: string): Promise<void> => {
      this.#session.emit({ kind: 'host-start', host })
      const outcome = await runTask(this.#session, this.#play, task, host, maybeBecause(host))
      outcomes.set(host, outcome)
      const delegatedTo = await delegateOf(this.#session, this.#play, task, host)
      this.#session.emit({ kind: 'host-result', host, action: action.written, outcome, delegatedTo, at: new Date() })
      this.#count(this.#session.host(host), outcome)
    }
    await pooled(once ? [firstHost!] : hosts, this.#session.options.forks, one)
    // What a task that runs once found out is known to all; only the host that ran it has changed.
    for (const host of hosts) this.#remember(task, host, outcomes.get(once ? firstHost! : host)!)
    for (const [host, outcome] of outcomes) await this.#notifyAfter(task, host, outcome, name)
    return outcomes
  }

  #count(state: HostState, outcome: Outcome): void {
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
    else {
      stats.ok++
      if (outcome.changed) stats.changed++
    }
  }

  /** Keeps what a task registered or set. */
  #remember(task: CompiledTask, host: string, outcome: Outcome): void {
    const state = this.#session.host(host)
    const register = task.task.keywords.get('register')?.raw
    if (typeof register === 'string') state.facts.set(register, registered(outcome))
    if (task.task.action.module === 'set_fact') {
      const outcomes = outcome.unknown === undefined && outcome.items ? outcome.items.map((item) => item.outcome) : [outcome]
      for (const each of outcomes) {
        if (each.unknown !== undefined) for (const fact of taskArguments(task, {}, undefined).args.keys()) state.facts.set(fact, new Unknown(each.unknown))
        else if (!each.failure && !each.skipped) for (const [fact, value] of factsOf(each)) state.facts.set(fact, value)
      }
    }
  }

  // --- handlers --------------------------------------------------------------------------------------------------------

  async #notifyAfter(task: CompiledTask, host: string, outcome: Outcome, name: string): Promise<void> {
    const maybe = outcome.unknown !== undefined || (outcome.items?.some((item) => item.outcome.unknown !== undefined) ?? false)
    if ((outcome.changed && !outcome.failure) || maybe) await this.#notify(task, host, outcome, maybe && !outcome.changed ? causeOf(task, name) : undefined)
  }

  async #notify(task: CompiledTask, host: string, outcome: Outcome, maybeBecause: string | undefined): Promise<void> {
    const found = inherited(task.chain, 'notify')
    if (!found || found.raw === null) return
    const evaluator = this.#session.evaluator(host, this.#play, task)
    const value = await settled(() => evaluator.value(found.raw))
    const names = (Array.isArray(value) ? value : [value]).map(print)
    const state = this.#session.host(host)
    for (const name of names) {
      const handlers = handlersNamed(this.#play.compiled, name, evaluator)
      if (handlers.length === 0) {
        fail('UNKNOWN_HANDLER', `there is no handler '${name}'`, {
          range: found.node.range,
          hint: 'A handler is notified by its name or by what it listens to.',
        })
      }
      for (const handler of handlers) {
        if (maybeBecause === undefined) {
          state.notified.add(handler.id)
          state.maybeNotified.delete(handler.id)
        } else if (!state.notified.has(handler.id)) state.maybeNotified.set(handler.id, outcome.unknown ?? maybeBecause)
      }
    }
  }

  /** Runs the handlers that hosts have notified, in the order in which they are written; forced ones on failed hosts as well. */
  async #flush(hosts: readonly string[]): Promise<void> {
    const concerned = this.#force() ? this.#play.batch.filter((host) => hosts.includes(host) || this.#session.host(host).out === 'failed') : hosts
    const mayRun = (host: string): boolean => !this.#lost.has(host) || (this.#force() && this.#session.host(host).out === 'failed')
    for (const handler of this.#play.compiled.handlers) {
      if (this.#interrupted() || this.#endPlay) return
      const due = concerned.filter((host) => {
        const state = this.#session.host(host)
        return (state.notified.has(handler.id) || state.maybeNotified.has(handler.id)) && mayRun(host)
      })
      if (due.length === 0) continue
      const maybe = new Map<string, string>()
      for (const host of due) {
        const state = this.#session.host(host)
        const because = state.maybeNotified.get(handler.id)
        if (!state.notified.has(handler.id) && because !== undefined) maybe.set(host, because)
        state.notified.delete(handler.id)
        state.maybeNotified.delete(handler.id)
      }
      const outcomes = await this.#runOn(handler, due, maybe)
      for (const [host, outcome] of outcomes) {
        if (outcome.ignored || (!outcome.failure && !outcome.unreachable)) continue
        if (!outcome.unreachable) this.#session.host(host).stats.failures++
        this.#lose(host, outcome.unreachable ? 'unreachable' : 'failed')
        this.#stopped.add(host)
      }
      this.#endIfFatal(handler, outcomes)
    }
  }

  #force(): boolean {
    const keyword = this.#play.compiled.play.keywords.get('force_handlers')
    return keyword !== undefined && keyword.raw !== null && booleanOf(this.#session.evaluator(this.#play.batch[0]!, this.#play, undefined).value(keyword.raw))
  }

  // --- meta and failures -----------------------------------------------------------------------------------------------

  async #meta(task: CompiledTask, hosts: readonly string[], maybeBecause: (host: string) => string | undefined): Promise<Map<string, Outcome>> {
    const { text, args } = task.task.action
    const what = text ? print(text.value as Value) : print((args.get('_meta') ?? '') as Value)
    const outcomes = new Map<string, Outcome>()
    const acting: string[] = []
    // What concerns the play as a whole is decided by the first host's conditions.
    for (const host of FOR_ALL.has(what) ? hosts.slice(0, 1) : hosts) {
      const outcome = await runTask(this.#session, this.#play, task, host, maybeBecause(host))
      outcomes.set(host, outcome)
      if (outcome.unknown !== undefined) this.#mayEnd(what, host, outcome.unknown)
      if (!outcome.skipped && !outcome.failure && outcome.unknown === undefined) acting.push(host)
    }
    if (acting.length === 0) return outcomes
    if (what === 'flush_handlers') await this.#flush(acting)
    else if (what === 'end_play') this.#endPlay = true
    else if (what === 'end_host') {
      for (const host of acting) {
        this.#gone.add(host)
        this.#stopped.add(host)
      }
    } else if (what === 'clear_host_errors') for (const name of this.#play.batch) this.#session.host(name).out = undefined
    else if (what === 'reset_connection') await Promise.all(acting.map((host) => this.#session.host(host).closePorts()))
    return outcomes
  }

  /** In a dry run: a task that may end the play, or a host's part in it, leaves unknown whether the rest runs. */
  #mayEnd(what: string, host: string, because: string): void {
    if (what === 'end_play') this.playMaybeEnded ??= because
    const hosts = what === 'end_play' ? this.#play.batch : what === 'end_host' ? [host] : []
    for (const each of hosts) if (!this.#maybeEnded.has(each)) this.#maybeEnded.set(each, because)
  }

  #tooManyFailed(): boolean {
    const keyword = this.#play.compiled.play.keywords.get('max_fail_percentage')
    if (!keyword || keyword.raw === null || this.#lost.size === 0) return false
    const value = this.#session.evaluator(this.#play.batch[0]!, this.#play, undefined).value(keyword.raw)
    const limit = value instanceof Float ? value.value : Number.parseFloat(print(value))
    return (this.#lost.size / this.#play.batch.length) * 100 > limit
  }
}

/** Handlers of a name (`name`, or `role : name`) or that listen to it. Of two with one name the first runs. */
export function handlersNamed(compiled: CompiledPlay, name: string, evaluator: Evaluator): CompiledTask[] {
  const named = compiled.handlers.find((handler) => {
    const full = taskName(handler, evaluator)
    return full === name || (handler.role !== undefined && full === `${handler.role.role.name} : ${name}`)
  })
  const listening = compiled.handlers.filter((handler) => {
    const listen = handler.task.keywords.get('listen')?.raw
    if (listen === undefined || listen === null) return false
    const value = evaluator.valueIfDefined(listen)
    return value !== undefined && (Array.isArray(value) ? value.map(print) : [print(value)]).includes(name)
  })
  return [...new Set([...(named ? [named] : []), ...listening])]
}

function booleanKeyword(task: CompiledTask, name: string, evaluator: Evaluator): boolean {
  const found = inherited(task.chain, name)
  return found !== undefined && found.raw !== null && booleanOf(evaluator.value(found.raw))
}

/** Runs a function for each item, at most `limit` at a time, in order of their begin. */
async function pooled<T>(items: readonly T[], limit: number, run: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(item)
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, worker))
}
