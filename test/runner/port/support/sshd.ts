/**
 * A real sshd on a high port of 127.0.0.1, in a mount namespace of its own: users, passwords, sudoers and keys are made for
 * the test, and the machine's own are not touched. Needs root, openssh-server and sudo; `missing()` says what is not there.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectionSettings } from '../../../../runner/port/port.ts'
import type { Place } from '../../../../runner/port/ssh/place.ts'

/** Users of every sshd: who may do what with sudo. */
export const BOB_PASSWORD = 'correct horse'
const BOB_HASH = '$6$playline$Gk7M5gbubHllNSfnSV5/sx5m6l/jP432zjJR9luXj.0cCU7KcHlql6vCcXPB9tv9I6haepYMbU123J8w8KO0v1'
const USERS = [
  { name: 'alice', uid: 23001, hash: '*', sudo: 'alice ALL=(ALL) NOPASSWD: ALL' },
  { name: 'bob', uid: 23002, hash: BOB_HASH, sudo: 'bob ALL=(ALL) ALL' },
  { name: 'carol', uid: 23003, hash: '*', sudo: '' },
] as const

export interface Sshd {
  readonly port: number
  readonly folder: string
  /** A client's private key that every user accepts. */
  readonly key: string
  /** Public host keys by type (`ed25519`, `rsa`, `ecdsa`): the two words of a known_hosts line after the host. */
  readonly hostKeys: Readonly<Record<string, string>>
  /** A controller's place with an empty `.ssh`. */
  readonly place: Place
  /** Writes a file of the controller's `.ssh`; answers its path. */
  inSsh(name: string, text: string): string
  /** `known_hosts` with all host keys. */
  trust(): void
  settings(more?: Partial<ConnectionSettings>): ConnectionSettings
  /** What sshd said. */
  log(): string
  stop(): Promise<void>
}

/** What the machine lacks for these tests, or false. For tap's `skip`. */
export function missing(): string | false {
  if (process.getuid?.() !== 0) return 'needs root'
  for (const program of ['/usr/sbin/sshd', '/usr/bin/ssh-keygen', '/usr/bin/sudo', '/usr/bin/unshare']) {
    if (!existsSync(program)) return `needs ${program}`
  }
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' })
    return false
  } catch {
    return 'needs mount namespaces'
  }
}

