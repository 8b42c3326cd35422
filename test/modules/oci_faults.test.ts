/** What goes wrong between here and the cloud, and in it: it is survived, or told; nothing is doubled. */
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import drg from '../../modules/oci_drg.ts'
import ipsec from '../../modules/oci_ipsec.ts'
import vnic from '../../modules/oci_vnic.ts'
import type { Fault } from '../lab/oci/server.ts'
import { CHUNCHEON, inCloud, LIMITS, SEOUL, type TestCloud } from '../support/cloud.ts'
import { CONNECTION, down, DRG, oracleSite, problemsOf, tunnel, up, type Site } from '../support/oci-site.ts'

// Some hundred whole runs against the emulator: minutes where the machine does other things as well.
t.setTimeout(1_800_000)

type Body = Readonly<Record<string, unknown>>

const KINDS = ['drg', 'drgattachment', 'cpe', 'ipsecconnection', 'ipsectunnel'] as const
const WHOLE = [1, 1, 1, 1, 2]
const counts = ({ emulator }: TestCloud): number[] => KINDS.map((kind) => emulator.cloud.store.alive(kind, SEOUL).length)

/** The site is made in spite of faults, each thing once, and a second run finds nothing to do. */
async function survives(t: Test, { cloud }: Site, faults: readonly Fault[], endMs = 0): Promise<void> {
  cloud.emulator.faults.push(...faults)
  t.same(problemsOf(await up(cloud)), [])
  // What comes late is done in the end, too.
  await setTimeout(endMs)
  t.same(counts(cloud), WHOLE)
  cloud.emulator.faults.splice(0)
  cloud.writes()
  t.same(problemsOf(await up(cloud)), [])
  t.same(cloud.writes(), [], 'a second run writes nothing')
}

/** The site is removed in spite of faults, and nothing is left. */
async function isRemoved(t: Test, { cloud }: Site, faults: readonly Fault[]): Promise<void> {
  cloud.emulator.faults.push(...faults)
  t.same(problemsOf(await down(cloud)), [])
  t.same(counts(cloud), [0, 0, 0, 0, 0])
}

/** Operations of a run that makes the site, and of one that removes it. */
async function operations(t: Test): Promise<{ readonly up: string[]; readonly down: string[] }> {
  const { cloud } = await oracleSite(t)
  const names = (from: number) => [...new Set(cloud.emulator.log.slice(from).map(({ operation }) => operation))]
  await up(cloud)
  const end = cloud.emulator.log.length
  const first = names(0)
  await down(cloud)
  return { up: first, down: names(end) }
}

t.test('each operation is refused for the moment', async (t) => {
  const all = await operations(t)
  t.ok(['createDrg', 'updateVnic', 'getIPSecConnectionTunnelSharedSecret'].every((each) => all.up.includes(each)))
  for (const [status, code] of [
    [429, 'TooManyRequests'],
    [500, 'InternalServerError'],
    [503, 'ServiceUnavailable'],
  ] as const) {
    const fault = (operation: string): Fault => ({ operation, nth: [1], status, code })
    await t.test(code, async (t) => {
      const site = await oracleSite(t)
      await survives(t, site, all.up.map(fault))
      await isRemoved(t, site, all.down.map(fault))
    })
  }
})

t.test('a reply or a request is lost', async (t) => {
  const all = await operations(t)
  const writes = [...all.up, ...all.down].filter((each) => !/^(?:get|list)/.test(each))
  t.same(
    [...new Set(writes.filter((each) => each.startsWith('create')))].sort(),
    ['createCpe', 'createDrg', 'createDrgAttachment', 'createIPSecConnection'],
    'all that is made',
  )
  for (const cut of ['before', 'after'] as const) {
    const fault = (operation: string): Fault => ({ operation, nth: [1], cut })
    for (const operation of all.up.filter((each) => each.startsWith('create')))
      await t.test(`${cut}: ${operation}`, async (t) => survives(t, await oracleSite(t), [fault(operation)]))
    await t.test(`${cut}: each of all writes`, async (t) => {
      const site = await oracleSite(t)
      await survives(t, site, all.up.map(fault))
      await isRemoved(t, site, all.down.map(fault))
    })
  }
})

