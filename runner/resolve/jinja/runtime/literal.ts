/** Python literals read from text: what rendered text becomes where it looks like a list, a dict or a boolean. */
import { isHashable, setItem } from '../../../value/equal.ts'
import { Dict, Float, Tuple, Unknown } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { scanExpression } from '../syntax/scan.ts'
import type { Token } from '../syntax/scan.ts'
import { DEFAULT_SYNTAX } from '../syntax/options.ts'
import { negateNumber, numeric } from './numbers.ts'

/**
 * Reads text that is wholly one literal: strings, numbers, lists, tuples, dicts, booleans, None, and JSON's `true`, `false`, `null`.
 * Undefined for anything else; sets, bytes and complex numbers among it.
 */
export function readLiteral(text: string): Value | undefined {
  let tokens: Token[]
  try {
    tokens = scanExpression({ text, file: undefined, locate: () => undefined }, DEFAULT_SYNTAX)
  } catch {
    return undefined
  }
  const reader: Reader = { tokens, at: 0, depth: 0 }
  const value = literal(reader)
  return tokens[reader.at]?.type === 'end' ? value : undefined
}

interface Reader {
  readonly tokens: readonly Token[]
  at: number
  depth: number
}

const MAX_DEPTH = 90
const WORDS = new Map<string, Value>([
  ['True', true],
  ['true', true],
  ['False', false],
  ['false', false],
  ['None', null],
  ['null', null],
])

function literal(reader: Reader): Value | undefined {
  if (++reader.depth > MAX_DEPTH) return undefined
  const value = oneLiteral(reader)
  reader.depth--
  return value
}

function oneLiteral(reader: Reader): Value | undefined {
  const token = reader.tokens[reader.at++]!
  switch (token.type) {
    case 'string': {
      let text = token.value as string
      while (reader.tokens[reader.at]?.type === 'string') text += reader.tokens[reader.at++]!.value as string
      return text
    }
    case 'integer':
    case 'float':
      return token.value
    case 'name':
      return prefixedString(token, reader) ?? WORDS.get(token.text)
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
  const type = reader.tokens[reader.at]?.type
  if (type !== 'integer' && type !== 'float') return undefined
  const number = numeric(reader.tokens[reader.at++]!.value!)!
  return sign === '-' ? negateNumber(number) : number
}

/** `u'text'`. */
function prefixedString(token: Token, reader: Reader): string | undefined {
  const next = reader.tokens[reader.at]
  if (!/^u$/i.test(token.text) || next?.type !== 'string' || next.start !== token.end) return undefined
  reader.at++
  return next.value as string
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
  if (Array.isArray(value)) return value.every(isLiteral)
  if (value instanceof Tuple) return value.items.every(isLiteral)
  return value instanceof Dict && [...value].every(([key, item]) => isLiteral(key) && isLiteral(item))
}
