/** The cloud half of the article's site: the tasks that make it of its prerequisites, and those that take it away. */
import drg from '../../modules/oci_drg.ts'
import ipsec from '../../modules/oci_ipsec.ts'
import route from '../../modules/oci_route_rule.ts'
import security from '../../modules/oci_security_rule.ts'
import vnic from '../../modules/oci_vnic.ts'
import type { Module } from '../../runner/module.ts'
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

/** Makes the site; with an overlay, as a dry run. As in a play, what fails ends it. */
export async function up(cloud: TestCloud, overlay?: Overlay): Promise<CloudRun[]> {
  const tasks: (readonly [Module, Record<string, unknown>])[] = [
    [drg, DRG],
    ...ROUTES.map((args) => [route, args] as const),
    ...RULES.map((args) => [security, args] as const),
    [ipsec, CONNECTION],
    [vnic, { ...ROUTER, skip_source_dest_check: true }],
  ]
  const runs = await play(cloud, tasks, overlay)
  const router = runs[tasks.length - 1]
  return router === undefined || router.problem !== undefined
    ? runs
    : [...runs, ...(await play(cloud, [[route, routeBack(router.result['private_ip_id'])]], overlay))]
}

/** Takes it away, in the reverse order. */
export function down(cloud: TestCloud): Promise<CloudRun[]> {
  const absent = { state: 'absent' }
  return play(cloud, [
    [route, { ...routeBack(undefined), ...absent }],
    [vnic, { ...ROUTER, skip_source_dest_check: false }],
    [ipsec, { ...CONNECTION, ...absent }],
    ...RULES.map((args) => [security, { ...args, ...absent }] as const),
    ...ROUTES.map((args) => [route, { ...args, ...absent }] as const),
    [drg, { ...DRG, ...absent }],
  ])
}

async function play(cloud: TestCloud, tasks: readonly (readonly [Module, Record<string, unknown>])[], overlay?: Overlay): Promise<CloudRun[]> {
  const runs: CloudRun[] = []
  for (const [module, args] of tasks) {
    const run = await inCloud(module, cloud, args, overlay)
    runs.push(run)
    if (run.problem !== undefined) break
  }
  return runs
}

/** What went wrong, a line for each task; empty where all went well. */
export const problemsOf = (runs: readonly CloudRun[]): string[] =>
  runs.flatMap(({ problem, detail }) => (problem === undefined ? [] : [`${problem}: ${detail}`]))
