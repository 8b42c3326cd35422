import t from 'tap'
import module from '../../modules/libreswan_assert.ts'
import { answer, simulateRead, type HostStates } from '../support/module.ts'
import { fixture } from '../support/recorded.ts'

/** The logs are pluto's own (4.10), of the article's two IKEv1 connections with one fault each; `up` is without. */
function host(log: string, { status = '', kernel = '1', exitCode = 0 }: { status?: string; kernel?: string; exitCode?: number } = {}): HostStates {
  return {
    'live:libreswan': answer(status, exitCode),
    'live:libreswan-traffic': answer(fixture('libreswan/up.traffic')),
    'live:ipsec-log': answer(log === '' ? '' : fixture(`libreswan/${log}.log`)),
    'live:kernel-esp': answer(`${kernel}\n`),
  }
}
const none = '000 "Tunnel-1":   newest ISAKMP SA: #0; newest IPsec SA: #0; conn serial: $1;\n'
const ikeOnly = '000 "Tunnel-1":   newest ISAKMP SA: #1; newest IPsec SA: #0; conn serial: $1;\n'

t.test('up', async (t) => {
  const there = host('up', { status: fixture('libreswan/up.status') })
  const { missing, result } = simulateRead(module, 'connections: [Tunnel-1, Tunnel-2]', there)
  t.strictSame(missing, [])
  t.strictSame(result, {
    connections: {
      'Tunnel-1': {
        ike_sa: 1,
        esp_sa: 3,
        in_bytes: 1228,
        out_bytes: 1564,
        ike_algorithms: 'AES_CBC_256-HMAC_SHA2_384-MODP1536',
        esp_algorithms: 'AES_GCM_16_256-NONE',
      },
      'Tunnel-2': {
        ike_sa: 2,
        esp_sa: 4,
        in_bytes: 1176,
        out_bytes: 1564,
        ike_algorithms: 'AES_CBC_256-HMAC_SHA2_384-MODP1536',
        esp_algorithms: 'AES_GCM_16_256-NONE',
      },
    },
    broken: {},
    kernel_esp: true,
  })
  for (const [args, missing] of [
    ['ike_algorithms: AES_CBC_256-HMAC_SHA2_384-MODP1536, esp_algorithms: AES_GCM_16_256-NONE', []],
    [
      'ike_algorithms: AES_CBC_128-HMAC_SHA1-MODP1536',
      ['Tunnel-1: phase 1 agreed on AES_CBC_256-HMAC_SHA2_384-MODP1536, not on AES_CBC_128-HMAC_SHA1-MODP1536'],
    ],
    ['esp_algorithms: AES_CBC_128-HMAC_SHA1_96', ['Tunnel-1: phase 2 agreed on AES_GCM_16_256-NONE, not on AES_CBC_128-HMAC_SHA1_96']],
    ['bytes_above: {Tunnel-1: {in_bytes: 1227, out_bytes: 1563}}', []],
    [
      'bytes_above: {Tunnel-1: {in_bytes: 1228, out_bytes: 1000}}',
      ['Tunnel-1: an ESP SA, but its bytes do not rise both ways: in 1228 → 1228, out 1000 → 1564'],
    ],
    [
      'bytes_above: {Tunnel-1: {esp_sa: 3, in_bytes: 1228, out_bytes: 1000}}',
      ['Tunnel-1: an ESP SA, but its bytes do not rise both ways: in 1228 → 1228, out 1000 → 1564'],
    ],
    // Replaced meanwhile, it counts from the start.
    ['bytes_above: {Tunnel-1: {esp_sa: 1, in_bytes: 9000, out_bytes: 9000}}', []],
    ['sa: ike', []],
  ] as const)
    t.strictSame(simulateRead(module, `{connections: Tunnel-1, ${args}}`, there).missing, missing, args)
  t.match(simulateRead(module, 'connections: Tunnel-3', there).missing, [/^Tunnel-3: it read Tunnel-1, Tunnel-2: pluto has no such connection/])
})

t.test('each fault by its cause, with the line that tells', async (t) => {
  for (const [log, status, cause, evidence] of [
    ['secret-name', none, 'no_secret', /no preshared key found for `144\.24\.84\.145' and `193\.122\.99\.212'/],
    ['wrong-identity', none, 'no_secret', /no preshared key found for `144\.24\.84\.146'/],
    ['ikev1-refused', '', 'ikev1_refused', /global ikev1-policy does not allow/],
    ['configuration', '', 'configuration', /IKE DH algorithm 'modp1024' is not supported/],
    ['wrong-secret', none, 'wrong_secret', /STATE_MAIN_I3: retransmission/],
    ['ike-proposals', none, 'ike_proposals', /NO_PROPOSAL_CHOSEN/],
    ['esp-proposals', ikeOnly, 'esp_proposals', /NO_PROPOSAL_CHOSEN/],
    ['send-refused', none, 'no_answer', /using UDP failed|STATE_MAIN_I1: retransmission/],
    ['up', none, 'starting', /^$/],
  ] as const) {
    const { missing, result } = simulateRead(module, 'connections: Tunnel-1', host(log, { status }))
    t.match(result, { broken: { 'Tunnel-1': { cause, evidence } } }, log)
    t.equal(missing.length, 1, log)
  }
  t.match(simulateRead(module, 'connections: Tunnel-2', host('wrong-secret', { status: none.replace('1', '2') })).result, {
    broken: { 'Tunnel-2': { cause: 'wrong_secret', evidence: /mismatch of preshared secrets/ } },
  })
  t.match(simulateRead(module, 'connections: Tunnel-1', host('up', { status: ikeOnly, kernel: '0' })).result, {
    broken: { 'Tunnel-1': { cause: 'no_kernel_esp', problem: 'an IKE SA, but no ESP SA: this kernel has no ESP' } },
  })
  t.match(simulateRead(module, 'connections: Tunnel-1', host('', { exitCode: 10 })).result, { broken: { 'Tunnel-1': { cause: 'not_running' } } })
})
