/** What `template` and `copy` share: a file at `dest` gets a content. */
import { KNOWN_AFTER_APPLY, file, isCertain, knownStat, orUnknown, param, printMode, run } from '../../runner/module.ts'
import type {
  After,
  AfterTree,
  Content,
  DiffForm,
  Difference,
  FileState,
  FileStats,
  Planned,
  Probe,
  ProbeTree,
  Promised,
  PutStep,
  Refusal,
  StateOf,
  Step,
  StepReply,
} from '../../runner/module.ts'
import { put } from '../../runner/module.ts'
import {
  NEW_FILE_MODE,
  accountProbes,
  attributeSteps,
  knownAttributes,
  isSomethingNew,
  plannedFile,
  unknownAccount,
  wantedAttributes,
  wantedIds,
  madeWith,
  writerProbes,
} from './attributes.ts'
import type { AccountProbes, Accounts, AttributeParams } from './attributes.ts'
import { ancestors, dirname, folderProbes, folderSteps, followLinks, join, knownState, missingFolder, onlyPath, plannedFolders } from './target.ts'
import type { ByPath, LinkEnd } from './target.ts'
import { validateParam } from './validate.ts'

/** The parameters that both have beside owner, group and mode. */
export function destinationParams() {
  return {
    dest: param.pathAsWritten().describe('Where it belongs; an existing folder, or a path with / at its end, gets a file of the same name as src.'),
    backup: param.bool().default(false).describe('Keep the file that is replaced, beside it, under a name with the time.'),
    force: param.bool().default(true).describe('With false, a file that is there is left alone, whatever is in it.'),
    follow: param.bool().default(false).describe('Where dest is a link to a file, write that file instead of replacing the link.'),
    validate: validateParam().describe("A command that has to succeed before the file is replaced, with %s for the new file's path."),
  }
}

export interface DestinationParams extends AttributeParams {
  readonly dest: string
  readonly backup: boolean
  readonly force: boolean
  readonly follow: boolean
  readonly validate?: readonly string[] | undefined
  readonly directory_mode?: string | undefined
}

export type DestinationProbes = {
  readonly file: Record<string, Probe<FileState>>
  /** The folders that matter; a part of a tree without probes is no part of the state. */
  readonly folders?: Record<string, Probe<FileState>>
  /** What is where a link leads that is replaced: it is what a diff tells as replaced. */
  readonly replaced?: Record<string, Probe<FileState>>
  /** The link that was followed to the file. */
  readonly link?: Record<string, Probe<FileState>>
  readonly accounts?: AccountProbes
}
export type Destination = StateOf<DestinationProbes>

/** Reads the file, the folders above it that matter, and accounts. `name` is the file's name where dest is a folder. */
export function* probeDestination(params: DestinationParams, name: string | undefined): Generator<ProbeTree, DestinationProbes, never> {
  const accounts = accountProbes(params)
  const { dest } = params
  if (dest.endsWith('/')) {
    const path = `${dest}${name ?? ''}`
    return yield* withWriter({ file: { [path]: file(path) }, folders: folderProbes(ancestors(path)), accounts })
  }
  const likely = { file: { [dest]: file(dest) }, folders: folderProbes([dirname(dest)]), accounts }
  const first: { file: ByPath<FileState> } = yield likely
  const state = knownState(first.file, dest)
  let end: LinkEnd = state?.type === 'link' ? yield* followLinks(dest) : { path: dest, state }
  let named = dest
  if (end.state?.type === 'directory' && name !== undefined) {
    named = join(dest, name)
    end = yield* followLinks(named)
  }
  // A link that leads nowhere is not followed.
  const path = params.follow && end.state?.type !== 'absent' ? end.path : named
  const tree = path === dest ? likely : { file: { [path]: file(path) }, folders: path.startsWith(`${dest}/`) ? {} : folderProbes([dirname(path)]), accounts }
  if (end.path === named) return yield* withWriter(tree)
  return yield* withWriter(path === named ? { ...tree, replaced: { [end.path]: file(end.path) } } : { ...tree, link: { [named]: file(named) } })
}

/** Adds the reads of who is writing where something in the tree is not there yet. */
function* withWriter<T extends DestinationProbes>(tree: T): Generator<ProbeTree, T, never> {
  const states: Destination = yield tree
  const paths = [
    ...Object.keys(tree.file).map((path) => knownState(states.file, path)),
    ...Object.keys(tree.folders ?? {}).map((path) => knownState(states.folders ?? {}, path)),
  ]
  return isSomethingNew(paths) ? { ...tree, accounts: { ...tree.accounts, ...writerProbes() } } : tree
}

