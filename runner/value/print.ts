/** Values as Python prints them: `print` is `str()`, `repr` is `repr()`. */
import { fail } from '../diagnostic/diagnostic.ts'
import { Dict, DictView, Float, Opaque, Tuple, Undefined, Unknown, UnknownValueError } from './value.ts'
import type { Value } from './value.ts'

/** No printed value is longer than this (in UTF-16 units). */
export const MAX_PRINTED_LENGTH = 10_000_000

/** Values nested deeper than this are refused wherever a value is walked, so that no walk overflows the stack. */
export const MAX_VALUE_DEPTH = 500

/**
 * What Python's `str()` gives: a string is itself, everything else is as in `repr`.
 *
 * @throws {DiagnosticError} UNDEFINED_VARIABLE for an undefined value, also one within a list; LIMIT_EXCEEDED.
 * @throws {UnknownValueError} for a value that a dry run cannot know.
 * @example print(new Float(3)) === '3.0'; print([true, null, 'x']) === "[True, None, 'x']"
 */
export function print(value: Value): string {
  if (typeof value === 'string') return value
  if (value instanceof Opaque) return value.print()
  return repr(value)
}

/** What Python's `repr()` gives. Throws as `print` does. */
export function repr(value: Value): string {
  if (typeof value === 'string') return reprString(value)
  if (typeof value !== 'object' || value === null || value instanceof Float) return reprScalar(value)
  const writer: Writer = { parts: [], length: 0, open: [] }
  write(value, writer)
  return writer.parts.join('')
}

/** A float as Python prints it: the shortest digits that read back as the same number, always with a point or an exponent. */
export function reprFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const [mantissa = '0', exponentText = '0'] = Math.abs(value).toExponential().split('e')
  const digits = mantissa.replace('.', '')
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= 16) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
    const size = String(Math.abs(exponent)).padStart(2, '0')
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${size}`
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`
}

/** A string as Python quotes it: single quotes unless only double ones avoid escapes, unprintable characters escaped. */
function reprString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  if (!SPECIAL.test(text)) return quote + text + quote
  let out = quote
  for (const character of text) out += escapeCharacter(character, quote)
  return out + quote
}

interface Writer {
  parts: string[]
  length: number
  /** The containers being printed: one that holds itself prints as `[...]`. */
  open: Value[]
}

function write(value: Value, writer: Writer): void {
  if (value === null || typeof value !== 'object') {
    put(writer, typeof value === 'string' ? reprString(value) : reprScalar(value))
    return
  }
  if (value instanceof Float) {
    put(writer, reprFloat(value.value))
    return
  }
  if (value instanceof Undefined) return fail('UNDEFINED_VARIABLE', value.reason)
  if (value instanceof Unknown) throw new UnknownValueError(value)
  if (value instanceof Opaque) {
    put(writer, reprOpaque(value))
    return
  }
  if (writer.open.includes(value)) {
    put(writer, value instanceof Dict ? '{...}' : value instanceof Tuple ? '(...)' : '[...]')
    return
  }
  if (writer.open.length >= MAX_VALUE_DEPTH) return fail('LIMIT_EXCEEDED', `a value is nested more than ${MAX_VALUE_DEPTH} levels deep`)
  writer.open.push(value)
  if (value instanceof Dict) {
    put(writer, '{')
    let first = true
    for (const [key, item] of value) {
      if (!first) put(writer, ', ')
      first = false
      write(key, writer)
      put(writer, ': ')
      write(item, writer)
    }
    put(writer, '}')
  } else {
    const items = value instanceof Tuple ? value.items : value
    const isView = value instanceof DictView
    if (isView) put(writer, `${value.typeName}(`)
    put(writer, value instanceof Tuple ? '(' : '[')
    items.forEach((item, index) => {
      if (index > 0) put(writer, ', ')
      write(item, writer)
    })
    put(writer, value instanceof Tuple ? (items.length === 1 ? ',)' : ')') : ']')
    if (isView) put(writer, ')')
  }
  writer.open.pop()
}

function put(writer: Writer, text: string): void {
  writer.length += text.length
  if (writer.length > MAX_PRINTED_LENGTH) fail('LIMIT_EXCEEDED', `a printed value is longer than ${MAX_PRINTED_LENGTH} characters`)
  writer.parts.push(text)
}

function reprScalar(value: null | boolean | number | bigint | Float): string {
  if (value === null) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (value instanceof Float) return reprFloat(value.value)
  return String(value)
}

function reprOpaque(value: Opaque): string {
  const own = value as Opaque & { repr?: () => string }
  return typeof own.repr === 'function' ? own.repr() : value.print()
}

/** What Python escapes: quotes and backslashes, and what is not printable (all of C and Z but the space). */
const SPECIAL = /['"\\]|(?! )[\p{C}\p{Z}]/u
const UNPRINTABLE = /^(?! )[\p{C}\p{Z}]$/u

function escapeCharacter(character: string, quote: string): string {
  if (character === quote || character === '\\') return `\\${character}`
  if (character === '\n') return '\\n'
  if (character === '\r') return '\\r'
  if (character === '\t') return '\\t'
  if (!UNPRINTABLE.test(character)) return character
  const code = character.codePointAt(0)!
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`
  return `\\U${code.toString(16).padStart(8, '0')}`
}
