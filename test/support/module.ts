/**
 * Runs a module without a host: states go in, what it plans and the steps that it yields come out as plain data. A test of a
 * module is a table of arguments and states before → steps.
 */
import { parse } from 'yaml'
import { Content, ControllerDestination, ControllerSource } from '../../runner/module.ts'
import type { Difference, Event, FileState, Module, Planned, ProbeTree, QueryReply, Refusal, StateModule, Step, StepReply } from '../../runner/module.ts'
import { compare } from '../../runner/diff/compare.ts'
import { leavesOf, stateObject, type Leaf, type LeafState } from '../../runner/probe/state.ts'
import { controllerParameters } from '../../runner/resolve/arguments.ts'

/** What a query answered, to be read by the probe's own `parse`. Other values are states as they are. */
export class Answer {
  readonly reply: QueryReply
  constructor(reply: Partial<QueryReply>) {
    this.reply = { exitCode: 0, stdout: '', stderr: '', ...reply }
  }
}

/** What a query answered. */
export function answer(stdout: string, exitCode = 0, stderr = ''): Answer {
  return new Answer({ stdout, exitCode, stderr })
}

/** A state that a dry run cannot know. */
export class UnknownIn {
  readonly cause: string
  constructor(cause = 'TASK [install] has not run') {
    this.cause = cause
  }
}

/** States by resource (`file:/etc/hosts`) or label (`/etc/hosts`), or a function of the probe. Files not named are absent. */
export type HostStates = Readonly<Record<string, unknown>> | ((leaf: Leaf) => unknown)

export interface SimulateOptions {
  /** Texts on the controller by the name that the task gives. */
  readonly controller?: Readonly<Record<string, string | { readonly text: string; readonly mode?: string }>>
  /** A dry run: nothing is applied. */
  readonly check?: boolean
  /** What a step answers; by default exit code 0 and nothing else. */
  readonly reply?: (step: Step) => Partial<StepReply>
}

export interface Simulated {
  readonly params: unknown
  /** Resources that were read, in order, each once. */
  readonly read: readonly string[]
  readonly before: Record<string, unknown>
  readonly after: Record<string, unknown>
  readonly differs: readonly Difference[]
  readonly events: readonly Event[]
  /** Resources, with ` if absent` where it says so. */
  readonly affects: readonly string[]
  readonly refusals: readonly Refusal[]
  /** As one reads them: `chmod 0644 /x`, `put /x 0644 root:root`. */
  readonly steps: readonly string[]
  readonly yielded: readonly Step[]
  /** The texts that were put, by path. */
  readonly puts: Readonly<Record<string, string | undefined>>
  readonly result: Record<string, unknown>
}

const TIMESTAMP = '2026-01-31@10:15:59'

/** A regular file. */
export function textFile(text: string, more: { mode?: string; owner?: string; group?: string } = {}): FileState & { type: 'file' } {
  return { type: 'file', mode: '0644', owner: 'root', group: 'root', ...more, content: Content.of(text) }
}

/** A folder. */
export function folder(more: { mode?: string; owner?: string; group?: string } = {}): FileState {
  return { type: 'directory', mode: '0755', owner: 'root', group: 'root', ...more }
}

/** A link. */
export function link(target: string): FileState {
  return { type: 'link', target, owner: 'root', group: 'root' }
}

const ABSENT: FileState = { type: 'absent' }

