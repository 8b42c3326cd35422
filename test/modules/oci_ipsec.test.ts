import t from 'tap'
import drg from '../../modules/oci_drg.ts'
import ipsec from '../../modules/oci_ipsec.ts'
import { CloudPredictions, Overlay } from '../../runner/probe/overlay.ts'
import { inCloud, SEOUL, testCloud, type TestCloud } from '../support/cloud.ts'

const SECRET = 'FirstSharedSecretOfTheArticle'
const ARGS = {
  name: 'IPSec-OnPremise-1-SeoulHubVCN',
  drg: 'DRG-SEOUL-1',
  cpe: { name: 'CPE-OnPremise-Libreswan', ip_address: '144.24.84.145', vendor: 'Libreswan', platform: '3.18 or later' },
  tunnels: [
    { name: 'Tunnel-1', ike_version: 1, customer_asn: 65000, customer_interface: '10.10.10.1/30', oracle_interface: '10.10.10.2/30', shared_secret: SECRET },
    { name: 'Tunnel-2', ike_version: 1, customer_asn: 65000, customer_interface: '10.10.10.5/30', oracle_interface: '10.10.10.6/30' },
  ],
}
const withTunnel = (more: Record<string, unknown>) => ({ ...ARGS, tunnels: [{ ...ARGS.tunnels[0], ...more }, ARGS.tunnels[1]] })

interface Results {
  readonly connection_id: string
  readonly cpe_id: string
  readonly tunnels: Readonly<Record<string, { readonly id: string; readonly vpn_ip: string; readonly shared_secret: string }>>
}
const resultOf = (run: { result: Record<string, unknown> }): Results => run.result as unknown as Results

async function site(t: { teardown(work: () => Promise<unknown>): void }): Promise<TestCloud> {
  const cloud = await testCloud(t)
  await inCloud(drg, cloud, { name: 'DRG-SEOUL-1' })
  cloud.writes()
  return cloud
}

t.test('made, and found again', async (t) => {
  const cloud = await site(t)
  const made = await inCloud(ipsec, cloud, ARGS)
  t.match(made, { changed: true, problem: undefined, refusals: [] })
  t.same(cloud.writes(), ['createCpe 200', 'createIPSecConnection 200'])
  const { tunnels, connection_id: id } = resultOf(made)
  t.match(id, /^ocid1\.ipsecconnection\./)
  t.match(tunnels, { 'Tunnel-1': { vpn_ip: /^203\./, shared_secret: SECRET }, 'Tunnel-2': { vpn_ip: /^203\./, shared_secret: /^\w{64}$/ } })
  t.notOk(made.shown.join('\n').includes(SECRET), 'no secret is shown')
  t.notOk(made.shown.join('\n').includes(tunnels['Tunnel-2']!.shared_secret))
  t.match(
    [...cloud.headends.specs.values()],
    [
      {
        vpnIp: tunnels['Tunnel-1']!.vpn_ip,
        cpeIpAddress: '144.24.84.145',
        sharedSecret: SECRET,
        ikeVersion: 'V1',
        routing: 'BGP',
        oracleInterfaceIp: '10.10.10.2/30',
      },
      { vpnIp: tunnels['Tunnel-2']!.vpn_ip },
    ],
  )
  const again = await inCloud(ipsec, cloud, ARGS)
  t.match(again, { changed: false, shown: [], problem: undefined })
  t.same(resultOf(again), resultOf(made))
  t.same(cloud.writes(), [])
})