t.test('an answer comes too late', async (t) => {
  const limits = { ...LIMITS, requestTimeoutMs: 300 }
  for (const operation of ['createDrg', 'createDrgAttachment', 'createCpe', 'createIPSecConnection', 'updateRouteTable', 'listDrgs'])
    await t.test(operation, async (t) => survives(t, await oracleSite(t, { limits }), [{ operation, nth: [1], delayMs: 700 }], 800))
  await t.test('always', async (t) => {
    const { cloud } = await oracleSite(t, { limits: { ...limits, callTimeoutMs: 1000 } })
    cloud.emulator.faults.push({ operation: 'listDrgs', delayMs: 700 })
    t.match(await inCloud(drg, cloud, DRG), { problem: /^listDrgs: TIMED_OUT: no answer in 0\.3 s, after \d attempts$/ })
  })
})

t.test('what is to be removed is in use for the moment', async (t) => {
  const { cloud } = await oracleSite(t)
  await up(cloud)
  for (const name of ['Drg', 'DrgAttachment', 'Cpe', 'IPSecConnection'])
    cloud.emulator.faults.push({ operation: `delete${name}`, nth: [1, 2, 3], status: 409, code: 'IncorrectState' })
  t.same(problemsOf(await down(cloud)), [])
  t.same(counts(cloud), [0, 0, 0, 0, 0])
  await up(cloud)
  cloud.emulator.faults.push({ operation: 'deleteDrg', status: 409, code: 'IncorrectState' })
  t.match(problemsOf(await down(cloud)), [/^deleteDrg: IncorrectState: .*after \d+ attempts/])
})

t.test('something stays where it is', async (t) => {
  for (const [operation, state, problem] of [
    ['createDrg', 'PROVISIONING', /^getDrg: ocid1\.drg\.\S+ is still PROVISIONING after 1 s, and not AVAILABLE$/],
    ['createDrgAttachment', 'ATTACHING', /^getDrgAttachment: ocid1\.\S+ is still ATTACHING after 1 s, and not ATTACHED$/],
    ['createIPSecConnection', 'PROVISIONING', /^getIPSecConnection: ocid1\.\S+ is still PROVISIONING after 1 s, and not AVAILABLE$/],
    ['deleteIPSecConnection', 'TERMINATING', /^getIPSecConnection: ocid1\.\S+ is still TERMINATING after 1 s, and not TERMINATED$/],
    ['deleteDrgAttachment', 'DETACHING', /^getDrgAttachment: ocid1\.\S+ is still DETACHING after 1 s, and not DETACHED$/],
    ['deleteDrg', 'TERMINATING', /^getDrg: ocid1\.\S+ is still TERMINATING after 1 s, and not TERMINATED$/],
  ] as const)
    await t.test(`${operation}: ${state}`, async (t) => {
      const { cloud } = await oracleSite(t)
      const make = async () => [await inCloud(drg, cloud, { ...DRG, wait_timeout: 1 }), await inCloud(ipsec, cloud, { ...CONNECTION, wait_timeout: 1 })]
      const absent = { state: 'absent', wait_timeout: 1 }
      const take = async () => [await inCloud(ipsec, cloud, { ...CONNECTION, ...absent }), await inCloud(drg, cloud, { ...DRG, ...absent })]
      if (operation.startsWith('delete')) await make()
      cloud.emulator.faults.push({ operation, becomes: 'nothing' })
      const runs = await (operation.startsWith('delete') ? take() : make())
      const stuck = runs.find((run) => problem.test(run.problem ?? ''))
      t.ok(stuck, problemsOf(runs).join('\n'))
      t.match(stuck?.hint, /wait_timeout/)
    })
  await t.test('a little longer than usual', async (t) => {
    const site = await oracleSite(t)
    site.cloud.emulator.faults.push({ operation: 'createDrg', becomes: 'nothing' })
    const { store } = site.cloud.emulator.cloud
    const later = setTimeout(400).then(() => store.list('drg', SEOUL).forEach((each) => store.divert(each, 'AVAILABLE')))
    t.teardown(() => later)
    t.match(await inCloud(drg, site.cloud, DRG), { changed: true, problem: undefined })
  })
})

