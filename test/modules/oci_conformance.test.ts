/** What a provider of Oracle's cloud is held to: made, found again without a write, changed in place, imported, removed. */
import t, { type Test } from 'tap'
import drg from '../../modules/oci_drg.ts'
import ipsec from '../../modules/oci_ipsec.ts'
import route from '../../modules/oci_route_rule.ts'
import security from '../../modules/oci_security_rule.ts'
import { Overlay } from '../../runner/probe/overlay.ts'
import { COMPARTMENT, inCloud, SEOUL, type TestCloud } from '../support/cloud.ts'
import { CONNECTION, down, DRG, oracleSite, problemsOf, tunnel, up } from '../support/oci-site.ts'

type Module = Parameters<typeof inCloud>[0]

/** Each change writes what it says, in place; the second time nothing is written. */
async function inPlace(
  t: Test,
  cloud: TestCloud,
  module: Module,
  id: string,
  changes: readonly (readonly [name: string, args: Record<string, unknown>, writes: readonly string[]])[],
): Promise<void> {
  let before: unknown
  for (const [name, args, writes] of changes) {
    cloud.writes()
    const run = await inCloud(module, cloud, args)
    t.match(run, { changed: true, problem: undefined, refusals: [] }, name)
    t.same(cloud.writes(), writes, name)
    if (before !== undefined) t.equal(run.result[id], before, `${name}: it is the same one`)
    before = run.result[id]
    t.match(await inCloud(module, cloud, args), { changed: false, problem: undefined, result: run.result }, `${name}, again`)
    t.same(cloud.writes(), [], `${name}, again`)
  }
}

t.test('the whole site: checked, made, found again, removed in the reverse order', async (t) => {
  const { cloud, there } = await oracleSite(t)
  const { store } = cloud.emulator.cloud
  const foreign = [there.seoul.defaultRouteTable, there.seoul.defaultSecurityList, there.chuncheon.defaultRouteTable, there.chuncheon.defaultSecurityList]
  const rules = () => foreign.map(({ body }) => [body['routeRules'], body['ingressSecurityRules'], body['egressSecurityRules']])
  const before = structuredClone(rules())

  const checked = await up(cloud, new Overlay())
  t.same(problemsOf(checked), [])
  t.ok(checked.every(({ changed, unknown }) => changed && unknown === undefined))
  t.same(cloud.writes(), [], 'a dry run writes nothing')

  const made = await up(cloud)
  t.same(problemsOf(made), [])
  t.ok(made.every(({ changed }) => changed))
  const writes = cloud.writes()
  t.ok(
    writes.every((each) => each.endsWith(' 200')),
    writes.join(', '),
  )
  t.same(
    writes.filter((each) => each.startsWith('create')),
    ['createDrg 200', 'createDrgAttachment 200', 'createCpe 200', 'createIPSecConnection 200'],
  )

  const again = await up(cloud)
  t.same(problemsOf(again), [])
  t.notOk(again.some(({ changed }) => changed))
  t.same(cloud.writes(), [], 'a second run writes nothing')
  t.same(
    again.map(({ result }) => result),
    made.map(({ result }) => result),
  )

  t.same(problemsOf(await down(cloud)), [])
  t.ok(cloud.writes().every((each) => each.endsWith(' 200')))
  for (const kind of ['drg', 'drgattachment', 'cpe', 'ipsecconnection', 'ipsectunnel'] as const) t.same(store.alive(kind, SEOUL), [], kind)
  t.same(rules(), before, 'what belongs to others is as it was')
  const gone = await down(cloud)
  t.same(problemsOf(gone), [])
  t.notOk(gone.some(({ changed }) => changed))
  t.same(cloud.writes(), [])
})

t.test('a DRG and its attachment', async (t) => {
  const { cloud, there } = await oracleSite(t)
  const [one, other] = [there.seoul.defaultRouteTable.id, String(there.seoul.subnets.private.body['routeTableId'])]
  const attached = (more: Record<string, unknown>) => ({ ...DRG, attachment: { ...DRG.attachment, ...more } })
  await inPlace(t, cloud, drg, 'drg_id', [
    ['made', { name: 'DRG-SEOUL-1' }, ['createDrg 200']],
    ['attached, without a route table', DRG, ['createDrgAttachment 200']],
    ['a route table', attached({ route_table_id: one }), ['updateDrgAttachment 200']],
    ['another route table', attached({ route_table_id: other }), ['updateDrgAttachment 200']],
    ['the name of the attachment', attached({ route_table_id: other, name: '허브 연결' }), ['updateDrgAttachment 200']],
    ['tags', { ...attached({ name: '허브 연결', freeform_tags: { a: 'b' } }), freeform_tags: { c: 'd' } }, ['updateDrg 200', 'updateDrgAttachment 200']],
    ['no tags', { ...attached({ name: '허브 연결', freeform_tags: {} }), freeform_tags: {} }, ['updateDrg 200', 'updateDrgAttachment 200']],
  ])
})

