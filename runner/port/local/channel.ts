/** A child process as a channel. It leads a process group of its own, so that it can be ended with all it started. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { DiagnosticError, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Channel, ChannelEnd } from '../shell/transport.ts'

/** After the shell's exit, for what is still in the pipes: a process left behind may hold them open for ever. */
const DRAIN_MS = 300

export class LocalChannel implements Channel {
  readonly ended: Promise<ChannelEnd>
  readonly #child: ChildProcessWithoutNullStreams
  #over = false
  /** Why it was ended by this side. */
  #lost: Diagnostic | undefined

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    // A child that stopped reading is no error of ours; `ended` tells where it is gone.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => {})
    this.ended = new Promise((resolve) => {
      const finish = () => {
        this.#over = true
        resolve({ exitCode: child.exitCode ?? undefined, lost: this.#lost })
      }
      child.once('close', finish)
      child.once('exit', () => {
        const timer = setTimeout(() => this.destroy(), DRAIN_MS)
        child.once('close', () => clearTimeout(timer))
      })
    })
  }

  /** Throws UNREACHABLE where not even /bin/sh can be started. */
  static async start(hostName: string, commandLine: string, environment: NodeJS.ProcessEnv): Promise<LocalChannel> {
    const child = spawn('/bin/sh', ['-c', commandLine], { detached: true, stdio: 'pipe', env: environment })
    const channel = new LocalChannel(child)
    try {
      await once(child, 'spawn')
    } catch (error) {
      const { message } = error as Error
      throw new DiagnosticError({ code: 'UNREACHABLE', severity: 'error', summary: `${hostName}: cannot start /bin/sh`, detail: message })
    }
    return channel
  }

  receive(stdout: (chunk: Buffer) => void, stderr: (chunk: Buffer) => void): void {
    this.#child.stdout.on('data', stdout)
    this.#child.stderr.on('data', stderr)
  }

  async send(data: string | Buffer): Promise<boolean> {
    if (!this.#takesMore()) return false
    if (!this.#child.stdin.write(data)) {
      await Promise.race([new Promise((resolve) => this.#child.stdin.once('drain', resolve).once('close', resolve)), this.ended])
    }
    return this.#takesMore()
  }

  end(): void {
    this.#child.stdin.end()
  }

  destroy(): void {
    this.#child.stdin.destroy()
    this.#child.stdout.destroy()
    this.#child.stderr.destroy()
  }

  #takesMore(): boolean {
    return !this.#over && this.#child.stdin.writable
  }

  /** Ends what still runs, as a closed terminal would. */
  terminate(why: Diagnostic): void {
    this.#lost = why
    if (this.#over || this.#child.pid === undefined) return
    try {
      process.kill(-this.#child.pid, 'SIGTERM')
    } catch {
      // It is gone already.
    }
    this.destroy()
  }
}
