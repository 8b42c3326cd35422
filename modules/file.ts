/** Files, folders and links: that they are there or not, whose they are, and what they lead to. */
import { Content, KNOWN_AFTER_APPLY, file, isKnown, param, put, query, run, state, z } from '../runner/module.ts'
import type {
  After,
  AfterTree,
  DiffForm,
  Event,
  FileState,
  FileStats,
  Planned,
  Probe,
  ProbeTree,
  Promised,
  Refusal,
  StateOf,
  Step,
  StepReply,
} from '../runner/module.ts'
import {
  ATTRIBUTE_NOTES,
  NEW_FILE_MODE,
  NEW_FOLDER_MODE,
  accountProbes,
  attributeParams,
  attributeSteps,
  knownAttributes,
  madeWith,
  plannedFile,
  plannedFolder,
  unknownAccount,
  wantedAttributes,
  wantedIds,
  withAttributes,
  writerProbes,
} from './shared/attributes.ts'
import type { AccountProbes, Wanted } from './shared/attributes.ts'
import { fileKind, fileResult } from './shared/destination.ts'
import { listing } from './shared/listing.ts'
import type { Listing } from './shared/listing.ts'
import {
  ancestors,
  basename,
  dirname,
  folderProbes,
  folderSteps,
  followLinks,
  join,
  knownState,
  linkEnd,
  missingFolder,
  onlyPath,
  plannedFolders,
  withoutEndingSlash,
} from './shared/target.ts'
import type { ByPath } from './shared/target.ts'
import { DEFAULT_TIME_FORMAT, readTime, timeOf } from './shared/times.ts'
import { plannedTree, tree, treeSteps } from './shared/tree.ts'
import type { Tree } from './shared/tree.ts'

/** The parameters with the path as the host names it. */
function bare(p: Params): Params {
  return Object.create(p, { path: { value: withoutEndingSlash(p.path) } }) as Params
}

const params = () =>
  z
    .object({
      path: param.pathAsWritten().describe('What it is about: a path on the host. A slash at its end says nothing.'),
      state: z
        .enum(['absent', 'directory', 'file', 'hard', 'link', 'touch'])
        .optional()
        .describe(
          'What it should be: file, directory, link (symbolic), hard (a second name for src), touch (there, with a new time) or absent; without it, what is there.',
        ),
      src: param.unlessEmpty(param.pathAsWritten('written')).describe('With link and hard: what the link leads to.'),
      recurse: param.bool().default(false).describe('Give owner, group and mode to everything below the folder as well.'),
      force: param.bool().default(false).describe('Put a link where a file or an empty folder is, or make it though src does not exist.'),
      follow: param.bool().default(true).describe('Where path is a link, change what it leads to.'),
      ...attributeParams(),
      modification_time: param
        .nonEmptyString()
        .optional()
        .describe('preserve, now, or a time in the format of modification_time_format; now with touch, else preserve.'),
      modification_time_format: z.string().default(DEFAULT_TIME_FORMAT).describe('The format of modification_time, as in strptime.'),
      access_time: param.nonEmptyString().optional().describe('preserve, now, or a time in the format of access_time_format; now with touch, else preserve.'),
      access_time_format: z.string().default(DEFAULT_TIME_FORMAT).describe('The format of access_time, as in strptime.'),
    })
    .strict()
    .superRefine((p, context) => {
      const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
      if (p.recurse && p.state !== undefined && p.state !== 'directory') issue('recurse', "recurse option requires state to be 'directory'")
      if (p.src !== undefined && p.state !== 'link' && p.state !== 'hard') issue('src', "src option requires state to be 'link' or 'hard'")
      if (p.state === 'hard' && p.src === undefined) issue('src', 'src is required for creating new hardlinks')
      if (p.state === 'hard' && p.src !== undefined && !/^[/~$]/.test(p.src)) issue('src', 'the src of a hard link has to be an absolute path')
      if (isRoot(p.path) && p.state === 'absent') issue('path', '/ is not removed')
      for (const which of ['modification_time', 'access_time'] as const) {
        try {
          explicitTime(p, which)
        } catch (error) {
          issue(which, (error as Error).message)
        }
      }
    })
type Params = z.output<ReturnType<typeof params>>

