/** `assert` and `fail`: end a task as failed where something does not hold, or at once. */
import { fail } from '../../diagnostic/diagnostic.ts'
import type { SourceRange } from '../../diagnostic/source.ts'
import { print } from '../../value/print.ts'
import { truth } from '../../value/truth.ts'
import { Dict, Template, type Value } from '../../value/value.ts'
import { typeName } from '../../resolve/jinja/runtime/type.ts'
import { failed, NOTHING, type Outcome } from '../outcome.ts'
import { failedCondition, withWords } from '../template-words.ts'
import type { ActionContext } from './action.ts'

export function assertThat({ evaluator, bound, argument }: ActionContext): Outcome {
  const that = bound.args.get('that')
  if (!that) fail('BAD_ARGUMENT', "'assert' needs 'that'", { range: bound.action.range, resultMessage: 'conditional required in "that" string' })
  const failMessage = messageOf('fail_msg', argument, bound)
  const successMessage = messageOf('success_msg', argument, bound)
  // A template may give a list of conditions.
  const whole = that.raw instanceof Template ? evaluator.value(that.raw) : that.raw
  const conditions = Array.isArray(whole) ? whole : [whole]
  for (const [index, condition] of conditions.entries()) {
    if (condition === null || condition === '') continue
    const node = that.node?.kind === 'list' ? that.node.items[index] : that.node
    const range = node?.range ?? that.keyRange
    const value = condition instanceof Template ? evaluator.value(condition) : (condition as Value)
    const isExpression = typeof value === 'string' && value !== ''
    if (isExpression ? holds(value, range, evaluator) : truth(value)) continue
    const data = Dict.of({
      failed: true,
      evaluated_to: isExpression ? false : value,
      assertion: condition instanceof Template ? condition.text : value,
      msg: failMessage ?? 'Assertion failed',
    })
    return failed(
      {
        message: failMessage === undefined ? 'Assertion failed' : print(failMessage),
        diagnostic: { code: 'ASSERTION_FAILED', severity: 'error', summary: `not true: ${print(value)}`, range },
      },
      { data },
    )
  }
  return { ...NOTHING, data: Dict.of({ changed: false, msg: successMessage ?? 'All assertions passed' }) }
}

function holds(condition: string, range: SourceRange, evaluator: ActionContext['evaluator']): boolean {
  try {
    return evaluator.condition(new Template(condition, range))
  } catch (error) {
    throw withWords(error, failedCondition(condition))
  }
}

/** A text, or a list of texts. */
function messageOf(name: string, argument: ActionContext['argument'], bound: ActionContext['bound']): Value | undefined {
  const message = argument(name) ?? undefined
  const isText = (value: Value): boolean => typeof value === 'string'
  if (message === undefined || isText(message) || (Array.isArray(message) && message.every(isText))) return message
  return fail('BAD_ARGUMENT', `'${name}' must be a text or a list of texts`, {
    range: bound.args.get(name)?.keyRange,
    resultMessage: `Incorrect type for ${name === 'fail_msg' ? 'fail_msg or msg' : name}, expected a string or list and got <class '${typeName(message)}'>`,
  })
}

export function failAsAsked({ argument }: ActionContext): Outcome {
  const given = argument('msg')
  const message = given === undefined ? 'Failed as requested from task' : given
  return failed({ message: print(message) }, { data: Dict.of({ failed: true, msg: message }) })
}
