/** The variable `loop` of a `for`. */
import { equal } from '../../../value/equal.ts'
import { Tuple, Undefined } from '../../../value/value.ts'
import type { Value, Dict } from '../../../value/value.ts'
import { Callable, NativeFunction, refuseValue } from './callable.ts'
import { orElse } from './undefined.ts'

/** How the items of a loop come: one by one, so that what decides about one may depend on what the loop did with those before. */
export interface LoopItems {
  readonly iterator: Iterator<Value, undefined>
  /** How many there are, where that can be told without walking to the end. */
  readonly length: (() => number) | undefined
}

export class Loop extends Callable {
  readonly typeName = 'LoopContext'
  #items: LoopItems
  readonly #depth: number
  readonly #recurse: ((items: Value) => Value) | undefined
  #index = -1
  #previous: Value | undefined
  #current: Value | undefined
  /** The item after the current one, where it was asked for already. */
  #next: IteratorResult<Value, undefined> | undefined
  #length: number | undefined
  #lastChanged: Value | undefined

  constructor(items: LoopItems, depth: number, recurse: ((items: Value) => Value) | undefined) {
    super()
    this.#items = items
    this.#depth = depth
    this.#recurse = recurse
  }

  /** Goes to the next item, and answers it. */
  advance(): IteratorResult<Value, undefined> {
    const next = this.#peek()
    this.#next = undefined
    if (next.done !== true) {
      this.#index++
      this.#previous = this.#current
      this.#current = next.value
    }
    return next
  }

  #peek(): IteratorResult<Value, undefined> {
    return (this.#next ??= this.#items.iterator.next())
  }

  #count(): number {
    if (this.#length !== undefined) return this.#length
    if (this.#items.length !== undefined) return (this.#length = this.#items.length())
    const rest: Value[] = []
    for (let next = this.#peek(); next.done !== true; next = this.#items.iterator.next()) rest.push(next.value)
    this.#items = { iterator: rest.values() as Iterator<Value, undefined>, length: undefined }
    this.#next = undefined
    return (this.#length = this.#index + 1 + rest.length)
  }

  override attribute(name: string): Value | undefined {
    const index = this.#index
    switch (name) {
      case 'index':
        return index + 1
      case 'index0':
        return index
      case 'revindex':
        return this.#count() - index
      case 'revindex0':
        return this.#count() - index - 1
      case 'first':
        return index === 0
      case 'last':
        return this.#peek().done === true
      case 'length':
        return this.#count()
      case 'depth':
        return this.#depth + 1
      case 'depth0':
        return this.#depth
      case 'previtem':
        return index > 0 ? this.#previous! : new Undefined('previtem', 'there is no previous item')
      case 'nextitem':
        return orUndefined(this.#peek())
      case 'cycle':
        return new NativeFunction('cycle', (args) => orElse(args[index % args.length], () => refuseValue('no items for cycling given')))
      case 'changed':
        return new NativeFunction('changed', (args) => this.#changed(new Tuple(args)))
      default:
        return undefined
    }
  }

  /** `loop(items)` in a recursive loop. */
  override call(args: readonly Value[], kwargs: Dict): Value {
    if (this.#recurse === undefined) {
      return refuseValue("The loop must have the 'recursive' marker to be called recursively.")
    }
    const [items] = args
    if (items === undefined || args.length > 1 || kwargs.size > 0) return refuseValue('loop() takes one argument')
    return this.#recurse(items)
  }

  override print(): string {
    return `<LoopContext ${this.#index + 1}/${this.#count()}>`
  }

  #changed(values: Tuple): boolean {
    const isSame = this.#lastChanged !== undefined && equal(this.#lastChanged, values)
    this.#lastChanged = values
    return !isSame
  }
}

function orUndefined(next: IteratorResult<Value, undefined>): Value {
  return next.done === true ? new Undefined('nextitem', 'there is no next item') : next.value
}
