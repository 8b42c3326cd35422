/**
 * The three kinds of module. A module never says `changed` and never prints a diff: it says how to read the state and what
 * the state should be; the engine alone compares, shows, applies and reads back.
 */
import type { z } from 'zod'
import { Unknown } from '../value/value.ts'
import type { Content } from './content.ts'
import type { FileStat, Probe, Resource } from './resource.ts'
import type { Step, StepReply } from './step.ts'

/** A leaf of a planned state that only applying can tell (a generated id, a version that the server picks). */
export const KNOWN_AFTER_APPLY: unique symbol = Symbol('known after apply')

/**
 * Probes by name, to any depth. Where `probe` is a generator, a resource that an earlier tree of the same generator read is
 * not read again for a later one: returning it once more costs nothing.
 */
export interface ProbeTree {
  readonly [key: string]: Probe<unknown> | ProbeTree
}

/** The states that a tree of probes reads. */
export type StateOf<T> = T extends Probe<infer S> ? S : T extends ProbeTree ? { readonly [K in keyof T]: StateOf<T[K]> } : never

/** A state whose leaves may be known only after apply. */
export type After<S> =
  S | typeof KNOWN_AFTER_APPLY | (S extends readonly unknown[] | Content ? never : S extends object ? { readonly [K in keyof S]: After<S[K]> } : never)

/** A whole state after a plan, probe by probe. */
export type AfterTree<S> = { readonly [K in keyof S]: After<S[K]> }

/** What a plan promises. A probe that is left out is kept as it is: it is not looked at, not compared and not promised. */
export type Promised<S> = { readonly [K in keyof S]?: After<S[K]> }

/** Something that was asked for and cannot be had. It fails the task, in a check as in a run, after the rest was done. */
export interface Refusal {
  /** One line: `no kernel parameter 'Kernel.unknown_nmi_panic'`. */
  readonly summary: string
  /** The words of the program that refused, where there are any. */
  readonly detail?: string
  readonly hint?: string
  /** What the result of a task that did nothing else tells. */
  readonly result?: Readonly<Record<string, unknown>>
}

export interface Planned<S> {
  readonly after: Promised<S>
  readonly refusals?: readonly Refusal[]
}

/** Something that happens without altering the state that is read: a restart, a reload. It counts as a change and is shown. */
export interface Event {
  /** `restart`, `reload`, `daemon-reload`, `touch`. */
  readonly name: string
  /** What it happens to: `frr.service`. */
  readonly target: string
}

/** What else a change may alter, without saying how. In a check these resources are unknown afterwards. */
export interface Affected {
  /** An exact resource, or with a `*` at its end all resources that begin so. */
  readonly resource: Resource
  /** Only where the resource does not exist now: installing a package may create files, it does not replace foreign ones. */
  readonly onlyIfAbsent?: boolean
}

/** One differing leaf of a state: where it is in the state and the two values. A side that a dry run does not know is an `Unknown`. */
export interface Difference {
  readonly path: readonly string[]
  readonly before: unknown
  readonly after: unknown
}

/** Whether the two sides differ for certain, and not only because a dry run does not know one of them. */
export function isCertain({ before, after }: Difference): boolean {
  return !(before instanceof Unknown) && !(after instanceof Unknown)
}

export interface Example {
  /** What it does, as a task's name. */
  readonly name: string
  /** The module's arguments, as YAML. */
  readonly args: string
}

interface Common<P extends z.ZodType> {
  /** One sentence, for the documentation. */
  readonly summary: string
  /** The parameters. Parsing also canonicalises: after it, equal wishes are equal values. Built when first used. */
  readonly params: () => P
  /** Parameter → other accepted names. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>
  /** The parameter that a task's bare text is for (`command: uptime`). */
  readonly freeForm?: string
  readonly examples: readonly Example[]
  /** What `register` gets beside `changed` and `diff`, for the documentation: name → meaning. */
  readonly returns?: Readonly<Record<string, string>>
  /** Differences from the Ansible module of the same name, one sentence each, for the documentation. */
  readonly notes?: readonly string[]
}

