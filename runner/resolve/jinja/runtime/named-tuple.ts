/** A tuple whose items have names as well, such as a group of `groupby`. */
import { Tuple } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'

export class NamedTuple extends Tuple {
  readonly typeName: string
  readonly #names: readonly string[]

  constructor(typeName: string, names: readonly string[], items: readonly Value[]) {
    super(items)
    this.typeName = typeName
    this.#names = names
  }

  attribute(name: string): Value | undefined {
    return this.items[this.#names.indexOf(name)]
  }
}
