/** JSON read as Python's `json.loads` reads it, which keeps apart what `JSON.parse` does not: 1 and 1.0, and big integers. */
import { fail } from '../diagnostic/diagnostic.ts'
import { MAX_VALUE_DEPTH } from './print.ts'
import { Dict, Float } from './value.ts'
import type { Value } from './value.ts'

/**
 * Reads one JSON text. `1.0` and `1e3` are Floats, integers keep every digit, `NaN`, `Infinity` and `-Infinity` are read; of two
 * equal keys the last one wins.
 *
 * @throws {SyntaxError} where the text is not JSON, saying where.
 * @throws {DiagnosticError} LIMIT_EXCEEDED where it is nested too deep.
 */
export function fromJson(text: string): Value {
  const reader = { text, at: 0 }
  const value = readValue(reader, 0)
  skipSpace(reader)
  if (reader.at < text.length) throw unexpected(reader, 'Extra data')
  return value
}

interface Reader {
  readonly text: string
  at: number
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y
const SPACE = /[ \t\n\r]*/y
// Strings are decoded by JSON.parse; this finds where one ends.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const WORDS = new Map<string, Value>([
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', new Float(NaN)],
  ['Infinity', new Float(Infinity)],
  ['-Infinity', new Float(-Infinity)],
])

function readValue(reader: Reader, depth: number): Value {
  if (depth > MAX_VALUE_DEPTH) return fail('LIMIT_EXCEEDED', `JSON is nested more than ${MAX_VALUE_DEPTH} levels deep`)
  skipSpace(reader)
  const next = reader.text[reader.at]
  if (next === '{') return readObject(reader, depth)
  if (next === '[') return readArray(reader, depth)
  if (next === '"') return readString(reader)
  for (const [word, value] of WORDS) {
    if (reader.text.startsWith(word, reader.at)) {
      reader.at += word.length
      return value
    }
  }
  return readNumber(reader)
}

function readObject(reader: Reader, depth: number): Dict {
  const dict = new Dict()
  reader.at++
  if (accept(reader, '}')) return dict
  do {
    skipSpace(reader)
    if (reader.text[reader.at] !== '"') throw unexpected(reader, 'Expecting property name enclosed in double quotes')
    const key = readString(reader)
    if (!accept(reader, ':')) throw unexpected(reader, "Expecting ':' delimiter")
    dict.set(key, readValue(reader, depth + 1))
  } while (accept(reader, ','))
  if (!accept(reader, '}')) throw unexpected(reader, "Expecting ',' delimiter")
  return dict
}

function readArray(reader: Reader, depth: number): Value[] {
  const items: Value[] = []
  reader.at++
  if (accept(reader, ']')) return items
  do items.push(readValue(reader, depth + 1))
  while (accept(reader, ','))
  if (!accept(reader, ']')) throw unexpected(reader, "Expecting ',' delimiter")
  return items
}

function readString(reader: Reader): string {
  STRING.lastIndex = reader.at
  const found = STRING.exec(reader.text)
  if (!found) throw unexpected(reader, 'Invalid string')
  reader.at = STRING.lastIndex
  return JSON.parse(found[0]) as string
}

function readNumber(reader: Reader): Value {
  NUMBER.lastIndex = reader.at
  const found = NUMBER.exec(reader.text)
  if (!found) throw unexpected(reader, 'Expecting value')
  reader.at = NUMBER.lastIndex
  const [digits, fraction, exponent] = found
  if (fraction !== undefined || exponent !== undefined) return new Float(Number(digits))
  const number = Number(digits)
  if (Number.isSafeInteger(number)) return number === 0 ? 0 : number
  if (digits.length > MAX_INTEGER_DIGITS) return fail('LIMIT_EXCEEDED', `an integer in JSON has more than ${MAX_INTEGER_DIGITS} digits`)
  return BigInt(digits)
}

/** As many as Python itself reads. */
const MAX_INTEGER_DIGITS = 4300

function accept(reader: Reader, character: string): boolean {
  skipSpace(reader)
  if (reader.text[reader.at] !== character) return false
  reader.at++
  return true
}

function skipSpace(reader: Reader): void {
  SPACE.lastIndex = reader.at
  SPACE.exec(reader.text)
  reader.at = SPACE.lastIndex
}

function unexpected(reader: Reader, what: string): SyntaxError {
  const before = reader.text.slice(0, reader.at)
  const line = before.split('\n').length
  const column = reader.at - before.lastIndexOf('\n')
  return new SyntaxError(`${what}: line ${line} column ${column} (char ${reader.at})`)
}