/** A wished time as `2026-01-31 10:15:59`; undefined for `now`, `preserve` and none. */
function explicitTime(
  p: Pick<Params, 'modification_time' | 'modification_time_format' | 'access_time' | 'access_time_format'>,
  which: 'modification_time' | 'access_time',
): string | undefined {
  const wish = p[which]
  return wish === undefined || wish === 'now' || wish === 'preserve' ? undefined : readTime(wish, p[`${which}_format`])
}

type Probes = {
  /** The thing itself. */
  readonly file: Record<string, Probe<FileState>>
  /** The folders above it that matter. */
  readonly folders?: Record<string, Probe<FileState>>
  readonly accounts?: AccountProbes
  /** What a link leads to: it has the owner and mode that are asked for where links are followed. */
  readonly target?: Record<string, Probe<FileState>>
  /** Whether a folder that a link is to replace has nothing in it. */
  readonly empty?: Probe<boolean>
  /** What is in a folder that is to go. */
  readonly listing?: Probe<Listing | undefined>
  /** Whether path and src are one file. */
  readonly sameFile?: Probe<boolean>
  readonly tree?: Probe<Tree>
  readonly times?: Record<string, Probe<string>>
}
type State = StateOf<Probes>
type Wish = NonNullable<Params['state']>

/** Without a wish, what is there is to stay. */
function wishOf(p: Params, now: FileState | undefined): Wish {
  if (p.state !== undefined) return p.state
  if (now?.type === 'directory') return 'directory'
  if (now?.type === 'link') return 'link'
  return p.recurse && (now === undefined || now.type === 'absent') ? 'directory' : 'file'
}

// --- what to read ------------------------------------------------------------------------------------------------------

function* probe(p: Params): Generator<ProbeTree, Probes, never> {
  const isFolderWish = p.state === 'directory' || p.recurse
  const accounts = accountProbes(p)
  // Reading a file may set its access time: where that is asked for, the file is not read.
  const content = p.access_time === undefined || p.access_time === 'preserve' ? 'bytes' : 'none'
  const likely = { file: { [p.path]: file(p.path, content) }, folders: folderProbes(isFolderWish ? ancestors(p.path) : [dirname(p.path)]), accounts }
  const first: { file: ByPath<FileState>; folders?: ByPath<FileState> } = yield likely
  const now = knownState(first.file, p.path)
  const wish = wishOf(p, now)
  if (wish === 'absent') return { file: likely.file, ...(now?.type === 'directory' && { listing: listing(p.path) }) }
  if (wish === 'link') return yield* probeLink(p, likely, now)
  if (wish === 'hard') return probeHard(p, likely, now)
  let found: Probes = likely
  let there = now
  if (now?.type === 'link' && p.follow) {
    const end = yield* followLinks(p.path, content)
    there = end.state
    if (wish === 'touch') found = { ...likely, target: { [end.path]: file(end.path, content) } }
    else
      found = {
        file: { [end.path]: file(end.path, content) },
        folders: folderProbes(wish === 'directory' ? ancestors(end.path) : [dirname(end.path)]),
        accounts,
      }
  }
  const path = onlyPath(found.file)
  const isNew =
    there?.type === 'absent' || Object.keys(first.folders ?? {}).some((each) => wish === 'directory' && knownState(first.folders!, each)?.type === 'absent')
  return {
    ...found,
    ...(isNew && { accounts: { ...accounts, ...writerProbes() } }),
    ...(p.recurse && there?.type === 'directory' && { tree: tree(path) }),
    ...timeProbes(p, path),
  }
}

function timeProbes(p: Params, path: string): { times?: Record<string, Probe<string>> } {
  const times = {
    ...(explicitTime(p, 'access_time') !== undefined && { atime: timeOf(path, 'atime', p.follow) }),
    ...(explicitTime(p, 'modification_time') !== undefined && { mtime: timeOf(path, 'mtime', p.follow) }),
  }
  return Object.keys(times).length > 0 ? { times } : {}
}

function* probeLink(p: Params, likely: Probes, now: FileState | undefined): Generator<ProbeTree, Probes, never> {
  const text = p.src ?? (now?.type === 'link' ? now.target : undefined)
  if (text === undefined) return likely
  const { path: end } = yield* followLinks(yield* linkEnd(p.path, text), 'none')
  const isNew = now !== undefined && !(now.type === 'link' && now.target === text)
  return {
    ...likely,
    target: { [end]: file(end, 'none') },
    ...(isNew && { accounts: { ...likely.accounts, ...writerProbes() } }),
    ...(now?.type === 'directory' && p.force && { empty: isEmpty(p.path) }),
  }
}

