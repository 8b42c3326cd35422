import t, { type Test } from 'tap'
import drg from '../../modules/oci_drg.ts'
import route from '../../modules/oci_route_rule.ts'
import security from '../../modules/oci_security_rule.ts'
import { Overlay } from '../../runner/probe/overlay.ts'
import { omit } from '../lab/oci/operation.ts'
import { makePrerequisites } from '../lab/oci/prerequisites.ts'
import { COMPARTMENT, inCloud, SEOUL, testCloud, type TestCloud } from '../support/cloud.ts'

const FOREIGN_RULE = {
  protocol: '6',
  source: '0.0.0.0/0',
  sourceType: 'CIDR_BLOCK',
  isStateless: false,
  tcpOptions: { destinationPortRange: { min: 22, max: 22 } },
}
const READY = { from: 'AVAILABLE', to: 'AVAILABLE' }
const [PUBLIC, PRIVATE] = ['Public Subnet-VCN-SEOUL-HUB', 'Private Subnet-VCN-SEOUL-HUB']

async function site(t: { teardown(work: () => Promise<unknown>): void }) {
  const cloud = await testCloud(t)
  const { store } = cloud.emulator.cloud
  const { seoul } = makePrerequisites(cloud.emulator.cloud, { compartmentId: COMPARTMENT })
  const { internetGateway } = seoul
  const common = { compartmentId: COMPARTMENT, vcnId: seoul.vcn.id }
  const foreign = { destination: '0.0.0.0/0', destinationType: 'CIDR_BLOCK', networkEntityId: internetGateway.id }
  const table = store.create('routetable', SEOUL, { ...common, displayName: 'routes', routeRules: [foreign] }, READY)
  const list = store.create('securitylist', SEOUL, { ...common, displayName: 'rules', ingressSecurityRules: [FOREIGN_RULE], egressSecurityRules: [] }, READY)
  return { cloud, store, seoul, internetGateway, foreign, table, list }
}

const twice = async (t: Test, cloud: TestCloud, run: () => ReturnType<typeof inCloud>, write: string): Promise<void> => {
  cloud.writes()
  t.match(await run(), { changed: true, problem: undefined, refusals: [] })
  t.same(cloud.writes(), [write])
  t.match(await run(), { changed: false })
  t.same(cloud.writes(), [])
}

t.test('a route comes, is corrected and goes; another’s stays', async (t) => {
  const { cloud, foreign, table, internetGateway } = await site(t)
  const made = await inCloud(drg, cloud, { name: 'DRG-SEOUL-1', attachment: { vcn: 'VCN-SEOUL-HUB' } })
  const args = { name: 'routes', destination: '10.0.0.0/16', drg: 'DRG-SEOUL-1', description: 'to the other site' }
  await twice(t, cloud, () => inCloud(route, cloud, args), 'updateRouteTable 200')
  const rule = { destination: '10.0.0.0/16', networkEntityId: made.result['drg_id'], description: 'to the other site' }
  t.match(table.body['routeRules'], [foreign, rule])

  const other = await inCloud(route, cloud, { ...args, drg: undefined, target_id: internetGateway.id })
  t.match(other.shown, [/rule networkEntityId: ocid1\.drg\.\S+ → ocid1\.internetgateway\./])
  t.match(table.body['routeRules'], [foreign, { networkEntityId: internetGateway.id, description: 'to the other site' }])

  await twice(t, cloud, () => inCloud(route, cloud, { ...args, state: 'absent' }), 'updateRouteTable 200')
  t.same(table.body['routeRules'], [foreign])
})

t.test('a table is named by a subnet that uses it', async (t) => {
  const { cloud, store, seoul } = await site(t)
  await inCloud(drg, cloud, { name: 'DRG-SEOUL-1', attachment: { vcn: 'VCN-SEOUL-HUB' } })
  const args = { destination: '10.0.0.0/16', drg: 'DRG-SEOUL-1' }
  for (const [subnet, more, table] of [
    [PUBLIC, {}, seoul.defaultRouteTable],
    [PRIVATE, { vcn: 'VCN-SEOUL-HUB' }, store.get(seoul.subnets.private.body['routeTableId'], 'routetable', SEOUL)],
  ] as const) {
    const run = () => inCloud(route, cloud, { ...args, subnet, ...more })
    const overlay = new Overlay()
    t.match(await inCloud(route, cloud, { ...args, subnet, ...more }, overlay), {
      changed: true,
      shown: [new RegExp(`^route table of ${subnet} rule: absent →`)],
    })
    await twice(t, cloud, run, 'updateRouteTable 200')
    t.match((await run()).result, { route_table_id: table.id })
    t.match((table.body['routeRules'] as unknown[]).at(-1), { destination: '10.0.0.0/16' })
  }
  t.match(await inCloud(route, cloud, { ...args, subnet: seoul.subnets.public.id }), { changed: false, problem: undefined })
})

t.test('two subnets with one table: a dry run sees that the second needs nothing', async (t) => {
  const { cloud, store, seoul } = await site(t)
  store.update(seoul.subnets.private, { routeTableId: seoul.defaultRouteTable.id }, undefined)
  await inCloud(drg, cloud, { name: 'DRG-SEOUL-1', attachment: { vcn: 'VCN-SEOUL-HUB' } })
  const overlay = new Overlay()
  const args = { destination: '10.0.0.0/16', drg: 'DRG-SEOUL-1' }
  t.match(await inCloud(route, cloud, { ...args, subnet: PUBLIC }, overlay), { changed: true })
  t.match(await inCloud(route, cloud, { ...args, subnet: PRIVATE }, overlay), { changed: false })
})

