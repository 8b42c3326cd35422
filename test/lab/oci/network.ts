/** The Virtual Network API, as far as a site-to-site VPN needs it. https://docs.oracle.com/en-us/iaas/api/#/en/iaas/20160918/ */
import { incorrectState, invalid, missing, relatedNotFound, ServiceError } from './errors.ts'
import { newSharedSecret, type HeadendSpec } from './headends.ts'
import { omit, operationsOf, PROVISIONING, related, TAGS, type Answer, type Call, type Cloud, type Operation } from './operation.ts'
import { isAlive, type Body, type Resource } from './store.ts'
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

const TUNNEL_FIELDS = [
  'displayName',
  'routing',
  'ikeVersion',
  'bgpSessionConfig',
  'encryptionDomainConfig',
  'oracleInitiation',
  'natTranslationEnabled',
  'dpdConfig',
  'phaseOneConfig',
  'phaseTwoConfig',
]

const connections = operationsOf({
  kind: 'ipsecconnection',
  name: 'IPSecConnection',
  folder: 'ipsecConnections',
  required: ['compartmentId', 'cpeId', 'drgId'],
  updatable: [...TAGS, 'staticRoutes', 'cpeLocalIdentifier', 'cpeLocalIdentifierType', 'tunnelConfiguration'],
  filters: ['drgId', 'cpeId'],
  states: PROVISIONING,
  changed: async (cloud, { region }, connection) => {
    for (const tunnel of tunnelsOf(cloud, region, connection)) await cloud.headends.apply(specOf(cloud, tunnel))
  },
  make: (cloud, { region, body }) => {
    const drg = related(cloud, region, body['drgId'], 'drg')
    const cpe = related(cloud, region, body['cpeId'], 'cpe')
    if (cloud.store.view(drg)['lifecycleState'] !== 'AVAILABLE') throw incorrectState(`The DRG ${drg.id} is not AVAILABLE`)
    if (!Array.isArray(body['staticRoutes'])) throw missing('staticRoutes')
    const tunnels = (body['tunnelConfiguration'] ?? []) as Body[]
    if (tunnels.length > 2) throw invalid('tunnelConfiguration size must be between 0 and 2')
    for (const tunnel of tunnels) checkTunnel(tunnel, body['staticRoutes'].length)
    return {
      cpeLocalIdentifier: cpe.body['ipAddress'],
      cpeLocalIdentifierType: 'IP_ADDRESS',
      ...omit(body, 'tunnelConfiguration'),
    }
  },
  // A connection always has two tunnels.
  made: async (cloud, { region, body }, connection) => {
    const given = (body['tunnelConfiguration'] ?? []) as Body[]
    for (const index of [0, 1]) {
      const tunnel = given[index] ?? {}
      const made = cloud.store.create(
        'ipsectunnel',
        region,
        {
          compartmentId: body['compartmentId'],
          displayName: `ipsectunnel${index + 1}`,
          ipsecId: connection.id,
          vpnIp: await cloud.headends.allot(connection.id, index),
          cpeIp: related(cloud, region, connection.body['cpeId'], 'cpe').body['ipAddress'],
          sharedSecret: tunnel['sharedSecret'] ?? newSharedSecret(),
          ...readNames({ routing: 'STATIC', ikeVersion: 'V1', ...tunnel }),
        },
        PROVISIONING,
      )
      await cloud.headends.apply(specOf(cloud, made))
    }
  },
  removing: async (cloud, { region }, connection) => {
    for (const tunnel of tunnelsOf(cloud, region, connection)) {
      await cloud.headends.remove(tunnel.id)
      cloud.store.remove(tunnel, undefined)
    }
  },
})

