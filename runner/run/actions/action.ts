/** What an action of the runner itself is: it steers the run and needs no host. */
import type { CompiledTask } from '../../plan/compiled.ts'
import type { BoundArguments, Taker } from '../../resolve/arguments.ts'
import type { Evaluator } from '../../resolve/variables.ts'
import type { Dict, Raw, Value } from '../../value/value.ts'
import type { FactRequest } from '../facts.ts'
import type { Outcome } from '../outcome.ts'
import type { ActivePlay, Session } from '../session.ts'

export interface ActionContext {
  readonly session: Session
  readonly play: ActivePlay
  readonly task: CompiledTask
  /** The host that the task is for, and the one that it is delegated to, which is the same where it is not. */
  readonly hostName: string
  readonly delegateName: string
  /** Loop variables and the like. */
  readonly local: ReadonlyMap<Value, Raw>
  readonly evaluator: Evaluator
  readonly bound: BoundArguments
  /** Evaluates an argument; undefined where it is not given or omitted. */
  readonly argument: (name: string) => Value | undefined
  /** All arguments, evaluated. */
  readonly all: () => Map<string, Value>
  /** Gathers facts of the task's host; with `whole` all are read, and answered. */
  readonly gather: (request: FactRequest, whole: boolean) => Promise<Dict>
  /** How often this host's task has included what so far. */
  readonly inclusions: Map<string, number>
  /** Whether the task's result is kept under a name. */
  readonly isRegistered: boolean
  readonly verbosity: number
  readonly check: boolean
}

export interface RunnerAction extends Taker {
  /** The parameters; undefined where any name may be given. */
  readonly parameters: readonly string[] | undefined
  /** True where it runs for the first host of a batch only. */
  readonly onlyFirstHost?: true
  /** True where it brings in tasks. */
  readonly includes?: true
  run(context: ActionContext): Outcome | Promise<Outcome>
}
