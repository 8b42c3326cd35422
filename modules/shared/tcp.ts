/** TCP as the host sees it: its own sockets from /proc/net, others by connecting to them. */
import { query } from '../../runner/module.ts'
import type { Probe, QueryReply } from '../../runner/module.ts'

export interface Socket {
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  /** `LISTEN`, `ESTABLISHED`, …, in Ansible's spelling. */
  readonly state: string
}

/** The kernel's numbers (include/net/tcp_states.h). */
const STATES: Readonly<Record<string, string>> = {
  '01': 'ESTABLISHED',
  '02': 'SYN_SENT',
  '03': 'SYN_RECV',
  '04': 'FIN_WAIT1',
  '05': 'FIN_WAIT2',
  '06': 'TIME_WAIT',
  '07': 'CLOSE',
  '08': 'CLOSE_WAIT',
  '09': 'LAST_ACK',
  '0A': 'LISTEN',
  '0B': 'CLOSING',
}

/** All sockets of the host's network namespace. Exit code 1: a kernel without IPv6 has no second file. */
export function tcpSockets(): Probe<readonly Socket[]> {
  return query('live:tcp sockets', ['cat', '/proc/net/tcp', '/proc/net/tcp6'], (reply) => socketsIn(reply.stdout), {
    okExitCodes: [0, 1],
    maxBytes: 64 * 1024 * 1024,
  })
}

export function socketsIn(text: string): Socket[] {
  return [...text.matchAll(/^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+):[0-9A-F]{4} ([0-9A-F]{2}) /gm)].map(([, local, port, remote, state]) => ({
    localAddress: addressOf(local!),
    localPort: Number.parseInt(port!, 16),
    remoteAddress: addressOf(remote!),
    state: STATES[state!] ?? state!,
  }))
}

/** Words of 32 bits, each in the host's byte order, which is little-endian on all machines that matter here. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex')].reverse())
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255) return bytes.slice(12).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[index * 2]! << 8) | bytes[index * 2 + 1]!).toString(16))
  return groups.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::')
}

/** The scripts never change; host and port are their arguments. */
const CONNECT = ': <"/dev/tcp/$0/$1"'
const LISTEN = 'exec 3<"/dev/tcp/$0/$1" && { while IFS= read -r -t 1 -u 3 l; do printf "%s\\n" "$l"; done; printf %s "$l"; }'

/** What the other side of a connection says by itself, until it is silent for a second; undefined where there is no connection. */
export function tcpGreeting(host: string, port: number, timeoutSeconds: number): Probe<string | undefined> {
  return query(
    `live:tcp greeting ${host} ${port}`,
    ['timeout', String(timeoutSeconds), 'bash', '-c', LISTEN, host, String(port)],
    // What came before the time was over counts.
    ({ exitCode, stdout }) => (exitCode === 1 ? undefined : stdout),
    { okExitCodes: [0, 1, 124], timeoutMs: timeoutSeconds * 1000 + 5_000, maxBytes: 16 * 1024 * 1024 },
  )
}

/** Whether a connection to a host and port comes about: undefined where it does, else why not. */
export function tcpConnect(host: string, port: number, timeoutSeconds: number): Probe<string | undefined> {
  return query(`live:tcp ${host} ${port}`, ['timeout', String(timeoutSeconds), 'bash', '-c', CONNECT, host, String(port)], connectFailure, {
    okExitCodes: [0, 1, 124],
    timeoutMs: timeoutSeconds * 1000 + 5_000,
  })
}

function connectFailure({ exitCode, stderr }: QueryReply): string | undefined {
  if (exitCode === 0) return undefined
  if (exitCode === 124) return 'no answer in time'
  // bash: connect: Connection refused; bash: example.invalid: Name or service not known
  return /(?:connect|\/dev\/tcp\/\S+|[\w.:-]+): ([^:\n]+)$/m.exec(stderr.split('\n')[0] ?? '')?.[1] ?? stderr.trim()
}
