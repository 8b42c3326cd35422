/** Filters of the collection community.general. */
import { randomInt } from 'node:crypto'
import { getItem, hasItem, isHashable, setItem } from '../../../value/equal.ts'
import { print } from '../../../value/print.ts'
import { truth } from '../../../value/truth.ts'
import { compareText } from '../../../value/text.ts'
import { Dict, Float, Tuple } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { readCsv } from '../library/csv.ts'
import { PythonRandom } from '../library/mersenne-twister.ts'
import { compareVersions } from '../library/version.ts'
import { refuseValue } from '../runtime/callable.ts'
import { itemsOf } from '../runtime/iterate.ts'
import { pairsOf } from '../runtime/methods.ts'
import { integer, roundHalfEven } from '../runtime/numbers.ts'
import { filter, textInput } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'
import { typeName } from '../runtime/type.ts'
import { mergeDicts, mergeMode } from './dict.ts'

const TIME_UNITS = [
  ['to_milliseconds', 'ms'],
  ['to_seconds', 's'],
  ['to_minutes', 'm'],
  ['to_hours', 'h'],
  ['to_days', 'd'],
  ['to_weeks', 'w'],
  ['to_months', 'mo'],
  ['to_years', 'y'],
] as const

export const COLLECTION_FILTERS: readonly Filter[] = [
  filter('counter', 'How often each item occurs.', (input) => {
    const counts = new Dict()
    for (const item of itemsOf(input)) {
      if (!isHashable(item)) return refuseValue(`community.general.counter needs a sequence with hashable elements - unhashable type: '${typeName(item)}'`)
      setItem(counts, item, Number(getItem(counts, item) ?? 0) + 1)
    }
    return counts
  }),
  filter('crc32', 'The CRC-32 of the text, in hexadecimal.', (input) => checksum32(print(input))),
  filter('dict', 'A dict from a list of pairs.', (input) => new Dict(pairsOf(input))),
  filter('dict_kv(key)', 'A dict with the input under one key.', (input, args) => new Dict([[args.value('key'), input]])),
  filter("from_csv(dialect='excel', fieldnames=None, delimiter=None, skipinitialspace=None, strict=None)", 'A dict for each row of a CSV text.', fromCsv),
  filter('groupby_as_dict(attribute)', 'The dicts of a list under the value that each has for a key.', groupbyAsDict),
  filter('lists_mergeby(*lists, **options)', 'Lists of dicts merged where they agree in a key.', listsMergeBy),
  filter('random_mac(seed=None)', 'A MAC address that begins with the input.', randomMac),
  filter("to_time_unit(unit='ms', **lengths)", 'A time such as `1h 30m` in a unit.', (input, args) => timeIn(input, args.text('unit'), args)),
  ...TIME_UNITS.map(([name, unit]) =>
    filter(`${name}(**lengths)`, `A time such as \`1h 30m\` in ${name.slice(3)}.`, (input, args) => timeIn(input, unit, args)),
  ),
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

const DELIMITERS: Readonly<Record<string, string>> = { excel: ',', 'excel-tab': '\t', unix: ',' }

function fromCsv(input: Value, args: Args): Value {
  const dialect = args.text('dialect')
  if (!Object.hasOwn(DELIMITERS, dialect)) return refuseValue(`Dialect '${dialect}' is not supported by your version of python.`)
  const rows = readCsv(textInput(input, 'from_csv').replace(/^\ufeff/, ''), {
    delimiter: args.textOrNull('delimiter') ?? DELIMITERS[dialect]!,
    skipInitialSpace: args.flag('skipinitialspace'),
  })
  const names = args.value('fieldnames') === null ? (rows.shift() ?? []) : args.list('fieldnames').map(print)
  return rows.map((row) => {
    const dict = new Dict(names.map((name, index) => [name, row[index] ?? null]))
    // Python keeps the cells that have no name under None.
    if (row.length > names.length) dict.set(null, row.slice(names.length))
    return dict
  })
}

/** Milliseconds of a unit. */
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  mo: 2_592_000_000,
  y: 31_536_000_000,
}
const UNIT_NAMES: Readonly<Record<string, string>> = {
  millisecond: 'ms',
  msec: 'ms',
  msecond: 'ms',
  sec: 's',
  second: 's',
  hour: 'h',
  min: 'm',
  minute: 'm',
  day: 'd',
  week: 'w',
  month: 'mo',
  year: 'y',
}

