/** `debug`: shows a message or the value of an expression. */
import { DiagnosticError, fail } from '../../diagnostic/diagnostic.ts'
import { print } from '../../value/print.ts'
import { Dict, Float, Template, type Raw, type Value } from '../../value/value.ts'
import type { Evaluator } from '../../resolve/variables.ts'
import { NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'

export function debug({ evaluator, bound, argument, verbosity }: ActionContext): Outcome {
  const wanted = argument('verbosity') ?? 0
  const least = wanted instanceof Float ? wanted.value : Number(typeof wanted === 'string' && wanted.trim() === '' ? NaN : wanted)
  if (!Number.isFinite(least))
    fail('WRONG_TYPE', `'verbosity' of 'debug' is a number, and this is '${print(wanted)}'`, { range: bound.args.get('verbosity')?.node?.range })
  if (least > verbosity)
    return { ...NOTHING, skipped: { reason: 'Verbosity threshold not met.' }, data: Dict.of({ skipped_reason: 'Verbosity threshold not met.' }) }
  // One that is omitted is none.
  const variable = argument('var') === undefined ? undefined : bound.args.get('var')
  const message = argument('msg')
  if (!variable) {
    return { ...NOTHING, data: Dict.of({ msg: message === undefined ? 'Hello world!' : message }) }
  }
  if (message !== undefined)
    fail('BAD_ARGUMENT', "'msg' and 'var' of 'debug' exclude each other", {
      range: bound.args.get('msg')?.keyRange,
      resultMessage: "'msg' and 'var' are incompatible options",
    })
  const range = variable.node?.range ?? variable.keyRange
  const named = variable.raw instanceof Template ? evaluator.value(variable.raw) : (variable.raw as Value)
  const key = Array.isArray(named) ? "<class 'list'>" : named instanceof Dict ? "<class 'dict'>" : print(named)
  return { ...NOTHING, data: Dict.of({ [key]: isExpression(named, variable.raw) ? valueOf(new Template(`{{${key}}}`, range), evaluator) : NOT_DEFINED }) }
}

const NOT_DEFINED = 'VARIABLE IS NOT DEFINED!'

/** A variable, with attributes and items of it. */
const REFERENCE = /^[a-zA-Z_]\w*(?:\.\w+|\[(?:-?\d+|'[^'{}\\]*'|"[^"{}\\]*")\])*$/

/**
 * `var` is an expression without markers: one of the few places where text from a playbook is evaluated as such. What a
 * template makes of it may come from anywhere: that is evaluated only where it names a variable.
 */
function isExpression(named: Value, written: Raw): boolean {
  if (Array.isArray(named) || named instanceof Dict) return false
  return !(written instanceof Template) || REFERENCE.test(print(named))
}

/** As a template, not as an expression: only a bare variable keeps its type then. */
function valueOf(expression: Template, evaluator: Evaluator): Value {
  try {
    return evaluator.value(expression)
  } catch (error) {
    if (!(error instanceof DiagnosticError) || error.first.code !== 'UNDEFINED_VARIABLE') throw error
    return NOT_DEFINED
  }
}
