/** `include_tasks`, its older form `include`, and `include_role`: tasks that are read in the run, when their turn comes. */
import { fail } from '../../diagnostic/diagnostic.ts'
import type { Keywords } from '../../load/playbook.ts'
import { roleRequest, type Given } from '../../plan/compile.ts'
import type { CompiledBlock } from '../../plan/compiled.ts'
import { filterItems, isSelected } from '../../plan/tags.ts'
import { print, repr } from '../../value/print.ts'
import { Dict, RawDict, type Raw, type Value } from '../../value/value.ts'
import { NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'

export function includeTasks(context: ActionContext): Outcome {
  const { argument, bound, play, task } = context
  const named = argument('_raw_params') ?? argument('file')
  if (named === undefined || named === null || named === '')
    fail('BAD_ARGUMENT', `'${bound.action.written}' takes the path of a task file`, { range: bound.action.range })
  const name = print(named)
  const file = play.compiled.compiler.taskFile(task, name)
  if (file === undefined) {
    fail('FILE_NOT_FOUND', `there is no file '${name}'`, {
      range: bound.action.range,
      detail: `searched: ${task.folders.map((folder) => context.session.reader.shownPath(folder)).join(', ')}`,
    })
  }
  const block = included(context, `file ${file}`, (given) => play.compiled.compiler.includeTasks(task, file, given))
  return { ...NOTHING, data: Dict.of({ include: name, include_args: new Dict() }), include: block && { block } }
}

export function includeRole(context: ActionContext): Outcome {
  const { all, bound, play, task } = context
  const args = all()
  const request = roleRequest(args, bound.action)
  const block = included(context, `role ${JSON.stringify(request)}`, (given) => play.compiled.compiler.includeRole(task, request, given))
  args.delete('apply')
  return { ...NOTHING, data: Dict.of({ include_args: Dict.of(Object.fromEntries(args)) }), include: block && { block } }
}

/**
 * One block for all hosts and items that include the same with the same variables, without the tasks that tags leave out. Undefined
 * where there is nothing in it, tags or not.
 */
function included(
  { session, play, task, bound, local, evaluator }: ActionContext,
  what: string,
  compile: (given: Given) => CompiledBlock,
): CompiledBlock | undefined {
  const key = `${task.id} ${what} ${repr(new Dict(local as ReadonlyMap<Value, Value>))}`
  let block = play.inclusions.get(key)
  if (!block) {
    const own = task.task.keywords.get('vars')?.raw
    const given = task.task.action.module === 'include' ? [...bound.args].filter(([name]) => name !== '_raw_params' && name !== 'file') : []
    const vars = new RawDict([...(own instanceof RawDict ? own : []), ...local, ...given.map(([name, { raw }]): [Value, Raw] => [name, raw])])
    const applied = bound.args.get('apply')?.node
    const apply: Keywords = applied ? play.compiled.compiler.applied(applied) : new Map()
    const all = compile({ vars, apply })
    if (all.block.length === 0) return undefined
    block = {
      ...all,
      block: filterItems(all.block, (each) => isSelected(each, (raw) => evaluator.value(raw), session.options)),
    }
    play.inclusions.set(key, block)
  }
  return block
}
