/** Everything that a run tells: one closed union. A reporter turns it into text or a document. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Stats } from '../run/host.ts'
import type { Outcome } from '../run/outcome.ts'
import type { Dict } from '../value/value.ts'

export type RunEvent =
  | { readonly kind: 'run-start'; readonly check: boolean; readonly at: Date }
  | { readonly kind: 'play-start'; readonly name: string; readonly id: string; readonly path: string; readonly hosts: readonly string[]; readonly at: Date }
  | { readonly kind: 'play-end'; readonly at: Date }
  | { readonly kind: 'no-hosts'; readonly play: string; readonly reason: 'no hosts matched' | 'no hosts left' }
  | {
      readonly kind: 'task-start'
      readonly name: string
      readonly action: string
      readonly id: string
      /** Unique within the run: of one task there is a start for each time that it is run. */
      readonly start: number
      readonly path: string
      readonly isHandler: boolean
      readonly at: Date
    }
  /** A host begins with a task. */
  | { readonly kind: 'host-start'; readonly host: string }
  /** A host waits: between attempts, or for a state. */
  | { readonly kind: 'host-retry'; readonly host: string; readonly attemptsLeft: number; readonly message: string }
  | {
      readonly kind: 'host-result'
      /** The `start` of the task. */
      readonly of: number
      readonly host: string
      readonly action: string
      readonly outcome: Outcome
      readonly delegatedTo: string | undefined
      readonly at: Date
    }
  | { readonly kind: 'diagnostic'; readonly diagnostic: Diagnostic }
  | {
      readonly kind: 'run-end'
      readonly stats: ReadonlyMap<string, Stats>
      /** What `set_stats` gave, for the run as a whole and by host. */
      readonly customStats: Dict
      readonly customStatsByHost: ReadonlyMap<string, Dict>
      readonly at: Date
      readonly durationMs: number
    }

export interface Reporter {
  handle(event: RunEvent): void
  /** Called once at the end, also after an interruption; never throws. */
  close(): void
}
