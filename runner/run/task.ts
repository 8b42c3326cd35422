/** One task on one host: conditions, loops, attempts, the module, and what the task says of changed and failed. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Module } from '../contract/kinds.ts'
import { DiagnosticError, fail } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { splitKeyValues } from '../load/arguments.ts'
import { bareName, type KeywordValue, type Loop } from '../load/playbook.ts'
import { accumulated, inherited, type CompiledTask } from '../plan/compiled.ts'
import type { BoundArguments } from '../resolve/arguments.ts'
import { taskArguments } from '../resolve/module-defaults.ts'
import { settled } from '../resolve/pending.ts'
import { registerSecretArguments } from '../resolve/role-arguments.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { print } from '../value/print.ts'
import { booleanOf, truth } from '../value/truth.ts'
import { Dict, Float, NotedDict, Template, UnknownValueError, type Raw, type Value } from '../value/value.ts'
import type { RunnerAction } from './actions/action.ts'
import { runnerAction } from './actions/index.ts'
import { factsOf } from './actions/set-fact.ts'
import { becomeFor, connectionKeywords } from './connection.ts'
import { environmentOf } from './environment.ts'
import type { FactRequest } from './facts.ts'
import { canBeJob, type Job, ofJob, within } from './jobs.ts'
import { inheritedValue } from './inherited-value.ts'
import { combine, loopControl, loopInformation } from './loop.ts'
import { isHostFault, runModule } from './module.ts'
import { secretsOf } from './no-log.ts'
import { ActionFault, failed, failureOf, isTemplateFault, NOTHING, type ItemOutcome, type Outcome } from './outcome.ts'
import { actionArguments, parametersOf, withoutOmitted } from './parameters.ts'
import { registered } from './result.ts'
import type { ActivePlay, Session } from './session.ts'
import { failedCondition, undefinedOption, withWords } from './template-words.ts'

/** A loop may have this many items. */
const MAX_LOOP_ITEMS = 100_000
const DEFAULT_RETRIES = 3
const DEFAULT_DELAY_SECONDS = 5
/** Actions to which it matters how an argument is written. */
const AS_WRITTEN: ReadonlySet<string> = new Set(['assert', 'set_fact'])
/** How long a task waits for what it has to end on the host when its time is over. */
const ENDING_MS = 5_000

/**
 * Runs a task on a host. Never throws for what a person can get wrong. `maybeBecause`: in a dry run, why it cannot be known
 * whether the task would run at all; then it only finds out what may be different afterwards.
 */
export async function runTask(session: Session, play: ActivePlay, task: CompiledTask, hostName: string, maybeBecause?: string): Promise<Outcome> {
  const startedAt = Date.now()
  const runner = new TaskOnHost(session, play, task, hostName)
  let outcome = await caught(() => runner.run(maybeBecause))
  // A loop's items have been judged one by one.
  if (!outcome.items?.length) outcome = await runner.asKeywordsSay(outcome, new Map())
  const diff = await runner.flag('diff', undefined)
  const factsFor = (await runner.flag('delegate_facts', false)) ? await delegateOf(session, play, task, hostName) : undefined
  return { ...outcome, ...(diff !== undefined && { diff }), ...(factsFor !== undefined && { factsFor }), durationMs: Date.now() - startedAt }
}

/** A file or role that is included, and is not there or holds no tasks: `ignore_errors` does not help, as in Ansible. */
export function isFailedInclude(task: CompiledTask, { failure }: Outcome): boolean {
  const code = failure?.diagnostic?.code
  return runnerAction(task.task.action.module)?.includes === true && (code === 'FILE_NOT_FOUND' || code === 'UNKNOWN_ROLE' || code === 'WRONG_TYPE')
}

/** Faults of the task become its outcome; defects of the program go on. */
async function caught(run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof UnknownValueError) return { ...NOTHING, unknown: error.unknown.cause }
    if (!(error instanceof DiagnosticError)) throw error
    if (isHostFault(error)) return { ...NOTHING, unreachable: failureOf(error.first) }
    return failed({ ...failureOf(error.first), isOfAction: error instanceof ActionFault })
  }
}

/** How a cause names a task. */
export function causeOf(task: CompiledTask, name: string): string {
  return `${task.isHandler ? 'HANDLER' : 'TASK'} [${name}]`
}

/**
 * A task's name as shown: its own (left as it is where a variable in it is undefined or unknown) or its action, behind its role's;
 * of `include_role` without that.
 */
