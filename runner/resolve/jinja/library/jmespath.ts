/** JMESPath (https://jmespath.org/specification.html), what `json_query` asks with. */
import { equal, getItem } from '../../../value/equal.ts'
import { toJson } from '../../../value/convert.ts'
import { print } from '../../../value/print.ts'
import { fromJson } from '../../../value/read-json.ts'
import { compareText } from '../../../value/text.ts'
import { Dict, Float, Tuple } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { refuseValue } from '../runtime/callable.ts'
import { characterCount, checkUsable } from '../runtime/iterate.ts'
import { absoluteNumber, addNumbers, compareNumbers, divideNumbers, normalize, numeric, toNumber } from '../runtime/numbers.ts'
import type { Numeric } from '../runtime/numbers.ts'

/** What a query finds in a value; null where it finds nothing. */
export function searchJmespath(query: string, value: Value): Value {
  const node = new Parser(query).parse()
  return evaluate(node, value)
}

type Node =
  | { readonly kind: 'current' }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'slice'; readonly bounds: readonly (number | undefined)[] }
  | { readonly kind: 'sub' | 'pipe' | 'and' | 'or'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'not' | 'flatten' | 'values' | 'reference'; readonly node: Node }
  | { readonly kind: 'project'; readonly from: 'list' | 'values'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'filter'; readonly left: Node; readonly test: Node; readonly right: Node }
  | { readonly kind: 'compare'; readonly operator: string; readonly left: Node; readonly right: Node }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'hash'; readonly entries: readonly (readonly [string, Node])[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[] }

// ---- tokens ----

interface Token {
  readonly type: string
  readonly value: Value
  readonly at: number
}

const TOKEN = /\s*(?:([A-Za-z_]\w*)|(-?\d+)|("(?:[^"\\]|\\.)*")|('(?:[^'\\]|\\.)*')|(`(?:[^`\\]|\\.)*`)|(\[\?|\[\]|\|\||&&|[<>=!]=|[<>!|&.,:*@()[\]{}]))/y

