/** Equality as in Python, and mappings looked up by it: `1`, `1.0` and `True` are the same key. */
import { fail } from '../diagnostic/diagnostic.ts'
import { MAX_VALUE_DEPTH } from './print.ts'
import { Dict, DictView, Float, Opaque, Tuple, Undefined, Unknown, UnknownValueError } from './value.ts'
import type { Value } from './value.ts'

/**
 * Python's `==`: numbers and booleans by value whatever their type, lists and tuples apart, mappings in any order.
 *
 * @throws {DiagnosticError} UNDEFINED_VARIABLE where either side is undefined.
 * @throws {UnknownValueError} where either side is a value that a dry run cannot know.
 */
export function equal(a: Value, b: Value): boolean {
  return equalAt(a, b, 0)
}

/** The value under a key that is equal in Python's sense, or undefined. */
export function getItem(dict: Dict, key: Value): Value | undefined {
  const found = findKey(dict, key)
  return found === undefined ? undefined : dict.get(found)
}

/** True where the mapping has a key that is equal in Python's sense. */
export function hasItem(dict: Dict, key: Value): boolean {
  return findKey(dict, key) !== undefined
}

/** Stores under the key that is there already where an equal one is, as Python does. */
export function setItem(dict: Dict, key: Value, value: Value): void {
  const found = findKey(dict, key)
  dict.set(found === undefined ? key : found, value)
}

/** Removes the entry of an equal key; true where there was one. */
export function deleteItem(dict: Dict, key: Value): boolean {
  const found = findKey(dict, key)
  return found !== undefined && dict.delete(found)
}

/** True for what Python can use as a key: anything but lists and mappings. */
export function isHashable(value: Value): boolean {
  if (value instanceof Tuple) return value.items.every(isHashable)
  return !(Array.isArray(value) || value instanceof Dict)
}

/** The key of the mapping that equals `key`. Strings, the common case, cost one look-up. */
function findKey(dict: Dict, key: Value): Value | undefined {
  check(key)
  if (dict.has(key)) return key
  if (typeof key === 'string' || key === null) return undefined
  if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean' || key instanceof Float || key instanceof Tuple) {
    for (const each of dict.keys()) if (typeof each !== 'string' && equal(each, key)) return each
  }
  return undefined
}

function equalAt(a: Value, b: Value, depth: number): boolean {
  check(a)
  check(b)
  if (a === b) return true
  if (a === null || b === null) return false
  if (typeof a === 'string' || typeof b === 'string') return false
  if (depth > MAX_VALUE_DEPTH) return fail('LIMIT_EXCEEDED', `a value is nested more than ${MAX_VALUE_DEPTH} levels deep`)
  const left = numeric(a)
  const right = numeric(b)
  if (left !== undefined || right !== undefined) return left !== undefined && right !== undefined && left == right
  if (Array.isArray(a)) return Array.isArray(b) && a instanceof DictView === b instanceof DictView && sameItems(a, b, depth)
  if (a instanceof Tuple) return b instanceof Tuple && sameItems(a.items, b.items, depth)
  if (a instanceof Dict) return b instanceof Dict && sameEntries(a, b, depth)
  const own = a as Value & { equals?: (other: Value) => boolean }
  return a instanceof Opaque && typeof own.equals === 'function' && own.equals(b)
}

function sameItems(a: readonly Value[], b: readonly Value[], depth: number): boolean {
  return a.length === b.length && a.every((item, index) => equalAt(item, b[index]!, depth + 1))
}

function sameEntries(a: Dict, b: Dict, depth: number): boolean {
  if (a.size !== b.size) return false
  for (const [key, value] of a) {
    const found = findKey(b, key)
    if (found === undefined || !equalAt(value, b.get(found)!, depth + 1)) return false
  }
  return true
}

/** The value as a JavaScript number or bigint; `==` between the two compares exactly, as Python does. */
function numeric(value: Value): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  return value instanceof Float ? value.value : undefined
}

function check(value: Value): void {
  if (value instanceof Undefined) fail('UNDEFINED_VARIABLE', value.reason)
  if (value instanceof Unknown) throw new UnknownValueError(value)
}