/** The file with this content. What is not asked for of owner, group and mode is kept. */
export function planDestination(before: Destination, params: DestinationParams, content: Content): Planned<Destination> {
  const path = onlyPath(before.file)
  const now = knownState(before.file, path)
  const refusal = cannotBeFile(path, now)
  if (refusal) return { after: {}, refusals: [refusal] }
  if (!params.force && before.file[path]!.type !== 'absent') return { after: {} }
  const nobody = unknownAccount(params, before.accounts ?? {})
  if (nobody) return { after: {}, refusals: [nobody] }
  const wanted = wantedAttributes(params, before.accounts ?? {})
  const next: ByPath<After<FileState>> = { [path]: plannedFile(now, wanted, content) }
  if (params.dest.endsWith('/')) {
    const folders = plannedFolders(before.folders ?? {}, { ...wanted, mode: params.directory_mode })
    return folders.refusal ? { after: {}, refusals: [folders.refusal] } : { after: { file: next, folders: folders.after } }
  }
  const missing = missingFolder(before.folders ?? {})
  return missing ? { after: {}, refusals: [{ ...missing, result: { checksum: orUnknown(() => content.sha1) } }] } : { after: { file: next } }
}

function cannotBeFile(path: string, now: FileState | undefined): Refusal | undefined {
  if (now?.type === 'directory') return { summary: `${path} is a directory, not a file`, hint: `Name a file in it, as dest: ${path}/NAME.` }
  if (now?.type === 'other')
    return { summary: `${path} is a device, a socket or a pipe, not a file`, hint: 'Remove it first, if a file is meant to take its place.' }
  return undefined
}

/** Returns the path of the backup, where there is one. */
export function* applyDestination(situation: {
  params: DestinationParams
  before: Destination
  after: AfterTree<Destination>
  timestamp: string
  whenInvalid?: PutStep['whenInvalid']
}): Generator<Step, { backup_file?: string }, StepReply> {
  const { params, before, timestamp } = situation
  yield* folderSteps(before.folders ?? {}, situation.after.folders ?? {})
  const path = onlyPath(before.file)
  return yield* writeFile(path, before.file[path]!, (situation.after.file as ByPath<After<FileState>>)[path]!, {
    backup: params.backup,
    validate: params.validate,
    whenInvalid: situation.whenInvalid,
    timestamp,
  })
}

/** Replaces a file where its content differs, and else only brings its owner, group and mode. */
export function* writeFile(
  path: string,
  before: FileState,
  after: After<FileState>,
  options: { backup: boolean; validate?: readonly string[] | undefined; whenInvalid?: PutStep['whenInvalid']; timestamp: string },
): Generator<Step, { backup_file?: string }, StepReply> {
  if (typeof after === 'symbol' || after.type !== 'file') return {}
  const content = after.content as Content
  if (before.type === 'file' && before.content.sha256 === content.sha256) {
    yield* attributeSteps(path, before, after)
    return {}
  }
  const backup = options.backup && before.type === 'file' ? yield* backUp(path, before.content, options.timestamp) : undefined
  const { mode = '0600', ...owners } = knownAttributes(after)
  const whenInvalid = options.whenInvalid ?? ((reply: StepReply) => invalidCopy(reply, content))
  yield put(path, content, { mode, ...owners, ...(options.validate && { validate: options.validate, whenInvalid }) })
  return backup === undefined ? {} : { backup_file: backup }
}

/** What Ansible tells of a file that was not copied since `validate` did not accept it. */
export function invalidCopy({ exitCode, stdout, stderr }: StepReply, content: Content): Record<string, unknown> {
  return { msg: 'failed to validate', exit_status: exitCode, stdout, stderr, checksum: content.sha1 }
}

/** The same of a file that is edited, or put together. */
export function invalidEdit({ exitCode, stderr }: StepReply): Record<string, unknown> {
  return { msg: `failed to validate: rc:${exitCode} error:${stderr}` }
}

/** Copies a file before it is replaced, and returns the copy's path. The digest keeps two copies of one second apart. */
export function* backUp(path: string, content: Content, timestamp: string): Generator<Step, string, StepReply> {
  const copy = `${path}.${Number.parseInt(content.sha256.slice(0, 8), 16)}.${timestamp}~`
  yield run(['cp', '-p', path, copy])
  return copy
}

interface Written {
  readonly differs: readonly Difference[]
  readonly stats: FileStats
  readonly returned: unknown
}

/** What `register` gets, under Ansible's names. */
export function destinationResult(situation: Written & { before: Destination; after: AfterTree<Destination> }): Record<string, unknown> {
  const files = ((situation.after as Promised<Destination>).file ?? situation.before.file) as ByPath<After<FileState>>
  const path = onlyPath(files)
  return writtenResult(path, files[path]!, situation)
}

/** The same of a file that is copied to a path. */
export function writtenResult(path: string, file: After<FileState>, { differs, stats, returned }: Written): Record<string, unknown> {
  const written = writes(path, differs)
  return {
    dest: path,
    // Of a file that is not written Ansible names the path once more; of one that is, the sum with which it arrived.
    ...(!written.some(isCertain) && { path: written.length === 0 ? path : KNOWN_AFTER_APPLY }),
    ...(written.length > 0 && md5Of(file)),
    ...fileResult(file, stats[path]),
    ...(returned as { backup_file?: string } | undefined),
  }
}