t.test('something fails, or is removed, while one waits for it', async (t) => {
  for (const [operation, state, problem] of [
    ['createDrg', 'FAILED', /^getDrg: ocid1\.drg\.\S+ became FAILED, and not AVAILABLE$/],
    ['createDrg', 'TERMINATED', /^getDrg: ocid1\.drg\.\S+ became TERMINATED, and not AVAILABLE$/],
    ['createDrgAttachment', 'DETACHED', /^getDrgAttachment: ocid1\.\S+ became DETACHED, and not ATTACHED$/],
    ['createIPSecConnection', 'FAILED', /^getIPSecConnection: ocid1\.\S+ became FAILED, and not AVAILABLE$/],
  ] as const)
    await t.test(`${operation}: ${state}`, async (t) => {
      const { cloud } = await oracleSite(t)
      cloud.emulator.faults.push({ operation, becomes: state })
      const runs = [await inCloud(drg, cloud, DRG), await inCloud(ipsec, cloud, CONNECTION)]
      const failed = runs.find((run) => problem.test(run.problem ?? ''))
      t.ok(failed, problemsOf(runs).join('\n'))
      t.match(failed?.hint, /Then run again/)
    })
})

t.test('an answer is older than what was written', async (t) => {
  const late = (operation: string, rewrite: NonNullable<Fault['rewrite']>, from = 2): Fault => ({ operation, nth: [from, from + 1, from + 2], rewrite })
  await t.test('what was made is not in lists, nor by its OCID', async (t) => {
    const site = await oracleSite(t)
    const lists = ['listDrgs', 'listDrgAttachments', 'listCpes', 'listIPSecConnections']
    const gets = ['getDrg', 'getDrgAttachment', 'getIPSecConnection']
    await survives(t, site, [
      // The first listing comes before it is made.
      ...lists.map((operation) => late(operation, () => [])),
      ...gets.map((operation) => ({ operation, nth: [1, 2], status: 404, code: 'NotAuthorizedOrNotFound' })),
    ])
  })
  await t.test('what was changed is as it was', async (t) => {
    const { cloud } = await oracleSite(t)
    const args = { region: CHUNCHEON, instance: 'Libreswan' }
    const stale = (body: unknown) => ({ ...(body as Body), skipSourceDestCheck: false })
    // The second is the one whose version the write is bound to.
    cloud.emulator.faults.push(late('getVnic', stale, 3))
    t.match(await inCloud(vnic, cloud, { ...args, skip_source_dest_check: true }), { changed: true, problem: undefined })
    t.same(cloud.writes(), ['updateVnic 200'])
    await inCloud(drg, cloud, DRG)
    cloud.emulator.faults.push(late('listDrgs', (items) => (items as Body[]).map((each) => ({ ...each, freeformTags: {} }))))
    t.match(await inCloud(drg, cloud, { ...DRG, freeform_tags: { a: 'b' } }), { changed: true, problem: undefined })
    t.same(cloud.writes().slice(2), ['updateDrg 200'])
  })
  await t.test('what was removed is still in lists', async (t) => {
    const { cloud } = await oracleSite(t)
    await up(cloud)
    const undead = (items: unknown) => (items as Body[]).map((each) => ({ ...each, lifecycleState: 'AVAILABLE' }))
    cloud.emulator.faults.push(late('listDrgs', undead, 6), late('listIPSecConnections', undead, 2))
    t.same(problemsOf(await down(cloud)), [])
    t.same(counts(cloud), [0, 0, 0, 0, 0])
  })
})