function isEmpty(path: string): Probe<boolean> {
  const argv = ['find', path, '-mindepth', '1', '-maxdepth', '1', '-printf', 'x', '-quit'] as const
  // In a dry run the folder may be one that is still to be made.
  const parse = ({ exitCode, stdout, stderr }: StepReply): boolean => stdout === '' && (exitCode === 0 || stderr.includes('No such file'))
  return query(`query:empty:${path}`, argv, parse, { okExitCodes: [0, 1], tellsOf: [`file:${path}/*`] })
}

function probeHard(p: Params, likely: Probes, now: FileState | undefined): Probes {
  const src = p.src!
  const path = now?.type === 'directory' ? join(p.path, basename(src)) : p.path
  return {
    file: { [path]: file(path) },
    folders: folderProbes([dirname(path)]),
    accounts: likely.accounts ?? {},
    target: { [src]: file(src) },
    sameFile: query(
      `query:same-file:${src}:${path}`,
      ['stat', '-c', '%d:%i', src, path],
      ({ exitCode, stdout }) => exitCode === 0 && new Set(stdout.trim().split('\n')).size === 1,
      {
        label: `${path} is ${src}`,
        okExitCodes: [0, 1],
        tellsOf: [`file:${src}`, `file:${path}`],
      },
    ),
  }
}

// --- what it should be -------------------------------------------------------------------------------------------------

const isRoot = (path: string): boolean => /^(?:\/\.{0,2})+$/.test(path)

function plan(before: State, p: Params): Planned<State> {
  const path = onlyPath(before.file)
  const now = knownState(before.file, path)
  const wish = wishOf(p, p.state === undefined ? before.file[path] : now)
  // Known only here where the path begins with a variable of the host.
  if (wish === 'absent' && isRoot(path)) return { after: {}, refusals: [{ summary: `${path} is not removed` }] }
  if (wish === 'absent') return { after: { file: { [path]: { type: 'absent' } } } }
  const nobody = unknownAccount(p, before.accounts ?? {})
  if (nobody) return { after: {}, refusals: [nobody] }
  const wanted = wantedAttributes(p, before.accounts ?? {})
  const planned = PLANS[wish](before, p, path, now, wanted)
  if (before.times === undefined || planned.refusals) return planned
  const times: Record<string, string> = {}
  for (const [key, which] of TIMES) {
    const wished = explicitTime(p, which)
    if (wished !== undefined) times[key] = wished
  }
  return { ...planned, after: { ...planned.after, times } }
}

const TIMES = [
  ['atime', 'access_time'],
  ['mtime', 'modification_time'],
] as const

/** An empty file of which only the size was read. */
const NOT_READ = Content.digest('', 0)

type PlanFor = (before: State, p: Params, path: string, now: FileState | undefined, wanted: Wanted) => Planned<State>

