/** Python's arithmetic: integers of any size, floats apart from them, booleans as 0 and 1. */
import { fail } from '../../../diagnostic/diagnostic.ts'
import { Float } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { exactPower } from '../library/exact-math.ts'
import { refuseValue } from './callable.ts'

export type Integer = number | bigint
export type Numeric = Integer | Float

/** Integers longer than this are refused. */
const MAX_INTEGER_BITS = 100_000

/** The number that a value is, counting booleans; undefined for what is none. */
export function numeric(value: Value): Numeric | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  return value instanceof Float ? value : undefined
}

/** The integer that a value is, counting booleans; undefined for what is none. */
export function integer(value: Value): Integer | undefined {
  const number = numeric(value)
  return number instanceof Float ? undefined : number
}

/** An integer in its one form: a JavaScript number where that is exact, else a bigint. */
export function normalize(value: Integer): Integer {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : BigInt(value)
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  return checkSize(value)
}

/** As a JavaScript number, for what is approximate anyway. */
export function toNumber(value: Numeric): number {
  return value instanceof Float ? value.value : Number(value)
}

/** As a float, as Python converts: an integer too large for one is an error. */
export function toFloat(value: Numeric): number {
  const number = toNumber(value)
  if (!(value instanceof Float) && !Number.isFinite(number)) refuseValue('int too large to convert to float')
  return number
}

export function addNumbers(a: Numeric, b: Numeric): Numeric {
  if (a instanceof Float || b instanceof Float) return new Float(toFloat(a) + toFloat(b))
  const quick = typeof a === 'number' && typeof b === 'number' ? a + b : NaN
  return Number.isSafeInteger(quick) ? quick : normalize(BigInt(a) + BigInt(b))
}

export function subtractNumbers(a: Numeric, b: Numeric): Numeric {
  if (a instanceof Float || b instanceof Float) return new Float(toFloat(a) - toFloat(b))
  const quick = typeof a === 'number' && typeof b === 'number' ? a - b : NaN
  return Number.isSafeInteger(quick) ? quick : normalize(BigInt(a) - BigInt(b))
}

export function multiplyNumbers(a: Numeric, b: Numeric): Numeric {
  if (a instanceof Float || b instanceof Float) return new Float(toFloat(a) * toFloat(b))
  const quick = typeof a === 'number' && typeof b === 'number' ? a * b : NaN
  if (Number.isSafeInteger(quick)) return quick === 0 ? 0 : quick
  if (bitLength(a) + bitLength(b) > MAX_INTEGER_BITS + 1) tooLarge()
  return normalize(BigInt(a) * BigInt(b))
}

/** `/`: always a float. */
export function divideNumbers(a: Numeric, b: Numeric): Numeric {
  const divisor = toNumber(b)
  if (divisor === 0) refuseValue(a instanceof Float || b instanceof Float ? 'float division by zero' : 'division by zero')
  if (typeof a === 'bigint' || typeof b === 'bigint') return new Float(divideExactly(a, b))
  return new Float(toNumber(a) / divisor)
}

/** `//`: rounds towards minus infinity. */
export function floorDivideNumbers(a: Numeric, b: Numeric): Numeric {
  if (a instanceof Float || b instanceof Float) {
    const [dividend, divisor] = [toFloat(a), toFloat(b)]
    if (divisor === 0) refuseValue('float floor division by zero')
    return new Float((dividend - floatModulo(dividend, divisor)) / divisor)
  }
  if (b == 0) refuseValue('integer division or modulo by zero')
  if (typeof a === 'number' && typeof b === 'number') return normalizeZero(Math.floor(a / b), a, b)
  return normalize(bigFloor(BigInt(a), BigInt(b)))
}

/** `%`: the result has the divisor's sign. */
export function moduloNumbers(a: Numeric, b: Numeric): Numeric {
  if (a instanceof Float || b instanceof Float) {
    const divisor = toFloat(b)
    if (divisor === 0) refuseValue('float modulo')
    return new Float(floatModulo(toFloat(a), divisor))
  }
  if (b == 0) refuseValue('integer modulo by zero')
  const [left, right] = [BigInt(a), BigInt(b)]
  return normalize(left - bigFloor(left, right) * right)
}

