import t from 'tap'
import module from '../../modules/route_assert.ts'
import { answer, simulateRead } from '../support/module.ts'
import { fixture } from '../support/recorded.ts'

/** `ip -json route show` of iproute2 6.1 on the lab's gateway: the article's two prefixes over both tunnels. */
const there = { 'live:routes ipv4': answer(fixture('routes-bgp.json')) }

t.test('routes that are there', async (t) => {
  for (const args of [
    'prefixes: [172.16.0.0/24, 172.16.1.0/24]\nprotocol: bgp\ndevices: [vti1, vti2]',
    'prefixes: default',
    'prefixes: 10.0.0.0/16\nprotocol: kernel\ndevices: ens3',
  ])
    t.strictSame(simulateRead(module, args, there).missing, [], args)
  t.match(simulateRead(module, 'prefixes: 172.16.0.0/24', there).result, {
    routes: { '172.16.0.0/24': [{ protocol: 'bgp', hops: [{ gateway: '10.10.10.2', dev: 'vti1' }, { dev: 'vti2' }] }] },
    broken: {},
  })
})

t.test('and that are not', async (t) => {
  for (const [args, missing, cause] of [
    ['prefixes: 192.0.2.0/24', '192.0.2.0/24: no route to it', 'no_route'],
    ['prefixes: 192.0.2.1', '192.0.2.1: no route to it', 'no_route'],
    [
      'prefixes: 172.16.0.0/24\nprotocol: static',
      /^172\.16\.0\.0\/24: its route is not one of static \(via 10\.10\.10\.2 dev vti1 and .* \(bgp\)\)$/,
      'protocol',
    ],
    ['prefixes: 172.16.0.0/24\ndevices: [vti1, vti3]', /its route does not use vti3/, 'device'],
  ] as const) {
    const { missing: found, result } = simulateRead(module, args, there)
    t.match(found, [missing], args)
    t.match(Object.values(result['broken'] as object), [{ cause }], args)
  }
  t.match(simulateRead(module, 'prefixes: 10.0.0.0/8', { 'live:routes ipv4': answer('') }).missing, ['10.0.0.0/8: no route to it'])
  t.throws(() => simulateRead(module, 'prefixes: example'))
})
