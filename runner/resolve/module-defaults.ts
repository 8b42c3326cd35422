/** The arguments of a task: its own, and those that `module_defaults` adds for its module. */
import { fail } from '../diagnostic/diagnostic.ts'
import { bareName, moduleDefaultEntries } from '../load/playbook.ts'
import { toRaw, type MapEntry } from '../load/yaml.ts'
import { accumulated, type CompiledTask } from '../plan/compiled.ts'
import { print } from '../value/print.ts'
import { Dict, Template } from '../value/value.ts'
import { bindArguments, type BoundArgument, type BoundArguments, type Taker } from './arguments.ts'
import type { Evaluator } from './variables.ts'

/**
 * A task's arguments by the names of the module's parameters. Without an evaluator, defaults that are one template as a whole
 * are left out.
 *
 * @throws {DiagnosticError} as `bindArguments` does, and where such a template gives no mapping.
 */
export function taskArguments(task: CompiledTask, taker: Taker, evaluator: Evaluator | undefined): BoundArguments {
  const { action } = task.task
  const entry = defaultsOf(task)
  return bindArguments(action, taker, entry ? defaultArguments(entry, evaluator) : new Map())
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
  const defaults = evaluator.value(raw)
  if (!(defaults instanceof Dict))
    fail('WRONG_TYPE', `the defaults of '${key}' are a mapping, and this gives ${print(defaults).slice(0, 80)}`, { range: value.range })
  return new Map([...defaults].map(([name, each]): [string, BoundArgument] => [print(name), { raw: each, keyRange: value.range, node: value }]))
}
