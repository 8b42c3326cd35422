/** A table of filters or tests, found by short and by fully qualified name. */
import type { Operation } from './operation.ts'

/** What Jinja2 itself brings is in no collection. */
const JINJA2 = 'Jinja2'

export interface OperationGroup<R> {
  /** The collections whose name may stand before the operation's. */
  readonly collections: readonly string[]
  readonly operations: readonly Operation<R>[]
}

export interface OperationTable<R> {
  /** The operation of a short or a fully qualified name. */
  find(name: string): Operation<R> | undefined
  /** The short names. */
  names(): Iterable<string>
  /** Every operation with the collection that it is documented under, for the documentation. */
  readonly entries: readonly { readonly operation: Operation<R>; readonly collection: string }[]
}

/** `ownOfJinja2`: the names that Jinja2 brings, and that have no collection's name in front. */
export function table<R>(groups: readonly OperationGroup<R>[], ownOfJinja2: readonly string[]): OperationTable<R> {
  const unqualified = new Set(ownOfJinja2)
  const found = new Map<string, Operation<R>>()
  const short = new Set<string>()
  for (const { collections, operations } of groups) {
    for (const operation of operations) {
      if (short.has(operation.name)) throw new Error(`'${operation.name}' is in the table twice`)
      short.add(operation.name)
      found.set(operation.name, operation)
      if (!unqualified.has(operation.name)) for (const collection of collections) found.set(`${collection}.${operation.name}`, operation)
    }
  }
  return {
    find: (name) => found.get(name),
    names: () => short,
    entries: groups.flatMap(({ collections, operations }) =>
      operations.map((operation) => ({ operation, collection: unqualified.has(operation.name) ? JINJA2 : collections[0]! })),
    ),
  }
}
