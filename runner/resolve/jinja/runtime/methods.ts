/** The methods of strings, lists, tuples, dicts and numbers that a template may call: a white list, each written out. */
import { deleteItem, equal, getItem, hasItem, isHashable, setItem } from '../../../value/equal.ts'
import { print, repr } from '../../../value/print.ts'
import { linesOf } from '../../../value/text.ts'
import { truth } from '../../../value/truth.ts'
import { Dict, DictView, Float, Tuple } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { BoundMethod, Callable, refuseValue } from './callable.ts'
import { formatBraces, padText } from './format.ts'
import { characterCount, itemsOf, lengthOf, Range, sliceText } from './iterate.ts'
import { checkItems, checkTextLength, repeatText } from './limits.ts'
import { bitLength, integer } from './numbers.ts'
import { binary, compare, contains, order } from './operators.ts'
import type { Run } from './run.ts'
import { typeName } from './type.ts'
import { orElse } from './undefined.ts'

/** The bound method of that name, or undefined where the value has none that a template may call. */
export function methodOf(target: Value, name: string): Value | undefined {
  if (name.startsWith('__')) return specialMethodOf(target, name)
  if (typeof target === 'string') return bind(TEXT, target, name)
  if (target instanceof Dict) return bind(DICT, target, name)
  if (target instanceof DictView) return undefined
  if (Array.isArray(target)) return bind(LIST, target, name)
  if (target instanceof Range) return bind(TUPLE, new Tuple(target.items()), name)
  if (target instanceof Tuple) return bind(TUPLE, target, name)
  if (target instanceof Float) return bind(FLOAT, target, name)
  if (typeof target === 'number' || typeof target === 'bigint' || typeof target === 'boolean') return bind(INTEGER, target, name)
  return undefined
}

/** The methods behind operators and functions, such as `__setitem__`, which templates call for want of a statement. */
function specialMethodOf(target: Value, name: string): Value | undefined {
  const isText = typeof target === 'string'
  const isList = Array.isArray(target) && !(target instanceof DictView)
  const isNumber = typeof target === 'number' || typeof target === 'bigint' || typeof target === 'boolean' || target instanceof Float
  const isContainer = isText || isList || target instanceof Dict || target instanceof Tuple
  if (!isContainer && !isNumber) return undefined
  return (
    bind(SPECIAL, target, name) ??
    (isContainer ? bind(SPECIAL_OF_CONTAINERS, target, name) : undefined) ??
    (target instanceof Dict ? bind(SPECIAL_OF_DICTS, target, name) : bind(SPECIAL_OF_SUMS, target, name)) ??
    (isList ? bind(SPECIAL_OF_LISTS, target, name) : undefined)
  )
}

/** Methods that change the value that they belong to. A template that names one gets copies of the run's variables. */
export const MUTATING_METHODS: ReadonlySet<string> = new Set([
  '__delitem__',
  '__setitem__',
  'append',
  'clear',
  'extend',
  'insert',
  'pop',
  'popitem',
  'remove',
  'reverse',
  'setdefault',
  'sort',
  'update',
])

type Method<T> = (self: T, args: MethodArguments, run: Run) => Value

/** The methods of a type; a Map, so that no inherited name can be found. */
type Methods<T> = ReadonlyMap<string, Method<T>>

function bind<T extends Value>(methods: Methods<T>, target: T, name: string): Value | undefined {
  const method = methods.get(name)
  if (method === undefined) return undefined
  return new BoundMethod(name, typeName(target), (args, kwargs, run) => {
    const bound = new MethodArguments(name, args, kwargs)
    const result = method(target, bound, run)
    bound.checkAllUsed()
    if (typeof target === 'string') run.transformed([target, ...args], result)
    return result
  })
}

/** Arguments of a method, by position or by name. */
class MethodArguments {
  readonly name: string
  readonly #args: readonly Value[]
  readonly #kwargs: Dict
  /** How many arguments by position the method has asked for, and which by name. */
  #used = 0
  readonly #usedNames = new Set<Value>()

  constructor(name: string, args: readonly Value[], kwargs: Dict) {
    this.name = name
    this.#args = args
    this.#kwargs = kwargs
  }

  /** All arguments by position, for a method that takes any number. */
  get all(): readonly Value[] {
    this.#used = Infinity
    return this.#args
  }

