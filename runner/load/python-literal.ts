/** Python's literals, as `ast.literal_eval` reads them. */
import { Dict, Float, type Value } from '../value/value.ts'
import { resolvePlainScalar } from '../value/yaml-scalar.ts'
import { decodeEscapes } from './escapes.ts'

const MAX_DEPTH = 50

/**
 * What a text is as a literal: numbers, strings, True, False, None, lists, dicts, and tuples, which become lists. Undefined where it is
 * none. A comment may follow.
 */
export function readPythonLiteral(text: string): Value | undefined {
  return new LiteralReader(text).whole()
}

class LiteralReader {
  #at = 0
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }

  whole(): Value | undefined {
    const value = this.#items(/^(?:#|$)/, 0)
    this.#space()
    return /^(?:#|$)/.test(this.#rest()) ? value : undefined
  }

  /** One value, or a tuple of those that commas divide, up to what closes them. */
  #items(close: RegExp, depth: number): Value | undefined {
    const first = this.#value(depth)
    this.#space()
    if (first === undefined || this.#text[this.#at] !== ',') return first
    const items = [first]
    while (this.#text[this.#at] === ',') {
      this.#at++
      this.#space()
      if (close.test(this.#rest())) break
      const item = this.#value(depth)
      if (item === undefined) return undefined
      items.push(item)
      this.#space()
    }
    return items
  }

  #value(depth: number): Value | undefined {
    if (depth > MAX_DEPTH) return undefined
    this.#space()
    const rest = this.#rest()
    if (/^[uUrRbB]?['"]/.test(rest)) return this.#string()
    if (rest.startsWith('[')) return this.#list(depth)
    if (rest.startsWith('(')) return this.#parentheses(depth)
    if (rest.startsWith('{')) return this.#dict(depth)
    const word =
      /^(?:True|False|None|[-+]?\s*(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|\d[\d_]*(?:\.[\d_]*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?))(?![\w.])/.exec(
        rest,
      )?.[0]
    if (word === undefined) return undefined
    this.#at += word.length
    if (word === 'True' || word === 'False') return word === 'True'
    return word === 'None' ? null : number(word.replace(/\s/g, ''))
  }

  /** Quoted texts; those that stand side by side are one. */
  #string(): string | undefined {
    let text: string | undefined
    for (;;) {
      const quoted = /^([uUrRbB]?)(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*/.exec(this.#rest())
      if (!quoted) return text
      this.#at += quoted[0].length
      const inside = quoted[2] ?? quoted[3] ?? ''
      text = (text ?? '') + (/r/i.test(quoted[1]!) ? inside : decodeEscapes(inside, { octal: true }))
    }
  }

  #list(depth: number): Value | undefined {
    const items: Value[] = []
    do {
      this.#at++
      this.#space()
      if (this.#rest().startsWith(']')) break
      const item = this.#value(depth + 1)
      if (item === undefined) return undefined
      items.push(item)
      this.#space()
    } while (this.#text[this.#at] === ',')
    return this.#closed(']') ? items : undefined
  }

  #parentheses(depth: number): Value | undefined {
    this.#at++
    this.#space()
    if (this.#closed(')')) return []
    const inside = this.#items(/^\)/, depth + 1)
    return this.#closed(')') ? inside : undefined
  }

  #dict(depth: number): Value | undefined {
    const dict = new Dict()
    do {
      this.#at++
      this.#space()
      if (this.#rest().startsWith('}')) break
      const key = this.#value(depth + 1)
      this.#space()
      if (key === undefined || this.#text[this.#at] !== ':') return undefined
      this.#at++
      const value = this.#value(depth + 1)
      if (value === undefined) return undefined
      dict.set(key, value)
      this.#space()
    } while (this.#text[this.#at] === ',')
    return this.#closed('}') ? dict : undefined
  }

  #closed(close: string): boolean {
    this.#space()
    if (this.#text[this.#at] !== close) return false
    this.#at++
    return true
  }

  #rest(): string {
    return this.#text.slice(this.#at)
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }
}

function number(word: string): Value | undefined {
  const unsigned = word.replace(/^[-+]/, '')
  // A leading zero is no number in Python 3, so that 0644 stays text.
  if (/^0[\d_]/.test(unsigned) && /[1-9]/.test(unsigned.split(/[.eE]/)[0]!) && !/[.eE]/.test(unsigned)) return undefined
  if (/__|_$|_\.|\._/.test(unsigned)) return undefined
  if (/^0[xob]/i.test(unsigned)) return (word.startsWith('-') ? -1 : 1) * Number(unsigned)
  const digits = word.replace(/_/g, '')
  if (/^[-+]?0+$/.test(digits)) return 0
  return /^[-+]?\d+$/.test(digits) ? resolvePlainScalar(digits) : new Float(Number(digits))
}
