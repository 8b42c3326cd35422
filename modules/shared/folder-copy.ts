/** Copying a folder with all that is in it, from the controller or on the host. */
import { KNOWN_AFTER_APPLY, file, run } from '../../runner/module.ts'
import type { After, AfterTree, Content, ControllerEntry, FileState, Planned, Probe, ProbeTree, StateOf, Step, StepReply } from '../../runner/module.ts'
import {
  accountProbes,
  attributeSteps,
  knownAttributes,
  plannedFile,
  plannedFolder,
  unknownAccount,
  wantedAttributes,
  withAttributes,
  writerProbes,
} from './attributes.ts'
import type { AccountProbes, AttributeParams, Wanted } from './attributes.ts'
import { writeFile } from './destination.ts'
import { ancestors, basename, dirname, folderProbes, folderSteps, join, knownState, plannedFolders, withoutEndingSlash } from './target.ts'
import type { ByPath } from './target.ts'
import { tree } from './tree.ts'
import type { Tree } from './tree.ts'

export interface FolderCopyParams extends AttributeParams {
  readonly dest: string
  readonly directory_mode?: string | undefined
  readonly backup: boolean
  readonly force: boolean
  readonly validate?: readonly string[] | undefined
}

export type FolderCopyProbes = {
  /** What is, and will be, at each path below the destination. */
  readonly copies: Record<string, Probe<FileState>>
  readonly folders: Record<string, Probe<FileState>>
  readonly accounts: AccountProbes
  /** On the host: what is in the folder that is copied, and its files. */
  readonly sourceTree?: Probe<Tree>
  readonly sources?: Record<string, Probe<FileState>>
  /** On the host: what is below the destination, where all of it gets an owner. */
  readonly owned?: Probe<Tree>
}
export type FolderCopy = StateOf<FolderCopyProbes>

/** Whether the last name of the source is a part of where it goes: a slash at its end says no. */
function baseOf(dest: string, source: string): string {
  const folder = withoutEndingSlash(dest)
  return source.endsWith('/') ? folder : join(folder, basename(source))
}

// --- from the controller ------------------------------------------------------------------------------------------------

/** Where each entry goes; the folder itself is one, unless only what is in it is copied. */
function placed(params: FolderCopyParams, source: string, entries: readonly ControllerEntry[]): Map<string, ControllerEntry> {
  const base = baseOf(params.dest, source)
  const places = new Map<string, ControllerEntry>()
  if (entries.length > 0 && !source.endsWith('/')) places.set(base, { path: '', type: 'directory', mode: '0755' })
  for (const entry of entries) places.set(join(base, entry.path), entry)
  return places
}

export function probeControllerFolder(params: FolderCopyParams, source: string, entries: readonly ControllerEntry[]): FolderCopyProbes {
  const places = placed(params, source, entries)
  const [first] = places.keys()
  const copies = Object.fromEntries([...places].map(([path, { type }]) => [path, file(path, type === 'file' ? 'bytes' : 'none')]))
  return withWriter(params, { copies, folders: first === undefined ? {} : folderProbes(ancestors(first)), accounts: accountProbes(params) })
}

/** Adds the reads of who is writing. */
function withWriter(params: FolderCopyParams, probes: FolderCopyProbes): FolderCopyProbes {
  if (params.owner !== undefined && params.group !== undefined) return probes
  return { ...probes, accounts: { ...probes.accounts, ...writerProbes() } }
}