const PLANS: Readonly<Record<Exclude<Wish, 'absent'>, PlanFor>> = {
  directory: (before, p, path, now, wanted) => {
    if (now !== undefined && now.type !== 'directory' && now.type !== 'absent') {
      return refuse(`${path} already exists as a ${kindOf(now)}`, 'Remove it first, or choose another path.')
    }
    const after: Record<string, After<FileState>> = { [path]: now?.type === 'directory' ? withAttributes(now, wanted) : plannedFolder(now, wanted) }
    if (now?.type === 'directory') return { after: { file: after, ...treeAfter(before, wanted) } }
    const folders = plannedFolders(before.folders ?? {}, wanted)
    return folders.refusal ? { after: {}, refusals: [folders.refusal] } : { after: { file: after, folders: folders.after } }
  },

  file: (before, p, path, _now, wanted) => {
    const there = before.file[path]!
    if (p.recurse) return refuse("recurse option requires state to be 'directory'", `${path} is a ${kindOf(there)}.`)
    if (there.type === 'file' || there.type === 'other') return { after: { file: { [path]: withAttributes(there, wanted) } } }
    return refuse(
      `file (${path}) is ${there.type}, cannot continue`,
      there.type === 'absent'
        ? 'With state: touch an empty file is made; copy and template make files with a content.'
        : 'Choose the state that fits what is there, or another path.',
    )
  },

  touch: (before, p, path, _now, wanted) => {
    const now = before.file[path]!
    if (now.type === 'absent') {
      const missing = missingFolder(before.folders ?? {})
      if (missing) return { after: {}, refusals: [{ ...missing, summary: `Error, could not touch target: ${missing.summary}` }] }
      return { after: { file: { [path]: plannedFile(now, wanted, p.access_time === undefined || p.access_time === 'preserve' ? Content.of('') : NOT_READ) } } }
    }
    if (now.type !== 'link' || !p.follow) return { after: { file: { [path]: withAttributes(now, wanted) } } }
    const target = onlyPath(before.target!)
    if (before.target![target]!.type === 'absent')
      return refuse(
        `Error while updating modification or access time: ${path} leads to ${target}, which does not exist`,
        'Make what it leads to, or the link anew.',
      )
    return { after: { target: { [target]: withAttributes(before.target![target]!, wanted) } } }
  },

  link: (before, p, path, _now, wanted) => {
    const there = before.file[path]!
    const text = p.src ?? (there.type === 'link' ? there.target : undefined)
    if (text === undefined) return refuse('src is required for creating new symlinks', 'Say with src what the link leads to.')
    const target = onlyPath(before.target!)
    const refusal = cannotLink(before, p, path, there, target)
    if (refusal) return refuse(refusal.summary, refusal.hint)
    const isNew = there.type !== 'link' || there.target !== text
    const own = p.follow ? {} : wanted
    const after: After<FileState> = {
      type: 'link',
      target: text,
      ...(isNew
        ? newOwners({ ...own, newOwner: wanted.newOwner, newGroup: wanted.newGroup })
        : { owner: own.owner ?? there.owner, group: own.group ?? there.group }),
    }
    return {
      after: {
        file: { [path]: after },
        ...(p.follow && wishesAttributes(wanted) && { target: { [target]: withAttributes(before.target![target]!, wanted) } }),
      },
    }
  },

  hard: (before, p, path, _now, wanted) => {
    const src = onlyPath(before.target!)
    const there = before.file[path]!
    const source = before.target![src]!
    if (source.type === 'absent') return refuse('src does not exist', `There is nothing at ${src}.`)
    if (source.type === 'directory') return refuse(`${src} is a directory; a hard link cannot lead to one`, 'Make a link with state: link.')
    const missing = missingFolder(before.folders ?? {})
    if (missing) return { after: {}, refusals: [missing] }
    if (there.type === 'directory') return refuse(`refusing to convert from directory to hard link for ${path}`, 'Remove the folder first.')
    if (there.type !== 'absent' && !before.sameFile && !p.force)
      return refuse('Cannot link, different hard link exists at destination', `With force: true the ${kindOf(there)} at ${path} is replaced.`)
    const after = withAttributes(source, wanted)
    return { after: { file: { [path]: after }, target: { [src]: after }, sameFile: true } }
  },
}

/** What is below, with the wishes; where a dry run cannot know it, that it may change. */
function treeAfter(before: State, wanted: Wanted): Pick<Promised<State>, 'tree'> {
  if (!isKnown(before, 'tree')) return { tree: KNOWN_AFTER_APPLY }
  return before.tree ? { tree: plannedTree(before.tree, wanted) } : {}
}

function refuse(summary: string, hint: string | undefined): Planned<State> {
  return { after: {}, refusals: [{ summary, ...(hint !== undefined && { hint }) }] }
}

/** As Ansible calls it: all but folders and links are files. */
function kindOf(there: FileState): string {
  return there.type === 'other' ? 'file' : there.type
}

function wishesAttributes(wanted: Wanted): boolean {
  return wanted.owner !== undefined || wanted.group !== undefined || wanted.mode !== undefined
}

function newOwners(wanted: Wanted): { owner: After<string>; group: After<string> } {
  return { owner: wanted.owner ?? wanted.newOwner ?? KNOWN_AFTER_APPLY, group: wanted.group ?? wanted.newGroup ?? KNOWN_AFTER_APPLY }
}

