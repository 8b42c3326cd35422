/** What a module may do: writes, described as data and yielded one at a time. The engine carries them out. */
import { randomBytes } from 'node:crypto'
import type { CloudReply, CloudStep } from './cloud.ts'
import type { Content } from './content.ts'
import type { QueryReply } from './resource.ts'

export type Step = RunStep | PutStep | ReconnectStep | CloudStep

/** Runs a program without a shell. */
export interface RunStep {
  readonly kind: 'run'
  readonly argv: readonly [string, ...string[]]
  /** True where argv[0] is the shell that command lines are for: a host may have another one (`ansible_shell_executable`). */
  readonly inShell?: boolean
  /** True where `$NAME`, `${NAME}` and a leading `~` in argv stand for what they are on the host. */
  readonly expands?: boolean
  readonly stdin?: string | Buffer
  /** Exit codes that do not fail the task. Default: 0 alone. `'any'` hands every code to the module. */
  readonly okExitCodes?: readonly number[] | 'any'
  readonly chdir?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Default 600,000. */
  readonly timeoutMs?: number
  /**
   * Over SSH it runs on a terminal, in the login shell, as Ansible's `raw` and `script` do: both streams become one, lines end
   * with CR LF, and standard error is what OpenSSH's client says at the end. argv does the same where there is no terminal.
   */
  readonly terminal?: { readonly commandLine: string }
  /** False: the task's `environment` is not for it. */
  readonly takesEnvironment?: boolean
  /** True where it may end the connection, and with it the host: that is no failure then. Refused on the controller itself. */
  readonly endsHost?: boolean
  /** True where argv itself holds a secret: it then travels on stdin, not on a command line. */
  readonly secret?: boolean
}

/**
 * Replaces a file in one rename: a temporary file beside it gets content, owner and mode first, and `validate` (argv with
 * `%s` for the temporary file's path) has to exit 0 before the rename. The folder has to exist.
 */
export interface PutStep {
  readonly kind: 'put'
  readonly path: string
  readonly content: Content
  /** Octal, four digits. */
  readonly mode: string
  /** Without an owner or a group the file belongs to who writes it. */
  readonly owner?: string
  readonly group?: string
  readonly validate?: readonly string[]
  /** What the task's result holds where `validate` does not accept the content. */
  readonly whenInvalid?: (reply: StepReply) => Readonly<Record<string, unknown>>
  /** Written on the controller, not on the host: with the folders above it, and a mode of its own. */
  readonly on?: 'controller'
}

/**
 * Closes the connection and runs a program over new ones, again and again, until it exits 0 and prints something else than
 * `notThis`; the step answers that reply. Fails when the time is over.
 */
export interface ReconnectStep {
  readonly kind: 'reconnect'
  readonly argv: readonly [string, ...string[]]
  readonly notThis?: string
  /** Before the first attempt. */
  readonly delayMs: number
  readonly intervalMs: number
  readonly withinMs: number
}

/** What a step answers; a `put` answers exit code 0 and nothing else, a call of the cloud exit code 0 and `cloud`. */
export interface StepReply extends QueryReply {
  readonly cloud?: CloudReply
  /** Of a program that was run: when it began and ended, in milliseconds since 1970, on the controller's clock. */
  readonly startedAtMs?: number
  readonly endedAtMs?: number
  /** Why the program was not even started; its exit code is then 126 or 127. Only answered where any exit code is accepted. */
  readonly notStarted?: NotStartedReason
}

export interface NotStartedReason {
  /** The folder to run it in could not be entered, or the program could not be executed. */
  readonly what: 'chdir' | 'program'
  /** As in errno(3): 2 no such file, 13 permission denied, 20 not a directory. */
  readonly errno: 2 | 13 | 20
  /** The folder or the program. */
  readonly path: string
}

/**
 * Thrown by a module where a reply that it asked for with `okExitCodes: 'any'` is a failure after all. The task fails with
 * the message and has this result; the reply's words are shown with it.
 */
export class StepFailure extends Error {
  readonly reply: StepReply
  readonly result: Readonly<Record<string, unknown>>
  constructor(message: string, reply: StepReply, result: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'StepFailure'
    this.reply = reply
    this.result = result
  }
}

/**
 * Thrown by an action that could do nothing: the task fails with the message and has this result, and nothing was changed.
 */
export class NothingDone extends Error {
  readonly result: Readonly<Record<string, unknown>>
  constructor(message: string, result: Readonly<Record<string, unknown>>) {
    super(message)
    this.name = 'NothingDone'
    this.result = result
  }
}

/** A name that nobody else uses on the host: for a file that is there for a moment. */
export function uniqueName(): string {
  return `playline-${randomBytes(12).toString('hex')}`
}

/** A program to run. */
export function run(argv: readonly [string, ...string[]], more: Omit<RunStep, 'kind' | 'argv'> = {}): RunStep {
  return { kind: 'run', argv, ...more }
}

/** An operation of the cloud. */
export function call(step: Omit<CloudStep, 'kind'>): CloudStep {
  return { kind: 'cloud', ...step }
}

/** A file to replace. */
export function put(path: string, content: Content, attributes: Omit<PutStep, 'kind' | 'path' | 'content'>): PutStep {
  return { kind: 'put', path, content, ...attributes }
}
