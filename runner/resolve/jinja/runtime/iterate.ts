/** Walking over values as Python's `for` does. */
import { fail } from '../../../diagnostic/diagnostic.ts'
import { Dict, DictView, Tuple, Undefined, Unknown, UnknownValueError } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { refuseValue, TemplateObject } from './callable.ts'
import { typeName } from './type.ts'
import { isLenient } from './undefined.ts'

/** The items of a list or a tuple, the keys of a dict, the characters of a string. A new array only where it has to be. */
export function itemsOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value instanceof DictView ? [...value] : value
  if (value instanceof Tuple) return value.items
  if (value instanceof Dict) return [...value.keys()]
  if (typeof value === 'string') return Array.from(value)
  if (isLenient(value)) return []
  checkUsable(value)
  if (value instanceof Range) return value.items()
  return refuseValue(`'${typeName(value)}' object is not iterable`)
}

export function isIterable(value: Value): boolean {
  return Array.isArray(value) || typeof value === 'string' || value instanceof Tuple || value instanceof Dict || value instanceof Range
}

/** Python's `len()`. */
export function lengthOf(value: Value): number {
  if (Array.isArray(value)) return value.length
  if (value instanceof Dict) return value.size
  if (value instanceof Tuple) return value.items.length
  if (typeof value === 'string') return characterCount(value)
  if (isLenient(value)) return 0
  checkUsable(value)
  if (value instanceof Range) return value.length
  return refuseValue(`object of type '${typeName(value)}' has no len()`)
}

/** Characters as Python counts them: code points. */
export function characterCount(text: string): number {
  if (!ASTRAL.test(text)) return text.length
  return text.length - (text.match(PAIRS)?.length ?? 0)
}

/** A substring by code points. */
export function sliceText(text: string, start: number, end?: number): string {
  if (!ASTRAL.test(text)) return text.slice(start, end)
  return Array.from(text).slice(start, end).join('')
}

const ASTRAL = /[\ud800-\udfff]/
const PAIRS = /[\ud800-\udbff][\udc00-\udfff]/g

/** Throws for what is undefined or not known. */
export function checkUsable(value: Value): void {
  if (value instanceof Undefined) fail('UNDEFINED_VARIABLE', value.reason)
  if (value instanceof Unknown) throw new UnknownValueError(value)
}

/** What `range()` gives. */
export class Range extends TemplateObject {
  readonly typeName = 'range'
  readonly start: number
  readonly stop: number
  readonly step: number
  readonly length: number

  constructor(start: number, stop: number, step: number) {
    super()
    this.start = start
    this.stop = stop
    this.step = step
    this.length = Math.max(0, Math.ceil((stop - start) / step))
  }

  items(): Value[] {
    return Array.from({ length: this.length }, (_, index) => this.start + index * this.step)
  }

  print(): string {
    return `range(${this.start}, ${this.stop}${this.step === 1 ? '' : `, ${this.step}`})`
  }

  override attribute(name: string): Value | undefined {
    return name === 'start' || name === 'stop' || name === 'step' ? this[name] : undefined
  }

  equals(other: Value): boolean {
    return other instanceof Range && other.length === this.length && (this.length === 0 || (other.start === this.start && other.step === this.step))
  }
}