t.test('each field of a tunnel is changed in place, and nothing else is', async (t) => {
  const cloud = await site(t)
  const { connection_id: id, tunnels } = resultOf(await inCloud(ipsec, cloud, ARGS))
  cloud.writes()
  for (const [change, shown] of [
    [{ ike_version: 2 }, /^tunnel Tunnel-1 ikeVersion: V1 → V2$/],
    [{ customer_asn: 65010 }, /^tunnel Tunnel-1 bgpSessionInfo customerBgpAsn: 65000 → 65010$/],
    [{ customer_interface: '10.10.20.1/30', oracle_interface: '10.10.20.2/30' }, /customerInterfaceIp: 10\.10\.10\.1\/30 → 10\.10\.20\.1\/30$/],
    [{ oracle_initiation: 'RESPONDER_ONLY' }, /oracleCanInitiate: absent → RESPONDER_ONLY$/],
    [{ nat_translation: 'ENABLED' }, /natTranslationEnabled: absent → ENABLED$/],
    [{ dpd_timeout: 50 }, /dpdTimeoutInSec: absent → 50$/],
    [{ phase_one: { dh_group: 'GROUP5' } }, /phaseOneDetails customDhGroup: absent → GROUP5$/],
    [{ phase_two: { encryption: 'AES_256_GCM', dh_group: 'GROUP5' } }, /phaseTwoDetails customEncryptionAlgorithm: absent → AES_256_GCM$/],
  ] as const) {
    const name = Object.keys(change).join(', ')
    const run = await inCloud(ipsec, cloud, withTunnel(change))
    t.match(run, { changed: true, problem: undefined }, name)
    t.match(run.shown[0], shown, name)
    t.same(cloud.writes(), ['updateIPSecConnectionTunnel 200'], name)
    t.match(await inCloud(ipsec, cloud, withTunnel(change)), { changed: false }, name)
    t.same(cloud.writes(), [], name)
    // Back to the start: what is asked for no more stays as it is.
    await inCloud(ipsec, cloud, ARGS)
    cloud.writes()
  }
  const secret = await inCloud(ipsec, cloud, withTunnel({ shared_secret: 'AnotherSecretForTheFirst' }))
  t.match(secret, { changed: true, shown: ['withheld'] })
  t.same(cloud.writes(), ['updateIPSecConnectionTunnelSharedSecret 200'])
  t.equal(cloud.headends.specs.get(tunnels['Tunnel-1']!.id)?.sharedSecret, 'AnotherSecretForTheFirst')
  const routes = await inCloud(ipsec, cloud, { ...withTunnel({ shared_secret: 'AnotherSecretForTheFirst' }), static_routes: ['10.0.0.0/16'] })
  t.match(routes, { changed: true, shown: [/staticRoutes: \[\] → \[10\.0\.0\.0\/16\]/], result: { connection_id: id } })
  t.same(cloud.writes(), ['updateIPSecConnection 200'])
})

t.test('what was changed behind its back is repaired', async (t) => {
  const cloud = await site(t)
  const { tunnels } = resultOf(await inCloud(ipsec, cloud, ARGS))
  const { store } = cloud.emulator.cloud
  const tunnel = store.get(tunnels['Tunnel-1']!.id, 'ipsectunnel', SEOUL)
  store.update(tunnel, { sharedSecret: 'somebodyelses', displayName: 'renamed' }, undefined)
  cloud.writes()
  const run = await inCloud(ipsec, cloud, ARGS)
  t.match(run, { changed: true, problem: undefined })
  t.match(run.shown, ['tunnel Tunnel-1 displayName: renamed → Tunnel-1', 'withheld'])
  t.same(cloud.writes(), ['updateIPSecConnectionTunnel 200', 'updateIPSecConnectionTunnelSharedSecret 200'])
  t.match(await inCloud(ipsec, cloud, ARGS), { changed: false })
})

t.test('a dry run on an empty cloud shows all, knows what it cannot know, and writes nothing', async (t) => {
  const cloud = await testCloud(t)
  const predictions = new CloudPredictions()
  const overlay = new Overlay(predictions)
  // By a task of another host: the cloud is the same.
  await inCloud(drg, cloud, { name: 'DRG-SEOUL-1' }, new Overlay(predictions))
  const checked = await inCloud(ipsec, cloud, ARGS, overlay)
  t.match(checked, { changed: true, unknown: undefined, problem: undefined })
  t.match(
    checked.shown.join('\n'),
    /CPE CPE-OnPremise-Libreswan: absent → [^]*IPSec connection [^]*drgId: \(known after apply\)[^]*vpnIp: \(known after apply\)/,
  )
  t.notOk(checked.shown.join('\n').includes(SECRET))
  t.match(checked.result, {
    tunnels: { 'Tunnel-1': { vpn_ip: 'unknown: TASK [test]', shared_secret: SECRET }, 'Tunnel-2': { shared_secret: 'unknown: TASK [test]' } },
  })
  t.match(await inCloud(ipsec, cloud, ARGS, overlay), { changed: false })
  t.same(cloud.writes(), [])
})

