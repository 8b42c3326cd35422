import t, { type Test } from 'tap'
import drg from '../../modules/oci_drg.ts'
import route from '../../modules/oci_route_rule.ts'
import security from '../../modules/oci_security_rule.ts'
import { Overlay } from '../../runner/probe/overlay.ts'
import { COMPARTMENT, inCloud, SEOUL, testCloud, type TestCloud } from '../support/cloud.ts'

const READY = { from: 'AVAILABLE', to: 'AVAILABLE' }
const FOREIGN_ROUTE = { destination: '0.0.0.0/0', destinationType: 'CIDR_BLOCK', networkEntityId: 'ocid1.internetgateway.oc1..igw' }
const FOREIGN_RULE = {
  protocol: '6',
  source: '0.0.0.0/0',
  sourceType: 'CIDR_BLOCK',
  isStateless: false,
  tcpOptions: { destinationPortRange: { min: 22, max: 22 } },
}

async function site(t: { teardown(work: () => Promise<unknown>): void }) {
  const cloud = await testCloud(t)
  const { store } = cloud.emulator.cloud
  const common = { compartmentId: COMPARTMENT, vcnId: 'ocid1.vcn.oc1..hub' }
  const table = store.create('routetable', SEOUL, { ...common, displayName: 'routes', routeRules: [FOREIGN_ROUTE] }, READY)
  const list = store.create('securitylist', SEOUL, { ...common, displayName: 'rules', ingressSecurityRules: [FOREIGN_RULE], egressSecurityRules: [] }, READY)
  return { cloud, table, list }
}

const twice = async (t: Test, cloud: TestCloud, run: () => ReturnType<typeof inCloud>, write: string): Promise<void> => {
  cloud.writes()
  t.match(await run(), { changed: true, problem: undefined, refusals: [] })
  t.same(cloud.writes(), [write])
  t.match(await run(), { changed: false })
  t.same(cloud.writes(), [])
}

t.test('a route comes, is corrected and goes; another’s stays', async (t) => {
  const { cloud, table } = await site(t)
  const made = await inCloud(drg, cloud, { name: 'DRG-SEOUL-1' })
  const args = { name: 'routes', destination: '10.0.0.0/16', drg: 'DRG-SEOUL-1', description: 'to the other site' }
  await twice(t, cloud, () => inCloud(route, cloud, args), 'updateRouteTable 200')
  const rule = { destination: '10.0.0.0/16', networkEntityId: made.result['drg_id'], description: 'to the other site' }
  t.match(table.body['routeRules'], [FOREIGN_ROUTE, rule])

  const other = await inCloud(route, cloud, { ...args, drg: undefined, target_id: 'ocid1.privateip.oc1..cpe' })
  t.match(other.shown, [/rule networkEntityId: ocid1\.drg\.\S+ → ocid1\.privateip\.oc1\.\.cpe/])
  t.match(table.body['routeRules'], [FOREIGN_ROUTE, { networkEntityId: 'ocid1.privateip.oc1..cpe', description: 'to the other site' }])

  await twice(t, cloud, () => inCloud(route, cloud, { ...args, state: 'absent' }), 'updateRouteTable 200')
  t.same(table.body['routeRules'], [FOREIGN_ROUTE])
})

t.test('rules of a security list come and go; another’s stay', async (t) => {
  const { cloud, list } = await site(t)
  for (const [args, rule] of [
    [
      { protocol: 'udp', port: 500, peer: '0.0.0.0/0' },
      { protocol: '17', source: '0.0.0.0/0', udpOptions: { destinationPortRange: { min: 500, max: 500 } } },
    ],
    [
      { protocol: 'tcp', port: '8000-8010', peer: '10.0.0.0/16', stateless: true },
      { protocol: '6', isStateless: true, tcpOptions: { destinationPortRange: { min: 8000, max: 8010 } } },
    ],
    [
      { peer: '10.0.0.0/16', description: '온프레미스' },
      { protocol: 'all', source: '10.0.0.0/16', description: '온프레미스' },
    ],
  ] as const) {
    await twice(t, cloud, () => inCloud(security, cloud, { name: 'rules', ...args }), 'updateSecurityList 200')
    t.match(list.body['ingressSecurityRules'], [FOREIGN_RULE, rule])
    await twice(t, cloud, () => inCloud(security, cloud, { name: 'rules', ...args, state: 'absent' }), 'updateSecurityList 200')
    t.same(list.body['ingressSecurityRules'], [FOREIGN_RULE])
  }
  await twice(t, cloud, () => inCloud(security, cloud, { name: 'rules', direction: 'egress', peer: '172.16.0.0/16' }), 'updateSecurityList 200')
  t.match(list.body['egressSecurityRules'], [{ destination: '172.16.0.0/16', protocol: 'all' }])
})

t.test('somebody else adds a rule between reading and writing: both are there', async (t) => {
  const { cloud, table } = await site(t)
  const { store } = cloud.emulator.cloud
  const theirs = { destination: '192.0.2.0/24', networkEntityId: 'ocid1.drg.oc1..theirs' }
  const cut = store.update.bind(store)
  let isFirst = true
  store.update = (resource, changes, ifMatch) => {
    if (isFirst && resource === table) {
      isFirst = false
      cut(table, { routeRules: [FOREIGN_ROUTE, theirs] }, undefined)
    }
    cut(resource, changes, ifMatch)
  }
  const run = await inCloud(route, cloud, { id: table.id, destination: '10.0.0.0/16', target_id: 'ocid1.drg.oc1..ours' })
  t.match(run, { changed: true, problem: undefined })
  t.same(cloud.writes(), ['updateRouteTable 412', 'updateRouteTable 200'])
  t.match(table.body['routeRules'], [FOREIGN_ROUTE, theirs, { destination: '10.0.0.0/16' }])
})

t.test('what is not there, and a dry run', async (t) => {
  const { cloud } = await site(t)
  t.match(await inCloud(route, cloud, { name: 'gone', destination: '10.0.0.0/16', target_id: 'x' }), {
    refusals: [{ summary: "there is no route table 'gone' in the compartment" }],
  })
  t.match(await inCloud(security, cloud, { name: 'gone', peer: '10.0.0.0/16' }), {
    refusals: [{ summary: "there is no security list 'gone' in the compartment" }],
  })
  const args = { name: 'routes', destination: '10.0.0.0/16', drg: 'DRG-SEOUL-1' }
  t.match(await inCloud(route, cloud, args), { refusals: [{ summary: "there is no DRG 'DRG-SEOUL-1' in the compartment" }] })
  const overlay = new Overlay()
  await inCloud(drg, cloud, { name: 'DRG-SEOUL-1' }, overlay)
  const checked = await inCloud(route, cloud, args, overlay)
  t.match(checked, { changed: true, shown: [/absent → \{destination: 10\.0\.0\.0\/16, networkEntityId: \(known after apply\)/] })
  t.match(await inCloud(route, cloud, args, overlay), { changed: false })
  t.same(cloud.writes(), [])
})
