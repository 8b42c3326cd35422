import t from 'tap'
import drg from '../../modules/oci_drg.ts'
import { Overlay } from '../../runner/probe/overlay.ts'
import { COMPARTMENT, inCloud, SEOUL, testCloud, type TestCloud } from '../support/cloud.ts'

const PROVISIONED = { from: 'AVAILABLE', to: 'AVAILABLE' }
const vcn = ({ emulator }: TestCloud, displayName = 'VCN-SEOUL-HUB') =>
  emulator.cloud.store.create('vcn', SEOUL, { compartmentId: COMPARTMENT, displayName, cidrBlocks: ['172.16.0.0/16'] }, PROVISIONED)
const ARGS = { name: 'DRG-SEOUL-1', attachment: { name: 'VCN-SEOUL-HUB-DRG-ATT', vcn: 'VCN-SEOUL-HUB' } }

t.test('made, found again, changed, repaired and removed', async (t) => {
  const cloud = await testCloud(t)
  vcn(cloud)
  const made = await inCloud(drg, cloud, ARGS)
  t.match(made, { changed: true, problem: undefined, result: { drg_id: /^ocid1\.drg\./, attachment_id: /^ocid1\.drgattachment\./ } })
  t.same(cloud.writes(), ['createDrg 200', 'createDrgAttachment 200'])

  t.match(await inCloud(drg, cloud, ARGS), { changed: false, shown: [], result: made.result })
  t.same(cloud.writes(), [], 'the second time writes nothing')

  const tagged = await inCloud(drg, cloud, { ...ARGS, freeform_tags: { site: 'chuncheon' } })
  t.match(tagged, { changed: true, result: made.result })
  t.match(tagged.shown, [/freeformTags site: absent → chuncheon/])
  t.same(cloud.writes(), ['updateDrg 200'])

  const renamed = await inCloud(drg, cloud, { drg_id: made.result['drg_id'], name: 'DRG-1' })
  t.match(renamed, { changed: true, shown: [/displayName: DRG-SEOUL-1 → DRG-1/] })
  t.same(cloud.writes(), ['updateDrg 200'])
  await inCloud(drg, cloud, { drg_id: made.result['drg_id'], name: 'DRG-SEOUL-1' })
  cloud.writes()

  // Somebody takes the attachment away.
  const { store } = cloud.emulator.cloud
  store.remove(store.get(made.result['attachment_id'], 'drgattachment', SEOUL), undefined, { from: 'DETACHING', to: 'DETACHED' })
  const repaired = await inCloud(drg, cloud, ARGS)
  t.match(repaired, { changed: true, problem: undefined, result: { drg_id: made.result['drg_id'] } })
  t.same(cloud.writes(), ['createDrgAttachment 200'])

  t.match(await inCloud(drg, cloud, { ...ARGS, state: 'absent' }), { changed: true, problem: undefined })
  t.same(
    cloud.writes(),
    ['deleteDrgAttachment 204', 'deleteDrg 204'].map((each) => each.replace('204', '200')),
  )
  t.match(await inCloud(drg, cloud, { ...ARGS, state: 'absent' }), { changed: false })
  t.same(cloud.writes(), [])
  t.match(await inCloud(drg, cloud, ARGS), { changed: true }, 'what is gone is not taken for what is there')
})

