/** Tasks that no file has: a play's gathering of facts, and a role's check of its arguments. */
import type { SourceRange } from '../diagnostic/source.ts'
import type { Action, Keywords, KeywordValue, Play, Task } from '../load/playbook.ts'
import type { Role } from '../load/role.ts'
import { RawDict, type Value } from '../value/value.ts'
import type { CompiledTask } from './compiled.ts'
import { isSelected, type TagSelection } from './tags.ts'

/** The task that reads facts at the beginning of a play: `gather_facts`, with what the play says of it; undefined where tags do not choose it. */
export function factsTask(play: Play, id: number, selection: TagSelection): CompiledTask | undefined {
  const { range } = play
  const args = new RawDict()
  for (const name of ['gather_subset', 'gather_timeout', 'fact_path']) {
    const keyword = play.keywords.get(name)
    if (keyword && keyword.raw !== null) args.set(name, keyword.raw)
  }
  const action: Action = { written: 'gather_facts', module: 'gather_facts', range, args, argNodes: new Map(), text: undefined, whole: undefined }
  const keywords: Keywords = new Map([
    ['name', textKeyword('Gathering Facts', range)],
    ['tags', textKeyword('always', range)],
  ])
  const task: Task = { kind: 'task', keywords, range, action }
  const chain = [keywords, play.keywords, ...play.imported.toReversed()]
  const compiled: CompiledTask = { kind: 'task', id, task, chain, role: undefined, play, isHandler: false, includes: [] }
  return isSelected(compiled, (raw) => raw as Value, selection) ? compiled : undefined
}

/** The task that holds a role's arguments against what it declares of them. */
export function argumentCheck({ entryPoint, entryPointName }: Role, range: SourceRange): Task {
  const described = entryPoint!.shortDescription
  const name = `Validating arguments against arg spec '${entryPointName}'${described === undefined ? '' : ` - ${described}`}`
  const written = 'ansible.builtin.validate_argument_spec'
  const action: Action = { written, module: 'validate_argument_spec', range, args: new RawDict(), argNodes: new Map(), text: undefined, whole: undefined }
  return {
    kind: 'task',
    keywords: new Map([
      ['name', textKeyword(name, range)],
      ['tags', textKeyword('always', range)],
    ]),
    range,
    action,
  }
}

function textKeyword(raw: string, range: SourceRange): KeywordValue {
  return { raw, node: { kind: 'scalar', value: raw, range }, keyRange: range }
}
