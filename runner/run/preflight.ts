/**
 * Everything that can be known before the first connection. A fault in a task that every host is certain to reach, and that
 * nothing tolerates, refuses the run; a fault in any other task is a warning, and fails that task at its turn.
 */
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { nodeAt } from '../load/yaml.ts'
import { readVariables } from '../load/role.ts'
import { roleRequest } from '../plan/compile.ts'
import { factsTask } from '../plan/own-tasks.ts'
import { accumulated, inherited, type CompiledItem, type CompiledPlay, type CompiledTask, type HandlerList } from '../plan/compiled.ts'
import { unknownArguments, type BoundArguments } from '../resolve/arguments.ts'
import { findFile } from '../resolve/controller.ts'
import { checkArguments } from '../resolve/role-arguments.ts'
import { taskArguments } from '../resolve/module-defaults.ts'
import { Pending } from '../resolve/pending.ts'
import { findLookup } from '../resolve/lookup/index.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { print } from '../value/print.ts'
import { booleanOf } from '../value/truth.ts'
import { hasTemplateMarkers, RawDict, Template, Unknown, UnknownValueError, type Raw, type Value } from '../value/value.ts'
import { META_ACTIONS, runnerAction, UNCONDITIONAL_META, unknownActionArguments } from './actions/index.ts'
import { becomeFor, checkConnection } from './connection.ts'
import { handlersNamed } from './handlers.ts'
import { playEvaluator, playHosts, playName } from './play.ts'
import { playAtRest, type ActivePlay, type Session } from './session.ts'
import { strategyOf } from './strategy.ts'
import { preparedParameters } from './parameters.ts'

/** Templates are tried with the variables of at most this many hosts of a play. */
const MAX_HOSTS_TRIED = 200
/** Of a loop, this many items are tried. */
const MAX_ITEMS_TRIED = 100

/** All faults, each as an error or a warning. Modules are imported on the way. */
export async function preflight(session: Session, plays: readonly CompiledPlay[]): Promise<Diagnostic[]> {
  const found = new Map<string, Diagnostic>()
  // What a task will only set while the run is under way is unknown here; what an unnamed file will set is not even known by name.
  const runtime = new Map<Value, Raw>()
  let isOpen = false
  const add = (diagnostic: Diagnostic, certain: boolean): void => {
    if (isOpen && (diagnostic.code === 'UNDEFINED_VARIABLE' || diagnostic.code === 'UNKNOWN_HANDLER')) return
    const judged: Diagnostic = certain ? diagnostic : { ...diagnostic, severity: 'warning' }
    const key = `${judged.code} ${judged.summary} ${judged.range?.file.path ?? ''} ${judged.range?.start ?? ''}`
    if (found.get(key)?.severity !== 'error') found.set(key, judged)
  }
  const checks: PlayCheck[] = []
  const tasks: CompiledTask[] = []
  for (const play of plays) {
    const parts = new PlayParts(session, play, add)
    for (const { task } of parts.tasks) {
      const module = await session.modules.load(task.task.action.module)
      if (module?.returns && 'ansible_facts' in module.returns) parts.isOpen = true
      // Groups and variables of hosts that the run adds.
      if (task.task.action.module === 'add_host' || task.task.action.module === 'group_by') parts.isOpen = true
      if (task.task.action.module === 'set_fact' && [...task.task.action.args.keys()].some((key) => hasTemplateMarkers(print(key)))) parts.isOpen = true
      for (const name of namesSetBy(task)) runtime.set(name, new Unknown(`TASK [${task.task.action.written}]`))
    }
    for (const name of parts.variables) runtime.set(name, new Unknown('include_vars'))
    isOpen ||= parts.isOpen
    tasks.push(...parts.tasks.map(({ task }) => task), ...parts.handlers.flat())
    checks.push(new PlayCheck(session, play, parts, add))
  }
  session.foreseen = runtime
  session.beforeRun = true
  for (const check of checks) check.run()
  session.beforeRun = false
  session.foreseen = new Map()
  session.foreseeFacts(plays, tasks)
  return [...found.values()]
}

interface Placed {
  readonly task: CompiledTask
  /** False where a rescue catches its failure, or it stands in a rescue itself. */
  readonly untolerated: boolean
}