  /** All arguments by name, for a method that takes any. */
  get kwargs(): Dict {
    for (const key of this.#kwargs.keys()) this.#usedNames.add(key)
    return this.#kwargs
  }

  get(index: number, name?: string): Value | undefined {
    this.#used = Math.max(this.#used, index + 1)
    if (name !== undefined) this.#usedNames.add(name)
    if (index < this.#args.length) return this.#args[index]
    return name === undefined ? undefined : this.#kwargs.get(name)
  }

  has(index: number): boolean {
    return index < this.#args.length
  }

  need(index: number): Value {
    const value = this.get(index)
    if (value !== undefined) return value
    return refuseValue(`${this.name}() takes at least ${index + 1} argument${index === 0 ? '' : 's'} (${this.#args.length} given)`)
  }

  /** Refuses arguments that the method does not take. */
  checkAllUsed(): void {
    if (this.#args.length > this.#used) refuseValue(`${this.name}() takes at most ${this.#used} arguments (${this.#args.length} given)`)
    for (const key of this.#kwargs.keys()) if (!this.#usedNames.has(key)) refuseValue(`${this.name}() takes no keyword argument '${print(key)}'`)
  }

  text(index: number): string {
    const value = this.need(index)
    return typeof value === 'string' ? value : refuseValue(`${this.name}() argument must be str, not ${typeName(value)}`)
  }

  textOr<T>(index: number, fallback: T, name?: string): string | T {
    const value = this.get(index, name)
    if (value === undefined || value === null) return fallback
    return typeof value === 'string' ? value : refuseValue(`${this.name}() argument must be str, not ${typeName(value)}`)
  }

  whole(index: number, fallback?: number, name?: string): number {
    const value = this.get(index, name)
    if ((value === undefined || value === null) && fallback !== undefined) return fallback
    const whole = value === undefined ? undefined : integer(value)
    if (whole !== undefined) return Number(whole)
    return refuseValue(`'${value === undefined ? 'NoneType' : typeName(value)}' object cannot be interpreted as an integer`)
  }

  flag(index: number, name: string): boolean {
    const value = this.get(index, name)
    return value !== undefined && truth(value)
  }
}

// ---- str ----

const TEXT: Methods<string> = new Map<string, Method<string>>([
  ['capitalize', (s) => capitalize(s)],
  ['casefold', (s) => s.toLowerCase().replaceAll('ß', 'ss')],
  ['center', (s, a) => center(s, a.whole(0), fill(a))],
  ['count', (s, a) => countText(window(s, a, 1), a.text(0))],
  ['endswith', (s, a) => affixes(a).some((each) => window(s, a, 1).endsWith(each))],
  ['expandtabs', (s, a) => expandTabs(s, a.whole(0, 8, 'tabsize'))],
  // Bytes print as the text that they encode wherever Ansible shows them.
  ['encode', (s, a) => (a.get(0), a.get(1), s)],
  ['find', (s, a) => find(s, a, false)],
  ['format', (s, a) => formatBraces(s, a.all, a.kwargs)],
  ['format_map', (s, a) => formatBraces(s, [], a.need(0) instanceof Dict ? (a.need(0) as Dict) : refuseValue('format_map() needs a mapping'))],
  ['index', (s, a) => foundAt(find(s, a, false))],
  ['isalnum', (s) => /^[\p{L}\p{N}]+$/u.test(s)],
  ['isalpha', (s) => /^\p{L}+$/u.test(s)],
  ['isascii', (s) => /^[\x00-\x7f]*$/.test(s)],
  ['isdecimal', (s) => /^\p{Nd}+$/u.test(s)],
  ['isdigit', (s) => /^[\p{Nd}\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089]+$/u.test(s)],
  ['isidentifier', (s) => /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$/u.test(s)],
  ['islower', (s) => isLower(s)],
  ['isnumeric', (s) => /^\p{N}+$/u.test(s)],
  ['isprintable', (s) => !/(?! )[\p{C}\p{Z}]/u.test(s)],
  ['isspace', (s) => s !== '' && s.trim() === ''],
  ['istitle', (s) => /[\p{Lu}\p{Lt}\p{Ll}]/u.test(s) && title(s) === s],
  ['isupper', (s) => isUpper(s)],
  ['join', (s, a) => joinText(s, a.need(0))],
  ['ljust', (s, a) => padText(s, a.whole(0), fill(a), '<')],
  ['lower', (s) => s.toLowerCase()],
  ['lstrip', (s, a) => strip(s, a.textOr(0, undefined), true, false)],
  ['partition', (s, a) => partition(s, separator(a), s.indexOf(separator(a)), false)],
  ['removeprefix', (s, a) => (s.startsWith(a.text(0)) ? s.slice(a.text(0).length) : s)],
  ['removesuffix', (s, a) => (a.text(0) !== '' && s.endsWith(a.text(0)) ? s.slice(0, -a.text(0).length) : s)],
  ['replace', (s, a) => replaceText(s, a.text(0), a.text(1), a.whole(2, -1, 'count'))],
  ['rfind', (s, a) => find(s, a, true)],
  ['rindex', (s, a) => foundAt(find(s, a, true))],
  ['rjust', (s, a) => padText(s, a.whole(0), fill(a), '>')],
  ['rpartition', (s, a) => partition(s, separator(a), s.lastIndexOf(separator(a)), true)],
  ['rsplit', (s, a) => splitText(s, a.textOr(0, undefined, 'sep'), a.whole(1, -1, 'maxsplit'), true)],
  ['rstrip', (s, a) => strip(s, a.textOr(0, undefined), false, true)],
  ['split', (s, a) => splitText(s, a.textOr(0, undefined, 'sep'), a.whole(1, -1, 'maxsplit'), false)],
  ['splitlines', (s, a) => splitLines(s, a.flag(0, 'keepends'))],
  ['startswith', (s, a) => affixes(a).some((each) => window(s, a, 1).startsWith(each))],
  ['strip', (s, a) => strip(s, a.textOr(0, undefined), true, true)],
  ['swapcase', (s) => s.replace(/\p{L}/gu, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()))],
  ['title', (s) => title(s)],
  ['upper', (s) => s.toUpperCase()],
  ['zfill', (s, a) => zeroFill(s, a.whole(0))],
])

export function capitalize(text: string): string {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0)
  return text === '' ? '' : first.toUpperCase() + text.slice(first.length).toLowerCase()
}

/** As Python's `str.title()`: a word starts after anything that is not a letter, an apostrophe too. */
function title(text: string): string {
  return text.replace(/[\p{Lu}\p{Ll}\p{Lt}\p{Lm}]+/gu, capitalize)
}

/** Centres as Python does: the odd blank goes left where the width is odd. */
export function center(text: string, width: number, fillWith = ' '): string {
  const missing = width - characterCount(text)
  if (missing <= 0) return text
  const left = Math.floor(missing / 2) + (missing & width & 1)
  return repeatText(fillWith, left) + text + repeatText(fillWith, missing - left)
}

export function isLower(text: string): boolean {
  return /\p{Ll}/u.test(text) && !/[\p{Lu}\p{Lt}]/u.test(text)
}

export function isUpper(text: string): boolean {
  return /\p{Lu}/u.test(text) && !/[\p{Ll}\p{Lt}]/u.test(text)
}

function joinText(between: string, list: Value): string {
  const parts = itemsOf(list).map((item, index) => {
    if (typeof item === 'string') return item
    return refuseValue(`sequence item ${index}: expected str instance, ${typeName(item)} found`)
  })
  checkTextLength(parts.reduce((sum, part) => sum + part.length + between.length, 0))
  return parts.join(between)
}

export function replaceText(text: string, from: string, to: string, count = -1): string {
  if (count === 0) return text
  const pieces = count < 0 ? text.split(from) : splitAtMost(text, from, count)
  if (from !== '') {
    checkTextLength(text.length + (pieces.length - 1) * Math.max(0, to.length - from.length))
    return pieces.join(to)
  }
  // An empty text stands before every character and at the end.
  const characters = Array.from(text)
  const times = count < 0 ? characters.length + 1 : Math.min(count, characters.length + 1)
  checkTextLength(text.length + times * to.length)
  return characters.map((character, index) => (index < times ? to : '') + character).join('') + (times > characters.length ? to : '')
}

/** `split` and `rsplit`; without a separator at white space, with no empty parts. */
export function splitText(text: string, separator: string | undefined, limit: number, fromRight: boolean): Value[] {
  if (separator === '') return refuseValue('empty separator')
  const parts = separator === undefined ? splitSpace(text, limit, fromRight) : splitSeparator(text, separator, limit, fromRight)
  checkItems(parts.length)
  return parts
}

function splitSeparator(text: string, separator: string, limit: number, fromRight: boolean): string[] {
  const parts = text.split(separator)
  if (limit < 0 || parts.length <= limit + 1) return parts
  if (fromRight) return [parts.slice(0, parts.length - limit).join(separator), ...parts.slice(parts.length - limit)]
  return splitAtMost(text, separator, limit)
}

function splitAtMost(text: string, separator: string, limit: number): string[] {
  const parts = text.split(separator)
  return parts.length <= limit + 1 ? parts : [...parts.slice(0, limit), parts.slice(limit).join(separator)]
}

function splitSpace(text: string, limit: number, fromRight: boolean): string[] {
  const trimmed = fromRight ? text.trimEnd() : text.trimStart()
  const words = text
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (limit < 0 || words.length <= limit + 1) return words
  const parts: string[] = []
  let rest = trimmed
  for (let count = 0; count < limit; count++) {
    const found = fromRight ? /^([\s\S]*?)\s+(\S+)$/.exec(rest) : /^(\S+)\s+([\s\S]*)$/.exec(rest)
    if (found === null) break
    parts.push(fromRight ? found[2]! : found[1]!)
    rest = fromRight ? found[1]! : found[2]!
  }
  return fromRight ? [rest, ...parts.reverse()] : [...parts, rest]
}

export function splitLines(text: string, keepEnds = false): string[] {
  const lines = linesOf(text, keepEnds)
  checkItems(lines.length)
  return lines
}

export function strip(text: string, characters: string | undefined, left: boolean, right: boolean): string {
  if (characters === undefined) {
    let out = text
    if (left) out = out.replace(/^[\s\x1c-\x1f\x85]+/, '')
    if (right) out = out.trimEnd()
    return out
  }
  const set = new Set(characters)
  const all = Array.from(text)
  let start = 0
  let end = all.length
  if (left) while (start < end && set.has(all[start]!)) start++
  if (right) while (end > start && set.has(all[end - 1]!)) end--
  return all.slice(start, end).join('')
}

function countText(text: string, needle: string): number {
  return needle === '' ? characterCount(text) + 1 : text.split(needle).length - 1
}

/** The part of the text that `start` and `end` arguments pick. */
function window(text: string, args: MethodArguments, first: number): string {
  args.get(first)
  args.get(first + 1)
  if (!args.has(first)) return text
  const length = characterCount(text)
  const at = (index: number, fallback: number): number => {
    const bound = args.whole(index, fallback)
    return Math.max(0, bound < 0 ? bound + length : bound)
  }
  return sliceText(text, at(first, 0), at(first + 1, length))
}

function find(text: string, args: MethodArguments, last: boolean): number {
  const part = window(text, args, 1)
  const at = last ? part.lastIndexOf(args.text(0)) : part.indexOf(args.text(0))
  if (at < 0) return -1
  const start = args.has(1) ? args.whole(1, 0) : 0
  const length = characterCount(text)
  if (start > length) return -1
  return characterCount(part.slice(0, at)) + Math.max(0, start < 0 ? start + length : start)
}

function foundAt(index: number): number {
  return index < 0 ? refuseValue('substring not found') : index
}

function affixes(args: MethodArguments): string[] {
  const given = args.need(0)
  if (!(given instanceof Tuple)) return [args.text(0)]
  return given.items.map((item) => (typeof item === 'string' ? item : refuseValue(`${args.name}() needs strings, not ${typeName(item)}`)))
}

function fill(args: MethodArguments): string {
  const given = args.textOr(1, ' ')
  return characterCount(given) === 1 ? given : refuseValue('The fill character must be exactly one character long')
}

function separator(args: MethodArguments): string {
  return args.text(0) === '' ? refuseValue('empty separator') : args.text(0)
}

function partition(text: string, sep: string, at: number, fromRight: boolean): Tuple {
  if (at < 0) return new Tuple(fromRight ? ['', '', text] : [text, '', ''])
  return new Tuple([text.slice(0, at), sep, text.slice(at + sep.length)])
}

function expandTabs(text: string, size: number): string {
  let column = 0
  let out = ''
  for (const character of text) {
    if (character === '\t') {
      const blanks = size > 0 ? size - (column % size) : 0
      out += repeatText(' ', blanks)
      column += blanks
      checkTextLength(out.length)
    } else {
      out += character
      column = character === '\n' || character === '\r' ? 0 : column + 1
    }
  }
  return out
}

function zeroFill(text: string, width: number): string {
  const sign = /^[-+]/.exec(text)?.[0] ?? ''
  return sign + padText(text.slice(sign.length), width - sign.length, '0', '>')
}

// ---- dict ----

const DICT: Methods<Dict> = new Map<string, Method<Dict>>([
  ['clear', (d) => (d.clear(), null)],
  ['copy', (d) => new Dict(d)],
  ['fromkeys', (_d, a) => fromKeys(a)],
  ['get', (d, a) => valueOr(d, key(a), a.get(1))],
  [
    'items',
    (d) =>
      new DictView(
        'dict_items',
        [...d].map(([k, v]) => new Tuple([k, v])),
      ),
  ],
  ['keys', (d) => new DictView('dict_keys', d.keys())],
  ['pop', (d, a) => take(d, a)],
  ['popitem', (d) => takeLast(d)],
  ['setdefault', (d, a) => setDefault(d, key(a), a.get(1) ?? null)],
  ['update', (d, a) => update(d, a)],
  ['values', (d) => new DictView('dict_values', d.values())],
])

function fromKeys(args: MethodArguments): Dict {
  const dict = new Dict()
  for (const name of itemsOf(args.need(0))) setItem(dict, name, args.get(1) ?? null)
  return dict
}

function key(args: MethodArguments): Value {
  if (!args.has(0)) return refuseValue(`${args.name} expected at least 1 argument, got 0`)
  const given = args.need(0)
  return isHashable(given) ? given : refuseValue(`unhashable type: '${typeName(given)}'`)
}

function valueOr(dict: Dict, name: Value, fallback: Value = null): Value {
  return orElse(getItem(dict, name), () => fallback)
}

function take(dict: Dict, args: MethodArguments): Value {
  const fallback = args.get(1)
  const found = getItem(dict, key(args))
  if (found !== undefined) {
    deleteItem(dict, key(args))
    return found
  }
  return orElse(fallback, () => refuseValue(`pop(): there is no key ${print(key(args))}`))
}

function takeLast(dict: Dict): Value {
  const last = [...dict].at(-1)
  if (last === undefined) return refuseValue('popitem(): dictionary is empty')
  dict.delete(last[0])
  return new Tuple(last)
}

function setDefault(dict: Dict, name: Value, fallback: Value): Value {
  if (!hasItem(dict, name)) setItem(dict, name, fallback)
  return getItem(dict, name) ?? null
}

function update(dict: Dict, args: MethodArguments): null {
  const given = args.get(0)
  for (const [name, value] of given === undefined ? [] : pairsOf(given)) setItem(dict, name, value)
  for (const [name, value] of args.kwargs) setItem(dict, name, value)
  return null
}

/** The entries of a dict, or of a list of pairs, as Python's `dict()` takes them. */
export function pairsOf(value: Value): [Value, Value][] {
  if (value instanceof Dict) return [...value]
  return itemsOf(value).map((pair, index) => {
    const parts = itemsOf(pair)
    if (parts.length !== 2) return refuseValue(`dictionary update sequence element #${index} has length ${parts.length}; 2 is required`)
    const [name, item] = parts as [Value, Value]
    return isHashable(name) ? [name, item] : refuseValue(`unhashable type: '${typeName(name)}'`)
  })
}

// ---- list, tuple, numbers ----

const LIST: Methods<Value[]> = new Map<string, Method<Value[]>>([
  ['append', (l, a) => grow(l, [a.need(0)], l.length)],
  ['clear', (l) => (l.splice(0), null)],
  ['copy', (l) => [...l]],
  ['count', (l, a) => countItems(l, a.need(0))],
  ['extend', (l, a) => grow(l, itemsOf(a.need(0)), l.length)],
  ['index', (l, a) => indexOf(l, a)],
  ['insert', (l, a) => grow(l, [a.need(1)], a.whole(0))],
  ['pop', (l, a) => popAt(l, a.whole(0, -1))],
  ['remove', (l, a) => removeFirst(l, a.need(0))],
  ['reverse', (l) => (l.reverse(), null)],
  ['sort', (l, a, run) => sortInPlace(l, a, run)],
])

const TUPLE: Methods<Tuple> = new Map<string, Method<Tuple>>([
  ['count', (t, a) => countItems(t.items, a.need(0))],
  ['index', (t, a) => indexOf(t.items, a)],
])

const FLOAT: Methods<Float> = new Map<string, Method<Float>>([
  ['conjugate', (f) => f],
  ['is_integer', (f) => Number.isInteger(f.value)],
])
const INTEGER: Methods<number | bigint | boolean> = new Map<string, Method<number | bigint | boolean>>([
  ['conjugate', (i) => (typeof i === 'boolean' ? Number(i) : i)],
  ['bit_length', (i) => (typeof i === 'bigint' ? (i < 0n ? -i : i).toString(2).length : bitLength(Number(i)))],
])

// ---- behind operators and functions ----

const SPECIAL: Methods<Value> = new Map<string, Method<Value>>([
  ['__eq__', (v, a) => equal(v, a.need(0))],
  ['__ge__', (v, a) => compare('>=', v, a.need(0))],
  ['__gt__', (v, a) => compare('>', v, a.need(0))],
  ['__le__', (v, a) => compare('<=', v, a.need(0))],
  ['__lt__', (v, a) => compare('<', v, a.need(0))],
  ['__ne__', (v, a) => !equal(v, a.need(0))],
  ['__repr__', (v) => repr(v)],
  ['__str__', (v) => print(v)],
])

const SPECIAL_OF_CONTAINERS: Methods<Value> = new Map<string, Method<Value>>([
  ['__contains__', (v, a) => contains(v, a.need(0))],
  ['__getitem__', (v, a) => itemAt(v, a)],
  ['__len__', (v) => lengthOf(v)],
])

const SPECIAL_OF_SUMS: Methods<Value> = new Map<string, Method<Value>>([
  ['__add__', (v, a) => binary('+', v, a.need(0))],
  ['__mul__', (v, a) => binary('*', v, a.need(0))],
])

const SPECIAL_OF_DICTS: Methods<Dict> = new Map<string, Method<Dict>>([
  ['__delitem__', (d, a) => (deleteItem(d, key(a)) ? null : refuseValue(repr(a.need(0))))],
  ['__setitem__', (d, a) => (setItem(d, key(a), a.need(1)), null)],
])

const SPECIAL_OF_LISTS: Methods<Value[]> = new Map<string, Method<Value[]>>([
  ['__delitem__', (l, a) => (l.splice(indexIn(l, a), 1), null)],
  ['__setitem__', (l, a) => (l.splice(indexIn(l, a), 1, a.need(1)), null)],
])

function itemAt(target: Value, args: MethodArguments): Value {
  if (target instanceof Dict) return orElse(getItem(target, key(args)), () => refuseValue(repr(args.need(0))))
  const items = itemsOf(target)
  return items[indexIn(items, args)]!
}

function indexIn(items: readonly Value[], args: MethodArguments): number {
  const index = args.whole(0)
  const at = index < 0 ? index + items.length : index
  return at in items ? at : refuseValue('index out of range')
}

function grow(list: Value[], items: readonly Value[], at: number): null {
  checkItems(list.length + items.length)
  list.splice(at, 0, ...items)
  return null
}

function countItems(list: readonly Value[], wanted: Value): number {
  return list.filter((item) => equal(item, wanted)).length
}

function indexOf(list: readonly Value[], args: MethodArguments): number {
  const wanted = args.need(0)
  const start = args.whole(1, 0)
  const from = start < 0 ? Math.max(0, start + list.length) : start
  const at = list.findIndex((item, index) => index >= from && equal(item, wanted))
  return at < 0 ? refuseValue(`${print(wanted)} is not in list`) : at
}

function popAt(list: Value[], index: number): Value {
  const at = index < 0 ? index + list.length : index
  if (list.length === 0) return refuseValue('pop from empty list')
  return at in list ? list.splice(at, 1)[0]! : refuseValue('pop index out of range')
}

function removeFirst(list: Value[], item: Value): null {
  const at = list.findIndex((each) => equal(each, item))
  if (at < 0) return refuseValue('list.remove(x): x not in list')
  list.splice(at, 1)
  return null
}

function sortInPlace(list: Value[], args: MethodArguments, run: Run): null {
  const by = args.kwargs.get('key') ?? null
  const isReversed = truth(args.kwargs.get('reverse') ?? false)
  if (by !== null && !(by instanceof Callable)) return refuseValue(`'${typeName(by)}' object is not callable`)
  const keyed = list.map((item) => ({ item, by: by === null ? item : by.call([item], new Dict(), run) }))
  keyed.sort((a, b) => (isReversed ? order(b.by, a.by) : order(a.by, b.by)))
  list.splice(0, list.length, ...keyed.map((each) => each.item))
  return null
}
