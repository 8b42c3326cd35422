/** Python literals read from text, as `ast.literal_eval` reads them: what printed text becomes where it is made a value again. */
import { isHashable, setItem } from '../../../value/equal.ts'
import { Dict, DictView, Float, Tuple, Unknown } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { unescapeString } from '../syntax/scan.ts'
import { negateNumber, normalize, numeric } from './numbers.ts'

/**
 * Reads text that is wholly one literal: strings, numbers, lists, tuples, dicts, booleans, None. Undefined for anything else; sets,
 * bytes and complex numbers among it.
 *
 * @param words further names that stand for a value.
 */
export function readLiteral(text: string, words: ReadonlyMap<string, Value> = WORDS): Value | undefined {
  const tokens = tokensOf(text)
  if (tokens === undefined) return undefined
  const reader: Reader = { tokens, words, at: 0, depth: 0 }
  const value = bareTuple(reader)
  return tokens[reader.at]?.type === 'end' ? value : undefined
}

/** As `readLiteral`, with JSON's `true`, `false` and `null` as well. */
export function readJsonLiteral(text: string): Value | undefined {
  return readLiteral(text, JSON_WORDS)
}

const WORDS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['True', true],
  ['False', false],
  ['None', null],
])
const JSON_WORDS: ReadonlyMap<string, Value> = new Map<string, Value>([...WORDS, ['true', true], ['false', false], ['null', null]])

// ---- tokens ----

interface Token {
  readonly type: 'value' | 'name' | 'operator' | 'end'
  readonly text: string
  readonly value: Value
}

const NUMBER =
  /(?:0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|(?:\d(?:_?\d)*)?\.\d(?:_?\d)*(?:[eE][-+]?\d(?:_?\d)*)?|\d(?:_?\d)*(?:\.(?:[eE][-+]?\d(?:_?\d)*)?|[eE][-+]?\d(?:_?\d)*)|[1-9](?:_?\d)*|0(?:_?0)*)(?![\w.])/y