t.test('a CPE with its device, and what it says it is', async (t) => {
  const { cloud } = await oracleSite(t)
  await inCloud(drg, cloud, DRG)
  const { name, ip_address } = CONNECTION.cpe
  const cpe = (more: Record<string, unknown>) => ({ ...CONNECTION, cpe: { name, ip_address, ...more } })
  const identity = { type: 'HOSTNAME', value: 'cpe.example.com' }
  await inPlace(t, cloud, ipsec, 'connection_id', [
    ['made', cpe({}), ['createCpe 200', 'createIPSecConnection 200']],
    ['a device is added', cpe({ vendor: 'libreswan' }), ['updateCpe 200']],
    ['another', cpe({ vendor: 'Other' }), ['updateCpe 200']],
    ['an address behind NAT', cpe({ local_identifier: { value: '10.0.236.153' } }), ['updateIPSecConnection 200']],
    ['a name', cpe({ local_identifier: identity }), ['updateIPSecConnection 200']],
  ])
  t.match([...cloud.headends.specs.values()], [{ cpeLocalIdentifier: 'cpe.example.com' }, { cpeLocalIdentifier: 'cpe.example.com' }])
  cloud.writes()
  t.match(await inCloud(ipsec, cloud, cpe({})), { changed: false }, 'what is not asked for stays')
  await down(cloud)
  await inCloud(drg, cloud, DRG)
  t.match(await inCloud(ipsec, cloud, cpe({ local_identifier: identity })), { changed: true, problem: undefined }, 'from the beginning')
})

t.test('a connection and its tunnels', async (t) => {
  const { cloud } = await oracleSite(t)
  await inCloud(drg, cloud, DRG)
  const STATIC = { routing: 'STATIC' }
  const routed = (prefixes: string[], one: Record<string, unknown>, two: Record<string, unknown> = STATIC) => ({
    ...CONNECTION,
    static_routes: prefixes,
    tunnels: [
      { name: 'Tunnel-1', ...one },
      { name: 'Tunnel-2', ...two },
    ],
  })
  const bgp = { customer_asn: 158, customer_interface: '10.10.10.0/31', oracle_interface: '10.10.10.1/31' }
  const PREFIXES = ['10.0.0.0/16', '10.1.0.0/16']
  const tunnelWrite = ['updateIPSecConnectionTunnel 200']
  const phases = {
    phase_one: { authentication: 'SHA2_384', encryption: 'AES_256_CBC', dh_group: 'GROUP20', lifetime: 28800 },
    phase_two: { authentication: 'HMAC_SHA2_256_128', encryption: 'AES_256_CBC', dh_group: 'GROUP5', lifetime: 3600 },
  }
  const domain = { cpe: ['10.0.0.0/16', '10.1.0.0/16'], oracle: ['172.16.0.0/16'] }
  const custom = { ...bgp, ike_version: 2, dpd_mode: 'RESPOND_ONLY', dpd_timeout: 51, nat_translation: 'DISABLED', ...phases }
  await inPlace(t, cloud, ipsec, 'connection_id', [
    ['made', routed(['10.0.0.0/16'], STATIC), ['createCpe 200', 'createIPSecConnection 200']],
    ['another static route', routed(['10.1.0.0/16'], STATIC), ['updateIPSecConnection 200']],
    ['two of them', routed(PREFIXES, STATIC), ['updateIPSecConnection 200']],
    ['STATIC becomes BGP', routed(PREFIXES, bgp), tunnelWrite],
    ['IKE V1 becomes V2', routed(PREFIXES, { ...bgp, ike_version: 2 }), tunnelWrite],
    ['a shared secret', routed(PREFIXES, { ...bgp, ike_version: 2, shared_secret: 'one' }), ['updateIPSecConnectionTunnelSharedSecret 200']],
    ['another shared secret', routed(PREFIXES, { ...bgp, ike_version: 2, shared_secret: 'two' }), ['updateIPSecConnectionTunnelSharedSecret 200']],
    ['DPD', routed(PREFIXES, { ...bgp, ike_version: 2, dpd_mode: 'RESPOND_ONLY', dpd_timeout: 50 }), tunnelWrite],
    ['DPD, a second later, and nothing else of it', routed(PREFIXES, { ...bgp, ike_version: 2, dpd_timeout: 51 }), tunnelWrite],
    ['its mode is what it was', routed(PREFIXES, { ...bgp, ike_version: 2, dpd_mode: 'RESPOND_ONLY', dpd_timeout: 20 }), tunnelWrite],
    ['NAT', routed(PREFIXES, { ...bgp, ike_version: 2, nat_translation: 'ENABLED' }), tunnelWrite],
    ['no NAT', routed(PREFIXES, { ...bgp, ike_version: 2, nat_translation: 'DISABLED' }), tunnelWrite],
    ['phases of one’s own', routed(PREFIXES, custom), tunnelWrite],
    ['POLICY on the other', routed(PREFIXES, custom, { routing: 'POLICY', encryption_domain: domain }), tunnelWrite],
    ['less of it', routed(PREFIXES, custom, { routing: 'POLICY', encryption_domain: { ...domain, cpe: '10.0.0.0/16' } }), tunnelWrite],
    ['BGP becomes STATIC', routed(PREFIXES, { ...STATIC, ike_version: 2 }), [...tunnelWrite, ...tunnelWrite]],
    ['both with BGP and no routes', CONNECTION, [...tunnelWrite, ...tunnelWrite, 'updateIPSecConnection 200']],
  ])
  for (const args of [{ phase_one: { lifetime: 3600 } }, { phase_two: { lifetime: 7200 } }])
    t.match(await inCloud(ipsec, cloud, { ...CONNECTION, tunnels: [{ ...tunnel(1), ...args }, tunnel(2)] }), { changed: true, problem: undefined })
  const [one] = cloud.emulator.cloud.store.alive('ipsectunnel', SEOUL, ({ displayName }) => displayName === 'Tunnel-1')
  t.match(one?.body, {
    phaseOneDetails: { isCustomPhaseOneConfig: true, customAuthenticationAlgorithm: 'SHA2_384', customDhGroup: 'GROUP20', lifetime: 3600 },
    phaseTwoDetails: { isCustomPhaseTwoConfig: true, customEncryptionAlgorithm: 'AES_256_CBC', dhGroup: 'GROUP5', isPfsEnabled: true, lifetime: 7200 },
  })
})

