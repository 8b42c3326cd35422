/** Puts a file of the controller, or a text, on the host; or copies a file on the host. */
import { ControllerSource, StepFailure, file, param, run, state, z } from '../runner/module.ts'
import type {
  After,
  AfterTree,
  Content,
  ControllerEntry,
  Difference,
  FileState,
  FileStats,
  Planned,
  Probe,
  ProbeTree,
  Promised,
  StateOf,
  Step,
  StepReply,
} from '../runner/module.ts'
import { ATTRIBUTE_NOTES, attributeParams, attributeSteps, knownAttributes } from './shared/attributes.ts'
import {
  DESTINATION_RETURNS,
  applyDestination,
  destinationDiff,
  destinationInCheck,
  backUp,
  destinationParams,
  copyDiff,
  destinationResult,
  fileResult,
  invalidCopy,
  moduleResult,
  writtenResult,
  planDestination,
  probeDestination,
} from './shared/destination.ts'
import type { DestinationParams, DestinationProbes } from './shared/destination.ts'
import { applyFolderCopy, planControllerFolder, planHostFolder, probeControllerFolder, probeHostFolder } from './shared/folder-copy.ts'
import type { FolderCopy, FolderCopyProbes } from './shared/folder-copy.ts'
import { pythonJson } from './shared/json.ts'
import { modeParam } from './shared/mode.ts'
import { basename, dirname, folderSteps, followLinks, join, onlyPath, withoutEndingSlash } from './shared/target.ts'
import type { ByPath } from './shared/target.ts'

