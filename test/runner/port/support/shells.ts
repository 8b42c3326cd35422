/** The shells that a host may have as /bin/sh, as transports: dash, bash, and busybox with nothing but its own tools. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LocalChannel } from '../../../../runner/port/local/channel.ts'
import { connectionLost } from '../../../../runner/port/shell/problems.ts'
import type { Channel, Transport } from '../../../../runner/port/shell/transport.ts'

interface TestTransport extends Transport {
  /** Command lines in the order in which they were opened. */
  readonly opened: string[]
  /** All text that was sent, on all channels. */
  readonly sent: string[]
  channels(): number
}

export interface TestShell {
  readonly name: string
  /** Why it cannot be tested here, or false. */
  readonly skip: string | false
  /** `path` stands before the shell's own PATH; `shell` takes the shell's place. */
  transport(options?: { path?: string; shell?: string; environment?: Readonly<Record<string, string>> }): TestTransport
}

export function shells(teardown: (end: () => void) => void): TestShell[] {
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path))
  return [
    shellOf('dash', existsSync('/bin/dash') && '/bin/dash', process.env['PATH']!),
    shellOf('bash', existsSync('/bin/bash') && bashAsSh(teardown), process.env['PATH']!),
    shellOf('busybox', busybox !== undefined && `${busybox} sh`, busybox === undefined ? '' : appletsOf(busybox, teardown)),
  ]
}

function shellOf(name: string, command: string | false, path: string): TestShell {
  return {
    name,
    skip: command === false ? `no ${name} here` : false,
    transport: ({ path: before, shell = command as string, environment = {} } = {}) =>
      testTransport(shell, { HOME: '/root', ...environment, PATH: before === undefined ? path : `${before}:${path}` }),
  }
}

function testTransport(shell: string, environment: Readonly<Record<string, string>>): TestTransport {
  const channels = new Set<LocalChannel>()
  const opened: string[] = []
  const sent: string[] = []
  return {
    hostName: 'web1',
    onFull: undefined,
    crowded: false,
    opened,
    sent,
    channels: () => channels.size,
    async open(commandLine: string): Promise<Channel> {
      const line = commandLine.replaceAll(/(?<![\w-])\/bin\/sh\b/g, shell)
      opened.push(line)
      const channel = await LocalChannel.start('web1', line, environment)
      channels.add(channel)
      void channel.ended.then(() => channels.delete(channel))
      const send = channel.send.bind(channel)
      channel.send = (data) => {
        if (typeof data === 'string') sent.push(data)
        return send(data)
      }
      return channel
    },
    close: async () => {
      for (const channel of channels) channel.terminate(connectionLost('web1'))
    },
  }
}

/** Under its own name it would read the user's .bashrc, as it takes a socket for a network login. */
function bashAsSh(teardown: (end: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'playline-bash-'))
  teardown(() => rmSync(folder, { recursive: true, force: true }))
  symlinkSync('/bin/bash', join(folder, 'sh'))
  return join(folder, 'sh')
}

function appletsOf(busybox: string, teardown: (end: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'playline-busybox-'))
  teardown(() => rmSync(folder, { recursive: true, force: true }))
  execFileSync(busybox, ['--install', '-s', folder])
  return folder
}
