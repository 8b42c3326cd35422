/** A virtual cloud network and what is in it: subnets, internet gateways, route tables, security lists. */
import { conflict, incorrectState, invalid, missing, relatedNotFound } from './errors.ts'
import { contains, overlap, rangeOf } from './ipv4.ts'
import { operationsOf, PROVISIONING, related, TAGS, type Call, type Cloud } from './operation.ts'
import type { Body, Resource, States } from './store.ts'

const vcns = operationsOf({
  kind: 'vcn',
  name: 'Vcn',
  folder: 'vcns',
  required: ['compartmentId'],
  updatable: TAGS,
  filters: ['displayName', 'lifecycleState'],
  states: PROVISIONING,
  make: (_, { body }) => {
    const cidrBlocks = (body['cidrBlocks'] ?? (body['cidrBlock'] === undefined ? [] : [body['cidrBlock']])) as string[]
    if (cidrBlocks.length === 0) throw missing('cidrBlocks')
    cidrBlocks.forEach(rangeOf)
    return { ...body, cidrBlock: cidrBlocks[0], cidrBlocks }
  },
  made: (cloud, _, vcn) => addDefaults(cloud, vcn, PROVISIONING),
  removing: ({ store }, { region }, vcn) => {
    const { defaultRouteTableId, defaultSecurityListId } = vcn.body
    const kinds = ['subnet', 'internetgateway', 'drgattachment', 'routetable', 'securitylist'] as const
    const inside = kinds.flatMap((kind) => store.alive(kind, region, (body) => body['vcnId'] === vcn.id))
    const own = inside.filter(({ id }) => id === defaultRouteTableId || id === defaultSecurityListId)
    const others = inside.filter((each) => !own.includes(each))
    if (others.length > 0) throw incorrectState(`${vcn.id} is associated with ${others.map(({ id }) => id).join(', ')} that is in use`)
    for (const each of own) store.remove(each, undefined)
  },
})

/** What the service makes along with a VCN: its default route table and its default security list. */
export function addDefaults({ store }: Cloud, vcn: Resource, states: States): void {
  const { compartmentId, displayName, cidrBlocks } = vcn.body
  const common = { compartmentId, vcnId: vcn.id }
  const table = store.create('routetable', vcn.region, { ...common, displayName: `Default Route Table for ${String(displayName)}`, routeRules: [] }, states)
  const list = store.create(
    'securitylist',
    vcn.region,
    { ...common, displayName: `Default Security List for ${String(displayName)}`, ...defaultRules(cidrBlocks as string[]) },
    states,
  )
  store.update(vcn, { defaultRouteTableId: table.id, defaultSecurityListId: list.id }, undefined)
}

/** https://docs.oracle.com/en-us/iaas/Content/Network/Concepts/securitylists.htm, "Default Security List". */
export function defaultRules(vcnCidrBlocks: readonly string[]): {
  readonly ingressSecurityRules: readonly Body[]
  readonly egressSecurityRules: readonly Body[]
} {
  const from = (source: string) => ({ source, sourceType: 'CIDR_BLOCK', isStateless: false })
  return {
    ingressSecurityRules: [
      { ...from('0.0.0.0/0'), protocol: '6', tcpOptions: { destinationPortRange: { min: 22, max: 22 } } },
      { ...from('0.0.0.0/0'), protocol: '1', icmpOptions: { type: 3, code: 4 } },
      ...vcnCidrBlocks.map((cidr) => ({ ...from(cidr), protocol: '1', icmpOptions: { type: 3 } })),
    ],
    egressSecurityRules: [{ destination: '0.0.0.0/0', destinationType: 'CIDR_BLOCK', protocol: 'all', isStateless: false }],
  }
}