function timeIn(input: Value, unitName: string, args: Args): Value {
  const text = textInput(input, 'to_time_unit')
  if (text === '0') return 0
  for (const key of args.extra.keys()) if (key !== 'year' && key !== 'month') return refuseValue(`to_time_unit() got unknown keyword arguments: ${print(key)}`)
  const day = UNIT_MS['d']!
  const days = (name: string, fallback: number): number => Number(args.extra.get(name) ?? fallback) * day
  const lengths: Readonly<Record<string, number>> = { ...UNIT_MS, mo: days('month', 30), y: days('year', 365) }
  const lengthOf = (name: string): number | undefined => {
    const single = name.replace(/s+$/, '')
    const short = Object.hasOwn(UNIT_NAMES, single) ? UNIT_NAMES[single]! : name
    return Object.hasOwn(lengths, short) ? lengths[short] : undefined
  }
  const unit = lengthOf(unitName)
  if (unit === undefined) return refuseValue(`to_time_unit() can not convert to the following unit: ${unitName}`)
  let total = 0
  for (const word of text.trim().split(/\s+/)) {
    const [, count, name = ''] = /^(-?\d+)(\w+)/.exec(word) ?? []
    const length = lengthOf(name)
    if (count === undefined || length === undefined) return refuseValue(`to_time_unit() can not interpret following string: ${text}`)
    total += Number(count) * length
  }
  return new Float(roundHalfEven(total / unit, 12))
}

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
  for (const key of args.extra.keys())
    if (key !== 'recursive' && key !== 'list_merge') return refuseValue("'recursive' and 'list_merge' are the only valid keyword arguments.")
  const terms = [input, ...args.rest]
  const index = terms.pop()!
  if (terms.length === 0) return refuseValue('At least one list and index are needed.')
  const isList = (value: Value): boolean => Array.isArray(value) || typeof value === 'string' || value instanceof Tuple
  const lists: Value[] = terms.flatMap((term) => {
    if (!isList(term)) return refuseValue(`All arguments before the argument index for community.general.lists_mergeby must be lists. ${print(term)} is none`)
    const items = itemsOf(term)
    if (items.length === 0) return []
    return items.every(isList) ? items : [term]
  })
  if (lists.length < 2) return lists[0] ?? []
  if (typeof index !== 'string')
    return refuseValue(`First argument after the lists for community.general.lists_mergeby must be string. ${print(index)} is none`)
  const options = { recursive: truth(args.extra.get('recursive') ?? false), mode: mergeMode(args.extra) }
  const merged = new Dict()
  for (const item of lists.flatMap((list) => itemsOf(list))) {
    if (!(item instanceof Dict)) return refuseValue(`lists_mergeby needs lists of dicts, not of ${typeName(item)}`)
    const key = getItem(item, index)
    if (key === undefined) continue
    const before = getItem(merged, key)
    setItem(merged, key, before instanceof Dict ? mergeDicts(before, item, options.recursive, options.mode) : new Dict(item))
  }
  return [...merged].sort(([a], [b]) => (typeof a === 'number' && typeof b === 'number' ? a - b : compareText(print(a), print(b)))).map(([, item]) => item)
}

function randomMac(input: Value, args: Args): Value {
  const prefix = textInput(input, 'random_mac').toLowerCase()
  const parts = prefix.split(':')
  if (parts.length > 5 || parts.some((part) => !/^[0-9a-f]{2}$/.test(part)))
    return refuseValue(`Invalid value (${prefix}) for random_mac: needs up to five pairs of hexadecimal digits`)
  const seed = args.value('seed')
  const missing = (6 - parts.length) * 8
  // Python draws from 68719476736 up, and uses as many hexadecimal digits as are missing.
  const drawn = seed === null ? randomInt(2 ** 40) : new PythonRandom(integer(seed) ?? print(seed)).below(2 ** 36 * 15)
  const digits = (drawn + 2 ** 36).toString(16).padStart(missing / 4, '0')
  const tail = digits.slice(0, missing / 4)
  return [...parts, ...(tail.match(/../g) ?? [])].join(':')
}
