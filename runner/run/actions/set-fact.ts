/** `set_fact`: variables of a host for the rest of the run. */
import { fail } from '../../diagnostic/diagnostic.ts'
import { Dict, type Value } from '../../value/value.ts'
import { asOfNow } from '../facts.ts'
import { NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'

export function setFact({ all, bound }: ActionContext): Outcome {
  const facts = new Dict()
  for (const [name, value] of all()) {
    if (name === 'cacheable') continue
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) fail('BAD_ARGUMENT', `'${name}' is not the name of a variable`, { range: bound.args.get(name)?.keyRange })
    facts.set(name, typeof value === 'string' && /^(?:yes|no|true|false)$/i.test(value) ? /^(?:yes|true)$/i.test(value) : asOfNow(value))
  }
  if (facts.size === 0) fail('BAD_ARGUMENT', "'set_fact' needs at least one name with a value", { range: bound.action.range })
  return { ...NOTHING, data: Dict.of({ ansible_facts: facts }) }
}

/** What `set_fact` was given, to be kept as variables. */
export function factsOf(outcome: Outcome): ReadonlyMap<Value, Value> {
  const facts = outcome.data.get('ansible_facts')
  return facts instanceof Dict ? facts : new Map()
}
