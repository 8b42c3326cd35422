/** Jinja2's filters on lists, with Ansible's own of `min`, `max` and `unique`. */
import { setItem, getItem, equal, isHashable } from '../../../value/equal.ts'
import { print } from '../../../value/print.ts'
import { truth } from '../../../value/truth.ts'
import { Dict, Tuple, Undefined } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { getOwnAttribute, getSubscript } from '../runtime/attributes.ts'
import { refuseValue } from '../runtime/callable.ts'
import { applyFilter, applyTest, truthOf } from '../runtime/evaluate.ts'
import { checkUsable, itemsOf, lengthOf } from '../runtime/iterate.ts'
import { checkItems, checkTextLength } from '../runtime/limits.ts'
import { NamedTuple } from '../runtime/named-tuple.ts'
import { integer } from '../runtime/numbers.ts'
import { binary, order } from '../runtime/operators.ts'
import { alias, dictInput, filter } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'
import type { Run } from '../runtime/run.ts'
import { typeName } from '../runtime/type.ts'
import { orElse } from '../runtime/undefined.ts'

const length = filter('length', 'How many items, entries or characters.', (input) => lengthOf(input))

export const SEQUENCE_FILTERS: readonly Filter[] = [
  filter('attr(name)', 'An attribute, never an item.', (input, args) => getOwnAttribute(input, args.printed('name'))),
  filter('batch(linecount, fill_with=None)', 'Lists of at most `linecount` items.', batch),
  length,
  alias('count', length),
  filter("dictsort(case_sensitive=False, by='key', reverse=False)", 'The entries of a dict as sorted pairs.', dictsort),
  filter('first', 'The first item.', (input) => orElse(itemsOf(input)[0], () => none('first', 'No first item, sequence was empty.'))),
  filter('groupby(attribute, default=None, case_sensitive=False)', 'Groups of items with an equal attribute, sorted by it.', groupby),
  filter('items', 'The entries of a dict as pairs.', (input) => {
    if (input instanceof Undefined) return []
    return input instanceof Dict ? [...input].map((entry) => new Tuple(entry)) : refuseValue('Can only get item pairs from a mapping.')
  }),
  filter("join(d='', attribute=None)", 'The items as one text, with a separator between.', join),
  filter('last', 'The last item.', (input) => orElse(itemsOf(input).at(-1), () => none('last', 'No last item, sequence was empty.'))),
  filter('list', 'As a list.', (input) => [...itemsOf(input)]),
  filter('map(*args, **kwargs)', 'A filter applied to each item, or an attribute of each.', map),
  filter('max(case_sensitive=False, attribute=None)', 'The largest item.', (input, args) => extreme(input, args, 'max')),
  filter('min(case_sensitive=False, attribute=None)', 'The smallest item.', (input, args) => extreme(input, args, 'min')),
  filter('reject(*args, **kwargs)', 'The items that fail a test.', (input, args, run) => select(input, args, run, false)),
  filter('rejectattr(attribute, *args, **kwargs)', 'The items whose attribute fails a test.', (input, args, run) => selectAttribute(input, args, run, false)),
  filter('reverse', 'In the opposite order.', (input) => {
    const items = [...itemsOf(input)].reverse()
    return typeof input === 'string' ? items.map(print).join('') : items
  }),
  filter('select(*args, **kwargs)', 'The items that pass a test.', (input, args, run) => select(input, args, run, true)),
  filter('selectattr(attribute, *args, **kwargs)', 'The items whose attribute passes a test.', (input, args, run) => selectAttribute(input, args, run, true)),
  filter('slice(slices, fill_with=None)', 'A number of lists, as equal in length as can be.', slice),
  filter('sort(reverse=False, case_sensitive=False, attribute=None)', 'Sorted.', sort),
  filter('sum(attribute=None, start=0)', 'All items added up.', sum),
  filter('unique(case_sensitive=None, attribute=None)', 'Each item once.', unique),
]

function none(name: string, reason: string): Undefined {
  return new Undefined(name, reason)
}