/** Parameters from YAML as a task has it: aliases, text alone, and names on the controller. Throws a ZodError. */
export function parametersOf(module: Module, args: string, controller: SimulateOptions['controller'] = {}): unknown {
  const written: unknown = parse(args)
  const canonical = new Map(Object.entries(module.aliases ?? {}).flatMap(([name, aliases]) => aliases.map((alias): [string, string] => [alias, name])))
  const given: Record<string, unknown> =
    typeof written === 'string'
      ? { [module.freeForm ?? 'text']: written }
      : Object.fromEntries(Object.entries(written as object).map(([name, value]) => [canonical.get(name) ?? name, value]))
  for (const [name, { kind, unless, unlessDefault }] of controllerParameters(module)) {
    const value = given[name]
    if (typeof value !== 'string' || (unless !== undefined && (given[unless] ?? unlessDefault) === true)) continue
    if (kind === 'destination') {
      given[name] = new ControllerDestination(value, 'host-1')
      continue
    }
    const there = controller[value]
    const { text, mode = '0644' } = typeof there === 'string' ? { text: there } : (there ?? { text: `the content of ${value}\n` })
    given[name] = new ControllerSource(value, Content.of(text), mode)
  }
  return module.params().parse(given)
}

/** Drives a module of the kind `state` from states to steps. */
export function simulate(module: Module, args: string, host: HostStates = {}, options: SimulateOptions = {}): Simulated {
  if (module.kind !== 'state') throw new Error('simulate() is for modules of the kind state')
  const m = module
  const params = parametersOf(module, args, options.controller) as never
  const { object, read } = readTree(m.probe(params), host)
  const before = object as never
  const { after: promised, refusals = [] } = m.plan(before, params) as Planned<Record<string, unknown>>
  const differs = compare(before, promised)
  const events = m.events?.({ before, params, differs }) ?? []
  const after = kept(object, promised) as never
  const changes = differs.length > 0 || events.length > 0
  const affects = changes ? (m.affects?.({ before, after, params, differs }) ?? []) : []
  const { yielded, returned } =
    changes && options.check !== true
      ? drain(m.apply({ params, before, after, differs, events, timestamp: TIMESTAMP }), options)
      : { yielded: [], returned: undefined }
  return {
    params,
    read,
    before: object,
    after,
    differs,
    events,
    affects: affects.map(({ resource, onlyIfAbsent }) => (onlyIfAbsent === true ? `${resource} if absent` : resource)),
    refusals,
    steps: yielded.map(describeStep),
    yielded,
    puts: Object.fromEntries(yielded.flatMap((step) => (step.kind === 'put' ? [[step.path, step.content.text]] : []))),
    result: m.result?.({ params, before, after, differs, statsBefore: {}, stats: {}, returned }) ?? {},
  }
}

/** What a state module plans, and nothing more. */
export function planOf(module: Module, params: unknown, before: Record<string, unknown>): Planned<Record<string, unknown>> {
  return (module as StateModule).plan(before, params)
}

/** The planned state with what the plan leaves out kept as it was, without touching what is unknown. */
export function kept(before: Record<string, unknown>, promised: Record<string, unknown>): Record<string, unknown> {
  return Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(before), ...Object.getOwnPropertyDescriptors(promised) })
}

/** Drives a module of the kind `read`. */
export function simulateRead(
  module: Module,
  args: string,
  host: HostStates = {},
): { result: Record<string, unknown>; missing: readonly string[]; read: readonly string[] } {
  if (module.kind !== 'read') throw new Error('simulateRead() is for modules of the kind read')
  const m = module
  const params = parametersOf(module, args) as never
  const { object, read } = readTree(m.probe(params), host)
  const missing = m.missing?.(object, params) ?? []
  return { missing, read, result: m.result({ state: object, params, stats: {}, missing: [] }) }
}

/** Drives a module of the kind `action`. */
export function simulateAction(
  module: Module,
  args: string,
  host: HostStates = {},
  options: SimulateOptions = {},
): { steps: readonly string[]; yielded: readonly Step[]; result: Record<string, unknown>; guarded: boolean; skipped: boolean; read: readonly string[] } {
  if (module.kind !== 'action') throw new Error('simulateAction() is for modules of the kind action')
  const m = module
  const params = parametersOf(module, args, options.controller) as never
  const { object, read } = readTree(m.probe?.(params) ?? {}, host)
  const guard = m.guard?.(object, params, options.check === true)
  if (guard) return { steps: [], yielded: [], result: guard.result, guarded: true, skipped: guard.skipped === true, read }
  const { yielded, returned } = drain(m.run(params), options)
  return { steps: yielded.map(describeStep), yielded, result: returned, guarded: false, skipped: false, read }
}

