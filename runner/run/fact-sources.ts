/** Where a run's templates stand that may mention facts, and what in a dry run casts doubt on facts. */
import path from 'node:path'
import type { Inventory } from '../load/inventory/inventory.ts'
import { tasksOf, type CompiledPlay } from '../plan/compiled.ts'
import type { Overlay } from '../probe/overlay.ts'
import type { Collector } from '../resolve/facts/index.ts'
import { mentionedBelow, mentionedIn } from '../resolve/facts/mentioned.ts'
import type { Doubt } from './facts.ts'
import type { RunOptions } from './options.ts'

/** Folders beside a playbook whose files are templates, or hold them. */
const FOLDERS = ['templates', 'tasks', 'vars', 'group_vars', 'host_vars']

/** The collectors of all facts that plays mention: in their own text, their roles, what stands beside them, and the inventory. */
export function mentionedFacts(plays: readonly CompiledPlay[], inventory: Inventory): Set<Collector> {
  const texts = new Set<string>()
  const folders = new Set<string>()
  for (const play of plays) {
    texts.add(play.play.range.file.text)
    for (const task of [...tasksOf(play.items), ...play.handlers]) texts.add(task.task.range.file.text)
    for (const { role } of play.roles) folders.add(path.resolve(role.folder))
    for (const name of FOLDERS) folders.add(path.resolve(play.play.folder, name))
  }
  for (const folder of inventory.folders) for (const name of ['group_vars', 'host_vars']) folders.add(path.resolve(folder, name))
  return new Set([...[...texts].flatMap((text) => [...mentionedIn(text)]), ...[...folders].flatMap((folder) => [...mentionedBelow(folder)])])
}

/** Facts that are first read after a predicted change of what they tell are not known. */
export function doubtOf(overlay: Overlay, options: RunOptions): Doubt {
  return ({ alteredBy }) => (options.check && alteredBy !== 'nothing' ? overlay.changedBy(alteredBy) : undefined)
}