t.test('a security list is named by a subnet that uses it', async (t) => {
  const { cloud, store, seoul, list } = await site(t)
  const args = { subnet: PUBLIC, peer: '10.0.0.0/16' }
  await twice(t, cloud, () => inCloud(security, cloud, args), 'updateSecurityList 200')
  t.match((seoul.defaultSecurityList.body['ingressSecurityRules'] as unknown[]).at(-1), { source: '10.0.0.0/16', protocol: 'all' })

  store.update(seoul.subnets.public, { securityListIds: [seoul.defaultSecurityList.id, list.id] }, undefined)
  const ambiguous = await inCloud(security, cloud, args)
  t.match(ambiguous, { changed: false, refusals: [{ summary: `the subnet '${PUBLIC}' has 2 security lists`, hint: /with `name` or `id`/ }] })
  t.match(ambiguous.refusals[0]?.detail, list.id)
  await twice(t, cloud, () => inCloud(security, cloud, { ...args, name: 'rules' }), 'updateSecurityList 200')
  t.match(list.body['ingressSecurityRules'], [FOREIGN_RULE, { source: '10.0.0.0/16' }])
  t.match(await inCloud(security, cloud, { ...args, name: 'gone' }), {
    refusals: [{ summary: `the subnet '${PUBLIC}' has no security list 'gone' in the compartment` }],
  })
  store.update(seoul.subnets.public, { securityListIds: [] }, undefined)
  t.match(await inCloud(security, cloud, args), { refusals: [{ summary: /has 0 security lists/ }] })
})

t.test('subnets of one name in two VCNs', async (t) => {
  const { cloud, store, seoul } = await site(t)
  const vcn = store.create('vcn', SEOUL, { compartmentId: COMPARTMENT, displayName: 'OTHER' }, READY)
  store.create('subnet', SEOUL, { ...omit(seoul.subnets.public.body, 'id'), vcnId: vcn.id }, READY)
  const args = { subnet: PUBLIC, peer: '10.0.0.0/16' }
  t.match(await inCloud(security, cloud, args), { problem: /makes no sense/, detail: /there are 2 with the name 'Public Subnet-VCN-SEOUL-HUB'/ })
  t.match(await inCloud(security, cloud, { ...args, vcn: 'VCN-SEOUL-HUB' }), { changed: true, problem: undefined })
  t.match(await inCloud(security, cloud, { ...args, vcn_id: seoul.vcn.id }), { changed: false, problem: undefined })
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
  const { cloud, store, table, foreign, internetGateway } = await site(t)
  const theirs = { destination: '192.0.2.0/24', networkEntityId: internetGateway.id }
  const cut = store.update.bind(store)
  let isFirst = true
  store.update = (resource, changes, ifMatch) => {
    if (isFirst && resource === table) {
      isFirst = false
      cut(table, { routeRules: [foreign, theirs] }, undefined)
    }
    cut(resource, changes, ifMatch)
  }
  const run = await inCloud(route, cloud, { id: table.id, destination: '10.0.0.0/16', target_id: internetGateway.id })
  t.match(run, { changed: true, problem: undefined })
  t.same(cloud.writes(), ['updateRouteTable 412', 'updateRouteTable 200'])
  t.match(table.body['routeRules'], [foreign, theirs, { destination: '10.0.0.0/16' }])
})

t.test('what is not there, and a dry run', async (t) => {
  const { cloud } = await site(t)
  t.match(await inCloud(route, cloud, { name: 'gone', destination: '10.0.0.0/16', target_id: 'x' }), {
    refusals: [{ summary: "there is no route table 'gone' in the compartment" }],
  })
  t.match(await inCloud(security, cloud, { name: 'gone', peer: '10.0.0.0/16' }), {
    refusals: [{ summary: "there is no security list 'gone' in the compartment" }],
  })
  for (const [module, more] of [
    [route, { destination: '10.0.0.0/16', target_id: 'x' }],
    [security, { peer: '10.0.0.0/16' }],
  ] as const) {
    t.match(await inCloud(module, cloud, { ...more, subnet: 'gone' }), {
      refusals: [{ summary: "there is no subnet 'gone' in the compartment", hint: /prerequisite/ }],
    })
    t.match(await inCloud(module, cloud, { ...more, subnet: PUBLIC, vcn: 'gone' }), { refusals: [{ summary: "there is no VCN 'gone' in the compartment" }] })
    t.match(await inCloud(module, cloud, { ...more, name: 'routes', vcn: 'gone' }), { refusals: [{ summary: "there is no VCN 'gone' in the compartment" }] })
  }
  const args = { name: 'routes', destination: '10.0.0.0/16', drg: 'DRG-SEOUL-1' }
  t.match(await inCloud(route, cloud, args), { refusals: [{ summary: "there is no DRG 'DRG-SEOUL-1' in the compartment" }] })
  const overlay = new Overlay()
  await inCloud(drg, cloud, { name: 'DRG-SEOUL-1' }, overlay)
  const checked = await inCloud(route, cloud, args, overlay)
  t.match(checked, { changed: true, shown: [/absent → \{destination: 10\.0\.0\.0\/16, networkEntityId: \(known after apply\)/] })
  t.match(await inCloud(route, cloud, args, overlay), { changed: false })
  t.same(cloud.writes(), [])
})