function cannotLink(before: State, p: Params, path: string, there: FileState, target: string): Refusal | undefined {
  const missing = missingFolder(before.folders ?? {})
  if (missing) return missing
  if (there.type === 'directory') {
    if (!p.force) return { summary: `refusing to convert from directory to symlink for ${path}`, hint: 'With force: true an empty folder is replaced.' }
    if (before.empty !== true) return { summary: `the directory ${path} is not empty, refusing to convert it`, hint: 'Remove it first with state: absent.' }
  } else if (there.type !== 'link' && there.type !== 'absent' && !p.force) {
    return { summary: `refusing to convert from file to symlink for ${path}`, hint: 'With force: true the file is replaced.' }
  }
  if (!p.force && p.src !== undefined && isKnown(before.target!, target) && before.target![target]!.type === 'absent') {
    return { summary: `src file does not exist, use "force=yes" if you really want to create the link: ${target}`, hint: 'Make it first, or set force: true.' }
  }
  return undefined
}

// --- getting there -----------------------------------------------------------------------------------------------------

function touchEvents(before: State, p: Params): Event[] {
  const unlessTouched = p.state === 'touch' ? 'now' : 'preserve'
  const now = [p.modification_time, p.access_time].some((wish) => (wish ?? unlessTouched) === 'now')
  const path = onlyPath(before.file)
  if (!now || p.state === 'absent' || before.file[path]!.type === 'absent') return []
  return [{ name: 'touch', target: path }]
}

function* apply(situation: {
  params: Params
  before: State
  after: AfterTree<State>
  events: readonly Event[]
  timestamp: string
}): Generator<Step, void, StepReply> {
  const { params: p, before, events, timestamp } = situation
  const after: Promised<State> = situation.after
  const path = onlyPath(before.file)
  const now = before.file[path]!
  const next = (after.file as ByPath<After<FileState>> | undefined)?.[path] ?? now
  yield* folderSteps(before.folders ?? {}, after.folders ?? {})
  if (typeof next !== 'symbol') yield* applyThing(path, now, next, before, timestamp)
  if (before.target && after.target) {
    const target = onlyPath(before.target)
    // A hard link is what src is: its owner and mode were set at path.
    if (before.sameFile === undefined) yield* attributeSteps(target, before.target[target]!, (after.target as ByPath<After<FileState>>)[target]!)
  }
  if (before.tree && after.tree) yield* treeSteps(path, before.tree, after.tree as Tree)
  yield* timeSteps(p, path, events, before, after)
}

function* applyThing(
  path: string,
  now: FileState,
  next: Exclude<After<FileState>, symbol>,
  before: State,
  timestamp: string,
): Generator<Step, void, StepReply> {
  const temporary = `${dirname(path)}/.${basename(path)}.${timestamp}.playline`
  const replaces = now.type !== 'absent'
  if (next.type === 'absent') {
    if (replaces) yield run(now.type === 'directory' ? ['rm', '-rf', path] : ['rm', '-f', path])
  } else if (next.type === 'link') {
    if (now.type === 'link' && now.target === next.target) return yield* attributeSteps(path, now, next)
    if (now.type === 'directory') yield run(['rmdir', path])
    yield* linkSteps(['ln', '-s', '--', next.target as string], path, temporary, replaces && now.type !== 'directory')
    const { owner, group } = knownAttributes(next)
    yield run(['chown', '-h', `${owner ?? ''}:${group ?? ''}`, path])
  } else if (before.sameFile === false) {
    const src = onlyPath(before.target!)
    yield* linkSteps(['ln', '--', src], path, temporary, replaces)
    yield* attributeSteps(path, before.target![src]!, next)
  } else if (!replaces && next.type === 'directory') {
    yield* folderSteps({ [path]: now }, { [path]: next as FileState })
  } else if (!replaces && next.type === 'file') {
    const { mode = NEW_FILE_MODE, ...owners } = knownAttributes(next)
    yield put(path, Content.of(''), { mode, ...owners })
  } else yield* attributeSteps(path, now, next)
}

/** A link that takes the place of something is made beside it and renamed. */
function* linkSteps(make: readonly [string, ...string[]], path: string, temporary: string, replaces: boolean): Generator<Step, void, StepReply> {
  yield run([...make, replaces ? temporary : path] as unknown as [string, ...string[]])
  if (replaces) yield run(['mv', '-fT', temporary, path])
}

