/** The cloud half of the article's site: the tasks that make it of its prerequisites, and those that take it away. */
import drg from '../../modules/oci_drg.ts'
import ipsec from '../../modules/oci_ipsec.ts'
import route from '../../modules/oci_route_rule.ts'
import security from '../../modules/oci_security_rule.ts'
import vnic from '../../modules/oci_vnic.ts'
import type { Overlay } from '../../runner/probe/overlay.ts'
import { makePrerequisites, type Prerequisites } from '../lab/oci/prerequisites.ts'
import { CHUNCHEON, COMPARTMENT, inCloud, testCloud, type CloudRun, type Ends, type TestCloud } from './cloud.ts'

export interface Site {
  readonly cloud: TestCloud
  readonly there: Prerequisites
}

export async function oracleSite(t: Ends, options?: Parameters<typeof testCloud>[1]): Promise<Site> {
  const cloud = await testCloud(t, options)
  return { cloud, there: makePrerequisites(cloud.emulator.cloud, { compartmentId: COMPARTMENT }) }
}

const [PUBLIC, PRIVATE, ON_PREMISE] = ['Public Subnet-VCN-SEOUL-HUB', 'Private Subnet-VCN-SEOUL-HUB', 'Public Subnet-OnPremise-Libreswan']

export const DRG = { name: 'DRG-SEOUL-1', attachment: { name: 'VCN-SEOUL-HUB-DRG-ATT', vcn: 'VCN-SEOUL-HUB' } }

export const tunnel = (number: 1 | 2) => ({
  name: `Tunnel-${number}`,
  ike_version: 1,
  customer_asn: 65000,
  customer_interface: `10.10.10.${4 * number - 3}/30`,
  oracle_interface: `10.10.10.${4 * number - 2}/30`,
})

export const CONNECTION = {
  name: 'IPSec-OnPremise-1-SeoulHubVCN',
  drg: 'DRG-SEOUL-1',
  cpe: { name: 'CPE-OnPremise-Libreswan', ip_address: '144.24.84.145', vendor: 'Libreswan', platform: '3.18 or later' },
  tunnels: [tunnel(1), tunnel(2)],
}

const RULES = [
  ...[PUBLIC, PRIVATE].map((subnet) => ({ subnet, peer: '10.0.0.0/16' })),
  { region: CHUNCHEON, subnet: ON_PREMISE, peer: '0.0.0.0/0', protocol: 'udp', port: 500 },
  { region: CHUNCHEON, subnet: ON_PREMISE, peer: '0.0.0.0/0', protocol: 'udp', port: 4500 },
  { region: CHUNCHEON, subnet: ON_PREMISE, peer: '172.16.0.0/16' },
]

const ROUTES = [PUBLIC, PRIVATE].map((subnet) => ({ subnet, destination: '10.0.0.0/16', drg: 'DRG-SEOUL-1' }))

const ROUTER = { region: CHUNCHEON, instance: 'Libreswan' }

const routeBack = (target: unknown) => ({ region: CHUNCHEON, subnet: ON_PREMISE, destination: '172.16.0.0/16', target_id: target })

/** Makes the site; with an overlay, as a dry run. */
export async function up(cloud: TestCloud, overlay?: Overlay): Promise<CloudRun[]> {
  const runs = [await inCloud(drg, cloud, DRG, overlay)]
  for (const args of ROUTES) runs.push(await inCloud(route, cloud, args, overlay))
  for (const args of RULES) runs.push(await inCloud(security, cloud, args, overlay))
  runs.push(await inCloud(ipsec, cloud, CONNECTION, overlay))
  const router = await inCloud(vnic, cloud, { ...ROUTER, skip_source_dest_check: true }, overlay)
  runs.push(router, await inCloud(route, cloud, routeBack(router.result['private_ip_id']), overlay))
  return runs
}

/** Takes it away, in the reverse order. */
export async function down(cloud: TestCloud): Promise<CloudRun[]> {
  const absent = { state: 'absent' }
  const runs = [await inCloud(route, cloud, { ...routeBack(undefined), ...absent })]
  runs.push(await inCloud(vnic, cloud, { ...ROUTER, skip_source_dest_check: false }))
  runs.push(await inCloud(ipsec, cloud, { ...CONNECTION, ...absent }))
  for (const args of RULES) runs.push(await inCloud(security, cloud, { ...args, ...absent }))
  for (const args of ROUTES) runs.push(await inCloud(route, cloud, { ...args, ...absent }))
  runs.push(await inCloud(drg, cloud, { ...DRG, ...absent }))
  return runs
}

/** What went wrong, a line for each task; empty where all went well. */
export const problemsOf = (runs: readonly CloudRun[]): string[] =>
  runs.flatMap(({ problem, detail }) => (problem === undefined ? [] : [`${problem}: ${detail}`]))
