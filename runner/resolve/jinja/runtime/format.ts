/** Python's two ways to format: `'%05.2f' % x` and `'{:>5}'.format(x)`. */
import { getItem } from '../../../value/equal.ts'
import { print, repr, reprFloat } from '../../../value/print.ts'
import { Dict, Float, Tuple, Undefined } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { getOwnAttribute, getSubscript } from './attributes.ts'
import { refuseValue } from './callable.ts'
import { characterCount, checkUsable, sliceText } from './iterate.ts'
import { checkTextLength, MAX_TEXT_LENGTH, repeatText } from './limits.ts'
import { fixedHalfEven, integer, numeric, toFloat } from './numbers.ts'
import type { Integer } from './numbers.ts'
import { typeName } from './type.ts'
import { orElse } from './undefined.ts'

const CONVERSION = /%(?:\(([^)]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?[hlL]?([\s\S])?/g

/** `template % operand`. */
export function formatPercent(template: string, operand: Value): string {
  const values = operand instanceof Tuple ? operand.items : [operand]
  let used = 0
  const next = (): Value => (used < values.length ? values[used++]! : refuseValue('not enough arguments for format string'))
  const count = (text: string | undefined): number | undefined => {
    if (text !== '*') return text === undefined ? undefined : boundedWidth(text)
    const given = integer(next())
    return given === undefined ? refuseValue('* wants int') : boundedWidth(String(given))
  }
  const formatted = template.replace(CONVERSION, (whole: string, key?: string, flags?: string, widthText?: string, precisionText?: string, type?: string) => {
    if (type === undefined) return refuseValue('incomplete format')
    if (type === '%') return '%'
    const width = count(widthText)
    const precision = /\./.test(whole.slice(0, -1).replace(/^%\([^)]*\)/, '')) ? (count(precisionText) ?? 0) : undefined
    let value: Value
    if (key === undefined) value = next()
    else {
      if (!(operand instanceof Dict)) return refuseValue('format requires a mapping')
      value = orElse(getItem(operand, key), () => refuseValue(`format has no key '${key}'`))
    }
    return percentOne(value, type, flags ?? '', width, precision)
  })
  const mayBeLeft = operand instanceof Dict || Array.isArray(operand)
  if (used < values.length && !mayBeLeft) refuseValue('not all arguments converted during string formatting')
  checkTextLength(formatted.length)
  return formatted
}

function percentOne(value: Value, type: string, flags: string, width = 0, precision?: number): string {
  const isLeft = flags.includes('-')
  const sign = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
  const pad = (text: string): string => (isLeft ? padText(text, width, ' ', '<') : padText(text, width, ' ', '>'))
  if (type === 's' || type === 'r' || type === 'a') {
    const text = type === 's' ? print(value) : type === 'r' ? repr(value) : escapeNonAscii(repr(value))
    return pad(precision === undefined ? text : sliceText(text, 0, precision))
  }
  if (type === 'c') {
    const code = integer(value)
    if (code !== undefined) return pad(String.fromCodePoint(boundedCode(code)))
    checkUsable(value)
    return typeof value === 'string' && characterCount(value) === 1 ? pad(value) : refuseValue('%c requires int or char')
  }
  const body = percentNumber(value, type, flags, precision)
  const negative = body.startsWith('-')
  const signed = negative ? '-' : sign
  const digits = negative ? body.slice(1) : body
  if (flags.includes('0') && !isLeft) {
    const prefix = /^0[xXo]/.exec(digits)?.[0] ?? ''
    return signed + prefix + padText(digits.slice(prefix.length), width - signed.length - prefix.length, '0', '>')
  }
  return pad(signed + digits)
}

function percentNumber(value: Value, type: string, flags: string, precision?: number): string {
  checkUsable(value)
  const number = numeric(value)
  if ('diu'.includes(type)) {
    if (number === undefined) return refuseValue(`%${type} format: a real number is required, not ${typeName(value)}`)
    return integerDigits(number instanceof Float ? truncate(number.value) : number, 10, precision)
  }
  if ('xXo'.includes(type)) {
    const whole = integer(value)
    if (whole === undefined) return refuseValue(`%${type} format: an integer is required, not ${typeName(value)}`)
    const digits = integerDigits(whole, type === 'o' ? 8 : 16, precision)
    const prefixed = flags.includes('#') ? digits.replace(/^-?/, (sign) => `${sign}0${type.toLowerCase()}`) : digits
    return type === 'X' ? prefixed.toUpperCase() : prefixed
  }
  if ('eEfFgG'.includes(type)) {
    if (number === undefined) return refuseValue(`must be real number, not ${typeName(value)}`)
    return formatFloat(toFloat(number), type, precision ?? 6, flags.includes('#'))
  }
  return refuseValue(`unsupported format character '${type}'`)
}

/** Digits of an integer, with leading zeros up to a precision. */
function integerDigits(value: Integer, base: number, precision = 0): string {
  const negative = value < 0
  const digits = (negative ? -BigInt(value) : BigInt(value)).toString(base).padStart(precision, '0')
  return negative ? `-${digits}` : digits
}

function truncate(value: number): Integer {
  if (!Number.isFinite(value)) return refuseValue(`cannot convert float ${reprFloat(value)} to integer`)
  const whole = Math.trunc(value)
  return Number.isSafeInteger(whole) ? whole : BigInt(whole)
}

/** A float under one of Python's presentation types `e`, `f`, `g` and their capitals. */
export function formatFloat(value: number, type: string, precision: number, alternate: boolean): string {
  const lower = type.toLowerCase()
  const upper = type !== lower
  let text: string
  if (!Number.isFinite(value)) text = reprFloat(value)
  else if (lower === 'f') text = fixedHalfEven(value, precision)
  else if (lower === 'e') text = exponentForm(value, precision)
  else text = generalForm(value, precision === 0 ? 1 : precision, alternate)
  return upper ? text.toUpperCase() : text
}

function exponentForm(value: number, precision: number): string {
  const text = value.toExponential(Math.min(precision, 100))
  const signed = Object.is(value, -0) ? `-${text}` : text
  return signed.replace(/e([-+])(\d)$/, 'e$10$2')
}

function generalForm(value: number, precision: number, alternate: boolean): string {
  if (value === 0) return `${Object.is(value, -0) ? '-' : ''}0${alternate ? `.${'0'.repeat(precision - 1)}` : ''}`
  const exponential = value.toExponential(Math.min(precision - 1, 100))
  const exponent = Number(exponential.split('e')[1])
  const isExponential = exponent < -4 || exponent >= precision
  const text = isExponential ? exponentForm(value, precision - 1) : fixedHalfEven(value, Math.max(0, precision - 1 - exponent))
  if (alternate) return text
  return text.replace(/(\.\d*?)0+(?=e|$)/, '$1').replace(/\.(?=e|$)/, '')
}

// ---- str.format ----

/** `template.format(*args, **kwargs)`. */
export function formatBraces(template: string, args: readonly Value[], kwargs: Dict): string {
  const state = { args, kwargs, automatic: 0, isManual: false }
  const formatted = expandBraces(template, state, 2)
  checkTextLength(formatted.length)
  return formatted
}

interface BraceState {
  readonly args: readonly Value[]
  readonly kwargs: Dict
  automatic: number
  isManual: boolean
}

function expandBraces(template: string, state: BraceState, depth: number): string {
  if (depth < 0) return refuseValue('Max string recursion exceeded')
  let out = ''
  let at = 0
  while (at < template.length) {
    const character = template[at]!
    if (character !== '{' && character !== '}') {
      out += character
      at++
    } else if (template[at + 1] === character && depth === 2) {
      out += character
      at += 2
    } else if (character === '}') {
      return refuseValue("Single '}' encountered in format string")
    } else {
      const end = closingBrace(template, at)
      out += replaceField(template.slice(at + 1, end), state, depth)
      at = end + 1
    }
  }
  return out
}

function closingBrace(template: string, open: number): number {
  let depth = 0
  for (let at = open; at < template.length; at++) {
    if (template[at] === '{') depth++
    else if (template[at] === '}' && --depth === 0) return at
  }
  return refuseValue(open === template.length - 1 ? "Single '{' encountered in format string" : "expected '}' before end of string")
}

function replaceField(field: string, state: BraceState, depth: number): string {
  const parts = /^([^!:{}]*(?:\[[^\]]*\][^!:{}]*)*)(?:!([\s\S]))?(?::([\s\S]*))?$/.exec(field)
  if (parts === null) return refuseValue('invalid format field')
  const [, path = '', conversion, specification = ''] = parts
  let value = fieldValue(path, state)
  if (conversion === 'r') value = repr(value)
  else if (conversion === 's') value = print(value)
  else if (conversion === 'a') value = escapeNonAscii(repr(value))
  else if (conversion !== undefined) return refuseValue(`Unknown conversion specifier '${conversion}'`)
  return formatValue(value, specification.includes('{') ? expandBraces(specification, state, depth - 1) : specification)
}