function* timeSteps(p: Params, path: string, events: readonly Event[], before: State, after: Promised<State>): Generator<Step, void, StepReply> {
  const noDereference = p.follow ? [] : ['-h']
  for (const [flag, which, key] of [
    ['-a', 'access_time', 'atime'],
    ['-m', 'modification_time', 'mtime'],
  ] as const) {
    const wished = (after.times as Record<string, string> | undefined)?.[key]
    if (wished !== undefined && wished !== before.times?.[key]) yield run(['touch', '-c', ...noDereference, flag, '-d', wished, path])
    else if (events.length > 0 && (p[which] ?? (p.state === 'touch' ? 'now' : 'preserve')) === 'now') yield run(['touch', '-c', ...noDereference, flag, path])
  }
}

interface Situation {
  readonly params: Params
  readonly before: State
  readonly after: AfterTree<State>
  readonly statsBefore: FileStats
  readonly stats: FileStats
}

/** The path as the task wrote it, unless links were followed. */
function toldPath(p: Params, there: string): string {
  return p.path.endsWith('/') && there === p.path.slice(0, -1) ? p.path : there
}

/** What Ansible's module tells of a file: not its content. */
function attributesOf(...file: Parameters<typeof fileResult>): Record<string, unknown> {
  const attributes = fileResult(...file)
  delete attributes['checksum']
  return attributes
}

/** Ansible tells of a path as `path`, or as `dest`: of links, and of what it touches. */
function named(p: Params, kind: string, path: string): Record<string, string> {
  const isDest = ['touch', 'link', 'hard'].includes(p.state ?? kind)
  return { [isDest ? 'dest' : 'path']: path }
}

function result({ params: p, before, after, statsBefore, stats }: Situation): Record<string, unknown> {
  const files = ((after as Promised<State>).file ?? before.file) as ByPath<After<FileState>>
  const there = onlyPath(files)
  const path = toldPath(p, there)
  const attributes = attributesOf(files[there]!, stats[there])
  if (attributes['state'] === 'absent') return { path, state: 'absent' }
  if (attributes['state'] === 'link') {
    if (p.state === 'touch') return { dest: path, ...attributes }
    const leadsTo = p.state === 'link' && before.target ? knownState(before.target, onlyPath(before.target)) : undefined
    // Of a link that leads nowhere Ansible says no more.
    return { dest: path, src: (files[there] as { target?: string }).target, ...(leadsTo?.type !== 'absent' && attributes) }
  }
  if (p.state === 'hard') return { dest: path, src: p.src, ...attributes, state: 'hard' }
  const was = knownState(before.file, there)
  const kind = was ? fileKind(was, statsBefore[there]) : 'file'
  // Ansible takes a file with other names, of which no state is asked for, for a link to make, and has no name for where it leads.
  return { ...named(p, kind, path), ...(p.state === undefined && kind === 'hard' && { src: null }), ...attributes }
}

/** What is there, under the names that Ansible has for it where it fails. */
function resultWhenRefused({ params: p, before, statsBefore }: Situation): Record<string, unknown> {
  const there = onlyPath(before.file)
  const path = toldPath(p, there)
  const src = p.src === undefined ? {} : { src: p.src }
  if (before.file[there]!.type !== 'absent') return { path, ...src, ...attributesOf(before.file[there]!, statsBefore[there]) }
  if (p.state === 'hard') return { dest: path, ...src }
  return { path, ...src, ...((p.state === undefined || p.state === 'file') && { state: 'absent' }) }
}

/** Where something would change: what is there, as it is. */
function resultInCheck({ params: p, before, after, statsBefore }: Situation): Record<string, unknown> {
  const there = onlyPath(before.file)
  const now = before.file[there]!
  const planned = ((after as Promised<State>).file as ByPath<After<FileState>> | undefined)?.[there]
  const target = p.state === 'link' && typeof planned === 'object' && planned.type === 'link' ? planned.target : undefined
  const leadsNowhere = target !== undefined && before.target !== undefined && knownState(before.target, onlyPath(before.target))?.type === 'absent'
  const attributes = now.type === 'absent' || leadsNowhere ? {} : attributesOf(now, statsBefore[there])
  return {
    ...named(p, fileKind(now, statsBefore[there]), toldPath(p, there)),
    ...(target !== undefined && { src: target }),
    ...(p.state === 'hard' && { src: p.src }),
    ...attributes,
  }
}

