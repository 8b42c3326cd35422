/** Filters on numbers. */
import { Float } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { exactLog } from '../library/exact-math.ts'
import { refuseValue } from '../runtime/callable.ts'
import { checkUsable } from '../runtime/iterate.ts'
import { formatFloat, formatValue } from '../runtime/format.ts'
import { absoluteNumber, integer, normalize, numeric, powerNumbers, roundHalfEven, toFloat, toNumber } from '../runtime/numbers.ts'
import type { Numeric } from '../runtime/numbers.ts'
import { filter } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'
import { typeName } from '../runtime/type.ts'
import { print } from '../../../value/print.ts'

export const NUMBER_FILTERS: readonly Filter[] = [
  filter('abs', 'The absolute value.', (input) => absoluteNumber(numberInput(input, 'abs'))),
  filter('filesizeformat(binary=False)', 'A number of bytes as a person reads it: `1.2 MB`.', filesizeformat),
  filter('float(default=0.0)', 'As a float; the default where it is none.', (input, args) => {
    const value = readFloat(input)
    return value === undefined ? args.value('default') : new Float(value)
  }),
  filter('human_readable(isbits=False, unit=None)', 'A number of bytes or bits with its unit: `1.00 KB`.', humanReadable),
  filter('human_to_bytes(default_unit=None, isbits=False)', 'The number of bytes of a text such as `10M`.', humanToBytes),
  filter('int(default=0, base=10)', 'As an integer; the default where it is none.', toInteger),
  filter('log(base=2.718281828459045)', 'The logarithm.', logarithm),
  filter('pow(y)', 'The input to the power of `y`.', power),
  filter('root(base=2)', 'The root.', root),
  filter("round(precision=0, method='common')", 'Rounded, up or down with `ceil` or `floor`.', round),
]

function numberInput(input: Value, what: string): Numeric {
  checkUsable(input)
  return numeric(input) ?? refuseValue(`filter '${what}' needs a number, not ${typeName(input)}`)
}

/** The float that a value is or spells, or undefined. */
export function readFloat(value: Value): number | undefined {
  checkUsable(value)
  const number = numeric(value)
  if (number !== undefined) return toFloat(number)
  if (typeof value !== 'string') return undefined
  const text = value.trim().replace(/(?<=\d)_(?=\d)/g, '')
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text)
  const special = /^([-+]?)(inf|infinity|nan)$/i.exec(text)
  if (special === null) return undefined
  return /nan/i.test(special[2]!) ? NaN : special[1] === '-' ? -Infinity : Infinity
}

/** The integer that a text spells in a base, or undefined. */
function readInteger(given: string, base: number): Value | undefined {
  const text = given.replace(/(?![0-9])\p{Nd}/gu, digitValue)
  const found = /^\s*([-+]?)(0[xX]_?|0[oO]_?|0[bB]_?)?([0-9a-zA-Z]+(?:_[0-9a-zA-Z]+)*)\s*$/.exec(text)
  if (found === null || base < 0 || base === 1 || base > 36) return undefined
  const [, sign, prefix = '', digitText = ''] = found
  const prefixBase = /x/i.test(prefix) ? 16 : /o/i.test(prefix) ? 8 : /b/i.test(prefix) ? 2 : undefined
  const digits = digitText.replaceAll('_', '')
  // `0b1` is a prefix in base 2 and three digits in base 16.
  if (prefixBase !== undefined && base !== 0 && base !== prefixBase) return readInteger((sign ?? '') + prefix.replace('_', '').replace(/^0/, '') + digits, base)
  const actual = prefixBase ?? (base === 0 ? 10 : base)
  if (base === 0 && prefixBase === undefined && /^0+[1-9]/.test(digits)) return undefined
  if (digits.length > 4300) return undefined
  let total = 0n
  for (const digit of digits.toLowerCase()) {
    const value = parseInt(digit, 36)
    if (Number.isNaN(value) || value >= actual) return undefined
    total = total * BigInt(actual) + BigInt(value)
  }
  return normalize(sign === '-' ? -total : total)
}

/** A decimal digit of any script as an ASCII one: Unicode keeps the ten of a script together, zero first. */
function digitValue(digit: string): string {
  const code = digit.codePointAt(0)!
  let value = 0
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(code - value - 1))) value++
  return String(value)
}

function toInteger(input: Value, args: Args): Value {
  checkUsable(input)
  const whole = integer(input)
  if (whole !== undefined) return whole
  const spelled = typeof input === 'string' ? readInteger(input, args.whole('base')) : undefined
  if (spelled !== undefined) return spelled
  const float = readFloat(input)
  if (float === undefined || Number.isNaN(float)) return args.value('default')
  if (!Number.isFinite(float)) return refuseValue('cannot convert float infinity to integer')
  const truncated = Math.trunc(float)
  return Number.isSafeInteger(truncated) ? normalize(truncated === 0 ? 0 : truncated) : normalize(BigInt(truncated))
}

