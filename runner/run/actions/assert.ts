/** `assert` and `fail`: end a task as failed where something does not hold, or at once. */
import { fail } from '../../diagnostic/diagnostic.ts'
import { print } from '../../value/print.ts'
import { truth } from '../../value/truth.ts'
import { Dict, Template, type Value } from '../../value/value.ts'
import { failed, NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'

export function assertThat({ evaluator, bound, argument }: ActionContext): Outcome {
  const that = bound.args.get('that')
  if (!that) fail('BAD_ARGUMENT', "'assert' needs 'that'", { range: bound.action.range })
  const conditions = Array.isArray(that.raw) ? that.raw : [that.raw]
  for (const [index, condition] of conditions.entries()) {
    const node = that.node?.kind === 'list' ? that.node.items[index] : that.node
    const range = node?.range ?? that.keyRange
    const value = condition instanceof Template ? evaluator.value(condition) : (condition as Value)
    const holds = typeof value === 'string' ? evaluator.condition(new Template(value, range)) : truth(value)
    if (holds) continue
    const message = argument('fail_msg')
    const data = Dict.of({ assertion: value, evaluated_to: false })
    return failed(
      {
        message: message === undefined ? 'Assertion failed' : print(message),
        diagnostic: { code: 'ASSERTION_FAILED', severity: 'error', summary: `not true: ${print(value)}`, range },
      },
      { data },
    )
  }
  return { ...NOTHING, data: Dict.of({ msg: argument('success_msg') ?? 'All assertions passed' }) }
}

export function failAsAsked({ argument }: ActionContext): Outcome {
  const message = argument('msg') ?? 'Failed as requested from task'
  return failed({ message: print(message) }, { data: Dict.of({ msg: message }) })
}
