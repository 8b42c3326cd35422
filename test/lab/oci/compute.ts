/** Compute: instances, and by what they are on the network: attachments, VNICs, private addresses. */
import { incorrectState, invalid, missing } from './errors.ts'
import { containsAddress, freeAddress, rangeOf } from './ipv4.ts'
import { omit, operationsOf, PROVISIONING, related, TAGS, type Cloud, type Operation } from './operation.ts'
import type { Body, Resource, States } from './store.ts'

const ATTACHING: States = { from: 'ATTACHING', to: 'ATTACHED' }

const VERBS: Readonly<Record<string, string>> = { createInstance: 'launchInstance', deleteInstance: 'terminateInstance' }

const instances = operationsOf({
  kind: 'instance',
  name: 'Instance',
  folder: 'instances',
  required: ['compartmentId', 'availabilityDomain', 'shape'],
  updatable: TAGS,
  filters: ['displayName', 'lifecycleState', 'availabilityDomain'],
  states: { from: 'PROVISIONING', to: 'RUNNING' },
  make: (cloud, { region, body }) => {
    const details = vnicDetails(body)
    checkVnic(cloud, region, details)
    return { region, ...omit(body, 'createVnicDetails', 'subnetId') }
  },
  made: (cloud, { body }, instance) => {
    attachVnic(cloud, instance, { displayName: instance.body['displayName'], ...vnicDetails(body) }, { vnic: PROVISIONING, attachment: ATTACHING })
  },
  removing: ({ store }, { region }, instance) => {
    for (const attachment of store.alive('vnicattachment', region, ({ instanceId }) => instanceId === instance.id)) detachVnic(store, attachment)
  },
}).map((operation) => ({ ...operation, name: VERBS[operation.name] ?? operation.name }))

/** Its subnet is named in `createVnicDetails`, or as it was formerly, beside it. */
function vnicDetails({ createVnicDetails, subnetId }: Body): Body {
  const details = { subnetId, ...(createVnicDetails as Body | undefined) }
  if (details.subnetId === undefined) throw missing('createVnicDetails.subnetId')
  return details
}

const attachments: Operation[] = [
  {
    name: 'attachVnic',
    method: 'POST',
    path: '/vnicAttachments',
    run: (cloud, { region, body }) => {
      const instance = related(cloud, region, body['instanceId'], 'instance')
      if (cloud.store.view(instance)['lifecycleState'] !== 'RUNNING') throw incorrectState(`The instance ${instance.id} is not RUNNING`)
      const details = vnicDetails(body)
      checkVnic(cloud, region, details)
      return { resource: attachVnic(cloud, instance, details, { vnic: PROVISIONING, attachment: ATTACHING }) }
    },
  },
  ...operationsOf({
    kind: 'vnicattachment',
    name: 'VnicAttachment',
    folder: 'vnicAttachments',
    required: [],
    updatable: [],
    filters: ['instanceId', 'vnicId', 'availabilityDomain'],
  }).filter(({ method }) => method === 'GET'),
]

const vnics = operationsOf({
  kind: 'vnic',
  name: 'Vnic',
  folder: 'vnics',
  required: [],
  updatable: [...TAGS, 'hostnameLabel', 'nsgIds', 'skipSourceDestCheck'],
}).filter(({ name }) => ['getVnic', 'updateVnic'].includes(name))

const privateIps: Operation[] = [
  {
    name: 'listPrivateIps',
    method: 'GET',
    path: '/privateIps',
    run: ({ store }, { region, query }) => {
      if (!query.has('vnicId') && !query.has('subnetId')) throw invalid('One of vnicId and subnetId must be specified; ipAddress goes with subnetId')
      const wanted = ['vnicId', 'subnetId', 'ipAddress'].filter((filter) => query.has(filter))
      return { items: store.list('privateip', region, (body) => wanted.every((filter) => body[filter] === query.get(filter))).map((each) => store.view(each)) }
    },
  },
  {
    name: 'getPrivateIp',
    method: 'GET',
    path: '/privateIps/{privateIpId}',
    run: ({ store }, { region, path }) => ({ resource: store.get(path['privateIpId'], 'privateip', region) }),
  },
]

function checkVnic(cloud: Cloud, region: string, { subnetId, privateIp, assignPublicIp }: Body): void {
  const subnet = related(cloud, region, subnetId, 'subnet')
  if (assignPublicIp === true && subnet.body['prohibitPublicIpOnVnic'] === true) throw invalid(`The subnet ${subnet.id} does not allow public addresses`)
  if (typeof privateIp !== 'string') return
  if (!containsAddress(rangeOf(subnet.body['cidrBlock']), privateIp)) throw invalid(`The address ${privateIp} is not in the subnet's CIDR`)
  if (takenAddresses(cloud, subnet).has(privateIp)) throw invalid(`The address ${privateIp} is in use`)
}

const takenAddresses = ({ store }: Cloud, subnet: Resource): ReadonlySet<unknown> =>
  new Set(store.list('privateip', subnet.region, ({ subnetId }) => subnetId === subnet.id).map(({ body }) => body['ipAddress']))

/**
 * Gives an instance a VNIC with its primary private address; the first is the instance's primary one. Of what the service
 * picks, `publicIp` may be given too. Returns the attachment.
 */
export function attachVnic(cloud: Cloud, instance: Resource, details: Body, states: { vnic: States; attachment: States }): Resource {
  const { store } = cloud
  const { region, body } = instance
  const subnet = store.get(details['subnetId'], 'subnet', region)
  const isFirst = store.alive('vnicattachment', region, ({ instanceId }) => instanceId === instance.id).length === 0
  const place = { compartmentId: body['compartmentId'], availabilityDomain: body['availabilityDomain'], subnetId: subnet.id }
  const privateIp = details['privateIp'] ?? freeAddress(rangeOf(subnet.body['cidrBlock']), takenAddresses(cloud, subnet))
  const isPublic = (details['assignPublicIp'] as boolean | undefined) ?? subnet.body['prohibitPublicIpOnVnic'] !== true
  const vnic = store.create(
    'vnic',
    region,
    {
      ...place,
      displayName: details['displayName'] ?? null,
      ...(details['freeformTags'] !== undefined && { freeformTags: details['freeformTags'] }),
      isPrimary: isFirst,
      privateIp,
      publicIp: details['publicIp'] ?? (isPublic ? nextPublicIp(cloud, region) : null),
      skipSourceDestCheck: details['skipSourceDestCheck'] ?? false,
    },
    states.vnic,
  )
  store.create('privateip', region, { ...place, displayName: vnic.body['displayName'], ipAddress: privateIp, isPrimary: true, vnicId: vnic.id })
  return store.create('vnicattachment', region, { ...place, displayName: null, instanceId: instance.id, vnicId: vnic.id, nicIndex: 0 }, states.attachment)
}

/** Of the block for documentation that headends do not use. */
function nextPublicIp({ store }: Cloud, region: string): string {
  const taken = new Set(store.list('vnic', region).map(({ body }) => body['publicIp']))
  return freeAddress(rangeOf('198.51.100.0/24'), taken)
}

function detachVnic(store: Cloud['store'], attachment: Resource): void {
  const vnic = store.get(attachment.body['vnicId'], 'vnic', attachment.region)
  for (const address of store.list('privateip', vnic.region, ({ vnicId }) => vnicId === vnic.id)) store.remove(address, undefined)
  store.remove(vnic, undefined)
  store.remove(attachment, undefined, { from: 'DETACHING', to: 'DETACHED' })
}

export const computeOperations: readonly Operation[] = [...instances, ...attachments, ...vnics, ...privateIps]