export function powerNumbers(a: Numeric, b: Numeric): Numeric {
  if (a instanceof Float || b instanceof Float || b < 0) {
    const [base, exponent] = [toFloat(a), toFloat(b)]
    if (base === 0 && exponent < 0) refuseValue('0.0 cannot be raised to a negative power')
    const result = base > 0 && Number.isFinite(base) && Number.isFinite(exponent) ? exactPower(base, exponent) : base ** exponent
    if (base < 0 && Number.isNaN(result) && !Number.isNaN(exponent)) refuseValue('a negative number has no real power of a fraction')
    if (!Number.isFinite(result) && Number.isFinite(base) && Number.isFinite(exponent)) refuseValue('the result is too large for a float')
    // JavaScript's 1 ** NaN is NaN, Python's is 1.
    return new Float(base === 1 ? 1 : result)
  }
  if (a == 0 || a == 1) return b == 0 ? 1 : a
  if (Number(b) * Math.max(1, bitLength(a) - 1) > MAX_INTEGER_BITS) tooLarge()
  return normalize(BigInt(a) ** BigInt(b))
}

export function negateNumber(a: Numeric): Numeric {
  if (a instanceof Float) return new Float(-a.value)
  return typeof a === 'bigint' ? normalize(-a) : a === 0 ? 0 : -a
}

export function absoluteNumber(a: Numeric): Numeric {
  if (a instanceof Float) return new Float(Math.abs(a.value))
  return a < 0 ? negateNumber(a) : a
}

/** The sign of `a - b`; NaN where there is none. */
export function compareNumbers(a: Numeric, b: Numeric): number {
  const left = a instanceof Float ? a.value : a
  const right = b instanceof Float ? b.value : b
  if (left < right) return -1
  if (left > right) return 1
  return left == right ? 0 : NaN
}

export function bitLength(value: Integer): number {
  if (typeof value === 'number') return value === 0 ? 0 : Math.floor(Math.log2(Math.abs(value))) + 1
  return (value < 0n ? -value : value).toString(16).length * 4
}

/** Rounds as Python's `round()`: to the nearest, an exact half to the even neighbour. */
export function roundHalfEven(value: number, digits: number): number {
  if (!Number.isFinite(value) || digits > 22) return value
  if (digits < 0) {
    const unit = 10 ** -digits
    return Number.isFinite(unit) ? roundHalfEven(value / unit, 0) * unit : 0
  }
  return Number(fixedHalfEven(value, digits))
}

/** `toFixed` with an exact half rounded to the even neighbour, as C does it. */
export function fixedHalfEven(value: number, digits: number): string {
  const places = Math.min(digits, 100)
  const text = Math.abs(value) >= 1e21 ? wholeDigits(value, places) : value.toFixed(places)
  if (places >= 100 || Math.abs(value) >= 1e21) return text.padEnd(text.length + digits - places, '0')
  const exact = value.toFixed(100)
  const rest = exact.slice(exact.length - 100 + places)
  if (!/^50*$/.test(rest)) return signedZero(text, value)
  // A tie: cut, and step away from zero where the last digit is odd. JavaScript has stepped already.
  const cut = exact.slice(0, exact.length - 100 + places).replace(/\.$/, '')
  const lastDigit = Number(cut.at(-1))
  return signedZero(lastDigit % 2 === 0 ? cut : text, value)
}

function signedZero(text: string, value: number): string {
  return (value < 0 || Object.is(value, -0)) && !text.startsWith('-') ? `-${text}` : text
}

function wholeDigits(value: number, places: number): string {
  const whole = BigInt(value).toString()
  return places > 0 ? `${whole}.${'0'.repeat(places)}` : whole
}

function normalizeZero(quotient: number, a: number, b: number): Integer {
  // Beyond 2^53 the division is not exact.
  if (Math.abs(quotient) < 2 ** 50) return quotient === 0 ? 0 : quotient
  return normalize(bigFloor(BigInt(a), BigInt(b)))
}

function bigFloor(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

function floatModulo(a: number, b: number): number {
  const rest = a % b
  if (rest !== 0 && rest < 0 !== b < 0) return rest + b
  return rest === 0 ? (b < 0 ? -0 : 0) : rest
}

/** a / b for integers of any size, scaled so that both fit a double. */
function divideExactly(a: Numeric, b: Numeric): number {
  if (a instanceof Float || b instanceof Float) return toFloat(a) / toFloat(b)
  const [left, right] = [BigInt(a), BigInt(b)]
  const shift = Math.max(0, Math.min(bitLength(a), bitLength(b)) - 900)
  const scaled = Number(left >> BigInt(shift)) / Number(right >> BigInt(shift))
  if (!Number.isFinite(scaled)) refuseValue('integer division result too large for a float')
  const whole = Number(left / right)
  return left % right === 0n && Number.isFinite(whole) ? whole : scaled
}

function checkSize(value: bigint): bigint {
  if (bitLength(value) > MAX_INTEGER_BITS + 4) tooLarge()
  return value
}

function tooLarge(): never {
  return fail('LIMIT_EXCEEDED', `an integer has more than ${MAX_INTEGER_BITS} bits`)
}
