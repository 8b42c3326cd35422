/** Resources with their life: states on a clock, versions, and a while in which what is gone is still seen. */
import { randomBytes } from 'node:crypto'
import { notFound, ServiceError } from './errors.ts'

export type Body = Readonly<Record<string, unknown>>

/** The kinds of resources, as their OCIDs name them. */
export type Kind =
  | 'drg'
  | 'drgattachment'
  | 'cpe'
  | 'ipsecconnection'
  | 'ipsectunnel'
  | 'vcn'
  | 'subnet'
  | 'routetable'
  | 'securitylist'
  | 'internetgateway'
  | 'instance'
  | 'vnicattachment'
  | 'vnic'
  | 'privateip'

/** What a resource is in until its transition is over, and then. */
export interface States {
  readonly from: string
  readonly to: string
}

export interface Resource {
  readonly id: string
  readonly kind: Kind
  readonly region: string
  /** All but the lifecycle state. */
  body: Body
  etag: string
  /** Undefined for kinds without one (a CPE). */
  state: string | undefined
  /** The state that it comes into at a time. */
  next: { readonly state: string; readonly atMs: number } | undefined
  /** From when on it is not seen any more. */
  goneAtMs: number | undefined
}

export interface Clock {
  now(): number
}

export interface Lifetimes {
  /** How long something is PROVISIONING, UPDATING or TERMINATING. */
  readonly transitionMs: number
  /** How long what is TERMINATED is still in lists. */
  readonly tombstoneMs: number
}

const GONE_STATES = new Set(['TERMINATED', 'DETACHED'])

export class Store {
  readonly #resources = new Map<string, Resource>()
  readonly #clock: Clock
  readonly #lifetimes: Lifetimes

  constructor(clock: Clock, lifetimes: Lifetimes) {
    this.#clock = clock
    this.#lifetimes = lifetimes
  }

  /** Makes a resource that is in `from` until its transition is over, then in `to`. */
  create(kind: Kind, region: string, body: Body, states?: States): Resource {
    const id = `ocid1.${kind}.oc1.${region}.${randomBytes(30).toString('hex')}`
    const resource: Resource = {
      id,
      kind,
      region,
      body: { id, timeCreated: new Date(this.#clock.now()).toISOString(), freeformTags: {}, definedTags: {}, ...body },
      etag: newEtag(),
      state: states?.from,
      next: states && { state: states.to, atMs: this.#clock.now() + this.#lifetimes.transitionMs },
      goneAtMs: undefined,
    }
    this.#resources.set(id, resource)
    return resource
  }

  /** A resource of a kind and region, be it alive or just gone; undefined where there is none. */
  find(id: unknown, kind: Kind, region: string): Resource | undefined {
    const resource = typeof id === 'string' ? this.#resources.get(id) : undefined
    if (!resource || resource.kind !== kind || resource.region !== region) return undefined
    this.#advance(resource)
    return resource.goneAtMs !== undefined && this.#clock.now() >= resource.goneAtMs ? undefined : resource
  }

  /** Whatever has an OCID, be it alive or not. */
  any(id: unknown): Resource | undefined {
    return typeof id === 'string' ? this.#resources.get(id) : undefined
  }

  /** @throws {ServiceError} 404. */
  get(id: unknown, kind: Kind, region: string): Resource {
    return this.find(id, kind, region) ?? fail(notFound(String(id)))
  }

  /** It comes into another state than it would, or, with undefined, stays in the one that it is in. */
  divert(resource: Resource, state: string | undefined): void {
    resource.next = state === undefined ? undefined : { state, atMs: this.#clock.now() + this.#lifetimes.transitionMs }
  }

  /** All of a kind in a region, also those that are just gone. */
  list(kind: Kind, region: string, fits: (body: Body) => boolean = () => true): Resource[] {
    return [...this.#resources.values()].filter((each) => each.kind === kind && this.find(each.id, kind, region) !== undefined && fits(each.body))
  }

  /** Those of a list that are not gone or going. */
  alive(kind: Kind, region: string, fits: (body: Body) => boolean = () => true): Resource[] {
    return this.list(kind, region, fits).filter(isAlive)
  }

  /** @throws {ServiceError} 412 where the version is not the one that the caller knows. */
  update(resource: Resource, changes: Body, ifMatch: string | undefined): void {
    checkVersion(resource, ifMatch)
    resource.body = { ...resource.body, ...changes }
    resource.etag = newEtag()
  }

  /** It is in `from` until its transition is over, then in `to`, and after a while gone. */
  remove(resource: Resource, ifMatch: string | undefined, states: States = { from: 'TERMINATING', to: 'TERMINATED' }): void {
    checkVersion(resource, ifMatch)
    const { transitionMs, tombstoneMs } = this.#lifetimes
    if (resource.state === undefined) {
      this.#resources.delete(resource.id)
      return
    }
    resource.state = states.from
    resource.next = { state: states.to, atMs: this.#clock.now() + transitionMs }
    resource.goneAtMs = this.#clock.now() + transitionMs + tombstoneMs
    resource.etag = newEtag()
  }

  /** What a caller sees of it. */
  view(resource: Resource): Body {
    this.#advance(resource)
    return { ...resource.body, ...(resource.state !== undefined && { lifecycleState: resource.state }) }
  }

  #advance(resource: Resource): void {
    if (resource.next && this.#clock.now() >= resource.next.atMs) {
      resource.state = resource.next.state
      resource.next = undefined
    }
  }
}

/** Whether it is neither gone nor going. */
export const isAlive = ({ goneAtMs }: Resource): boolean => goneAtMs === undefined

export const isGone = ({ state }: Resource): boolean => state !== undefined && GONE_STATES.has(state)

function checkVersion(resource: Resource, ifMatch: string | undefined): void {
  if (ifMatch !== undefined && ifMatch !== resource.etag) throw new ServiceError(412, 'NoEtagMatch', `The etag ${ifMatch} does not match`)
}

const newEtag = (): string => randomBytes(8).toString('hex')

function fail(error: Error): never {
  throw error
}
