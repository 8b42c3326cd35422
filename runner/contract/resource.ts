/**
 * What a module may read: named resources, described as data. The engine sends the reads; the module only says what to
 * read and, with a pure `parse`, what the reply means.
 */
import type { CloudCall, CloudRead, CloudReply } from './cloud.ts'
import type { Content } from './content.ts'

/**
 * The name of one piece of state on a host, for the overlay of predicted states: `file:/etc/hosts`, `unit:frr.service`,
 * `package:frr`, `sysctl:net.ipv4.ip_forward`, `live:bgp`. Two probes with one name read the same thing and parse it alike.
 * `live:` is what running daemons and the network say of themselves: any change on any host may alter it.
 */
export type Resource = `${'file' | 'unit' | 'package' | 'sysctl' | 'live' | 'query' | 'cloud' | 'controller'}:${string}`

/** A read, as data. Replies above `maxBytes` and reads that take longer than `timeoutMs` are errors, never cut short. */
export type Read = HostRead | CloudRead

/** What is read on a host. */
export type HostRead = FileRead | QueryRead

/** Type, mode, owner and group of a path (links are not followed), and for a regular file its digest or its bytes. */
export interface FileRead {
  readonly kind: 'file'
  readonly path: string
  readonly content: 'none' | 'digest' | 'bytes'
  /** Where the path is: on the host, or on the controller, where links are followed and owners are numbers. Default: the host. */
  readonly on?: 'controller'
  /** With `bytes`: above this size only the digest is read. Default 1 MiB. */
  readonly maxBytes?: number
}

/** A program that only reads. It runs with an empty stdin and LC_ALL=C, and must be on the list in `runner/probe/allowed.ts`. */
export interface QueryRead {
  readonly kind: 'query'
  readonly argv: readonly [string, ...string[]]
  /** Exit codes that are an answer; any other fails the probe. Default: 0 alone. 127 answers "no such program". */
  readonly okExitCodes?: readonly number[]
  /** Default 30,000. */
  readonly timeoutMs?: number
  /** Default 4 MiB. */
  readonly maxBytes?: number
  /**
   * Folders to which the program writes though it only reads (its own log, say), without white space in their paths. What it
   * writes there is gone with it; but where the host allows no overlay in a mount namespace, as in an unprivileged container,
   * it writes for real.
   */
  readonly scratchFolders?: readonly string[]
}

