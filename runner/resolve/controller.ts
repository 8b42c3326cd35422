/** Files of the controller that tasks name: where they are looked for, and what they hold. */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { Content } from '../contract/content.ts'
import { DiagnosticError, fail } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import { isFile, type Reader } from '../load/reader.ts'
import type { CompiledTask } from '../plan/compiled.ts'

/** Files up to this size are held in memory, so that diffs can show them; larger ones are streamed when they are written. */
const MAX_HELD_BYTES = 4 * 1024 * 1024

/** The folder in which a role or playbook keeps such files. */
export type FileKind = 'templates' | 'files' | 'vars'

/** The folders in which a task's `src` is looked for, nearest first. */
export function searchFolders(task: CompiledTask, kind: string, workingFolder: string): string[] {
  const own = path.resolve(workingFolder, path.dirname(task.task.range.file.path))
  const folders: string[] = []
  for (let use = task.role; use; use = use.parent) folders.push(path.join(use.role.folder, kind), use.role.folder)
  folders.push(path.join(own, kind), own, path.join(task.play.folder, kind), task.play.folder)
  return [...new Set(folders)]
}

/** The absolute path of a file that a task names, or a fault that says where it was looked for. */
export function findFile(name: string, task: CompiledTask, kind: FileKind, reader: Reader, at: SourceRange | undefined): string {
  if (path.isAbsolute(name)) {
    if (isFile(name)) return name
    fail('FILE_NOT_FOUND', `there is no file ${reader.shownPath(name)}`, { range: at })
  }
  const folders = searchFolders(task, kind, reader.workingFolder)
  const found = folders.map((folder) => path.join(folder, name)).find(isFile)
  if (found === undefined) {
    fail('FILE_NOT_FOUND', `there is no file '${name}'`, { range: at, detail: `searched: ${folders.map((folder) => reader.shownPath(folder)).join(', ')}` })
  }
  return found
}

/** The content and the mode (four octal digits) of a file on the controller. */
export function readContent(absolute: string, reader: Reader, at: SourceRange | undefined): { content: Content; mode: string } {
  try {
    const stat = statSync(absolute)
    const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0')
    const bytes = readFileSync(absolute)
    const plain = reader.decrypted(bytes, absolute, at)
    if (plain !== bytes) return { content: Content.of(plain), mode }
    if (stat.size <= MAX_HELD_BYTES) return { content: Content.of(bytes), mode }
    const digest = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex')
    return { content: Content.controllerFile(absolute, digest('sha256'), bytes.length, digest('sha1')), mode }
  } catch (error) {
    if (error instanceof DiagnosticError) throw error
    fail('FILE_UNREADABLE', `${reader.shownPath(absolute)} cannot be read`, { range: at, detail: (error as Error).message })
  }
}
