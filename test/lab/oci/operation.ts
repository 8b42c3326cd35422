/** Operations of the API: a name, a path, and what is done. Most are the five of a kind of resource. */
import { incorrectState, invalid, missing, notFound, relatedNotFound } from './errors.ts'
import { isAlive, isGone, type Body, type Kind, type Resource, type States, type Store } from './store.ts'
import type { Headends } from './headends.ts'

/** What the operations work on. */
export interface Cloud {
  readonly store: Store
  readonly headends: Headends
  /** OCIDs of the compartments, the tenancy among them. */
  readonly compartments: ReadonlySet<string>
}

export interface Call {
  readonly region: string
  /** From the path, by their names in it. */
  readonly path: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Body
  readonly ifMatch: string | undefined
}

/** What is answered: a resource, the items of a list (which is paged), any other body, or nothing. */
export type Answer =
  { readonly resource: Resource } | { readonly items: readonly unknown[] } | { readonly body: unknown; readonly etag?: string } | { readonly nothing: true }

export interface Operation {
  /** As the SDK has it: `createDrg`. */
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** As `/drgs/{drgId}`. */
  readonly path: string
  readonly run: (cloud: Cloud, call: Call) => Answer | Promise<Answer>
}

interface KindOfResource {
  readonly kind: Kind
  /** As `Drg`, in operations' names; `DrgId` with a small letter names it in the path. */
  readonly name: string
  /** As `drgs`. */
  readonly folder: string
  readonly required: readonly string[]
  readonly updatable: readonly string[]
  /** Query parameters that lists are filtered by, beside compartmentId. */
  readonly filters?: readonly string[]
  readonly states?: States
  readonly endStates?: States
  /** The body of a new one; checks what it refers to. */
  readonly make?: (cloud: Cloud, call: Call) => Body | Promise<Body>
  readonly made?: (cloud: Cloud, call: Call, resource: Resource) => void | Promise<void>
  /** Refuses an update by throwing. */
  readonly changing?: (cloud: Cloud, call: Call, resource: Resource) => void
  readonly changed?: (cloud: Cloud, call: Call, resource: Resource) => void | Promise<void>
  /** Refuses by throwing; also takes away what goes along. */
  readonly removing?: (cloud: Cloud, call: Call, resource: Resource) => void | Promise<void>
}

/** What every resource has that is for people, and may be changed. */
export const TAGS = ['displayName', 'freeformTags', 'definedTags']

export const PROVISIONING: States = { from: 'PROVISIONING', to: 'AVAILABLE' }

/** `create…`, `list…s`, `get…`, `update…`, `delete…`. */
export function operationsOf(kind: KindOfResource): Operation[] {
  const { name, folder } = kind
  const idName = `${name[0]!.toLowerCase()}${name.slice(1)}Id`
  const one = `/${folder}/{${idName}}`
  const find = ({ store }: Cloud, call: Call): Resource => store.get(call.path[idName], kind.kind, call.region)
  return [
    {
      name: `create${name}`,
      method: 'POST',
      path: `/${folder}`,
      run: async (cloud, call) => {
        for (const field of kind.required) if (isMissing(call.body[field])) throw missing(field)
        if (kind.required.includes('compartmentId') && !cloud.compartments.has(String(call.body['compartmentId'])))
          throw relatedNotFound(String(call.body['compartmentId']))
        const body = kind.make ? await kind.make(cloud, call) : call.body
        const resource = cloud.store.create(kind.kind, call.region, { displayName: defaultName(kind.kind), ...body }, kind.states)
        await kind.made?.(cloud, call, resource)
        return { resource }
      },
    },
    {
      name: `list${name}s`,
      method: 'GET',
      path: `/${folder}`,
      run: ({ store }, { region, query }) => {
        const compartmentId = query.get('compartmentId')
        if (compartmentId === null) throw missing('compartmentId')
        const wanted = (kind.filters ?? []).filter((filter) => query.has(filter))
        const items = store.list(
          kind.kind,
          region,
          (body) => body['compartmentId'] === compartmentId && wanted.every((filter) => body[filter] === query.get(filter)),
        )
        return { items: items.map((each) => store.view(each)) }
      },
    },
    { name: `get${name}`, method: 'GET', path: one, run: (cloud, call) => ({ resource: find(cloud, call) }) },
    {
      name: `update${name}`,
      method: 'PUT',
      path: one,
      run: async (cloud, call) => {
        const resource = find(cloud, call)
        if (isGone(resource)) throw invalid(`${resource.id} is ${resource.state}`)
        for (const field of Object.keys(call.body)) if (!kind.updatable.includes(field)) throw invalid(`${field} cannot be changed`)
        kind.changing?.(cloud, call, resource)
        cloud.store.update(resource, call.body, call.ifMatch)
        await kind.changed?.(cloud, call, resource)
        return { resource }
      },
    },
    {
      name: `delete${name}`,
      method: 'DELETE',
      path: one,
      run: async (cloud, call) => {
        const resource = find(cloud, call)
        if (isGone(resource)) throw notFound(resource.id)
        if (!isAlive(resource)) throw incorrectState(`${resource.id} is ${resource.state}`)
        await kind.removing?.(cloud, call, resource)
        cloud.store.remove(resource, call.ifMatch, kind.endStates)
        return { nothing: true }
      },
    },
  ]
}

/** A resource that a body refers to. @throws {ServiceError} 400. */
export function related({ store }: Cloud, region: string, id: unknown, kind: Kind): Resource {
  const found = store.find(id, kind, region)
  if (!found || isGone(found)) throw relatedNotFound(String(id))
  return found
}

/** A body without some of its fields. */
export const omit = (body: Body, ...fields: readonly string[]): Body => Object.fromEntries(Object.entries(body).filter(([field]) => !fields.includes(field)))

const isMissing = (value: unknown): boolean => value === undefined || value === null || value === ''

/** As the console names what was given no name: `drg20260131101559`. */
const defaultName = (kind: Kind): string => `${kind}${new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)}`
