/** Which tasks `--tags`, `--skip-tags` and `--start-at-task` leave. */
import { print } from '../value/print.ts'
import { Template, type Raw, type Value } from '../value/value.ts'
import { accumulated, tasksOf, type CompiledItem, type CompiledTask } from './compiled.ts'

export interface TagSelection {
  readonly tags: readonly string[]
  readonly skipTags: readonly string[]
}

/** Ansible's rules for `all`, `tagged`, `untagged`, `always` and `never`. */
export function selected(tags: ReadonlySet<string>, selection: TagSelection): boolean {
  const wanted = new Set(selection.tags.length === 0 ? ['all'] : selection.tags)
  const unwanted = new Set(selection.skipTags)
  const own = tags.size === 0 ? new Set(['untagged']) : tags
  const meets = (names: ReadonlySet<string>): boolean => [...own].some((tag) => names.has(tag))
  let run: boolean
  if (own.has('always')) run = true
  else if (wanted.has('all') && !own.has('never')) run = true
  else if (meets(wanted)) run = true
  else run = wanted.has('tagged') && tags.size > 0 && !own.has('never')
  if (!run || unwanted.size === 0) return run
  if (unwanted.has('all')) return own.has('always') && !unwanted.has('always')
  if (meets(unwanted)) return false
  return !(unwanted.has('tagged') && tags.size > 0)
}

/** Whether a task is run. Of an `include` that is read in the run only `--skip-tags` tells: what it includes has tags of its own. */
export function isSelected(task: CompiledTask, valueOf: (raw: Raw) => Value, selection: TagSelection): boolean {
  return selected(tagsOf(task, valueOf), task.task.action.module === 'include' ? { ...selection, tags: [] } : selection)
}

/** The items with only those tasks that `keep` keeps, which is told whether a task is run only where another fails. */
export function filterItems(items: readonly CompiledItem[], keep: (task: CompiledTask, inRescue: boolean) => boolean, inRescue = false): CompiledItem[] {
  const kept = (part: readonly CompiledItem[], rescues = inRescue): CompiledItem[] => filterItems(part, keep, rescues)
  return items.flatMap((item): CompiledItem[] => {
    if (item.kind === 'flush' || item.kind === 'role-end') return [item]
    if (item.kind === 'task') return keep(item, inRescue) ? [item] : []
    const block = { ...item, block: kept(item.block), rescue: kept(item.rescue, true), always: kept(item.always) }
    return [...tasksOf([block])].length === 0 ? [] : [block]
  })
}

/** The tags of a task with those that it inherits. */
export function tagsOf(task: CompiledTask, valueOf: (raw: Raw) => Value): Set<string> {
  return new Set(accumulated(task.chain, 'tags').flatMap((found) => tagNames(found.raw, valueOf)))
}

/** The names in a `tags`: a list, or one text with commas, which mean nothing within a list. */
export function tagNames(raw: Raw, valueOf: (raw: Raw) => Value): string[] {
  const value = valueOf(raw)
  if (value === null) return []
  const written = raw instanceof Template ? raw.text : raw
  const names = Array.isArray(value) ? value.flat() : typeof written === 'string' && written.includes(',') ? print(value).split(',') : [value]
  return names.map((tag) => print(tag).trim()).filter((tag) => tag !== '')
}

/** Whether a task is the one that `--start-at-task` names: its name with or without the role's, `*` and `?` as wildcards. */
export function isStart(names: readonly string[], wanted: string): boolean {
  const regex = new RegExp(
    `^${wanted
      .replace(/[\\^$.|+(){}[\]]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.')}$`,
  )
  return names.some((name) => name === wanted || regex.test(name))
}
