/**
 * `a.b` and `a['b']`: own keys, items, and the methods of a white list. Nothing here reads a property of a JavaScript object by a
 * name that a template gives.
 */
import { DateTime } from '../../../value/date-time.ts'
import { getItem } from '../../../value/equal.ts'
import { Dict, DictView, Float, Tuple, Undefined, Unknown, UnknownValueError } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { print } from '../../../value/print.ts'
import { refuseValue, TemplateObject } from './callable.ts'
import { dateAttribute } from './datetime.ts'
import { checkUsable, itemsOf, Range } from './iterate.ts'
import { methodOf, MUTATING_METHODS } from './methods.ts'
import { NamedTuple } from './named-tuple.ts'
import { integer, numeric } from './numbers.ts'
import { describeObject, typeName } from './type.ts'
import { isLenient, orElse } from './undefined.ts'

/** `target.name`: a method or attribute first, then an item, as Jinja2 does. */
export function getAttribute(target: Value, name: string): Value {
  if (target instanceof Undefined) return stillUndefined(target)
  return orElse(ownAttribute(target, name), () => orElse(itemIfAny(target, name), () => missingAttribute(target, name)))
}

/** `target[key]`: an item first, then an attribute. */
export function getSubscript(target: Value, key: Value): Value {
  if (target instanceof Undefined) return stillUndefined(target)
  if (key instanceof Undefined) return key
  if (key instanceof Unknown) throw new UnknownValueError(key)
  const found = itemIfAny(target, key)
  if (found !== undefined) return found
  if (typeof key !== 'string') return missingItem(target, key)
  return orElse(computedAttribute(target, key), () => missingAttribute(target, key))
}

/** What an undefined value holds is that same undefined value, so that a fault names what was missing first. */
function stillUndefined(value: Undefined): Undefined {
  if (isLenient(value)) checkUsable(value)
  return value
}

/** The attribute alone, without items: what the `attr` filter gives. */
export function getOwnAttribute(target: Value, name: string): Value {
  if (target instanceof Undefined) return target
  return orElse(computedAttribute(target, name), () => missingAttribute(target, name))
}

/** `target[start:stop:step]`; a missing bound is null. */
export function getSlice(target: Value, bounds: readonly Value[]): Value {
  if (target instanceof Undefined) return target
  if (target instanceof Unknown) throw new UnknownValueError(target)
  const isSequence =
    typeof target === 'string' || (Array.isArray(target) && !(target instanceof DictView)) || target instanceof Tuple || target instanceof Range
  if (!isSequence) {
    if (target instanceof Dict) return refuseValue("unhashable type: 'slice'")
    return new Undefined('slice', `${describeObject(target)} has no element slice`)
  }
  const items = itemsOf(target)
  const picked = sliceIndexes(items.length, bounds).map((index) => items[index]!)
  if (typeof target === 'string') return picked.map(print).join('')
  return target instanceof Tuple ? new Tuple(picked) : picked
}

function sliceIndexes(length: number, bounds: readonly Value[]): number[] {
  const [startBound, stopBound, stepBound] = bounds.map((bound) => {
    if (bound === null) return undefined
    const whole = integer(bound)
    if (whole === undefined) return refuseValue('slice indices must be integers or None or have an __index__ method')
    return Math.max(-MAX_INDEX, Math.min(MAX_INDEX, Number(whole)))
  })
  const step = stepBound ?? 1
  if (step === 0) return refuseValue('slice step cannot be zero')
  const clamp = (bound: number, low: number, high: number): number => Math.max(low, Math.min(high, bound < 0 ? bound + length : bound))
  const indexes: number[] = []
  if (step > 0) {
    const stop = stopBound === undefined ? length : clamp(stopBound, 0, length)
    for (let index = startBound === undefined ? 0 : clamp(startBound, 0, length); index < stop; index += step) indexes.push(index)
  } else {
    const stop = stopBound === undefined ? -1 : clamp(stopBound, -1, length - 1)
    for (let index = startBound === undefined ? length - 1 : clamp(startBound, -1, length - 1); index > stop; index += step) indexes.push(index)
  }
  return indexes
}

const MAX_INDEX = 2 ** 40

function itemIfAny(target: Value, key: Value): Value | undefined {
  if (target instanceof Unknown) throw new UnknownValueError(target)
  if (target instanceof Dict) return Array.isArray(key) || key instanceof Dict ? undefined : getItem(target, key)
  const whole = integer(key)
  if (whole === undefined) return undefined
  if (target instanceof DictView) return undefined
  if (typeof target === 'string' || Array.isArray(target) || target instanceof Tuple || target instanceof Range) {
    const items = typeof target === 'string' && Math.abs(Number(whole)) < target.length && isPlainText(target) ? target : itemsOf(target)
    return items[Number(whole) < 0 ? items.length + Number(whole) : Number(whole)]
  }
  return undefined
}

function isPlainText(text: string): boolean {
  return !/[\ud800-\udfff]/.test(text)
}

function ownAttribute(target: Value, name: string): Value | undefined {
  if (target instanceof Unknown) throw new UnknownValueError(target)
  if (target instanceof DateTime) return dateAttribute(target, name)
  if (target instanceof TemplateObject && !(target instanceof Range)) return target.attribute(name)
  if (name === '__class__') return new TypeObject(typeName(target))
  const named = target instanceof NamedTuple || target instanceof Range ? target.attribute(name) : numberAttribute(target, name)
  return named === undefined ? methodOf(target, name) : named
}

/** `real`, `imag` and their like of a number. */
function numberAttribute(target: Value, name: string): Value | undefined {
  const number = numeric(target)
  if (number === undefined) return undefined
  const isFloat = number instanceof Float
  if (name === 'real') return number
  if (name === 'imag') return isFloat ? new Float(0) : 0
  if (name === 'numerator' && !isFloat) return number
  return name === 'denominator' && !isFloat ? 1 : undefined
}

/** What `__class__` gives: a name to print, and nothing to climb. */
class TypeObject extends TemplateObject {
  readonly typeName = 'type'
  readonly #name: string

  constructor(name: string) {
    super()
    this.#name = name
  }

  override attribute(name: string): Value | undefined {
    return name === '__name__' ? this.#name : undefined
  }

  override print(): string {
    return `<class '${this.#name}'>`
  }
}

/** An attribute whose name is computed: not a method that changes its value, which a template has to name (see `copiesVariables`). */
function computedAttribute(target: Value, name: string): Value | undefined {
  return MUTATING_METHODS.has(name) && !(target instanceof TemplateObject) ? undefined : ownAttribute(target, name)
}

function missingAttribute(target: Value, name: string): Undefined {
  return new Undefined(name, `'${describeObject(target)}' has no attribute '${name}'`)
}

function missingItem(target: Value, key: Value): Undefined {
  const shown = print(key)
  return new Undefined(shown, `${typeName(target) === 'NoneType' ? 'None' : describeObject(target)} has no element ${shown}`)
}
