import t from 'tap'
import module from '../../modules/vtysh_assert.ts'
import type { ReadModule } from '../../runner/module.ts'
import { answer, parametersOf, simulateRead } from '../support/module.ts'
import { fixture } from '../support/recorded.ts'

/**
 * Two bgpd, one with each version, in network namespaces: r1 (65000, 10.10.10.1) has the neighbours 10.10.10.2 (r2, 31898, which
 * announces two prefixes) and 10.10.10.6 (nobody). `no-policy` is without route-maps, `up` with them, `down` after r2 ended.
 */
const CASES = ['7.5', '8.4'] as const
const host = (name: string) => ({
  'live:bgp summary default ipv4': answer(fixture(`frr/${name}-summary.json`)),
  'live:bgp neighbors default ipv4': answer(fixture(`frr/${name}-neighbors.json`)),
  'live:bgp routes default ipv4 10.10.10.2': answer(fixture(`frr/${name}-routes.json`)),
  'live:bgp advertised default ipv4 10.10.10.2': answer(fixture(`frr/${name}-advertised.json`)),
})

for (const version of CASES) {
  t.test(`FRR ${version}`, async (t) => {
    const table: { on: string; args: string; missing?: (string | RegExp)[] }[] = [
      { on: 'up', args: 'neighbors: [{ address: 10.10.10.2, remote_as: 31898, received: { exactly: 2 }, sent: { at_least: 1 } }]' },
      {
        on: 'up',
        args: 'neighbors: [{ address: 10.10.10.2, received: { prefixes: [172.16.1.0/24, 172.16.0.0/24] }, sent: { prefixes: 10.0.0.0/16 }, up_for_seconds: 3 }]',
      },
      { on: 'up', args: 'neighbours: [{ address: 10.10.10.6, state: Active }]' },
      {
        on: 'up',
        args: 'neighbors: [{ address: 10.10.10.2, remote_as: 65001, received: { prefixes: [172.16.0.0/24, 172.16.2.0/24], at_least: 3 }, up_for_seconds: 3600 }]',
        missing: [
          '10.10.10.2: its autonomous system is 31898, not 65001',
          /^10\.10\.10\.2: Established since \d+ s, not yet for 3600 s$/,
          '10.10.10.2: received 2 prefixes (172.16.0.0/24, 172.16.1.0/24), wanted at least 3, missing 172.16.2.0/24, not expected 172.16.1.0/24',
        ],
      },
      { on: 'up', args: 'neighbors: [{ address: 10.10.10.2, sent: { exactly: 2 } }]', missing: ['10.10.10.2: sent 1 prefix, wanted 2'] },
      {
        on: 'up',
        args: 'neighbors: [{ address: 10.10.10.2 }, { address: 10.10.10.6 }, { address: 10.10.10.9 }]',
        missing: ['10.10.10.6: Active, was never Established', '10.10.10.9: no such neighbour; FRR has 10.10.10.2, 10.10.10.6'],
      },
      { on: 'up', args: 'neighbors: [{ address: 10.10.10.2, state: Idle }]', missing: [/^10\.10\.10\.2: Established since \d+ s, not Idle$/] },
      { on: 'no-policy', args: 'neighbors: [{ address: 10.10.10.2 }]' },
      {
        on: 'no-policy',
        args: 'neighbors: [{ address: 10.10.10.2, received: { at_least: 1 }, sent: { prefixes: [10.0.0.0/16] } }]',
        missing: [
          /^10\.10\.10\.2: Established, but no prefix is accepted: it has no inbound policy \(RFC 8212, `\(Policy\)`\); give it a `route-map … in`/,
          /no prefix is sent: it has no outbound policy/,
        ],
      },
      { on: 'no-policy', args: 'neighbors: [{ address: 10.10.10.2, received: { exactly: 0 } }]' },
      {
        on: 'down',
        args: 'neighbors: [{ address: 10.10.10.2, received: { at_least: 1 } }]',
        missing: [
          /^10\.10\.10\.2: Active since \d+ s, not Established \(last reset: (Peer closed the session|BGP Notification received: Cease\/Peer Unconfigured)\)$/,
        ],
      },
    ]
    for (const { on, args, missing = [] } of table) t.match(simulateRead(module, args, host(`${version}-${on}`)).missing, missing, `${on}: ${args}`)
    for (const { on, args, missing = [] } of table)
      t.equal(simulateRead(module, args, host(`${version}-${on}`)).missing.length, missing.length, `${on}: ${args}`)

    const { result } = simulateRead(module, 'neighbors: [{ address: 10.10.10.2 }]', host(`${version}-up`))
    t.match(result, { neighbors: { '10.10.10.2': { state: 'Established', remote_as: 31898, received: 2, sent: 1, up_for_seconds: Number } } })
  })
}

t.test('where FRR has nothing to say', async (t) => {
  const neighbors = 'neighbors: [{ address: 10.10.10.2 }]'
  const says = (summary: ReturnType<typeof answer>) =>
    simulateRead(module, neighbors, { 'live:bgp summary default ipv4': summary, 'live:bgp neighbors default ipv4': summary }).missing
  t.strictSame(says(answer('bgpd is not running\n', 1)), ['FRR does not answer: bgpd is not running'])
  t.strictSame(says(answer('', 1, 'Exiting: failed to connect to any daemons.\n')), ['FRR does not answer: Exiting: failed to connect to any daemons.'])
  t.strictSame(says(answer('{}\n')), ['FRR has no BGP neighbour'])
  t.strictSame(says(answer('% Unknown command: show bgp\n')), ['FRR does not answer: % Unknown command: show bgp'])
  t.throws(() => says(answer('{ "peers": ')), { message: /no JSON/ })
})

t.test('what is asked of FRR', async (t) => {
  const { missing } = simulateRead(module, 'vrf: red\nafi: ipv6\nneighbors: [{ address: "FE80::1", received: { at_least: 1 } }]', ({ probe }) => {
    t.match(probe.resource, /^live:/)
    t.match(probe.read.kind === 'query' && probe.read.argv.join(' '), /^vtysh -c show bgp vrf red (ipv6 unicast summary|neighbors) json$/)
    return answer(
      JSON.stringify({
        ipv6Unicast: { peers: { 'fe80::1': { state: 'Established', remoteAs: 1, pfxRcd: 1, peerUptime: '00:01:00', peerUptimeMsec: 60000 } } },
      }),
    )
  })
  t.strictSame(missing, [])
  const m = module as ReadModule
  t.strictSame(m.wait!(parametersOf(module, 'neighbors: [{ address: 10.0.0.1 }]\ntimeout: 90') as never), { timeoutMs: 90_000, intervalMs: 1000 })
  t.match(m.evidence!(parametersOf(module, 'neighbors: [{ address: 10.0.0.1 }]')), [{ read: { argv: ['vtysh', '-c', 'show bgp ipv4 unicast summary'] } }])
})

t.test('parameters', async (t) => {
  for (const args of [
    'neighbors: []',
    'neighbors: [{ address: "10.0.0.1 json" }]',
    'neighbors: [{ address: 10.0.0.1, received: { prefixes: [10.0.0.0] } }]',
    'neighbors: [{ address: 10.0.0.1 }]\nvrf: "red; x"',
    'neighbors: [{ address: 10.0.0.1, recieved: {} }]',
  ]) {
    t.throws(() => parametersOf(module, args), args)
  }
})
