/** What became of a task on a host. */
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Shown } from '../diff/show.ts'
import type { CompiledBlock } from '../plan/compiled.ts'
import { Dict, type RawDict, type Written, type Value } from '../value/value.ts'

export interface Failure {
  /** One line, for `msg`. */
  readonly message: string
  readonly detail?: string | undefined
  readonly diagnostic?: Diagnostic | undefined
  /** True where the action met it while it ran, and not what the task says of it: of a loop it ends no more than the item. */
  readonly isOfAction?: boolean | undefined
  /** True where the message is for people: the result has the words that the action gave it, or none. */
  readonly isOnlyShown?: boolean | undefined
}

/** What is wrong with a file that an action reads or renders. */
export class ActionFault extends DiagnosticError {}

export interface Outcome {
  readonly changed: boolean
  readonly failure?: Failure | undefined
  readonly unreachable?: Failure | undefined
  /** Why the task did not run on this host. */
  readonly skipped?: { readonly reason: string; readonly condition?: string | undefined } | undefined
  /** In a dry run: the task on which it depends what this one would do. */
  readonly unknown?: string | undefined
  /** What `register` gets, beside the keys that follow from the fields above. */
  readonly data: Dict
  /** True where Ansible's result begins with `changed`, as those of most modules do: the order is seen where a result is printed. */
  readonly changedFirst?: boolean | undefined
  /** In a dry run: what the JSON document tells in place of the data. */
  readonly reported?: Dict | undefined
  /** In a dry run: the task on which it depends what the data would be. */
  readonly unknownData?: string | undefined
  readonly shown: readonly Shown[]
  /** Outcomes of a loop's items, with what the report shows of each. */
  readonly items?: readonly ItemOutcome[] | undefined
  readonly attempts?: number | undefined
  /** Attempts ran out, but `failed_when` says that this is no failure: what `register` holds has failed all the same. */
  readonly gaveUp?: boolean | undefined
  /** A failure that the play goes on after. */
  readonly ignored?: boolean | undefined
  /** True where nothing of arguments or output may be shown. */
  readonly censored?: boolean | undefined
  /** Handlers that it notifies where the task, all its items together, has changed something. */
  readonly notifies?: readonly string[] | undefined
  /** What the task brings in: its tasks come next. */
  readonly include?: Inclusion | undefined
  /** True where what it sets is a fact of the host as well, and stays one. */
  readonly cacheable?: boolean | undefined
  /** How the facts are written that `set_fact` sets. */
  readonly written?: ReadonlyMap<string, Written> | undefined
  /** The host whose facts it sets, where that is not the task's own. */
  readonly factsFor?: string | undefined
  /** Variables that `include_vars` read; templates in them are evaluated when they are used. */
  readonly includedVariables?: RawDict | undefined
  readonly durationMs?: number | undefined
  /** The action, where a template named it. */
  readonly action?: string | undefined
  /** True where nothing was applied: `changed` is what would have been. */
  readonly check?: boolean | undefined
  /** What the task's `diff` keyword says; undefined where it has none. */
  readonly diff?: boolean | undefined
}

/** Tasks that a task includes in the run. */
interface Inclusion {
  /** One object for all hosts and items that include the same with the same variables. */
  readonly block: CompiledBlock
}

export interface ItemOutcome {
  readonly item: Value
  /** Undefined where it cannot be evaluated. */
  readonly label: Value | undefined
  readonly loopVariable: string
  readonly indexVariable: string | undefined
  readonly index: number
  /** What `extended` tells of the loop. */
  readonly loop?: Dict | undefined
  readonly outcome: Outcome
}

export const NOTHING: Outcome = { changed: false, data: new Dict(), shown: [] }

export function failureOf(diagnostic: Diagnostic): Failure {
  return { message: diagnostic.summary, detail: diagnostic.detail, diagnostic }
}

/** An outcome that fails, from a diagnostic or a sentence. */
export function failed(failure: Failure, more: Partial<Outcome> = {}): Outcome {
  return { changed: false, data: new Dict(), shown: [], ...more, failure }
}

/** Faults of templates and expressions. */
const TEMPLATE_FAULTS: ReadonlySet<string> = new Set([
  'UNDEFINED_VARIABLE',
  'TEMPLATE_SYNTAX',
  'TEMPLATE_FAILED',
  'RECURSIVE_TEMPLATE',
  'UNKNOWN_FILTER',
  'UNKNOWN_TEST',
  'UNKNOWN_LOOKUP',
  'LOOKUP_FAILED',
])

/** Whether a task failed over a template or an expression of its own. */
export function isTemplateFault({ diagnostic, isOfAction }: Failure): boolean {
  return diagnostic !== undefined && isOfAction !== true && TEMPLATE_FAULTS.has(diagnostic.code)
}
