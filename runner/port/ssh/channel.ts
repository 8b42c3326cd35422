/** A session channel of an SSH connection. */
import type { ClientChannel } from 'ssh2'
import type { Channel, ChannelEnd } from '../shell/transport.ts'
import type { Connection } from './connection.ts'

/**
 * A program that was left behind may hold the output open after the shell's exit. The host tells the exit first and sends
 * what is in the pipes afterwards; so much silence means that there is no more.
 */
const SILENCE_MS = 1000

export class SshChannel implements Channel {
  readonly ended: Promise<ChannelEnd>
  readonly #stream: ClientChannel
  #over = false
  #finish: () => void = () => {}
  #silence: NodeJS.Timeout | undefined

  constructor(stream: ClientChannel, connection: Connection) {
    this.#stream = stream
    let exitCode: number | undefined
    stream.once('exit', (code: number | null) => {
      exitCode = code ?? undefined
      this.#silence = setTimeout(() => this.destroy(), SILENCE_MS)
    })
    stream.on('error', () => {})
    stream.stderr.on('error', () => {})
    this.ended = new Promise((resolve) => {
      this.#finish = () => {
        clearTimeout(this.#silence)
        this.#over = true
        resolve({ exitCode, lost: connection.ended })
      }
    })
    // Both streams have ended by then.
    stream.once('close', () => this.#finish())
  }

  receive(stdout: (chunk: Buffer) => void, stderr: (chunk: Buffer) => void): void {
    this.#stream.on('data', (chunk: Buffer) => {
      this.#silence?.refresh()
      stdout(chunk)
    })
    this.#stream.stderr.on('data', (chunk: Buffer) => {
      this.#silence?.refresh()
      stderr(chunk)
    })
  }

  async send(data: string | Buffer): Promise<boolean> {
    if (!this.#takesMore()) return false
    // ssh2 never calls back for data that it can no longer send.
    await Promise.race([new Promise<void>((resolve) => this.#stream.write(data, () => resolve())), this.ended])
    return this.#takesMore()
  }

  end(): void {
    if (this.#takesMore()) this.#stream.end()
  }

  destroy(): void {
    if (this.#over) return
    this.#stream.close()
    this.#finish()
  }

  #takesMore(): boolean {
    return !this.#over && this.#stream.writable
  }
}
