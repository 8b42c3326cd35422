import t from 'tap'
import route from '../../modules/oci_route_rule.ts'
import vnic from '../../modules/oci_vnic.ts'
import { Overlay } from '../../runner/probe/overlay.ts'
import { CHUNCHEON, COMPARTMENT, inCloud, testCloud } from '../support/cloud.ts'
import { makePrerequisites } from '../lab/oci/prerequisites.ts'

type Ends = Parameters<typeof testCloud>[0]

const ROUTER = { region: CHUNCHEON, instance: 'Libreswan', skip_source_dest_check: true }

async function site(t: Ends) {
  const cloud = await testCloud(t)
  const { store } = cloud.emulator.cloud
  const there = makePrerequisites(cloud.emulator.cloud, { compartmentId: COMPARTMENT })
  const vnicOf = (instanceId: string) => {
    const attachment = store.alive('vnicattachment', CHUNCHEON, (body) => body['instanceId'] === instanceId)[0]!
    return store.get(attachment.body['vnicId'], 'vnic', CHUNCHEON)
  }
  return { cloud, store, there, card: vnicOf(there.chuncheon.libreswan.id) }
}

t.test('an instance becomes a router, once; what somebody else changes is repaired', async (t) => {
  const { cloud, store, there, card } = await site(t)
  const made = await inCloud(vnic, cloud, ROUTER)
  t.match(made, { changed: true, problem: undefined, refusals: [], shown: [/skipSourceDestCheck: no → yes$/] })
  t.match(made.result, {
    vnic_id: card.id,
    private_ip_id: /^ocid1\.privateip\.oc1\.ap-chuncheon-1\./,
    private_ip: '10.0.236.153',
    public_ip: '144.24.84.145',
    subnet_id: there.chuncheon.subnet.id,
  })
  t.equal(card.body['skipSourceDestCheck'], true)
  t.same(cloud.writes(), ['updateVnic 200'])
  t.match(await inCloud(vnic, cloud, ROUTER), { changed: false, shown: [], result: made.result })
  t.match(await inCloud(vnic, cloud, { region: CHUNCHEON, instance: there.chuncheon.libreswan.id }), { changed: false, result: made.result })
  t.match(await inCloud(vnic, cloud, { region: CHUNCHEON, vnic_id: card.id, skip_source_dest_check: 'yes' }), { changed: false, result: made.result })
  t.same(cloud.writes(), [])

  store.update(card, { skipSourceDestCheck: false }, undefined)
  t.match(await inCloud(vnic, cloud, ROUTER), { changed: true, problem: undefined })
  t.same(cloud.writes(), ['updateVnic 200'])
  const renamed = await inCloud(vnic, cloud, { region: CHUNCHEON, instance: 'Libreswan', display_name: '춘천 라우터' })
  t.match(renamed, { changed: true, shown: [/displayName: Libreswan → 춘천 라우터$/] })
  t.match(card.body, { displayName: '춘천 라우터', skipSourceDestCheck: true })
})

t.test('its address is the target of a route only when it passes packets', async (t) => {
  const { cloud, there } = await site(t)
  const { result } = await inCloud(vnic, cloud, { region: CHUNCHEON, instance: 'Libreswan' })
  cloud.writes()
  const rule = { region: CHUNCHEON, id: there.chuncheon.defaultRouteTable.id, destination: '172.16.0.0/16', target_id: result['private_ip_id'] }
  t.match(await inCloud(route, cloud, rule), { problem: /InvalidParameter: PrivateIP .* attached to a VNIC whose SRC\/DST check is enabled/ })
  await inCloud(vnic, cloud, ROUTER)
  t.match(await inCloud(route, cloud, rule), { changed: true, problem: undefined })
  t.same(cloud.writes(), ['updateRouteTable 400', 'updateVnic 200', 'updateRouteTable 200'])
})

t.test('a dry run writes nothing, and later tasks see what it would do', async (t) => {
  const { cloud } = await site(t)
  const overlay = new Overlay()
  t.match(await inCloud(vnic, cloud, ROUTER, overlay), { changed: true, problem: undefined, result: { private_ip_id: /^ocid1\.privateip\./ } })
  t.match(await inCloud(vnic, cloud, ROUTER, overlay), { changed: false })
  t.same(cloud.writes(), [])
})

t.test('somebody else writes in between', async (t) => {
  const { cloud } = await site(t)
  cloud.emulator.faults.push({ operation: 'updateVnic', nth: [1], status: 412, code: 'NoEtagMatch' })
  t.match(await inCloud(vnic, cloud, ROUTER), { changed: true, problem: undefined })
  t.same(cloud.writes(), ['updateVnic 412', 'updateVnic 200'])
})

t.test('one of several VNICs, by its address', async (t) => {
  const { cloud, there, card } = await site(t)
  const { attachVnic } = await import('../lab/oci/compute.ts')
  const states = { vnic: { from: 'AVAILABLE', to: 'AVAILABLE' }, attachment: { from: 'ATTACHED', to: 'ATTACHED' } }
  attachVnic(cloud.emulator.cloud, there.chuncheon.libreswan, { subnetId: there.chuncheon.subnet.id, privateIp: '10.0.0.77' }, states)
  const second = await inCloud(vnic, cloud, { ...ROUTER, private_ip: '10.0.0.77' })
  t.match(second, { changed: true, problem: undefined, result: { private_ip: '10.0.0.77', public_ip: '198.51.100.2' } })
  t.equal(card.body['skipSourceDestCheck'], false)
  t.match(await inCloud(vnic, cloud, { ...ROUTER, private_ip: '10.0.0.78' }), {
    changed: false,
    refusals: [{ summary: "the instance 'Libreswan' has no VNIC with the primary private address 10.0.0.78", hint: /10\.0\.236\.153, 10\.0\.0\.77/ }],
  })
})

t.test('what is not there, is twice there, or is there no more', async (t) => {
  const { cloud, store, there } = await site(t)
  t.match(await inCloud(vnic, cloud, { ...ROUTER, instance: 'gone' }), {
    changed: false,
    refusals: [
      { summary: "there is no instance 'gone' in the compartment", hint: /prerequisite: make it first, or correct its name, the compartment or the region/ },
    ],
  })
  t.match(await inCloud(vnic, cloud, { ...ROUTER, region: 'ap-seoul-1' }), { refusals: [{ summary: "there is no instance 'Libreswan' in the compartment" }] })
  t.match(await inCloud(vnic, cloud, { region: CHUNCHEON, vnic_id: 'ocid1.vnic.oc1..gone' }), {
    refusals: [{ summary: 'there is no VNIC ocid1.vnic.oc1..gone' }],
  })
  const { compartmentId, availabilityDomain } = there.chuncheon.libreswan.body
  const other = store.create('instance', CHUNCHEON, { compartmentId, availabilityDomain, displayName: 'Libreswan' }, { from: 'RUNNING', to: 'RUNNING' })
  t.match(await inCloud(vnic, cloud, ROUTER), { problem: /makes no sense/, detail: /there are 2 with the name 'Libreswan' .*give the OCID/ })
  t.match(await inCloud(vnic, cloud, { ...ROUTER, instance: other.id }), { refusals: [{ summary: /has no VNIC$/ }] })
  store.remove(other, undefined)
  t.match(await inCloud(vnic, cloud, ROUTER), { changed: true, problem: undefined }, 'one that is terminated is not meant')
})
