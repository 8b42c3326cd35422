/** `include_tasks`, its older form `include`, and `include_role`: tasks that are read in the run, when their turn comes. */
import path from 'node:path'
import { fail, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Keywords } from '../../load/playbook.ts'
import { roleRequest, type Given } from '../../plan/compile.ts'
import type { CompiledBlock } from '../../plan/compiled.ts'
import { filterItems, isSelected } from '../../plan/tags.ts'
import type { BoundArguments } from '../../resolve/arguments.ts'
import { asWritten } from '../../value/as-written.ts'
import { print, repr } from '../../value/print.ts'
import { Dict, RawDict, type Raw, type Value } from '../../value/value.ts'
import { failed, failureOf, NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'

export function includeTasks(context: ActionContext): Outcome {
  const { argument, bound, play, task } = context
  const named = argument('_raw_params') ?? argument('file')
  if (named === undefined || named === null || named === '')
    fail('BAD_ARGUMENT', `'${bound.action.written}' takes the path of a task file`, { range: bound.action.range })
  const name = print(named)
  const { compiler } = play.compiled
  const file = compiler.includedFile(task, name)
  if (file === undefined) {
    const folders = compiler.foldersFor(task, name).map((folder) => context.session.reader.shownPath(folder))
    const diagnostic: Diagnostic = {
      code: 'FILE_NOT_FOUND',
      severity: 'error',
      summary: `there is no file '${name}'`,
      range: bound.action.range,
      detail: `searched: ${folders.join(', ')}`,
    }
    const reason = `Could not find or access '${path.resolve(play.compiled.play.folder, name)}' on the Ansible Controller.`
    return failed({ ...failureOf(diagnostic), isOnlyShown: true }, { data: Dict.of({ reason }) })
  }
  const block = included(context, `file ${file}`, (given) => compiler.includeTasks(task, { name, file }, given))
  return { ...NOTHING, data: Dict.of({ include: name, include_args: writtenArguments(bound, ['_raw_params', 'file']) }), include: block && { block } }
}

export function includeRole(context: ActionContext): Outcome {
  const { all, bound, play, task } = context
  const args = all()
  const request = roleRequest(args, bound.action)
  const block = included(context, `role ${JSON.stringify(request)}`, (given) => play.compiled.compiler.includeRole(task, request, given))
  return { ...NOTHING, data: Dict.of({ include_args: writtenArguments(bound, []) }), include: block && { block } }
}

/** The arguments of an include, as its result tells them: not evaluated. */
function writtenArguments({ args }: BoundArguments, without: readonly string[]): Dict {
  return new Dict([...args].filter(([name]) => !without.includes(name)).map(([name, { raw }]) => [name, asWritten(raw)]))
}

/**
 * One block for all hosts that include the same with the same variables, without the tasks that tags leave out; a host that does so for two
 * items has two. Undefined where there is nothing in it, tags or not.
 */
function included(
  { session, play, task, bound, local, evaluator, inclusions }: ActionContext,
  what: string,
  compile: (given: Given) => CompiledBlock,
): CompiledBlock | undefined {
  // Of the loop, `ansible_loop_var` is not passed on.
  const passed = [...local].filter(([name]) => name !== 'ansible_loop_var' && name !== 'ansible_index_var')
  const same = `${task.id} ${what} ${repr(new Dict(passed as [Value, Value][]))}`
  const before = inclusions.get(same) ?? 0
  const key = `${before} ${same}`
  let block = play.inclusions.get(key)
  if (!block) {
    const own = task.task.keywords.get('vars')?.raw
    const given = task.task.action.module === 'include' ? [...bound.args].filter(([name]) => name !== '_raw_params' && name !== 'file') : []
    const vars = new RawDict([...(own instanceof RawDict ? own : []), ...passed, ...given.map(([name, { raw }]): [Value, Raw] => [name, raw])])
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
  inclusions.set(same, before + 1)
  return block
}
