/**
 * Regular expressions in Python's syntax. A pattern is read into a tree and written again as JavaScript that matches the
 * same texts; what cannot be said in JavaScript is refused. Classes such as `\w` are ASCII, as in Ansible's modules, which
 * match bytes.
 */

/** A compiled pattern. */
export interface PythonRegex {
  /** Python's `search`: the leftmost match, or null. */
  search(text: string): RegExpExecArray | null
  /**
   * Python's `Match.expand`: a replacement with `\1`, `\g<1>`, `\g<name>` and escapes, for a match of this pattern.
   *
   * @throws {Error} where it names a group that is not there.
   */
  expand(match: RegExpExecArray, replacement: string): string
}

/**
 * @throws {Error} with a sentence, where the pattern is wrong or not supported.
 * @example compilePython('^(?P<key>\\w+)=').search('mode=x')?.groups?.key // 'mode'
 */
export function compilePython(pattern: string, flags: { multiline?: boolean } = {}): PythonRegex {
  const parser = new Parser(pattern, flags.multiline ?? false)
  const tree = parser.parse()
  let regex: RegExp
  try {
    regex = new RegExp(write(tree), 'u')
  } catch (error) {
    throw new Error(`the regular expression '${pattern}' is not supported: ${(error as Error).message}`, { cause: error })
  }
  const unsure = unsureGroups(tree)
  return {
    search: (text) => regex.exec(text),
    expand: (match, replacement) => expand(match, replacement, parser.groupNames, parser.groupCount, unsure, pattern),
  }
}

type Node =
  | { readonly kind: 'alternatives'; readonly branches: readonly Node[] }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'repeat'; readonly item: Node; readonly minimum: number; readonly suffix: string }
  | { readonly kind: 'group'; readonly item: Node; readonly number: number | undefined; readonly open: string }
  | { readonly kind: 'back'; readonly number: number }
  /** Ready JavaScript that matches one thing. */
  | { readonly kind: 'text'; readonly js: string }

interface Flags {
  readonly ignoreCase: boolean
  readonly multiline: boolean
  readonly dotAll: boolean
  readonly verbose: boolean
}

const START = '(?<![\\s\\S])'
const END = '(?![\\s\\S])'
const SPACE = ' \\t\\n\\r\\f\\v'
const CLASSES: Readonly<Record<string, string>> = { d: '0-9', w: 'A-Za-z0-9_', s: SPACE }
const NOT_CLASSES: Readonly<Record<string, string>> = {
  D: '\\0-\\/:-\\u{10ffff}',
  W: '\\0-\\/:-@\\[-\\^`\\{-\\u{10ffff}',
  S: '\\0-\\x08\\x0e-\\x1f!-\\u{10ffff}',
}
const CONTROL: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }

class Parser {
  readonly #pattern: string
  readonly #characters: readonly string[]
  #at = 0
  groupCount = 0
  readonly groupNames = new Map<string, number>()
  readonly #closed = new Set<number>()
  #flags: Flags

  constructor(pattern: string, multiline: boolean) {
    this.#pattern = pattern
    this.#characters = Array.from(pattern)
    this.#flags = { ignoreCase: false, multiline, dotAll: false, verbose: false }
  }

  parse(): Node {
    this.#globalFlags()
    const tree = this.#alternatives(this.#flags)
    if (this.#at < this.#characters.length) this.#fail('a parenthesis is closed that was not opened')
    return tree
  }

  #fail(what: string): never {
    throw new Error(`the regular expression '${this.#pattern}' is not valid or not supported: ${what}`)
  }