/** As written, a tunnel's fields have other names than as read. */
function readNames({ bgpSessionConfig, oracleInitiation, dpdConfig, natTranslationEnabled, phaseOneConfig, phaseTwoConfig, ...others }: Body): Body {
  const phaseOne = phaseOneConfig as Body | undefined
  const phaseTwo = phaseTwoConfig as Body | undefined
  const dpd = dpdConfig as Body | undefined
  return {
    ...omit(others, 'sharedSecret'),
    ...(bgpSessionConfig !== undefined && { bgpSessionInfo: bgpSessionConfig }),
    ...(oracleInitiation !== undefined && { oracleCanInitiate: oracleInitiation }),
    ...(natTranslationEnabled !== undefined && { natTranslationEnabled }),
    ...(dpd && { dpdMode: dpd['dpdMode'], dpdTimeoutInSec: dpd['dpdTimeoutInSec'] }),
    ...(phaseOne && {
      phaseOneDetails: {
        isCustomPhaseOneConfig: phaseOne['isCustomPhaseOneConfig'],
        customAuthenticationAlgorithm: phaseOne['authenticationAlgorithm'],
        customEncryptionAlgorithm: phaseOne['encryptionAlgorithm'],
        customDhGroup: phaseOne['diffieHelmanGroup'],
        lifetime: phaseOne['lifetimeInSeconds'],
      },
    }),
    ...(phaseTwo && {
      phaseTwoDetails: {
        isCustomPhaseTwoConfig: phaseTwo['isCustomPhaseTwoConfig'],
        customAuthenticationAlgorithm: phaseTwo['authenticationAlgorithm'],
        customEncryptionAlgorithm: phaseTwo['encryptionAlgorithm'],
        dhGroup: phaseTwo['pfsDhGroup'],
        isPfsEnabled: phaseTwo['isPfsEnabled'],
        lifetime: phaseTwo['lifetimeInSeconds'],
      },
    }),
  }
}

function checkTunnel(tunnel: Body, staticRouteCount: number): void {
  const bgp = tunnel['bgpSessionConfig'] as Body | undefined
  const routing = tunnel['routing'] ?? 'STATIC'
  const secret = tunnel['sharedSecret']
  if (typeof secret === 'string' && !/^[A-Za-z0-9 ]{1,64}$/.test(secret)) throw invalid('sharedSecret may have letters, digits and spaces')
  if (routing === 'BGP') {
    for (const field of ['customerBgpAsn', 'customerInterfaceIp', 'oracleInterfaceIp'])
      if (bgp?.[field] === undefined) throw missing(`bgpSessionConfig.${field}`)
    for (const field of ['customerInterfaceIp', 'oracleInterfaceIp'])
      if (!/\/3[01]$/.test(String(bgp![field]))) throw invalid(`bgpSessionConfig.${field} must have a mask of /30 or /31`)
  }
  if (routing === 'POLICY' && tunnel['encryptionDomainConfig'] == null) throw missing('encryptionDomainConfig')
  if (routing !== 'BGP' && bgp?.['customerBgpAsn'] !== undefined) throw invalid(`customerBgpAsn must be null with ${routing as string} routing`)
  if (routing === 'STATIC') {
    if (staticRouteCount === 0 && tunnel['routing'] === 'STATIC') throw new ServiceError(400, 'MissingParameter', 'Static routes must be specified')
  }
}

const tunnelsOf = ({ store }: Cloud, region: string, connection: Resource): Resource[] =>
  store.alive('ipsectunnel', region, (body) => body['ipsecId'] === connection.id)

function specOf({ store }: Cloud, { id, body, region }: Resource): HeadendSpec {
  const bgp = body['bgpSessionInfo'] as Body | undefined
  const connection = store.get(body['ipsecId'], 'ipsecconnection', region)
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
  return {
    tunnelId: id,
    vpnIp: String(body['vpnIp']),
    cpeLocalIdentifier: text(connection.body['cpeLocalIdentifier']),
    cpeIpAddress: String(store.get(connection.body['cpeId'], 'cpe', region).body['ipAddress']),
    sharedSecret: String(body['sharedSecret']),
    ikeVersion: body['ikeVersion'] as HeadendSpec['ikeVersion'],
    routing: body['routing'] as HeadendSpec['routing'],
    oracleInterfaceIp: text(bgp?.['oracleInterfaceIp']),
    customerInterfaceIp: text(bgp?.['customerInterfaceIp']),
    customerBgpAsn: text(bgp?.['customerBgpAsn']),
  }
}

/** What a caller sees of a tunnel: its state as the headend has it, and no secret. */
async function viewTunnel(cloud: Cloud, tunnel: Resource): Promise<Body> {
  const status = isAlive(tunnel) ? await cloud.headends.status(tunnel.id) : undefined
  const body = omit(cloud.store.view(tunnel), 'sharedSecret', 'ipsecId')
  const isUp = status?.isIkeEstablished === true && status.isEspEstablished
  return {
    ...body,
    status: isUp ? 'UP' : 'DOWN',
    ...(body['bgpSessionInfo'] !== undefined && {
      bgpSessionInfo: { oracleBgpAsn: '31898', ...(body['bgpSessionInfo'] as Body), bgpState: status?.bgpState ?? 'DOWN' },
    }),
    phaseOneDetails: { ...(body['phaseOneDetails'] as Body | undefined), isIkeEstablished: status?.isIkeEstablished ?? false },
    phaseTwoDetails: { ...(body['phaseTwoDetails'] as Body | undefined), isEspEstablished: status?.isEspEstablished ?? false },
  }
}