/** What came back from a query. */
export interface QueryReply {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** A read of a named resource, with what its reply means. */
export interface Probe<T> {
  readonly resource: Resource
  /** How a diff names it; without one, the resource's name after the colon. */
  readonly label?: string
  readonly read: Read
  /**
   * Other resources that the reply tells of (`file:/srv/*` for what `find` says of a tree; a `*` at the end stands for all
   * that begin so). In a dry run the reply is unknown once one of them was changed.
   */
  readonly tellsOf?: readonly Resource[]
  /** True of what tells whether the host answers: a dry run asks as a run would, whatever was predicted before. */
  readonly isOfConnection?: boolean
  /** True of what is only told, and never planned by: where it cannot be read, or not within its limits, the state is undefined. */
  readonly optional?: boolean
  /** Pure. Throws an Error with a sentence where the reply makes no sense. */
  readonly parse: (reply: never) => T
  /** Only for types. */
  readonly state?: T
}

/** A probe of a host. */
export interface HostProbe<T> extends Probe<T> {
  readonly read: HostRead
}

/** The state of a path. Owner and group are names, or digits where the host has no name for them. */
export type FileState =
  | { readonly type: 'absent' }
  | {
      readonly type: 'file'
      readonly mode: string
      readonly owner: string
      readonly group: string
      readonly content: Content
    }
  | { readonly type: 'directory'; readonly mode: string; readonly owner: string; readonly group: string }
  | { readonly type: 'link'; readonly target: string; readonly owner: string; readonly group: string }
  | { readonly type: 'other'; readonly mode: string; readonly owner: string; readonly group: string }

/** A mode as results write it, with at least three digits after the 0: 0644, 02755. */
export function printMode(mode: string): string {
  return mode.startsWith('0') ? mode : `0${mode}`
}

/** What is read of a path on a host beside its state, and not compared. Times are in seconds since 1970. */
export interface FileStat {
  readonly uid: number
  readonly gid: number
  readonly sizeBytes: number
  /** How many names the file has. */
  readonly links: number
  readonly atimeSeconds: number
  readonly mtimeSeconds: number
}

/** What a port answers to a file read. */
export interface FileReply {
  readonly state: FileState
  /** Undefined for an absent path, and on the controller. */
  readonly stat?: FileStat
}

export type Reply = FileReply | QueryReply | CloudReply

/** The state of a path: with `bytes` a regular file's text is at hand for editing and for diffs. */
export function file(path: string, content: FileRead['content'] = 'bytes'): HostProbe<FileState> {
  return { resource: `file:${path}`, label: path, read: { kind: 'file', path, content }, parse: (reply: FileReply) => reply.state }
}

/** The state of a path on the controller, with its bytes. */
export function controllerFile(path: string): HostProbe<FileState> {
  return {
    resource: `controller:${path}`,
    label: `${path} on the controller`,
    read: { kind: 'file', path, content: 'bytes', on: 'controller' },
    parse: (reply: FileReply) => reply.state,
  }
}

/** A query with a name of its own. The name says what is read, so that equal names may share one reply. */
export function query<T>(
  resource: Resource,
  argv: readonly [string, ...string[]],
  parse: (reply: QueryReply) => T,
  more: {
    label?: string
    tellsOf?: readonly Resource[]
    okExitCodes?: readonly number[]
    timeoutMs?: number
    maxBytes?: number
    scratchFolders?: readonly string[]
  } = {},
): HostProbe<T> {
  const { label, tellsOf, ...limits } = more
  return { resource, ...(label !== undefined && { label }), ...(tellsOf !== undefined && { tellsOf }), read: { kind: 'query', argv, ...limits }, parse }
}

/** Whether the host answers: where it does not, reading throws. */
export function hostAnswers(): HostProbe<true> {
  return { resource: 'live:answers', isOfConnection: true, read: { kind: 'query', argv: ['test', '-d', '/'] }, parse: () => true }
}

/** An answer of the cloud. The name says what is read, so that equal names may share one reply. */
export function cloud<T>(resource: `${'cloud' | 'live'}:${string}`, call: Omit<CloudCall, 'kind'>, parse: (reply: CloudReply) => T, label?: string): Probe<T> {
  return { resource, ...(label !== undefined && { label }), read: { kind: 'cloud', ...call }, parse }
}

/** A kernel parameter's live value, or null where the kernel has no such key. Runs of white space read as one space. */
export function sysctlValue(key: string): HostProbe<string | null> {
  return query(`sysctl:${key}`, ['sysctl', '-n', key], (reply) => (reply.exitCode === 0 ? reply.stdout.trim().replace(/\s+/g, ' ') : null), {
    label: `${key} (kernel)`,
    okExitCodes: [0, 1, 255],
  })
}

/**
 * What systemd says of a unit (systemctl(1), `show`), without what is volatile: process ids, counters, and words that a
 * wish is not about. `loaded: 'not-found'` is a unit that does not exist.
 */
export interface UnitState {
  /** `loaded`, `not-found`, `masked`, `bad-setting`, `error`. */
  readonly loaded: string
  /**
   * `active`, `inactive`, `activating` or `deactivating`; `reloading` reads as active and `failed` as inactive. A oneshot
   * that does not remain after it ended is always `oneshot`: starting it is an event, not a state.
   */
  readonly active: string
  /** `enabled`, `disabled`, `static`, `masked`, …; empty where systemd has no opinion. */
  readonly enabled: string
}

/** A systemd unit's state. */
export function unit(name: string): HostProbe<UnitState> {
  return query(
    `unit:${name}`,
    ['systemctl', 'show', '--no-pager', '--property=LoadState,ActiveState,UnitFileState,Type,RemainAfterExit', '--', name],
    (reply) => {
      const property = new Map(reply.stdout.split('\n').map((line): [string, string] => [line.split('=', 1)[0]!, line.slice(line.indexOf('=') + 1)]))
      const active = property.get('ActiveState') ?? 'inactive'
      return {
        loaded: property.get('LoadState') ?? 'not-found',
        active:
          property.get('Type') === 'oneshot' && property.get('RemainAfterExit') === 'no'
            ? 'oneshot'
            : (({ reloading: 'active', refreshing: 'active', maintenance: 'active', failed: 'inactive' } as Record<string, string>)[active] ?? active),
        enabled: property.get('UnitFileState') ?? '',
      }
    },
    { label: name },
  )
}
