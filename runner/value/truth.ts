/** Truth: Python's, in which empty strings, lists and mappings, zero, `None` and `False` are false; and that of Ansible's words. */
import { fail } from '../diagnostic/diagnostic.ts'
import { Dict, Float, Tuple, Undefined, Unknown, UnknownValueError } from './value.ts'
import type { Value } from './value.ts'

/**
 * Python's `bool()`.
 *
 * @throws {DiagnosticError} UNDEFINED_VARIABLE for an undefined value.
 * @throws {UnknownValueError} for a value that a dry run cannot know.
 */
export function truth(value: Value): boolean {
  if (value === null || value === false) return false
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0
  if (typeof value !== 'object') return value === true || (value !== 0 && value !== 0n)
  if (value instanceof Dict) return value.size > 0
  if (value instanceof Float) return value.value !== 0
  if (value instanceof Tuple) return value.items.length > 0
  if (value instanceof Undefined) return fail('UNDEFINED_VARIABLE', value.reason)
  if (value instanceof Unknown) throw new UnknownValueError(value)
  return true
}

/** A keyword, parameter or variable as a boolean: of text, whether it is one of Ansible's words for yes; else Python's truth. */
export function booleanOf(value: Value): boolean {
  if (typeof value === 'string') return /^(?:yes|y|true|t|on|1)$/i.test(value.trim())
  return truth(value)
}