export function planControllerFolder(before: FolderCopy, params: FolderCopyParams, source: string, entries: readonly ControllerEntry[]): Planned<FolderCopy> {
  const wanted = wantedAttributes(params, before.accounts)
  const nobody = unknownAccount(params, before.accounts)
  if (nobody) return { after: {}, refusals: [nobody] }
  // An empty folder is not copied, and nothing was read for it.
  if (entries.length === 0) return { after: {} }
  const folders = plannedFolders(before.folders, { ...wanted, mode: params.directory_mode })
  if (folders.refusal) return { after: {}, refusals: [folders.refusal] }
  const copies: Record<string, After<FileState>> = {}
  for (const [path, entry] of placed(params, source, entries)) {
    const now = knownState(before.copies, path)
    if (entry.type === 'directory') {
      if (now?.type === 'file' || now?.type === 'other') return { after: {}, refusals: [{ summary: `${path} is not a directory` }] }
      const attributes = { ...wanted, mode: params.directory_mode }
      copies[path] = now === undefined || now.type === 'absent' ? plannedFolder(now, attributes) : now.type === 'link' ? now : withAttributes(now, attributes)
    } else if (now?.type === 'directory') {
      return { after: {}, refusals: [{ summary: `${path} is a directory, and a ${entry.type} of that name is copied` }] }
    } else if (entry.type === 'link') {
      copies[path] = plannedLink(now, wanted, entry.target!)
    } else if (params.force || before.copies[path]!.type === 'absent') {
      copies[path] = plannedFile(now, { ...wanted, mode: params.mode === 'preserve' ? entry.mode : params.mode }, entry.content!)
    } else copies[path] = before.copies[path]!
  }
  return { after: { copies, folders: folders.after } }
}

function plannedLink(now: FileState | undefined, wanted: Wanted, target: string): After<FileState> {
  const kept = now?.type === 'link' ? now : undefined
  return {
    type: 'link',
    target,
    owner: wanted.owner ?? kept?.owner ?? wanted.newOwner ?? KNOWN_AFTER_APPLY,
    group: wanted.group ?? kept?.group ?? wanted.newGroup ?? KNOWN_AFTER_APPLY,
  }
}

// --- on the host --------------------------------------------------------------------------------------------------------

export function* probeHostFolder(params: FolderCopyParams, source: string): Generator<ProbeTree, FolderCopyProbes, never> {
  const from = withoutEndingSlash(source)
  const sourceTree = tree(from)
  const accounts = accountProbes(params)
  const first: { sourceTree: Tree } = yield { sourceTree, accounts }
  const base = baseOf(params.dest, source)
  const names = Object.keys(first.sourceTree)
  const copies = { [base]: file(base, 'none'), ...Object.fromEntries(names.map((name) => [join(base, name), file(join(base, name), first.sourceTree[name]!.type === 'file' ? 'bytes' : 'none')])) }
  const sources = Object.fromEntries([['', file(from, 'none')], ...names.map((name) => [name, file(join(from, name), first.sourceTree[name]!.type === 'file' ? 'bytes' : 'none')])]) as Record<string, Probe<FileState>>
  return withWriter(params, { copies, folders: folderProbes(ancestors(base)), accounts, sourceTree, sources })
} // prettier-ignore

export function planHostFolder(before: FolderCopy, params: FolderCopyParams, source: string): Planned<FolderCopy> {
  const base = baseOf(params.dest, source)
  const wanted = wantedAttributes({ ...params, mode: undefined }, before.accounts)
  const nobody = unknownAccount(params, before.accounts)
  if (nobody) return { after: {}, refusals: [nobody] }
  if (!params.force && before.copies[base]!.type !== 'absent') return { after: {} }
  const folders = plannedFolders(before.folders, wanted)
  if (folders.refusal) return { after: {}, refusals: [folders.refusal] }
  const copies: Record<string, After<FileState>> = {}
  const dest = withoutEndingSlash(params.dest)
  const from = before.sources!['']!
  const asked = { ...wanted, mode: params.mode === 'preserve' && from.type === 'directory' ? from.mode : params.mode }
  const folderNow = base === dest ? undefined : knownState(before.folders, dest)
  // Where a destination without a slash is new as well, Ansible makes the folder itself as any other, and copies what is in it.
  const isMadeAnew = folderNow?.type === 'absent'
  for (const [name, from] of Object.entries(before.sources!)) {
    const path = name === '' ? base : join(base, name)
    const now = knownState(before.copies, path)
    if (from.type === 'directory') {
      if (now?.type === 'file' || now?.type === 'other') return { after: {}, refusals: [{ summary: `${path} is not a directory` }] }
      const mode = name === '' && !isMadeAnew ? asked.mode : undefined
      copies[path] =
        now === undefined || now.type === 'absent'
          ? plannedFolder(now, { ...wanted, mode: mode ?? (name === '' && isMadeAnew ? undefined : from.mode) })
          : now.type === 'link'
            ? now
            : withAttributes(now, { ...wanted, mode })
    } else if (now?.type === 'directory') {
      return { after: {}, refusals: [{ summary: `${path} is a directory, and a ${from.type} of that name is copied` }] }
    } else if (from.type === 'link') copies[path] = plannedLink(now, wanted, from.target)
    else if (from.type === 'file') {
      const isSame = now?.type === 'file' && now.content.sha256 === from.content.sha256
      copies[path] = plannedFile(now, { ...wanted, mode: isSame ? undefined : from.mode }, from.content)
    }
  }
  // What is asked for is for the destination itself where that is new, and else for the folder in it.
  const above: Record<string, After<FileState>> = { ...folders.after }
  if (isMadeAnew) above[dest] = plannedFolder(folderNow, asked)
  return { after: { copies, folders: above } }
}

