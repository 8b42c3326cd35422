/** Owner, group and mode: their parameters, what they should become, and the steps that get there. */
import { KNOWN_AFTER_APPLY, isKnown, param, query, run } from '../../runner/module.ts'
import type { After, Content, DiffForm, FileState, Probe, Refusal, StateOf, Step, StepReply } from '../../runner/module.ts'
import { applyMode, isOctal, modeParam } from './mode.ts'

/** What a new file and a new folder get where no mode is asked for. */
export const NEW_FILE_MODE = '0644'
export const NEW_FOLDER_MODE = '0755'

/** What differs from Ansible for every module with these parameters. */
export const ATTRIBUTE_NOTES = [
  "A new file or folder gets the mode that a umask of 022 gives, whatever the user's umask is.",
  'SELinux contexts (`seuser`, `serole`, `setype`, `selevel`) fail the task on a host that has SELinux enabled; elsewhere they are of no effect, as with Ansible.',
  'With `unsafe_writes`, too, a file is replaced in one rename; `attributes` other than none are not supported.',
] as const

/** The parameters `owner`, `group` and `mode`, and those that go along with them. */
export function attributeParams() {
  return {
    owner: param.account().optional().describe('The user that owns it: a name, or a number.'),
    group: param.account().optional().describe('The group that owns it: a name, or a number.'),
    mode: modeParam().describe("The permissions: octal digits in quotes ('0644') or symbolic (u=rw,g=r,o=)."),
    seuser: param.string().optional().describe('The user part of the SELinux context.'),
    serole: param.string().optional().describe('The role part of the SELinux context.'),
    setype: param.string().optional().describe('The type part of the SELinux context.'),
    selevel: param.string().optional().describe('The level part of the SELinux context.'),
    unsafe_writes: param.bool().default(false).describe('Accepted, and not needed: files are replaced in one rename.'),
    attributes: param
      .string()
      .refine((flags) => flags === '', 'flags of chattr are not supported here; set them with command: chattr FLAGS PATH')
      .optional()
      .describe('The flags of chattr; only none.'),
  }
}

export interface AttributeParams {
  readonly owner?: string | undefined
  readonly group?: string | undefined
  readonly mode?: string | undefined
  readonly seuser?: string | undefined
  readonly serole?: string | undefined
  readonly setype?: string | undefined
  readonly selevel?: string | undefined
}

/** Reads the names of the accounts: a state names its owner wherever the host has a name for a number. Empty where there is no such name. */
export function accountProbes(params: AttributeParams): AccountProbes {
  return {
    ...(params.owner !== undefined && { owner: accountOf('passwd', params.owner) }),
    ...(params.group !== undefined && { group: accountOf('group', params.group) }),
    ...([params.seuser, params.serole, params.setype, params.selevel].some((part) => part !== undefined) && { selinux: NO_SELINUX }),
  }
}

/** A user or a group. */
interface Account {
  /** The number as text where the host has no name for it; empty where it has no number for the name. */
  readonly name: string
  readonly id: number | undefined
}

export type AccountProbes = {
  readonly owner?: Probe<Account>
  readonly group?: Probe<Account>
  readonly selinux?: Probe<string>
  /** Who is writing. */
  readonly writer?: Probe<{ readonly user: Account; readonly group: Account }>
}

/** Contexts have no meaning on a host without SELinux; on one with it they would have to be set. */
const NO_SELINUX: Probe<string> = query(
  'query:selinux',
  ['test', '-e', '/sys/fs/selinux/enforce'],
  (reply) => {
    if (reply.exitCode === 0)
      throw new Error('the host has SELinux enabled, and seuser, serole, setype and selevel are not supported there; use restorecon or chcon')
    return 'none'
  },
  { okExitCodes: [0, 1], label: 'SELinux' },
)

