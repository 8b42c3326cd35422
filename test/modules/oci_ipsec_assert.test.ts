import t from 'tap'
import drg from '../../modules/oci_drg.ts'
import ipsec from '../../modules/oci_ipsec.ts'
import module from '../../modules/oci_ipsec_assert.ts'
import { UnknownStateError, type ReadModule } from '../../runner/module.ts'
import { Overlay } from '../../runner/probe/overlay.ts'
import { inCloud, SEOUL, testCloud, type CloudRun, type TestCloud } from '../support/cloud.ts'

const NAME = 'IPSec-OnPremise-1-SeoulHubVCN'
const CONNECTION = {
  name: NAME,
  drg: 'DRG-SEOUL-1',
  cpe: { name: 'CPE-OnPremise-Libreswan', ip_address: '144.24.84.145' },
  tunnels: [
    { name: 'Tunnel-1', customer_asn: 65000, customer_interface: '10.10.10.1/30', oracle_interface: '10.10.10.2/30', shared_secret: 'FirstSharedSecret' },
    { name: 'Tunnel-2', customer_asn: 65000, customer_interface: '10.10.10.5/30', oracle_interface: '10.10.10.6/30' },
  ],
}
const [ONE, TWO] = ['Tunnel-1', 'Tunnel-2'] as const
const UP = { isIkeEstablished: true, isEspEstablished: true, bgpState: 'UP' } as const
const ROUTES = { received: ['10.0.0.0/16'], advertised: ['172.16.1.0/24', '172.16.0.0/24'] }

type Tunnels = Readonly<Record<string, Readonly<Record<string, unknown>>>>
const tunnelsOf = ({ result }: CloudRun): Tunnels => result['tunnels'] as Tunnels
const brokenOf = ({ result }: CloudRun) => result['broken']

interface Site {
  readonly cloud: TestCloud
  readonly made: CloudRun
  readonly idOf: (name: string) => string
  readonly look: (args?: Record<string, unknown>, overlay?: Overlay) => Promise<CloudRun>
}

/** A connection that was made, and what looks at it. */
async function site(t: { teardown(work: () => Promise<unknown>): void }): Promise<Site> {
  const cloud = await testCloud(t)
  await inCloud(drg, cloud, { name: 'DRG-SEOUL-1' })
  const made = await inCloud(ipsec, cloud, CONNECTION)
  cloud.writes()
  return {
    cloud,
    made,
    idOf: (name) => tunnelsOf(made)[name]!['id'] as string,
    look: (args, overlay) => inCloud(module, cloud, { name: NAME, ...args }, overlay),
  }
}

t.test('a look-up has what the module that made it registers, and more', async (t) => {
  const { cloud, made, idOf, look } = await site(t)
  const down = { status: 'DOWN', bgp_state: 'DOWN', received_prefixes: [], sent_prefixes: [] }
  const looked = await look()
  t.match(looked, { problem: undefined, unknown: undefined })
  t.strictSame(tunnelsOf(looked), { [ONE]: { ...tunnelsOf(made)[ONE], ...down }, [TWO]: { ...tunnelsOf(made)[TWO], ...down } })
  t.equal(tunnelsOf(looked)[ONE]!['shared_secret'], 'FirstSharedSecret')
  t.strictSame([looked.result['connection_id'], brokenOf(looked)], [made.result['connection_id'], {}])

  cloud.headends.statuses.set(idOf(ONE), UP)
  cloud.headends.advertisements.set(idOf(ONE), ROUTES)
  t.match(tunnelsOf(await look({ tunnels: ONE })), {
    [ONE]: { status: 'UP', bgp_state: 'UP', received_prefixes: ['10.0.0.0/16'], sent_prefixes: ['172.16.0.0/24', '172.16.1.0/24'] },
  })
  t.strictSame(Object.keys(tunnelsOf(await look({ tunnels: [TWO] }))), [TWO], 'only those that are asked for')
  t.strictSame(tunnelsOf(await look({ name: made.result['connection_id'] })), tunnelsOf(await look()), 'by its OCID')
  t.notOk(
    cloud.emulator.log.some(({ operation }) => operation === 'getIPSecConnectionTunnelError'),
    'what only looks does not ask for reasons',
  )
  t.same(cloud.writes(), [], 'it only reads')
})