// --- getting there ------------------------------------------------------------------------------------------------------

/** Makes the folders, then writes what differs; `source` is the folder on the host where one is copied there. */
export function* applyFolderCopy(
  situation: { before: FolderCopy; after: AfterTree<FolderCopy>; timestamp: string },
  params: FolderCopyParams,
  source: string | undefined,
): Generator<Step, { backup_file?: string }, StepReply> {
  const { before, timestamp } = situation
  const copies = situation.after.copies as ByPath<After<FileState>>
  let kept: { backup_file?: string } = {}
  yield* folderSteps(before.folders, situation.after.folders)
  for (const [path, next] of Object.entries(copies)) {
    const now = before.copies[path]!
    if (typeof next === 'symbol') continue
    if (next.type === 'directory') {
      if (now.type === 'absent') yield* folderSteps({ [path]: now }, { [path]: next as FileState })
      else yield* attributeSteps(path, now, next)
    } else if (next.type === 'link') {
      if (now.type === 'link' && now.target === next.target) yield* attributeSteps(path, now, next)
      else yield* linkSteps(path, next as FileState & { type: 'link' }, now, timestamp)
    } else if (next.type === 'file') {
      const content = next.content as Content
      if (content.bytes === undefined && content.controllerPath === undefined) yield* copyLarge(path, now, next, join(source!, path.slice(baseOf(params.dest, source!).length + 1)), timestamp)
      else kept = { ...kept, ...(yield* writeFile(path, now, next, { ...params, timestamp })) }
    }
  }
  return kept
} // prettier-ignore

function* linkSteps(path: string, next: FileState & { type: 'link' }, now: FileState, timestamp: string): Generator<Step, void, StepReply> {
  const at = now.type === 'absent' ? path : `${dirname(path)}/.${basename(path)}.${timestamp}.playline`
  yield run(['ln', '-s', '--', next.target, at])
  if (at !== path) yield run(['mv', '-fT', at, path])
  const { owner, group } = knownAttributes(next)
  yield run(['chown', '-h', `${owner ?? ''}:${group ?? ''}`, path])
}

/** A file whose bytes were not read is copied on the host, beside the destination, and renamed. */
function* copyLarge(path: string, now: FileState, next: After<FileState>, from: string, timestamp: string): Generator<Step, void, StepReply> {
  if (typeof next === 'symbol' || next.type !== 'file') return
  if (now.type === 'file' && now.content.sha256 === (next.content as Content).sha256) return yield* attributeSteps(path, now, next)
  const temporary = `${dirname(path)}/.${basename(path)}.${timestamp}.playline`
  yield run(['install', '-m', '0600', from, temporary])
  const { owner, group, mode } = knownAttributes(next)
  const account = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  if (account !== '') yield run(['chown', account, temporary])
  if (mode !== undefined) yield run(['chmod', mode, temporary])
  yield run(['mv', '-f', temporary, path])
}