/** `getent` knows what the host's libraries know; its exit code 2 is "nobody has this name or number". */
function accountOf(database: 'passwd' | 'group', account: string): Probe<Account> {
  const isNumber = /^\d+$/.test(account)
  return query(
    `query:${database}:${account}`,
    ['getent', database, account],
    (reply) => {
      const [name = '', , id = ''] = reply.stdout.trim().split(':')
      if (name !== '') return { name, id: /^\d+$/.test(id) ? Number(id) : undefined }
      return isNumber ? { name: account, id: Number(account) } : { name: '', id: undefined }
    },
    { okExitCodes: [0, 2], tellsOf: [`file:/etc/${database}`] },
  )
}

/** Why files cannot get the wished owner or group: the host has none of that name. What a dry run cannot know may come to be. */
export function unknownAccount(params: AttributeParams, accounts: Accounts): Refusal | undefined {
  if (params.owner !== undefined && leaf(accounts, 'owner')?.name === '')
    return { summary: `chown failed: failed to look up user ${params.owner}`, hint: 'Create the user first, or correct owner.' }
  if (params.group !== undefined && leaf(accounts, 'group')?.name === '')
    return { summary: `chgrp failed: failed to look up group ${params.group}`, hint: 'Create the group first, or correct group.' }
  return undefined
}

/** Reads who makes what is new: it belongs to them where no owner is asked for, and a diff tells of them where one is. */
export function writerProbes(): AccountProbes {
  return { writer: WRITER }
}

/** A number that has no name stands for one. */
const WRITER: Probe<{ user: Account; group: Account }> = query('query:id', ['id'], ({ stdout }) => {
  const found = /^uid=(\d+)(?:\((.*?)\))? gid=(\d+)(?:\((.*?)\))?/.exec(stdout)
  if (!found) throw new Error(`id answers: ${stdout.trim()}`)
  const [, uid, user, gid, group] = found
  return { user: { name: user ?? uid!, id: Number(uid) }, group: { name: group ?? gid!, id: Number(gid) } }
})

/** Accounts as `accountProbes` and `writerProbes` read them. */
export type Accounts = StateOf<AccountProbes>

/** The numbers of an owner and a group that are asked for. */
export function wantedIds(accounts: Accounts | undefined): { owner?: number | undefined; group?: number | undefined } {
  return accounts === undefined ? {} : { owner: leaf(accounts, 'owner')?.id, group: leaf(accounts, 'group')?.id }
}

/** With which attributes something is made, before its own are set: as far as is known who makes it. */
export function madeWith(mode: string, accounts: Accounts | undefined): NonNullable<DiffForm['madeWith']> {
  const writer = accounts && leaf(accounts, 'writer')
  return { mode, owner: writer?.user.id, group: writer?.group.id }
}

export interface Wanted extends AttributeParams {
  /** Of what is new. */
  readonly newOwner?: string | undefined
  readonly newGroup?: string | undefined
}

/** The wishes with accounts named as states name them. */
export function wantedAttributes(params: AttributeParams, accounts: Accounts): Wanted {
  const named = (key: 'owner' | 'group') => (params[key] !== undefined && /^\d+$/.test(params[key]) ? accounts[key]?.name : params[key])
  const writer = leaf(accounts, 'writer')
  return { owner: named('owner'), group: named('group'), mode: params.mode, newOwner: writer?.user.name, newGroup: writer?.group.name }
}

/** A part of a state, or undefined where there is none or a dry run cannot know it. */
function leaf<S extends object, K extends keyof S & string>(state: S | undefined, key: K): S[K] | undefined {
  return state !== undefined && isKnown(state, key) ? state[key] : undefined
}

/**
 * A regular file with this content. What is not asked for is kept; what is new belongs to who writes it. `before` is
 * undefined where a dry run cannot know it: then what is kept cannot be told.
 */
export function plannedFile(before: FileState | undefined, wanted: Wanted, content: Content, newMode = NEW_FILE_MODE): After<FileState> {
  return { type: 'file', ...plannedAttributes(before, before?.type === 'file' ? before : undefined, wanted, newMode, false), content }
}

/** A folder; see `plannedFile`. */
export function plannedFolder(before: FileState | undefined, wanted: Wanted): After<FileState> {
  return { type: 'directory', ...plannedAttributes(before, before?.type === 'directory' ? before : undefined, wanted, NEW_FOLDER_MODE, true) }
}