function tokenize(query: string): Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < query.trimEnd().length) {
    const at = TOKEN.lastIndex
    const found = TOKEN.exec(query)
    if (found === null) return refuseValue(`the JMESPath query '${query}' has an unexpected character at position ${at}`)
    const [, name, number, quoted, raw, literal, operator] = found
    if (name !== undefined) tokens.push({ type: 'name', value: name, at })
    else if (number !== undefined) tokens.push({ type: 'number', value: Number(number), at })
    else if (quoted !== undefined) tokens.push({ type: 'quoted', value: json(quoted, query), at })
    else if (raw !== undefined) tokens.push({ type: 'literal', value: raw.slice(1, -1).replace(/\\'/g, "'"), at })
    else if (literal !== undefined) tokens.push({ type: 'literal', value: literalValue(literal.slice(1, -1).replace(/\\`/g, '`'), query), at })
    else tokens.push({ type: operator!, value: operator!, at })
  }
  tokens.push({ type: 'end', value: '', at: query.length })
  return tokens
}

function literalValue(text: string, query: string): Value {
  try {
    return fromJson(text)
  } catch {
    // An old form: text without quotes.
    return json(`"${text.trim()}"`, query)
  }
}

function json(text: string, query: string): Value {
  try {
    return fromJson(text)
  } catch {
    return refuseValue(`the JMESPath query '${query}' holds ${text}, which is no JSON`)
  }
}

// ---- parser ----

const POWER: Readonly<Record<string, number>> = {
  '|': 1,
  '||': 2,
  '&&': 3,
  '==': 5,
  '!=': 5,
  '<': 5,
  '<=': 5,
  '>': 5,
  '>=': 5,
  '[]': 9,
  '*': 20,
  '[?': 21,
  '.': 40,
  '!': 45,
  '{': 50,
  '[': 55,
  '(': 60,
}
const PROJECTION_STOP = 10
const MAX_DEPTH = 100

class Parser {
  readonly #query: string
  readonly #tokens: Token[]
  #at = 0
  #depth = 0

  constructor(query: string) {
    this.#query = query
    this.#tokens = tokenize(query)
  }

  parse(): Node {
    const node = this.#expression(0)
    if (this.#peek().type !== 'end') this.#fault()
    return node
  }

  #expression(power: number): Node {
    if (++this.#depth > MAX_DEPTH) refuseValue('a JMESPath query is nested too deep')
    let left = this.#prefix(this.#next())
    while (power < this.#power()) left = this.#infix(left, this.#next())
    this.#depth--
    return left
  }

  #power(): number {
    const { type } = this.#peek()
    return Object.hasOwn(POWER, type) ? POWER[type]! : 0
  }

  #prefix(token: Token): Node {
    switch (token.type) {
      case 'literal':
        return { kind: 'literal', value: token.value }
      case 'name':
        return { kind: 'field', name: token.value as string }
      case 'quoted':
        if (this.#peek().type === '(') this.#fault()
        return { kind: 'field', name: token.value as string }
      case '*':
        return { kind: 'project', from: 'values', left: { kind: 'current' }, right: this.#projected(POWER['*']!) }
      case '@':
        return { kind: 'current' }
      case '&':
        return { kind: 'reference', node: this.#expression(0) }
      case '!':
        return { kind: 'not', node: this.#expression(POWER['!']!) }
      case '(': {
        const inner = this.#expression(0)
        this.#expect(')')
        return inner
      }
      case '{':
        return this.#hash()
      case '[]':
        return { kind: 'project', from: 'list', left: { kind: 'flatten', node: { kind: 'current' } }, right: this.#projected(POWER['[]']!) }
      case '[?':
        return this.#filter({ kind: 'current' })
      case '[':
        return this.#bracket({ kind: 'current' }, true)
      default:
        return this.#fault(token)
    }
  }

  #infix(left: Node, token: Token): Node {
    switch (token.type) {
      case '.':
        if (this.#peek().type === '*') {
          this.#next()
          return { kind: 'project', from: 'values', left, right: this.#projected(POWER['*']!) }
        }
        return { kind: 'sub', left, right: this.#afterDot(POWER['.']!) }
      case '|':
        return { kind: 'pipe', left, right: this.#expression(POWER['|']!) }
      case '||':
        return { kind: 'or', left, right: this.#expression(POWER['||']!) }
      case '&&':
        return { kind: 'and', left, right: this.#expression(POWER['&&']!) }
      case '[]':
        return { kind: 'project', from: 'list', left: { kind: 'flatten', node: left }, right: this.#projected(POWER['[]']!) }
      case '[?':
        return this.#filter(left)
      case '[':
        return this.#bracket(left, false)
      case '(':
        return this.#call(left)
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return { kind: 'compare', operator: token.type, left, right: this.#expression(POWER['==']!) }
      default:
        return this.#fault(token)
    }
  }

  #filter(left: Node): Node {
    const test = this.#expression(0)
    this.#expect(']')
    const right = this.#peek().type === '[]' ? ({ kind: 'current' } as const) : this.#projected(POWER['[?']!)
    return { kind: 'filter', left, test, right }
  }

  #bracket(left: Node, isPrefix: boolean): Node {
    const { type } = this.#peek()
    if (type === 'number' || type === ':') {
      const picked = this.#indexOrSlice()
      const node: Node = isPrefix ? picked : { kind: 'sub', left, right: picked }
      return picked.kind === 'slice' ? { kind: 'project', from: 'list', left: node, right: this.#projected(POWER['*']!) } : node
    }
    if (type === '*' && this.#peek(1).type === ']') {
      this.#at += 2
      return { kind: 'project', from: 'list', left, right: this.#projected(POWER['*']!) }
    }
    const list = this.#multiList()
    return isPrefix ? list : { kind: 'sub', left, right: list }
  }

  #indexOrSlice(): Node {
    const bounds: (number | undefined)[] = [undefined, undefined, undefined]
    let part = 0
    while (this.#peek().type !== ']') {
      const token = this.#next()
      if (token.type === ':') {
        if (++part > 2) this.#fault(token)
      } else if (token.type === 'number') bounds[part] = token.value as number
      else this.#fault(token)
    }
    this.#next()
    return part === 0 ? { kind: 'index', index: bounds[0]! } : { kind: 'slice', bounds }
  }

  /** What is asked of each item of a projection. */
  #projected(power: number): Node {
    if (this.#power() < PROJECTION_STOP) return { kind: 'current' }
    const { type } = this.#peek()
    if (type === '[' || type === '[?') return this.#expression(power)
    if (type !== '.') return this.#fault()
    this.#next()
    return this.#afterDot(power)
  }

  #afterDot(power: number): Node {
    const { type } = this.#peek()
    if (type === 'name' || type === 'quoted' || type === '*') return this.#expression(power)
    if (type === '[') {
      this.#next()
      return this.#multiList()
    }
    if (type === '{') {
      this.#next()
      return this.#hash()
    }
    return this.#fault()
  }

  #multiList(): Node {
    const items: Node[] = []
    do items.push(this.#expression(0))
    while (this.#accept(','))
    this.#expect(']')
    return { kind: 'list', items }
  }

  #hash(): Node {
    const entries: (readonly [string, Node])[] = []
    do {
      const key = this.#next()
      if (key.type !== 'name' && key.type !== 'quoted') this.#fault(key)
      this.#expect(':')
      entries.push([key.value as string, this.#expression(0)])
    } while (this.#accept(','))
    this.#expect('}')
    return { kind: 'hash', entries }
  }

  #call(left: Node): Node {
    if (left.kind !== 'field') return this.#fault()
    const args: Node[] = []
    while (this.#peek().type !== ')') {
      if (args.length > 0) this.#expect(',')
      args.push(this.#expression(0))
    }
    this.#next()
    return { kind: 'call', name: left.name, args }
  }

  #peek(distance = 0): Token {
    return this.#tokens[Math.min(this.#at + distance, this.#tokens.length - 1)]!
  }

  #next(): Token {
    const token = this.#peek()
    if (this.#at < this.#tokens.length - 1) this.#at++
    return token
  }

  #accept(type: string): boolean {
    if (this.#peek().type !== type) return false
    this.#next()
    return true
  }

  #expect(type: string): void {
    if (!this.#accept(type)) this.#fault()
  }

  #fault(token = this.#peek()): never {
    const shown = token.type === 'end' ? 'its end' : `'${print(token.value)}' at position ${token.at}`
    return refuseValue(`the JMESPath query '${this.#query}' is not understood at ${shown}`)
  }
}

// ---- evaluation ----

class Reference {
  readonly node: Node
  constructor(node: Node) {
    this.node = node
  }
}

function evaluate(node: Node, value: Value): Value {
  switch (node.kind) {
    case 'current':
      checkUsable(value)
      return value
    case 'field':
      checkUsable(value)
      return value instanceof Dict ? (getItem(value, node.name) ?? null) : null
    case 'literal':
      return node.value
    case 'index': {
      const items = listOf(value)
      return items?.at(node.index) ?? null
    }
    case 'slice':
      return sliceItems(listOf(value), node.bounds)
    case 'sub': {
      const left = evaluate(node.left, value)
      return left === null ? null : evaluate(node.right, left)
    }
    case 'pipe':
      return evaluate(node.right, evaluate(node.left, value))
    case 'and': {
      const left = evaluate(node.left, value)
      return isTrue(left) ? evaluate(node.right, value) : left
    }
    case 'or': {
      const left = evaluate(node.left, value)
      return isTrue(left) ? left : evaluate(node.right, value)
    }
    case 'not':
      return !isTrue(evaluate(node.node, value))
    case 'flatten': {
      const items = listOf(evaluate(node.node, value))
      return items === undefined ? null : items.flatMap((item) => listOf(item) ?? [item])
    }
    case 'values': {
      const dict = evaluate(node.node, value)
      return dict instanceof Dict ? [...dict.values()] : null
    }
    case 'reference':
      return refuseValue('a JMESPath expression type can only be an argument of a function')
    case 'project': {
      const left = evaluate(node.left, value)
      const items = node.from === 'list' ? listOf(left) : left instanceof Dict ? [...left.values()] : undefined
      return items === undefined ? null : project(items, node.right)
    }
    case 'filter': {
      const items = listOf(evaluate(node.left, value))
      return items === undefined ? null : project(items.filter((item) => isTrue(evaluate(node.test, item))), node.right) // prettier-ignore
    }
    case 'compare':
      return compare(node.operator, evaluate(node.left, value), evaluate(node.right, value))
    case 'list':
      return value === null ? null : node.items.map((item) => evaluate(item, value))
    case 'hash':
      return value === null ? null : new Dict(node.entries.map(([key, item]) => [key, evaluate(item, value)]))
    case 'call':
      return call(node.name, node.args.map((arg) => (arg.kind === 'reference' ? new Reference(arg.node) : evaluate(arg, value)))) // prettier-ignore
  }
}

function project(items: readonly Value[], right: Node): Value {
  return items.map((item) => evaluate(right, item)).filter((item) => item !== null)
}

function listOf(value: Value): readonly Value[] | undefined {
  checkUsable(value)
  if (Array.isArray(value)) return value
  return value instanceof Tuple ? value.items : undefined
}

function sliceItems(items: readonly Value[] | undefined, bounds: readonly (number | undefined)[]): Value {
  if (items === undefined) return null
  const [start, stop, step = 1] = bounds
  if (step === 0) return refuseValue('the step of a JMESPath slice cannot be zero')
  const { length } = items
  const clamp = (bound: number): number => (bound < 0 ? Math.max(bound + length, step < 0 ? -1 : 0) : Math.min(bound, step < 0 ? length - 1 : length))
  const from = start === undefined ? (step < 0 ? length - 1 : 0) : clamp(start)
  const to = stop === undefined ? (step < 0 ? -1 : length) : clamp(stop)
  const picked: Value[] = []
  for (let index = from; step > 0 ? index < to : index > to; index += step) picked.push(items[index]!)
  return picked
}

function isTrue(value: Value): boolean {
  checkUsable(value)
  if (value === null || value === false || value === '') return false
  if (Array.isArray(value)) return value.length > 0
  return !(value instanceof Dict && value.size === 0)
}

function isNumber(value: Value): value is Numeric {
  return typeof value !== 'boolean' && numeric(value) !== undefined
}

function compare(operator: string, a: Value, b: Value): Value {
  if (operator === '==' || operator === '!=') {
    const isSame = (typeof a === 'boolean') === (typeof b === 'boolean') && equal(a, b)
    return isSame === (operator === '==')
  }
  const order = orderOf(a, b)
  if (order === undefined) return null
  if (operator === '<') return order < 0
  if (operator === '<=') return order <= 0
  return operator === '>' ? order > 0 : order >= 0
}

function orderOf(a: Value, b: Value): number | undefined {
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b)
  return typeof a === 'string' && typeof b === 'string' ? compareText(a, b) : undefined
}

type Argument = Value | Reference

function call(name: string, args: readonly Argument[]): Value {
  const own = FUNCTIONS.get(name)
  if (own === undefined) return refuseValue(`there is no JMESPath function ${name}()`)
  const [least, most, run] = own
  if (args.length < least || args.length > most) return refuseValue(`the JMESPath function ${name}() takes ${least} arguments, ${args.length} given`)
  return run(new Arguments(name, args))
}

class Arguments {
  readonly name: string
  readonly all: readonly Argument[]
  constructor(name: string, all: readonly Argument[]) {
    this.name = name
    this.all = all
  }

  any(index: number): Value {
    const value = this.all[index] ?? null
    return value instanceof Reference ? this.wrong(index, 'a value') : value
  }

  number(index: number): Numeric {
    const value = this.any(index)
    return isNumber(value) ? value : this.wrong(index, 'a number')
  }

  text(index: number): string {
    const value = this.any(index)
    return typeof value === 'string' ? value : this.wrong(index, 'a string')
  }

  list(index: number): readonly Value[] {
    return listOf(this.any(index)) ?? this.wrong(index, 'a list')
  }

  dict(index: number): Dict {
    const value = this.any(index)
    return value instanceof Dict ? value : this.wrong(index, 'an object')
  }

  expression(index: number): (value: Value) => Value {
    const reference = this.all[index]
    if (!(reference instanceof Reference)) return this.wrong(index, 'an expression')
    return (value) => evaluate(reference.node, value)
  }

  wrong(index: number, wanted: string): never {
    return refuseValue(`argument ${index + 1} of the JMESPath function ${this.name}() must be ${wanted}`)
  }
}

function sortedBy(args: Arguments, items: readonly Value[], key: (item: Value) => Value): { item: Value; key: Value }[] {
  const keyed = items.map((item) => ({ item, key: key(item) }))
  return keyed.sort((a, b) => orderOf(a.key, b.key) ?? args.wrong(0, 'a list of numbers or of strings'))
}

function typeOf(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return 'boolean'
  if (isNumber(value)) return 'number'
  if (typeof value === 'string') return 'string'
  return listOf(value) === undefined ? 'object' : 'array'
}

function toNumberValue(value: Value): Value {
  if (isNumber(value)) return value
  if (typeof value !== 'string' || !/^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/.test(value)) return null
  return /[.eE]/.test(value) ? new Float(Number(value)) : normalize(BigInt(value.trim()))
}

function sum(numbers: readonly Value[], args: Arguments): Numeric {
  return numbers.reduce<Numeric>((total, each) => addNumbers(total, isNumber(each) ? each : args.wrong(0, 'a list of numbers')), 0)
}

const FUNCTIONS: ReadonlyMap<string, readonly [number, number, (args: Arguments) => Value]> = new Map<
  string,
  readonly [number, number, (args: Arguments) => Value]
>([
  ['abs', [1, 1, (a) => absoluteNumber(a.number(0))]],
  ['avg', [1, 1, (a) => (a.list(0).length === 0 ? null : divideNumbers(sum(a.list(0), a), a.list(0).length))]],
  ['ceil', [1, 1, (a) => normalize(Math.ceil(toNumber(a.number(0))))]],
  ['contains', [2, 2, (a) => (typeof a.any(0) === 'string' ? a.text(0).includes(a.text(1)) : a.list(0).some((each) => equal(each, a.any(1))))]],
  ['ends_with', [2, 2, (a) => a.text(0).endsWith(a.text(1))]],
  ['floor', [1, 1, (a) => normalize(Math.floor(toNumber(a.number(0))))]],
  [
    'join',
    [
      2,
      2,
      (a) =>
        a
          .list(1)
          .map((each) => (typeof each === 'string' ? each : a.wrong(1, 'a list of strings')))
          .join(a.text(0)),
    ],
  ],
  ['keys', [1, 1, (a) => [...a.dict(0).keys()]]],
  ['length', [1, 1, (a) => (typeof a.any(0) === 'string' ? characterCount(a.text(0)) : a.any(0) instanceof Dict ? a.dict(0).size : a.list(0).length)]],
  ['map', [2, 2, (a) => a.list(1).map(a.expression(0))]],
  ['max', [1, 1, (a) => sortedBy(a, a.list(0), (item) => item).at(-1)?.item ?? null]],
  ['max_by', [2, 2, (a) => sortedBy(a, a.list(0), a.expression(1)).at(-1)?.item ?? null]],
  ['merge', [1, 100, (a) => new Dict(a.all.flatMap((_, index) => [...a.dict(index)]))]],
  ['min', [1, 1, (a) => sortedBy(a, a.list(0), (item) => item)[0]?.item ?? null]],
  ['min_by', [2, 2, (a) => sortedBy(a, a.list(0), a.expression(1))[0]?.item ?? null]],
  ['not_null', [1, 100, (a) => a.all.map((_, index) => a.any(index)).find((each) => each !== null) ?? null]],
  ['reverse', [1, 1, (a) => (typeof a.any(0) === 'string' ? Array.from(a.text(0)).reverse().join('') : [...a.list(0)].reverse())]],
  ['sort', [1, 1, (a) => sortedBy(a, a.list(0), (item) => item).map((each) => each.item)]],
  ['sort_by', [2, 2, (a) => sortedBy(a, a.list(0), a.expression(1)).map((each) => each.item)]],
  ['starts_with', [2, 2, (a) => a.text(0).startsWith(a.text(1))]],
  ['sum', [1, 1, (a) => sum(a.list(0), a)]],
  ['to_array', [1, 1, (a) => (listOf(a.any(0)) === undefined ? [a.any(0)] : a.any(0))]],
  ['to_number', [1, 1, (a) => toNumberValue(a.any(0))]],
  ['to_string', [1, 1, (a) => (typeof a.any(0) === 'string' ? a.any(0) : toJson(a.any(0), { separators: [',', ':'] }))]],
  ['type', [1, 1, (a) => typeOf(a.any(0))]],
  ['values', [1, 1, (a) => [...a.dict(0).values()]]],
])
