/** What an inline `if` without `else` gives where its condition does not hold. */
import { Undefined } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'

/**
 * An undefined value that prints as nothing, is false and holds nothing, as Jinja2's own default one. Its attributes are an error all the
 * same.
 */
export class LenientUndefined extends Undefined {}

/** True for a value that may be printed, tested and walked although it is undefined. */
export function isLenient(value: Value): value is LenientUndefined {
  return value instanceof LenientUndefined
}