function diffForm({ params: p, before, after, statsBefore }: Situation): DiffForm | undefined {
  const there = onlyPath(before.file)
  const kind = fileKind(before.file[there]!, statsBefore[there])
  if (kind === 'absent' && p.state === 'absent') return undefined
  const goesWith = p.state === 'absent' && isKnown(before, 'listing') ? before.listing : undefined
  const target = before.target && (after as Promised<State>).target && onlyPath(before.target)
  return {
    form: 'attributes',
    file: ['file', there],
    path: toldPath(p, there),
    ...(target !== undefined && { attributesOf: ['target', target] as const }),
    ids: wantedIds(before.accounts),
    madeWith: madeWith(p.state === 'directory' ? NEW_FOLDER_MODE : NEW_FILE_MODE, before.accounts),
    ...(goesWith && { goesWith }),
    states: [kind, p.state ?? (p.recurse ? 'directory' : kind)],
    times: TIMES.flatMap(([time, which]) => {
      const wished = explicitTime(p, which)
      const stays = wished === undefined ? (p[which] ?? (p.state === 'touch' ? 'now' : 'preserve')) === 'preserve' : wished === before.times?.[time]
      return stays ? [] : [time]
    }),
  }
}

export default state({
  summary: 'Makes and removes files, folders and links, and sets their owner, group and mode.',
  params,
  aliases: { path: ['dest', 'name'] },
  examples: [
    { name: 'Make a folder for the keys', args: 'path: /etc/ipsec.d/keys\nstate: directory\nowner: root\ngroup: root\nmode: "0700"' },
    {
      name: 'Let the routing daemon write its log',
      args: 'path: /var/log/frr/bgpd.log\nstate: touch\nowner: frr\ngroup: frr\nmode: "0640"\naccess_time: preserve\nmodification_time: preserve',
    },
    { name: 'Remove a configuration', args: 'path: /etc/frr/frr.conf\nstate: absent' },
    { name: 'Link a name to a file', args: 'src: /etc/sysctl.conf\ndest: /etc/sysctl.d/99-sysctl.conf\nstate: link' },
    { name: 'Give a tree to the web server', args: 'path: /srv/www\nrecurse: true\nowner: www-data\nmode: u=rwX,g=rX,o=' },
  ],
  returns: {
    path: 'The path, of a file, a folder, or where nothing is there.',
    dest: 'The path, of a link and with touch.',
    src: 'What a link leads to.',
    state: 'What is there: file, directory, link, hard or absent.',
    mode: 'The permissions, four octal digits.',
    owner: 'The user that owns it.',
    group: 'The group that owns it.',
    uid: 'The number of that user.',
    gid: 'The number of that group.',
    size: 'The size in bytes.',
  },
  notes: [
    ...ATTRIBUTE_NOTES,
    'With recurse, links below the folder are not followed; their own owner and group are set.',
    'In the formats of times only %Y, %m, %d, %H, %M and %S are supported.',
    'A hard link whose destination exists as another file needs force: true.',
  ],

  probe: (p): Generator<ProbeTree, Probes, never> => probe(bare(p)),
  plan: (before, p) => plan(before, bare(p)),
  events: ({ before, params: p }) => touchEvents(before, bare(p)),
  affects: ({ before, differs }) => {
    const path = onlyPath(before.file)
    // What is below a folder goes with it, and what is below a link is elsewhere; below what is new there is nothing.
    const isMoved = differs.some(
      ({ path: [part, , leaf], before, after }) =>
        part === 'file' && ((leaf === 'type' && (before === 'directory' || [before, after].includes('link'))) || leaf === 'target'),
    )
    const isTree = differs.some((each) => each.path[0] === 'tree')
    return isMoved || isTree ? [{ resource: `file:${path}/*` as const }] : []
  },
  apply: (situation) => apply({ ...situation, params: bare(situation.params) }),
  result: (situation) => result(situation),
  resultInCheck: (situation) => resultInCheck(situation),
  resultWhenRefused: (situation) => resultWhenRefused(situation),
  diff: (situation) => diffForm(situation),
})
