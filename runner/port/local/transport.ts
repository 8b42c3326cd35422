/** The controller itself, through the same shell protocol: each channel is a `/bin/sh` of its own. */
import { connectionLost } from '../shell/problems.ts'
import type { Channel, Transport } from '../shell/transport.ts'
import { LocalChannel } from './channel.ts'

export class LocalTransport implements Transport {
  readonly hostName: string
  /** Never called: there is no limit on channels here. */
  onFull: (() => void) | undefined
  readonly crowded = false
  readonly #environment: NodeJS.ProcessEnv
  readonly #channels = new Set<LocalChannel>()

  constructor(hostName: string, environment: NodeJS.ProcessEnv) {
    this.hostName = hostName
    this.#environment = cleaned(environment)
  }

  async open(commandLine: string): Promise<Channel> {
    const channel = await LocalChannel.start(this.hostName, commandLine, this.#environment)
    this.#channels.add(channel)
    void channel.ended.then(() => this.#channels.delete(channel))
    return channel
  }

  close(): Promise<void> {
    for (const channel of this.#channels) channel.terminate(connectionLost(this.hostName, 'it was closed on this side'))
    this.#channels.clear()
    return Promise.resolve()
  }
}

/** What was set for Node, npm or this program alone does not reach the programs of a task; everything else does, as with Ansible. */
function cleaned(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(NODE_|npm_|PLAYLINE_|INIT_CWD$)/.test(name)))
}