t.test('each thing that may be broken, by name, with its cause and what Oracle tells', async (t) => {
  const { cloud, idOf, look } = await site(t)
  const set = (name: string, status: object, routes: { received: string[]; advertised: string[] } = ROUTES): void => {
    cloud.headends.statuses.set(idOf(name), { ...UP, ...status })
    cloud.headends.advertisements.set(idOf(name), routes)
  }
  const all = { status: 'up', bgp: 'up', received_prefixes: '10.0.0.0/16', sent_prefixes: '172.16.0.0/24, 172.16.1.0/24' }
  set(ONE, {})
  set(TWO, {})
  t.match(await look(all), { problem: undefined, result: { broken: {} } })

  set(TWO, {
    isEspEstablished: false,
    error: { errorCode: 'IKE_PSK', errorDescription: 'Shared secrets differ', solution: 'Compare them', timestamp: '2026-01-31T10:15:59.000Z' },
  })
  const failed = await look({ status: 'up' })
  t.strictSame(brokenOf(failed), {
    [TWO]: { problem: 'its status is DOWN, not UP', cause: 'status', evidence: 'IKE_PSK: Shared secrets differ: Compare them' },
  })
  t.equal(failed.problem, 'Tunnel-2: its status is DOWN, not UP (IKE_PSK: Shared secrets differ: Compare them)')
  t.match(tunnelsOf(failed), { [ONE]: { status: 'UP' } }, 'what is known is registered all the same')
  set(TWO, { isIkeEstablished: false })
  t.strictSame(brokenOf(await look({ status: 'up' })), { [TWO]: { problem: 'its status is DOWN, not UP', cause: 'status', evidence: '' } }, 'nothing is told')
  t.match(await look({ status: 'up', tunnels: ONE }), { problem: undefined }, 'of the tunnels that are looked at')

  set(TWO, { bgpState: 'DOWN' }, { received: [], advertised: [] })
  t.match(brokenOf(await look(all)), { [TWO]: { problem: 'its BGP session is DOWN, not UP', cause: 'bgp' } })
  t.match(await look({ status: 'up' }), { problem: undefined })
  t.match(brokenOf(await look({ received_prefixes: '10.0.0.0/16' })), {
    [TWO]: { problem: 'Oracle has not learnt 10.0.0.0/16', cause: 'received_prefixes', evidence: 'there is none' },
  })
  set(TWO, {}, { received: ['10.0.0.0/16', '10.9.0.0/16'], advertised: ['172.16.0.0/24'] })
  t.strictSame(brokenOf(await look(all)), {
    [TWO]: { problem: 'Oracle does not advertise 172.16.1.0/24', cause: 'sent_prefixes', evidence: 'there are 172.16.0.0/24' },
  })
  t.match(brokenOf(await look({ tunnels: [ONE, 'Tunnel-3'] })), {
    'Tunnel-3': { problem: 'there is no such tunnel; there are Tunnel-1, Tunnel-2', cause: 'no_tunnel' },
  })
})

t.test('nothing crashes on what is empty, unknown or of another kind', async (t) => {
  const { cloud, idOf, look } = await site(t)
  const { store } = cloud.emulator.cloud
  const empty = { vpnIp: null, displayName: null, routing: null, ikeVersion: 'V3', bgpSessionInfo: undefined, dpdTimeoutInSec: null }
  store.update(store.get(idOf(TWO), 'ipsectunnel', SEOUL), empty, undefined)
  const looked = await look()
  t.match(tunnelsOf(looked)[idOf(TWO)], {
    vpn_ip: null,
    displayName: null,
    routing: null,
    ikeVersion: 'V3',
    bgp_state: null,
    received_prefixes: null,
    sent_prefixes: null,
  })
  t.match(brokenOf(await look({ bgp: 'up', tunnels: [idOf(TWO)] })), { [idOf(TWO)]: { problem: 'its routing is not told, without BGP', cause: 'no_bgp' } })
  store.update(store.get(idOf(TWO), 'ipsectunnel', SEOUL), { displayName: ONE, routing: 'STATIC' }, undefined)
  const names = Object.keys(tunnelsOf(await look()))
  t.match([names.length, names.includes(ONE), names.some((name) => name.startsWith('ocid1.'))], [2, true, true], 'two of one name are told apart')
  t.match(await look({ status: 'up' }), { problem: '2 things are missing', detail: /Tunnel-1: its status is DOWN, not UP\n/ })
})

