/** The Virtual Network API, as far as a site-to-site VPN needs it. https://docs.oracle.com/en-us/iaas/api/#/en/iaas/20160918/ */
import { incorrectState, invalid, missing } from './errors.ts'
import { operationsOf, PROVISIONING, related, TAGS, type Operation } from './operation.ts'
import type { Body } from './store.ts'
import { applyTunnels, checkTunnel, makeTunnels, removeTunnels, tunnels } from './tunnels.ts'
import { vcnOperations } from './vcn.ts'

const drgs = operationsOf({
  kind: 'drg',
  name: 'Drg',
  folder: 'drgs',
  required: ['compartmentId'],
  updatable: [...TAGS, 'defaultDrgRouteTables'],
  states: PROVISIONING,
  removing: ({ store }, { region }, drg) => {
    const users = [...store.alive('drgattachment', region), ...store.alive('ipsecconnection', region)].filter(({ body }) => body['drgId'] === drg.id)
    if (users.length > 0) throw incorrectState(`The DRG ${drg.id} is in use by ${users.map(({ id }) => id).join(', ')}`)
    const routes = store.alive('routetable', region).filter(({ body }) => (body['routeRules'] as Body[]).some((rule) => rule['networkEntityId'] === drg.id))
    if (routes.length > 0) throw incorrectState(`The DRG ${drg.id} is the target of rules of ${routes.map(({ id }) => id).join(', ')}`)
  },
})

const drgAttachments = operationsOf({
  kind: 'drgattachment',
  name: 'DrgAttachment',
  folder: 'drgAttachments',
  required: ['drgId'],
  updatable: [...TAGS, 'drgRouteTableId', 'networkDetails', 'routeTableId'],
  filters: ['drgId', 'vcnId', 'displayName', 'lifecycleState'],
  states: { from: 'ATTACHING', to: 'ATTACHED' },
  endStates: { from: 'DETACHING', to: 'DETACHED' },
  make: (cloud, { region, body }) => {
    const network = (body['networkDetails'] ?? { type: 'VCN', id: body['vcnId'] }) as Body
    if (network['type'] !== 'VCN') throw invalid(`networkDetails.type ${String(network['type'])} is made by the service only`)
    const drg = related(cloud, region, body['drgId'], 'drg')
    const vcn = related(cloud, region, network['id'], 'vcn')
    if (cloud.store.view(drg)['lifecycleState'] !== 'AVAILABLE') throw incorrectState(`The DRG ${drg.id} is not AVAILABLE`)
    const other = cloud.store.alive('drgattachment', region).find((each) => each.body['vcnId'] === vcn.id)
    if (other) throw incorrectState(`The VCN ${vcn.id} is attached to ${String(other.body['drgId'])} already`)
    if (network['routeTableId'] === '') throw invalid('routeTableId size must be between 1 and 255')
    return { ...body, compartmentId: vcn.body['compartmentId'], vcnId: vcn.id, networkDetails: network, routeTableId: network['routeTableId'] ?? null }
  },
})

const cpes = operationsOf({
  kind: 'cpe',
  name: 'Cpe',
  folder: 'cpes',
  required: ['compartmentId', 'ipAddress'],
  updatable: [...TAGS, 'cpeDeviceShapeId'],
  removing: ({ store }, { region }, cpe) => {
    const user = store.alive('ipsecconnection', region).find(({ body }) => body['cpeId'] === cpe.id)
    if (user) throw incorrectState(`The CPE ${cpe.id} is in use by ${user.id}`)
  },
})

const SHAPES: readonly Body[] = [
  { id: 'ocid1.cpedeviceshape.oc1..libreswan', cpeDeviceInfo: { vendor: 'Libreswan', platformSoftwareVersion: '3.18 or later' }, parameters: [] },
  { id: 'ocid1.cpedeviceshape.oc1..other', cpeDeviceInfo: { vendor: 'Other', platformSoftwareVersion: 'Not Applicable' }, parameters: [] },
]

const cpeDeviceShapes: Operation[] = [
  { name: 'listCpeDeviceShapes', method: 'GET', path: '/cpeDeviceShapes', run: () => ({ items: SHAPES.map((shape) => ({ ...shape })) }) },
]

// --- IPSec connections ---------------------------------------------------------------------------------------------------

const connections = operationsOf({
  kind: 'ipsecconnection',
  name: 'IPSecConnection',
  folder: 'ipsecConnections',
  required: ['compartmentId', 'cpeId', 'drgId'],
  updatable: [...TAGS, 'staticRoutes', 'cpeLocalIdentifier', 'cpeLocalIdentifierType', 'tunnelConfiguration'],
  filters: ['drgId', 'cpeId'],
  states: PROVISIONING,
  changed: (cloud, { region }, connection) => applyTunnels(cloud, region, connection),
  make: (cloud, { region, body }) => {
    const drg = related(cloud, region, body['drgId'], 'drg')
    const cpe = related(cloud, region, body['cpeId'], 'cpe')
    if (cloud.store.view(drg)['lifecycleState'] !== 'AVAILABLE') throw incorrectState(`The DRG ${drg.id} is not AVAILABLE`)
    if (!Array.isArray(body['staticRoutes'])) throw missing('staticRoutes')
    const { tunnelConfiguration = [], ...connection } = body
    if ((tunnelConfiguration as Body[]).length > 2) throw invalid('tunnelConfiguration size must be between 0 and 2')
    for (const tunnel of tunnelConfiguration as Body[]) checkTunnel(tunnel, body['staticRoutes'].length)
    return { cpeLocalIdentifier: cpe.body['ipAddress'], cpeLocalIdentifierType: 'IP_ADDRESS', ...connection }
  },
  made: (cloud, { region, body }, connection) => makeTunnels(cloud, region, connection, (body['tunnelConfiguration'] ?? []) as Body[]),
  removing: (cloud, { region }, connection) => removeTunnels(cloud, region, connection),
})

export const networkOperations: readonly Operation[] = [...drgs, ...drgAttachments, ...vcnOperations, ...cpes, ...cpeDeviceShapes, ...connections, ...tunnels]