t.test('prefixes and rules in another order are the same', async (t) => {
  const { cloud, there } = await oracleSite(t)
  await up(cloud)
  const domain = { cpe: ['10.0.0.0/16', '10.1.0.0/16'], oracle: ['172.16.0.0/16', '172.17.0.0/16'] }
  const args = (turn: (texts: string[]) => string[]) => ({
    ...CONNECTION,
    static_routes: turn(['10.0.0.0/16', '10.1.0.0/16']),
    tunnels: [{ name: 'Tunnel-1', routing: 'POLICY', encryption_domain: { cpe: turn([...domain.cpe]), oracle: turn([...domain.oracle]) } }, tunnel(2)],
  })
  t.match(
    await inCloud(
      ipsec,
      cloud,
      args((texts) => texts),
    ),
    { changed: true, problem: undefined },
  )
  cloud.writes()
  t.match(
    await inCloud(
      ipsec,
      cloud,
      args((texts) => texts.reverse()),
    ),
    { changed: false, problem: undefined },
  )
  const { store } = cloud.emulator.cloud
  const reverse = (rules: unknown) => [...(rules as unknown[])].reverse()
  for (const region of [there.seoul, there.chuncheon]) {
    const { defaultRouteTable: table, defaultSecurityList: list } = region
    store.update(table, { routeRules: reverse(table.body['routeRules']) }, undefined)
    store.update(list, { ingressSecurityRules: reverse(list.body['ingressSecurityRules']) }, undefined)
  }
  const [, ...others] = await up(cloud)
  t.same(
    others.filter(({ changed }, index) => changed && index !== 7).map(({ shown }) => shown),
    [],
    'all but the connection, which goes back',
  )
})

