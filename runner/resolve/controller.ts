/** Files of the controller that tasks name: where they are looked for, and what they hold. */
import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { Content } from '../contract/content.ts'
import type { ControllerEntry, ControllerKind } from '../contract/parameter.ts'
import { DiagnosticError, fail } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import { isFile, isFolder, type Reader } from '../load/reader.ts'
import { lineage, type CompiledTask } from '../plan/compiled.ts'

/** Files up to this size are held in memory, so that diffs can show them; larger ones are streamed when they are written. */
const MAX_HELD_BYTES = 4 * 1024 * 1024

/** The folder in which a role or playbook keeps such files. */
export type FileKind = 'templates' | 'files' | 'vars'

/** The folders in which a task's `src` is looked for, nearest first. */
export function searchFolders(task: CompiledTask, kind: string, workingFolder: string): string[] {
  return [...new Set(foldersInTurn(task, kind, workingFolder))]
}

/** The same as Ansible goes through them, some of them twice. */
function foldersInTurn(task: CompiledTask, kind: string, workingFolder: string): string[] {
  return foldersOf(task, workingFolder).flatMap((folder) => [path.join(folder, kind), folder])
}

/** The folders of a task: of its role and of those that brought that in, of its own file, of the playbook. */
export function foldersOf(task: CompiledTask, workingFolder: string): string[] {
  const roles = task.role ? lineage(task.role).reverse() : []
  return [...roles.map(({ role }) => role.folder), path.resolve(workingFolder, path.dirname(task.task.range.file.path)), task.play.folder]
}

/** The absolute path of a file that a task names, or a fault that says where it was looked for. */
export function findFile(name: string, task: CompiledTask, kind: FileKind, reader: Reader, at: SourceRange | undefined): string {
  return find(name, task, kind, reader, at, isFile, 'file')
}

/** The same for a parameter of a module that names a template, a file, a folder, or either of the two. */
export function findSource(name: string, task: CompiledTask, kind: ControllerKind, reader: Reader, at: SourceRange | undefined): string {
  if (kind === 'template') return findFile(name, task, 'templates', reader, at)
  if (kind === 'file' || kind === 'script') return findFile(name, task, 'files', reader, at)
  if (kind === 'folder') return find(name, task, 'files', reader, at, isFolder, 'folder')
  return find(name, task, 'files', reader, at, (each) => isFolder(each) || (isFile(each) && !name.endsWith('/')), 'file or folder')
}

function find(
  name: string,
  task: CompiledTask,
  kind: FileKind,
  reader: Reader,
  at: SourceRange | undefined,
  fits: (absolute: string) => boolean,
  what: string,
): string {
  const whole = withHome(name)
  if (path.isAbsolute(whole)) {
    if (fits(whole)) return whole
    fail('FILE_NOT_FOUND', `there is no ${what} ${reader.shownPath(whole)}`, { range: at, resultMessage: notFound(name, []) })
  }
  const folders = foldersInTurn(task, kind, reader.workingFolder)
  const found = folders.map((folder) => path.join(folder, name)).find(fits)
  if (found === undefined) {
    fail('FILE_NOT_FOUND', `there is no ${what} '${name}'`, {
      range: at,
      detail: `searched: ${[...new Set(folders)].map((folder) => reader.shownPath(folder)).join(', ')}`,
      resultMessage: notFound(
        name,
        folders.map((folder) => path.join(folder, name)),
      ),
    })
  }
  return found
}

/** Ansible's words for a file that is not on the controller, with the paths that were tried. */
function notFound(name: string, searched: readonly string[]): string {
  const where = searched.length === 0 ? '' : `\nSearched in:${searched.map((each) => `\n\t${each}`).join('')}`
  const advice = 'If you are using a module and expect the file to exist on the remote, see the remote_src option'
  return `Could not find or access '${name}'${where} on the Ansible Controller.\n${advice}`
}

/** A folder that a task copies holds at most this many things. */
const MAX_ENTRIES = 10_000

/**
 * What is in a folder of the controller, the outer things before the inner ones. With `follow` a link stands for what it leads
 * to, unless that is nothing; a link that leads to a folder above it is a fault then.
 */
export function readFolder(
  absolute: string,
  reader: Reader,
  at: SourceRange | undefined,
  { follow, decrypts }: { readonly follow: boolean; readonly decrypts: boolean },
): ControllerEntry[] {
  const entries: ControllerEntry[] = []
  const walk = (folder: string, below: string, depth: number): void => {
    if (depth > 64) fail('LIMIT_EXCEEDED', `${reader.shownPath(absolute)} is nested too deep; is there a link in it to a folder above?`, { range: at })
    const folders: string[] = []
    for (const name of readdirSync(folder).sort()) {
      const own = path.join(folder, name)
      const relative = below === '' ? name : `${below}/${name}`
      if (entries.length >= MAX_ENTRIES) fail('LIMIT_EXCEEDED', `${reader.shownPath(absolute)} holds more than ${MAX_ENTRIES} files`, { range: at })
      const stat = (follow ? statSync(own, { throwIfNoEntry: false }) : undefined) ?? lstatSync(own)
      if (stat.isSymbolicLink()) entries.push({ path: relative, type: 'link', mode: '0777', target: readlinkSync(own) })
      else if (stat.isDirectory()) {
        entries.push({ path: relative, type: 'directory', mode: modeOf(own) })
        folders.push(name)
      } else entries.push({ path: relative, type: 'file', ...readContent(own, reader, at, decrypts) })
    }
    for (const name of folders) walk(path.join(folder, name), below === '' ? name : `${below}/${name}`, depth + 1)
  }
  walk(absolute, '', 0)
  return entries
}

/** The mode of what is at a path of the controller, four octal digits. */
export function modeOf(absolute: string): string {
  return (statSync(absolute).mode & 0o7777).toString(8).padStart(4, '0')
}

/** A path to write to, from the folder of the playbook; a slash at its end stays. */
export function destination(name: string, task: CompiledTask): string {
  const absolute = path.resolve(task.play.folder, withHome(name))
  return name.endsWith('/') && absolute !== '/' ? `${absolute}/` : absolute
}

/** A path on the controller with its leading `~` as whoever runs this has it. */
function withHome(name: string): string {
  return name.replace(/^~(?=\/|$)/, process.env['HOME'] ?? homedir())
}

/** The content and the mode (four octal digits) of a file on the controller. */
export function readContent(absolute: string, reader: Reader, at: SourceRange | undefined, decrypts = true): { content: Content; mode: string } {
  try {
    const stat = statSync(absolute)
    const mode = modeOf(absolute)
    const bytes = readFileSync(absolute)
    const plain = decrypts ? reader.decrypted(bytes, absolute, at) : bytes
    if (plain !== bytes) return { content: Content.of(plain), mode }
    if (stat.size <= MAX_HELD_BYTES) return { content: Content.of(bytes), mode }
    const digest = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex')
    return { content: Content.controllerFile(absolute, digest('sha256'), bytes.length, digest('sha1')), mode }
  } catch (error) {
    if (error instanceof DiagnosticError) throw error
    fail('FILE_UNREADABLE', `${reader.shownPath(absolute)} cannot be read`, { range: at, detail: (error as Error).message })
  }
}