t.test('somebody else writes between reading and writing', async (t) => {
  const { cloud } = await oracleSite(t)
  await up(cloud)
  const changes: readonly (readonly [operation: string, module: typeof drg, args: Record<string, unknown>])[] = [
    ['updateDrg', drg, { ...DRG, freeform_tags: { a: 'b' } }],
    ['updateDrgAttachment', drg, { ...DRG, attachment: { ...DRG.attachment, freeform_tags: { a: 'b' } } }],
    ['updateCpe', ipsec, { ...CONNECTION, cpe: { ...CONNECTION.cpe, vendor: 'Other', platform: undefined } }],
    ['updateIPSecConnection', ipsec, { ...CONNECTION, static_routes: ['10.0.0.0/16'] }],
    ['updateIPSecConnectionTunnel', ipsec, { ...CONNECTION, static_routes: ['10.0.0.0/16'], tunnels: [{ ...tunnel(1), ike_version: 2 }, tunnel(2)] }],
    [
      'updateIPSecConnectionTunnelSharedSecret',
      ipsec,
      { ...CONNECTION, static_routes: ['10.0.0.0/16'], tunnels: [{ ...tunnel(1), ike_version: 2, shared_secret: 'another' }, tunnel(2)] },
    ],
    ['updateVnic', vnic, { region: CHUNCHEON, instance: 'Libreswan', display_name: '라우터' }],
  ]
  for (const [operation, module, args] of changes) {
    cloud.writes()
    cloud.emulator.faults.push({ operation, nth: [1, 2], status: 412, code: 'NoEtagMatch' })
    t.match(await inCloud(module, cloud, args), { changed: true, problem: undefined }, operation)
    t.same(
      cloud.writes().filter((each) => each.startsWith(`${operation} `)),
      [`${operation} 412`, `${operation} 412`, `${operation} 200`],
    )
  }
  cloud.emulator.faults.push({ operation: 'updateDrg', status: 412, code: 'NoEtagMatch' })
  t.match(await inCloud(drg, cloud, DRG), { changed: false })
  t.match(await inCloud(drg, cloud, { ...DRG, freeform_tags: {} }), { problem: /^updateDrg: NoEtagMatch/ }, 'not for ever')
  t.same(cloud.writes().slice(-5), Array(5).fill('updateDrg 412'))
})

t.test('pages of one', async (t) => {
  const site = await oracleSite(t)
  site.cloud.emulator.pageSize = 1
  await survives(t, site, [])
})

t.test('lists in another order', async (t) => {
  const site = await oracleSite(t)
  await up(site.cloud)
  const reversed = (items: unknown) => [...(items as unknown[])].reverse()
  site.cloud.emulator.faults.push(...(await operations(t)).up.filter((each) => each.startsWith('list')).map((operation) => ({ operation, rewrite: reversed })))
  site.cloud.writes()
  const again = await up(site.cloud)
  t.same(problemsOf(again), [])
  t.notOk(again.some(({ changed }) => changed))
  t.same(site.cloud.writes(), [])
})

/** A reply of a later version of the API: fields and values that nobody knows, and null for all that is not set. */
function later(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(later)
  if (typeof body !== 'object' || body === null) return body
  const unset = Object.fromEntries(
    [
      ...['displayName', 'freeformTags', 'definedTags', 'description', 'cidrBlock', 'networkDetails', 'routeTableId', 'securityListIds', 'staticRoutes'],
      ...['cpeDeviceShapeId', 'cpeDeviceInfo', 'cpeLocalIdentifier', 'cpeLocalIdentifierType', 'bgpSessionInfo', 'encryptionDomainConfig'],
      ...['phaseOneDetails', 'phaseTwoDetails', 'dpdMode', 'dpdTimeoutInSec', 'natTranslationEnabled', 'oracleCanInitiate', 'tcpOptions', 'udpOptions'],
      ...['icmpOptions', 'isStateless', 'vnicId', 'publicIp', 'skipSourceDestCheck', 'sourcePortRange'],
    ].map((field) => [field, null]),
  )
  const known = Object.fromEntries(Object.entries(body).map(([name, value]) => [name, name.endsWith('Tags') ? value : later(value)]))
  return { ...unset, ...known, futureField: { of: ['another', 'version'] }, futureState: 'SOMETHING_NEW' }
}