t.test('what was made by hand is taken over by its OCID, and gets its name', async (t) => {
  const { cloud } = await oracleSite(t)
  const { store } = cloud.emulator.cloud
  await up(cloud)
  const [connection, cpe, gateway] = (['ipsecconnection', 'cpe', 'drg'] as const).map((kind) => store.alive(kind, SEOUL)[0]!)
  for (const each of [connection, cpe, gateway]) store.update(each!, { displayName: 'made by hand' }, undefined)
  for (const kind of ['cpe', 'drg'] as const)
    store.create(
      kind,
      SEOUL,
      { compartmentId: COMPARTMENT, displayName: 'made by hand', ipAddress: '192.0.2.1' },
      kind === 'cpe' ? undefined : { from: 'AVAILABLE', to: 'AVAILABLE' },
    )
  cloud.writes()
  t.match(await inCloud(drg, cloud, { ...DRG, drg_id: gateway!.id }), { changed: true, problem: undefined, result: { drg_id: gateway!.id } })
  const args = { ...CONNECTION, connection_id: connection!.id, cpe: { ...CONNECTION.cpe, cpe_id: cpe!.id }, drg: gateway!.id }
  t.match(await inCloud(ipsec, cloud, args), { changed: true, problem: undefined, result: { connection_id: connection!.id, cpe_id: cpe!.id } })
  t.same(cloud.writes(), ['updateDrg 200', 'updateCpe 200', 'updateIPSecConnection 200'])
  t.match(await inCloud(ipsec, cloud, args), { changed: false })
  t.match(await inCloud(ipsec, cloud, CONNECTION), { changed: false }, 'from now on by their names')
  t.match(await inCloud(ipsec, cloud, { ...args, connection_id: 'ocid1.ipsecconnection.oc1..gone', cpe: { ...args.cpe, cpe_id: 'ocid1.cpe.oc1..gone' } }), {
    refusals: [{ summary: 'there is no CPE ocid1.cpe.oc1..gone in the compartment' }, { summary: /there is no IPSec connection ocid1/ }],
  })
  t.same(cloud.writes(), [])
})

t.test('rules: one is removed by somebody and comes back; foreign ones survive', async (t) => {
  const { cloud, there } = await oracleSite(t)
  await up(cloud)
  const { store } = cloud.emulator.cloud
  const { defaultRouteTable: table, defaultSecurityList: list } = there.seoul
  const [routes, rules] = [table.body['routeRules'], list.body['ingressSecurityRules']] as [Record<string, unknown>[], Record<string, unknown>[]]
  const theirs = { ...rules[0]!, source: '192.0.2.0/24' }
  store.update(table, { routeRules: routes.filter(({ destination }) => destination !== '10.0.0.0/16') }, undefined)
  store.update(list, { ingressSecurityRules: [...rules.filter(({ source }) => source !== '10.0.0.0/16'), theirs] }, undefined)
  cloud.writes()
  t.same(problemsOf(await up(cloud)), [])
  t.same(cloud.writes(), ['updateRouteTable 200', 'updateSecurityList 200'])
  t.same(table.body['routeRules'], routes)
  t.match(list.body['ingressSecurityRules'], [...rules.filter(({ source }) => source !== '10.0.0.0/16'), theirs, { source: '10.0.0.0/16' }])
})

t.test('a tunnel that is down is as it should be', async (t) => {
  const { cloud } = await oracleSite(t)
  const [made] = (await up(cloud)).slice(8, 9)
  cloud.writes()
  for (const bgpState of ['UP', 'DOWN'] as const) {
    for (const id of cloud.headends.specs.keys())
      cloud.headends.statuses.set(id, { isIkeEstablished: bgpState === 'UP', isEspEstablished: bgpState === 'UP', bgpState })
    t.match(await inCloud(ipsec, cloud, CONNECTION), { changed: false, result: made!.result })
  }
})

t.test('the parameters of rules and tunnels that make no sense', (t) => {
  const refuses = (module: Module, args: Record<string, unknown>, message: RegExp) =>
    t.throws(() => module.params().parse({ compartment_id: COMPARTMENT, ...args }), message, message.source)
  const rule = { destination: '10.0.0.0/16', drg: 'x' }
  refuses(route, { ...rule, name: 'a', subnet: 'b' }, /named by one of `id`, `name` and `subnet`/)
  refuses(route, { ...rule, name: 'a', vcn: 'b', vcn_id: 'c' }, /named by one of `vcn` and `vcn_id`/)
  refuses(security, { peer: '10.0.0.0/16', id: 'a', subnet: 'b' }, /named by `id`, or by `name` or `subnet` or both/)
  const withTunnel = (more: Record<string, unknown>) => ({ ...CONNECTION, tunnels: [{ name: 'Tunnel-1', ...more }] })
  refuses(ipsec, withTunnel({ routing: 'POLICY' }), /POLICY needs `encryption_domain`/)
  refuses(ipsec, withTunnel({ routing: 'STATIC', customer_asn: 65000 }), /`customer_asn` is for BGP/)
  refuses(ipsec, withTunnel({}), /BGP needs `customer_asn`/)
  t.end()
})
