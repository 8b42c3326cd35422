/** Filters of the collection community.general. */
import { randomInt } from 'node:crypto'
import { equal, getItem, hasItem, setItem } from '../../../value/equal.ts'
import { print } from '../../../value/print.ts'
import { truth } from '../../../value/truth.ts'
import { compareText } from '../../../value/text.ts'
import { Dict } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { PythonRandom } from '../library/mersenne-twister.ts'
import { compareVersions } from '../library/version.ts'
import { refuseValue } from '../runtime/callable.ts'
import { itemsOf } from '../runtime/iterate.ts'
import { pairsOf } from '../runtime/methods.ts'
import { filter, textInput } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'
import { typeName } from '../runtime/type.ts'

export const COLLECTION_FILTERS: readonly Filter[] = [
  filter('counter', 'How often each item occurs.', (input) => {
    const counts = new Dict()
    for (const item of itemsOf(input)) setItem(counts, item, Number(getItem(counts, item) ?? 0) + 1)
    return counts
  }),
  filter('crc32', 'The CRC-32 of the text, in hexadecimal.', (input) => checksum32(print(input))),
  filter('dict', 'A dict from a list of pairs.', (input) => new Dict(pairsOf(input))),
  filter('dict_kv(key)', 'A dict with the input under one key.', (input, args) => new Dict([[args.value('key'), input]])),
  filter('groupby_as_dict(attribute)', 'The dicts of a list under the value that each has for a key.', groupbyAsDict),
  filter('lists_mergeby(*lists, **options)', 'Lists of dicts merged where they agree in a key.', listsMergeBy),
  filter('random_mac(seed=None)', 'A MAC address that begins with the input.', randomMac),
  filter("unicode_normalize(form='NFC')", 'Text in a normal form of Unicode.', (input, args) => {
    const form = args.text('form')
    if (!['NFC', 'NFD', 'NFKC', 'NFKD'].includes(form)) return refuseValue(`'${form}' is not a normal form of Unicode`)
    return textInput(input, 'unicode_normalize').normalize(form)
  }),
  filter('version_sort(reverse=False)', 'Versions in their order.', (input, args) => {
    const sorted = itemsOf(input).map(print).sort((a, b) => compareVersions(a, b, 'loose')) // prettier-ignore
    return args.flag('reverse') ? sorted.reverse() : sorted
  }),
]

function checksum32(text: string): string {
  let sum = 0xffff_ffff
  for (const byte of Buffer.from(text, 'utf8')) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb8_8320 : 0)
  }
  return ((sum ^ 0xffff_ffff) >>> 0).toString(16)
}

function groupbyAsDict(input: Value, args: Args): Value {
  const attribute = args.value('attribute')
  const grouped = new Dict()
  for (const item of itemsOf(input)) {
    if (!(item instanceof Dict)) return refuseValue('Sequence element #0 is not a mapping')
    const key = getItem(item, attribute)
    if (key === undefined) return refuseValue(`Attribute not contained in element of sequence: ${print(attribute)}`)
    if (hasItem(grouped, key)) return refuseValue(`Multiple sequence entries have attribute value ${print(key)}`)
    setItem(grouped, key, item)
  }
  return grouped
}

function listsMergeBy(input: Value, args: Args): Value {
  const terms = [input, ...args.rest]
  const index = print(terms.pop() ?? '')
  const recursive = truth(args.extra.get('recursive') ?? false)
  const lists: (readonly Value[])[] = terms.flatMap((term) => {
    const items = itemsOf(term)
    const nested = items.filter((item) => Array.isArray(item))
    return nested.length > 0 && nested.length === items.length ? nested : [items]
  })
  const merged = new Dict()
  for (const item of lists.flat()) {
    if (!(item instanceof Dict)) return refuseValue(`lists_mergeby needs lists of dicts, not of ${typeName(item)}`)
    const key = getItem(item, index)
    if (key === undefined) continue
    const before = getItem(merged, key)
    setItem(merged, key, before instanceof Dict ? mergeEntries(before, item, recursive) : new Dict(item))
  }
  return [...merged].sort(([a], [b]) => (typeof a === 'number' && typeof b === 'number' ? a - b : compareText(print(a), print(b)))).map(([, item]) => item)
}

function mergeEntries(a: Dict, b: Dict, recursive: boolean): Dict {
  const merged = new Dict(a)
  for (const [key, value] of b) {
    const before = getItem(merged, key)
    setItem(merged, key, recursive && before instanceof Dict && value instanceof Dict && !equal(before, value) ? mergeEntries(before, value, true) : value)
  }
  return merged
}

function randomMac(input: Value, args: Args): Value {
  const prefix = textInput(input, 'random_mac').toLowerCase()
  const parts = prefix.split(':').filter((part) => part !== '')
  if (parts.length > 5 || parts.some((part) => !/^[0-9a-f]{2}$/.test(part)))
    return refuseValue(`Invalid value (${prefix}) for random_mac: needs up to five pairs of hexadecimal digits`)
  const seed = args.value('seed')
  const missing = (6 - parts.length) * 8
  // Python draws from 68719476736 up, and uses as many hexadecimal digits as are missing.
  const drawn = seed === null ? randomInt(2 ** 40) : new PythonRandom(print(seed)).below(2 ** 36 * 15)
  const digits = (drawn + 2 ** 36).toString(16).padStart(missing / 4, '0')
  const tail = digits.slice(0, missing / 4)
  return [...parts, ...(tail.match(/../g) ?? [])].join(':')
}