const STRING = /([uUrR]?)('''(?:[^\\]|\\[\s\S])*?'''|"""(?:[^\\]|\\[\s\S])*?"""|'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*")/y
const NAME = /[\p{L}_][\p{L}\p{Nd}_]*/uy
const OPERATOR = /[-+[\](){},:]/y
const BLANK_LINES = /(?:[ \t\f]*(?:#[^\n]*)?\r?\n)*/y
const BLANKS = /(?:[ \t\f]|#[^\n]*)*/y
const BLANKS_OF_LINES = /(?:\s|#[^\n]*)*/y
const MAX_INTEGER_DIGITS = 4300

/** The tokens of an expression that starts at the beginning of a line; undefined for what cannot be part of a literal. */
function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = []
  let at = 0
  let brackets = 0
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found !== null) at += found[0].length
    return found
  }
  match(BLANK_LINES)
  if (text[at] === ' ' || text[at] === '\t') return undefined
  while (at < text.length) {
    const number = match(NUMBER)
    const string = number === null ? match(STRING) : null
    const name = number === null && string === null ? match(NAME) : null
    if (number !== null) {
      const value = numberOf(number[0].replaceAll('_', ''))
      if (value === undefined) return undefined
      tokens.push({ type: 'value', text: '', value })
    } else if (string !== null) {
      const value = stringOf(string[1]!, string[2]!)
      if (value === undefined) return undefined
      const last = tokens.at(-1)
      if (last?.type === 'value' && typeof last.value === 'string') tokens[tokens.length - 1] = { ...last, value: last.value + value }
      else tokens.push({ type: 'value', text: '', value })
    } else if (name !== null) tokens.push({ type: 'name', text: name[0], value: null })
    else {
      const operator = match(OPERATOR)?.[0]
      if (operator === undefined) return undefined
      if ('[({'.includes(operator)) brackets++
      else if ('])}'.includes(operator)) brackets--
      tokens.push({ type: 'operator', text: operator, value: null })
    }
    match(brackets > 0 ? BLANKS_OF_LINES : BLANKS)
    // The end of the line ends the expression.
    if (brackets <= 0 && (text[at] === '\n' || text[at] === '\r')) {
      match(BLANKS_OF_LINES)
      if (at < text.length) return undefined
    }
  }
  tokens.push({ type: 'end', text: '', value: null })
  return tokens
}

function numberOf(digits: string): Value | undefined {
  if (!/^0[xX]/.test(digits) && /[.eE]/.test(digits)) return new Float(Number(digits))
  return digits.length > MAX_INTEGER_DIGITS ? undefined : normalize(BigInt(digits))
}

function stringOf(prefix: string, quoted: string): string | undefined {
  const width = /^(?:'''|""")/.test(quoted) && quoted.length >= 6 ? 3 : 1
  const inner = quoted.slice(width, -width).replace(/\r\n?/g, '\n')
  return prefix.toLowerCase() === 'r' ? inner : unescapeString(inner)
}

// ---- literals ----

interface Reader {
  readonly tokens: readonly Token[]
  readonly words: ReadonlyMap<string, Value>
  at: number
  depth: number
}

const MAX_DEPTH = 90

/** `1, 2`: a tuple needs no parentheses where nothing is around it. */
function bareTuple(reader: Reader): Value | undefined {
  const first = literal(reader)
  if (first === undefined || !accept(reader, ',')) return first
  const found = [first]
  while (reader.tokens[reader.at]?.type !== 'end') {
    const item = literal(reader)
    if (item === undefined) return undefined
    found.push(item)
    if (!accept(reader, ',')) break
  }
  return new Tuple(found)
}

function literal(reader: Reader): Value | undefined {
  if (++reader.depth > MAX_DEPTH) return undefined
  const value = oneLiteral(reader)
  reader.depth--
  return value
}

function oneLiteral(reader: Reader): Value | undefined {
  const token = reader.tokens[reader.at++]
  switch (token?.type) {
    case 'value':
      return token.value
    case 'name':
      return reader.words.get(token.text)
    case 'operator':
      if (token.text === '-' || token.text === '+') return signed(token.text, reader)
      if (token.text === '[') return items(reader, ']')
      if (token.text === '(') return parentheses(reader)
      if (token.text === '{') return dict(reader)
      return undefined
    default:
      return undefined
  }
}

function signed(sign: string, reader: Reader): Value | undefined {
  const token = reader.tokens[reader.at]
  const number = token?.type === 'value' ? numeric(token.value) : undefined
  if (number === undefined) return undefined
  reader.at++
  return sign === '-' ? negateNumber(number) : number
}

function accept(reader: Reader, text: string): boolean {
  const token = reader.tokens[reader.at]
  if (token?.type !== 'operator' || token.text !== text) return false
  reader.at++
  return true
}

function items(reader: Reader, closing: string): Value[] | undefined {
  const found: Value[] = []
  while (!accept(reader, closing)) {
    if (found.length > 0) {
      if (!accept(reader, ',')) return undefined
      if (accept(reader, closing)) break
    }
    const item = literal(reader)
    if (item === undefined) return undefined
    found.push(item)
  }
  return found
}

function parentheses(reader: Reader): Value | undefined {
  const found = items(reader, ')')
  if (found === undefined) return undefined
  const last = reader.tokens[reader.at - 2]
  const isTuple = found.length !== 1 || (last?.type === 'operator' && last.text === ',')
  return isTuple ? new Tuple(found) : found[0]
}

function dict(reader: Reader): Dict | undefined {
  const found = new Dict()
  let first = true
  while (!accept(reader, '}')) {
    if (!first) {
      if (!accept(reader, ',')) return undefined
      if (accept(reader, '}')) break
    }
    first = false
    const key = literal(reader)
    if (key === undefined || !isHashable(key) || !accept(reader, ':')) return undefined
    const value = literal(reader)
    if (value === undefined) return undefined
    setItem(found, key, value)
  }
  return found
}

/**
 * Whether a value printed and read again is the same value: plain data without `nan` and `inf`. What is not known yet counts as plain
 * data, which it will be.
 */
export function isLiteral(value: Value): boolean {
  if (value === null || typeof value !== 'object') return true
  if (value instanceof Float) return Number.isFinite(value.value)
  if (value instanceof Unknown) return true
  if (Array.isArray(value)) return !(value instanceof DictView) && value.every(isLiteral)
  if (value instanceof Tuple) return value.items.every(isLiteral)
  return value instanceof Dict && [...value].every(([key, item]) => isLiteral(key) && isLiteral(item))
}
