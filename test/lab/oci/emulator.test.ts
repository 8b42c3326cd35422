/** The emulator by the unmodified SDK: what modules do not use of it, but scenarios and the lab do. */
import t from 'tap'
import type { CloudReply, CloudService } from '../../../runner/module.ts'
import { CHUNCHEON, COMPARTMENT, SEOUL, testCloud, type TestCloud } from '../../support/cloud.ts'
import { makePrerequisites } from './prerequisites.ts'

type Request = Readonly<Record<string, unknown>>
type Model = Readonly<Record<string, unknown>> & { readonly id: string }

/** Asks as a user of the SDK does. */
function user(cloud: TestCloud, region = SEOUL) {
  const account = { auth: 'api_key', configFile: cloud.configFile, profile: 'DEFAULT', region, endpoint: cloud.emulator.endpoint } as const
  const call = (service: CloudService, operation: string, request: Request, more: { okCodes?: string[]; until?: string } = {}): Promise<CloudReply> =>
    cloud.port.call({
      kind: 'cloud',
      account,
      service,
      operation,
      request,
      ...(more.okCodes && { okCodes: more.okCodes }),
      ...(more.until !== undefined && { until: { states: [more.until], withinMs: 5000 } }),
    })
  return {
    call,
    /** A call that is answered with a resource. */
    get: async (service: CloudService, operation: string, request: Request, until?: string): Promise<Model> =>
      (await call(service, operation, request, until === undefined ? {} : { until })).body as Model,
    list: async (service: CloudService, operation: string, request: Request): Promise<Model[]> => {
      const [outcome] = await cloud.port.read([{ kind: 'cloud', account, service, operation, request }])
      if (!outcome || !('reply' in outcome)) throw new Error(outcome?.problem.summary)
      return outcome.reply.body as Model[]
    },
    /** The code and the words of the refusal. */
    refused: async (service: CloudService, operation: string, request: Request): Promise<string> => {
      try {
        await call(service, operation, request)
        return 'not refused'
      } catch (error) {
        return (error as Error).message
      }
    },
  }
}

t.test('a network is made, an instance launched into it, and all goes in the reverse order', async (t) => {
  const cloud = await testCloud(t)
  const { call, get, list, refused } = user(cloud)
  const compartmentId = COMPARTMENT
  const vcn = await get('network', 'createVcn', { createVcnDetails: { compartmentId, displayName: '서울', cidrBlocks: ['172.16.0.0/16'] } })
  const vcnId = vcn.id
  t.match(await list('network', 'listSecurityLists', { compartmentId, vcnId }), [
    { displayName: 'Default Security List for 서울', ingressSecurityRules: { length: 3 } },
  ])
  const subnet = await get('network', 'createSubnet', { createSubnetDetails: { compartmentId, vcnId, cidrBlock: '172.16.0.0/24' } })
  t.match(
    await refused('network', 'createSubnet', { createSubnetDetails: { compartmentId, vcnId, cidrBlock: '172.16.0.0/25' } }),
    /InvalidParameter: .* overlaps/,
  )
  t.match(
    await refused('network', 'createSubnet', { createSubnetDetails: { compartmentId, vcnId, cidrBlock: '10.0.0.0/24' } }),
    /InvalidParameter: .* not in the VCN/,
  )
  t.match(
    await refused('network', 'createSubnet', { createSubnetDetails: { compartmentId, vcnId, cidrBlock: '172.16.1.1/24' } }),
    /InvalidParameter: .* is invalid/,
  )

  const igw = await get('network', 'createInternetGateway', { createInternetGatewayDetails: { compartmentId, vcnId, isEnabled: true } })
  t.match(await get('network', 'updateInternetGateway', { igId: igw.id, updateInternetGatewayDetails: { isEnabled: false } }), { isEnabled: false })
  t.match(await list('network', 'listInternetGateways', { compartmentId, vcnId }), [{ id: igw.id }])
  const rtId = vcn['defaultRouteTableId']
  const rule = { destination: '0.0.0.0/0', destinationType: 'CIDR_BLOCK', networkEntityId: igw.id }
  await call('network', 'updateRouteTable', { rtId, updateRouteTableDetails: { routeRules: [rule] } })

  const [domain] = await list('identity', 'listAvailabilityDomains', { compartmentId })
  const launched = await get('compute', 'launchInstance', {
    launchInstanceDetails: {
      compartmentId,
      availabilityDomain: domain!['name'],
      shape: 'VM.Standard.E2.1.Micro',
      displayName: 'VM',
      createVnicDetails: { subnetId: subnet.id, privateIp: '172.16.0.93' },
    },
  })
  t.match(launched, { lifecycleState: 'PROVISIONING' })
  const instanceId = launched.id
  await get('compute', 'getInstance', { instanceId }, 'RUNNING')
  const [attachment] = await list('compute', 'listVnicAttachments', { compartmentId, instanceId })
  t.match(await get('compute', 'getVnicAttachment', { vnicAttachmentId: attachment!.id }, 'ATTACHED'), { instanceId })
  const vnicId = attachment!['vnicId']
  const vnic = { isPrimary: true, privateIp: '172.16.0.93', publicIp: '198.51.100.2', skipSourceDestCheck: false, subnetId: subnet.id }
  t.match(await get('network', 'getVnic', { vnicId }), vnic)
  const [address] = await list('network', 'listPrivateIps', { vnicId })
  t.match(await list('network', 'listPrivateIps', { subnetId: subnet.id, ipAddress: '172.16.0.93' }), [address])
  t.match(await get('network', 'getPrivateIp', { privateIpId: address!.id }), { isPrimary: true, vnicId })
  t.match(await refused('network', 'updateVnic', { vnicId, updateVnicDetails: { skipSourceDestCheck: true }, ifMatch: 'old' }), /NoEtagMatch/)

  const second = await get('compute', 'attachVnic', { attachVnicDetails: { instanceId, createVnicDetails: { subnetId: subnet.id, assignPublicIp: false } } })
  t.match(await get('network', 'getVnic', { vnicId: second['vnicId'] }), { isPrimary: false, privateIp: '172.16.0.2', publicIp: null })

  t.match(await refused('network', 'deleteSubnet', { subnetId: subnet.id }), /Conflict: .* references .*You must remove the reference/)
  t.match(await refused('network', 'deleteInternetGateway', { igId: igw.id }), /Conflict/)
  t.match(await refused('network', 'deleteRouteTable', { rtId }), /IncorrectState: .*default/)
  t.match(await refused('network', 'deleteVcn', { vcnId }), /IncorrectState/)
  await call('compute', 'terminateInstance', { instanceId })
  await get('compute', 'getInstance', { instanceId }, 'TERMINATED')
  t.match(await list('compute', 'listInstances', { compartmentId }), [{ lifecycleState: 'TERMINATED' }], 'it is seen for a while')
  t.same(await list('network', 'listPrivateIps', { subnetId: subnet.id }), [])
  await call('network', 'deleteSubnet', { subnetId: subnet.id })
  await call('network', 'updateRouteTable', { rtId, updateRouteTableDetails: { routeRules: [] } })
  await call('network', 'deleteInternetGateway', { igId: igw.id })
  await call('network', 'deleteVcn', { vcnId })
  await get('network', 'getVcn', { vcnId }, 'TERMINATED')
  t.match(await get('network', 'getRouteTable', { rtId }, 'TERMINATED'), { vcnId })
})

