/** Where a file of tasks is looked for that a task imports or includes. */
import path from 'node:path'
import { isFile } from '../load/reader.ts'
import type { CompiledTask } from './compiled.ts'

/** What decides where: the role of the task, and the includes that it came through. */
export type Including = Pick<CompiledTask, 'task' | 'role' | 'play' | 'isHandler' | 'includes'>

/**
 * The first file that there is of this name.
 *
 * The order is Ansible's: from the nearest include outwards, with all folders that the includes named on the way put together. It is not the
 * same for an `import_tasks`, which looks beside the importing file first, and for an `include_tasks`, which does so after the role's own
 * folder; and each step ends with the folder of the playbook.
 */
export function findTaskFile(task: Including, name: string, how: 'import' | 'include', workingFolder: string): string | undefined {
  return placesOf(task, name, how, workingFolder).find(isFile)
}

/** Every path that is tried, in order. */
export function placesOf({ task, role, play, isHandler, includes }: Including, name: string, how: 'import' | 'include', workingFolder: string): string[] {
  const tasks = isHandler && how === 'import' ? 'handlers' : 'tasks'
  const beside = (folder: string, kind: string): string[] => [path.join(folder, kind), folder, path.join(play.folder, kind), play.folder]
  const folders: string[] = []
  let below = ''
  for (const include of includes) {
    below = path.isAbsolute(below) ? below : path.join(include, below)
    if (!role) folders.push(path.resolve(play.folder, below), play.folder)
    else if (how === 'import') folders.push(...beside(path.resolve(role.role.folder, tasks, below), tasks))
    else folders.push(...beside(role.role.folder, tasks), ...beside(path.resolve(role.role.folder, tasks, below), tasks))
  }
  if (role && isHandler) folders.push(path.join(role.role.folder, 'handlers'))
  if (role) folders.push(...beside(role.role.folder, 'tasks'))
  // Ansible looks no further.
  for (let use = role?.parent; use; use = use.parent) folders.push(path.join(use.role.folder, 'tasks'), use.role.folder)
  folders.push(path.resolve(workingFolder, path.dirname(task.range.file.path)), play.folder, path.join(play.folder, 'tasks'))
  return [...new Set(folders.map((folder) => path.resolve(folder, name)))]
}