/** The same where Ansible's module, and not its action, does the copying: the path has one name, and the sum is always there. */
export function moduleResult(situation: Parameters<typeof destinationResult>[0]): Record<string, unknown> {
  const files = ((situation.after as Promised<Destination>).file ?? situation.before.file) as ByPath<After<FileState>>
  const result: Record<string, unknown> = { ...destinationResult(situation), ...md5Of(Object.values(files)[0]!) }
  delete result['path']
  return result
}

function md5Of(file: After<FileState>): { md5sum?: unknown } {
  const md5 = orUnknown(() => (typeof file === 'object' && file.type === 'file' ? (file.content as Content).md5 : undefined))
  return md5 === undefined ? {} : { md5sum: md5 }
}

/** What differs so that a file is written. */
function writes(path: string, differs: readonly Difference[]): Difference[] {
  return differs.filter(({ path: [, at, leaf] }) => at === path && (leaf === 'type' || leaf === 'content'))
}

/** Of a file that would be written Ansible's dry run tells nothing; of one that would not, what is there. */
export function destinationInCheck({
  before,
  differs,
  statsBefore,
}: {
  before: Destination
  differs: readonly Difference[]
  statsBefore: FileStats
}): Record<string, unknown> {
  const path = onlyPath(before.file)
  return writes(path, differs).length > 0 ? {} : { dest: path, path, ...fileResult(before.file[path]!, statsBefore[path]) }
}

/** How the differences of a file's copy are told; `source` is where its text comes from. */
export function destinationDiff(
  situation: { params: DestinationParams; before: Destination; statsBefore: FileStats },
  source: string | undefined,
): DiffForm | undefined {
  const { file: there, replaced, link } = situation.before
  const path = onlyPath(there)
  const form = copyDiff(['file', path], { ...situation, now: there[path]! }, source)
  return form && { ...form, path: link ? onlyPath(link) : path, ...(replaced && { replaces: ['replaced', onlyPath(replaced)] }) }
}

/** The same of a file that is copied to a path of the state. */
export function copyDiff(
  file: DiffForm['file'],
  given: { now: FileState; params: { force: boolean }; before: { accounts?: Accounts }; statsBefore: FileStats },
  source = file[1],
): DiffForm | undefined {
  const {
    now,
    params,
    before: { accounts },
    statsBefore,
  } = given
  if (!params.force && now.type !== 'absent') return undefined
  const states = [fileKind(now, statsBefore[file[1]]), 'file'] as const
  return { form: 'copy', file, ids: wantedIds(accounts), madeWith: madeWith(NEW_FILE_MODE, accounts), source, states }
}

/** What Ansible calls a thing: all but folders and links are files, `hard` where a file has other names. */
export function fileKind(state: After<FileState>, stat?: FileStats[string]): string {
  if (typeof state === 'symbol' || typeof state.type === 'symbol') return 'file'
  if (state.type !== 'file' && state.type !== 'other') return state.type
  return (knownStat(stat)?.links ?? 1) > 1 ? 'hard' : 'file'
}

/** Mode, owner, group, size, checksum and state of what is at a path, as far as they are known. */
export function fileResult(state: After<FileState>, stat?: FileStats[string]): Record<string, unknown> {
  if (typeof state === 'symbol') return {}
  const { type } = state
  const content = type === 'file' ? (state.content as Content) : undefined
  const checksum = content && orUnknown(() => content.sha1)
  const { uid, gid, sizeBytes } = stat === KNOWN_AFTER_APPLY ? { uid: stat, gid: stat, sizeBytes: stat } : (stat ?? {})
  return {
    state: fileKind(state, stat),
    ...knownAttributes(state),
    ...(type !== 'absent' && { uid, gid }),
    ...((type === 'directory' || type === 'other') && { size: sizeBytes }),
    ...(type === 'link' && typeof state.target === 'string' && { mode: '0777', size: Buffer.byteLength(state.target) }),
    ...('mode' in state && typeof state.mode === 'string' && { mode: printMode(state.mode) }),
    ...(content && { size: orUnknown(() => content.sizeBytes), ...(checksum !== undefined && { checksum }) }),
  }
}

/** What both return, for the documentation. */
export const DESTINATION_RETURNS = {
  dest: 'The path of the file.',
  checksum: 'The SHA-1 of the content.',
  mode: 'The permissions, four octal digits.',
  owner: 'The user that owns it.',
  group: 'The group that owns it.',
  uid: 'The number of that user.',
  gid: 'The number of that group.',
  size: 'The size in bytes.',
  md5sum: 'The MD5 of the content, where it was written.',
  state: "'file', or 'hard' where the file has other names.",
  backup_file: 'The path of the backup, where one was made.',
} as const
