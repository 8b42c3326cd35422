/** `debug`: shows a message or the value of an expression. */
import { DiagnosticError, fail } from '../../diagnostic/diagnostic.ts'
import { print } from '../../value/print.ts'
import { Dict, Float, hasTemplateMarkers, Template, type Value } from '../../value/value.ts'
import { NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'

export function debug({ evaluator, bound, argument, verbosity }: ActionContext): Outcome {
  const wanted = argument('verbosity') ?? 0
  const least = wanted instanceof Float ? wanted.value : Number(typeof wanted === 'string' && wanted.trim() === '' ? NaN : wanted)
  if (!Number.isFinite(least))
    fail('WRONG_TYPE', `'verbosity' of 'debug' is a number, and this is '${print(wanted)}'`, { range: bound.args.get('verbosity')?.node?.range })
  if (least > verbosity)
    return { ...NOTHING, skipped: { reason: 'Verbosity threshold not met.' }, data: Dict.of({ skipped_reason: 'Verbosity threshold not met.' }) }
  const variable = bound.args.get('var')
  const message = argument('msg')
  if (!variable) {
    return { ...NOTHING, data: Dict.of({ msg: message === undefined ? 'Hello world!' : message }) }
  }
  if (message !== undefined) fail('BAD_ARGUMENT', "'msg' and 'var' of 'debug' exclude each other", { range: bound.args.get('msg')?.keyRange })
  // `var` is an expression without markers: one of the few places where text from a playbook is evaluated as such.
  const range = variable.node?.range ?? variable.keyRange
  const text = variable.raw instanceof Template ? variable.raw.text : print(variable.raw as Value)
  let value: Value
  try {
    // As a template, not as an expression: only a bare variable keeps its type then.
    value = evaluator.value(new Template(hasTemplateMarkers(text) ? text : `{{${text}}}`, range))
  } catch (error) {
    if (!(error instanceof DiagnosticError) || error.first.code !== 'UNDEFINED_VARIABLE') throw error
    value = 'VARIABLE IS NOT DEFINED!'
  }
  return { ...NOTHING, data: Dict.of({ [text]: value }) }
}
