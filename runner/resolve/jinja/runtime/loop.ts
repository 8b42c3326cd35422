/** The variable `loop` of a `for`. */
import { equal } from '../../../value/equal.ts'
import { Tuple, Undefined } from '../../../value/value.ts'
import type { Value, Dict } from '../../../value/value.ts'
import { Callable, NativeFunction, refuseValue } from './callable.ts'
import { orElse } from './undefined.ts'

export class Loop extends Callable {
  readonly typeName = 'LoopContext'
  readonly #items: readonly Value[]
  readonly #depth: number
  readonly #recurse: ((items: Value) => Value) | undefined
  #index = -1
  #lastChanged: Value | undefined

  constructor(items: readonly Value[], depth: number, recurse: ((items: Value) => Value) | undefined) {
    super()
    this.#items = items
    this.#depth = depth
    this.#recurse = recurse
  }

  advance(): void {
    this.#index++
  }

  override attribute(name: string): Value | undefined {
    const index = this.#index
    const { length } = this.#items
    switch (name) {
      case 'index':
        return index + 1
      case 'index0':
        return index
      case 'revindex':
        return length - index
      case 'revindex0':
        return length - index - 1
      case 'first':
        return index === 0
      case 'last':
        return index === length - 1
      case 'length':
        return length
      case 'depth':
        return this.#depth + 1
      case 'depth0':
        return this.#depth
      case 'previtem':
        return index > 0 ? this.#items[index - 1]! : new Undefined('previtem', 'there is no previous item')
      case 'nextitem':
        return index < length - 1 ? this.#items[index + 1]! : new Undefined('nextitem', 'there is no next item')
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
    return `<LoopContext ${this.#index + 1}/${this.#items.length}>`
  }

  #changed(values: Tuple): boolean {
    const isSame = this.#lastChanged !== undefined && equal(this.#lastChanged, values)
    this.#lastChanged = values
    return !isSame
  }
}