export async function startSshd(options: { config?: string; hostKeyTypes?: readonly string[]; shell?: string; sudoers?: string } = {}): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'playline-sshd-'))
  chmodSync(folder, 0o755)
  const at = (...names: string[]) => join(folder, ...names)
  for (const name of ['client', 'client/home', 'client/home/.ssh', 'server', 'server/home', 'server/sudoers.d']) mkdirSync(at(name))

  keygen('ed25519', at('client/key'))
  const hostKeys: Record<string, string> = {}
  for (const type of options.hostKeyTypes ?? ['ed25519', 'rsa', 'ecdsa']) {
    keygen(type, at('server', `host_${type}`))
    hostKeys[type] = readFileSync(at('server', `host_${type}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ')
  }
  writeFileSync(at('server/authorized_keys'), readFileSync(at('client/key.pub')))
  accounts(folder, options.shell ?? '/bin/sh', options.sudoers ?? '')
  const port = await freePort()
  writeFileSync(at('server/sshd_config'), sshdConfig(folder, port, hostKeys, options.config ?? ''))
  writeFileSync(at('server/start.sh'), startScript(folder))

  const child = spawn('unshare', ['-m', '--propagation', 'private', '/bin/sh', at('server/start.sh')], { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString('utf8')
      if (log.includes('Server listening on')) resolve()
    })
    child.once('exit', () => reject(new Error(`sshd ended:\n${log}`)))
  })

  const place: Place = {
    home: at('client/home'),
    userName: 'alice',
    localHostName: 'controller.example',
    environment: { PATH: process.env['PATH'], HOME: at('client/home') },
    systemConfigFile: at('client/ssh_config'),
    systemKnownHostsFiles: [at('client/ssh_known_hosts')],
  }
  const inSsh = (name: string, text: string) => {
    const path = at('client/home/.ssh', name)
    writeFileSync(path, text)
    return path
  }
  return {
    port,
    folder,
    key: at('client/key'),
    hostKeys,
    place,
    inSsh,
    trust: () => {
      inSsh(
        'known_hosts',
        Object.values(hostKeys)
          .map((key) => `[127.0.0.1]:${port} ${key}\n`)
          .join(''),
      )
    },
    settings: (more = {}) => ({
      connection: 'ssh',
      hostName: 'web1',
      address: '127.0.0.1',
      port,
      user: 'alice',
      privateKeyFiles: [at('client/key')],
      password: undefined,
      connectTimeoutMs: 15_000,
      sshArguments: [],
      hostKeyChecking: 'strict',
      ...more,
    }),
    log: () => log,
    stop: async () => {
      await end(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function keygen(type: string, path: string, passphrase = ''): void {
  execFileSync('ssh-keygen', ['-q', '-t', type, ...(type === 'rsa' ? ['-b', '2048'] : []), '-N', passphrase, '-C', 'test', '-f', path])
}

/** Ends a process that a test started, with its group. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  process.kill(-child.pid, 'SIGTERM')
  await exited
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A relay in front of a port, whose connections a test can cut. */
export async function startRelay(
  target: number,
): Promise<{ port: number; connections(): number; cutAfterBytes(bytes: number): void; cut(): void; freeze(): void; stop(): Promise<void> }> {
  let sent = 0
  let limit = Infinity
  let frozen = false
  let count = 0
  const pairs = new Set<() => void>()
  const server = createServer((client) => {
    count += 1
    const upstream = connect({ host: '127.0.0.1', port: target, noDelay: true })
    const destroy = () => {
      client.destroy()
      upstream.destroy()
      pairs.delete(destroy)
    }
    pairs.add(destroy)
    client.on('data', (chunk) => {
      if (frozen) return
      sent += chunk.length
      if (sent > limit) destroy()
      else upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (!frozen) client.write(chunk)
    })
    for (const socket of [client, upstream]) socket.on('error', destroy).on('close', destroy)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const destroy of pairs) destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => count,
    /** From now on, counted from the client. */
    cutAfterBytes: (bytes) => {
      sent = 0
      limit = bytes
    },
    cut: () => {
      limit = Infinity
      cut()
    },
    freeze: () => {
      frozen = true
    },
    stop: async () => {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function accounts(folder: string, shell: string, sudoers: string): void {
  const at = (name: string) => join(folder, 'server', name)
  const extend = (file: string, lines: readonly string[]) =>
    writeFileSync(at(file), `${readFileSync(`/etc/${file}`, 'utf8').replace(/\n*$/, '\n')}${lines.join('\n')}\n`)
  extend(
    'passwd',
    USERS.map(({ name, uid }) => `${name}:x:${uid}:${uid}::${at(`home/${name}`)}:${shell}`),
  )
  extend(
    'group',
    USERS.map(({ name, uid }) => `${name}:x:${uid}:`),
  )
  extend(
    'shadow',
    USERS.map(({ name, hash }) => `${name}:${hash}:19000:0:99999:7:::`),
  )
  chmodSync(at('shadow'), 0o640)
  writeFileSync(at('sudoers.d/test'), [sudoers, ...USERS.map(({ sudo }) => sudo)].join('\n') + '\n')
  chmodSync(at('sudoers.d/test'), 0o440)
  for (const { name, uid } of USERS) {
    mkdirSync(at(`home/${name}`))
    chownSync(at(`home/${name}`), uid, uid)
  }
}

function sshdConfig(folder: string, port: number, hostKeys: Readonly<Record<string, string>>, more: string): string {
  const server = join(folder, 'server')
  return `${more}
Port ${port}
ListenAddress 127.0.0.1
${Object.keys(hostKeys)
  .map((type) => `HostKey ${server}/host_${type}`)
  .join('\n')}
AuthorizedKeysFile ${server}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication yes
PermitRootLogin yes
PidFile none
MaxStartups 100
LogLevel VERBOSE
`
}

/** Runs inside the namespace, then becomes sshd. */
function startScript(folder: string): string {
  const server = join(folder, 'server')
  // Where there is doas, its file has to be made: in a layer over /etc that nobody else sees.
  return `set -e
if [ -x /usr/bin/doas ]; then
  mkdir ${server}/etc
  mount -t tmpfs tmpfs ${server}/etc
  mkdir ${server}/etc/upper ${server}/etc/work
  mount -t overlay overlay -o lowerdir=/etc,upperdir=${server}/etc/upper,workdir=${server}/etc/work /etc
  printf 'permit bob as carol\\npermit nopass alice as carol\\n' >/etc/doas.conf
  chmod 600 /etc/doas.conf
fi
for file in passwd group shadow; do mount --bind ${server}/$file /etc/$file; done
mount --bind ${server}/sudoers.d /etc/sudoers.d
mount -t tmpfs tmpfs /run
mkdir /run/sshd
exec /usr/sbin/sshd -D -e -f ${server}/sshd_config
`
}