t.test('route rules lead to what is there', async (t) => {
  const cloud = await testCloud(t)
  const { chuncheon, seoul } = makePrerequisites(cloud.emulator.cloud, { compartmentId: COMPARTMENT })
  const { call, get, list, refused } = user(cloud, CHUNCHEON)
  const rtId = chuncheon.defaultRouteTable.id
  const set = (...routeRules: Request[]) => ({ rtId, updateRouteTableDetails: { routeRules } })
  const to = (networkEntityId: unknown, destination = '172.16.0.0/16') => ({ destination, destinationType: 'CIDR_BLOCK', networkEntityId })
  const igw = chuncheon.internetGateway.id
  t.match(await refused('network', 'updateRouteTable', set(to(igw), to(igw))), /InvalidParameter: .*duplicate destination 172\.16\.0\.0\/16/)
  t.match(await refused('network', 'updateRouteTable', set({ networkEntityId: igw })), /MissingParameter: .*destination/)
  t.match(await refused('network', 'updateRouteTable', set(to('ocid1.vnic.oc1..x'))), /InvalidParameter: .*Invalid entity type/)
  t.match(await refused('network', 'updateRouteTable', set(to('ocid1.drg.oc1..x'))), /RelatedResourceNotAuthorizedOrNotFound/)
  t.match(await refused('network', 'updateRouteTable', set(to(seoul.internetGateway.id))), /RelatedResourceNotAuthorizedOrNotFound/, 'of another region')
  const drg = await get('network', 'createDrg', { createDrgDetails: { compartmentId: COMPARTMENT } })
  t.match(await refused('network', 'updateRouteTable', set(to(drg.id))), /InvalidParameter: .*not attached/)
  const [address] = await list('network', 'listPrivateIps', { subnetId: chuncheon.subnet.id, ipAddress: '10.0.236.153' })
  t.match(await refused('network', 'updateRouteTable', set(to(address!.id))), /SRC\/DST check is enabled/)
  await call('network', 'updateVnic', { vnicId: address!['vnicId'], updateVnicDetails: { skipSourceDestCheck: true } })
  await call('network', 'updateRouteTable', set(to(address!.id), to(igw, '0.0.0.0/0')))
})

t.test('where things are', async (t) => {
  const cloud = await testCloud(t)
  const { get, list, refused } = user(cloud)
  const tenancy = [...cloud.emulator.cloud.compartments].find((id) => id.startsWith('ocid1.tenancy.'))!
  t.match(await list('identity', 'listAvailabilityDomains', { compartmentId: tenancy }), [{ name: /AP-SEOUL-1-AD-1$/ }])
  t.match(await list('identity', 'listCompartments', { compartmentId: tenancy }), [{ id: COMPARTMENT, name: 'network', lifecycleState: 'ACTIVE' }])
  t.match(await get('identity', 'getCompartment', { compartmentId: COMPARTMENT }), { compartmentId: tenancy })
  t.match(await refused('identity', 'getCompartment', { compartmentId: 'ocid1.compartment.oc1..gone' }), /NotAuthorizedOrNotFound/)
})
