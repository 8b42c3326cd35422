/**
 * Everything that can be known before the first connection. A fault in a task that every host is certain to reach, and that
 * nothing tolerates, refuses the run; a fault in any other task is a warning, and fails that task at its turn.
 */
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { nodeAt, type Node } from '../load/yaml.ts'
import { accumulated, inherited, type CompiledItem, type CompiledPlay, type CompiledTask } from '../plan/compiled.ts'
import { unknownArguments, type BoundArguments } from '../resolve/arguments.ts'
import { taskArguments } from '../resolve/module-defaults.ts'
import { Pending } from '../resolve/pending.ts'
import { checkRoleArguments } from '../resolve/role-arguments.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { print } from '../value/print.ts'
import { RawDict, Template, Unknown, UnknownValueError, type Raw, type Value } from '../value/value.ts'
import { META_ACTIONS, runnerAction, unknownActionArguments } from './actions/index.ts'
import { handlersNamed, playEvaluator, playHosts, playName, readVarsFiles } from './play.ts'
import type { ActivePlay, Session } from './session.ts'
import { preparedParameters } from './parameters.ts'

/** Templates are tried with the variables of at most this many hosts of a play. */
const MAX_HOSTS_TRIED = 200
/** Of a loop, this many items are tried. */
const MAX_ITEMS_TRIED = 100

/** All faults, each as an error or a warning. Modules are imported on the way. */
export async function preflight(session: Session, plays: readonly CompiledPlay[]): Promise<Diagnostic[]> {
  const found = new Map<string, Diagnostic>()
  const add = (diagnostic: Diagnostic, certain: boolean): void => {
    const judged: Diagnostic = certain ? diagnostic : { ...diagnostic, severity: 'warning' }
    const key = `${judged.code} ${judged.summary} ${judged.range?.file.path ?? ''} ${judged.range?.start ?? ''}`
    if (found.get(key)?.severity !== 'error') found.set(key, judged)
  }
  // What a task will only set while the run is under way is unknown here.
  const runtime = new Map<Value, Raw>()
  for (const play of plays) {
    for (const task of everyTask(play)) {
      await session.modules.load(task.task.action.module)
      for (const name of namesSetBy(task)) runtime.set(name, new Unknown(`TASK [${task.task.action.written}]`))
    }
  }
  session.foreseen = runtime
  session.beforeRun = true
  for (const play of plays) new PlayCheck(session, play, add).run()
  session.beforeRun = false
  session.foreseen = new Map()
  session.foreseeFacts(plays)
  return [...found.values()]
}

function* everyTask(play: CompiledPlay): Generator<CompiledTask> {
  yield* placed(play.items).map((each) => each.task)
  yield* play.handlers
}

interface Placed {
  readonly task: CompiledTask
  /** False where a rescue catches its failure, or it stands in a rescue itself. */
  readonly untolerated: boolean
}

function placed(items: readonly CompiledItem[], untolerated = true): Placed[] {
  return items.flatMap((item): Placed[] => {
    if (item.kind === 'task') return [{ task: item, untolerated }]
    if (item.kind === 'flush') return []
    return [...placed(item.block, untolerated && item.rescue.length === 0), ...placed(item.rescue, false), ...placed(item.always, untolerated)]
  })
}

/** Names of variables that come to be when the task runs. */
function namesSetBy(task: CompiledTask): string[] {
  const names = ['ansible_failed_task', 'ansible_failed_result']
  const register = task.task.keywords.get('register')?.raw
  if (typeof register === 'string') names.push(register)
  if (task.task.action.module === 'set_fact') {
    const bound = taskArguments(task, {}, undefined)
    names.push(...bound.args.keys())
  }
  return names
}

class PlayCheck {
  readonly #session: Session
  readonly #play: CompiledPlay
  readonly #add: (diagnostic: Diagnostic, certain: boolean) => void