const TUNNELS = '/ipsecConnections/{ipscId}/tunnels'

function findTunnel(cloud: Cloud, { region, path }: Call): Resource {
  const connection = cloud.store.get(path['ipscId'], 'ipsecconnection', region)
  const tunnel = cloud.store.get(path['tunnelId'], 'ipsectunnel', region)
  if (tunnel.body['ipsecId'] !== connection.id) throw relatedNotFound(tunnel.id)
  return tunnel
}

const tunnels: Operation[] = [
  {
    name: 'listIPSecConnectionTunnels',
    method: 'GET',
    path: TUNNELS,
    run: async (cloud, { region, path }) => {
      const connection = cloud.store.get(path['ipscId'], 'ipsecconnection', region)
      const found = cloud.store.list('ipsectunnel', region, (body) => body['ipsecId'] === connection.id)
      return { items: await Promise.all(found.map((tunnel) => viewTunnel(cloud, tunnel))) }
    },
  },
  {
    name: 'getIPSecConnectionTunnel',
    method: 'GET',
    path: `${TUNNELS}/{tunnelId}`,
    run: async (cloud, call): Promise<Answer> => {
      const tunnel = findTunnel(cloud, call)
      return { body: await viewTunnel(cloud, tunnel), etag: tunnel.etag }
    },
  },
  {
    name: 'updateIPSecConnectionTunnel',
    method: 'PUT',
    path: `${TUNNELS}/{tunnelId}`,
    run: async (cloud, call): Promise<Answer> => {
      const tunnel = findTunnel(cloud, call)
      for (const field of Object.keys(call.body)) if (!TUNNEL_FIELDS.includes(field)) throw invalid(`${field} cannot be changed`)
      const connection = cloud.store.get(call.path['ipscId'], 'ipsecconnection', call.region)
      const routing = call.body['routing'] ?? tunnel.body['routing']
      // Without BGP the number of the customer's system is forgotten.
      const bgp = omit((tunnel.body['bgpSessionInfo'] ?? {}) as Body, ...(routing === 'BGP' ? [] : ['customerBgpAsn']))
      const before = { routing, bgpSessionConfig: bgp, encryptionDomainConfig: tunnel.body['encryptionDomainConfig'] }
      checkTunnel({ ...before, ...call.body }, (connection.body['staticRoutes'] as unknown[]).length)
      // A group of fields (bgpSessionConfig, dpdConfig, …) is replaced as a whole.
      cloud.store.update(tunnel, { ...(tunnel.body['bgpSessionInfo'] !== undefined && { bgpSessionInfo: bgp }), ...readNames(call.body) }, call.ifMatch)
      await cloud.headends.apply(specOf(cloud, tunnel))
      return { body: await viewTunnel(cloud, tunnel), etag: tunnel.etag }
    },
  },
  {
    name: 'getIPSecConnectionTunnelSharedSecret',
    method: 'GET',
    path: `${TUNNELS}/{tunnelId}/sharedSecret`,
    run: (cloud, call) => {
      const tunnel = findTunnel(cloud, call)
      return { body: { sharedSecret: tunnel.body['sharedSecret'] }, etag: tunnel.etag }
    },
  },
  {
    name: 'updateIPSecConnectionTunnelSharedSecret',
    method: 'PUT',
    path: `${TUNNELS}/{tunnelId}/sharedSecret`,
    run: async (cloud, call): Promise<Answer> => {
      const tunnel = findTunnel(cloud, call)
      checkTunnel({ sharedSecret: call.body['sharedSecret'] }, 1)
      cloud.store.update(tunnel, { sharedSecret: call.body['sharedSecret'] }, call.ifMatch)
      await cloud.headends.apply(specOf(cloud, tunnel))
      return { body: { sharedSecret: tunnel.body['sharedSecret'] }, etag: tunnel.etag }
    },
  },
]

export const networkOperations: readonly Operation[] = [...drgs, ...drgAttachments, ...vcnOperations, ...cpes, ...cpeDeviceShapes, ...connections, ...tunnels]
