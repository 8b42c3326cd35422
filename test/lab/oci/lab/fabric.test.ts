/** From the cloud's resources to rules of the lab's routers. */
import t from 'tap'
import { cards } from '../../site.ts'
import { MemoryHeadends } from '../headends.ts'
import type { Cloud } from '../operation.ts'
import { CHUNCHEON, makePrerequisites, SEOUL } from '../prerequisites.ts'
import { Store, type Body, type Resource } from '../store.ts'
import { fabricOf, type CardState } from './fabric.ts'
import { programLines } from './program.ts'

const [cpe, host, vm] = ['10.0.236.153', '10.0.85.10', '172.16.0.93']

function site() {
  const store = new Store({ now: () => 0 }, { transitionMs: 0, tombstoneMs: 0 })
  const cloud: Cloud = { store, headends: new MemoryHeadends(), compartments: new Set() }
  const made = makePrerequisites(cloud, { compartmentId: 'ocid1.compartment.oc1..network' })
  const addRule = (table: Resource, rule: Body): void => store.update(table, { routeRules: [...(table.body['routeRules'] as Body[]), rule] }, undefined)
  const fabric = () => fabricOf(store, [SEOUL, CHUNCHEON])
  return { store, made, addRule, fabric, card: (address: string): CardState => fabric().cards.find((each) => each.address === address)! }
}

t.test('the prerequisites: what leads to the Internet, and what their security lists let in', (t) => {
  const { fabric, card } = site()
  t.same(
    fabric()
      .cards.map(({ address }) => address)
      .sort(),
    [cpe, host, vm].sort(),
  )
  t.match(card(cpe), { isChecked: true, isAttached: false, network: ['10.0.0.0/16'], routes: [{ destination: '0.0.0.0/0', target: { kind: 'internet' } }] })
  t.same(
    card(vm).ingress.map(({ peer, protocol }) => `${protocol} ${peer}`),
    ['6 0.0.0.0/0', '1 0.0.0.0/0', '1 172.16.0.0/16'],
  )
  t.same(fabric().attached, [])
  t.end()
})

t.test('a rule leads to its DRG only while the network is attached to it, to a card by its address, and to what is gone nowhere', (t) => {
  const { store, made, addRule, fabric, card } = site()
  const drg = store.create('drg', SEOUL, {}, { from: 'AVAILABLE', to: 'AVAILABLE' })
  addRule(made.seoul.defaultRouteTable, { destination: '10.0.0.0/16', networkEntityId: drg.id })
  const target = () => card(vm).routes.find(({ destination }) => destination === '10.0.0.0/16')!.target
  t.same(target(), { kind: 'nowhere' })
  const attachment = store.create('drgattachment', SEOUL, { drgId: drg.id, vcnId: made.seoul.vcn.id }, { from: 'ATTACHED', to: 'ATTACHED' })
  t.same(target(), { kind: 'drg' })
  t.same([...fabric().attached].sort(), ['172.16.0.0/24', '172.16.1.0/24'])
  t.equal(card(vm).isAttached, true)
  store.remove(attachment, undefined, { from: 'DETACHING', to: 'DETACHED' })
  t.same(target(), { kind: 'nowhere' })
  t.same(fabric().attached, [])

  const [address] = store.alive('privateip', CHUNCHEON, (body) => body['ipAddress'] === cpe)
  addRule(made.chuncheon.defaultRouteTable, { destination: '172.16.0.0/16', networkEntityId: address!.id })
  t.match(card(host).routes[1], { target: { kind: 'address', address: cpe } })
  store.update(made.chuncheon.internetGateway, { isEnabled: false }, undefined)
  t.match(card(host).routes[0], { target: { kind: 'nowhere' } })
  t.end()
})

t.test('routers: the longest prefix first, not back to where a packet comes from, nowhere in the end; who is checked carries its own packets only', (t) => {
  const { store, made, addRule, fabric } = site()
  const [address] = store.alive('privateip', CHUNCHEON, (body) => body['ipAddress'] === cpe)
  addRule(made.chuncheon.defaultRouteTable, { destination: '172.16.0.0/16', networkEntityId: address!.id })
  const lines = () => programLines('x', '/root', cards, fabric()).join('\n')
  const rulesOf = (device: string) => [...lines().matchAll(new RegExp(`rule add iif ${device} (.*) pref \\d+`, 'g'))].map(([, rule]) => rule)
  t.same(rulesOf('p-onprem'), ['to 10.0.0.0/16 lookup main', 'to 172.16.0.0/16 lookup 400', 'to 0.0.0.0/0 lookup main', 'blackhole'])
  t.same(rulesOf('p-cpe'), ['to 10.0.0.0/16 lookup main', 'to 172.16.0.0/16 blackhole', 'to 0.0.0.0/0 lookup main', 'blackhole'])
  t.same(rulesOf('vcn'), ['to 172.16.0.0/16 lookup main', 'to 0.0.0.0/0 lookup 300', 'blackhole'])
  t.match(lines(), /iifname "p-cpe" ip saddr != 10\.0\.236\.153 drop/)
  const [vnic] = store.alive('vnic', CHUNCHEON, (body) => body['privateIp'] === cpe)
  store.update(vnic!, { skipSourceDestCheck: true }, undefined)
  t.notMatch(lines(), /iifname "p-cpe" ip saddr != /)
  t.match(lines(), /iifname "p-onprem" ip saddr != 10\.0\.85\.10 drop/)
  t.match(lines(), /iifname "vti\*" oifname "vcn" drop/, 'what is not attached gets nothing from a tunnel')
  t.end()
})

t.test('filters: protocols, ports, ICMP types; the rest is dropped', (t) => {
  const { store, made, fabric } = site()
  const ingressSecurityRules = [
    { protocol: '17', source: '192.0.2.0/24', udpOptions: { destinationPortRange: { min: 500, max: 510 } } },
    { protocol: '1', source: '0.0.0.0/0', icmpOptions: { type: 3, code: 4 } },
    { protocol: '6', source: '10.0.0.0/16' },
    { protocol: '47', source: '0.0.0.0/0' },
    { protocol: 'all', source: '172.16.0.0/16' },
  ]
  store.update(made.chuncheon.defaultSecurityList, { ingressSecurityRules }, undefined)
  const [, rules = ''] = /chain p-cpe-rules \{\n([^}]*)\}/.exec(programLines('x', '/root', cards, fabric()).join('\n')) ?? []
  t.same(
    rules.split(';').map((rule) => rule.trim()),
    [
      'ip saddr 192.0.2.0/24 udp dport 500-510 accept',
      'icmp type 3 icmp code 4 accept',
      'ip saddr 10.0.0.0/16 meta l4proto 6 accept',
      'meta l4proto 47 accept',
      'ip saddr 172.16.0.0/16 accept',
      'drop',
      '',
    ],
  )
  t.end()
})