export function taskName(task: CompiledTask, evaluator: Evaluator | undefined): string {
  const raw = task.task.keywords.get('name')?.raw
  const value = raw instanceof Template ? (evaluator?.valueIfDefined(raw) ?? raw.text) : raw
  // What is no text, as `yes` in YAML, is no name, and neither is what a template gives that is none.
  const name = typeof value === 'string' && value !== '' ? value : unnamed(task)
  return task.role && task.task.action.module !== 'include_role' ? `${task.role.role.name} : ${name}` : name
}

/** What a task without a name is called: its action, and the role that it includes. */
function unnamed({ task }: CompiledTask): string {
  const { written, module, args, text } = task.action
  const given = module === 'include_role' && text ? splitKeyValues(text, false).pairs : args
  const role = module === 'include_role' ? (given.get('name') ?? given.get('role')) : undefined
  return role === undefined ? written : `${written} : ${role instanceof Template ? role.text : print(role as Value)}`
}

/** The host that a task is delegated to, for the report; undefined where it is not, or where that cannot be told. */
export async function delegateOf(session: Session, play: ActivePlay, task: CompiledTask, hostName: string): Promise<string | undefined> {
  if (!inherited(task.chain, 'delegate_to')) return undefined
  return ifKnown(() => new TaskOnHost(session, play, task, hostName).delegatedTo())
}

class TaskOnHost {
  readonly #session: Session
  readonly #play: ActivePlay
  readonly #task: CompiledTask
  readonly #hostName: string
  readonly #inclusions = new Map<string, number>()

  constructor(session: Session, play: ActivePlay, task: CompiledTask, hostName: string) {
    this.#session = session
    this.#play = play
    this.#task = task
    this.#hostName = hostName
  }

  async run(maybeBecause: string | undefined): Promise<Outcome> {
    this.#registerSecrets()
    const { loop } = this.#task.task
    return loop ? this.#loop(loop, maybeBecause) : this.#once(new Map(), maybeBecause)
  }

  /** What the task's role declares as `no_log` is masked from here on. */
  #registerSecrets(): void {
    for (let use = this.#task.role; use; use = use.parent) {
      if (use.role.entryPoint) registerSecretArguments(use.role.entryPoint.options, this.#evaluator(new Map()), this.#session.secrets)
    }
  }

  /** A boolean keyword, inherited, for the task or for an item of its loop. */
  async flag<T extends boolean | undefined>(name: string, otherwise: T, local: ReadonlyMap<Value, Raw> = new Map()): Promise<boolean | T> {
    try {
      const value = await this.#inherited(name, local)
      return value === undefined ? otherwise : booleanOf(value)
    } catch (error) {
      // Where it cannot be told whether a task's output is secret, it is.
      if (error instanceof DiagnosticError || error instanceof UnknownValueError) return name === 'no_log'
      throw error
    }
  }