t.test('fields and values that nobody knows yet, and null for what is not set', async (t) => {
  const site = await oracleSite(t)
  const all = await operations(t)
  const reads = [...new Set([...all.up, ...all.down])].filter((each) => /^(?:get|list)/.test(each))
  const rewrites = reads.map((operation) => ({ operation, rewrite: later }))
  site.cloud.emulator.faults.push(...rewrites)
  t.same(problemsOf(await up(site.cloud)), [])
  t.same(counts(site.cloud), WHOLE)
  site.cloud.writes()
  t.same(problemsOf(await up(site.cloud)), [])
  t.same(site.cloud.writes(), [], 'a second run writes nothing')
  t.same(problemsOf(await down(site.cloud)), [])
  t.same(counts(site.cloud), [0, 0, 0, 0, 0])
})

t.test('a state that nobody knows is no reason to make another', async (t) => {
  const { cloud } = await oracleSite(t)
  await up(cloud)
  const moving = (items: unknown) => (items as Body[]).map((each) => ({ ...each, lifecycleState: 'MOVING' }))
  for (const operation of ['listDrgs', 'listDrgAttachments', 'listIPSecConnections', 'listIPSecConnectionTunnels'])
    cloud.emulator.faults.push({ operation, rewrite: moving })
  cloud.writes()
  t.same(problemsOf(await up(cloud)), [])
  t.same(cloud.writes(), [])
})

t.test('half of it is there from a run that was broken off, before each of its writes', async (t) => {
  const { cloud: whole } = await oracleSite(t)
  await up(whole)
  const writes = whole.writes().map((each) => each.split(' ')[0]!)
  for (const [done, operation] of writes.entries()) {
    const nth = writes.slice(0, done + 1).filter((each) => each === operation).length
    await t.test(`${done + 1}: ${operation}`, async (t) => {
      const { cloud } = await oracleSite(t)
      const { faults } = cloud.emulator
      faults.push({ operation, nth: [nth], status: 400, code: 'LimitExceeded' })
      t.match(problemsOf(await up(cloud)), [/LimitExceeded/])
      faults.splice(0)
      t.same(problemsOf(await up(cloud)), [])
      t.same(counts(cloud), WHOLE)
      cloud.writes()
      await up(cloud)
      t.same(cloud.writes(), [])
    })
  }
})

t.test('what was changed or removed behind its back is repaired', async (t) => {
  const { cloud } = await oracleSite(t)
  const runs = await up(cloud)
  const { store } = cloud.emulator.cloud
  const headends = () => [...cloud.headends.specs.values()].map(({ sharedSecret }) => sharedSecret)
  const secrets = headends()
  const args = { ...CONNECTION, tunnels: [1, 2].map((number) => ({ ...tunnel(number as 1 | 2), shared_secret: secrets[number - 1] })) }
  for (const each of store.alive('ipsectunnel', SEOUL)) store.update(each, { sharedSecret: 'somebody else s' }, undefined)
  cloud.writes()
  t.match(await inCloud(ipsec, cloud, args), { changed: true, problem: undefined })
  t.same(cloud.writes(), Array(2).fill('updateIPSecConnectionTunnelSharedSecret 200'))
  t.same(headends(), secrets)
  const [attachment] = store.alive('drgattachment', SEOUL)
  store.remove(attachment!, undefined, { from: 'DETACHING', to: 'DETACHED' })
  t.match(await inCloud(drg, cloud, DRG), { changed: true, problem: undefined, result: { drg_id: runs[0]!.result['drg_id'] } })
  t.same(cloud.writes(), ['createDrgAttachment 200'])
})