type Planned = string | typeof KNOWN_AFTER_APPLY

function plannedAttributes(
  before: FileState | undefined,
  kept: { mode: string; owner: string; group: string } | undefined,
  wanted: Wanted,
  newMode: string,
  isDirectory: boolean,
): { mode: Planned; owner: Planned; group: Planned } {
  const isNew = before !== undefined && kept === undefined
  const now = { mode: leaf(kept, 'mode'), owner: leaf(kept, 'owner'), group: leaf(kept, 'group') }
  const changesHands = kept !== undefined && ((wanted.owner ?? now.owner) !== now.owner || (wanted.group ?? now.group) !== now.group)
  const current = isNew ? newMode : changesHands && now.mode !== undefined && !isDirectory ? withoutSetId(now.mode) : now.mode
  return {
    mode: plannedMode(wanted.mode, current, isDirectory),
    owner: wanted.owner ?? (isNew ? wanted.newOwner : now.owner) ?? KNOWN_AFTER_APPLY,
    group: wanted.group ?? (isNew ? wanted.newGroup : now.group) ?? KNOWN_AFTER_APPLY,
  }
}

/** What Linux leaves of a file's mode when it gets another owner: a program that is set-user-id does not become another user's. */
export function withoutSetId(mode: string): string {
  const bits = Number.parseInt(mode, 8)
  return (bits & ~(bits & 0o010 ? 0o6000 : 0o4000)).toString(8).padStart(4, '0')
}

function plannedMode(wish: string | undefined, current: string | undefined, isDirectory: boolean): Planned {
  if (wish !== undefined && isOctal(wish)) return wish
  if (current === undefined) return KNOWN_AFTER_APPLY
  return wish === undefined ? current : applyMode(wish, current, isDirectory)
}

/** The same thing with the wishes for owner, group and mode applied; a link has no mode of its own. */
export function withAttributes(before: FileState, wanted: AttributeParams): FileState {
  if (before.type === 'absent') return before
  const owned = { ...before, owner: wanted.owner ?? before.owner, group: wanted.group ?? before.group }
  if (owned.type === 'link') return owned
  const changesHands = owned.owner !== before.owner || owned.group !== before.group
  const mode = changesHands && owned.type !== 'directory' ? withoutSetId(owned.mode) : owned.mode
  return { ...owned, mode: wanted.mode === undefined ? mode : applyMode(wanted.mode, mode, owned.type === 'directory') }
}

/** Whether something new is made. */
export function isSomethingNew(states: readonly (FileState | undefined)[]): boolean {
  return states.some((state) => state !== undefined && state.type !== 'file' && state.type !== 'directory')
}

/** Owner, group and mode as far as they are known. */
export function knownAttributes(state: After<FileState>): { owner?: string; group?: string; mode?: string } {
  const known: { owner?: string; group?: string; mode?: string } = {}
  if (typeof state === 'symbol') return known
  for (const key of ['owner', 'group', 'mode'] as const) {
    const value = (state as Record<string, unknown>)[key]
    if (typeof value === 'string') known[key] = value
  }
  return known
}

/**
 * Brings owner, group and mode of what is at `path` from one state to the other. A change of owner clears the set-user-id
 * bits, so a mode that has them is set after it again.
 */
export function* attributeSteps(path: string, before: FileState, after: After<FileState>): Generator<Step, void, StepReply> {
  const now = knownAttributes(before)
  const next = knownAttributes(after)
  const owner = next.owner !== now.owner ? (next.owner ?? '') : ''
  const group = next.group !== now.group && next.group !== undefined ? `:${next.group}` : ''
  const owned = owner + group !== ''
  if (owned) yield run(['chown', '-h', owner + group, path])
  if (next.mode !== undefined && (next.mode !== now.mode || (owned && next.mode[0] !== '0')))
    yield run(['chmod', chmodMode(next.mode, before.type === 'directory'), path])
}

/** For a folder chmod(1) and mkdir(1) leave the set-id bits alone unless the mode has a fifth digit. */
export function chmodMode(mode: string, isDirectory: boolean): string {
  return isDirectory ? `0${mode}` : mode
}
