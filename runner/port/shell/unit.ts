/** One piece of a batch of reads: what is sent for it, and how its frames are taken from the reply. */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { FrameReader } from './frames.ts'

export interface Unit {
  /** One line of shell, with its newline (a path or an argument may hold more of them). */
  readonly script: string
  /** How a message names it. */
  readonly what: string
  readonly timeoutMs: number
  /** For messages about a reply that ran away. */
  readonly maxBytes: number
  /**
   * Takes its frames, all of them, and settles its reads. Returns what has to be asked again, one by one. Rejects with a
   * `FrameError` where the stream ends or runs away.
   */
  collect(shell: { readonly stdout: FrameReader; readonly stderr: FrameReader }): Promise<readonly Unit[]>
  /** There is no reply. Returns what can be asked in its place; settles its reads with the problem where that is nothing. */
  refuse(problem: Diagnostic): readonly Unit[]
}
