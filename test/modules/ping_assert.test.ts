import t from 'tap'
import module from '../../modules/ping_assert.ts'
import { answer, simulateRead } from '../support/module.ts'
import { fixture } from '../support/recorded.ts'

/** What ping(8) of iputils 20221126 says, recorded across the lab's tunnels with one fault each. */
const ping = (name: string, options = '-n -c 3 -i 0.2 -W 2') => ({
  [`live:ping ${options} 172.16.0.93`]: answer(fixture(`ping/${name}.txt`), name === 'answer' ? 0 : 1),
})

t.test('an answer', async (t) => {
  t.match(simulateRead(module, 'dest: 172.16.0.93', ping('answer')), {
    missing: [],
    result: { pings: { '172.16.0.93': { sent: 3, received: 3, loss_percent: 0, average_ms: 4.655 } }, broken: {} },
  })
  t.strictSame(simulateRead(module, 'dest: 172.16.0.93\nmax_time_ms: 2', ping('answer')).missing, ['172.16.0.93: answers take 4.655 ms, and may take 2 ms'])
})

t.test('each cause', async (t) => {
  for (const [name, cause, missing] of [
    ['no-answer', 'no_answer', '172.16.0.93: no answer to 3 requests: nothing came back: it is dropped on the way there or on the way back'],
    ['filtered', 'filtered', '172.16.0.93: no answer to 3 requests: a firewall on the way rejects it (From 10.0.236.153 icmp_seq=1 Packet filtered)'],
    ['no-route', 'no_route', /there is no route to it \(ping: connect: Network is unreachable\)$/],
    ['too-large', 'too_large', /may not be fragmented \(From 10\.0\.236\.153 icmp_seq=1 Frag needed and DF set \(mtu = 8980\)\)$/],
  ] as const)
    t.match(simulateRead(module, 'dest: 172.16.0.93', ping(name)), { missing: [missing], result: { broken: { '172.16.0.93': { cause } } } }, name)
})

t.test('what is sent', async (t) => {
  const args = 'dest: 172.16.0.93\nsource: ens3\ncount: 5\npacket_bytes: 1400\ndont_fragment: true'
  t.match(simulateRead(module, args, ping('too-large', '-n -c 5 -i 0.2 -W 2 -I ens3 -s 1372 -M do')).missing, [
    /^172\.16\.0\.93: no answer to 3 requests of 1400 bytes: the packet is too large/,
  ])
  t.strictSame(simulateRead(module, 'dest: 172.16.0.93\nmax_loss_percent: 100', ping('no-answer')).missing, [])
})

t.test('refused parameters', async (t) => {
  for (const args of ['dest: example.org', 'dest: 10.0.0.1\ncount: 0', 'dest: 10.0.0.1\nsource: a b', 'dest: 10.0.0.1\npacket_bytes: 20'])
    t.throws(() => simulateRead(module, args), args)
})