  constructor(session: Session, play: CompiledPlay, add: (diagnostic: Diagnostic, certain: boolean) => void) {
    this.#session = session
    this.#play = play
    this.#add = add
  }

  run(): void {
    let active: ActivePlay
    try {
      const general = playEvaluator(this.#session, this.#play)
      const hosts = playHosts(this.#session, this.#play)
      active = {
        compiled: this.#play,
        name: playName(this.#play, general),
        varsFiles: readVarsFiles(this.#session, this.#play, general),
        hosts,
        batch: hosts,
        gone: new Set(),
      }
    } catch (error) {
      this.#collect(error, true, undefined)
      return
    }
    const { strategy } = Object.fromEntries(this.#play.play.keywords) as { strategy?: { raw: Raw; node: Node } }
    if (strategy && strategy.raw !== 'linear') {
      this.#add(
        {
          code: 'UNSUPPORTED_VALUE',
          severity: 'error',
          summary: `the strategy '${print(strategy.raw as Value)}' is not supported yet`,
          range: strategy.node.range,
          hint: 'There is linear.',
        },
        true,
      )
    }
    this.#roles(active)
    let certain = active.hosts.length > 0
    for (const { task, untolerated } of placed(this.#play.items)) {
      const alone = accumulated(task.chain, 'when').length === 0 && !inherited(task.chain, 'ignore_errors')
      this.#task(task, active, certain && untolerated && alone)
      if (task.task.action.module === 'meta') certain = false
    }
    for (const handler of this.#play.handlers) this.#task(handler, active, false)
  }

  #roles(active: ActivePlay): void {
    for (const use of this.#play.roles) {
      const { argumentSpec, name } = use.role
      if (!argumentSpec) continue
      const task = [...everyTask(this.#play)].find((each) => each.role === use)
      for (const host of active.hosts.slice(0, MAX_HOSTS_TRIED)) {
        const evaluator = this.#session.evaluator(host, active, task)
        for (const fault of checkRoleArguments(name, argumentSpec, evaluator)) {
          this.#add(
            {
              ...fault,
              range: fault.range ?? use.range,
              detail: `on the host '${host}'`,
            },
            true,
          )
        }
      }
    }
  }

  #task(task: CompiledTask, active: ActivePlay, certain: boolean): void {
    const { action } = task.task
    const own = runnerAction(action.module)
    const module = this.#session.modules.loaded(action.module)
    let bound: BoundArguments
    try {
      bound = taskArguments(task, own ?? module!, undefined)
      const unknown = own ? unknownActionArguments(bound, own) : unknownArguments(bound, module!)
      for (const fault of unknown) this.#add(fault, true)
      if (unknown.length > 0) return
      if (action.module === 'meta') this.#meta(task, bound.args.get('_meta')?.raw)
    } catch (error) {
      this.#collect(error, true, action.range)
      return
    }
    this.#handlers(task, active)
    if (!this.#syntax(task, bound, certain)) return
    for (const host of active.hosts.slice(0, MAX_HOSTS_TRIED)) this.#try(task, active, host, certain)
  }

  #meta(task: CompiledTask, raw: Raw | undefined): void {
    const { action } = task.task
    if (typeof raw === 'string' && !(META_ACTIONS as readonly string[]).includes(raw)) {
      this.#add(
        {
          code: 'UNSUPPORTED_VALUE',
          severity: 'error',
          summary: `meta: ${raw} is not supported`,
          range: action.text?.range ?? action.range,
          hint: didYouMean(raw, META_ACTIONS) ?? `There are: ${META_ACTIONS.join(', ')}.`,
        },
        true,
      )
    }
  }

  /** A handler that nobody has, where the name is written out. */
  #handlers(task: CompiledTask, active: ActivePlay): void {
    const notify = inherited(task.chain, 'notify')
    if (!notify || active.hosts.length === 0) return
    const evaluator = this.#session.evaluator(active.hosts[0]!, active, task)
    for (const [index, raw] of (Array.isArray(notify.raw) ? notify.raw : [notify.raw]).entries()) {
      if (typeof raw !== 'string') continue
      let known: number
      try {
        known = handlersNamed(this.#play, raw, evaluator).length
      } catch (error) {
        if (error instanceof Pending || error instanceof UnknownValueError) continue
        throw error
      }
      if (known > 0) continue
      const range = notify.node.kind === 'list' ? notify.node.items[index]!.range : notify.node.range
      const names = this.#play.handlers.map((handler) => handler.task.keywords.get('name')?.raw).filter((name) => typeof name === 'string')
      this.#add(
        {
          code: 'UNKNOWN_HANDLER',
          severity: 'error',
          summary: `there is no handler '${raw}'`,
          range,
          hint: didYouMean(raw, names) ?? 'A handler is notified by its name or by what it listens to.',
        },
        true,
      )
    }
  }

  /** Whether every template and expression of a task can be parsed. */
  #syntax(task: CompiledTask, bound: BoundArguments, certain: boolean): boolean {
    let sound = true
    const parse = (raw: Raw): void => {
      if (raw instanceof Template) {
        try {
          this.#session.jinja.parse(raw)
        } catch (error) {
          sound = false
          this.#collect(error, certain, raw.range)
        }
      } else if (Array.isArray(raw)) raw.forEach(parse)
      else if (raw instanceof RawDict) for (const item of raw.values()) parse(item)
    }
    for (const { raw } of bound.args.values()) parse(raw)
    for (const keyword of task.task.keywords.values()) parse(keyword.raw)
    for (const name of ['when', 'until', 'changed_when', 'failed_when']) {
      const keyword = task.task.keywords.get(name)
      for (const [index, raw] of (keyword ? (Array.isArray(keyword.raw) ? keyword.raw : [keyword.raw]) : []).entries()) {
        if (typeof raw !== 'string' || raw === '') continue
        const range = nodeAt(keyword!.node, Array.isArray(keyword!.raw) ? [index] : []).node.range
        try {
          this.#session.jinja.parseExpression(new Template(raw, range))
        } catch (error) {
          sound = false
          this.#collect(error, certain, range)
        }
      }
    }
    return sound
  }

  /** Evaluates what a task will evaluate, where that does not depend on the run. */
  #try(task: CompiledTask, active: ActivePlay, host: string, certain: boolean): void {
    if (task.task.action.module === 'meta') return
    const evaluator = (local: ReadonlyMap<Value, Raw>): Evaluator => this.#session.evaluator(host, active, task, local)
    const loop = task.task.keywords.get('loop')
    try {
      if (!loop) {
        preparedParameters(this.#session, task, evaluator(new Map()))
        return
      }
      const items = evaluator(new Map()).value(loop.raw)
      if (!Array.isArray(items)) return
      const control = task.task.keywords.get('loop_control')?.raw
      const named = control instanceof Map ? control.get('loop_var') : undefined
      for (const [index, item] of items.slice(0, MAX_ITEMS_TRIED).entries()) {
        const local = new Map<Value, Raw>([[typeof named === 'string' ? named : 'item', item]])
        const indexName = control instanceof Map ? control.get('index_var') : undefined
        if (typeof indexName === 'string') local.set(indexName, index)
        local.set('ansible_loop', new Unknown('the loop'))
        preparedParameters(this.#session, task, evaluator(local))
      }
    } catch (error) {
      this.#collect(error, certain, task.task.action.range, host)
    }
  }

  #collect(error: unknown, certain: boolean, range: SourceRange | undefined, host?: string): void {
    if (error instanceof Pending || error instanceof UnknownValueError) return
    if (!(error instanceof DiagnosticError)) throw error
    for (const diagnostic of error.diagnostics) {
      this.#add(
        { ...diagnostic, range: diagnostic.range ?? range, detail: diagnostic.detail ?? (host === undefined ? undefined : `on the host '${host}'`) },
        certain,
      )
    }
  }
}
