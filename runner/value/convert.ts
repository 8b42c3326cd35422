/** Between the values of a run, plain JavaScript data and JSON. */
import { fail } from '../diagnostic/diagnostic.ts'
import { MAX_PRINTED_LENGTH, MAX_VALUE_DEPTH, repr, reprFloat } from './print.ts'
import { compareText } from './text.ts'
import { Dict, DictView, Float, Opaque, Tuple, Undefined, Unknown, UnknownValueError } from './value.ts'
import type { Value } from './value.ts'

/**
 * A value as plain JavaScript data: a Dict becomes an object, a Float a number, a Tuple an array. A bigint stays one.
 * Keys become strings as JSON writes them (`True` → `true`). A key `__proto__` is an ordinary property of the result.
 *
 * @throws {DiagnosticError} UNDEFINED_VARIABLE for an undefined value, TEMPLATE_FAILED for a macro and its like.
 * @throws {UnknownValueError} for a value that a dry run cannot know.
 */
export function toPlain(value: Value): unknown {
  return plainAt(value, 0)
}

/**
 * Plain JavaScript data (what `JSON.parse` gives, an object of a library) as a value: numbers that are not integers become
 * Floats, objects and Maps become Dicts, `undefined` becomes null, a Date its ISO text. A key whose value is `undefined` is left out.
 * An integer beyond 2^53 that came as a number stays what the number says, as a bigint.
 */
export function fromPlain(plain: unknown): Value {
  return valueAt(plain, 0)
}

export interface JsonOptions {
  /** Spaces a level; without it everything is on one line. */
  readonly indent?: number | undefined
  /** Keys in the order of their code points. */
  readonly sort?: boolean | undefined
  /** Whether characters beyond ASCII are escaped. Python's default, true. */
  readonly ensureAscii?: boolean | undefined
  /** Between items and between key and value; Python's defaults are `, ` (`,` with an indent) and `: `. */
  readonly separators?: readonly [string, string] | undefined
  /** How many characters its texts may have: without it as many as a template may print. */
  readonly maxLength?: number | undefined
}

/** What Python's `json.dumps` gives. Throws as `toPlain` does. */
export function toJson(value: Value, options: JsonOptions = {}): string {
  const { indent, sort = false, ensureAscii = true, maxLength = MAX_PRINTED_LENGTH } = options
  const [between, colon] = options.separators ?? [indent === undefined ? ', ' : ',', ': ']
  let length = 0
  const text = (string: string): string => {
    const quoted = quoteJson(string, ensureAscii)
    length += quoted.length
    if (length > maxLength) fail('LIMIT_EXCEEDED', `JSON text is longer than ${maxLength} characters`)
    return quoted
  }
  const wrap = (open: string, items: string[], close: string, depth: number): string => {
    if (items.length === 0) return open + close
    if (indent === undefined) return open + items.join(between) + close
    const margin = '\n' + ' '.repeat(indent * (depth + 1))
    return open + margin + items.join(between + margin) + '\n' + ' '.repeat(indent * depth) + close
  }
  const at = (item: Value, depth: number): string => {
    checkDepth(depth)
    if (item === null || typeof item === 'boolean' || typeof item === 'number' || typeof item === 'bigint') return String(item)
    if (typeof item === 'string') return text(item)
    if (item instanceof Float) return jsonFloat(item.value)
    if (item instanceof DictView) return fail('TEMPLATE_FAILED', `Object of type ${item.typeName} is not JSON serializable`)
    if (Array.isArray(item) || item instanceof Tuple) {
      const items = item instanceof Tuple ? item.items : item
      length += items.length
      return wrap('[', items.map((each) => at(each, depth + 1)), ']', depth) // prettier-ignore
    }
    if (item instanceof Dict) {
      const entries = [...item].map(([key, each]): [string, Value] => [jsonKey(key), each])
      if (sort) entries.sort(([a], [b]) => compareText(a, b))
      return wrap('{', entries.map(([key, each]) => text(key) + colon + at(each, depth + 1)), '}', depth) // prettier-ignore
    }
    return text(opaqueText(item))
  }
  return at(value, 0)
}

function plainAt(value: Value, depth: number): unknown {
  checkDepth(depth)
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Float) return value.value
  if (Array.isArray(value)) return value.map((item) => plainAt(item, depth + 1))
  if (value instanceof Tuple) return value.items.map((item) => plainAt(item, depth + 1))
  if (value instanceof Dict) {
    const plain: Record<string, unknown> = {}
    for (const [key, item] of value) define(plain, jsonKey(key), plainAt(item, depth + 1))
    return plain
  }
  return opaqueText(value)
}

function valueAt(plain: unknown, depth: number): Value {
  checkDepth(depth)
  if (plain === null || plain === undefined) return null
  if (typeof plain === 'string' || typeof plain === 'boolean' || typeof plain === 'bigint') return plain
  if (typeof plain === 'number') return numberValue(plain)
  if (Array.isArray(plain)) return plain.map((item) => valueAt(item, depth + 1))
  if (plain instanceof Dict || plain instanceof Map) {
    const dict = new Dict()
    for (const [key, item] of plain as Map<unknown, unknown>) dict.set(valueAt(key, depth + 1), valueAt(item, depth + 1))
    return dict
  }
  if (plain instanceof Float || plain instanceof Tuple || plain instanceof Undefined || plain instanceof Unknown) return plain
  if (plain instanceof Opaque) return plain
  if (plain instanceof Date) return plain.toISOString()
  if (typeof plain !== 'object') throw new TypeError(`a ${typeof plain} is not data`)
  const dict = new Dict()
  for (const [key, item] of Object.entries(plain)) if (item !== undefined) dict.set(key, valueAt(item, depth + 1))
  return dict
}

function numberValue(number: number): Value {
  if (!Number.isInteger(number) || Object.is(number, -0)) return new Float(number)
  return Number.isSafeInteger(number) ? number : BigInt(number)
}

function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
}

function checkDepth(depth: number): void {
  if (depth > MAX_VALUE_DEPTH) fail('LIMIT_EXCEEDED', `a value is nested more than ${MAX_VALUE_DEPTH} levels deep`)
}

/** A key of a mapping as JSON writes it. */
function jsonKey(key: Value): string {
  if (typeof key === 'string') return key
  if (key === null || typeof key === 'boolean' || typeof key === 'number' || typeof key === 'bigint') return String(key)
  if (key instanceof Float) return jsonFloat(key.value)
  return repr(key)
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  return reprFloat(value)
}

/** What is no data has no JSON, unless it says itself how it is written (a date does). */
function opaqueText(value: Undefined | Unknown | Opaque): string {
  if (value instanceof Undefined) return fail('UNDEFINED_VARIABLE', value.reason)
  if (value instanceof Unknown) throw new UnknownValueError(value)
  const own = value as Opaque & { json?: () => string }
  if (typeof own.json === 'function') return own.json()
  return fail('TEMPLATE_FAILED', `${value.print()} is not data and cannot leave the template`)
}

function quoteJson(text: string, ensureAscii: boolean): string {
  const quoted = JSON.stringify(text)
  if (!ensureAscii) return quoted
  return quoted.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