interface HasSecrets<P extends z.ZodType, T extends ProbeTree> {
  /** Pure. What of the parameters, and of the state that was read, must never be shown. Asked first without a state. */
  secrets?(given: { params: z.output<P>; state: StateOf<T> | undefined }): readonly (string | undefined)[]
}

export interface StateModule<P extends z.ZodType = z.ZodType, T extends ProbeTree = ProbeTree> extends Common<P>, HasSecrets<P, T> {
  readonly kind: 'state'
  /**
   * What to read; a generator where one read depends on another: it yields trees, is sent their states, returns the last.
   * When it is read back what was applied, `promised` is what the plan promised: a module that promised more than its
   * parameters name (packages that come along) reads that too.
   */
  probe(params: z.output<P>, promised?: Readonly<Record<string, unknown>>): T | Generator<ProbeTree, T, never>
  /**
   * Pure. The state that should be. Touching a part of `before` that a dry run cannot know ends the plan there, and the
   * task is reported unknown; `isKnown(before, key)` asks first.
   */
  plan(before: StateOf<T>, params: z.output<P>): Planned<StateOf<T>>
  /** Pure. What happens besides. */
  events?(situation: { before: StateOf<T>; params: z.output<P>; differs: readonly Difference[] }): readonly Event[]
  /** Pure. What else the change may alter. */
  affects?(situation: { before: StateOf<T>; after: AfterTree<StateOf<T>>; params: z.output<P>; differs: readonly Difference[] }): readonly Affected[]
  /** Yields the writes; each yield returns the step's reply. What it returns is handed to `result`. */
  apply(situation: ApplySituation<P, T>): Generator<Step, unknown, StepReply>
  /** What is read may lag so far behind what was written: it is read again for so long, until it is what was promised. */
  readonly lagsMs?: number
  /** After apply: read again until `when` holds and goes on holding for `staysMs`, at most `withinMs`; then compare. */
  readonly settles?: {
    /** Throws an Error with a sentence where it can no longer come to hold: the waiting ends there and the task fails. */
    when(state: StateOf<T>, params: z.output<P>, situation: SettleSituation<P, T>): boolean
    readonly withinMs: number
    readonly staysMs?: number
    /** Whether what was applied has to settle at all. Default: always. */
    needed?(situation: Omit<SettleSituation<P, T>, 'watched' | 'elapsedMs'>): boolean
    /** Read along with the state while it settles, and only then: what is volatile, never compared and never shown. */
    watch?(params: z.output<P>): ProbeTree
  }
  /** Read when the task fails after apply: log lines and the like, shown with the error. */
  evidence?(params: z.output<P>): readonly Probe<string>[]
  /** Pure. What `register` gets beside `changed` and `diff`, under Ansible's names. */
  result?(situation: ResultSituation<P, T>): Record<string, unknown>
  /**
   * Pure. Where a dry run finds that something would change: what the JSON document tells in place of the result. Ansible's
   * tells of files what is there; what will be is in `diff`, and in what `register` holds. Without it, the result.
   */
  resultInCheck?(situation: ResultSituation<P, T>): Record<string, unknown>
  /** Pure. The result of a task that was refused, or whose first step failed, and so did nothing, beside what these tell; without it there is no more. */
  resultWhenRefused?(situation: ResultSituation<P, T>): Record<string, unknown>
  /** Pure. The form that Ansible's module of the name gives to `diff`; undefined where it has none. */
  diff?(situation: ResultSituation<P, T>): DiffForm | undefined
}

/**
 * How differences that the engine has found are told in `diff`, in the JSON document and in `register`.
 *
 * - `attributes`: one object a side, with the path and what differs of the file.
 * - `copy`: the two texts; where they are the same, as `attributes`.
 * - `edit`: the two texts, and then what differs of the attributes, each whether it differs or not.
 * - `text`: the two texts, where they differ.
 * - `whole`: the two texts, whether they differ or not.
 */
