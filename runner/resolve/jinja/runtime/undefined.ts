/** What an inline `if` without `else` gives where its condition does not hold. */
import { Undefined } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'

/**
 * An undefined value that prints as nothing, is false and holds nothing, as Jinja2's own default one. Its attributes are an error all the
 * same.
 */
export class LenientUndefined extends Undefined {}

/** The value, or another where there is none. None (null) is a value, so `??` would be wrong. */
export function orElse(value: Value | undefined, fallback: () => Value): Value {
  return value === undefined ? fallback() : value
}

/** True for a value that may be printed, tested and walked although it is undefined. */
export function isLenient(value: Value): value is LenientUndefined {
  return value instanceof LenientUndefined
}