t.test('a dry run writes nothing, and says what only the run can tell', async (t) => {
  const cloud = await testCloud(t)
  vcn(cloud)
  const overlay = new Overlay()
  const checked = await inCloud(drg, cloud, ARGS, overlay)
  t.match(checked, { changed: true, problem: undefined, result: { drg_id: 'unknown: TASK [test]', attachment_id: 'unknown: TASK [test]' } })
  t.match(checked.shown.join('\n'), /DRG DRG-SEOUL-1: absent → \{id: \(known after apply\), displayName: DRG-SEOUL-1/)
  t.match(await inCloud(drg, cloud, ARGS, overlay), { changed: false }, 'a later task sees what this one would have made')
  t.same(cloud.writes(), [])
})

t.test('what cannot be', async (t) => {
  const cloud = await testCloud(t)
  t.match(await inCloud(drg, cloud, ARGS), { refusals: [{ summary: "there is no VCN 'VCN-SEOUL-HUB' in the compartment" }] })
  t.match(await inCloud(drg, cloud, { drg_id: 'ocid1.drg.oc1..gone' }), { refusals: [{ summary: /there is no DRG ocid1\.drg/ }], changed: false })
  vcn(cloud)
  await inCloud(drg, cloud, { ...ARGS, name: 'OTHER' })
  t.match(await inCloud(drg, cloud, ARGS), { refusals: [{ summary: /the VCN VCN-SEOUL-HUB is attached to another DRG/ }] })
  const { store } = cloud.emulator.cloud
  store.create('drg', SEOUL, { compartmentId: COMPARTMENT, displayName: 'OTHER' }, PROVISIONED)
  t.match(await inCloud(drg, cloud, { name: 'OTHER' }), { problem: /makes no sense/, detail: /there are 2 with the name 'OTHER' .*give the OCID/ })
})

t.test('names in Korean, and pages of one', async (t) => {
  const cloud = await testCloud(t)
  vcn(cloud, '서울 허브 VCN')
  vcn(cloud, 'another')
  cloud.emulator.pageSize = 1
  const args = { name: '서울 게이트웨이 & DRG+1', attachment: { vcn: '서울 허브 VCN' } }
  t.match(await inCloud(drg, cloud, args), { changed: true, problem: undefined })
  await inCloud(drg, cloud, { name: 'second' })
  cloud.writes()
  t.match(await inCloud(drg, cloud, args), { changed: false })
  t.same(cloud.writes(), [])
})

t.test('faults are survived, and nothing is doubled', async (t) => {
  for (const [what, faults] of [
    ['the service is busy', [{ operation: 'createDrg', nth: [1, 2], status: 429, code: 'TooManyRequests' }]],
    ['the service is broken for a moment', [{ operation: 'listDrgs', nth: [1], status: 500 }]],
    ['a reply is lost after the work was done', [{ operation: 'createDrg', nth: [1], cut: 'after' }]],
    ['a request is lost', [{ operation: 'createDrgAttachment', nth: [1], cut: 'before' }]],
    ['something is in the wrong state for a moment', [{ operation: 'createDrgAttachment', nth: [1], status: 409, code: 'IncorrectState' }]],
  ] as const)
    await t.test(what, async (t) => {
      const cloud = await testCloud(t)
      vcn(cloud)
      cloud.emulator.faults.push(...faults)
      t.match(await inCloud(drg, cloud, ARGS), { changed: true, problem: undefined })
      t.equal(cloud.emulator.cloud.store.alive('drg', SEOUL).length, 1)
      t.equal(cloud.emulator.cloud.store.alive('drgattachment', SEOUL).length, 1)
    })
})

t.test('what is not survived is told with the words of the service', async (t) => {
  const cloud = await testCloud(t)
  cloud.emulator.faults.push({ operation: 'createDrg', status: 400, code: 'LimitExceeded' })
  const refused = await inCloud(drg, cloud, { name: 'DRG-SEOUL-1' })
  t.match(refused, { problem: 'createDrg: LimitExceeded: injected', detail: /^HTTP 400, opc-request-id \S+$/ })
  cloud.emulator.faults.splice(0)
  cloud.emulator.faults.push({ operation: 'listDrgs', cut: 'before' })
  t.match(await inCloud(drg, cloud, { name: 'DRG-SEOUL-1' }), { problem: /^listDrgs: .*after \d+ attempts$/ })
})

t.test('somebody else writes in between', async (t) => {
  const cloud = await testCloud(t)
  await inCloud(drg, cloud, { name: 'DRG-SEOUL-1' })
  cloud.emulator.faults.push({ operation: 'updateDrg', nth: [1], status: 412, code: 'NoEtagMatch' })
  t.match(await inCloud(drg, cloud, { name: 'DRG-SEOUL-1', freeform_tags: { a: 'b' } }), { changed: true, problem: undefined })
  t.same(cloud.writes().slice(1), ['updateDrg 412', 'updateDrg 200'])
})