export interface DiffForm {
  readonly form: 'attributes' | 'copy' | 'edit' | 'text' | 'whole'
  /** Where the file is in the state: the part, and its path there. */
  readonly file: readonly [part: string, path: string]
  /** Where in the state that is which counts as the text before, if not at `file`: what a link led to that is replaced. */
  readonly replaces?: readonly [part: string, path: string]
  /** Its path as the result tells it; default: as in the state. */
  readonly path?: string
  /** Where the attributes are that are set, if not at `file`. */
  readonly attributesOf?: readonly [part: string, path: string]
  /** The numbers of an owner and a group that are asked for. */
  readonly ids?: { readonly owner?: number | undefined; readonly group?: number | undefined }
  /** The mode and the numbers with which it is made, before its own are set. */
  readonly madeWith?: { readonly mode: string; readonly owner?: number | undefined; readonly group?: number | undefined }
  /** Where the new text comes from. */
  readonly source?: string
  /** With `attributes`: as what the thing counts before and after, where that is told. */
  readonly states?: readonly [before: string, after: string]
  /** With `attributes`: of a folder that goes, what goes with it. */
  readonly goesWith?: { readonly files: readonly string[]; readonly directories: readonly string[] }
  /** With `attributes`: the times that are set. */
  readonly times?: readonly ('atime' | 'mtime')[]
}

/**
 * What was read of paths beside their states, and is not compared. In a dry run a path that would get another owner or type
 * is KNOWN_AFTER_APPLY.
 */
export type FileStats = Readonly<Record<string, FileStat | typeof KNOWN_AFTER_APPLY>>

/** What was read of a path, where it is known. */
export function knownStat(stat: FileStats[string] | undefined): FileStat | undefined {
  return stat === KNOWN_AFTER_APPLY ? undefined : stat
}

export interface ApplySituation<P extends z.ZodType, T extends ProbeTree> {
  readonly params: z.output<P>
  readonly before: StateOf<T>
  readonly after: AfterTree<StateOf<T>>
  readonly differs: readonly Difference[]
  readonly events: readonly Event[]
  /** For names of backups: `2026-01-31@10:15:59`. */
  readonly timestamp: string
}

export interface SettleSituation<P extends z.ZodType, T extends ProbeTree> {
  readonly params: z.output<P>
  readonly before: StateOf<T>
  readonly differs: readonly Difference[]
  readonly events: readonly Event[]
  /** The states of `settles.watch`'s probes; empty without it. */
  readonly watched: unknown
  /** Since the last write ended. */
  readonly elapsedMs: number
}

export interface ResultSituation<P extends z.ZodType, T extends ProbeTree> {
  readonly params: z.output<P>
  readonly before: StateOf<T>
  readonly after: AfterTree<StateOf<T>>
  readonly differs: readonly Difference[]
  /** Of paths as they are before, and as they are after. */
  readonly statsBefore: FileStats
  readonly stats: FileStats
  /** What `apply` returned; undefined in a check and where nothing was applied. */
  readonly returned: unknown
}

export interface ReadModule<P extends z.ZodType = z.ZodType, T extends ProbeTree = ProbeTree> extends Common<P>, HasSecrets<P, T> {
  readonly kind: 'read'
  probe(params: z.output<P>): T | Generator<ProbeTree, T, never>
  /**
   * Makes the read an assertion: what is missing, a sentence each, or nothing. It is read again until nothing is missing
   * or `wait` runs out; what is missing then fails the task.
   */
  missing?(state: StateOf<T>, params: z.output<P>): readonly string[]
  wait?(params: z.output<P>): { readonly timeoutMs: number; readonly intervalMs: number; readonly delayMs?: number }
  /** True where it waits for the connection itself: a host that does not answer is what is missing, and a dry run skips it. */
  readonly waitsForConnection?: boolean
  /** The message where the time of `wait` is over; without it, what is missing. */
  timedOut?(params: z.output<P>): string
  /** Read once when the assertion failed, and shown with it. */
  evidence?(params: z.output<P>): readonly Probe<string>[]
  /** `missing`: what fails the task. */
  result(situation: { state: StateOf<T>; params: z.output<P>; stats: FileStats; missing: readonly string[] }): Record<string, unknown>
}