t.test('what cannot be changed is made anew only where that is allowed', async (t) => {
  const cloud = await site(t)
  const { connection_id: id, tunnels } = resultOf(await inCloud(ipsec, cloud, ARGS))
  cloud.writes()
  const moved = { ...ARGS, cpe: { ...ARGS.cpe, ip_address: '144.24.84.146' } }
  const refused = await inCloud(ipsec, cloud, moved)
  t.match(refused, { changed: false, refusals: [{ summary: /would have to be made anew: .*144\.24\.84\.145, which cannot be changed to 144\.24\.84\.146/ }] })
  t.match(refused.detail, new RegExp(`Lost would be the headends ${tunnels['Tunnel-1']!.vpn_ip} and`))
  t.same(cloud.writes(), [])
  const replaced = await inCloud(ipsec, cloud, { ...moved, replace: 'allowed' })
  t.match(replaced, { changed: true, problem: undefined })
  t.not(resultOf(replaced).connection_id, id)
  t.same(cloud.writes(), ['deleteIPSecConnection 200', 'deleteCpe 200', 'createCpe 200', 'createIPSecConnection 200'])
  t.match(await inCloud(ipsec, cloud, moved), { changed: false })
})

t.test('what is not there', async (t) => {
  const cloud = await testCloud(t)
  t.match(await inCloud(ipsec, cloud, ARGS), { refusals: [{ summary: "there is no DRG 'DRG-SEOUL-1' in the compartment" }] })
  await inCloud(drg, cloud, { name: 'DRG-SEOUL-1' })
  t.match(await inCloud(ipsec, cloud, { ...ARGS, cpe: { ...ARGS.cpe, vendor: 'Nobody' } }), {
    refusals: [{ summary: "Oracle lists no device 'Nobody 3.18 or later'" }],
  })
  t.match(await inCloud(ipsec, cloud, { ...ARGS, state: 'absent' }), { changed: false, problem: undefined })
})

t.test('removed, with its CPE', async (t) => {
  const cloud = await site(t)
  await inCloud(ipsec, cloud, ARGS)
  cloud.writes()
  t.match(await inCloud(ipsec, cloud, { ...ARGS, state: 'absent' }), { changed: true, problem: undefined })
  t.same(cloud.writes(), ['deleteIPSecConnection 200', 'deleteCpe 200'])
  t.equal(cloud.headends.specs.size, 0)
  t.match(await inCloud(ipsec, cloud, { ...ARGS, state: 'absent' }), { changed: false })
  t.match(await inCloud(drg, cloud, { name: 'DRG-SEOUL-1', state: 'absent' }), { changed: true, problem: undefined })
})

t.test('faults are survived, and nothing is doubled', async (t) => {
  for (const [what, fault] of [
    ['a reply is lost after the connection was made', { operation: 'createIPSecConnection', nth: [1], cut: 'after' }],
    ['a reply is lost after the CPE was made', { operation: 'createCpe', nth: [1], cut: 'after' }],
    ['too many requests', { operation: 'listIPSecConnectionTunnels', nth: [1, 2], status: 429, code: 'TooManyRequests' }],
    ['the secret cannot be read at once', { operation: 'getIPSecConnectionTunnelSharedSecret', nth: [1], status: 500 }],
  ] as const)
    await t.test(what, async (t) => {
      const cloud = await site(t)
      cloud.emulator.faults.push(fault)
      const run = await inCloud(ipsec, cloud, ARGS)
      t.match(run, { changed: true, problem: undefined })
      const { store } = cloud.emulator.cloud
      t.same([store.alive('ipsecconnection', SEOUL).length, store.alive('cpe', SEOUL).length, store.alive('ipsectunnel', SEOUL).length], [1, 1, 2])
    })
  await t.test('half of it is there from a run that was broken off', async (t) => {
    const cloud = await site(t)
    cloud.emulator.faults.push({ operation: 'createIPSecConnection', status: 400, code: 'LimitExceeded' })
    t.match(await inCloud(ipsec, cloud, ARGS), { problem: /LimitExceeded/ })
    cloud.emulator.faults.splice(0)
    cloud.writes()
    t.match(await inCloud(ipsec, cloud, ARGS), { changed: true, problem: undefined })
    t.same(cloud.writes(), ['createIPSecConnection 200'])
  })
})
