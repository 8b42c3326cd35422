/** Writing that is done when it returns: at the end of a process there is nobody left to wait for a pipe. */
import { writeSync } from 'node:fs'

/** How long to wait before a full pipe is tried again, in milliseconds. */
const FULL_PIPE_MS = 5

/** Writes a text to its end, however slowly it is read. Where nobody reads any more, the rest is dropped. */
export function writeWhole(descriptor: number, text: string): void {
  const bytes = Buffer.from(text)
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') return
      if (code !== 'EAGAIN') throw error
      Atomics.wait(sleeper, 0, 0, FULL_PIPE_MS)
    }
  }
}