/** A module that does something of which no state tells. The engine counts it as changed whenever it ran. */
export interface ActionModule<P extends z.ZodType = z.ZodType, T extends ProbeTree = ProbeTree> extends Common<P> {
  readonly kind: 'action'
  /** Read before running, for `guard`. */
  probe?(params: z.output<P>): T | Generator<ProbeTree, T, never>
  /** Why it need not run (the result then given), or undefined where it has to. `check`: in a dry run. Throws `NothingDone` where it cannot run. */
  guard?(state: StateOf<T>, params: z.output<P>, check: boolean): { readonly result: Record<string, unknown>; readonly skipped?: boolean } | undefined
  /** Pure. What a dry run shows in place of a result, and as what the task counts there; without it, as skipped. */
  dryRun?(params: z.output<P>): { readonly result: Record<string, unknown>; readonly counts: 'changed' | 'skipped' }
  /** For what must not be done to the controller itself: what it answers there, with a `msg`, in place of doing it. */
  readonly refusedOnController?: Readonly<Record<string, unknown>> & { readonly msg: string }
  /** True where all that it makes is new: in a dry run only its result is unknown, and not what is there. */
  readonly makesOnlyNew?: boolean
  /** Throws `NothingDone` where nothing could be done. */
  run(params: z.output<P>): Generator<Step, Record<string, unknown>, StepReply>
}

export type Module = StateModule | ReadModule | ActionModule

/** Declares a module of the kind `state`; the types of state and parameters are inferred. */
export function state<P extends z.ZodType, T extends ProbeTree>(module: Omit<StateModule<P, T>, 'kind'>): Module {
  return { kind: 'state', ...module, params: madeOnce(module.params) } as unknown as Module
}

/** Declares a module that only reads, or asserts. */
export function read<P extends z.ZodType, T extends ProbeTree>(module: Omit<ReadModule<P, T>, 'kind'>): Module {
  return { kind: 'read', ...module, params: madeOnce(module.params) } as unknown as Module
}

/** Declares an action. */
export function action<P extends z.ZodType, T extends ProbeTree = Record<string, never>>(module: Omit<ActionModule<P, T>, 'kind'>): Module {
  return { kind: 'action', ...module, params: madeOnce(module.params) } as unknown as Module
}

/** A schema takes its time to build, and each task asks for it several times on each host. */
function madeOnce<P>(make: () => P): () => P {
  let made: P | undefined
  return () => (made ??= make())
}

/** Thrown by the engine's view of `before` when a plan touches what a dry run cannot know. */
export class UnknownStateError extends Error {
  override readonly cause: string
  constructor(cause: string) {
    super(`unknown: ${cause}`)
    this.name = 'UnknownStateError'
    this.cause = cause
  }
}

/** Whether a part of a state is known: false only in a dry run, after a task that may alter it. */
export function isKnown<S extends object>(state: S, key: keyof S & string): boolean {
  try {
    Reflect.get(state, key)
    return true
  } catch (error) {
    if (error instanceof UnknownStateError) return false
    throw error
  }
}

/** A state with some of its parts changed. What a dry run does not know of the others is kept as it is, without being touched. */
export function withChanges<S extends object>(state: S, changes: { readonly [K in keyof S]?: After<S[K]> | undefined }): After<S> {
  const changed = Object.defineProperties({}, Object.getOwnPropertyDescriptors(state)) as Record<string, unknown>
  for (const [key, value] of Object.entries(changes))
    if (value !== undefined) Object.defineProperty(changed, key, { value, enumerable: true, writable: true, configurable: true })
  return changed as After<S>
}

/** For results: what `read` gives, or a value that says why a dry run cannot know it. */
export function orUnknown<T>(read: () => T): T | Unknown {
  try {
    return read()
  } catch (error) {
    if (error instanceof UnknownStateError) return new Unknown(error.cause)
    throw error
  }
}

/** For results: a state as far as it is known, with a value that says why in place of each part that a dry run cannot know. */
export function asFarAsKnown(state: unknown): unknown {
  if (state === null || typeof state !== 'object' || Object.getPrototypeOf(state) !== Object.prototype) return state
  return Object.fromEntries(Object.keys(state).map((key) => [key, orUnknown(() => asFarAsKnown(Reflect.get(state, key)))]))
}
