/** Filters that treat lists as sets, and those that combine lists item by item. */
import { equal } from '../../../value/equal.ts'
import { Dict, DictView, Tuple } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { refuseValue } from '../runtime/callable.ts'
import { itemsOf } from '../runtime/iterate.ts'
import { checkItems } from '../runtime/limits.ts'
import { integer } from '../runtime/numbers.ts'
import { filter } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'
import { typeName } from '../runtime/type.ts'
import { uniqueItems } from './sequence.ts'

export const SET_FILTERS: readonly Filter[] = [
  filter('combinations(r)', 'All ways to pick `r` items, in order.', (input, args) => combinations(itemsOf(input), args.whole('r'))),
  filter('difference(b)', 'The items that are not in another list, each once.', (input, args) =>
    uniqueItems(itemsOf(input).filter((item) => !holds(args.list('b'), item))),
  ),
  filter('intersect(b)', 'The items that are also in another list, each once.', (input, args) =>
    uniqueItems(itemsOf(input).filter((item) => holds(args.list('b'), item))),
  ),
  filter('permutations(r=None)', 'All orders of `r` items, or of all.', (input, args) => permutations(itemsOf(input), args.wholeOrNull('r'))),
  filter('product(*lists, **options)', 'All pairs of an item of each list.', product),
  filter('symmetric_difference(b)', 'The items that are in only one of two lists, each once.', (input, args) => {
    const [a, b] = joinable(input, args.value('b'))
    return uniqueItems([...a, ...b].filter((item) => holds(a, item) !== holds(b, item)))
  }),
  filter('union(b)', 'The items of two lists, each once.', (input, args) => uniqueItems(joinable(input, args.value('b')).flat())),
  filter('zip(*lists)', 'Tuples of the items at the same place, as many as the shortest list has.', (input, args) => zip(input, args)),
  filter(
    'zip_longest(*lists, **options)',
    'Tuples of the items at the same place, as many as the longest list has; `fillvalue` where one has none.',
    zipLongest,
  ),
]

/** The items of two lists, or of two tuples: a text or a dict cannot be joined with one, nor one with the other. */
function joinable(a: Value, b: Value): [readonly Value[], readonly Value[]] {
  for (const each of [a, b])
    if (typeof each === 'string' || each instanceof Dict || each instanceof DictView) return refuseValue(`union and its like need lists, not ${typeName(each)}`)
  const lists: [readonly Value[], readonly Value[]] = [itemsOf(a), itemsOf(b)]
  return Array.isArray(a) === Array.isArray(b) ? lists : refuseValue(`can only concatenate ${typeName(a)} (not "${typeName(b)}") to ${typeName(a)}`)
}

function holds(items: readonly Value[], item: Value): boolean {
  return items.some((each) => each === item || equal(each, item))
}

function zip(input: Value, args: Args): Value {
  const lists = [input, ...args.rest].map(itemsOf)
  const length = Math.min(...lists.map((list) => list.length))
  return Array.from({ length }, (_, index) => new Tuple(lists.map((list) => list[index]!)))
}

function zipLongest(input: Value, args: Args): Value {
  for (const key of args.extra.keys()) if (key !== 'fillvalue') return refuseValue("zip_longest takes only the keyword 'fillvalue'")
  const fill = args.extra.get('fillvalue') ?? null
  const lists = [input, ...args.rest].map(itemsOf)
  const length = Math.max(...lists.map((list) => list.length))
  checkItems(length * lists.length)
  return Array.from({ length }, (_, index) => new Tuple(lists.map((list) => (index < list.length ? list[index]! : fill))))
}

function product(input: Value, args: Args): Value {
  const repeat = args.extra.get('repeat') ?? 1
  const times = integer(repeat)
  if (times === undefined) return refuseValue(`'${typeName(repeat)}' object cannot be interpreted as an integer`)
  const once = [input, ...args.rest].map(itemsOf)
  const count = Math.max(0, Number(times))
  checkItems(count * once.length)
  const lists = Array.from({ length: count }, () => once).flat()
  checkItems(lists.reduce((total, list) => total * list.length, lists.length))
  let rows: Value[][] = [[]]
  for (const list of lists) {
    rows = rows.flatMap((row) => list.map((item) => [...row, item]))
  }
  return rows.map((row) => new Tuple(row))
}

function permutations(items: readonly Value[], size: number | null): Value {
  const length = size ?? items.length
  if (length < 0) return refuseValue('r must be non-negative')
  checkItems(arrangements(items.length, length) * length)
  const rows: Value[] = []
  const used = new Array<boolean>(items.length).fill(false)
  const row: Value[] = []
  const extend = (): void => {
    if (row.length === length) {
      rows.push(new Tuple([...row]))
      return
    }
    items.forEach((item, index) => {
      if (used[index]) return
      used[index] = true
      row.push(item)
      extend()
      row.pop()
      used[index] = false
    })
  }
  if (length <= items.length) extend()
  return rows
}

function combinations(items: readonly Value[], size: number): Value {
  if (size < 0) return refuseValue('r must be non-negative')
  checkItems(choices(items.length, size) * size)
  const rows: Value[] = []
  const row: Value[] = []
  const extend = (from: number): void => {
    if (row.length === size) {
      rows.push(new Tuple([...row]))
      return
    }
    for (let index = from; index <= items.length - (size - row.length); index++) {
      row.push(items[index]!)
      extend(index + 1)
      row.pop()
    }
  }
  if (size <= items.length) extend(0)
  return rows
}

/** How many ways there are to pick `size` out of `count`. */
function choices(count: number, size: number): number {
  let total = 1
  for (let index = 1; index <= Math.min(size, count - size) && total <= 1e9; index++) total = (total * (count - index + 1)) / index
  return count < size ? 0 : total
}

/** How many orders there are of `size` out of `count`. */
function arrangements(count: number, size: number): number {
  if (size > count) return 0
  let total = 1
  for (let index = 0; index < size && total <= 1e9; index++) total *= count - index
  return total
}
