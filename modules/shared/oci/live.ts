/** Resources of the cloud by their name: its names are no keys, so who has one is found among all that are alive. */
import { cloud, isKnown, KNOWN_AFTER_APPLY } from '../../../runner/module.ts'
import type { CloudAccount, CloudService, Probe } from '../../../runner/module.ts'

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

/** Which of a listing's resources is meant. */
export interface Wanted<T> {
  /** For people, and for the name of the probe: an OCID or a name. */
  readonly key: string
  readonly fits: (resource: T) => boolean
}

/** By its OCID where that is given, else by its name. */
export function named<T extends Live>(id: string | undefined, name: string | undefined): Wanted<T> {
  return id === undefined ? { key: name ?? '', fits: ({ displayName }) => displayName === name } : { key: id, fits: (resource) => resource.id === id }
}

/** By an OCID where the text is one, else by the name that it is. */
export function byNameOrId<T extends Live>(text: string): Wanted<T> {
  return text.startsWith('ocid1.') ? named(text, undefined) : named(undefined, text)
}

/**
 * The one resource that is meant, or null. `what` is for people: `DRG`. The listing reads all pages; names are compared here, for the
 * SDK does not encode them in queries. `aspect` names what of the resource is read, where probes of it read different things.
 *
 * @throws {Error} where several fit.
 */
export function live<T extends Live, S>(what: string, listing: Listing, { key, fits }: Wanted<T>, read: (resource: T) => S, aspect?: string): Probe<S | null> {
  const { account, operation, request } = listing
  return cloud<S | null>(
    `cloud:${account.region ?? account.profile}/${operation}/${[...Object.values(request), key, aspect].filter((part) => part !== undefined).join('/')}`,
    listing,
    ({ body }) => {
      const found = ((body ?? []) as T[]).filter(isAlive).filter(fits)
      if (found.length > 1) {
        throw new Error(`there are ${found.length} with the name '${key}' (${found.map(({ id }) => id).join(', ')}): give the OCID of the one that is meant`)
      }
      return found[0] ? read(found[0]) : null
    },
    `${what} ${key}`,
  )
}
