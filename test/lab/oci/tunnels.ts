/** The tunnels of IPSec connections: they come and go with their connection, and each is a headend. */
import { oracleAsn } from '../oracle.ts'
import { invalid, missing, notFound, relatedNotFound, ServiceError } from './errors.ts'
import { newSharedSecret, type HeadendSpec } from './headends.ts'
import { omit, PROVISIONING, related, type Answer, type Call, type Cloud, type Operation } from './operation.ts'
import { isAlive, type Body, type Resource } from './store.ts'

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

/** @throws {ServiceError} where the service would not take a tunnel's settings. */
export function checkTunnel(tunnel: Body, staticRouteCount: number): void {
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

/** A connection always has two tunnels. */
export async function makeTunnels(cloud: Cloud, region: string, connection: Resource, given: readonly Body[]): Promise<void> {
  for (const index of [0, 1]) {
    const tunnel = given[index] ?? {}
    const made = cloud.store.create(
      'ipsectunnel',
      region,
      {
        compartmentId: connection.body['compartmentId'],
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
}

/** The headends become what their tunnels and the connection say. */
export async function applyTunnels(cloud: Cloud, region: string, connection: Resource): Promise<void> {
  for (const tunnel of tunnelsOf(cloud, region, connection)) await cloud.headends.apply(specOf(cloud, tunnel))
}

export async function removeTunnels(cloud: Cloud, region: string, connection: Resource): Promise<void> {
  for (const tunnel of tunnelsOf(cloud, region, connection)) {
    await cloud.headends.remove(tunnel.id)
    cloud.store.remove(tunnel, undefined)
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
      bgpSessionInfo: { oracleBgpAsn: String(oracleAsn), ...(body['bgpSessionInfo'] as Body), bgpState: status?.bgpState ?? 'DOWN' },
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

export const tunnels: readonly Operation[] = [
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
    name: 'listIPSecConnectionTunnelRoutes',
    method: 'GET',
    path: `${TUNNELS}/{tunnelId}/routes`,
    run: async (cloud, call): Promise<Answer> => {
      const tunnel = findTunnel(cloud, call)
      const wanted = call.query.get('advertiser')
      if (wanted !== null && wanted !== 'CUSTOMER' && wanted !== 'ORACLE') throw invalid(`advertiser ${wanted} is none of CUSTOMER, ORACLE`)
      const { received, advertised } = await cloud.headends.routes(tunnel.id)
      const customerAsn = Number((tunnel.body['bgpSessionInfo'] as Body | undefined)?.['customerBgpAsn'])
      const routes = (prefixes: readonly string[], advertiser: string, asn: number): Body[] =>
        prefixes.map((prefix) => ({ prefix, age: 0, isBestPath: true, asPath: [asn], advertiser }))
      const items = [...routes(received, 'CUSTOMER', customerAsn), ...routes(advertised, 'ORACLE', oracleAsn)]
      return { items: items.filter(({ advertiser }) => wanted === null || advertiser === wanted) }
    },
  },
  {
    name: 'getIPSecConnectionTunnelError',
    method: 'GET',
    path: `${TUNNELS}/{tunnelId}/error`,
    run: async (cloud, call): Promise<Answer> => {
      const tunnel = findTunnel(cloud, call)
      const { error } = await cloud.headends.status(tunnel.id)
      if (!error) throw notFound(`the error of ${tunnel.id}`)
      return { body: { id: `${tunnel.id}-${error.errorCode}`, ociResourcesLink: 'https://docs.oracle.com/iaas/', ...error } }
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