const subnets = operationsOf({
  kind: 'subnet',
  name: 'Subnet',
  folder: 'subnets',
  required: ['compartmentId', 'vcnId', 'cidrBlock'],
  updatable: [...TAGS, 'routeTableId', 'securityListIds', 'dhcpOptionsId'],
  filters: ['vcnId', 'displayName', 'lifecycleState'],
  states: PROVISIONING,
  make: (cloud, { region, body }) => {
    const vcn = related(cloud, region, body['vcnId'], 'vcn')
    const range = rangeOf(body['cidrBlock'])
    if (!(vcn.body['cidrBlocks'] as string[]).some((cidr) => contains(rangeOf(cidr), range)))
      throw invalid(`The requested CIDR ${String(body['cidrBlock'])} is not in the VCN's`)
    const others = cloud.store.alive('subnet', region, ({ vcnId }) => vcnId === vcn.id)
    const other = others.find((each) => overlap(rangeOf(each.body['cidrBlock']), range))
    if (other) throw invalid(`The requested CIDR ${String(body['cidrBlock'])} overlaps that of ${other.id}`)
    const complete = { routeTableId: vcn.body['defaultRouteTableId'], securityListIds: [vcn.body['defaultSecurityListId']], ...body }
    checkSubnet(cloud, region, complete)
    return complete
  },
  changing: (cloud, { region, body }, { body: now }) => {
    checkSubnet(cloud, region, { ...now, ...body })
  },
  removing: ({ store }, { region }, subnet) => {
    const vnic = store.alive('vnic', region, ({ subnetId }) => subnetId === subnet.id)[0]
    if (vnic) throw conflict(subnet, vnic)
  },
})

/** Its route table and security lists are those of its VCN. */
function checkSubnet(cloud: Cloud, region: string, { vcnId, routeTableId, securityListIds }: Body): void {
  const used = [related(cloud, region, routeTableId, 'routetable'), ...(securityListIds as string[]).map((id) => related(cloud, region, id, 'securitylist'))]
  const foreign = used.find(({ body }) => body['vcnId'] !== vcnId)
  if (foreign) throw invalid(`${foreign.id} does not belong to VCN ${String(vcnId)}`)
}

const internetGateways = operationsOf({
  kind: 'internetgateway',
  name: 'InternetGateway',
  folder: 'internetGateways',
  required: ['compartmentId', 'vcnId', 'isEnabled'],
  updatable: [...TAGS, 'isEnabled', 'routeTableId'],
  filters: ['vcnId', 'displayName', 'lifecycleState'],
  states: PROVISIONING,
  make: (cloud, { region, body }) => {
    const vcn = related(cloud, region, body['vcnId'], 'vcn')
    const other = cloud.store.alive('internetgateway', region, ({ vcnId }) => vcnId === vcn.id)[0]
    if (other) throw invalid(`The VCN ${vcn.id} has the internet gateway ${other.id} already`)
    return body
  },
  removing: ({ store }, { region }, gateway) => {
    const table = store.alive('routetable', region, ({ routeRules }) => targets(routeRules).includes(gateway.id))[0]
    if (table) throw conflict(table, gateway)
  },
})

const targets = (rules: unknown): unknown[] => (rules as Body[]).map(({ networkEntityId }) => networkEntityId)

const routeTables = operationsOf({
  kind: 'routetable',
  name: 'RouteTable',
  folder: 'routeTables',
  required: ['compartmentId', 'vcnId', 'routeRules'],
  updatable: [...TAGS, 'routeRules'],
  filters: ['vcnId', 'displayName', 'lifecycleState'],
  states: PROVISIONING,
  make: (cloud, { region, body }) => {
    checkRoutes(cloud, region, related(cloud, region, body['vcnId'], 'vcn').id, body['routeRules'])
    return body
  },
  changing: (cloud, { region, body }, table) => {
    if (body['routeRules'] !== undefined) checkRoutes(cloud, region, table.body['vcnId'], body['routeRules'])
  },
  removing: (cloud, { region }, table) => {
    refuseDefault(cloud, table, 'defaultRouteTableId')
    const { store } = cloud
    const subnet = store.alive('subnet', region, ({ routeTableId }) => routeTableId === table.id)[0]
    const attachment = store.alive('drgattachment', region, ({ networkDetails }) => (networkDetails as Body)['routeTableId'] === table.id)[0]
    const user = subnet ?? attachment
    if (user) throw conflict(user, table)
  },
})

/** Rules of a table have one destination each, and lead to something of the same region that takes packets for others. */
function checkRoutes(cloud: Cloud, region: string, vcnId: unknown, rules: unknown): void {
  const seen = new Set<unknown>()
  for (const rule of rules as Body[]) {
    if (rule['cidrBlock'] != null && rule['destination'] != null) throw invalid('A route rule has either cidrBlock or destination')
    const destination = rule['destination'] ?? rule['cidrBlock']
    if (destination == null) throw missing('routeRules.destination')
    if (rule['destinationType'] !== 'SERVICE_CIDR_BLOCK') rangeOf(destination)
    if (seen.has(destination)) throw invalid(`Route rules with duplicate destination ${destination as string}`)
    seen.add(destination)
    if (rule['networkEntityId'] == null) throw missing('routeRules.networkEntityId')
    checkTarget(cloud, region, vcnId, rule['networkEntityId'])
  }
}

