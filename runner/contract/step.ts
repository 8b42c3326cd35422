/** What a module may do: writes, described as data and yielded one at a time. The engine carries them out. */
import type { CloudReply, CloudStep } from './cloud.ts'
import type { Content } from './content.ts'
import type { QueryReply } from './resource.ts'

export type Step = RunStep | PutStep | CloudStep

/** Runs a program without a shell. */
export interface RunStep {
  readonly kind: 'run'
  readonly argv: readonly [string, ...string[]]
  readonly stdin?: string | Buffer
  /** Exit codes that do not fail the task. Default: 0 alone. `'any'` hands every code to the module. */
  readonly okExitCodes?: readonly number[] | 'any'
  readonly chdir?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Default 600,000. */
  readonly timeoutMs?: number
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
}

/** What a step answers; a `put` answers exit code 0 and nothing else, a call of the cloud exit code 0 and `cloud`. */
export interface StepReply extends QueryReply {
  readonly cloud?: CloudReply
}

/**
 * Thrown by a module where a reply that it asked for with `okExitCodes: 'any'` is a failure after all. The task fails with
 * the message; the reply's words are shown with it.
 */
export class StepFailure extends Error {
  readonly reply: StepReply
  constructor(message: string, reply: StepReply) {
    super(message)
    this.name = 'StepFailure'
    this.reply = reply
  }
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
