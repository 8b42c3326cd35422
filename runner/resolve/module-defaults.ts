/** The arguments of a task: its own, those that a template gives as a whole, and those that `module_defaults` adds for its module. */
import { fail } from '../diagnostic/diagnostic.ts'
import { bareName, moduleDefaultEntries } from '../load/playbook.ts'
import { toRaw, type MapEntry, type Node } from '../load/yaml.ts'
import { accumulated, type CompiledTask } from '../plan/compiled.ts'
import { print } from '../value/print.ts'
import { Dict, Template, Unknown, UnknownValueError, type Value } from '../value/value.ts'
import { bindArguments, templateOf, type BoundArgument, type BoundArguments, type Taker } from './arguments.ts'
import type { Evaluator } from './variables.ts'

/**
 * A task's arguments by the names of the module's parameters. Without an evaluator, what one template gives as a whole is left out.
 *
 * @throws {DiagnosticError} as `bindArguments` does, and where such a template gives no mapping.
 */
export function taskArguments(task: CompiledTask, taker: Taker, evaluator: Evaluator | undefined): BoundArguments {
  const { action } = task.task
  const entry = defaultsOf(task)
  const defaults = entry ? defaultArguments(entry, evaluator) : []
  const whole = templateOf(action, taker)
  const given = whole && evaluator ? argumentsIn(evaluator.value(whole), `the arguments of '${action.written}'`, action.whole ?? action.text!) : []
  return bindArguments(action, taker, new Map([...defaults, ...given]))
}

/** As in Ansible 2.14, of several mappings for one module the last of the innermost counts, and the others do not. */
function defaultsOf(task: CompiledTask): MapEntry | undefined {
  return accumulated(task.chain, 'module_defaults')
    .flatMap(({ node }) => moduleDefaultEntries(node))
    .findLast(({ key }) => bareName(key) === task.task.action.module)
}

function defaultArguments({ key, value }: MapEntry, evaluator: Evaluator | undefined): Map<string, BoundArgument> {
  if (value.kind === 'map') {
    return new Map(value.entries.map((each): [string, BoundArgument] => [each.key, { raw: toRaw(each.value), keyRange: each.keyRange, node: each.value }]))
  }
  const raw = value.kind === 'scalar' ? value.value : null
  if (!(raw instanceof Template) || !evaluator) return new Map()
  return new Map(argumentsIn(evaluator.value(raw), `the defaults of '${key}'`, value))
}

/** What a template gave, as arguments. */
function argumentsIn(value: Value, what: string, node: Node): [string, BoundArgument][] {
  if (value instanceof Unknown) throw new UnknownValueError(value)
  if (!(value instanceof Dict)) fail('WRONG_TYPE', `${what} are a mapping, and this gives ${print(value).slice(0, 80)}`, { range: node.range })
  return [...value].map(([name, each]) => [print(name), { raw: each, keyRange: node.range, node }])
}