t.test('no connection is an error; one that a dry run would make is unknown', async (t) => {
  const cloud = await testCloud(t)
  const look = (args: Record<string, unknown> = {}, overlay?: Overlay): Promise<CloudRun> => inCloud(module, cloud, { name: NAME, ...args }, overlay)
  const problem = `there is no IPSec connection '${NAME}' in the compartment: make it first, with oci_ipsec`
  t.match(await look(), { problem, result: { connection_id: null, tunnels: {}, broken: {} } })
  t.equal((await look({}, new Overlay())).problem, problem, 'in a dry run that would not make it as well')
  t.match((await look({ name: 'ocid1.ipsecconnection.oc1..none' })).problem, /there is no IPSec connection 'ocid1\.ipsecconnection\.oc1\.\.none'/)

  const overlay = new Overlay()
  await inCloud(drg, cloud, { name: 'DRG-SEOUL-1' }, overlay)
  await inCloud(ipsec, cloud, CONNECTION, overlay)
  const foreseen = await look({}, overlay)
  t.match(foreseen, { problem: undefined, unknown: undefined })
  const unknown = 'unknown: TASK [test]'
  t.match(tunnelsOf(foreseen), {
    [ONE]: {
      id: unknown,
      vpn_ip: unknown,
      routing: 'BGP',
      ikeVersion: 'V1',
      status: unknown,
      bgp_state: unknown,
      received_prefixes: unknown,
      sent_prefixes: unknown,
    },
    [TWO]: { shared_secret: unknown },
  })
  t.match(await look({ status: 'up' }, overlay), { problem: undefined, unknown: 'TASK [test]' }, 'whether it will be up is unknown')
  t.match(await look({ tunnels: 'Tunnel-3' }, overlay), { problem: /Tunnel-3: there is no such tunnel/ })

  await inCloud(drg, cloud, { name: 'DRG-SEOUL-1' })
  const { result } = await inCloud(ipsec, cloud, CONNECTION)
  const after = new Overlay()
  await inCloud(ipsec, cloud, CONNECTION, after)
  t.match(await look({}, after), { problem: undefined, result: { tunnels: { [ONE]: { status: 'DOWN' } } } }, 'a dry run that changes nothing knows it all')
  await inCloud(ipsec, cloud, { ...CONNECTION, tunnels: [{ ...CONNECTION.tunnels[0], dpd_timeout: 50 }, CONNECTION.tunnels[1]] }, after)
  for (const name of [NAME, result['connection_id']])
    t.match(
      await look({ name }, after),
      { result: { tunnels: { [ONE]: { vpn_ip: /^203\./, dpdTimeoutInSec: 50, status: unknown } } } },
      'by its name and by its OCID',
    )
  await inCloud(ipsec, cloud, { ...CONNECTION, state: 'absent' }, after)
  for (const name of [NAME, result['connection_id']]) t.match((await look({ name }, after)).problem, /there is no IPSec connection/)
})

t.test('it waits', async (t) => {
  const { cloud, idOf, look } = await site(t)
  const waiting = look({ status: 'up', tunnels: ONE, timeout: 20, sleep: 0.1 })
  setTimeout(() => cloud.headends.statuses.set(idOf(ONE), UP), 500)
  t.match(await waiting, { problem: undefined, result: { tunnels: { [ONE]: { status: 'UP' } } } })
  const started = Date.now()
  t.match(await look({ status: 'up', tunnels: TWO, timeout: 1, sleep: 0.1 }), { problem: /Tunnel-2: its status is DOWN/ })
  t.ok(Date.now() - started >= 1000)
  t.strictSame(
    (module as ReadModule).wait!(module.params().parse({ name: NAME, compartment_id: 'x' })),
    { timeoutMs: 0, intervalMs: 5000 },
    'one look, unless it is told to wait',
  )
})

t.test('secrets are told, those that are known', async (t) => {
  const secretsOf = (state: object | undefined) => (module as ReadModule).secrets!({ params: {}, state: state as never })
  const state = {
    secrets: {
      a: 'one',
      get b(): string {
        throw new UnknownStateError('TASK [test]')
      },
      c: 'three',
      d: null,
    },
  }
  t.strictSame(secretsOf(state), ['one', undefined, 'three', undefined])
  t.strictSame(secretsOf(undefined), [])
})
