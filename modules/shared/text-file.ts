/**
 * Editing a text file: what `lineinfile` and `blockinfile` share. A file is edited as its bytes, one character each, so that
 * any encoding stays what it is; `toBytes` brings lines and patterns into the same form.
 */
import { Content, RegexError, compilePython, file, param } from '../../runner/module.ts'
import type {
  After,
  AfterTree,
  DiffForm,
  Difference,
  FileState,
  Planned,
  Probe,
  ProbeTree,
  Promised,
  PythonRegex,
  Refusal,
  StateOf,
  Step,
  StepReply,
} from '../../runner/module.ts'
import {
  NEW_FILE_MODE,
  accountProbes,
  attributeParams,
  madeWith,
  plannedFile,
  unknownAccount,
  wantedAttributes,
  wantedIds,
  withAttributes,
  writerProbes,
} from './attributes.ts'
import type { AccountProbes, AttributeParams } from './attributes.ts'
import { invalidEdit, writeFile } from './destination.ts'
import { ancestors, folderProbes, folderSteps, followLinks, knownState, onlyPath, plannedFolders } from './target.ts'
import type { ByPath } from './target.ts'
import { validateParam } from './validate.ts'

/** Larger files are not edited in place. */
const MAX_BYTES = 16 * 1024 * 1024

export function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** Lines with their newlines; only `\n` ends a line. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

export function textFileParams() {
  return {
    path: param.path().describe('The file to edit.'),
    create: param.bool().default(false).describe('Make the file, and the folders above it, where it is missing.'),
    backup: param.bool().default(false).describe('Keep the file as it was, beside it, under a name with the time.'),
    validate: validateParam().describe("A command that has to succeed before the file is replaced, with %s for the new file's path."),
    ...attributeParams(),
  }
}

export interface TextFileParams extends AttributeParams {
  readonly path: string
  readonly create?: boolean | undefined
  readonly backup: boolean
  readonly validate?: readonly string[] | undefined
}

export type TextFileProbes = {
  readonly file: Record<string, Probe<FileState>>
  /** Where the file is to be made. */
  readonly folders?: Record<string, Probe<FileState>>
  readonly accounts?: AccountProbes
}
type State = StateOf<TextFileProbes>

/** What an edit makes of a text, and how Ansible says so. */
export interface Edit {
  readonly text: string
  readonly message: string
  /** How many lines were removed. */
  readonly found?: number
}

/** A text file is edited where a link leads. */
export function* probeTextFile(params: TextFileParams): Generator<ProbeTree, TextFileProbes, never> {
  const accounts = accountProbes(params)
  const first: { file: ByPath<FileState> } = yield { file: { [params.path]: editable(params.path) }, accounts }
  let path = params.path
  let now = knownState(first.file, path)
  if (now?.type === 'link') ({ path, state: now } = yield* followLinks(path))
  const isMade = now?.type === 'absent' && params.create === true
  return {
    file: { [path]: editable(path) },
    accounts: { ...accounts, ...(isMade && writerProbes()) },
    ...(isMade && { folders: folderProbes(ancestors(path)) }),
  }
}

/** Reads a file with its bytes, up to the limit of what is edited. */
export function editable(path: string): Probe<FileState> {
  return { ...file(path), read: { kind: 'file', path, content: 'bytes', maxBytes: MAX_BYTES } }
}

/** The file after an edit. `missing` says what to do where there is none and none is to be made. */
export function planTextFile(
  before: State,
  params: TextFileParams,
  edit: (text: string) => Edit,
  missing: 'refuse' | 'leave',
  missingSummary: string,
): Planned<State> {
  const path = onlyPath(before.file)
  const now = before.file[path]!
  if (now.type === 'directory') return refuse({ summary: `Path ${path} is a directory !`, hint: 'Name a file in it.', result: { rc: 256 } })
  if (now.type === 'other' || now.type === 'link') return refuse({ summary: `${path} is not a regular file`, hint: 'Only regular files are edited.' })
  if (now.type === 'absent' && (missing === 'leave' || params.create !== true)) {
    return missing === 'leave'
      ? { after: {} }
      : refuse({ summary: missingSummary, result: { rc: 257 }, ...(params.create !== undefined && { hint: 'With create: true the file is made.' }) })
  }
  const text = textOf(now)
  if (text === undefined) return refuse({ summary: `${path} is too large to be edited`, hint: `The limit is ${MAX_BYTES / 1024 / 1024} MiB.` })
  const edited = attempt(edit, text)
  if (edited instanceof RegexError) return refuse({ summary: edited.message })
  const nobody = unknownAccount(params, before.accounts ?? {})
  if (nobody) return refuse(nobody)
  const wanted = wantedAttributes(params, before.accounts ?? {})
  if (now.type === 'file') {
    return {
      after: {
        file: { [path]: edited.text === text ? withAttributes(now, wanted) : plannedFile(now, wanted, Content.of(Buffer.from(edited.text, 'latin1'))) },
      },
    }
  }
  if (edited.message === '') return { after: {} }
  const folders = plannedFolders(before.folders ?? {}, { newOwner: wanted.newOwner, newGroup: wanted.newGroup })
  if (folders.refusal) return refuse(folders.refusal)
  return { after: { file: { [path]: plannedFile(now, wanted, Content.of(Buffer.from(edited.text, 'latin1'))) }, folders: folders.after } }
}

