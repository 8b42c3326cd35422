/**
 * What the shell protocol asks of a connection: command lines, each on a channel of its own. `ssh` and `local` provide it.
 */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'

export interface OpenOptions {
  readonly urgent?: boolean
  /** The program gets a terminal: everything it prints is standard output then, and closing the channel ends it. */
  readonly terminal?: boolean
}

export interface Transport {
  /** The inventory's name of the host, for messages. */
  readonly hostName: string
  /**
   * Hands a command line to the login shell. Connects first where there is no connection; waits where the connection has
   * no channel left. `urgent` is for ending what hangs: it takes the channel that is kept free for that.
   *
   * Throws a `DiagnosticError`: UNREACHABLE, HOST_KEY_…, AUTHENTICATION_FAILED, CONNECTION_LOST.
   */
  open(commandLine: string, options?: OpenOptions): Promise<Channel>
  /** What OpenSSH's client says when a program on a terminal has ended; undefined where programs get none. */
  readonly farewell?: string
  /** Told when `open` has to wait for a channel: whoever keeps an idle one should close it then. */
  onFull: (() => void) | undefined
  /** Whether someone waits for a channel now: none should be kept idle. */
  readonly crowded: boolean
  /** Ends the connection with all its channels. Never throws. A later `open` connects again. */
  close(): Promise<void>
}

export interface Channel {
  /** Has to be called at once: output that nobody receives stops the program. */
  receive(stdout: (chunk: Buffer) => void, stderr: (chunk: Buffer) => void): void
  /** Resolves when there is room for more: true; or when the channel has ended: false. Never rejects. */
  send(data: string | Buffer): Promise<boolean>
  /** No more input. */
  end(): void
  /** Resolves, after the last output was received. */
  readonly ended: Promise<ChannelEnd>
  /** Closes the channel now. What runs on the host is not ended by that. */
  destroy(): void
}

export interface ChannelEnd {
  /** Undefined where the host told none. */
  readonly exitCode: number | undefined
  /** Why the connection ended, where it was not this channel alone. */
  readonly lost: Diagnostic | undefined
}