/** Reads a tree, or drives a generator of trees to its end. */
export function readTree(
  source: ProbeTree | Generator<ProbeTree, ProbeTree, never>,
  host: HostStates,
): { object: Record<string, unknown>; leaves: readonly Leaf[]; read: readonly string[] } {
  const read = new Set<string>()
  const readOnce = (tree: ProbeTree) => {
    const leaves = leavesOf(tree)
    for (const { probe } of leaves) read.add(probe.resource)
    const object = stateObject(
      leaves,
      leaves.map((leaf) => stateOf(leaf, host)),
    )
    return { leaves, object }
  }
  if (typeof (source as Generator).next !== 'function') return { ...readOnce(source as ProbeTree), read: [...read] }
  const generator = source as Generator<ProbeTree, ProbeTree, unknown>
  let turn = generator.next()
  for (let round = 0; turn.done !== true; round++) {
    if (round >= 20) throw new Error('the probe does not end')
    turn = generator.next(readOnce(turn.value).object)
  }
  const last = readOnce(turn.value)
  return { ...last, read: [...read] }
}

function stateOf(leaf: Leaf, host: HostStates): LeafState {
  const { probe } = leaf
  const given = typeof host === 'function' ? host(leaf) : Object.hasOwn(host, probe.resource) ? host[probe.resource] : host[probe.label ?? '']
  if (given instanceof UnknownIn) return { known: false, cause: given.cause }
  if (given instanceof Answer) return { known: true, value: probe.parse(given.reply as never) }
  if (given !== undefined) return { known: true, value: given }
  if (probe.read.kind === 'file') return { known: true, value: ABSENT }
  if (probe.optional === true) return { known: true, value: undefined }
  if (probe.resource === 'query:id') return { known: true, value: { user: { name: 'root', id: 0 }, group: { name: 'root', id: 0 } } }
  const account = /^query:(?:passwd|group):(\D.*)$/.exec(probe.resource)?.[1]
  if (account !== undefined) return { known: true, value: { name: account, id: account === 'root' ? 0 : 1000 } }
  throw new Error(`the test says nothing of ${probe.resource} (${probe.read.kind === 'query' ? probe.read.argv.join(' ') : probe.read.operation})`)
}

function drain<R>(steps: Generator<Step, R, StepReply>, options: SimulateOptions): { yielded: Step[]; returned: R } {
  const yielded: Step[] = []
  let turn = steps.next()
  while (turn.done !== true) {
    yielded.push(turn.value)
    turn = steps.next({ exitCode: 0, stdout: '', stderr: '', ...options.reply?.(turn.value) })
  }
  return { yielded, returned: turn.value }
}

/** A step on one line. */
function describeStep(step: Step): string {
  if (step.kind === 'put')
    return `${step.on === undefined ? '' : 'on the controller: '}put ${step.path} ${step.mode} ${step.owner ?? ''}:${step.group ?? ''}${step.validate ? ` validated by ${step.validate.join(' ')}` : ''}`
  if (step.kind === 'cloud') return `${step.operation} ${JSON.stringify(step.request)}`
  if (step.kind === 'reconnect')
    return `until reconnected: ${step.argv.join(' ')}${step.notThis === undefined ? '' : ` says something else than ${JSON.stringify(step.notThis)}`}`
  const words = step.argv.map((word) => (/^[^\s'"]+$/.test(word) ? word : JSON.stringify(word))).join(' ')
  return `${step.chdir === undefined ? '' : `in ${step.chdir}: `}${words}${step.stdin === undefined ? '' : ` < ${JSON.stringify(step.stdin.toString())}`}`
}
