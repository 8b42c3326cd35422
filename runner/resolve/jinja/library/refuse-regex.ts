import { RegexError } from '../../../value/python-regex.ts'
import { refuseValue } from '../runtime/callable.ts'

/**
 * What a work with a regular expression returns.
 *
 * @throws {DiagnosticError} TEMPLATE_FAILED where it throws a RegexError.
 */
export function refusingRegex<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof RegexError) return refuseValue(error.message)
    throw error
  }
}
