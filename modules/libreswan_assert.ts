import { param, query, read, z, type QueryReply } from '../runner/module.ts'

/** What pluto says of one connection: the serial numbers of its newest SAs, 0 where there is none. */
interface ConnectionState {
  readonly ikeSa: number
  readonly espSa: number
}

export default read({
  summary: 'Waits until Libreswan has security associations for connections, and says which are missing.',
  params: () =>
    z
      .object({
        connections: param.list(param.nonEmptyString()).describe('The names of the connections, as their `conn` sections have them.'),
        sa: z
          .enum(['ike', 'esp'])
          .default('esp')
          .describe('What each connection has to have: `ike`, an IKE SA (phase 1), or `esp`, an IPsec SA (phase 2) as well.'),
        timeout: param.number(0, 3600).default(60).describe('How long to wait, in seconds.'),
        sleep: param.number(0.1, 60).default(1).describe('How long to wait between two looks, in seconds.'),
      })
      .strict(),
  examples: [{ name: 'both tunnels are up', args: 'connections: [Tunnel-1, Tunnel-2]\nsa: esp\ntimeout: 60' }],
  returns: {
    connections: 'By name: `ike_sa` and `esp_sa`, the serial numbers of the newest SAs, 0 where there is none.',
    kernel_esp: 'Whether the kernel has ESP (RFC 4303). Without it no connection gets beyond its IKE SA.',
  },

  probe: () => ({
    pluto: query('live:libreswan', ['ipsec', 'whack', '--status'], parseStatus, { label: 'pluto', okExitCodes: [0, 1, 10, 127] }),
    // Builtin or loaded: `ipsec start` loads the module where there is one.
    kernel: query('live:kernel-esp', ['grep', '-cw', '-m1', 'esp_input', '/proc/kallsyms'], (reply) => reply.stdout.trim() !== '0', {
      label: 'ESP in the kernel',
      okExitCodes: [0, 1],
    }),
  }),

  missing({ pluto, kernel }, { connections, sa }) {
    if (pluto === null) return ['pluto is not running: `systemctl status ipsec` says why']
    return connections.flatMap((name) => {
      const connection = pluto[name]
      if (!connection) return [`${name}: pluto has no such connection; it read ${Object.keys(pluto).join(', ') || 'none'}`]
      if (connection.ikeSa === 0) return [`${name}: no IKE SA: the other end does not answer, or refuses the proposals, the identity or the shared secret`]
      if (sa === 'esp' && connection.espSa === 0) {
        return [
          kernel
            ? `${name}: an IKE SA, but no ESP SA: the proposals of phase 2 or the subnets do not match`
            : `${name}: an IKE SA, but no ESP SA: this kernel has no ESP`,
        ]
      }
      return []
    })
  },

  wait: ({ timeout, sleep }) => ({ timeoutMs: timeout * 1000, intervalMs: sleep * 1000 }),

  evidence: () => [
    query('live:ipsec-journal', ['journalctl', '-u', 'ipsec', '-n', '20', '--no-pager', '-o', 'cat'], (reply) => reply.stdout, {
      label: 'the last lines of the journal of ipsec',
      okExitCodes: [0, 1, 127],
    }),
  ],

  result({ state: { pluto, kernel }, params: { connections } }) {
    const found = connections.map((name) => [name, { ike_sa: pluto?.[name]?.ikeSa ?? 0, esp_sa: pluto?.[name]?.espSa ?? 0 }])
    return { connections: Object.fromEntries(found) as unknown, kernel_esp: kernel }
  },
})

/**
 * Connections by name from `ipsec whack --status` (Libreswan 3.x to 5.x), or null where pluto does not answer. The line that
 * counts: `000 "Tunnel-1":   newest ISAKMP SA: #1; newest IPsec SA: #2; conn serial: $1;`.
 */
export function parseStatus(reply: QueryReply): Readonly<Record<string, ConnectionState>> | null {
  if (reply.exitCode !== 0) return null
  const connections: Record<string, ConnectionState> = {}
  for (const line of reply.stdout.split('\n')) {
    const match = /^000 "([^"]+)"(?:\[\d+\])?[^:]*:\s+newest (?:ISAKMP|IKE) SA: #(\d+); newest (?:IPsec|Child|ESP\/AH) SA: #(\d+);/.exec(line)
    if (match) connections[match[1]!] = { ikeSa: Number(match[2]), espSa: Number(match[3]) }
  }
  return connections
}
