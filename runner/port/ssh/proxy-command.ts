/** A connection through a program's standard input and output (`ProxyCommand`). */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { Duplex } from 'node:stream'

const MAX_WORDS_BYTES = 4096

export class ProxyCommandStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams
  #words = ''
  #exit: string | undefined

  /** The command is run by `/bin/sh`, in a process group of its own. */
  constructor(command: string, environment: Readonly<Record<string, string | undefined>>) {
    super()
    this.#child = spawn('/bin/sh', ['-c', command], { detached: true, stdio: 'pipe', env: { ...environment } })
    const { stdin, stdout, stderr } = this.#child
    stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) stdout.pause()
    })
    stdout.on('end', () => this.push(null))
    stderr.on('data', (chunk: Buffer) => {
      this.#words = (this.#words + chunk.toString('utf8')).slice(-MAX_WORDS_BYTES)
    })
    // A program that is gone is told by the end of its output.
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => {})
    this.#child.on('error', (error) => {
      this.#exit = error.message
      this.push(null)
    })
    this.#child.on('exit', (code, signal) => {
      this.#exit = signal ? `ended by ${signal}` : code === 0 ? undefined : `exit code ${code}`
    })
  }

  /** What the program said on standard error, and how it ended. */
  get words(): string {
    return [this.#words.trim(), this.#exit ?? ''].filter((part) => part !== '').join('\n')
  }

  /** Resolves when the program has ended and all its words are in, at the latest after `limitMs`. */
  async settled(limitMs: number): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs)
      this.#child.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  override _read(): void {
    this.#child.stdout.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#child.stdin.write(chunk, () => callback())
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#child.stdin.end(() => callback())
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const { pid } = this.#child
    if (pid !== undefined && this.#child.exitCode === null) {
      try {
        process.kill(-pid, 'SIGTERM')
      } catch {
        // Gone already.
      }
    }
    callback(error)
  }
}
