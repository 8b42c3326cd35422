/** Python's regular expressions, translated to JavaScript's. */
import { refuseValue } from '../runtime/callable.ts'

export interface RegexFlags {
  readonly ignoreCase?: boolean
  readonly multiline?: boolean
  readonly dotAll?: boolean
}

/** A Python pattern that is ready to use. */
export interface PythonRegex {
  /** How many groups it has. */
  readonly groups: number
  /** The names of its groups and their numbers. */
  readonly names: ReadonlyMap<string, number>
  /** The first match from an offset on, or null. */
  search(text: string, from?: number): RegExpExecArray | null
  /** Whether the text begins with a match. */
  matchAt(text: string): boolean
  matchWhole(text: string): boolean
  /** All matches that do not overlap, an empty one right after another too, as Python finds them. */
  matchAll(text: string): RegExpExecArray[]
}

const cache = new Map<string, PythonRegex>()
const MAX_CACHED = 1000

/** Compiles a Python pattern. @throws {DiagnosticError} TEMPLATE_FAILED where it is none, or uses what JavaScript cannot do. */
export function compilePython(pattern: string, flags: RegexFlags = {}): PythonRegex {
  const key = `${Number(flags.ignoreCase ?? false)}${Number(flags.multiline ?? false)}${Number(flags.dotAll ?? false)}${pattern}`
  let compiled = cache.get(key)
  if (compiled === undefined) {
    compiled = compile(pattern, flags)
    cache.set(key, compiled)
    if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value!)
  }
  return compiled
}

function compile(pattern: string, flags: RegexFlags): PythonRegex {
  const { source, ignoreCase, names, groups } = new Translator(pattern, flags).translate()
  const options = `u${ignoreCase ? 'i' : ''}`
  let global: RegExp
  let sticky: RegExp
  let whole: RegExp
  try {
    global = new RegExp(source, `g${options}`)
    sticky = new RegExp(source, `y${options}`)
    whole = new RegExp(`(?:${source})(?![\\s\\S])`, `y${options}`)
  } catch (error) {
    const reason = (error as Error).message.replace(/^Invalid regular expression: .*: /s, '')
    return refuseValue(`the regular expression '${pattern}' cannot be used: ${reason.toLowerCase()}`)
  }
  const at = (regex: RegExp, text: string, from: number): RegExpExecArray | null => {
    regex.lastIndex = from
    return regex.exec(text)
  }
  return {
    groups,
    names,
    search: (text, from = 0) => at(global, text, from),
    matchAt: (text) => at(sticky, text, 0) !== null,
    matchWhole: (text) => at(whole, text, 0) !== null,
    matchAll: (text) => {
      const found: RegExpExecArray[] = []
      let from = 0
      let lastEnd = -1
      for (;;) {
        let next = at(global, text, from)
        if (next === null) return found
        // JavaScript steps over an empty match; Python also finds one that begins where the last one ended.
        if (next[0] === '' && next.index === lastEnd && next.index < from) next = null
        if (next !== null) {
          found.push(next)
          lastEnd = next.index + next[0].length
          if (next[0] !== '') {
            from = lastEnd
            continue
          }
        }
        from = (next?.index ?? from) + (isHighSurrogate(text, next?.index ?? from) ? 2 : 1)
        if (from > text.length) return found
      }
    },
  }
}

function isHighSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return unit >= 0xd800 && unit <= 0xdbff && at + 1 < text.length
}

const END = '(?![\\s\\S])'
const WORD = '[\\p{L}\\p{N}_]'
const SPACE = '\\s\\x1c-\\x1f\\x85'
const CLASSES: ReadonlyMap<string, string> = new Map([
  ['d', '\\p{Nd}'],
  ['D', '\\P{Nd}'],
  ['w', '\\p{L}\\p{N}_'],
  ['s', SPACE],
])
const CONTROL: ReadonlyMap<string, string> = new Map([
  ['a', '\\x07'],
  ['b', '\\x08'],
  ['f', '\\f'],
  ['n', '\\n'],
  ['r', '\\r'],
  ['t', '\\t'],
  ['v', '\\v'],
])

class Translator {
  readonly #pattern: string
  #at = 0
  #ignoreCase: boolean
  #multiline: boolean
  #dotAll: boolean
  #verbose = false
  #ascii = false
  readonly #names = new Map<string, number>()
  #groups = 0
  #depth = 0