/** Text as it is; a list or a mapping as JSON. */
function contentText(value: unknown): string {
  const hasParts = Array.isArray(value) || (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
  return hasParts || value === null ? pythonJson(value) : param.string().parse(value)
}

/** What `mode: preserve` keeps where there is no file on the controller: the mode of the temporary one that Ansible writes. */
const CONTENT_MODE = '0600'

interface Params extends DestinationParams {
  readonly src?: ControllerSource | string | undefined
  readonly content?: Content | undefined
  readonly checksum?: string | undefined
}

type Probes = DestinationProbes & {
  /** With `remote_src`: the file to copy. */
  readonly source?: Record<string, Probe<FileState>>
}
type State = StateOf<Probes>

/** What is copied where it is a folder: its name, and what is in it on the controller; on the host that is read. */
interface Folder {
  readonly name: string
  /** Where it is. */
  readonly path: string
  readonly entries: readonly ControllerEntry[] | undefined
}

function* probe(params: Params): Generator<ProbeTree, Probes | FolderCopyProbes, never> {
  const { src } = params
  if (src instanceof ControllerSource && src.entries) return probeControllerFolder(params, src.name, src.entries)
  const name = src === undefined ? undefined : basename(src instanceof ControllerSource ? src.name : src)
  if (typeof src === 'string') {
    const there = yield* followLinks(withoutEndingSlash(src), 'none')
    if (there.state?.type === 'directory') return yield* probeHostFolder(params, src)
  }
  const destination = yield* probeDestination(params, name)
  if (typeof src !== 'string') return destination
  const { path } = yield* followLinks(src)
  return { ...destination, source: { [path]: file(path) } }
}

function folderOf(before: State | FolderCopy, { src }: Params): Folder | undefined {
  if (src instanceof ControllerSource) return src.entries && { name: src.name, path: src.path, entries: src.entries }
  return src !== undefined && 'sourceTree' in before ? { name: src, path: src, entries: undefined } : undefined
}

function plan(situation: State | FolderCopy, params: Params): Planned<State | FolderCopy> {
  const { src } = params
  const folder = folderOf(situation, params)
  if (folder?.entries) return planControllerFolder(situation as FolderCopy, params, folder.name, folder.entries)
  if (folder) return planHostFolder(situation as FolderCopy, params, folder.name)
  const before = situation as State
  if (src === undefined || src instanceof ControllerSource)
    return src ? planContent(before, params, src.content, src.mode) : planContent(before, params, params.content!, CONTENT_MODE)
  const path = onlyPath(before.source!)
  const source = before.source![path]!
  if (source.type === 'absent') return { after: {}, refusals: [{ summary: `Source ${src} not found`, hint: 'With remote_src, src is a path on the host.' }] }
  if (source.type !== 'file') return { after: {}, refusals: [{ summary: `${src} is not a regular file`, hint: 'Only files and folders are copied.' }] }
  return planContent(before, params, source.content, source.mode)
}

function planContent(before: State, params: Params, content: Content, sourceMode: string | undefined): Planned<State> {
  if (params.checksum !== undefined && content.sha1 !== undefined && content.sha1 !== params.checksum) {
    return {
      after: {},
      refusals: [
        {
          summary: 'Copied file does not match the expected checksum. Transfer failed.',
          detail: `its SHA-1 is ${content.sha1}, expected was ${params.checksum}`,
          hint: 'Check src, or correct checksum.',
          result: { checksum: content.sha1, expected_checksum: params.checksum },
        },
      ],
    }
  }
  return planDestination(before, { ...params, mode: params.mode === 'preserve' ? sourceMode : params.mode }, content)
}

/** A copy on the host is made beside the destination and renamed, as a `put` is. */
function* copyOnHost(params: Params, before: State, after: AfterTree<State>, timestamp: string): Generator<Step, { backup_file?: string }, StepReply> {
  const path = onlyPath(before.file)
  const now = before.file[path]!
  const next = (after.file as ByPath<After<FileState>>)[path]!
  if (typeof next === 'symbol' || next.type !== 'file') return {}
  yield* folderSteps(before.folders ?? {}, after.folders ?? {})
  if (now.type === 'file' && now.content.sha256 === (next.content as Content).sha256) {
    yield* attributeSteps(path, now, next)
    return {}
  }
  const backup = params.backup && now.type === 'file' ? yield* backUp(path, now.content, timestamp) : undefined
  const temporary = `${dirname(path)}/.${basename(path)}.${timestamp}.playline`
  yield run(['install', '-m', '0600', onlyPath(before.source!), temporary])
  const { owner, group, mode } = knownAttributes(next)
  const account = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  if (account !== '') yield run(['chown', account, temporary])
  if (mode !== undefined) yield run(['chmod', mode, temporary])
  if (params.validate) {
    const [program, ...words] = params.validate.map((word) => word.replaceAll('%s', temporary))
    const reply = yield run([program!, ...words], { okExitCodes: 'any' })
    if (reply.exitCode !== 0) {
      yield run(['rm', '-f', temporary])
      throw new StepFailure('failed to validate', reply, invalidCopy(reply, next.content as Content))
    }
  }
  yield run(['mv', '-f', temporary, path])
  return backup === undefined ? {} : { backup_file: backup }
}

interface Situation {
  readonly params: Params
  readonly before: State
  readonly after: AfterTree<State>
  readonly differs: readonly Difference[]
  readonly statsBefore: FileStats
  readonly stats: FileStats
  readonly returned: unknown
}

interface FolderSituation {
  readonly params: Params
  readonly before: FolderCopy
  readonly after: AfterTree<FolderCopy>
  readonly differs: readonly Difference[]
  readonly statsBefore: FileStats
  readonly stats: FileStats
  readonly returned: unknown
}

/** Where the file goes that is the only one in a folder on the controller. `copies` is undefined where the folder is empty. */
function onlyCopy({ entries }: Folder, copies: ByPath<unknown> | undefined): { readonly path: string; readonly entry: ControllerEntry } | undefined {
  const files = entries?.filter(({ type }) => type === 'file') ?? []
  const path = Object.keys(copies ?? {}).find((each) => each.endsWith(`/${files[0]?.path}`))
  return files.length === 1 && path !== undefined ? { path, entry: files[0]! } : undefined
}

/** Of a folder only where it went is told, unless it is one file that was copied. */
function folderResult(situation: FolderSituation, source: Folder): Record<string, unknown> {
  const { params, before } = situation
  const { name, path: folder, entries } = source
  const copies = ((situation.after as Promised<FolderCopy>).copies ?? before.copies) as ByPath<After<FileState>>
  const dest = params.dest.endsWith('/') ? params.dest : `${params.dest}/`
  if (entries === undefined) {
    const [base] = Object.keys(before.copies)
    const isForced = params.force || situation.differs.length > 0
    const written = withoutEndingSlash(params.dest)
    const isThere = (name.endsWith('/') ? before.copies[base!] : before.folders[written])?.type === 'directory'
    // Of a destination that is new as well, the result tells of itself.
    const folders = (situation.after as Promised<FolderCopy>).folders as ByPath<After<FileState>> | undefined
    const isNew = !isThere && folders?.[written] !== undefined
    return {
      ...fileResult(isNew ? folders[written]! : (copies[base!] ?? before.copies[base!]!), situation.stats[isNew ? written : base!]),
      dest: isThere ? (name.endsWith('/') ? `${written}/` : base) : params.dest,
      src: name,
      ...(isForced ? { checksum: null } : { msg: 'file already exists' }),
    }
  }
  const only = onlyCopy(source, copies)
  if (only) return writtenResult(only.path, copies[only.path]!, situation)
  return { dest, src: name.endsWith('/') ? `${folder.replace(/\/+$/, '')}/` : folder }
}

export default state({
  summary: 'Puts a file of the controller, or a text, on the host; or copies a file on the host.',
  params: () =>
    z
      .object({
        src: param
          .sourceUnless('path', 'remote_src')
          .optional()
          .describe('The file: a path on the controller, absolute, or beside the playbook, or in a `files` folder; with remote_src, on the host.'),
        content: param.content(contentText).optional().describe('Instead of src: the text itself; a list or a mapping is written as JSON.'),
        remote_src: param.bool().default(false).describe('Whether src is a path on the host.'),
        ...destinationParams(),
        ...attributeParams(),
        mode: modeParam('preserve').describe("The permissions: octal digits in quotes ('0644'), symbolic (u=rw,g=r,o=), or preserve for those of src."),
        directory_mode: modeParam().describe('The permissions of the folders that are made where dest ends in /.'),
        checksum: param.unlessEmpty(z.string().toLowerCase()).describe('The SHA-1 that src has to have.'),
        decrypt: param.bool().default(true).describe('Whether a vault file on the controller is decrypted.'),
        local_follow: param.bool().default(true).describe('Whether links in a folder on the controller are followed, or copied as links.'),
      })
      .strict()
      .superRefine((params, context) => {
        if (params.src === undefined && params.content === undefined)
          context.addIssue({ code: 'custom', message: 'src (or content) is required', path: ['src'] })
        if (params.src !== undefined && params.content !== undefined)
          context.addIssue({ code: 'custom', message: 'src and content are mutually exclusive', path: ['content'] })
        if (params.content !== undefined && params.dest.endsWith('/'))
          context.addIssue({ code: 'custom', message: 'can not use content with a dir as dest; name the file', path: ['dest'] })
        // A content is of the controller, whatever remote_src says.
        if (params.content === undefined && params.remote_src !== (typeof params.src === 'string')) {
          if (params.remote_src) context.addIssue({ code: 'custom', message: 'remote_src wants a path on the host as src', path: ['src'] })
          else if (params.src !== undefined) context.addIssue({ code: 'custom', message: 'not found on the controller', path: ['src'] })
        }
        if (params.src === '') context.addIssue({ code: 'custom', message: 'a path cannot be empty', path: ['src'] })
      }),
  examples: [
    { name: 'Install the dynamic routing daemon’s configuration', args: 'src: bgpd.conf\ndest: /etc/frr/bgpd.conf\nowner: frr\ngroup: frr\nmode: "0640"' },
    { name: 'Write a text', args: 'dest: /etc/motd\ncontent: |\n  Managed by Playline.' },
    { name: 'Keep the old configuration at hand', args: 'remote_src: true\nsrc: /etc/frr/daemons\ndest: /etc/frr/daemons.orig\nforce: false' },
  ],
  returns: DESTINATION_RETURNS,
  notes: [
    ...ATTRIBUTE_NOTES,
    'Of a folder that is copied on the host, links are copied as links, all of them; directory_mode is for the controller’s folders.',
    'A checksum that the source does not have always fails the task.',
    'The backup of FILE is FILE.NUMBER.TIME~, with a number that is made of its SHA-256 instead of that of a process.',
    'A device, socket or pipe at dest is never replaced.',
  ],

  probe,
  plan,
  apply: function* ({ params, before: situation, after: planned, timestamp }) {
    const folder = folderOf(situation, params)
    if (folder) return yield* applyFolderCopy({ before: situation as FolderCopy, after: planned as AfterTree<FolderCopy>, timestamp }, params, folder.name)
    const before = situation as State
    const after = planned as AfterTree<State>
    return typeof params.src === 'string' ? yield* copyOnHost(params, before, after, timestamp) : yield* applyDestination({ params, before, after, timestamp })
  },
  result: (given) => {
    const { params } = given
    const folder = folderOf(given.before, params)
    if (folder) return folderResult(given as FolderSituation, folder)
    const situation = given as Situation
    if (!params.force && situation.differs.length === 0)
      return { dest: destinationResult(situation)['dest'], ...(params.src && { src: typeof params.src === 'string' ? params.src : params.src.name }) }
    return typeof params.src === 'string' ? { ...moduleResult(situation), src: params.src } : destinationResult(situation)
  },
  resultInCheck: (given) => {
    const { params } = given
    const folder = folderOf(given.before, params)
    if (folder) return folderResult(given as FolderSituation, folder)
    const situation = given as Situation
    if (typeof params.src !== 'string') return destinationInCheck(situation)
    const { dest, checksum, md5sum } = moduleResult(situation)
    const [there] = Object.entries(situation.before.file)
    const [path, now] = there!
    return { ...(now.type !== 'absent' && fileResult(now, situation.statsBefore[path])), dest, checksum, md5sum, src: params.src }
  },
  diff: (given) => {
    const { params } = given
    const folder = folderOf(given.before, params)
    if (folder) {
      const { before } = given as FolderSituation
      const only = onlyCopy(folder, before.copies)
      return (
        only &&
        copyDiff(
          ['copies', only.path],
          { ...(given as FolderSituation), now: before.copies[only.path]! },
          join(folder.path.replace(/\/+$/, ''), only.entry.path),
        )
      )
    }
    if (typeof params.src === 'string') return undefined
    return destinationDiff(given as Situation, params.src?.path)
  },
})
