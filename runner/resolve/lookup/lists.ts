/** Lookups that arrange lists: the loops `with_items`, `with_nested`, `with_together`, … */
import { randomInt } from 'node:crypto'
import { getItem } from '../../value/equal.ts'
import { print } from '../../value/print.ts'
import { booleanOf } from '../../value/truth.ts'
import { Dict, Tuple } from '../../value/value.ts'
import type { Value } from '../../value/value.ts'
import { checkItems } from '../jinja/runtime/limits.ts'
import { lookupFailed, type Lookup } from './context.ts'

export const items: Lookup = (terms) => flattenOnce(listOf(terms))

export const list: Lookup = (terms) => (isSequence(terms) ? listOf(terms) : lookupFailed('with_list expects a list'))

export const dict: Lookup = (terms) => {
  const dicts = Array.isArray(terms) ? terms : [terms]
  return dicts.flatMap((each) => (each instanceof Dict ? [...each].map(([key, value]) => Dict.of({ key, value })) : lookupFailed('with_dict expects a dict')))
}

export const indexedItems: Lookup = (terms) => {
  if (!Array.isArray(terms)) return lookupFailed('with_indexed_items expects a list')
  return flattenOnce(terms).map((item, index) => new Tuple([index, item]))
}

export const nested: Lookup = (terms) => {
  const [first, ...others] = listOf(terms).map(listify)
  if (first === undefined) return lookupFailed('with_nested requires at least one element in the nested list')
  let rows: readonly Value[] = first
  for (const other of others) {
    checkItems(rows.length * other.length)
    rows = rows.flatMap((row) => other.map((item) => flattenOnce([row, item])))
  }
  return rows.map((row) => flattenOnce(iterate(row)))
}

export const cartesian: Lookup = (terms) => {
  const lists = listOf(terms).map(listify)
  if (lists.length === 0) return lookupFailed('with_cartesian requires at least one element in each list')
  let rows: Value[][] = [[]]
  for (const other of lists) {
    checkItems(rows.length * other.length)
    rows = rows.flatMap((row) => other.map((item) => [...row, item]))
  }
  return rows.map(flattenOnce)
}

export const together: Lookup = (terms) => {
  const lists = listOf(terms).map(listify)
  if (lists.length === 0) return lookupFailed('with_together requires at least one element in each list')
  const longest = Math.max(...lists.map((each) => each.length))
  return Array.from({ length: longest }, (_, index) => flattenOnce(lists.map((each) => each[index] ?? null)))
}

export const flattened: Lookup = (terms) => (Array.isArray(terms) ? flattenAll(terms) : lookupFailed('with_flattened expects a list'))

export const randomChoice: Lookup = (terms) => {
  const choices = listOf(terms)
  return choices.length === 0 ? [] : [choices[randomInt(choices.length)]!]
}

const SUBELEMENTS_EXPECTS = 'subelements lookup expects a list of two or three items, '

export const subelements: Lookup = (terms) => {
  const given = listOf(terms)
  if (given.length < 2 || given.length > 3) return lookupFailed(SUBELEMENTS_EXPECTS)
  const [first, path, third = new Dict()] = given
  const source = typeof first === 'string' ? [first] : first!
  if (!(Array.isArray(source) || source instanceof Dict) || typeof path !== 'string')
    return lookupFailed(`${SUBELEMENTS_EXPECTS}first a dict or a list, second a string pointing to the subkey`)
  if (!(third instanceof Dict)) return lookupFailed(`${SUBELEMENTS_EXPECTS}the optional third item must be a dict with flags ('skip_missing',)`)
  const skipMissing = booleanOf(third.get('skip_missing') ?? false)
  // The result of a task that was skipped has nothing.
  if (source instanceof Dict && source.has('skipped') && source.get('skipped') !== false) return []
  const pairs: Value[] = []
  for (const item of source instanceof Dict ? source.values() : source) {
    if (!(item instanceof Dict)) return lookupFailed(`subelements lookup expects a dictionary, got '${print(item)}'`)
    if (item.has('skipped') && item.get('skipped') !== false) continue
    const [rest, elements] = takeElements(item, path.split('.'), skipMissing)
    checkItems(pairs.length + elements.length)
    for (const element of elements) pairs.push(new Tuple([rest, element]))
  }
  return pairs
}

/** The list at a path, and the item without it, as Ansible gives it. */
function takeElements(item: Dict, path: readonly string[], skipMissing: boolean): [Dict, readonly Value[]] {
  const [key = '', ...deeper] = path
  const found = getItem(item, key)
  if (found === undefined) return skipMissing ? [item, []] : lookupFailed(`could not find '${key}' key in iterated item '${print(item)}'`)
  const rest = new Dict(item)
  if (deeper.length === 0) {
    if (!Array.isArray(found)) return lookupFailed(`the key ${key} should point to a list, got '${print(found)}'`)
    rest.delete(key)
    return [rest, found]
  }
  if (!(found instanceof Dict)) return skipMissing ? [item, []] : lookupFailed(`the key ${key} should point to a dictionary, got '${print(found)}'`)
  const [inner, elements] = takeElements(found, deeper, skipMissing)
  rest.set(key, inner)
  return [rest, elements]
}

function isSequence(value: Value): boolean {
  return Array.isArray(value) || value instanceof Tuple
}

/** A list; of a mapping its keys; anything else is the only item of one. */
export function listify(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value
  if (value instanceof Tuple) return value.items
  if (value instanceof Dict) return [...value.keys()]
  return [value]
}

const listOf = listify

/** The items of a row: of text its characters. */
function iterate(row: Value): readonly Value[] {
  if (typeof row === 'string') return Array.from(row)
  return isSequence(row) || row instanceof Dict ? listify(row) : lookupFailed(`'${print(row)}' is not a list`)
}

function flattenOnce(values: readonly Value[]): Value[] {
  return values.flatMap((value) => (Array.isArray(value) ? value : value instanceof Tuple ? value.items : [value]))
}

function flattenAll(values: readonly Value[]): Value[] {
  const flat: Value[] = []
  for (const value of values) {
    let item = value
    while (Array.isArray(item) && item.length === 1) item = item[0]!
    // As in Ansible, text that spells null ends the list.
    if (item === 'None' || item === 'null') break
    if (Array.isArray(item)) flat.push(...flattenAll(item))
    else flat.push(item)
  }
  return flat
}
