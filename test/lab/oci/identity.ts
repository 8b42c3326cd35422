/** Identity, as far as one asks it where things are: compartments and availability domains. */
import { missing, notFound } from './errors.ts'
import type { Cloud, Operation } from './operation.ts'
import type { Body } from './store.ts'

/** A region has one, as those of the article; its name begins with letters of the tenancy's own. */
export const availabilityDomainOf = (region: string): string => `Uocm:${region.toUpperCase()}-AD-1`

const isTenancy = (id: string): boolean => id.startsWith('ocid1.tenancy.')

/** All compartments are right below the tenancy, and are named by the end of their OCID. */
function compartment({ compartments }: Cloud, id: string): Body {
  const tenancy = [...compartments].find(isTenancy)
  return {
    id,
    compartmentId: isTenancy(id) ? id : tenancy,
    name: id.split('.').at(-1),
    description: '',
    lifecycleState: 'ACTIVE',
    timeCreated: '2026-01-31T01:15:59.000Z',
    freeformTags: {},
    definedTags: {},
  }
}

export const identityOperations: readonly Operation[] = [
  {
    name: 'listAvailabilityDomains',
    method: 'GET',
    path: '/availabilityDomains',
    run: ({ compartments }, { region, query }) => {
      const compartmentId = query.get('compartmentId') ?? fail(missing('compartmentId'))
      if (!compartments.has(compartmentId)) throw notFound(compartmentId)
      return { items: [{ id: `ocid1.availabilitydomain.oc1..${region}`, name: availabilityDomainOf(region), compartmentId }] }
    },
  },
  {
    name: 'listCompartments',
    method: 'GET',
    path: '/compartments',
    run: (cloud, { query }) => {
      const parent = query.get('compartmentId') ?? fail(missing('compartmentId'))
      if (!cloud.compartments.has(parent)) throw notFound(parent)
      const below = [...cloud.compartments].filter((id) => !isTenancy(id) && isTenancy(parent)).map((id) => compartment(cloud, id))
      return { items: below.filter(({ name }) => !query.has('name') || name === query.get('name')) }
    },
  },
  {
    name: 'getCompartment',
    method: 'GET',
    path: '/compartments/{compartmentId}',
    run: (cloud, { path }) => {
      const id = path['compartmentId']!
      if (!cloud.compartments.has(id)) throw notFound(id)
      return { body: compartment(cloud, id), etag: 'compartment' }
    },
  },
]

function fail(error: Error): never {
  throw error
}
