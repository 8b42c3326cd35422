/** Items made by hand for tests of the plan. */
import { SourceFile } from '../../../runner/diagnostic/source.ts'
import type { Keywords, KeywordValue, Play, Task } from '../../../runner/load/playbook.ts'
import type { CompiledBlock, CompiledItem, CompiledTask } from '../../../runner/plan/compiled.ts'
import { RawDict, type Raw } from '../../../runner/value/value.ts'

const RANGE = { file: new SourceFile('p.yml', ''), start: 0, end: 0 }

export function keywords(values: Readonly<Record<string, Raw>>): Keywords {
  return new Map(
    Object.entries(values).map(([name, raw]): [string, KeywordValue] => [name, { raw, node: { kind: 'scalar', value: null, range: RANGE }, keyRange: RANGE }]),
  )
}

let id = 0

export function task(name: string, more: Readonly<Record<string, Raw>> = {}): CompiledTask {
  const own = keywords({ name, ...more })
  const action = { written: 'debug', module: 'debug', range: RANGE, args: new RawDict(), argNodes: new Map<never, never>(), text: undefined, whole: undefined }
  const made: Task = { kind: 'task', keywords: own, range: RANGE, action }
  const play: Play = {
    kind: 'play',
    keywords: keywords({}),
    range: RANGE,
    folder: '/',
    imported: [],
    collection: undefined,
    roles: [],
    preTasks: [],
    tasks: [],
    postTasks: [],
    handlers: [],
  }
  return { kind: 'task', id: id++, task: made, chain: [own], role: undefined, play, isHandler: false, includes: [] }
}

export function block(body: readonly CompiledItem[], rescue: readonly CompiledItem[] = [], always: readonly CompiledItem[] = []): CompiledBlock {
  return { kind: 'block', block: body, rescue, always }
}

export function nameOf(item: CompiledTask): string {
  return item.task.keywords.get('name')!.raw as string
}
