/** Resources of the cloud by their name: its names are no keys, so who has one is found among all that are alive. */
import { cloud, isKnown, KNOWN_AFTER_APPLY } from '../../../runner/module.ts'
import type { CloudAccount, CloudService, Probe } from '../../../runner/module.ts'
import { accountOf } from './account.ts'
import type { AccountParams } from './account.ts'

/** A resource as the API answers it, as far as all have it. */
export interface Live {
  readonly id: string
  readonly displayName?: string | null
  readonly lifecycleState?: string
}

const GONE = new Set(['TERMINATING', 'TERMINATED', 'DETACHING', 'DETACHED'])

const isAlive = ({ lifecycleState }: Live): boolean => lifecycleState === undefined || !GONE.has(lifecycleState)

/** The OCID, where a dry run can know it: what another task would make gets its own only then. */
export const idOf = (resource: { readonly id: string }): string | typeof KNOWN_AFTER_APPLY => (isKnown(resource, 'id') ? resource.id : KNOWN_AFTER_APPLY)

export interface Listing {
  readonly account: CloudAccount
  readonly service: CloudService
  /** As `listDrgs`. */
  readonly operation: string
  readonly request: Readonly<Record<string, string>>
}

/** What of the network is in a compartment. */
export const listing = (p: AccountParams & { readonly compartment_id: string }, operation: string, more: Readonly<Record<string, string>> = {}): Listing => ({
  account: accountOf(p),
  service: 'network',
  operation,
  request: { compartmentId: p.compartment_id, ...more },
})

/** Which of a listing's resources is meant. */
export interface Wanted<T> {
  /** For people, and for the name of the probe: an OCID or a name. */
  readonly key: string
  /** For people, where they know it by something else than the key. */
  readonly label?: string
  readonly fits: (resource: T) => boolean
  /** Whether any of several does; else several are an error. */
  readonly any?: boolean
}

/** By its OCID where that is given, else by its name. */
export function named<T extends Live>(id: string | undefined, name: string | undefined): Wanted<T> {
  return id === undefined ? { key: name ?? '', fits: ({ displayName }) => displayName === name } : { key: id, fits: (resource) => resource.id === id }
}

/** By a text that is a name or an OCID. */
export const byNameOrId = <T extends Live>(text: string): Wanted<T> => (text.startsWith('ocid1.') ? named(text, undefined) : named(undefined, text))

/** The name of a probe: what is asked of which region. */
const nameOf = ({ region, profile }: CloudAccount, ...parts: readonly (string | undefined)[]): `cloud:${string}` =>
  `cloud:${region ?? profile}/${parts.filter((part) => part !== undefined).join('/')}`

/**
 * The one resource that is meant, or null. `what` is for people: `DRG`. The listing reads all pages; names are compared here, for the
 * SDK does not encode them in queries. `aspect` names what of the resource is read, where probes of it read different things.
 *
 * @throws {Error} where several fit and not any does.
 */
export function live<T extends Live, S>(
  what: string,
  listing: Listing,
  { key, label, fits, any = false }: Wanted<T>,
  read: (resource: T) => S,
  aspect?: string,
): Probe<S | null> {
  const { account, operation, request } = listing
  return cloud<S | null>(
    nameOf(account, operation, ...Object.values(request), key, aspect),
    listing,
    ({ body }) => {
      const found = ((body ?? []) as T[]).filter(isAlive).filter(fits)
      // Of any that do, always the same: a list has no order.
      if (any) found.sort((a, b) => a.id.localeCompare(b.id))
      else if (found.length > 1) {
        throw new Error(`there are ${found.length} with the name '${key}' (${found.map(({ id }) => id).join(', ')}): give the OCID of the one that is meant`)
      }
      return found[0] ? read(found[0]) : null
    },
    `${what} ${label ?? key}`,
  )
}

/** All resources of a listing that are alive, as far as they are looked at. */
export function all<S>(listing: Listing, read: (resource: never) => S): Probe<readonly S[]> {
  const { account, operation, request } = listing
  return cloud<readonly S[]>(nameOf(account, operation, ...Object.values(request)), listing, ({ body }) =>
    ((body ?? []) as Live[]).filter(isAlive).map((each) => read(each as never)),
  )
}

/** What a `get…` answers of a resource that is alive, or null. `what` is for people. */
export function one<S>(what: string, call: Listing, read: (resource: never) => S): Probe<S | null> {
  const { account, operation, request } = call
  return cloud<S | null>(
    nameOf(account, operation, ...Object.values(request)),
    call,
    ({ body }) => (body !== null && isAlive(body as Live) ? read(body as never) : null),
    what,
  )
}