/** An edit may find only in the text that it cannot be done: it then throws a RegexError with a sentence. */
function attempt(edit: (text: string) => Edit, text: string): Edit | RegexError {
  try {
    return edit(text)
  } catch (error) {
    if (error instanceof RegexError) return error
    throw error
  }
}

function isMade(params: TextFileParams, now: FileState): boolean {
  return now.type === 'absent' && params.create === true
}

function refuse(refusal: Refusal): Planned<State> {
  return { after: {}, refusals: [refusal] }
}

function textOf(state: FileState): string | undefined {
  return state.type === 'file' ? state.content.bytes?.toString('latin1') : ''
}

export function* applyTextFile(situation: {
  params: TextFileParams
  before: State
  after: AfterTree<State>
  timestamp: string
}): Generator<Step, { backup_file?: string }, StepReply> {
  const { params, before, timestamp } = situation
  const after: Promised<State> = situation.after
  yield* folderSteps(before.folders ?? {}, after.folders ?? {})
  const path = onlyPath(before.file)
  const next = (after.file as ByPath<After<FileState>> | undefined)?.[path]
  return next === undefined ? {} : yield* writeFile(path, before.file[path]!, next, { ...params, whenInvalid: invalidEdit, timestamp })
}

const ATTRIBUTES_CHANGED = 'ownership, perms or SE linux context changed'

/** What the result of an edit is made of. */
export interface Edited<P extends TextFileParams> {
  readonly params: P
  readonly before: State
  readonly differs: readonly Difference[]
  readonly returned: unknown
}

/** The same for a dry run's document: of a file that is yet to be made Ansible says nothing of its attributes. */
export function editedInCheck<P extends TextFileParams>(situation: Edited<P>): Edited<P> {
  return isMade(situation.params, Object.values(situation.before.file)[0]!) ? { ...situation, differs: [] } : situation
}

/** `msg` as Ansible words it, and what the edit counted. */
export function textFileMessage(
  situation: Pick<Edited<TextFileParams>, 'params' | 'before' | 'differs'>,
  edit: (text: string) => Edit,
): { msg: string; found?: number } {
  const { params, before, differs } = situation
  const path = onlyPath(before.file)
  const now = before.file[path]!
  if (now.type !== 'file' && !isMade(params, now)) return { msg: '' }
  const text = textOf(now)
  if (text === undefined) return { msg: '' }
  const edited = attempt(edit, text)
  // The plan has refused it.
  if (edited instanceof RegexError) return { msg: '' }
  const { message, found } = edited
  const writer = before.accounts?.writer
  const attributes =
    now.type === 'file' || differs.length === 0
      ? differs.some((each) => each.path[0] === 'file' && ['owner', 'group', 'mode'].includes(each.path[2] ?? ''))
      : (params.mode ?? NEW_FILE_MODE) !== NEW_FILE_MODE ||
        (params.owner ?? writer?.user.name) !== writer?.user.name ||
        (params.group ?? writer?.group.name) !== writer?.group.name
  const msg = attributes ? (message === '' ? ATTRIBUTES_CHANGED : `${message} and ${ATTRIBUTES_CHANGED}`) : message
  return { msg, ...(found !== undefined && { found }) }
}

/** How the differences of an edit are told; none where there is no file, and none is made. */
export function textFileDiff(form: 'edit' | 'text', { params, before }: { params: TextFileParams; before: State }): DiffForm | undefined {
  const path = onlyPath(before.file)
  const now = before.file[path]!
  if (now.type !== 'file' && !isMade(params, now)) return undefined
  return { form, file: ['file', path], path: params.path, ids: wantedIds(before.accounts), madeWith: madeWith(NEW_FILE_MODE, before.accounts) }
}

/** A regular expression in Python's syntax, as text that compiles. */
export function checkPattern(pattern: string | undefined, issue: (message: string) => void): void {
  if (pattern === undefined) return
  try {
    compile(pattern)
  } catch (error) {
    if (!(error instanceof RegexError)) throw error
    issue(error.message)
  }
}

/** A pattern that was checked before, in the form of the text. */
export function compile(pattern: string): PythonRegex {
  return compilePython(toBytes(pattern), { ascii: true })
}