  #peek(text: string): boolean {
    return this.#characters.slice(this.#at, this.#at + text.length).join('') === text
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false
    this.#at += text.length
    return true
  }

  /** `(?im)` at the start holds for the whole pattern. */
  #globalFlags(): void {
    const found = /^\(\?([aiLmsux]+)\)/.exec(this.#pattern)
    if (!found) return
    this.#flags = this.#withFlags(this.#flags, found[1]!, '')
    this.#at = found[0].length
  }

  #withFlags(flags: Flags, on: string, off: string): Flags {
    if (on.includes('L')) this.#fail('the flag L depends on a locale')
    const has = (letter: string, now: boolean) => (on.includes(letter) ? true : off.includes(letter) ? false : now)
    return { ignoreCase: has('i', flags.ignoreCase), multiline: has('m', flags.multiline), dotAll: has('s', flags.dotAll), verbose: has('x', flags.verbose) }
  }

  #alternatives(flags: Flags): Node {
    const branches = [this.#sequence(flags)]
    while (this.#take('|')) branches.push(this.#sequence(flags))
    return branches.length === 1 ? branches[0]! : { kind: 'alternatives', branches }
  }

  #sequence(flags: Flags): Node {
    const items: Node[] = []
    for (;;) {
      if (flags.verbose) this.#skipVerbose()
      if (this.#at >= this.#characters.length || this.#peek('|') || this.#peek(')')) break
      const item = this.#atom(flags)
      if (item) items.push(this.#repeated(item, flags))
    }
    return { kind: 'sequence', items }
  }

  #skipVerbose(): void {
    for (;;) {
      const character = this.#characters[this.#at]
      if (character === '#') while (this.#at < this.#characters.length && this.#characters[this.#at] !== '\n') this.#at++
      else if (character !== undefined && /[ \t\n\r\f\v]/.test(character)) this.#at++
      else return
    }
  }

  #repeated(item: Node, flags: Flags): Node {
    if (flags.verbose) this.#skipVerbose()
    const quantifier = this.#quantifier()
    if (quantifier === undefined) return item
    if (item.kind === 'text' && (item.js === START || item.js === END || item.js.startsWith('(?') || item.js === '\\b' || item.js === '\\B')) {
      item = { kind: 'group', item, number: undefined, open: '(?:' }
    }
    if (item.kind === 'group' && /^\(\?<?[=!]/.test(item.open)) item = { kind: 'group', item, number: undefined, open: '(?:' }
    let suffix = quantifier.js
    if (this.#take('?')) suffix += '?'
    else if (this.#peek('+')) this.#fail('possessive quantifiers are not supported')
    if (this.#peekQuantifier()) this.#fail('multiple repeat')
    return { kind: 'repeat', item, minimum: quantifier.minimum, suffix }
  }

  #peekQuantifier(): boolean {
    const at = this.#at
    const found = this.#quantifier() !== undefined
    this.#at = at
    return found
  }

  /** `*`, `+`, `?`, `{2}`, `{2,}`, `{,3}`, `{2,3}`; any other brace is a character. */
  #quantifier(): { minimum: number; js: string } | undefined {
    if (this.#take('*')) return { minimum: 0, js: '*' }
    if (this.#take('+')) return { minimum: 1, js: '+' }
    if (this.#take('?')) return { minimum: 0, js: '?' }
    const found = /^\{(\d*)(?:(,)(\d*))?\}/.exec(this.#characters.slice(this.#at).join(''))
    if (!found || (found[1] === '' && found[2] === undefined)) return undefined
    this.#at += found[0].length
    const minimum = Number(found[1] === '' ? 0 : found[1])
    const maximum = found[2] === undefined ? minimum : found[3] === '' || found[3] === undefined ? Infinity : Number(found[3])
    if (maximum < minimum) this.#fail('a repeat has a minimum above its maximum')
    return { minimum, js: found[2] === undefined ? `{${minimum}}` : `{${minimum},${maximum === Infinity ? '' : maximum}}` }
  }

  #atom(flags: Flags): Node | undefined {
    const character = this.#characters[this.#at]!
    if (character === '*' || character === '+' || character === '?') this.#fail('nothing to repeat')
    if (character === '(') return this.#group(flags)
    if (character === '[') return this.#class(flags)
    if (character === '\\') return this.#escape(flags)
    this.#at++
    if (character === '.') return { kind: 'text', js: flags.dotAll ? '[\\s\\S]' : '[^\\n]' }
    if (character === '^') return { kind: 'text', js: flags.multiline ? '(?<![^\\n])' : START }
    if (character === '$') return { kind: 'text', js: flags.multiline ? '(?![^\\n])' : `(?=\\n?${END})` }
    return { kind: 'text', js: literal(character, flags) }
  }

  #group(flags: Flags): Node | undefined {
    this.#at++
    if (!this.#take('?')) return this.#capture(flags, undefined)
    if (this.#take('#')) {
      while (this.#at < this.#characters.length && this.#characters[this.#at] !== ')') this.#at++
      this.#close()
      return undefined
    }
    if (this.#take('P<')) return this.#capture(flags, this.#name('>'))
    if (this.#take('P=')) {
      const name = this.#name(')')
      const number = this.groupNames.get(name)
      if (number === undefined) this.#fail(`there is no group '${name}' before`)
      return this.#backReference(number, flags)
    }
    for (const open of [':', '=', '!', '<=', '<!']) {
      if (!this.#take(open)) continue
      const item = this.#alternatives(flags)
      this.#close()
      return { kind: 'group', item, number: undefined, open: `(?${open}` }
    }
    if (this.#peek('>')) this.#fail('atomic groups are not supported')
    if (this.#peek('(')) this.#fail('conditional groups are not supported')
    const found = /^([aiLmsux]*)(?:-([imsx]+))?([:)])/.exec(this.#characters.slice(this.#at).join(''))
    if (!found) this.#fail(`unknown extension ?${this.#characters[this.#at] ?? ''}`)
    if (found[3] === ')') this.#fail('flags for the whole expression have to stand at its start')
    this.#at += found[0].length
    const item = this.#alternatives(this.#withFlags(flags, found[1]!, found[2] ?? ''))
    this.#close()
    return { kind: 'group', item, number: undefined, open: '(?:' }
  }

  #close(): void {
    if (!this.#take(')')) this.#fail('a parenthesis is not closed')
  }

  #name(end: string): string {
    const found = /^[A-Za-z_][A-Za-z0-9_]*/.exec(this.#characters.slice(this.#at).join(''))
    if (!found) this.#fail("the name of a group has to be letters, digits and '_'")
    this.#at += found[0].length
    if (!this.#take(end)) this.#fail('the name of a group is not closed')
    return found[0]
  }

  #capture(flags: Flags, name: string | undefined): Node {
    const number = ++this.groupCount
    if (name !== undefined) {
      if (this.groupNames.has(name)) this.#fail(`the group '${name}' is defined twice`)
      this.groupNames.set(name, number)
    }
    const item = this.#alternatives(flags)
    this.#close()
    this.#closed.add(number)
    return { kind: 'group', item, number, open: name === undefined ? '(' : `(?<${name}>` }
  }

  #backReference(number: number, flags: Flags): Node {
    if (!this.#closed.has(number)) this.#fail(`group ${number} is not there, or not closed yet`)
    if (flags.ignoreCase) this.#fail('a back-reference that ignores case is not supported')
    return { kind: 'back', number }
  }

  #escape(flags: Flags): Node {
    const next = this.#characters[this.#at + 1]
    if (next === undefined) this.#fail('nothing follows the last backslash')
    if (CLASSES[next] !== undefined || NOT_CLASSES[next] !== undefined) {
      this.#at += 2
      return { kind: 'text', js: `[${CLASSES[next] ?? NOT_CLASSES[next]!}]` }
    }
    if (next === 'A' || next === 'Z' || next === 'b' || next === 'B') {
      this.#at += 2
      return { kind: 'text', js: next === 'A' ? START : next === 'Z' ? END : `\\${next}` }
    }
    const back = /^\\([1-9]\d?)/.exec(this.#characters.slice(this.#at, this.#at + 3).join(''))
    if (back && !/^\\[0-3][0-7][0-7]/.test(this.#characters.slice(this.#at, this.#at + 4).join(''))) {
      this.#at += back[0].length
      return this.#backReference(Number(back[1]), flags)
    }
    return { kind: 'text', js: literal(this.#escapedCharacter(), flags) }
  }

  /** The character that an escape stands for, inside and outside classes. */
  #escapedCharacter(): string {
    const rest = this.#characters.slice(this.#at + 1, this.#at + 11).join('')
    const number = (digits: string, base: number, length: number): string => {
      this.#at += 1 + length
      const code = Number.parseInt(digits, base)
      if (code > 0x10ffff) this.#fail('an escape stands for no character')
      return String.fromCodePoint(code)
    }
    const octal = /^(?:0[0-7]{0,2}|[1-3][0-7]{2})/.exec(rest)
    if (octal) return number(octal[0], 8, octal[0].length)
    const hex = /^(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))/.exec(rest)
    if (hex) return number((hex[1] ?? hex[2] ?? hex[3])!, 16, hex[0].length)
    const character = this.#characters[this.#at + 1]!
    this.#at += 2
    if (CONTROL[character] !== undefined) return String.fromCodePoint(CONTROL[character])
    if (/[A-Za-z0-9]/.test(character)) this.#fail(`bad escape \\${character}`)
    return character
  }

  #class(flags: Flags): Node {
    this.#at++
    const negated = this.#take('^')
    const parts: string[] = []
    for (let first = true; ; first = false) {
      if (this.#at >= this.#characters.length) this.#fail('a character set is not closed')
      if (!first && this.#take(']')) break
      const low = this.#classItem()
      if (low.length > 1 && low[0] === '\\') {
        parts.push(CLASSES[low[1]!] ?? NOT_CLASSES[low[1]!]!)
        continue
      }
      if (this.#peek('-') && this.#characters[this.#at + 1] !== ']' && this.#characters[this.#at + 1] !== undefined) {
        this.#at++
        const high = this.#classItem()
        if (high.length > 1 && high[0] === '\\') this.#fail('a range in a character set ends in a class')
        const [from, to] = [low.codePointAt(0)!, high.codePointAt(0)!]
        if (to < from) this.#fail(`bad character range ${low}-${high}`)
        parts.push(range(from, to), ...(flags.ignoreCase ? otherCases(from, to) : []))
      } else {
        const code = low.codePointAt(0)!
        parts.push(escapeInClass(code), ...(flags.ignoreCase ? otherCases(code, code) : []))
      }
    }
    return { kind: 'text', js: `[${negated ? '^' : ''}${parts.join('')}]` }
  }

  /** One character, or a class as a backslash and its letter. */
  #classItem(): string {
    const character = this.#characters[this.#at]
    if (character === undefined) this.#fail('a character set is not closed')
    if (character !== '\\') {
      this.#at++
      return character
    }
    const next = this.#characters[this.#at + 1]
    if (next === undefined) this.#fail('nothing follows the last backslash')
    if (CLASSES[next] !== undefined || NOT_CLASSES[next] !== undefined) {
      this.#at += 2
      return `\\${next}`
    }
    if (next === 'b') {
      this.#at += 2
      return '\b'
    }
    return this.#escapedCharacter()
  }
}

function literal(character: string, flags: Flags): string {
  if (flags.ignoreCase && /[A-Za-z]/.test(character)) return `[${character.toUpperCase()}${character.toLowerCase()}]`
  if (/[\\^$.*+?()[\]{}|/]/.test(character)) return `\\${character}`
  return /[\0-\x1f\x7f]/.test(character) ? codeEscape(character.codePointAt(0)!) : character
}

function codeEscape(code: number): string {
  return `\\u{${code.toString(16)}}`
}

function escapeInClass(code: number): string {
  return /[A-Za-z0-9_]/.test(String.fromCodePoint(code)) ? String.fromCodePoint(code) : codeEscape(code)
}

function range(from: number, to: number): string {
  return `${escapeInClass(from)}-${escapeInClass(to)}`
}

/** The same ASCII letters in the other case. */
function otherCases(from: number, to: number): string[] {
  const parts: string[] = []
  for (const [low, high, shift] of [
    [65, 90, 32],
    [97, 122, -32],
  ] as const) {
    const [start, end] = [Math.max(from, low), Math.min(to, high)]
    if (start <= end) parts.push(range(start + shift, end + shift))
  }
  return parts
}

function write(node: Node): string {
  switch (node.kind) {
    case 'alternatives':
      return node.branches.map(write).join('|')
    case 'sequence':
      return node.items.map(write).join('')
    case 'repeat':
      return write(node.item) + node.suffix
    case 'group':
      return `${node.open}${write(node.item)})`
    case 'back':
      // The group keeps a digit that follows from becoming part of the number.
      return `(?:\\${node.number})`
    case 'text':
      return node.js
  }
}

/**
 * Groups that may have taken no part in a match, or an earlier part than JavaScript says: Python fails at a reference to the
 * former and keeps the last match of the latter.
 */
function unsureGroups(tree: Node): ReadonlySet<number> {
  const optional = new Set<number>()
  const repeated = new Set<number>()
  const referenced = new Set<number>()
  const walk = (node: Node, isOptional: boolean, isRepeated: boolean): void => {
    if (node.kind === 'alternatives') for (const branch of node.branches) walk(branch, true, isRepeated)
    else if (node.kind === 'sequence') for (const item of node.items) walk(item, isOptional, isRepeated)
    else if (node.kind === 'repeat') walk(node.item, isOptional || node.minimum === 0, isRepeated || !/^\?|^\{[01]\}|^\{[01]?,1\}/.test(node.suffix))
    else if (node.kind === 'back') referenced.add(node.number)
    else if (node.kind === 'group') {
      if (node.number !== undefined && isOptional) optional.add(node.number)
      if (node.number !== undefined && isOptional && isRepeated) repeated.add(node.number)
      walk(node.item, isOptional || node.open.endsWith('!'), isRepeated)
    }
  }
  walk(tree, false, false)
  for (const number of referenced) {
    if (optional.has(number)) throw new Error(`the regular expression refers to group ${number}, which may not take part in the match; that is not supported`)
  }
  return repeated
}

function expand(
  match: RegExpExecArray,
  replacement: string,
  names: ReadonlyMap<string, number>,
  count: number,
  unsure: ReadonlySet<number>,
  pattern: string,
): string {
  const group = (number: number): string => {
    if (number > count)
      throw new Error(`the line refers to group ${number}, but the regular expression '${pattern}' has ${count === 0 ? 'none' : `only ${count}`}`)
    if (unsure.has(number)) throw new Error(`the line refers to group ${number}, of which a repeat makes several or none; that is not supported`)
    return match[number] ?? ''
  }
  return replacement.replace(
    /\\(?:g<([^>]*)>|(0[0-7]{0,2}|[1-3][0-7]{2})|([1-9]\d?)|([\s\S])|$)/g,
    (whole: string, named?: string, octal?: string, number?: string, other?: string) => {
      if (named !== undefined) {
        if (/^\d+$/.test(named)) return group(Number(named))
        const known = names.get(named)
        if (known === undefined) throw new Error(`the line refers to a group '${named}' that the regular expression '${pattern}' does not have`)
        return group(known)
      }
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8))
      if (number !== undefined) return group(Number(number))
      if (other === undefined) throw new Error('nothing follows the last backslash of the line')
      if (other === '\\') return '\\'
      if (other === 'b') return '\b'
      if (CONTROL[other] !== undefined) return String.fromCharCode(CONTROL[other])
      if (/[A-Za-z]/.test(other)) throw new Error(`bad escape \\${other} in the line; with backrefs a backslash is written \\\\`)
      return whole
    },
  )
}
