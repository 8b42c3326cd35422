/** Chooses the port for a host. */
import { LocalTransport } from './local/transport.ts'
import type { ConnectionSettings, Port } from './port.ts'
import { ShellPort } from './shell/shell-port.ts'
import type { Channel, OpenOptions, Transport } from './shell/transport.ts'
import { thisPlace, type Place } from './ssh/place.ts'

/**
 * A port for a host. Nothing is opened before the first read or write, and whatever is wrong with the settings is thrown
 * then. After `close` a port may be used again; it connects anew. `place` is where OpenSSH's files are: this machine.
 */
export function openPort(settings: ConnectionSettings, place: Place = thisPlace()): Port {
  const { shell } = settings
  if (settings.connection === 'local')
    return new ShellPort(new LocalTransport(settings.hostName, place.environment), { loginUser: place.userName, shell, isController: true })
  return new ShellPort(new LazySshTransport(settings, place), { loginUser: settings.user, shell })
}

/** ssh2 and what reads OpenSSH's files are loaded with the first channel: a run on the controller alone needs neither. */
class LazySshTransport implements Transport {
  readonly hostName: string
  onFull: (() => void) | undefined
  readonly #settings: ConnectionSettings
  readonly #place: Place
  #transport: Promise<Transport> | undefined
  #loaded: Transport | undefined

  constructor(settings: ConnectionSettings, place: Place) {
    this.hostName = settings.hostName
    this.#settings = settings
    this.#place = place
  }

  /** OpenSSH's client says so as Ansible runs it, with a connection that several programs share. */
  get farewell(): string {
    return `Shared connection to ${this.#settings.address} closed.\r\n`
  }

  get crowded(): boolean {
    return this.#loaded?.crowded ?? false
  }

  async open(commandLine: string, options?: OpenOptions): Promise<Channel> {
    this.#transport ??= import('./ssh/transport.ts').then(({ SshTransport }) => {
      const transport = new SshTransport(this.#settings, this.#place)
      transport.onFull = () => this.onFull?.()
      this.#loaded = transport
      return transport
    })
    return (await this.#transport).open(commandLine, options)
  }

  async close(): Promise<void> {
    await (await this.#transport)?.close()
  }
}