/** Reads an attribute by a path such as `value.ip.0`. */
export function attributeReader(attribute: Value, fallback?: Value): (item: Value) => Value {
  const path = attributePath(attribute)
  return (item) => {
    let value = item
    for (const part of path) {
      value = getSubscript(value, part)
      if (value instanceof Undefined && fallback !== undefined) return fallback
    }
    return value
  }
}

function attributePath(attribute: Value): Value[] {
  if (integer(attribute) !== undefined) return [attribute]
  return print(attribute)
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}

function identity(item: Value): Value {
  return item
}

function reader(args: Args, name = 'attribute'): (item: Value) => Value {
  const attribute = args.value(name)
  return attribute === null ? identity : attributeReader(attribute)
}

function ignoreCase(value: Value): Value {
  return typeof value === 'string' ? value.toLowerCase() : value
}

function batch(input: Value, args: Args): Value {
  const size = args.whole('linecount')
  const fill = args.value('fill_with')
  const items = itemsOf(input)
  // As in Jinja2, where a batch is full only when it has just this size.
  if (size < 1) return items.length === 0 ? [] : size === 0 ? [[], [...items]] : [[...items]]
  const batches: Value[] = []
  for (let at = 0; at < items.length; at += size) {
    const part = items.slice(at, at + size)
    if (fill !== null && part.length < size) {
      checkItems(size)
      while (part.length < size) part.push(fill)
    }
    batches.push(part)
  }
  return batches
}

function slice(input: Value, args: Args): Value {
  const count = args.whole('slices')
  const fill = args.value('fill_with')
  if (count < 1) return refuseValue('the number of slices must be at least 1')
  checkItems(count)
  const items = itemsOf(input)
  const perSlice = Math.floor(items.length / count)
  const withExtra = items.length % count
  let offset = 0
  return Array.from({ length: count }, (_, index) => {
    const start = offset + index * perSlice
    if (index < withExtra) offset++
    const part: Value[] = items.slice(start, offset + (index + 1) * perSlice)
    if (fill !== null && index >= withExtra) part.push(fill)
    return part
  })
}

function dictsort(input: Value, args: Args): Value {
  const by = args.text('by')
  if (by !== 'key' && by !== 'value') return refuseValue('You can only sort by either "key" or "value"')
  const key = (entry: [Value, Value]): Value => {
    const value = entry[by === 'key' ? 0 : 1]
    return args.flag('case_sensitive') ? value : ignoreCase(value)
  }
  const entries = [...dictInput(input, 'dictsort')].map((entry) => ({ entry, key: key(entry) }))
  sortStable(entries, args.flag('reverse'))
  return entries.map(({ entry }) => new Tuple(entry))
}

function sortStable(entries: { key: Value }[], reverse: boolean): void {
  entries.sort((a, b) => (reverse ? order(b.key, a.key) : order(a.key, b.key)))
}

function groupby(input: Value, args: Args): Value {
  const fallback = args.value('default')
  const read = attributeReader(args.value('attribute'), fallback === null ? undefined : fallback)
  const isCaseSensitive = args.flag('case_sensitive')
  const keyed = itemsOf(input).map((item) => {
    const value = read(item)
    return { item, value, key: isCaseSensitive ? value : ignoreCase(value) }
  })
  sortStable(keyed, false)
  const groups: { grouper: Value; key: Value; list: Value[] }[] = []
  for (const { item, value, key } of keyed) {
    const last = groups.at(-1)
    if (last !== undefined && equal(last.key, key)) last.list.push(item)
    else groups.push({ grouper: value, key, list: [item] })
  }
  return groups.map(({ grouper, list }) => new NamedTuple('_GroupTuple', ['grouper', 'list'], [grouper, list]))
}

function join(input: Value, args: Args): Value {
  const read = reader(args)
  const separator = args.printed('d')
  let size = 0
  const parts = itemsOf(input).map((item) => {
    const text = print(read(item))
    checkTextLength((size += text.length + separator.length))
    return text
  })
  return parts.join(separator)
}