/** The tasks of a play with those that it will include, as far as what is included is written out. */
class PlayParts {
  readonly tasks: readonly Placed[]
  readonly handlers: readonly HandlerList[]
  /** Names of variables in files that will be included. */
  readonly variables = new Set<string>()
  /** True where tasks or variables come from files whose names are not known yet. */
  isOpen = false
  readonly #session: Session
  readonly #play: CompiledPlay
  readonly #add: (diagnostic: Diagnostic, certain: boolean) => void
  readonly #seen = new Set<string>()

  constructor(session: Session, play: CompiledPlay, add: (diagnostic: Diagnostic, certain: boolean) => void) {
    this.#session = session
    this.#play = play
    this.#add = add
    const forget = play.compiler.mark()
    const tasks = this.#placed(play.sections.flat(), true)
    for (const handler of play.handlers.flat()) tasks.push(...this.#task(handler, false).slice(1))
    this.handlers = [...play.handlers]
    forget()
    this.tasks = [...tasks, ...this.handlers.flat().map((task) => ({ task, untolerated: false }))]
  }

  #placed(items: readonly CompiledItem[], untolerated: boolean): Placed[] {
    return items.flatMap((item): Placed[] => {
      if (item.kind === 'task') return this.#task(item, untolerated)
      if (item.kind === 'flush' || item.kind === 'role-end') return []
      return [
        ...this.#placed(item.block, untolerated && item.rescue.length === 0),
        ...this.#placed(item.rescue, false),
        ...this.#placed(item.always, untolerated),
      ]
    })
  }

  /** A task, and what it includes. */
  #task(task: CompiledTask, untolerated: boolean): Placed[] {
    const { module } = task.task.action
    const placed: Placed[] = [{ task, untolerated }]
    if (module === 'include_vars') this.#variables(task)
    else if (module === 'include' || module === 'include_tasks' || module === 'include_role') placed.push(...this.#included(task, module))
    return placed
  }

