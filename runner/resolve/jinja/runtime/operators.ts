/** Python's operators on values. */
import { DateTime } from '../../../value/date-time.ts'
import { equal, hasItem } from '../../../value/equal.ts'
import { MAX_VALUE_DEPTH } from '../../../value/print.ts'
import { compareText } from '../../../value/text.ts'
import { Dict, DictView, Tuple, Undefined } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import type { BinaryOperator, CompareOperator } from '../syntax/ast.ts'
import { refuseValue, TemplateObject } from './callable.ts'
import { operateDate } from './datetime.ts'
import { formatPercent } from './format.ts'
import { checkUsable, itemsOf, Range } from './iterate.ts'
import { checkItems, checkTextLength, repeatText } from './limits.ts'
import {
  addNumbers,
  compareNumbers,
  divideNumbers,
  floorDivideNumbers,
  integer,
  moduloNumbers,
  multiplyNumbers,
  negateNumber,
  numeric,
  powerNumbers,
  subtractNumbers,
} from './numbers.ts'
import type { Numeric } from './numbers.ts'
import { typeName } from './type.ts'

/** An object of a template with arithmetic of its own (dates). */
export interface Arithmetic {
  /** The result, or undefined where the other operand does not fit. `reversed` where this stands on the right. */
  operate(operator: BinaryOperator, other: Value, reversed: boolean): Value | undefined
  /** The sign of this minus the other, or undefined where they have no order. */
  compare(other: Value): number | undefined
}

const NUMERIC: Readonly<Record<BinaryOperator, (a: Numeric, b: Numeric) => Numeric>> = {
  '+': addNumbers,
  '-': subtractNumbers,
  '*': multiplyNumbers,
  '/': divideNumbers,
  '//': floorDivideNumbers,
  '%': moduloNumbers,
  '**': powerNumbers,
}

export function binary(operator: BinaryOperator, a: Value, b: Value): Value {
  const left = numeric(a)
  const right = numeric(b)
  if (left !== undefined && right !== undefined) return NUMERIC[operator](left, right)
  checkUsable(a)
  if (operator === '%' && typeof a === 'string') return b instanceof Undefined && !a.includes('%') ? a : formatPercent(a, b)
  checkUsable(b)
  const result = operator === '+' ? concatenate(a, b) : operator === '*' ? multiply(a, b) : undefined
  return result ?? operateObjects(operator, a, b) ?? unsupported(operator, a, b)
}

export function unary(operator: '-' | '+', value: Value): Value {
  const number = numeric(value)
  if (number !== undefined) return operator === '-' ? negateNumber(number) : number
  checkUsable(value)
  return refuseValue(`bad operand type for unary ${operator}: '${typeName(value)}'`)
}

export function compare(operator: CompareOperator, a: Value, b: Value): boolean {
  switch (operator) {
    case '==':
      return equal(a, b)
    case '!=':
      return !equal(a, b)
    case 'in':
      return contains(b, a)
    case 'not in':
      return !contains(b, a)
    default: {
      const order = orderOf(operator, a, b, 0)
      if (operator === '<') return order < 0
      if (operator === '<=') return order <= 0
      if (operator === '>') return order > 0
      return order >= 0
    }
  }
}

/** Python's `needle in container`. */
export function contains(container: Value, needle: Value): boolean {
  if (typeof container === 'string') {
    checkUsable(needle)
    if (typeof needle !== 'string') refuseValue(`'in <string>' requires string as left operand, not ${typeName(needle)}`)
    return container.includes(needle)
  }
  if (container instanceof Dict) {
    if (Array.isArray(needle) || needle instanceof Dict) refuseValue(`unhashable type: '${typeName(needle)}'`)
    return hasItem(container, needle)
  }
  if (Array.isArray(container) || container instanceof Tuple || container instanceof Range) {
    return itemsOf(container).some((item) => item === needle || equal(item, needle))
  }
  checkUsable(container)
  return refuseValue(`argument of type '${typeName(container)}' is not iterable`)
}

/** The order of two values for sorting: negative, zero or positive. Refuses values that have none. */
export function order(a: Value, b: Value): number {
  return orderOf('<', a, b, 0)
}

function orderOf(operator: string, a: Value, b: Value, depth: number): number {
  const left = numeric(a)
  const right = numeric(b)
  if (left !== undefined && right !== undefined) return compareNumbers(left, right)
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  checkUsable(a)
  checkUsable(b)
  if (depth > MAX_VALUE_DEPTH) refuseValue('values are nested too deep to compare')
  if (Array.isArray(a) && Array.isArray(b) && !(a instanceof DictView || b instanceof DictView)) return orderItems(operator, a, b, depth)
  if (a instanceof Tuple && b instanceof Tuple) return orderItems(operator, a.items, b.items, depth)
  const own = asArithmetic(a)?.compare(b)
  if (own !== undefined) return own
  return refuseValue(`'${operator}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`)
}

function orderItems(operator: string, a: readonly Value[], b: readonly Value[], depth: number): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    if (!equal(a[index]!, b[index]!)) return orderOf(operator, a[index]!, b[index]!, depth + 1)
  }
  return a.length - b.length
}

function concatenate(a: Value, b: Value): Value | undefined {
  if (typeof a === 'string') {
    if (typeof b !== 'string') return refuseValue(`can only concatenate str (not "${typeName(b)}") to str`)
    checkTextLength(a.length + b.length)
    return a + b
  }
  if (a instanceof DictView) return undefined
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || b instanceof DictView) return refuseValue(`can only concatenate list (not "${typeName(b)}") to list`)
    checkItems(a.length + b.length)
    return [...a, ...b]
  }
  if (a instanceof Tuple) {
    if (!(b instanceof Tuple)) return refuseValue(`can only concatenate tuple (not "${typeName(b)}") to tuple`)
    checkItems(a.items.length + b.items.length)
    return new Tuple([...a.items, ...b.items])
  }
  return undefined
}

function multiply(a: Value, b: Value): Value | undefined {
  const isSequence = (value: Value): boolean => typeof value === 'string' || (Array.isArray(value) && !(value instanceof DictView)) || value instanceof Tuple
  const [sequence, factor] = isSequence(a) ? [a, b] : [b, a]
  if (!isSequence(sequence)) return undefined
  const whole = integer(factor)
  if (whole === undefined) return refuseValue(`can't multiply sequence by non-int of type '${typeName(factor)}'`)
  const count = Math.max(0, Number(whole))
  if (typeof sequence === 'string') return repeatText(sequence, count)
  const items = sequence instanceof Tuple ? sequence.items : (sequence as Value[])
  checkItems(items.length * count)
  const repeated = items.length === 0 ? [] : Array.from({ length: items.length * count }, (_, index) => items[index % items.length]!)
  return sequence instanceof Tuple ? new Tuple(repeated) : repeated
}

function operateObjects(operator: BinaryOperator, a: Value, b: Value): Value | undefined {
  return asArithmetic(a)?.operate(operator, b, false) ?? asArithmetic(b)?.operate(operator, a, true)
}

function asArithmetic(value: Value): Arithmetic | undefined {
  if (value instanceof DateTime)
    return { operate: (operator, other, reversed) => operateDate(value, operator, other, reversed), compare: (other) => value.compare(other) }
  return value instanceof TemplateObject && 'operate' in value ? (value as unknown as Arithmetic) : undefined
}

function unsupported(operator: BinaryOperator, a: Value, b: Value): never {
  const shown = operator === '**' ? '** or pow()' : operator
  return refuseValue(`unsupported operand type(s) for ${shown}: '${typeName(a)}' and '${typeName(b)}'`)
}