function map(input: Value, args: Args, run: Run): Value {
  const [name, ...rest] = args.rest
  const attribute = args.extra.get('attribute')
  if (!truth(input)) return []
  if (name === undefined) {
    if (attribute === undefined) return refuseValue('map requires a filter argument')
    const fallback = args.extra.get('default')
    for (const key of args.extra.keys()) if (key !== 'attribute' && key !== 'default') return refuseValue(`Unexpected keyword argument '${print(key)}'`)
    const read = attributeReader(attribute, fallback)
    return itemsOrNone(input).map((item) => read(item))
  }
  checkUsable(name)
  if (typeof name !== 'string') return refuseValue(`the name of a filter must be a string, not ${typeName(name)}`)
  return itemsOrNone(input).map((item) => applyFilter(name, item, rest, args.extra, run))
}

/** The items; none of what is false, such as None. */
function itemsOrNone(input: Value): readonly Value[] {
  return truth(input) ? itemsOf(input) : []
}

function select(input: Value, args: Args, run: Run, wanted: boolean): Value {
  return itemsOrNone(input).filter((item) => passes(item, args.rest, args.extra, run) === wanted)
}

function selectAttribute(input: Value, args: Args, run: Run, wanted: boolean): Value {
  const read = attributeReader(args.value('attribute'))
  return itemsOrNone(input).filter((item) => passes(read(item), args.rest, args.extra, run) === wanted)
}

function passes(value: Value, args: readonly Value[], kwargs: Dict, run: Run): boolean {
  const [name, ...rest] = args
  if (name === undefined) return truthOf(value)
  return applyTest(print(name), value, rest, kwargs, run)
}

function sort(input: Value, args: Args): Value {
  const attribute = args.value('attribute')
  const isCaseSensitive = args.flag('case_sensitive')
  const fold = (value: Value): Value => (isCaseSensitive ? value : ignoreCase(value))
  let key: (item: Value) => Value = fold
  if (attribute !== null) {
    const readers = (typeof attribute === 'string' ? attribute.split(',') : [attribute]).map((each) => attributeReader(each))
    key = (item) => (readers.length === 1 ? fold(readers[0]!(item)) : readers.map((read) => fold(read(item))))
  }
  const keyed = itemsOf(input).map((item) => ({ item, key: key(item) }))
  if (keyed.length > 1) for (const each of keyed) checkUsable(each.key)
  sortStable(keyed, args.flag('reverse'))
  return keyed.map(({ item }) => item)
}

function sum(input: Value, args: Args): Value {
  const read = reader(args)
  let total = args.value('start')
  if (typeof total === 'string') return refuseValue("sum() can't sum strings [use ''.join(seq) instead]")
  for (const item of itemsOf(input)) total = binary('+', total, read(item))
  return total
}

function extreme(input: Value, args: Args, which: 'min' | 'max'): Value {
  const read = reader(args)
  const isCaseSensitive = args.flag('case_sensitive')
  let best: { item: Value; key: Value } | undefined
  for (const item of itemsOf(input)) {
    const key = isCaseSensitive ? read(item) : ignoreCase(read(item))
    if (best === undefined || (which === 'min' ? order(key, best.key) < 0 : order(key, best.key) > 0)) best = { item, key }
  }
  return best === undefined ? none(which, 'No aggregated item, sequence was empty.') : best.item
}

function unique(input: Value, args: Args): Value {
  const read = reader(args)
  const isCaseSensitive = truth(args.value('case_sensitive'))
  // Ansible's own falls back to comparing, but has no such options.
  const isOwn = args.has('attribute') || args.value('case_sensitive') === false
  const unhashable = isOwn ? itemsOf(input).map(read).find((key) => !isHashable(key)) : undefined // prettier-ignore
  if (unhashable !== undefined) return refuseValue(`unique cannot compare by what is unhashable: '${typeName(unhashable)}'`)
  return uniqueItems(itemsOf(input), (item) => (isCaseSensitive ? read(item) : ignoreCase(read(item))))
}

/** Each item whose key has not come before. */
export function uniqueItems(items: readonly Value[], key: (item: Value) => Value = identity): Value[] {
  const seen = new Dict()
  const seenContainers: Value[] = []
  return items.filter((item) => {
    const by = key(item)
    if (Array.isArray(by) || by instanceof Dict) {
      if (seenContainers.some((each) => equal(each, by))) return false
      seenContainers.push(by)
      return true
    }
    if (getItem(seen, by) !== undefined) return false
    setItem(seen, by, true)
    return true
  })
}