function fieldValue(path: string, state: BraceState): Value {
  const first = /^[^.[]*/.exec(path)![0]
  let value: Value
  if (first === '' || /^\d+$/.test(first)) {
    const isManual = first !== ''
    if (state.automatic > 0 ? isManual : state.isManual && !isManual) {
      return refuseValue('cannot switch between automatic field numbering and manual field specification')
    }
    state.isManual = isManual
    const index = isManual ? Number(first) : state.automatic++
    value = orElse(state.args[index], () => refuseValue(`Replacement index ${index} out of range for positional args tuple`))
  } else value = orElse(getItem(state.kwargs, first), () => refuseValue(`format has no argument '${first}'`))
  for (const step of path.slice(first.length).matchAll(/\.([^.[]+)|\[([^\]]+)\]|[\s\S]/g)) {
    const [, attribute, key] = step
    if (attribute !== undefined) value = getOwnAttribute(value, attribute)
    else if (key !== undefined) value = getSubscript(value, /^\d+$/.test(key) ? Number(key) : key)
    else return refuseValue("Only '.' or '[' may follow ']' in format field specifier")
    if (value instanceof Undefined) checkUsable(value)
  }
  return value
}

const SPECIFICATION = /^(?:([\s\S])?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/u

/** Python's `format(value, specification)`. */
export function formatValue(value: Value, specification: string): string {
  checkUsable(value)
  if (specification === '') return print(value)
  const parsed = SPECIFICATION.exec(specification)
  if (parsed === null) return refuseValue(`Invalid format specifier '${specification}'`)
  const [, fillText, alignText, sign = '-', , alternate, zero, widthText = '0', grouping = '', precisionText, type = ''] = parsed
  const width = boundedWidth(widthText)
  const precision = precisionText === undefined ? undefined : boundedWidth(precisionText)
  const isText = typeof value === 'string'
  const align = alignText ?? (zero && !isText ? '=' : undefined)
  const fill = fillText ?? (zero ? '0' : ' ')
  if (isText) {
    if (type !== '' && type !== 's') return refuseValue(`Unknown format code '${type}' for object of type 'str'`)
    if (align === '=' || sign !== '-') return refuseValue("'=' alignment and signs are not allowed in string format specifier")
    return padText(precision === undefined ? value : sliceText(value, 0, precision), width, fill, align ?? '<')
  }
  const number = numeric(value)
  if (number === undefined) {
    return refuseValue(`unsupported format string passed to ${typeName(value)}.__format__`)
  }
  let body = numberBody(number, type, precision, alternate !== undefined)
  const negative = body.startsWith('-')
  if (negative) body = body.slice(1)
  const signed = negative ? '-' : sign === '-' ? '' : sign
  const prefix = alternate !== undefined && /^[bBoxX]$/.test(type) ? `0${type}` : ''
  if (grouping !== '') body = group(body, grouping, /^[boxX]$/.test(type) ? 4 : 3)
  if (align === '=') return signed + prefix + padText(body, width - signed.length - prefix.length, fill, '>')
  return padText(signed + prefix + body, width, fill, align ?? '>')
}

function numberBody(number: Integer | Float, type: string, precision: number | undefined, alternate: boolean): string {
  if (!(number instanceof Float) && /^[bcdoxXn]?$/.test(type)) {
    if (precision !== undefined) return refuseValue('Precision not allowed in integer format specifier')
    if (type === 'c') return String.fromCodePoint(boundedCode(number))
    const base = type === 'b' ? 2 : type === 'o' ? 8 : /^[xX]$/.test(type) ? 16 : 10
    const digits = integerDigits(number, base)
    return type === 'X' ? digits.toUpperCase() : digits
  }
  const float = toFloat(number)
  if (type === '%') return `${formatFloat(float * 100, 'f', precision ?? 6, alternate)}%`
  if (/^[eEfFgG]$/.test(type)) return formatFloat(float, type, precision ?? 6, alternate)
  if (type === 'n') return formatFloat(float, 'g', precision ?? 6, alternate)
  if (type !== '') return refuseValue(`Unknown format code '${type}' for object of type 'float'`)
  if (precision === undefined) return reprFloat(float)
  const general = formatFloat(float, 'g', precision, alternate)
  return /[.e]|inf|nan/.test(general) ? general : `${general}.0`
}

function group(body: string, separator: string, size: number): string {
  const [, whole = '', rest = ''] = /^([0-9a-fA-F]*)([\s\S]*)$/.exec(body) ?? []
  const groups: string[] = []
  for (let end = whole.length; end > 0; end -= size) groups.unshift(whole.slice(Math.max(0, end - size), end))
  return groups.join(separator) + rest
}

/** Pads to a width in characters; `<` fills on the right, `>` on the left, `^` on both sides. */
export function padText(text: string, width: number, fill: string, align: string): string {
  const missing = width - characterCount(text)
  if (missing <= 0) return text
  if (align === '<') return text + repeatText(fill, missing)
  if (align === '^') return repeatText(fill, Math.floor(missing / 2)) + text + repeatText(fill, Math.ceil(missing / 2))
  return repeatText(fill, missing) + text
}

function boundedWidth(text: string): number {
  const width = Number(text)
  checkTextLength(Math.abs(width))
  return Math.min(width, MAX_TEXT_LENGTH)
}

function boundedCode(code: Integer): number {
  const number = Number(code)
  return number >= 0 && number <= 0x10ffff ? number : refuseValue('%c arg not in range(0x110000)')
}

function escapeNonAscii(text: string): string {
  return text.replace(/[^\x00-\x7f]/gu, (character) => {
    const code = character.codePointAt(0)!
    if (code <= 0xff) return `\\x${code.toString(16)}`
    return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
  })
}
