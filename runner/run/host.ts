/** What a run knows of one host. */
import type { Port } from '../port/port.ts'
import { Overlay, type CloudPredictions } from '../probe/overlay.ts'
import { NotedDict, RawDict } from '../value/value.ts'
import { HostFacts, type Doubt } from './facts.ts'

export interface Stats {
  ok: number
  changed: number
  unreachable: number
  failures: number
  skipped: number
  rescued: number
  ignored: number
  /** Tasks of a dry run of which it could not be known what they would do. */
  unknown: number
}

export class HostState {
  readonly name: string
  /** `set_fact` and `register`, the newest values. */
  readonly facts = new NotedDict()
  /** What it says of itself, read when a template first asks. */
  readonly gathered: HostFacts
  /** What `include_vars` has read for it. */
  readonly included = new RawDict()
  /** Roles of which a task ran, and those that it is through with, by identity. */
  readonly begunRoles = new Set<string>()
  readonly doneRoles = new Set<string>()
  readonly overlay: Overlay
  /** Open connections, by how they were made: a task may ask for another user or kind than the one before it. */
  readonly ports = new Map<string, Port>()
  /** Why it takes no part in later plays; undefined where it does. */
  out: 'failed' | 'unreachable' | undefined
  /** Whether it takes no part in later plays, though it is through this one without a failure that counts. */
  isLostLater = false
  /** Handlers notified and not yet run: ids of their tasks. */
  readonly notified = new Set<number>()
  /** In a dry run: handlers of which it is unknown whether they were notified, with the cause. */
  readonly maybeNotified = new Map<number, string>()
  readonly stats: Stats = { ok: 0, changed: 0, unreachable: 0, failures: 0, skipped: 0, rescued: 0, ignored: 0, unknown: 0 }

  /** `injectFacts`: whether facts are variables of their own, beside `ansible_facts`. */
  constructor(name: string, cloud: CloudPredictions, doubt: (overlay: Overlay) => Doubt, injectFacts: boolean) {
    this.name = name
    this.overlay = new Overlay(cloud)
    this.gathered = new HostFacts(doubt(this.overlay), injectFacts)
  }

  /** What it is through with counts within a play. */
  beginPlay(): void {
    this.begunRoles.clear()
    this.doneRoles.clear()
  }

  async closePorts(): Promise<void> {
    const open = [...this.ports.values()]
    this.ports.clear()
    await Promise.all(open.map((port) => port.close()))
  }
}
