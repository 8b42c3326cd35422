/** Puts a play together: pre_tasks, roles with their dependencies, tasks, post_tasks, each followed by its handlers. */
import type { Keywords, Play, RoleEntry, TaskItem } from '../load/playbook.ts'
import type { RoleLoader } from '../load/role.ts'
import { repr } from '../value/print.ts'
import { RawDict, Template, Vaulted, type Raw } from '../value/value.ts'
import type { CompiledItem, CompiledPlay, CompiledTask, RoleUse } from './compiled.ts'

/** Numbers tasks; one for a run. */
export class TaskCounter {
  #next = 1
  next(): number {
    return this.#next++
  }
}

/** Faults (a role that does not exist, dependencies in a circle) are left with the role loader. */
export function compilePlay(play: Play, roles: RoleLoader, counter: TaskCounter): CompiledPlay {
  const outer: Keywords[] = [play.keywords, ...play.imported.toReversed()]
  const uses: RoleUse[] = []
  const handlers: CompiledTask[] = []
  const compiler = new Compiler(play, counter)
  const roleItems: CompiledItem[] = []

  const addRole = (entry: RoleEntry, parent: RoleUse | undefined, chain: readonly Keywords[]): void => {
    const role = roles.load(entry.name, play.folder, entry.nameRange, parent?.role)
    if (!role) return
    for (let above = parent; above; above = above.parent) {
      if (above.role !== role) continue
      roles.faults.push({ code: 'INCLUDE_CYCLE', severity: 'error', summary: `the role '${entry.name}' depends on itself`, range: entry.nameRange })
      return
    }
    const use: RoleUse = { role, params: entry.params, keywords: entry.keywords, range: entry.nameRange, parent }
    if (!role.allowsDuplicates && uses.some((each) => isSameUse(each, use))) return
    const inner = [entry.keywords, ...chain]
    for (const dependency of role.dependencies) addRole(dependency, use, inner)
    uses.push(use)
    roleItems.push(...compiler.items(role.tasks, inner, use, false))
    handlers.push(...onlyTasks(compiler.items(role.handlers, inner, use, true)))
  }
  for (const entry of play.roles) addRole(entry, undefined, outer)
  // A play's own handlers come before those of roles, so that of two with one name the play's runs.
  handlers.unshift(...onlyTasks(compiler.items(play.handlers, outer, undefined, true)))

  const items: CompiledItem[] = []
  for (const section of [
    compiler.items(play.preTasks, outer, undefined, false),
    [...roleItems, ...compiler.items(play.tasks, outer, undefined, false)],
    compiler.items(play.postTasks, outer, undefined, false),
  ]) {
    if (section.length > 0) items.push(...section, { kind: 'flush' })
  }
  return { play, items, handlers, roles: uses }
}

/** A role that a play names again with the same parameters, variables, conditions and tags runs only once. */
function isSameUse(a: RoleUse, b: RoleUse): boolean {
  return a.role === b.role && givenTo(a) === givenTo(b)
}

function givenTo({ keywords, params }: RoleUse): string {
  const listed = ['when', 'tags'].map((name) => keywords.get(name)?.raw ?? []).map((raw) => (Array.isArray(raw) ? raw : [raw]))
  return textOf([params, keywords.get('vars')?.raw ?? null, ...listed])
}

/** A value that may hold templates as text that is the same for equal values. */
function textOf(raw: Raw): string {
  if (raw instanceof Template) return JSON.stringify({ template: raw.text })
  if (Array.isArray(raw)) return `[${raw.map(textOf).join()}]`
  if (raw instanceof RawDict)
    return `{${[...raw]
      .map(([key, item]) => `${repr(key)}:${textOf(item)}`)
      .sort()
      .join()}}`
  if (raw instanceof Vaulted) return `vaulted:${raw.range.file.path}:${raw.range.start}`
  return repr(raw)
}

class Compiler {
  readonly #play: Play
  readonly #counter: TaskCounter
  constructor(play: Play, counter: TaskCounter) {
    this.#play = play
    this.#counter = counter
  }

  items(items: readonly TaskItem[], outer: readonly Keywords[], role: RoleUse | undefined, isHandler: boolean): CompiledItem[] {
    return items.map((item): CompiledItem => {
      const chain = [item.keywords, ...outer]
      if (item.kind === 'task') return { kind: 'task', id: this.#counter.next(), task: item, chain, role, play: this.#play, isHandler }
      return {
        kind: 'block',
        range: item.range,
        block: this.items(item.block, chain, role, isHandler),
        rescue: this.items(item.rescue, chain, role, isHandler),
        always: this.items(item.always, chain, role, isHandler),
      }
    })
  }
}

/** Handlers are tasks; a block among them stands for the tasks in it. */
function onlyTasks(items: readonly CompiledItem[]): CompiledTask[] {
  return items.flatMap((item) => (item.kind === 'task' ? [item] : item.kind === 'block' ? onlyTasks(item.block) : []))
}