  #included(task: CompiledTask, module: 'include' | 'include_tasks' | 'include_role'): Placed[] {
    const { compiler } = this.#play
    const args = writtenArguments(task)
    if (!args) {
      this.isOpen = true
      return []
    }
    const own = task.task.keywords.get('vars')?.raw
    const control = task.task.keywords.get('loop_control')?.raw
    const named = control instanceof Map ? [control.get('loop_var'), control.get('index_var')] : []
    const loop = task.task.loop ? ['item', 'ansible_loop', 'ansible_loop_var', 'ansible_index_var', ...named.filter((each) => typeof each === 'string')] : []
    const vars = new RawDict([...(own instanceof RawDict ? own : []), ...loop.map((name): [string, Raw] => [name, new Unknown('the loop')])])
    const given = { vars, apply: new Map() }
    let isOfTask = true
    try {
      if (module === 'include_role') {
        const request = roleRequest(args, task.task.action)
        isOfTask = false
        if (this.#isSeen(`role ${JSON.stringify(request)}`)) return []
        const known = this.#play.roles.length
        const block = compiler.includeRole(task, request, given)
        // What is public is seen by the tasks behind it.
        for (const { role } of this.#play.roles.slice(known)) for (const name of [...role.defaults.keys(), ...role.vars.keys()]) this.variables.add(print(name))
        return this.#placed([block], false)
      }
      const name = args.get('_raw_params') ?? args.get('file')
      if (name === undefined) {
        const { written, range } = task.task.action
        this.#add({ code: 'BAD_ARGUMENT', severity: 'error', summary: `'${written}' takes the path of a task file`, range }, true)
        return []
      }
      isOfTask = false
      const file = compiler.includedFile(task, print(name))
      if (file === undefined || this.#isSeen(file)) return []
      return this.#placed([compiler.includeTasks(task, { name: print(name), file }, given)], false)
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      // What a condition, or a list without items, may save the run from is met at its turn.
      const isCertain = accumulated(task.chain, 'when').length === 0 && !task.task.loop
      for (const each of error.diagnostics) this.#add(each, isOfTask ? each.code === 'BAD_ARGUMENT' : isCertain && UNSUPPORTED.has(each.code))
      return []
    }
  }

  #isSeen(what: string): boolean {
    if (this.#seen.has(what)) return true
    this.#seen.add(what)
    return false
  }

  /** The names in a file of variables that a task will read. */
  #variables(task: CompiledTask): void {
    const args = writtenArguments(task)
    const name = args?.get('_raw_params') ?? args?.get('file')
    if (args?.has('name') === true) this.variables.add(print(args.get('name')!))
    else if (name === undefined) this.isOpen = true
    else {
      try {
        const file = findFile(print(name), task, 'vars', this.#session.reader, task.task.action.range)
        for (const key of readVariables(this.#session.reader, file).keys()) this.variables.add(print(key))
      } catch (error) {
        // The task meets it at its turn.
        if (!(error instanceof DiagnosticError)) throw error
      }
    }
  }
}

/** Faults of a file that no run can get past. */
const UNSUPPORTED: ReadonlySet<Diagnostic['code']> = new Set(['UNSUPPORTED_KEYWORD', 'UNKNOWN_KEYWORD', 'UNKNOWN_MODULE', 'YAML_SYNTAX'])

/** The arguments of an action of the runner, where none of them is a template. */
function writtenArguments(task: CompiledTask): ReadonlyMap<string, Value> | undefined {
  const args = new Map<string, Value>()
  for (const [name, { raw }] of taskArguments(task, runnerAction(task.task.action.module)!, undefined).args) {
    if (name === 'apply') continue
    if (raw instanceof Template) return undefined
    args.set(name, raw as Value)
  }
  return args
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
  readonly #parts: PlayParts
  readonly #add: (diagnostic: Diagnostic, certain: boolean) => void

  constructor(session: Session, play: CompiledPlay, parts: PlayParts, add: (diagnostic: Diagnostic, certain: boolean) => void) {
    this.#session = session
    this.#play = play
    this.#parts = parts
    this.#add = add
  }

  run(): void {
    let active: ActivePlay
    try {
      const general = playEvaluator(this.#session, this.#play)
      const hosts = playHosts(this.#session, this.#play, false)
      active = playAtRest(this.#play, playName(this.#play, general), hosts, promptedNames(this.#play))
      this.#session.writtenVarsFiles(this.#play)
      strategyOf(this.#play, this.#session.options, general)
    } catch (error) {
      this.#collect(error, true, undefined)
      return
    }
    let certain = active.hosts.length > 0
    const facts = this.#facts()
    for (const { task, untolerated } of [...(facts ? [{ task: facts, untolerated: true }] : []), ...this.#parts.tasks]) {
      const alone = accumulated(task.chain, 'when').length === 0 && !inherited(task.chain, 'ignore_errors')
      this.#task(task, active, certain && untolerated && alone)
      if (task.task.action.module === 'meta') certain = false
    }
  }

  /** The gathering of facts, where it is certain to come. */
  #facts(): CompiledTask | undefined {
    const { options, counter } = this.#session
    const { play } = this.#play
    const raw = play.keywords.get('gather_facts')?.raw ?? options.gathering !== 'explicit'
    return raw instanceof Template || !booleanOf(raw as Value) ? undefined : factsTask(play, counter.next(), options)
  }

  #task(task: CompiledTask, active: ActivePlay, certain: boolean): void {
    const { action, loop } = task.task
    try {
      if (loop?.lookup !== undefined) findLookup(loop.lookup)
    } catch (error) {
      this.#collect(error, true, loop!.keyRange)
    }
    // Which arguments it takes is known once a template has named its module.
    if (action.named) return
    const own = runnerAction(action.module)
    const module = this.#session.modules.loaded(action.module)
    let bound: BoundArguments
    try {
      bound = taskArguments(task, own ?? module!, undefined)
      const unknown = own ? unknownActionArguments(bound, own) : unknownArguments(bound, module!)
      for (const fault of unknown) this.#add(fault, certain)
      if (unknown.length > 0) return
      if (action.module === 'meta') this.#meta(task, bound.args.get('_meta')?.raw)
    } catch (error) {
      this.#collect(error, true, action.range)
      return
    }
    this.#handlers(task, active, certain)
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
    const when = task.task.keywords.get('when')
    if (typeof raw === 'string' && UNCONDITIONAL_META.has(raw) && when) {
      this.#add({ code: 'UNSUPPORTED_VALUE', severity: 'warning', summary: `'when' is of no effect on meta: ${raw}`, range: when.keyRange }, true)
    }
  }

  /** Whether a task can notify: what only reads, and what says that it changes nothing, does not. */
  #mayChange({ task: { action, keywords } }: CompiledTask): boolean {
    const { kind } = this.#session.modules.loaded(action.module) ?? { kind: 'read' }
    return kind !== 'read' && !keywords.has('changed_when')
  }

  /** A handler that nobody has, where the name is written out. */
  #handlers(task: CompiledTask, active: ActivePlay, certain: boolean): void {
    const notify = inherited(task.chain, 'notify')
    if (!notify || active.hosts.length === 0) return
    const evaluatorOf = (handler: CompiledTask): Evaluator => this.#session.evaluator(active.hosts[0], active, handler)
    for (const [index, raw] of (Array.isArray(notify.raw) ? notify.raw : [notify.raw]).entries()) {
      if (typeof raw !== 'string') continue
      let known: number
      try {
        known = handlersNamed({ ...this.#play, handlers: [...this.#parts.handlers] }, raw, evaluatorOf).length
      } catch (error) {
        if (error instanceof Pending || error instanceof UnknownValueError) continue
        throw error
      }
      if (known > 0) continue
      const range = notify.node.kind === 'list' ? notify.node.items[index]!.range : notify.node.range
      const names = this.#parts.handlers
        .flat()
        .map((handler) => handler.task.keywords.get('name')?.raw)
        .filter((name) => typeof name === 'string')
      this.#add(
        {
          code: 'UNKNOWN_HANDLER',
          severity: 'error',
          summary: `there is no handler '${raw}'`,
          range,
          hint: didYouMean(raw, names) ?? 'A handler is notified by its name or by what it listens to.',
        },
        certain && this.#mayChange(task) && this.#session.options.failsOnMissingHandler,
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
    // What a delegated task sees of the connection is the delegate's.
    const around: [Value, Raw][] = inherited(task.chain, 'delegate_to') ? [['ansible_delegated_vars', new Unknown('the delegate')]] : []
    const evaluator = (local: ReadonlyMap<Value, Raw>): Evaluator => this.#session.evaluator(host, active, task, new Map([...around, ...local]))
    const { loop } = task.task
    try {
      this.#roleArguments(task, evaluator(new Map()), certain, host)
      if (!loop) {
        this.#prepare(task, evaluator(new Map()), host)
        return
      }
      const own = evaluator(new Map())
      const items = loop.lookup === undefined ? own.value(loop.raw) : this.#session.itemsOf(loop.lookup, loop.raw, own, task)
      if (!Array.isArray(items)) return
      const control = task.task.keywords.get('loop_control')?.raw
      const named = control instanceof Map ? control.get('loop_var') : undefined
      for (const [index, item] of items.slice(0, MAX_ITEMS_TRIED).entries()) {
        const local = new Map<Value, Raw>([[typeof named === 'string' ? named : 'item', item]])
        const indexName = control instanceof Map ? control.get('index_var') : undefined
        // Where a template gives the names, the item has none yet.
        if (named instanceof Template || indexName instanceof Template) return
        if (typeof indexName === 'string') local.set(indexName, index).set('ansible_index_var', indexName)
        local.set('ansible_loop_var', typeof named === 'string' ? named : 'item')
        local.set('ansible_loop', new Unknown('the loop'))
        this.#prepare(task, evaluator(local), host)
      }
    } catch (error) {
      this.#collect(error, certain, task.task.action.range, host)
    }
  }

  /** What a task hands to its action, and how it reaches the host that it acts on. */
  #prepare(task: CompiledTask, evaluator: Evaluator, host: string): void {
    const { options, inventory } = this.#session
    const { module } = task.task.action
    const own = runnerAction(module)
    if (own?.includes !== true && !inherited(task.chain, 'delegate_to')) {
      becomeFor(task, evaluator, options)
      if (!own || module === 'setup' || module === 'gather_facts') checkConnection(host, task, evaluator, options, inventory)
    }
    preparedParameters(this.#session, task, evaluator)
  }

  /** What a role's declared arguments lack, where the task is the one that checks them. */
  #roleArguments(task: CompiledTask, evaluator: Evaluator, certain: boolean, host: string): void {
    const { action } = task.task
    const role = task.role?.role
    if (action.module !== 'validate_argument_spec' || action.args.size > 0 || !role?.entryPoint) return
    for (const fault of checkArguments(role.entryPoint.options, (name) => evaluator.get(name)))
      this.#add(
        { ...fault, summary: `the role '${role.name}': ${fault.summary}`, range: fault.range ?? action.range, detail: fault.detail ?? `on the host '${host}'` },
        certain,
      )
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

/** The variables that a person will be asked for. */
function promptedNames(play: CompiledPlay): RawDict {
  const raw = play.play.keywords.get('vars_prompt')?.raw
  const entries = Array.isArray(raw) ? raw : [raw ?? null]
  return new RawDict(
    entries.flatMap((entry): [Value, Raw][] => {
      const name = entry instanceof RawDict ? entry.get('name') : undefined
      return typeof name === 'string' ? [[name, new Unknown('vars_prompt')]] : []
    }),
  )
}