function checkTarget(cloud: Cloud, region: string, vcnId: unknown, id: unknown): void {
  const { store } = cloud
  const kind = String(id).split('.')[1]
  if (kind === 'drg') {
    related(cloud, region, id, 'drg')
    // A guess: examples attach first, and without an attachment nothing could pass.
    if (!store.alive('drgattachment', region).some(({ body }) => body['drgId'] === id && body['vcnId'] === vcnId))
      throw invalid(`The requested networkEntityId ${String(id)} is invalid: the DRG is not attached to VCN ${String(vcnId)}`)
  } else if (kind === 'internetgateway') {
    if (related(cloud, region, id, 'internetgateway').body['vcnId'] !== vcnId) throw invalid(`${String(id)} does not belong to VCN ${String(vcnId)}`)
  } else if (kind === 'privateip') {
    const address = related(cloud, region, id, 'privateip')
    const subnet = store.get(address.body['subnetId'], 'subnet', region)
    if (subnet.body['vcnId'] !== vcnId) throw invalid(`${String(id)} does not belong to VCN ${String(vcnId)}`)
    const vnic = store.find(address.body['vnicId'], 'vnic', region) ?? fail(relatedNotFound(String(id)))
    // The service's own words.
    if (vnic.body['skipSourceDestCheck'] !== true)
      throw invalid(`PrivateIP {${String(id)}} is an invalid route target. {The Private IP is attached to a VNIC whose SRC/DST check is enabled.}`)
  } else throw invalid(`The requested networkEntityId ${String(id)} is invalid: Invalid entity type in Id ${String(id)}`)
}

function fail(error: Error): never {
  throw error
}

const securityLists = operationsOf({
  kind: 'securitylist',
  name: 'SecurityList',
  folder: 'securityLists',
  required: ['compartmentId', 'vcnId', 'ingressSecurityRules', 'egressSecurityRules'],
  updatable: [...TAGS, 'ingressSecurityRules', 'egressSecurityRules'],
  filters: ['vcnId', 'displayName', 'lifecycleState'],
  states: PROVISIONING,
  make: (cloud, { region, body }) => {
    related(cloud, region, body['vcnId'], 'vcn')
    checkRules(body)
    return body
  },
  changing: (_cloud, { body }) => checkRules(body),
  removing: (cloud, { region }, list) => {
    refuseDefault(cloud, list, 'defaultSecurityListId')
    const subnet = cloud.store.alive('subnet', region, ({ securityListIds }) => (securityListIds as string[]).includes(list.id))[0]
    if (subnet) throw conflict(subnet, list)
  },
})

function checkRules({ ingressSecurityRules = [], egressSecurityRules = [] }: Call['body']): void {
  const of = (rules: unknown, peer: string) => (rules as Body[]).map((rule) => ({ rule, peer, type: rule[`${peer}Type`] }))
  for (const { rule, peer, type } of [...of(ingressSecurityRules, 'source'), ...of(egressSecurityRules, 'destination')]) {
    if (rule['protocol'] == null) throw missing('protocol')
    if (rule[peer] == null) throw missing(peer)
    if (type !== 'SERVICE_CIDR_BLOCK') rangeOf(rule[peer])
    if (rule['tcpOptions'] != null && rule['protocol'] !== '6') throw invalid('tcpOptions are for protocol 6')
    if (rule['udpOptions'] != null && rule['protocol'] !== '17') throw invalid('udpOptions are for protocol 17')
  }
}

/** What the service made with a VCN goes with it only. */
function refuseDefault({ store }: Cloud, resource: Resource, field: string): void {
  const vcn = store.find(resource.body['vcnId'], 'vcn', resource.region)
  if (vcn?.body[field] === resource.id) throw incorrectState(`${resource.id} is the default of ${vcn.id} and cannot be deleted`)
}

export const vcnOperations = [...vcns, ...subnets, ...internetGateways, ...routeTables, ...securityLists]
