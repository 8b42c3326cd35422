/** The persistent shell of one (host, user), and the conversation with it. */
import { DiagnosticError, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Become } from '../port.ts'
import { FrameError } from './frames.ts'
import { killGroup, letGo } from './kill.ts'
import { CHANNEL_CLOSE_TIMEOUT_MS } from './limits.ts'
import { openShell, startMarks, type Shell } from './open-shell.ts'
import { connectionLost, overLimit, shellEnded, timedOut, words } from './problems.ts'
import { SESSION_SCRIPT } from './session-script.ts'
import type { Transport } from './transport.ts'
import type { Unit } from './unit.ts'
import { within } from '../within.ts'

/** How far a batch came. */
export interface Progress {
  /** What is still to be asked: the units that were not reached, and those that have to be asked again. */
  readonly remaining: readonly Unit[]
  /** The shell is gone; another one has to be opened for the rest. */
  readonly over: boolean
  /** Why it is gone, where that was not this side's doing. */
  readonly lost: Diagnostic | undefined
}

export class Session {
  readonly #transport: Transport
  readonly #become: Become | undefined
  readonly #shell: Shell
  #group: number | undefined
  #ended = false

  private constructor(transport: Transport, become: Become | undefined, shell: Shell) {
    this.#transport = transport
    this.#become = become
    this.#shell = shell
    void shell.channel.ended.then(() => {
      this.#ended = true
    })
  }

  /** Opens the shell. What it is told first goes out together with the first batch. */
  static async open(transport: Transport, become: Become | undefined): Promise<Session> {
    const session = new Session(transport, become, await openShell(transport, 'session', become))
    void session.#shell.channel.send(startMarks(session.#shell.nonce) + SESSION_SCRIPT)
    return session
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Closes the shell, which is idle. */
  close(): void {
    this.#shell.channel.end()
    void letGo(this.#shell, CHANNEL_CLOSE_TIMEOUT_MS)
  }

  /**
   * Asks for all units at once and takes their replies one after the other, each within its own time. A unit that hangs or
   * runs away costs the shell, not the batch: what comes after it remains.
   */
  async converse(units: readonly Unit[]): Promise<Progress> {
    void this.#shell.channel.send(units.map((unit) => unit.script).join(''))
    this.#group ??= await this.#shell.started()
    const again: Unit[] = []
    for (const [index, unit] of units.entries()) {
      const rest = units.slice(index + 1)
      try {
        const more = await within(unit.collect(this.#shell), unit.timeoutMs)
        if (more === undefined) return await this.#stop(unit, timedOut(unit.what, unit.timeoutMs), [...again, ...rest])
        again.push(...more)
      } catch (error) {
        if (!(error instanceof FrameError)) throw error
        if (error.reason === 'runaway') return await this.#stop(unit, overLimit(unit.what, unit.maxBytes), [...again, ...rest])
        const end = await this.#shell.channel.ended
        const lost = end.lost ?? shellEnded(this.#transport.hostName, unit.what, words(this.#shell.stderr.unfinished()))
        return { remaining: [...again, unit, ...rest], over: true, lost }
      }
    }
    return { remaining: again, over: false, lost: undefined }
  }

  async #stop(unit: Unit, problem: Diagnostic, rest: readonly Unit[]): Promise<Progress> {
    const gone = await killGroup(this.#transport, this.#become, this.#group!, 'now')
    if (!gone) {
      // Not even a second channel was answered: the host is no longer there.
      await this.#transport.close()
      throw new DiagnosticError(connectionLost(this.#transport.hostName, `${problem.summary}; the host did not answer when it was to be stopped`))
    }
    await letGo(this.#shell, CHANNEL_CLOSE_TIMEOUT_MS)
    return { remaining: [...unit.refuse(problem), ...rest], over: true, lost: undefined }
  }
}
