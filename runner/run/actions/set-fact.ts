/** `set_fact`: variables of a host for the rest of the run. */
import { fail } from '../../diagnostic/diagnostic.ts'
import { print } from '../../value/print.ts'
import type { BoundArgument } from '../../resolve/arguments.ts'
import type { Evaluator } from '../../resolve/variables.ts'
import { Dict, hasTemplateMarkers, Template, type Value, type Written } from '../../value/value.ts'
import { isVariableName, misnamedVariable, VARIABLE_NAME_HINT } from '../../value/variable-name.ts'
import { asOfNow } from '../facts.ts'
import { NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'
import { flag } from './arguments.ts'

export function setFact(context: ActionContext): Outcome {
  const { all, bound, evaluator, session } = context
  const facts = new Dict()
  const sources = new Map<string, Written>()
  for (const [written, value] of all()) {
    if (written === 'cacheable') continue
    const range = bound.args.get(written)?.keyRange ?? bound.action.range
    const name = hasTemplateMarkers(written) ? print(evaluator.value(new Template(written, range))) : written
    if (!isVariableName(name))
      fail('BAD_ARGUMENT', `'${name}' is not the name of a variable`, { range, hint: VARIABLE_NAME_HINT, resultMessage: misnamedVariable(name) })
    facts.set(
      name,
      !session.options.nativeTypes && typeof value === 'string' && /^(?:yes|no|true|false)$/i.test(value) ? /^(?:yes|true)$/i.test(value) : asOfNow(value),
    )
    sources.set(name, sourceOf(bound.args.get(written), value, evaluator))
  }
  if (facts.size === 0) {
    const resultMessage = 'No key/value pairs provided, at least one is required for this action to succeed'
    fail('BAD_ARGUMENT', "'set_fact' needs at least one name with a value", { range: bound.action.range, resultMessage })
  }
  return { ...NOTHING, data: Dict.of({ ansible_facts: facts }), cacheable: flag(context, 'cacheable', false), written: sources }
}

/** How a fact is written: what a template makes of a list or a mapping holds plain text. */
function sourceOf(argument: BoundArgument | undefined, value: Value, evaluator: Evaluator): Written {
  if (argument === undefined) return { raw: value, text: 'str' }
  const { raw, node } = argument
  if (raw instanceof Template) return { raw: value, text: typeof value === 'string' ? evaluator.textType(raw) : 'str' }
  return node === undefined ? { raw: value, text: 'str' } : { raw, text: 'AnsibleUnicode' }
}

/** What `set_fact` was given, to be kept as variables. */
export function factsOf(outcome: Outcome): ReadonlyMap<Value, Value> {
  const facts = outcome.data.get('ansible_facts')
  return facts instanceof Dict ? facts : new Map()
}
