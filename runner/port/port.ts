/** A port carries reads and writes to one host. Nothing above it knows sockets, shells or processes. */
import type { FileReply, HostRead, QueryReply } from '../contract/resource.ts'
import type { PutStep, RunStep, StepReply } from '../contract/step.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'

/** Who to be on the host. Undefined means: who logged in. */
export interface Become {
  readonly method: 'sudo' | 'su' | 'doas'
  readonly user: string
  readonly password?: string | undefined
  /** Options for the program; undefined: the method's own. */
  readonly flags?: readonly string[] | undefined
  /** The program and what stands before its options; undefined: the one that the method is named after. */
  readonly executable?: readonly string[] | undefined
}

/** The answer to one read: a reply, or why there is none (no such command, over a limit, timed out). */
export type ReadOutcome = { readonly reply: FileReply | QueryReply } | { readonly problem: Diagnostic }

export interface Port {
  /** True where it acts on this machine itself. */
  readonly isController?: boolean
  /**
   * Carries out reads, in their order, in one round trip. The outcomes are in the order of the reads. Throws a
   * `DiagnosticError` (UNREACHABLE, HOST_KEY_…, AUTHENTICATION_FAILED, BECOME_FAILED, CONNECTION_LOST, TIMED_OUT) where the
   * host as a whole does not answer.
   */
  read(reads: readonly HostRead[], options: { become: Become | undefined }): Promise<ReadOutcome[]>
  /**
   * Runs a program. The reply holds whatever exit code it ended with; `okExitCodes` is for the caller. A lost connection
   * throws: what may have run is not sent again.
   */
  run(step: RunStep, options: RunOptions): Promise<StepReply>
  /** Replaces a file atomically. A failing `validate` answers its exit code and output; nothing was replaced then. */
  put(step: PutStep, options: { become: Become | undefined }): Promise<StepReply>
  /** Ends the connection. Never throws; may be called twice. */
  close(): Promise<void>
}

export interface RunOptions {
  readonly become: Become | undefined
  /** Added to the program's environment, and only there. */
  readonly environment?: Readonly<Record<string, string>>
  /** When it is ended though its own limit allows more, in milliseconds since 1970. */
  readonly deadline?: number | undefined
  /** It is started, and goes on by itself whatever becomes of the connection; the reply is of the start. */
  readonly detached?: DetachedRun | undefined
}

/** A program that runs on by itself. On the host, `~/.ansible_async/ID` holds what it says and, in the end, its exit code in `rc`. */
export interface DetachedRun {
  readonly id: string
  /** It is ended after that. */
  readonly limitSeconds: number
}

/** How to reach a host; what stands in the inventory's connection variables and the command line. */
export interface ConnectionSettings {
  readonly connection: 'ssh' | 'local'
  /** The inventory's name, for messages. */
  readonly hostName: string
  readonly address: string
  readonly port: number | undefined
  readonly user: string | undefined
  readonly privateKeyFiles: readonly string[]
  readonly password: string | undefined
  readonly connectTimeoutMs: number
  /** How often a login is tried again where the host cannot be reached; default 0. */
  readonly retries?: number | undefined
  /** What runs the command lines of tasks (`ansible_shell_executable`); undefined: /bin/sh. */
  readonly shell?: string | undefined
  /** OpenSSH's client options that stand before all others (`ansible_ssh_args`), split into words. */
  readonly leadingSshArguments?: readonly string[] | undefined
  /** OpenSSH's client options as given in `ansible_ssh_common_args` and `_extra_args`, split into words. */
  readonly sshArguments: readonly string[]
  /** `strict` refuses unknown keys, `accept-new` writes them down, `off` is for where a user asked for no checking. */
  readonly hostKeyChecking: 'strict' | 'accept-new' | 'off'
}
