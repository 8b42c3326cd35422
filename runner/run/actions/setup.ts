/** `setup` reads a host's facts; `gather_facts`, which stands at the beginning of a play, lets templates have them. */
import { fail } from '../../diagnostic/diagnostic.ts'
import { print } from '../../value/print.ts'
import { Dict, Float, type Value } from '../../value/value.ts'
import { EVERY_FACT, type FactRequest } from '../facts.ts'
import { NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'

export async function setup(context: ActionContext): Promise<Outcome> {
  return { ...NOTHING, data: Dict.of({ ansible_facts: await context.gather(requestOf(context), true) }) }
}

/** What it is for is done when the host has answered; only where its result is kept does it say what the facts are. */
export async function gatherFacts(context: ActionContext): Promise<Outcome> {
  const facts = await context.gather({ ...requestOf(context), marks: true }, context.isRegistered)
  return { ...NOTHING, data: Dict.of({ ansible_facts: facts }) }
}

function requestOf({ argument, bound, session }: ActionContext): FactRequest {
  const timeout = argument('gather_timeout')
  const seconds = timeout === undefined || timeout === null ? EVERY_FACT.timeoutMs / 1000 : timeout instanceof Float ? timeout.value : Number(timeout)
  if (!Number.isFinite(seconds) || seconds < 0)
    fail('WRONG_TYPE', `'gather_timeout' is a number of seconds, and this is '${print(timeout ?? '')}'`, { range: bound.args.get('gather_timeout')?.keyRange })
  const subset = wordsOf(argument('gather_subset'))
  const factPath = argument('fact_path')
  return {
    subset: subset.length === 0 ? (session.options.gatherSubset ?? EVERY_FACT.subset) : subset,
    filter: wordsOf(argument('filter')),
    factPath: typeof factPath === 'string' && factPath !== '' ? factPath : EVERY_FACT.factPath,
    timeoutMs: seconds * 1000,
    marks: false,
  }
}

/** A list, or a text with commas. */
function wordsOf(value: Value | undefined): string[] {
  if (value === undefined || value === null) return []
  const parts = Array.isArray(value) ? value.map(print) : print(value).split(',')
  return parts.map((part) => part.trim())
}
