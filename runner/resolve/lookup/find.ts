/** Where lookups look for files of the controller: as Ansible searches for them, near the task first. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { searchFolders } from '../controller.ts'
import { atItsTurn, type LookupContext } from './context.ts'

/** The folders in which a relative path is looked for, nearest first. `kind` is the folder beside each that comes before it. */
export function lookupFolders(kind: string, context: LookupContext): string[] {
  const { task, folder } = context
  const own = task ? searchFolders(task, kind, context.reader.workingFolder) : []
  return [...new Set([...own, path.join(folder, kind), folder])]
}

/** The absolute path of a file or folder, or undefined where there is none. A path that begins with the kind's folder is not looked for in it again. */
export function findPath(name: string, kind: string, context: LookupContext): string | undefined {
  return atItsTurn([name, kind], context, () => candidates(name, kind, context).find((candidate) => existsSync(candidate)))
}

/** The folders that were searched, for messages. */
export function searched(name: string, kind: string, context: LookupContext): string {
  const shown = candidates(name, kind, context).map((candidate) => context.reader.shownPath(candidate))
  return `searched: ${shown.join(', ')}`
}

function candidates(name: string, kind: string, context: LookupContext): string[] {
  if (path.isAbsolute(name)) return [path.normalize(name)]
  if (name.startsWith('~')) return [path.join(process.env['HOME'] ?? '/', name.replace(/^~\/?/, ''))]
  const folders = lookupFolders(kind, context)
  // Not normalized: the path is shown as it was put together.
  return folders.filter((folder) => !(name.split('/')[0] === kind && path.basename(folder) === kind)).map((folder) => `${folder}/${name}`)
}
