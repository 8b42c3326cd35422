/** `set_stats`: numbers and words of the run, for the report. */
import { fail } from '../../diagnostic/diagnostic.ts'
import { binary } from '../../resolve/jinja/runtime/operators.ts'
import { print } from '../../value/print.ts'
import { booleanOf } from '../../value/truth.ts'
import { isVariableName, misnamedVariable, VARIABLE_NAME_HINT } from '../../value/variable-name.ts'
import { Dict, type Value } from '../../value/value.ts'
import { NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'

export function setStats({ argument, bound, session, hostName }: ActionContext): Outcome {
  const data = argument('data') ?? new Dict()
  if (!(data instanceof Dict)) {
    const range = bound.args.get('data')?.keyRange ?? bound.action.range
    fail('BAD_ARGUMENT', "'data' of 'set_stats' is a mapping", { range, resultMessage: "The 'data' option needs to be a dictionary/hash" })
  }
  const misnamed = [...data.keys()].find((key) => !isVariableName(print(key)))
  if (misnamed !== undefined)
    fail('BAD_ARGUMENT', `'${print(misnamed)}' is not the name of a variable`, {
      range: bound.args.get('data')?.keyRange ?? bound.action.range,
      hint: VARIABLE_NAME_HINT,
      resultMessage: misnamedVariable(print(misnamed)),
    })
  const perHost = booleanOf(argument('per_host') ?? false)
  const aggregate = booleanOf(argument('aggregate') ?? true)
  let stats = session.customStats
  if (perHost) {
    stats = session.customStatsByHost.get(hostName) ?? new Dict()
    session.customStatsByHost.set(hostName, stats)
  }
  for (const [key, value] of data) {
    const before = stats.get(key)
    stats.set(key, aggregate && before !== undefined ? together(before, value) : value)
  }
  return { ...NOTHING, data: Dict.of({ changed: false, ansible_stats: Dict.of({ data, per_host: perHost, aggregate }) }) }
}

/** Mappings are joined, values of one kind added; of others the first stays. */
function together(before: Value, value: Value): Value {
  if (before instanceof Dict && value instanceof Dict) return new Dict([...before, ...value])
  const addable = typeof before === typeof value && (typeof before !== 'object' || before?.constructor === value?.constructor)
  return addable && before !== null && !(before instanceof Dict) ? binary('+', before, value) : before
}
