/**
 * The scanner: cuts a template into text and the markers' insides, and those into tokens, as Jinja2's lexer does.
 *
 * All offsets are into the text as written; line breaks are made alike only in what a token holds.
 */
import { Float } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import type { TemplateSource } from '../locate.ts'
import { refuse } from './fault.ts'
import type { SyntaxOptions } from './options.ts'

export type TokenType = 'text' | 'variableStart' | 'variableEnd' | 'blockStart' | 'blockEnd' | 'name' | 'string' | 'integer' | 'float' | 'operator' | 'end'

export interface Token {
  readonly type: TokenType
  readonly start: number
  readonly end: number
  /** Text of a `text`, `name` or `operator`; for an `end`, empty. */
  readonly text: string
  /** What a literal stands for. */
  readonly value?: Value
}

/** The longest template, in UTF-16 units. */
const MAX_TEMPLATE_LENGTH = 10_000_000

/** Tokens of a whole template. */
export function scanTemplate(source: TemplateSource, options: SyntaxOptions): Token[] {
  const scanner = new Scanner(source, options)
  scanner.template()
  return scanner.tokens
}

/** Tokens of a bare expression, without markers around it. */
export function scanExpression(source: TemplateSource, options: SyntaxOptions): Token[] {
  const scanner = new Scanner(source, options)
  scanner.inside(undefined, false)
  return scanner.tokens
}

// Longer operators first.
const OPERATORS = ['//', '**', '==', '!=', '>=', '<=', '+', '-', '/', '*', '%', '~', '[', ']', '(', ')', '{', '}', '>', '<', '=', '.', ':', '|', ',', ';']
const CLOSING = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
])
const SPACE = /\s+/y
const FLOAT = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?[eE][-+]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/y
const INTEGER = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/y
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*/uy
const STRING = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y
// Ansible doubles every backslash before Jinja2 reads the literal, so that an escaped quote ends it.
const RAW_STRING = /'[^']*'|"[^"]*"/y
const MAX_INTEGER_DIGITS = 4300

class Scanner {
  readonly tokens: Token[] = []
  readonly #source: TemplateSource
  readonly #text: string
  readonly #options: SyntaxOptions
  #at = 0

  constructor(source: TemplateSource, options: SyntaxOptions) {
    this.#source = source
    this.#text = source.text
    this.#options = options
    if (source.text.length > MAX_TEMPLATE_LENGTH) {
      refuse(source, 0, 1, `a template is longer than ${MAX_TEMPLATE_LENGTH} characters`, { code: 'LIMIT_EXCEEDED' })
    }
  }

