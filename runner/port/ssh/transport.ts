/** A host over SSH: one connection, opened when it is first needed, shared by everyone who acts there. */
import type { ClientChannel } from 'ssh2'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import type { ConnectionSettings } from '../port.ts'
import { connectionLost } from '../shell/problems.ts'
import type { Channel, OpenOptions, Transport } from '../shell/transport.ts'
import { within } from '../within.ts'
import { SshChannel } from './channel.ts'
import { openConnection, type Connection, type Ssh2 } from './connection.ts'
import type { Place } from './place.ts'
import { Slots } from './slots.ts'
import { resolveTarget } from './target.ts'

/** sshd's default for MaxSessions. A host with fewer tells by refusing one. */
const MAX_CHANNELS = 10
/** A connection whose host is gone answers nothing until keep-alive notices. */
const CHANNEL_OPEN_TIMEOUT_MS = 30_000
/** A host that has just closed a channel may count it for a moment longer. */
const RETRY_MS = 50
const MAX_RETRIES = 40

interface Live {
  readonly connection: Connection
  readonly slots: Slots
}

export class SshTransport implements Transport {
  readonly hostName: string
  onFull: (() => void) | undefined
  readonly #settings: ConnectionSettings
  readonly #place: Place
  #live: Promise<Live> | undefined
  /** How many wait for a channel. */
  #waiting = 0
  /** What `close` cut off is not tried again. */
  #closings = 0

  constructor(settings: ConnectionSettings, place: Place) {
    this.hostName = settings.hostName
    this.#settings = settings
    this.#place = place
  }

  get crowded(): boolean {
    return this.#waiting > 0
  }

  async open(commandLine: string, options: OpenOptions = {}): Promise<Channel> {
    const { urgent = false, terminal = false } = options
    const closings = this.#closings
    let live = await this.#connect()
    for (let retries = 0, reconnected = false; ;) {
      if (!live.slots.tryTake(urgent)) {
        if (urgent) return this.#openElsewhere(commandLine, terminal)
        this.onFull?.()
        this.#waiting += 1
        await live.slots.take()
        this.#waiting -= 1
      }
      const opened = await this.#tryOpen(live, commandLine, terminal)
      if (opened instanceof SshChannel) return opened
      live.slots.give()
      if (live.connection.ended) {
        // The connection was dead before anything was sent on this channel, so nothing is done twice.
        if (reconnected || this.#closings > closings) throw new DiagnosticError(live.connection.ended)
        reconnected = true
        live = await this.#connect()
      } else if (live.slots.taken > 0) live.slots.lower()
      else if (++retries > MAX_RETRIES) throw new DiagnosticError(this.#refused(opened))
      else await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }

  async close(): Promise<void> {
    this.#closings += 1
    const live = this.#live
    this.#live = undefined
    await live?.then(({ connection }) => connection.close()).catch(() => {})
  }

  /** The connection that there is, or a new one. */
  async #connect(): Promise<Live> {
    const current = this.#live
    if (current) {
      const live = await current
      if (!live.connection.ended) return live
      if (this.#live === current) this.#live = undefined
    }
    if (this.#live) return this.#live
    const opening = this.#openConnection()
    this.#live = opening
    // After a failure the next call tries again.
    opening.catch(() => {
      if (this.#live === opening) this.#live = undefined
    })
    return opening
  }

  async #openConnection(): Promise<Live> {
    const target = resolveTarget(this.#settings, this.#place)
    const ssh2 = ((await import('ssh2')) as unknown as { default: Ssh2 }).default
    for (let attempt = 0; ; attempt++) {
      try {
        return { connection: await openConnection(ssh2, target, this.#place), slots: new Slots(MAX_CHANNELS) }
      } catch (error) {
        const again = error instanceof DiagnosticError && error.first.code === 'UNREACHABLE' && attempt < (this.#settings.retries ?? 0)
        if (!again) throw error
        // Ansible's pause: 0, 1, 3, 7, … seconds, at most 30.
        await new Promise((resolve) => setTimeout(resolve, Math.min(2 ** attempt - 1, 30) * 1000))
      }
    }
  }

  /** A channel on a connection of its own, for a host that allows so few on one that none could be kept. */
  async #openElsewhere(commandLine: string, terminal: boolean): Promise<Channel> {
    const live = await this.#openConnection()
    const opened = await this.#tryOpen(live, commandLine, terminal)
    if (!(opened instanceof SshChannel)) {
      await live.connection.close()
      throw new DiagnosticError(this.#refused(opened))
    }
    void opened.ended.then(() => live.connection.close())
    return opened
  }

  async #tryOpen(live: Live, commandLine: string, terminal: boolean): Promise<SshChannel | Error> {
    const { connection, slots } = live
    const opening = new Promise<ClientChannel | Error>((resolve) => {
      void connection.over.then((ended) => resolve(new Error(ended.summary)))
      try {
        connection.client.exec(commandLine, { pty: terminal }, (error, stream) => resolve(error ?? stream))
      } catch (error) {
        resolve(error as Error)
      }
    })
    const opened = await within(opening, CHANNEL_OPEN_TIMEOUT_MS)
    if (opened === undefined) {
      await connection.close()
      throw new DiagnosticError(connectionLost(this.hostName, `no answer within ${CHANNEL_OPEN_TIMEOUT_MS / 1000} s`))
    }
    if (opened instanceof Error) return opened
    opened.once('close', () => slots.give())
    return new SshChannel(opened, connection)
  }

  #refused(error: Error) {
    return {
      code: 'UNREACHABLE',
      severity: 'error',
      summary: `${this.hostName}: logged in, but the host runs no commands for this user`,
      detail: error.message,
    } as const
  }
}
