/**
 * What a dry run believes of one host: states that tasks would have brought about, and resources of which it can no longer
 * tell. What happened last counts.
 */
import type { Affected } from '../contract/kinds.ts'
import type { Resource } from '../contract/resource.ts'

/** What the overlay has to say of a resource. */
export type Overlaid =
  | { readonly kind: 'real' }
  | { readonly kind: 'predicted'; readonly state: unknown }
  /** With `onlyIfAbsent` the real state counts where the resource exists. */
  | { readonly kind: 'unknown'; readonly cause: string; readonly onlyIfAbsent: boolean }

type Entry =
  | { readonly kind: 'predicted'; readonly state: unknown; readonly changedBy: string | undefined }
  | { readonly kind: 'unknown'; readonly affected: Affected; readonly cause: string }
  | { readonly kind: 'all'; readonly cause: string }

interface Placed {
  /** Its place in the order of all that was predicted. */
  readonly at: number
  readonly resource: Resource | undefined
  readonly entry: Entry
}

/** What is predicted of the cloud: one for all hosts of a run, for it is the same cloud whichever host's task deals with it. */
export class CloudPredictions {
  readonly entries: Placed[] = []
  #count = 0

  next(): number {
    return this.#count++
  }
}

const isOfCloud = (resource: Resource): boolean => resource.startsWith('cloud:')

export class Overlay {
  readonly #own: Placed[] = []
  readonly #cloud: CloudPredictions

  constructor(cloud = new CloudPredictions()) {
    this.#cloud = cloud
  }

  /** After a task the resource would be in this state; `changedBy` names the task where it would not have been before. */
  predict(resource: Resource, state: unknown, changedBy: string | undefined): void {
    this.#push(resource, { kind: 'predicted', state, changedBy }, resource)
  }

  /** A task may alter resources without saying how. */
  affect(affected: Affected, cause: string): void {
    this.#push(undefined, { kind: 'unknown', affected, cause }, affected.resource)
  }

  /** A task may alter anything on the host. */
  affectAll(cause: string): void {
    this.#push(undefined, { kind: 'all', cause }, undefined)
  }

  /** True where no task has predicted anything yet: what is read is what a run would find. */
  get isEmpty(): boolean {
    return this.#own.length + this.#cloud.entries.length === 0
  }

  lookup(resource: Resource): Overlaid {
    const entries = this.#about(resource)
    return lookup(entries, resource, entries.length)
  }

  /** The task that would have altered, or may have altered, one of these resources (a `*` at the end stands for all that begin so). */
  changedBy(resources: readonly Resource[]): string | undefined {
    for (const { resource, entry } of resources.some(isOfCloud) ? this.#about('cloud:') : this.#own) {
      if (entry.kind === 'all') return entry.cause
      const touched = entry.kind === 'unknown' ? entry.affected.resource : resource!
      const cause = entry.kind === 'unknown' ? entry.cause : entry.changedBy
      if (cause !== undefined && resources.some((each) => covers(each, touched) || covers(touched, each))) return cause
    }
    return undefined
  }

  #push(resource: Resource | undefined, entry: Entry, about: Resource | undefined): void {
    const entries = about !== undefined && isOfCloud(about) ? this.#cloud.entries : this.#own
    entries.push({ at: this.#cloud.next(), resource, entry })
  }

  /** The entries that may tell of a resource, in their order. */
  #about(resource: Resource): readonly Placed[] {
    return isOfCloud(resource) ? [...this.#own, ...this.#cloud.entries].sort((a, b) => a.at - b.at) : this.#own
  }
}

/** What the entries before an index have to say. */
function lookup(entries: readonly Placed[], resource: Resource, end: number): Overlaid {
  for (let index = end - 1; index >= 0; index--) {
    const { resource: named, entry } = entries[index]!
    if (entry.kind === 'predicted' && named === resource) return { kind: 'predicted', state: entry.state }
    if (entry.kind === 'all') return { kind: 'unknown', cause: entry.cause, onlyIfAbsent: false }
    if (entry.kind === 'unknown' && covers(entry.affected.resource, resource)) {
      const { cause, affected } = entry
      if (affected.onlyIfAbsent !== true) return { kind: 'unknown', cause, onlyIfAbsent: false }
      // Whether the resource exists by now is for what happened before to say.
      const earlier = lookup(entries, resource, index)
      if (earlier.kind === 'real' || (earlier.kind === 'unknown' && earlier.onlyIfAbsent)) return { kind: 'unknown', cause, onlyIfAbsent: true }
      return earlier.kind === 'predicted' && isAbsent(earlier.state) ? { kind: 'unknown', cause, onlyIfAbsent: false } : earlier
    }
  }
  return { kind: 'real' }
}

function covers(pattern: Resource, resource: Resource): boolean {
  return pattern.endsWith('*') ? resource.replace(/\*$/, '').startsWith(pattern.slice(0, -1)) : pattern === resource
}

/** Whether a state says that the thing does not exist: an absent file, a unit not found, a null. */
export function isAbsent(state: unknown): boolean {
  if (state === null) return true
  if (typeof state !== 'object') return false
  const { type, loaded } = state as { type?: unknown; loaded?: unknown }
  return type === 'absent' || loaded === 'not-found'
}
