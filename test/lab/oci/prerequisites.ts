/** What the article takes for granted: on either side a VCN with its subnets, and the instances in them. */
import { attachVnic } from './compute.ts'
import { availabilityDomainOf } from './identity.ts'
import type { Cloud } from './operation.ts'
import type { Body, Resource, States } from './store.ts'
import { addDefaults, defaultRules } from './vcn.ts'

export const SEOUL = 'ap-seoul-1'
export const CHUNCHEON = 'ap-chuncheon-1'

const AVAILABLE: States = { from: 'AVAILABLE', to: 'AVAILABLE' }
const RUNNING: States = { from: 'RUNNING', to: 'RUNNING' }
const ATTACHED: States = { from: 'ATTACHED', to: 'ATTACHED' }

interface Network {
  readonly vcn: Resource
  readonly internetGateway: Resource
  readonly defaultRouteTable: Resource
  readonly defaultSecurityList: Resource
  readonly subnets: Readonly<Record<'public' | 'private', Resource>>
}

export interface Prerequisites {
  readonly chuncheon: Omit<Network, 'subnets'> & {
    readonly subnet: Resource
    /** The customer's end of the tunnels. */
    readonly libreswan: Resource
    readonly host: Resource
  }
  readonly seoul: Network & { readonly host: Resource }
}

/** Makes them in the store, as if they had long been there. */
export function makePrerequisites(cloud: Cloud, { compartmentId }: { readonly compartmentId: string }): Prerequisites {
  const chuncheon = makeNetwork(cloud, CHUNCHEON, { compartmentId, displayName: 'OnPremise-Libreswan', cidrBlocks: ['10.0.0.0/16'] })
  const onPremise = makeSubnet(cloud, chuncheon.vcn, { displayName: 'Public Subnet-OnPremise-Libreswan', cidrBlock: '10.0.0.0/16' })
  const libreswan = makeInstance(cloud, onPremise, 'Libreswan', { privateIp: '10.0.236.153', publicIp: '144.24.84.145' })
  const onPremiseHost = makeInstance(cloud, onPremise, 'OnPremise VM Instance-1', { privateIp: '10.0.85.10', publicIp: '129.154.61.29' })

  const seoul = makeNetwork(cloud, SEOUL, { compartmentId, displayName: 'VCN-SEOUL-HUB', cidrBlocks: ['172.16.0.0/16'] })
  const { store } = cloud
  const { region, id: vcnId } = seoul.vcn
  const publicSubnet = makeSubnet(cloud, seoul.vcn, { displayName: 'Public Subnet-VCN-SEOUL-HUB', cidrBlock: '172.16.0.0/24' })
  const table = store.create(
    'routetable',
    region,
    { compartmentId, vcnId, displayName: 'Route Table for Private Subnet-VCN-SEOUL-HUB', routeRules: [] },
    AVAILABLE,
  )
  const list = store.create(
    'securitylist',
    region,
    { compartmentId, vcnId, displayName: 'Security List for Private Subnet-VCN-SEOUL-HUB', ...defaultRules(['172.16.0.0/16']) },
    AVAILABLE,
  )
  const privateSubnet = makeSubnet(cloud, seoul.vcn, {
    displayName: 'Private Subnet-VCN-SEOUL-HUB',
    cidrBlock: '172.16.1.0/24',
    prohibitPublicIpOnVnic: true,
    routeTableId: table.id,
    securityListIds: [list.id],
  })
  const seoulHost = makeInstance(cloud, publicSubnet, 'OCI VM Instance-1', { privateIp: '172.16.0.93', publicIp: '146.56.156.213' })
  return {
    chuncheon: { ...chuncheon, subnet: onPremise, libreswan, host: onPremiseHost },
    seoul: { ...seoul, subnets: { public: publicSubnet, private: privateSubnet }, host: seoulHost },
  }
}

/** A VCN whose default route table leads to the internet. */
function makeNetwork(cloud: Cloud, region: string, body: Body): Omit<Network, 'subnets'> {
  const { store } = cloud
  const vcn = store.create('vcn', region, { ...body, cidrBlock: (body['cidrBlocks'] as string[])[0] }, AVAILABLE)
  addDefaults(cloud, vcn, AVAILABLE)
  const internetGateway = store.create(
    'internetgateway',
    region,
    { compartmentId: body['compartmentId'], vcnId: vcn.id, displayName: `Internet Gateway-${String(body['displayName'])}`, isEnabled: true },
    AVAILABLE,
  )
  const defaultRouteTable = store.get(vcn.body['defaultRouteTableId'], 'routetable', region)
  const routeRules = [{ destination: '0.0.0.0/0', destinationType: 'CIDR_BLOCK', networkEntityId: internetGateway.id }]
  store.update(defaultRouteTable, { routeRules }, undefined)
  return { vcn, internetGateway, defaultRouteTable, defaultSecurityList: store.get(vcn.body['defaultSecurityListId'], 'securitylist', region) }
}

function makeSubnet({ store }: Cloud, { id: vcnId, region, body: vcn }: Resource, body: Body): Resource {
  const defaults = { routeTableId: vcn['defaultRouteTableId'], securityListIds: [vcn['defaultSecurityListId']], prohibitPublicIpOnVnic: false }
  return store.create('subnet', region, { compartmentId: vcn['compartmentId'], vcnId, ...defaults, ...body }, AVAILABLE)
}

function makeInstance(cloud: Cloud, { id: subnetId, region, body: subnet }: Resource, displayName: string, addresses: Body): Resource {
  const instance = cloud.store.create(
    'instance',
    region,
    { compartmentId: subnet['compartmentId'], availabilityDomain: availabilityDomainOf(region), displayName, shape: 'VM.Standard.E2.1.Micro', region },
    RUNNING,
  )
  attachVnic(cloud, instance, { displayName, subnetId, ...addresses }, { vnic: AVAILABLE, attachment: ATTACHED })
  return instance
}
