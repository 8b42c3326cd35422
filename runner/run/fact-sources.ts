/** Where a run's templates stand that may mention facts, and what in a dry run casts doubt on facts. */
import path from 'node:path'
import type { Inventory } from '../load/inventory/inventory.ts'
import type { CompiledPlay, CompiledTask } from '../plan/compiled.ts'
import type { Overlay } from '../probe/overlay.ts'
import type { Collector } from '../resolve/facts/index.ts'
import { mentionedBelow, mentionedIn } from '../resolve/facts/mentioned.ts'
import type { Doubt } from './facts.ts'
import type { RunOptions } from './options.ts'

/** Folders beside a playbook whose files are templates, or hold them. */
const FOLDERS = ['templates', 'tasks', 'vars', 'group_vars', 'host_vars']

/** The collectors of all facts that plays and their tasks mention: in their own text, their roles, what stands beside them, and the inventory. */
export function mentionedFacts(plays: readonly CompiledPlay[], tasks: Iterable<CompiledTask>, inventory: Inventory): Set<Collector> {
  const texts = new Set<string>()
  const folders = new Set<string>()
  for (const { play, roles } of plays) {
    texts.add(play.range.file.text)
    for (const { role } of roles) folders.add(path.resolve(role.folder))
    for (const name of FOLDERS) folders.add(path.resolve(play.folder, name))
  }
  for (const { task, role } of tasks) {
    texts.add(task.range.file.text)
    if (role) folders.add(path.resolve(role.role.folder))
  }
  for (const folder of inventory.folders) for (const name of ['group_vars', 'host_vars']) folders.add(path.resolve(folder, name))
  return new Set([...[...texts].flatMap((text) => [...mentionedIn(text)]), ...[...folders].flatMap((folder) => [...mentionedBelow(folder)])])
}

/** Facts that are first read after a predicted change of what they tell are not known. */
export function doubtOf(overlay: Overlay, options: RunOptions): Doubt {
  return ({ alteredBy }) => (options.check && alteredBy !== 'nothing' ? overlay.changedBy(alteredBy) : undefined)
}