  /** An outcome with what `no_log`, `ignore_errors` and `ignore_unreachable` say of it. What is secret in it is masked from here on. */
  async asKeywordsSay(outcome: Outcome, local: ReadonlyMap<Value, Raw>, item?: Value): Promise<Outcome> {
    const censored = outcome.censored === true || (await this.flag('no_log', this.#session.options.noLog, local))
    if (censored) this.#session.secrets.add(secretsOf(outcome, item))
    const ignored =
      (outcome.failure !== undefined && !isFailedInclude(this.#task, outcome) && (await this.flag('ignore_errors', false, local))) ||
      (outcome.unreachable !== undefined && (await this.flag('ignore_unreachable', false, local)))
    return { ...outcome, ...(censored && { censored }), ...(ignored && { ignored }) }
  }

  // --- loops -----------------------------------------------------------------------------------------------------------

  async #loop(loop: Loop, maybeBecause: string | undefined): Promise<Outcome> {
    let items: Value[] | Outcome
    try {
      items = await this.#items(loop)
    } catch (error) {
      if (error instanceof UnknownValueError) await this.#loseTrack(maybeBecause ?? error.unknown.cause, new Map())
      throw error
    }
    if (!Array.isArray(items)) return items
    const control = await loopControl(this.#task.task.keywords.get('loop_control')?.raw, (part) => this.#value(part, new Map()), this.#session.omit)
    const outcomes: ItemOutcome[] = []
    const { loopVariable } = control
    const facts = new Map<Value, Raw>()
    for (const [index, item] of items.entries()) {
      const local = new NotedDict([...facts, [loopVariable, item], ['ansible_loop_var', loopVariable]])
      if (loop.lookup !== undefined) local.note(loopVariable, 'AnsibleUnsafeText')
      else if (Array.isArray(loop.raw)) local.note(loopVariable, 'AnsibleUnicode', loop.raw[index])
      if (control.indexVariable !== undefined) local.set(control.indexVariable, index).set('ansible_index_var', control.indexVariable)
      const information = control.extended ? loopInformation(items, index, control.allItems) : undefined
      if (information) local.set('ansible_loop', information)
      let outcome = await caught(() => this.#once(local, maybeBecause))
      // What cannot be evaluated or included for one item ends the whole task.
      if (outcome.failure && (isFailedInclude(this.#task, outcome) || isTemplateFault(outcome.failure)))
        return this.asKeywordsSay(failed(outcome.failure), local, item)
      if (await this.flag('delegate_facts', false, local)) outcome = { ...outcome, factsFor: await ifKnown(() => this.#target(local)) }
      outcome = await this.asKeywordsSay(outcome, local, item)
      const register = this.#task.task.keywords.get('register')?.raw
      if (typeof register === 'string') local.set(register, registered(outcome))
      let label: Value | undefined = item
      // Of itself the label is what a template makes of the item, which may be another value where that is text.
      const written = control.label ?? (typeof item === 'string' ? new Template(`{{ ${loopVariable} }}`, loop.node.range) : undefined)
      if (written !== undefined) {
        const made = await this.#label(written, local)
        label = made instanceof DiagnosticError ? undefined : (made ?? item)
        if (made instanceof DiagnosticError) outcome = await this.asKeywordsSay({ ...outcome, failure: failureOf(made.first) }, local, item)
      }
      // An item sees the facts that those before it have set, and what they registered.
      for (const [fact, value] of factsOf(outcome)) facts.set(fact, value)
      // One that is skipped leaves what those before it registered.
      if (typeof register === 'string' && !outcome.skipped) facts.set(register, withItem(registered(outcome), loopVariable, item))
      outcomes.push({ item, label, loopVariable, indexVariable: control.indexVariable, index, loop: information, outcome })
      if (control.pauseSeconds > 0 && index < items.length - 1 && !this.#session.options.check) await delay(control.pauseSeconds * 1000)
    }
    return combine(outcomes)
  }

  /** An item's label; undefined where a dry run cannot know it. */
  async #label(raw: Raw, local: ReadonlyMap<Value, Raw>): Promise<Value | undefined | DiagnosticError> {
    try {
      return await this.#value(raw, local)
    } catch (error) {
      if (error instanceof DiagnosticError) return error
      if (error instanceof UnknownValueError) return undefined
      throw error
    }
  }

  async #items(loop: Loop): Promise<Value[] | Outcome> {
    let value: Value
    try {
      value = await this.#loopValue(loop)
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      // A condition that is false without the item saves a loop that cannot be evaluated.
      const condition = await caught(async () => (await this.#condition(new Map())) ?? failed(failureOf(error.first)))
      return condition.skipped ? condition : failed(failureOf(error.first))
    }
    if (value === null || !Array.isArray(value)) {
      fail('WRONG_TYPE', `'loop' takes a list, and this is ${value === null ? 'empty' : `'${print(value).slice(0, 80)}'`}`, {
        range: loop.node.range,
        resultMessage:
          `Invalid data passed to 'loop', it requires a list, got this instead: ${print(value)}. ` +
          'Hint: If you passed a list/dict of just one element, try adding wantlist=True to your lookup invocation or use q/query instead of lookup.',
      })
    }
    if (value.length > MAX_LOOP_ITEMS) fail('LIMIT_EXCEEDED', `a loop has at most ${MAX_LOOP_ITEMS} items`, { range: loop.node.range })
    return value
  }

  /** What `loop` gives, or what the lookup of a `with_` makes of its terms. */
  async #loopValue({ lookup, raw, node }: Loop): Promise<Value> {
    const evaluator = this.#evaluator(new Map())
    try {
      return await settled(() => {
        return lookup === undefined ? evaluator.value(raw) : this.#session.itemsOf(lookup, raw, evaluator, this.#task)
      })
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      throw new DiagnosticError(error.diagnostics.map((each) => ({ ...each, range: each.range ?? node.range })))
    }
  }

  // --- one item --------------------------------------------------------------------------------------------------------

  async #once(item: ReadonlyMap<Value, Raw>, maybeBecause: string | undefined): Promise<Outcome> {
    let maybe = maybeBecause
    const local = await this.#withDelegate(item)
    const { named } = this.#task.task.action
    try {
      const skipped = await this.#condition(local)
      if (skipped) return skipped
    } catch (error) {
      if (!(error instanceof UnknownValueError)) throw error
      maybe ??= error.unknown.cause
    }
    if (named) {
      const written = await this.#moduleName(named, local)
      const outcome = await caught(() => new TaskOnHost(this.#session, this.#play, this.#withModule(written), this.#hostName).#due(local, maybe))
      return { ...outcome, action: written }
    }
    return this.#due(local, maybe)
  }

  /** What is due as the conditions hold, or, in a dry run, may hold (`maybe`: why that cannot be known). */
  async #due(local: ReadonlyMap<Value, Raw>, maybe: string | undefined): Promise<Outcome> {
    const notifies = await this.#notifies(local)
    return { ...(await this.#done(local, maybe)), notifies }
  }

  async #done(local: ReadonlyMap<Value, Raw>, maybe: string | undefined): Promise<Outcome> {
    if (maybe !== undefined) {
      const { include } = await caught(() => this.#act(local, { maybeBecause: maybe }))
      return { ...NOTHING, unknown: maybe, include }
    }
    const written = this.#task.task.keywords.get('until')
    // An empty list says nothing.
    const until = Array.isArray(written?.raw) && written.raw.length === 0 ? undefined : written
    const retries = await this.#number('retries', DEFAULT_RETRIES, local)
    // Where it is not to be tried again, it is not asked whether it should.
    if (!until || retries <= 0) {
      const outcome = await this.#performed(local)
      return this.#judged(until && !outcome.unreachable ? { ...outcome, attempts: 1 } : outcome, local)
    }
    const delaySeconds = Math.max(0, await this.#number('delay', DEFAULT_DELAY_SECONDS, local))
    // Every attempt has the same arguments: a lookup among them is made once, and what is wrong with them is wrong for all.
    const bound = await this.#evaluatedArguments(local)
    for (let attempt = 1; ; attempt++) {
      const attempted = await caught(() => this.#performed(local, bound))
      const outcome = await this.#judged(attempted.unreachable ? attempted : { ...attempted, attempts: attempt }, local)
      if (outcome.unreachable || outcome.unknown !== undefined || outcome.skipped) return outcome
      const done = await this.#allTrue([until], this.#withResult(outcome, local))
      if (done === undefined) return outcome
      // A dry run looks once: trying again cannot bring about what it did not do.
      if (attempt > retries || this.#session.options.check) {
        const attempts = Math.min(attempt, Math.max(retries, 1))
        if (outcome.failure) return { ...outcome, attempts }
        if (this.#task.task.keywords.has('failed_when')) return { ...outcome, attempts, gaveUp: true }
        const message = `gave up after ${attempt} ${attempt === 1 ? 'attempt' : 'attempts'}: not true: ${done}`
        return { ...outcome, attempts, failure: { message, isOnlyShown: true } }
      }
      this.#session.emit({ kind: 'host-retry', host: this.#hostName, attemptsLeft: retries - attempt + 1, message: done })
      await delay(delaySeconds * 1000)
    }
  }

  /** The name of a module that a template gives: where a dry run cannot know it, the task may alter anything. */
  async #moduleName(named: Template, local: ReadonlyMap<Value, Raw>): Promise<string> {
    try {
      return print(await this.#value(named, local))
    } catch (error) {
      if (error instanceof UnknownValueError) await this.#loseTrack(error.unknown.cause, local)
      throw error
    }
  }

  /** The task with the module that a template has named. */
  #withModule(written: string): CompiledTask {
    const { action } = this.#task.task
    const module = bareName(written)
    const own = runnerAction(module)
    if (!this.#session.modules.has(module) || own?.includes === true || module === 'meta') {
      const names = this.#session.modules.names()
      fail('UNKNOWN_MODULE', `'${written}' is no module that a template can name`, { range: action.range, hint: didYouMean(module, names) })
    }
    return { ...this.#task, task: { ...this.#task.task, action: { ...action, written, module, named: undefined } } }
  }

  /** Of a task that is delegated, the scope with the variables of the host that it is delegated to. */
  async #withDelegate(local: ReadonlyMap<Value, Raw>): Promise<ReadonlyMap<Value, Raw>> {
    if (!inherited(this.#task.chain, 'delegate_to') || runnerAction(this.#task.task.action.module)?.includes) return local
    const target = await ifKnown(() => this.#target(local))
    return target === undefined
      ? local
      : new Map([...local, ['ansible_delegated_vars', Dict.of({ [target]: this.#session.variablesOf(target, this.#play.compiled.play.folder) })]])
  }

  /** The handlers that the task notifies where it changes something: where they cannot be told, it does not run. */
  async #notifies(local: ReadonlyMap<Value, Raw>): Promise<readonly string[]> {
    const found = inherited(this.#task.chain, 'notify')
    if (!found || found.raw === null) return []
    const value = await ifKnown(() => this.#value(found.raw, local), false)
    return (Array.isArray(value) ? value : [value ?? this.#session.omit]).filter((each) => each !== this.#session.omit).map(print)
  }

  /** The outcome of a false condition, or undefined where all hold. */
  async #condition(local: ReadonlyMap<Value, Raw>): Promise<Outcome | undefined> {
    const conditions = accumulated(this.#task.chain, 'when')
    if (conditions.length === 0) return undefined
    const untrue = await this.#allTrue(conditions, local)
    return untrue === undefined ? undefined : { ...NOTHING, skipped: { reason: 'Conditional result was False', condition: untrue } }
  }

  /**
   * The first condition that is not true, as written; undefined where all are. One that is false decides, whatever a dry run
   * cannot know of those before it.
   */
  async #allTrue(conditions: readonly KeywordValue[], local: ReadonlyMap<Value, Raw>): Promise<string | undefined> {
    let unknown: UnknownValueError | undefined
    for (const condition of conditions) {
      const parts = Array.isArray(condition.raw) ? condition.raw : [condition.raw]
      for (const [index, part] of parts.entries()) {
        const node = condition.node.kind === 'list' ? condition.node.items[index]! : condition.node
        try {
          if (!(await this.#holds(part, node.range, local))) return part instanceof Template ? part.text : print(part as Value)
        } catch (error) {
          if (error instanceof UnknownValueError) unknown ??= error
          // What stands behind a condition may only make sense where that one holds.
          else if (!unknown || !(error instanceof DiagnosticError)) throw error
        }
      }
    }
    if (unknown) throw unknown
    return undefined
  }

  async #holds(condition: Raw, range: SourceRange, local: ReadonlyMap<Value, Raw>): Promise<boolean> {
    if (condition === null || condition === '') return true
    const evaluator = this.#evaluator(local)
    return settled(() => {
      // Markers in a condition are not needed, but Ansible lets them pass: their text is the condition.
      const value = condition instanceof Template ? evaluator.value(condition) : (condition as Value)
      return typeof value === 'string' && value !== '' ? evaluator.condition(new Template(value, range)) : truth(value)
    }).catch((error: unknown) => {
      throw withWords(error, failedCondition(condition instanceof Template ? condition.text : print(condition as Value)))
    })
  }

  /** Applies `changed_when` and `failed_when`. */
  async #judged(outcome: Outcome, local: ReadonlyMap<Value, Raw>): Promise<Outcome> {
    if (outcome.unreachable || outcome.skipped || outcome.unknown !== undefined) return outcome
    const { keywords } = this.#task.task
    const [changedWhen, failedWhen] = ['changed_when', 'failed_when'].map((name) => {
      const found = keywords.get(name)
      // An empty list says nothing.
      return Array.isArray(found?.raw) && found.raw.length === 0 ? undefined : found
    })
    let judged = outcome
    let judging: 'changed' | 'failed' = 'changed'
    try {
      if (changedWhen) judged = { ...judged, changed: (await this.#allTrue([changedWhen], this.#withResult(judged, local))) === undefined }
      judging = 'failed'
      if (failedWhen) {
        const fails = (await this.#allTrue([failedWhen], this.#withResult(judged, local))) === undefined
        const data = new Dict(judged.data)
        data.set('failed_when_result', fails)
        const message = judged.failure ?? {
          message: 'failed_when is true',
          isOnlyShown: true,
          diagnostic: { code: 'FAILED_WHEN', severity: 'error', summary: 'failed_when is true', range: failedWhen.node.range } as const,
        }
        judged = { ...judged, data, failure: fails ? message : undefined }
      }
    } catch (error) {
      // What it would change is known all the same.
      if (error instanceof UnknownValueError) return { ...judged, unknown: error.unknown.cause }
      // What the task did stays told, whatever is wrong with the judgement.
      if (error instanceof DiagnosticError) {
        const failure = { ...failureOf(error.first), isOfAction: true, isOnlyShown: true }
        return { ...judged, failure, data: new Dict([...judged.data, [`${judging}_when_result`, failure.message]]) }
      }
      throw error
    }
    return judged
  }

  /** The scope in which a task's result already has its registered name, and the variables that it sets are there. */
  #withResult(outcome: Outcome, local: ReadonlyMap<Value, Raw>): ReadonlyMap<Value, Raw> {
    const register = this.#task.task.keywords.get('register')?.raw
    const own: [Value, Raw][] = typeof register === 'string' ? [[register, registered(outcome)]] : []
    return new Map([...local, ...factsOf(outcome), ...(outcome.includedVariables ?? []), ...own])
  }

  /** The action, within the task's `timeout`, or as a job of its own. */
  async #performed(local: ReadonlyMap<Value, Raw>, bound?: BoundArguments): Promise<Outcome> {
    const { action } = this.#task.task
    const seconds = await this.#number('async', 0, local)
    if (seconds > 0 && !canBeJob(action.module)) return failed({ message: 'async is not supported for this task.' })
    if (seconds > 0 && !runnerAction(action.module) && !this.#session.options.check) return this.#asJob(seconds, local, bound)
    const timeout = await this.#inherited('timeout', local)
    const given = timeout === undefined ? this.#session.options.taskTimeoutMs : Number(print(timeout)) * 1000
    // A pause keeps its own time.
    if (given === undefined || !(given > 0) || action.module === 'pause') return this.#act(local, { bound })
    const message = `The ${action.written} action failed to execute in the expected time frame (${given / 1000}) and was terminated`
    const acting = this.#act(local, { bound, deadline: Date.now() + given })
    const outcome = await within(acting, given, () => failed({ message }))
    // What runs on the host is ended before the next task begins.
    await within(
      acting.then(() => undefined).catch(() => undefined),
      ENDING_MS,
      () => undefined,
    )
    return outcome
  }

  async #asJob(seconds: number, local: ReadonlyMap<Value, Raw>, bound: BoundArguments | undefined): Promise<Outcome> {
    const poll = await this.#number('poll', this.#session.options.pollIntervalMs / 1000, local)
    const module = await this.#session.modules.load(this.#task.task.action.module)
    const job = this.#session.jobs.add({ hostName: await this.#target(local), limitSeconds: seconds, isDetached: module?.kind === 'action' })
    await job.start(() => caught(() => this.#act(local, { bound, deadline: Date.now() + seconds * 1000, job })))
    if (poll <= 0) return ofJob({ ...NOTHING, changed: true }, job.id, false)
    while (!job.outcome) {
      await within(job.ended, poll * 1000, () => undefined)
      await job.look()
    }
    await this.#session.jobs.forget(job)
    // Of one whose time is over Ansible tells the job apart from the result.
    return job.outcome.data.has('async_result') ? job.outcome : ofJob(job.outcome, job.id, true)
  }

  // --- the action ------------------------------------------------------------------------------------------------------

  async #act(local: ReadonlyMap<Value, Raw>, { maybeBecause, bound, deadline, job }: Acting): Promise<Outcome> {
    const { action } = this.#task.task
    const { options } = this.#session
    const own = runnerAction(action.module)
    if (own?.includes) return this.#include(own, local, maybeBecause)
    if (own) return maybeBecause === undefined ? this.#actHere(own, local, bound) : NOTHING
    const module = (await this.#session.modules.load(action.module))!
    const evaluator = this.#evaluator(local)
    const name = taskName(this.#task, this.#evaluator(new Map()))
    const cause = causeOf(this.#task, name)
    try {
      const { params, unknown, unknownContent } = await settled(() =>
        parametersOf(this.#session, this.#task, bound ?? taskArguments(this.#task, module, evaluator), module, evaluator),
      ).catch((error: unknown) => {
        throw withWords(error, undefinedOption)
      })
      const open = unknown ?? unknownContent
      // A task of a run, too, may depend on one that was only checked.
      if (open && !options.check) throw new UnknownValueError(open)
      // With an argument that is unknown it cannot be told what a module does, as where it cannot be told whether it runs.
      const maybe = maybeBecause ?? unknown?.cause
      const target = await this.#target(local)
      const connectionEvaluator = target === this.#hostName ? evaluator : this.#session.evaluator(target, this.#play, this.#task, local)
      const { become, port, environment } = await settled(() => ({
        become: becomeFor(this.#task, connectionEvaluator, options, evaluator),
        port: this.#session.port(target, connectionEvaluator, connectionKeywords(this.#task, evaluator)),
        environment: environmentOf(this.#task, evaluator, this.#session),
      }))
      const checkMode = await this.#checkMode(local)
      // Where it cannot be known whether or with what a task runs, it is not run.
      const check = (checkMode ?? options.check) || maybe !== undefined || open !== undefined
      const outcome = await runModule(module, params, {
        port: job ? job.port(port) : port,
        machine: this.#session.machine(target, port),
        cloud: this.#session.cloud,
        become,
        environment,
        deadline,
        check,
        overlay: options.check ? this.#session.host(target).overlay : undefined,
        predicts: checkMode !== true,
        liveUnknownBecause: this.#session.firstPredictedChange,
        maybeBecause: maybe,
        cause,
        predictedChange: () => {
          this.#session.firstPredictedChange ??= maybe ?? cause
        },
        changesNothing: isFalse(this.#task.task.keywords.get('changed_when')?.raw),
        secrets: this.#session.secrets,
        secretFiles: this.#session.secretFiles,
        timestamp: timestamp(new Date()),
        showsDiff: ((await this.flag('diff', undefined, local)) ?? options.diff) && !(await this.flag('no_log', options.noLog, local)),
      }).catch((error: unknown) => {
        // Arguments that were only checked one by one may not go together: a run refuses them, and a module is not made for them.
        throw unknown === undefined || error instanceof DiagnosticError ? error : new UnknownValueError(unknown)
      })
      return check ? { ...outcome, check } : outcome
    } catch (error) {
      if (error instanceof UnknownValueError) await this.#loseTrack(maybeBecause ?? error.unknown.cause, local, module)
      throw error
    }
  }

  /** What is included in a dry run that cannot know of what may alter anything. */
  async #include(own: RunnerAction, local: ReadonlyMap<Value, Raw>, maybeBecause: string | undefined): Promise<Outcome> {
    try {
      return await this.#actHere(own, local)
    } catch (error) {
      if (!(error instanceof UnknownValueError)) throw error
      for (const host of this.#session.inventory.hosts.keys()) this.#session.host(host).overlay.affectAll(maybeBecause ?? error.unknown.cause)
      this.#session.firstPredictedChange ??= maybeBecause ?? error.unknown.cause
      throw error
    }
  }

  /** The arguments with the values that they have now; undefined for what reads them as they are written, and where a dry run cannot know them. */
  async #evaluatedArguments(local: ReadonlyMap<Value, Raw>): Promise<BoundArguments | undefined> {
    const { module } = this.#task.task.action
    const own = runnerAction(module)
    if (own?.includes === true || AS_WRITTEN.has(module)) return undefined
    const taker = own ?? (await this.#session.modules.load(module))!
    const evaluator = this.#evaluator(local)
    const evaluate = (): BoundArguments => {
      const bound = own ? actionArguments(this.#task, own, evaluator) : taskArguments(this.#task, taker, evaluator)
      return { ...bound, args: new Map([...bound.args].map(([name, argument]) => [name, { ...argument, raw: evaluator.value(argument.raw) }])) }
    }
    return ifKnown(() => settled(evaluate), false)
  }

  /** An action of the runner itself, which needs no host. */
  async #actHere(own: RunnerAction, local: ReadonlyMap<Value, Raw>, evaluated?: BoundArguments): Promise<Outcome> {
    const { action } = this.#task.task
    const evaluator = this.#evaluator(local)
    const bound = evaluated ?? (await settled(() => actionArguments(this.#task, own, evaluator)))
    const argument = (name: string): Value | undefined => {
      const found = bound.args.get(name)
      if (!found) return undefined
      const value = evaluator.value(found.raw)
      return value === this.#session.omit ? undefined : withoutOmitted(value, this.#session.omit)
    }
    const all = (): Map<string, Value> =>
      new Map(
        [...bound.args.keys()].flatMap((name) =>
          (own.includes && name === 'apply') || argument(name) === undefined ? [] : [[name, argument(name)!] as const],
        ),
      )
    // Everything pending is fetched first, so that the action itself evaluates once.
    await settled(() => {
      if (action.module === 'assert' || action.module === 'debug') warmUp(bound, evaluator)
      else all()
    }).catch((error: unknown) => {
      throw own.includes ? error : withWords(error, undefinedOption)
    })
    const check = (await this.#checkMode(local)) ?? this.#session.options.check
    const gather = async (request: FactRequest, whole: boolean): Promise<Dict> => {
      const target = await this.#target(local)
      const delegated = inherited(this.#task.chain, 'delegate_facts')
      const storedFor = delegated && delegated.raw !== null && booleanOf(await this.#value(delegated.raw, local)) ? target : this.#hostName
      const environment = await settled(() => environmentOf(this.#task, evaluator, this.#session))
      return this.#session.gatherFacts({ target, storedFor, whole }, this.#play, this.#task, environment, request)
    }
    const outcome = await settled(async () =>
      own.run({
        session: this.#session,
        play: this.#play,
        task: this.#task,
        hostName: this.#hostName,
        delegateName: await this.#target(local),
        local,
        evaluator,
        bound,
        argument,
        all,
        gather,
        inclusions: this.#inclusions,
        isRegistered: this.#task.task.keywords.has('register'),
        verbosity: this.#session.options.verbosity,
        check,
      }),
    ).catch((error: unknown) => {
      throw withWords(error, undefinedOption)
    })
    return check ? { ...outcome, check } : outcome
  }

  /** A dry run cannot know with which parameters or items a task would run: it may alter anything where it runs. */
  async #loseTrack(because: string, local: ReadonlyMap<Value, Raw>, module?: Module): Promise<void> {
    const { keywords, action } = this.#task.task
    const loaded = module ?? (await this.#session.modules.load(action.module))
    const altersNothing = !loaded || loaded.kind === 'read' || (loaded.kind === 'action' && isFalse(keywords.get('changed_when')?.raw))
    if (altersNothing && !action.named) return
    const target = await ifKnown(() => this.#target(local))
    const hosts = target === undefined ? this.#session.inventory.hosts.keys() : [target]
    for (const host of hosts) this.#session.host(host).overlay.affectAll(because)
    this.#session.firstPredictedChange ??= because
  }

  /** The host that the action acts on: the one that `delegate_to` names, or the task's own. */
  async #target(local: ReadonlyMap<Value, Raw>): Promise<string> {
    const named = await this.#inherited('delegate_to', local)
    if (named === undefined || named === null || named === '') return this.#hostName
    const name = print(named)
    const { inventory } = this.#session
    if (!inventory.hosts.has(name)) inventory.hosts.set(name, { name, vars: new Map() as never, listed: false })
    return name
  }

  async delegatedTo(): Promise<string | undefined> {
    const target = await this.#target(new Map())
    return target === this.#hostName ? undefined : target
  }

  /** What the task's `check_mode` says; undefined where it has none. */
  async #checkMode(local: ReadonlyMap<Value, Raw>): Promise<boolean | undefined> {
    const value = await this.#inherited('check_mode', local)
    return value === undefined ? undefined : booleanOf(value)
  }

  /** An inherited keyword, evaluated; undefined where nothing has it, or it is empty. */
  async #inherited(name: string, local: ReadonlyMap<Value, Raw>): Promise<Value | undefined> {
    // Most tasks have none, and need no scope for it.
    if (!inherited(this.#task.chain, name)) return undefined
    const evaluator = this.#evaluator(local)
    return settled(() => inheritedValue(this.#task.chain, name, evaluator))
  }

  async #number(keyword: string, otherwise: number, local: ReadonlyMap<Value, Raw>): Promise<number> {
    const found = this.#task.task.keywords.get(keyword)
    if (!found || found.raw === null) return otherwise
    const value = await this.#value(found.raw, local)
    if (value === null || value === this.#session.omit) return otherwise
    const number = value instanceof Float ? value.value : Number(value)
    if (!Number.isFinite(number)) fail('WRONG_TYPE', `'${keyword}' takes a number, and this is '${print(value)}'`, { range: found.node.range })
    return number
  }

  #evaluator(local: ReadonlyMap<Value, Raw>): Evaluator {
    return this.#session.evaluator(this.#hostName, this.#play, this.#task, local)
  }

  #value(raw: Raw, local: ReadonlyMap<Value, Raw>): Promise<Value> {
    const evaluator = this.#evaluator(local)
    return settled(() => evaluator.value(raw))
  }
}

/** What a function answers; undefined where a fault or something unknown stands in its way. */
async function ifKnown<T>(evaluate: () => Promise<T>, faultsToo = true): Promise<T | undefined> {
  try {
    return await evaluate()
  } catch (error) {
    if ((faultsToo && error instanceof DiagnosticError) || error instanceof UnknownValueError) return undefined
    throw error
  }
}

/** What later items see of an earlier one's result. */
function withItem(result: Value, loopVariable: string, item: Value): Value {
  return result instanceof Dict ? new Dict([...result, [loopVariable, item], ['ansible_loop_var', loopVariable]]) : result
}

/** Evaluates arguments for the sake of what they fetch; faults are met again, and told, by the action itself. */
function warmUp(bound: BoundArguments, evaluator: Evaluator): void {
  for (const argument of bound.args.values()) {
    try {
      evaluator.value(argument.raw)
    } catch (error) {
      if (!(error instanceof DiagnosticError) && !(error instanceof UnknownValueError)) throw error
    }
  }
}

/** How a task's action is to be done. */
interface Acting {
  /** In a dry run, why it cannot be known whether it would be done at all. */
  readonly maybeBecause?: string | undefined
  /** The arguments, where they are evaluated already. */
  readonly bound?: BoundArguments | undefined
  /** When what it still runs on the host is ended, in milliseconds since 1970. */
  readonly deadline?: number | undefined
  readonly job?: Job | undefined
}

function isFalse(raw: Raw | undefined): boolean {
  return raw === false || (typeof raw === 'string' && /^(?:false|no|off)$/i.test(raw))
}

/** `2026-01-31@10:15:59`, for names of backups. */
function timestamp(date: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}@${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
