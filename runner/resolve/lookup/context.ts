/** What a lookup is given, and how it says that it found nothing. */
import { fail } from '../../diagnostic/diagnostic.ts'
import type { Inventory } from '../../load/inventory/inventory.ts'
import type { Reader } from '../../load/reader.ts'
import type { CompiledTask } from '../../plan/compiled.ts'
import type { Dict, Value } from '../../value/value.ts'
import type { Jinja } from '../jinja/index.ts'
import { Pending } from '../pending.ts'
import type { Evaluator } from '../variables.ts'

export interface LookupContext {
  readonly evaluator: Evaluator
  /** The task that asks; undefined where a play or an inventory is evaluated. */
  readonly task: CompiledTask | undefined
  readonly reader: Reader
  readonly jinja: Jinja
  readonly inventory: Inventory
  /** The folder of the playbook, absolute: where programs run, and where relative paths end up. */
  readonly folder: string
  /** What was fetched for this evaluation, so that it goes on from there when it begins again. */
  readonly answers: Map<string, Answer>
  /** The text of the variable `ansible_managed`. */
  readonly managed?: string | undefined
  /** The plain content of a file of the controller that may be encrypted. */
  readonly read: (absolute: string) => Buffer
  /** The settings of Ansible's configuration that are set. */
  readonly settings?: ReadonlyMap<string, Value> | undefined
  /** The folder beside `.` in which files are looked for: `files` unless the task is about templates or variables. */
  readonly subfolder?: 'files' | 'templates' | 'vars' | undefined
}

/** What was fetched: the values, or why there are none. */
export type Answer = { readonly values: readonly Value[] } | { readonly error: unknown }

/**
 * Answers a list of values. Terms are a list where the lookup was called in a template; a loop (`with_dict`) may give something else.
 *
 * @throws {DiagnosticError} LOOKUP_FAILED for what `errors='ignore'` may ignore.
 * @throws {Pending} where the answer has to be fetched, or may only be there at the task's turn.
 */
export type Lookup = (terms: Value, options: Dict, context: LookupContext) => readonly Value[]

/** Refuses as a lookup of Ansible does. */
export function lookupFailed(summary: string, detail?: string): never {
  return fail('LOOKUP_FAILED', summary, { detail })
}

/** An answer that has to be fetched: remembered by its key for as long as the evaluation goes on. */
export function fetched(key: readonly unknown[], context: LookupContext, fetch: () => Promise<readonly Value[]> | readonly Value[]): readonly Value[] {
  const name = JSON.stringify(key)
  const answer = context.answers.get(name)
  if (answer === undefined) {
    throw new Pending(async () => {
      try {
        context.answers.set(name, { values: await fetch() })
      } catch (error) {
        context.answers.set(name, { error })
      }
    })
  }
  if ('error' in answer) throw answer.error
  return answer.values
}

/** What fails may be there at the task's turn: before that the failure is pending, as an answer that is still to be fetched. */
export function atItsTurn<T>(key: readonly unknown[], context: LookupContext, look: () => T | undefined): T | undefined {
  const found = look()
  if (found === undefined) fetched(['turn', ...key], context, () => [])
  return found
}
