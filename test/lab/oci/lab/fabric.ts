/** What the cloud's resources say of its networks, without their OCIDs: the routes, the filters and the checks of each card. */
import { isAlive, type Body, type Store } from '../store.ts'

export interface Fabric {
  readonly cards: readonly CardState[]
  /** The prefixes of subnets that a DRG reaches by its attachments. */
  readonly attached: readonly string[]
}

/** A virtual network card (VNIC) by its private address. */
export interface CardState {
  readonly address: string
  /** Whether packets of others, which it is neither source nor destination of, are dropped. */
  readonly isChecked: boolean
  /** Whether a DRG reaches its network. */
  readonly isAttached: boolean
  /** The prefixes of its network, which are reached in any case. */
  readonly network: readonly string[]
  readonly routes: readonly Route[]
  readonly ingress: readonly Filter[]
  readonly egress: readonly Filter[]
}

export interface Route {
  readonly destination: string
  readonly target: Target
}

type Target = { readonly kind: 'internet' | 'drg' | 'nowhere' } | { readonly kind: 'address'; readonly address: string }

/** What a security list lets pass; it is stateful. */
export interface Filter {
  readonly peer: string
  /** `all`, or a protocol's number. */
  readonly protocol: string
  readonly ports: PortRange | undefined
  readonly icmp: { readonly type: number; readonly code?: number } | undefined
}

interface PortRange {
  readonly min: number
  readonly max: number
}

/** All regions' networks as they are now. */
export function fabricOf(store: Store, regions: readonly string[]): Fabric {
  const networks = regions.map((region) => networkOf(store, region))
  return { cards: networks.flatMap(({ cards }) => cards), attached: networks.flatMap(({ attached }) => attached) }
}

function networkOf(store: Store, region: string): Fabric {
  const attachedVcns = new Map(store.alive('drgattachment', region).map(({ body }) => [body['vcnId'], body['drgId']]))
  const subnets = store.alive('subnet', region)
  const cards = store.alive('vnic', region).map(({ body }): CardState => {
    const subnet = store.get(body['subnetId'], 'subnet', region)
    const vcn = store.get(subnet.body['vcnId'], 'vcn', region)
    const lists = (subnet.body['securityListIds'] as string[]).map((id) => store.get(id, 'securitylist', region).body)
    const table = store.get(subnet.body['routeTableId'], 'routetable', region)
    return {
      address: String(body['privateIp']),
      isChecked: body['skipSourceDestCheck'] !== true,
      isAttached: attachedVcns.has(vcn.id),
      network: (vcn.body['cidrBlocks'] ?? [vcn.body['cidrBlock']]) as string[],
      routes: (table.body['routeRules'] as Body[]).map((rule) => ({
        destination: String(rule['destination'] ?? rule['cidrBlock']),
        target: targetOf(store, region, rule['networkEntityId'], attachedVcns.get(vcn.id)),
      })),
      ingress: lists.flatMap((list) => filtersOf(list['ingressSecurityRules'], 'source')),
      egress: lists.flatMap((list) => filtersOf(list['egressSecurityRules'], 'destination')),
    }
  })
  return { cards, attached: subnets.filter(({ body }) => attachedVcns.has(body['vcnId'])).map(({ body }) => String(body['cidrBlock'])) }
}

/** A route to what is gone, or to a DRG that the network is not attached to, drops. */
function targetOf(store: Store, region: string, id: unknown, attachedDrgId: unknown): Target {
  const gateway = store.find(id, 'internetgateway', region)
  if (gateway && isAlive(gateway)) return { kind: gateway.body['isEnabled'] === false ? 'nowhere' : 'internet' }
  const drg = store.find(id, 'drg', region)
  if (drg && isAlive(drg)) return { kind: drg.id === attachedDrgId ? 'drg' : 'nowhere' }
  const address = store.find(id, 'privateip', region)
  if (address && isAlive(address)) return { kind: 'address', address: String(address.body['ipAddress']) }
  return { kind: 'nowhere' }
}

function filtersOf(rules: unknown, peerName: 'source' | 'destination'): Filter[] {
  return (rules as Body[]).map((rule) => {
    const options = (rule['tcpOptions'] ?? rule['udpOptions']) as { destinationPortRange?: PortRange | null } | null | undefined
    return {
      peer: String(rule[peerName]),
      protocol: String(rule['protocol']),
      ports: options?.destinationPortRange ?? undefined,
      icmp: (rule['icmpOptions'] as Filter['icmp'] | null) ?? undefined,
    }
  })
}