  constructor(pattern: string, flags: RegexFlags) {
    this.#pattern = pattern
    this.#ignoreCase = flags.ignoreCase ?? false
    this.#multiline = flags.multiline ?? false
    this.#dotAll = flags.dotAll ?? false
  }

  translate(): { source: string; ignoreCase: boolean; names: ReadonlyMap<string, number>; groups: number } {
    this.#globalFlags()
    const source = this.#alternatives()
    if (this.#at < this.#pattern.length) this.#fault('unbalanced parenthesis')
    return { source, ignoreCase: this.#ignoreCase, names: this.#names, groups: this.#groups }
  }

  /** `(?im)` at the start holds for the whole pattern. */
  #globalFlags(): void {
    for (;;) {
      const found = /^\(\?([aiLmsux]+)\)/.exec(this.#pattern.slice(this.#at))
      if (found === null) return
      this.#at += found[0].length
      for (const flag of found[1]!) this.#setFlag(flag)
    }
  }

  #setFlag(flag: string): void {
    if (flag === 'i') this.#ignoreCase = true
    else if (flag === 'm') this.#multiline = true
    else if (flag === 's') this.#dotAll = true
    else if (flag === 'x') this.#verbose = true
    else if (flag === 'a') this.#ascii = true
    else if (flag !== 'u') this.#fault(`the flag '${flag}' is not supported`)
  }

  #alternatives(): string {
    if (++this.#depth > 200) this.#fault('it is nested too deep')
    let out = ''
    while (this.#at < this.#pattern.length && this.#pattern[this.#at] !== ')') {
      if (this.#pattern[this.#at] === '|') {
        out += '|'
        this.#at++
      } else out += this.#piece()
    }
    this.#depth--
    return out
  }

  #piece(): string {
    if (this.#verbose) {
      const skipped = /^(?:\s|#[^\n]*)+/.exec(this.#pattern.slice(this.#at))
      if (skipped !== null) {
        this.#at += skipped[0].length
        return ''
      }
    }
    const { atom, isRepeatable } = this.#atom()
    if (this.#verbose) this.#at += /^(?:\s|#[^\n]*)*/.exec(this.#pattern.slice(this.#at))![0].length
    const repeat = /^(?:[*+?]|\{(?:\d+(?:,\d*)?|,\d*)\})/.exec(this.#pattern.slice(this.#at))?.[0]
    if (repeat === undefined || repeat === '{,}') return atom
    if (!isRepeatable) this.#fault('nothing to repeat')
    this.#at += repeat.length
    let out = atom + repeat.replace('{,', '{0,')
    const mode = this.#pattern[this.#at]
    if (mode === '?') {
      out += '?'
      this.#at++
    } else if (mode === '+') this.#fault('possessive repeats are not supported')
    else if (mode === '*') this.#fault('multiple repeat')
    return out
  }

  #atom(): { atom: string; isRepeatable: boolean } {
    const character = String.fromCodePoint(this.#pattern.codePointAt(this.#at)!)
    const solid = (atom: string): { atom: string; isRepeatable: boolean } => ({ atom, isRepeatable: true })
    const edge = (atom: string): { atom: string; isRepeatable: boolean } => ({ atom: `(?:${atom})`, isRepeatable: true })
    if (character === '(') return this.#group()
    if (character === '[') return solid(this.#set())
    if (character === '\\') return this.#escape()
    this.#at += character.length
    switch (character) {
      case '.':
        return solid(this.#dotAll ? '[\\s\\S]' : '[^\\n]')
      case '^':
        return edge(this.#multiline ? '(?<![^\\n])' : '(?<![\\s\\S])')
      case '$':
        return edge(this.#multiline ? '(?![^\\n])' : `(?=\\n?${END})`)
      case '*':
      case '+':
      case '?':
        return this.#fault('nothing to repeat')
      default:
        return solid(literal(character))
    }
  }

  #group(): { atom: string; isRepeatable: boolean } {
    const rest = this.#pattern.slice(this.#at)
    const comment = /^\(\?#[^)]*\)/.exec(rest)
    if (comment !== null) {
      this.#at += comment[0].length
      return { atom: '', isRepeatable: false }
    }
    const backreference = /^\(\?P=(\w+)\)/.exec(rest)
    if (backreference !== null) {
      this.#at += backreference[0].length
      const number = this.#names.get(backreference[1]!) ?? this.#fault(`unknown group name '${backreference[1]}'`)
      return { atom: `(?:\\${number})`, isRepeatable: true }
    }
    const named = /^\(\?P<(\w+)>/.exec(rest)
    if (named !== null) {
      this.#at += named[0].length
      const [, name = ''] = named
      if (this.#names.has(name)) this.#fault(`the group name '${name}' is used twice`)
      this.#names.set(name, ++this.#groups)
      return this.#closed('(')
    }
    const special = /^\(\?(?:[:=!]|<[=!])/.exec(rest)
    if (special !== null) {
      this.#at += special[0].length
      return this.#closed(special[0])
    }
    const scoped = /^\(\?([aimsux]*)(?:-([imsx]+))?:/.exec(rest)
    if (scoped !== null) return this.#scopedFlags(scoped)
    if (rest.startsWith('(?')) return this.#fault(`'${rest.slice(0, 4)}' is not supported`)
    this.#at++
    this.#groups++
    return this.#closed('(')
  }

  /** `(?s:…)`. Case cannot change within a pattern in JavaScript; the other flags are ours to translate. */
  #scopedFlags(found: RegExpExecArray): { atom: string; isRepeatable: boolean } {
    const [whole, on = '', off = ''] = found
    const outer = [this.#multiline, this.#dotAll, this.#verbose, this.#ascii] as const
    if ((on.includes('i') && !this.#ignoreCase) || off.includes('i')) this.#fault('a flag for case within a pattern is not supported')
    this.#at += whole.length
    for (const flag of on) this.#setFlag(flag)
    if (off.includes('m')) this.#multiline = false
    if (off.includes('s')) this.#dotAll = false
    if (off.includes('x')) this.#verbose = false
    const closed = this.#closed('(?:')
    ;[this.#multiline, this.#dotAll, this.#verbose, this.#ascii] = outer
    return closed
  }

  #closed(open: string): { atom: string; isRepeatable: boolean } {
    const inner = this.#alternatives()
    if (this.#pattern[this.#at] !== ')') this.#fault('missing ), unterminated subpattern')
    this.#at++
    // A group that is looked around for cannot repeat in JavaScript.
    const isLook = /^\(\?<?[=!]/.test(open)
    return { atom: isLook ? `(?:${open}${inner}))` : `${open}${inner})`, isRepeatable: true }
  }

  #escape(): { atom: string; isRepeatable: boolean } {
    const next = this.#pattern[this.#at + 1]
    if (next === undefined) return this.#fault('bad escape (end of pattern)')
    const solid = (atom: string, length = 2): { atom: string; isRepeatable: boolean } => {
      this.#at += length
      return { atom, isRepeatable: true }
    }
    const reference = /^\\([1-9]\d?)/.exec(this.#pattern.slice(this.#at))
    if (reference !== null) {
      if (Number(reference[1]) > this.#groups) this.#fault(`invalid group reference ${reference[1]}`)
      return solid(`(?:\\${reference[1]})`, reference[0].length)
    }
    const word = this.#ascii ? '[A-Za-z0-9_]' : WORD
    switch (next) {
      case 'A':
        return solid('(?:(?<![\\s\\S]))')
      case 'Z':
        return solid(`(?:${END})`)
      case 'b':
        return solid(`(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`)
      case 'B':
        return solid(`(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`)
      case 'd':
      case 's':
      case 'w':
        return solid(`[${this.#class(next)}]`)
      case 'D':
      case 'S':
      case 'W':
        return solid(`[^${this.#class(next.toLowerCase())}]`)
    }
    return solid(...this.#character())
  }

  #class(letter: string): string {
    if (this.#ascii) return letter === 'd' ? '0-9' : letter === 'w' ? 'A-Za-z0-9_' : ' \\t\\n\\r\\f\\v'
    return CLASSES.get(letter)!
  }

  /** An escaped character, for outside and inside of sets, and how long it is written. */
  #character(): [string, number] {
    const rest = this.#pattern.slice(this.#at)
    const hex = /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest)
    if (hex !== null) {
      const code = parseInt(hex[1] ?? hex[2] ?? hex[3]!, 16)
      if (code > 0x10ffff) this.#fault(`bad escape ${hex[0]}`)
      return [literal(String.fromCodePoint(code)), hex[0].length]
    }
    const octal = /^\\(0[0-7]{0,2}|[1-3][0-7]{2})/.exec(rest)
    if (octal !== null) return [literal(String.fromCharCode(parseInt(octal[1]!, 8))), octal[0].length]
    const next = String.fromCodePoint(rest.codePointAt(1)!)
    const control = CONTROL.get(next)
    if (control !== undefined) return [control, 2]
    if (/[A-Za-z0-9]/.test(next)) this.#fault(`bad escape \\${next}`)
    return [literal(next), 1 + next.length]
  }

  #set(): string {
    this.#at++
    const isNegated = this.#pattern[this.#at] === '^'
    if (isNegated) this.#at++
    let inner = ''
    // A `]` right at the start stands for itself.
    for (let first = true; first || this.#pattern[this.#at] !== ']'; first = false) {
      if (this.#at >= this.#pattern.length) this.#fault('unterminated character set')
      const [low, isClass] = this.#setItem()
      const isRange = !isClass && this.#pattern[this.#at] === '-' && this.#pattern[this.#at + 1] !== ']' && this.#at + 1 < this.#pattern.length
      if (isRange) {
        this.#at++
        const [high, isHighClass] = this.#setItem()
        if (isHighClass) this.#fault('bad character range')
        inner += `${low}-${high}`
      } else inner += low
    }
    this.#at++
    return `[${isNegated ? '^' : ''}${inner}]`
  }

  #setItem(): [string, boolean] {
    const character = String.fromCodePoint(this.#pattern.codePointAt(this.#at)!)
    if (character !== '\\') {
      this.#at += character.length
      return [setLiteral(character), false]
    }
    const next = this.#pattern[this.#at + 1]
    if (next === undefined) return this.#fault('unterminated character set')
    if (/[dsw]/.test(next)) {
      this.#at += 2
      return [this.#class(next), true]
    }
    if (/[DSW]/.test(next)) {
      this.#at += 2
      if (next === 'D') return [this.#ascii ? '\\D' : '\\P{Nd}', true]
      if (next === 'S') return ['\\S', true]
      if (this.#ascii) return ['\\W', true]
      return this.#fault('\\W within a set is not supported')
    }
    const [escaped, length] = this.#character()
    this.#at += length
    return [escaped.startsWith('\\') || !/[-^\]]/.test(escaped) ? escaped : `\\${escaped}`, false]
  }

  #fault(reason: string): never {
    return refuseValue(`the regular expression '${this.#pattern}' cannot be used: ${reason} at position ${this.#at}`)
  }
}

/** A character that stands for itself outside of a set, as JavaScript with the `u` flag wants it. */
function literal(character: string): string {
  if (/[\^$\\.*+?()[\]{}|/]/.test(character)) return `\\${character}`
  return character === '-' ? '\\x2d' : character
}

function setLiteral(character: string): string {
  return /[\\\][^-]/.test(character) ? `\\${character}` : character
}

const REPLACEMENT_CONTROL: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
])

/** A replacement with `\1`, `\g<name>` and the escapes of Python, for one match. */
export function expandReplacement(template: string, match: RegExpExecArray, regex: PythonRegex): string {
  if (!template.includes('\\')) return template
  return template.replace(
    /\\(?:g<([^>]*)>|(0[0-7]{0,2}|[1-3][0-7]{2})|([1-9]\d?)|([\s\S]|$))/g,
    (whole, name?: string, octal?: string, number?: string, other?: string) => {
      if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8))
      const reference = name ?? number
      if (reference !== undefined) {
        const index = /^\d+$/.test(reference) ? Number(reference) : regex.names.get(reference)
        if (index === undefined || index > regex.groups) return refuseValue(`invalid group reference ${reference} in the replacement '${template}'`)
        return match[index] ?? ''
      }
      if (other === '' || other === undefined) return refuseValue(`bad escape at the end of the replacement '${template}'`)
      const control = REPLACEMENT_CONTROL.get(other)
      if (control !== undefined) return control
      return /[A-Za-z]/.test(other) ? refuseValue(`bad escape ${whole} in the replacement '${template}'`) : whole
    },
  )
}
