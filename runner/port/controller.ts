/** Files of the controller, where a module reads or writes one there: what `fetch` brings home. */
import { lstatSync, mkdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import path from 'node:path'
import { Content } from '../contract/content.ts'
import type { FileReply } from '../contract/resource.ts'
import type { PutStep } from '../contract/step.ts'
import { DiagnosticError, fail } from '../diagnostic/diagnostic.ts'
import { replaceFile } from '../disk/replace-file.ts'
import type { ReadOutcome } from './port.ts'

/** What is at a path; a link stands for what it leads to. Owner and group are numbers. */
export function readControllerFile(at: string): ReadOutcome {
  try {
    return { reply: stateOf(at) }
  } catch (error) {
    if (error instanceof DiagnosticError) return { problem: error.first }
    return { problem: { code: 'FILE_UNREADABLE', severity: 'error', summary: `${at} on the controller cannot be read`, detail: (error as Error).message } }
  }
}

function stateOf(at: string): FileReply {
  const stat = statSync(at, { throwIfNoEntry: false })
  if (stat === undefined) {
    const link = lstatSync(at, { throwIfNoEntry: false })
    if (!link?.isSymbolicLink()) return { state: { type: 'absent' } }
    return { state: { type: 'link', target: readlinkSync(at), owner: String(link.uid), group: String(link.gid) } }
  }
  const attributes = { mode: (stat.mode & 0o7777).toString(8).padStart(4, '0'), owner: String(stat.uid), group: String(stat.gid) }
  if (stat.isDirectory()) return { state: { type: 'directory', ...attributes } }
  if (!stat.isFile()) return { state: { type: 'other', ...attributes } }
  return { state: { type: 'file', ...attributes, content: Content.of(readFileSync(at)) } }
}

/** Replaces a file, or makes it and the folders above it; a file that is there keeps its mode and owner. */
export function putControllerFile({ path: at, content }: PutStep): void {
  try {
    mkdirSync(path.dirname(at), { recursive: true })
    replaceFile(at, content.bytes ?? readFileSync(content.controllerPath!), { keepsThoseThere: true })
  } catch (error) {
    fail('STEP_FAILED', `${at} on the controller could not be written`, { detail: (error as Error).message })
  }
}