  template(): void {
    const { blockEnd, variableEnd } = this.#options
    const opening = openingMarkers(this.#options)
    while (this.#at < this.#text.length) {
      opening.lastIndex = this.#at
      const found = opening.exec(this.#text)
      if (found === null) {
        this.#emitText(this.#at, this.#text.length)
        break
      }
      const [marker] = found
      const { comment, variable, lineStatement, lineComment } = found.groups!
      const sign = this.#signAt(found.index + marker.length)
      const textEnd = this.#textEnd(this.#at, found.index, sign, variable !== undefined)
      this.#emitText(this.#at, textEnd)
      this.#at = found.index + marker.length + sign.length
      if (comment !== undefined) this.#comment(found.index)
      else if (lineComment !== undefined) this.#match(/[^\n]*/y)
      else if (lineStatement !== undefined) {
        this.#push('blockStart', found.index, this.#at, marker)
        this.inside(LINE_END, true)
      } else if (variable !== undefined) {
        this.#push('variableStart', found.index, this.#at, marker)
        this.inside(variableEnd, false)
      } else if (!this.#raw()) {
        this.#push('blockStart', found.index, this.#at, marker)
        this.inside(blockEnd, true)
      }
    }
    this.#push('end', this.#text.length, this.#text.length, '')
  }

  /** Tokens up to the end marker of a block or of a variable, which may be the same, or to the end of the text where there is none. */
  inside(endMarker: string | undefined, isBlock: boolean): void {
    const rawBackslashes = this.#options.rawBackslashes && !isBlock && endMarker !== undefined
    const open: { closing: string; at: number }[] = []
    const first = this.#at
    for (;;) {
      if (endMarker === LINE_END && open.length === 0 && this.#lineEnd()) return
      this.#match(SPACE)
      const start = this.#at
      if (start >= this.#text.length) {
        const unclosed = open.at(-1)
        if (unclosed) refuse(this.#source, unclosed.at, unclosed.at + 1, `unexpected end of template, expected '${unclosed.closing}'`)
        if (endMarker !== undefined) refuse(this.#source, Math.max(0, first - 2), first, `'${endMarker}' is missing`)
        this.#push('end', start, start, '')
        return
      }
      if (endMarker !== undefined && endMarker !== LINE_END && open.length === 0 && this.#endMarker(endMarker, isBlock)) return
      if (this.#literal(rawBackslashes)) continue
      const operator = OPERATORS.find((each) => this.#text.startsWith(each, start))
      if (operator === undefined) {
        const character = String.fromCodePoint(this.#text.codePointAt(start)!)
        const isQuote = character === "'" || character === '"'
        refuse(this.#source, start, start + character.length, isQuote ? 'a string is not closed' : `unexpected char '${character}'`)
      }
      this.#balance(operator, open, start)
      this.#at += operator.length
      this.#push('operator', start, this.#at, operator)
    }
  }

  #balance(operator: string, open: { closing: string; at: number }[], start: number): void {
    const closing = CLOSING.get(operator)
    if (closing !== undefined) open.push({ closing, at: start })
    else if (operator === ')' || operator === ']' || operator === '}') {
      const expected = open.pop()
      if (expected === undefined) refuse(this.#source, start, start + 1, `unexpected '${operator}'`)
      if (expected.closing !== operator) refuse(this.#source, start, start + 1, `unexpected '${operator}', expected '${expected.closing}'`)
    }
  }

  /** Takes the end of the line, and empty lines after it. */
  #lineEnd(): boolean {
    const start = this.#at
    if (this.#match(/\s*(?:\n|$)/y) === undefined) return false
    this.#push('blockEnd', start, this.#at, '')
    return true
  }

  /** Takes the end marker with its sign and the white space that it eats. */
  #endMarker(endMarker: string, isBlock: boolean): boolean {
    const start = this.#at
    const character = this.#text[start]
    const sign = character === '-' || (isBlock && character === '+') ? character : ''
    if (!this.#text.startsWith(endMarker, start + sign.length)) return false
    this.#at += sign.length + endMarker.length
    this.#push(isBlock ? 'blockEnd' : 'variableEnd', start, this.#at, endMarker)
    this.#eatAfter(sign, isBlock)
    return true
  }

  #eatAfter(sign: string, isBlock: boolean): void {
    if (sign === '-') this.#match(SPACE)
    else if (sign !== '+' && isBlock && this.#options.trimBlocks) this.#match(/\r?\n/y)
  }

  #comment(start: number): void {
    const { commentStart, commentEnd } = this.#options
    const end = this.#text.indexOf(commentEnd, this.#at)
    if (end < 0) refuse(this.#source, start, start + commentStart.length, `a comment is not closed: '${commentEnd}' is missing`)
    const before = this.#text[end - 1]
    const sign = end > this.#at && (before === '-' || before === '+') ? before : ''
    this.#at = end + commentEnd.length
    this.#eatAfter(sign, true)
  }

  /** `{% raw %}`: its text up to `{% endraw %}`. The sign of its own start is taken already. */
  #raw(): boolean {
    const { blockStart, blockEnd } = this.#options
    const end = escapeRegExp(blockEnd)
    const begin = new RegExp(`\\s*raw\\s*(?:-${end}\\s*|${end})`, 'y')
    const start = this.#at
    if (this.#match(begin) === undefined) return false
    const closing = new RegExp(`${escapeRegExp(blockStart)}([-+]?)\\s*endraw\\s*([-+]?)${end}`, 'g')
    closing.lastIndex = this.#at
    const found = closing.exec(this.#text)
    if (found === null) refuse(this.#source, start, start + 1, "'endraw' is missing")
    this.#emitText(this.#at, this.#textEnd(this.#at, found.index, found[1] ?? '', false))
    this.#at = found.index + found[0].length
    this.#eatAfter(found[2] ?? '', true)
    return true
  }

  /** Where the text before a marker ends: `-` takes all white space, `lstripBlocks` the indentation of a block. */
  #textEnd(start: number, markerAt: number, sign: string, isVariable: boolean): number {
    const text = this.#text.slice(start, markerAt)
    if (sign === '-') return start + text.trimEnd().length
    if (sign === '+' || !this.#options.lstripBlocks || isVariable) return markerAt
    const lineStart = text.lastIndexOf('\n') + 1
    const startsLine = lineStart > 0 || start === 0 || this.#text[start - 1] === '\n'
    return startsLine && /^\s*$/.test(text.slice(lineStart)) ? start + lineStart : markerAt
  }

  #signAt(at: number): string {
    const character = this.#text[at]
    return character === '-' || character === '+' ? character : ''
  }

  #literal(rawBackslashes: boolean): boolean {
    const start = this.#at
    // `1.2.3` is a float and then an attribute: a float does not start after a point.
    const float = this.#text[start - 1] === '.' ? undefined : this.#match(FLOAT)
    if (float !== undefined) {
      this.#push('float', start, this.#at, float, new Float(Number(float.replaceAll('_', ''))))
      return true
    }
    const integer = this.#match(INTEGER)
    if (integer !== undefined) {
      if (integer.length > MAX_INTEGER_DIGITS) {
        refuse(this.#source, start, this.#at, `an integer has more than ${MAX_INTEGER_DIGITS} digits`, { code: 'LIMIT_EXCEEDED' })
      }
      const exact = BigInt(integer.replaceAll('_', ''))
      const number = Number(exact)
      this.#push('integer', start, this.#at, integer, Number.isSafeInteger(number) ? number : exact)
      return true
    }
    const name = this.#match(NAME)
    if (name !== undefined) {
      this.#push('name', start, this.#at, name)
      return true
    }
    const string = this.#match(rawBackslashes ? RAW_STRING : STRING)
    if (string === undefined) return false
    this.#push('string', start, this.#at, string, this.#unquote(string, start, rawBackslashes))
    return true
  }

  #unquote(literal: string, start: number, rawBackslashes: boolean): string {
    const inner = literal.slice(1, -1).replace(/\r\n|\r|\n/g, this.#options.newlineSequence)
    if (rawBackslashes || !inner.includes('\\')) return inner
    const decoded = unescapeString(inner)
    if (decoded === undefined) {
      const what = inner.includes('\\N') ? 'a character by its name, which is not supported' : 'an escape that is cut short'
      refuse(this.#source, start, this.#at, `a string has ${what}`)
    }
    return decoded
  }

  #emitText(start: number, end: number): void {
    if (end <= start) return
    const text = this.#text.slice(start, end).replace(/\r\n|\r|\n/g, this.#options.newlineSequence)
    this.#push('text', start, end, text)
  }

  #push(type: TokenType, start: number, end: number, text: string, value?: Value): void {
    this.tokens.push(value === undefined ? { type, start, end, text } : { type, start, end, text, value })
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null || found.index !== this.#at) return undefined
    this.#at += found[0].length
    return found[0]
  }
}

/** What ends a statement that is a line. */
const LINE_END = '\n'

/** What begins anything that is not text. As in Jinja2, of markers that begin alike the longer one wins. */
function openingMarkers({ blockStart, variableStart, commentStart, lineStatementPrefix, lineCommentPrefix }: SyntaxOptions): RegExp {
  const markers: readonly (readonly [name: string, marker: string, before: string])[] = [
    ['block', blockStart, ''],
    ['variable', variableStart, ''],
    ['comment', commentStart, ''],
    ['lineStatement', lineStatementPrefix, '^[ \\t\\v]*'],
    ['lineComment', lineCommentPrefix, '(?:^|(?<=\\S))[^\\S\\r\\n]*'],
  ]
  const parts = markers
    .filter(([, marker]) => marker !== '')
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([name, marker, before]) => `${before}(?<${name}>${escapeRegExp(marker)})`)
  return new RegExp(parts.join('|'), 'gm')
}

const SIMPLE_ESCAPES = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['a', '\x07'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['\n', ''],
])

/**
 * Decodes the escapes of a Python string literal; one that Python does not know stays as written. Undefined where `\x`, `\u` or `\U` is
 * cut short or beyond Unicode.
 */
export function unescapeString(text: string): string | undefined {
  const faults: string[] = []
  const decoded = text.replace(
    /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g,
    (whole, octal?: string, x?: string, u?: string, U?: string, other?: string) => {
      if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8))
      const hex = x ?? u ?? U
      if (hex !== undefined) {
        const code = parseInt(hex, 16)
        if (code <= 0x10ffff) return String.fromCodePoint(code)
        faults.push(whole)
        return whole
      }
      if (other === 'x' || other === 'u' || other === 'U' || other === 'N') faults.push(whole)
      return SIMPLE_ESCAPES.get(other!) ?? whole
    },
  )
  return faults.length > 0 ? undefined : decoded
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