function round(input: Value, args: Args): Value {
  const number = numberInput(input, 'round')
  const digits = args.whole('precision')
  const method = args.text('method')
  if (method === 'common') {
    if (!(number instanceof Float)) return digits >= 0 ? number : roundInteger(number, -digits)
    return new Float(roundHalfEven(number.value, digits))
  }
  if (method !== 'ceil' && method !== 'floor') return refuseValue('method must be common, ceil or floor')
  const scale = 10 ** digits
  // Python's own functions give an integer, which has no negative zero.
  return new Float(((method === 'ceil' ? Math.ceil : Math.floor)(toNumber(number) * scale) + 0) / scale)
}

function roundInteger(number: number | bigint, zeros: number): Value {
  if (zeros > 1000) return 0
  const unit = 10n ** BigInt(zeros)
  const value = BigInt(number)
  const rest = ((value % unit) + unit) % unit
  const low = value - rest
  const isUp = rest * 2n > unit || (rest * 2n === unit && (low / unit) % 2n !== 0n)
  return normalize(isUp ? low + unit : low)
}

function filesizeformat(input: Value, args: Args): Value {
  const bytes = readFloat(input)
  if (bytes === undefined) return refuseValue(`could not convert string to float: ${print(input)}`)
  const isBinary = args.flag('binary')
  const base = isBinary ? 1024 : 1000
  const prefixes = isBinary ? ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'] : ['kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB']
  if (bytes === 1) return '1 Byte'
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`
  for (const [index, prefix] of prefixes.entries()) {
    const unit = base ** (index + 2)
    if (bytes < unit || index === prefixes.length - 1) return `${formatFloat((base * bytes) / unit, 'f', 1, false)} ${prefix}`
  }
  return ''
}

function logarithm(input: Value, args: Args): Value {
  const value = toFloat(numberInput(input, 'log'))
  const base = args.number('base')
  if (value <= 0 || base <= 0 || base === 1) return refuseValue('log() can only be used on numbers: math domain error')
  if (base === 10) return new Float(Math.log10(value))
  const natural = Number.isFinite(value) ? exactLog(value) : Math.log(value)
  return new Float(base === Math.E ? natural : natural / exactLog(base))
}

function power(input: Value, args: Args): Value {
  const y = args.number('y')
  const result = powerNumbers(new Float(toFloat(numberInput(input, 'pow'))), new Float(y))
  return result
}

function root(input: Value, args: Args): Value {
  const value = toFloat(numberInput(input, 'root'))
  const base = args.number('base')
  if (base === 0) return refuseValue('root() cannot take the zeroth root')
  if (value < 0) return refuseValue('root() can only be used on numbers that are not negative')
  return new Float(base === 2 ? Math.sqrt(value) : toFloat(powerNumbers(new Float(value), new Float(1 / base))))
}

const UNITS: readonly [string, number][] = [
  ['Y', 2 ** 80],
  ['Z', 2 ** 70],
  ['E', 2 ** 60],
  ['P', 2 ** 50],
  ['T', 2 ** 40],
  ['G', 2 ** 30],
  ['M', 2 ** 20],
  ['K', 2 ** 10],
  ['B', 1],
]

function humanReadable(input: Value, args: Args): Value {
  const size = toFloat(numberInput(input, 'human_readable'))
  const base = args.flag('isbits') ? 'bits' : 'Bytes'
  const wanted = args.textOrNull('unit')?.toUpperCase()
  const [suffix, limit] = UNITS.find(([name, value]) => (wanted === undefined ? size >= value : wanted[0] === name)) ?? ['B', 1]
  const shown = suffix === 'B' ? base : `${suffix}${base[0]!}`
  return `${formatValue(new Float(size / limit), '.2f')} ${shown}`
}

function humanToBytes(input: Value, args: Args): Value {
  const text = print(input)
  const found = /^\s*(\d*\.?\d*)\s*([A-Za-z]+)?/.exec(text)
  const number = found?.[1] === '' || found?.[1] === '.' ? NaN : Number(found?.[1])
  if (Number.isNaN(number)) return refuseValue(`human_to_bytes() can't interpret following string: ${text}`)
  const unit = found?.[2] ?? args.textOrNull('default_unit')
  if (unit === null || unit === '') return normalize(roundHalfEven(number, 0))
  const isBits = args.flag('isbits')
  const letter = unit[0]!.toUpperCase()
  const limit = UNITS.find(([name]) => name === letter)?.[1]
  if (limit === undefined) {
    return refuseValue(`human_to_bytes() failed to convert ${text} (unit = ${unit}). The suffix must be one of ${UNITS.map(([name]) => name).join(', ')}`)
  }
  if (unit.length > 1) {
    const word = letter === 'B' ? (isBits ? ['bit', 'bits'] : ['byte', 'bytes']) : []
    const unitLetter = isBits ? 'b' : 'B'
    const isRight = (letter === 'B' ? word.includes(unit.toLowerCase()) : unit.slice(1) === unitLetter) || unit === unitLetter
    if (!isRight)
      return refuseValue(
        `human_to_bytes() failed to convert ${text}. Value is not a valid string (expect ${letter === 'B' ? unitLetter : letter + unitLetter})`,
      )
  }
  return normalize(roundHalfEven(number * limit, 0))
}
