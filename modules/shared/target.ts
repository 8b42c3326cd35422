/** Where a module writes: paths, links, and the folders above. */
import { file, isKnown, query, run } from '../../runner/module.ts'
import type { After, FileState, Probe, ProbeTree, Refusal, Step, StepReply } from '../../runner/module.ts'
import { NEW_FOLDER_MODE, chmodMode, knownAttributes, plannedFolder } from './attributes.ts'
import type { Wanted } from './attributes.ts'

/** States or probes by path. A target's path is its key, as it may be known only after reading. */
export type ByPath<T> = Readonly<Record<string, T>>

export function dirname(path: string): string {
  return path.replace(/\/[^/]*$/, '') || '/'
}

export function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function join(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`
}

/** A path without slashes at its end; the root stays one. */
export function withoutEndingSlash(path: string): string {
  return path.replace(/(.)\/+$/, '$1')
}

/** The folders above a path, from the root's children down; of `/a/b/c`: `/a`, `/a/b`. */
export function ancestors(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}

/** The one path of a record by path. */
export function onlyPath(record: ByPath<unknown>): string {
  return Object.keys(record)[0]!
}

/** The state at a path, or undefined where a dry run cannot know it. */
export function knownState(states: ByPath<FileState>, path: string): FileState | undefined {
  return isKnown(states, path) ? states[path] : undefined
}

/** Linux follows 40 links; more than this many is a mistake or a loop. */
const MAX_LINKS = 16

export interface LinkEnd {
  readonly path: string
  /** Undefined where a dry run cannot know it. */
  readonly state: FileState | undefined
}

/**
 * Where a chain of links ends, and what is there. Yields reads, so it belongs into a probe: `yield* followLinks(…)`. Of what
 * a dry run cannot know it takes the path as it stands.
 */
export function* followLinks(path: string, content: 'none' | 'digest' | 'bytes' = 'bytes'): Generator<ProbeTree, LinkEnd, never> {
  let at = path
  for (let links = 0; links <= MAX_LINKS; links++) {
    const states: { target: ByPath<FileState> } = yield { target: { [at]: file(at, content) } }
    const state = knownState(states.target, at)
    if (state?.type !== 'link') return { path: at, state }
    at = yield* linkEnd(at, state.target)
  }
  throw new Error(`${path} leads through more than ${MAX_LINKS} links`)
}

/** Where a link leads that is at `path`. Its `..` is the folder above the real folder, should a folder on the way be a link. */
export function* linkEnd(path: string, target: string): Generator<ProbeTree, string, never> {
  if (target.startsWith('/')) return withoutDots(target)
  if (!target.split('/').includes('..')) return withoutDots(`${dirname(path)}/${target}`)
  const folder = dirname(path)
  const read: { real: string } = yield {
    real: query(`query:realpath:${folder}`, ['readlink', '-f', folder], (reply) => reply.stdout.replace(/\n$/, '') || folder, { okExitCodes: [0, 1] }),
  }
  return withoutDots(`${read.real}/${target}`)
}

function withoutDots(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** Reads folders without their content. */
export function folderProbes(paths: readonly string[]): Record<string, Probe<FileState>> {
  return Object.fromEntries(paths.filter((path) => path !== '/').map((path) => [path, file(path, 'none')]))
}

/** Why nothing can be put below a folder: it is missing, or no folder. Unknown ones and links are left to the run. */
export function missingFolder(folders: ByPath<FileState>): Refusal | undefined {
  for (const path of Object.keys(folders)) {
    const state = knownState(folders, path)
    if (state?.type === 'absent') {
      return { summary: `Destination directory ${path} does not exist`, hint: `Create it first: file with path: ${path} and state: directory.` }
    }
    if (state?.type === 'file' || state?.type === 'other')
      return { summary: `${path} is not a directory`, hint: 'Nothing can be below it; check the path, or remove what is there first.' }
  }
  return undefined
}

/** The folders as they should be: those that are missing made, those that are there left alone. */
export function plannedFolders(folders: ByPath<FileState>, wanted: Wanted): { after: Record<string, After<FileState>>; refusal: Refusal | undefined } {
  const after: Record<string, After<FileState>> = {}
  for (const path of Object.keys(folders)) {
    const state = folders[path]!
    if (state.type === 'file' || state.type === 'other') return { after: { ...folders }, refusal: missingFolder({ [path]: state }) }
    after[path] = state.type === 'absent' ? plannedFolder(state, wanted) : state
  }
  return { after, refusal: undefined }
}

/** Somebody else may have made it since it was looked for: another host's task that acts on the same machine. */
function* makeFolder(mode: string, path: string): Generator<Step, void, StepReply> {
  const make = ['mkdir', '-m', mode, path] as const
  const made = yield run(make, { okExitCodes: [0, 1] })
  if (made.exitCode === 0) return
  const there = yield run(['sh', '-c', '[ -d "$1" ] && [ ! -L "$1" ]', 'sh', path], { okExitCodes: [0, 1] })
  // Once more, for what it says.
  if (there.exitCode !== 0) yield run(make)
}

/** Makes the folders that are missing, the outer ones first, with the mode they should have from the start. */
export function* folderSteps(before: ByPath<FileState>, after: After<ByPath<FileState>>): Generator<Step, void, StepReply> {
  for (const path of Object.keys(before)) {
    const planned = (after as ByPath<After<FileState>>)[path]
    if (before[path]!.type !== 'absent' || planned === undefined || typeof planned === 'symbol' || planned.type !== 'directory') continue
    const { owner, group, mode } = knownAttributes(planned)
    yield* makeFolder(chmodMode(mode ?? NEW_FOLDER_MODE, true), path)
    const account = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
    if (account !== '') yield run(['chown', account, path])
    // A change of owner clears the set-id bits.
    if (mode !== undefined && mode[0] !== '0') yield run(['chmod', chmodMode(mode, true), path])
  }
}
