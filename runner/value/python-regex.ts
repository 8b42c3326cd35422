/**
 * Regular expressions in Python's syntax. A pattern is read into a tree and written again as JavaScript that matches the
 * same texts; what cannot be said in JavaScript is refused. A position in a text is in UTF-16 units; what matches as one
 * character is a code point.
 */

export interface RegexFlags {
  readonly ignoreCase?: boolean
  readonly multiline?: boolean
  readonly dotAll?: boolean
  /** The pattern and the text are bytes, one character each: `\w`, `\d`, `\s`, `\b` and case know ASCII alone. */
  readonly ascii?: boolean
}

/** A pattern, a match or a replacement that cannot be used; the message is the sentence for the user. */
export class RegexError extends Error {}

export interface PythonMatch {
  readonly start: number
  readonly end: number
  readonly text: string
  /**
   * What a group matched, null where it took no part; group 0 is the match.
   *
   * @throws {RegexError} where JavaScript cannot know it: it forgets at each repeat what Python keeps.
   */
  group(number: number): string | null
}

/** A compiled pattern. Whatever matches throws a RegexError where the pattern is too large or the text too long for it. */
export interface PythonRegex {
  /** How many groups it has. */
  readonly groups: number
  /** The numbers of the groups that have names, in their order. */
  readonly names: ReadonlyMap<string, number>
  /** Python's `search`: the leftmost match, or null. */
  search(text: string): PythonMatch | null
  /** Python's `match`: a match at the start of the text. */
  matchAt(text: string): PythonMatch | null
  /** Python's `fullmatch`. */
  matchWhole(text: string): PythonMatch | null
  /** Python's `finditer`: all matches that do not overlap, an empty one right after another too. */
  matchAll(text: string): Generator<PythonMatch, void>
  /**
   * Python's `Match.expand`: a replacement with `\1`, `\g<1>`, `\g<name>` and escapes, for matches of this pattern.
   * `subject` is what a sentence about it calls the replacement.
   *
   * @throws {RegexError} where it names a group that is not there; what it returns throws as `group` does.
   */
  replacement(template: string, subject?: string): (match: PythonMatch) => string
}

const cache = new Map<string, PythonRegex>()
const MAX_CACHED = 1000
const MAX_DEPTH = 200

/**
 * @throws {RegexError} where the pattern is wrong or not supported.
 * @example compilePython('^(?P<key>\\w+)=').search('mode=x')?.group(1) // 'mode'
 */
export function compilePython(pattern: string, flags: RegexFlags = {}): PythonRegex {
  const { ignoreCase = false, multiline = false, dotAll = false, ascii = false } = flags
  const key = [ignoreCase, multiline, dotAll, ascii].map(Number).join('') + pattern
  let compiled = cache.get(key)
  if (compiled === undefined) {
    compiled = new Compiled(pattern, { ignoreCase, multiline, dotAll, ascii, verbose: false })
    cache.set(key, compiled)
    if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value!)
  }
  return compiled
}

class Compiled implements PythonRegex {
  readonly #pattern: string
  readonly #source: string
  readonly #options: string
  readonly #global: RegExp
  readonly #sticky: RegExp
  readonly #whole: RegExp
  readonly #advancing: RegExp[] = []
  readonly #reach: number
  readonly #doubtful: ReadonlyMap<number, 'always' | 'where undefined'>
  readonly groups: number
  readonly names: ReadonlyMap<string, number>

  constructor(pattern: string, flags: Flags) {
    const parser = new Parser(pattern, flags)
    const tree = parser.parse()
    this.#pattern = pattern
    this.#source = write(tree)
    this.#options = parser.refersIgnoringCase ? 'ui' : 'u'
    this.#reach = parser.reach
    this.groups = parser.groupCount
    this.names = parser.groupNames
    this.#doubtful = doubtfulGroups(tree)
    this.#global = this.#regex(this.#source, 'g')
    this.#sticky = this.#regex(this.#source, 'y')
    this.#whole = this.#regex(`(?:${this.#source})${END}`, 'y')
  }

  #regex(source: string, mode: 'g' | 'y'): RegExp {
    return this.#guarded(() => new RegExp(source, mode + this.#options))
  }

  /** Some patterns turn out to be too large for V8 when they are first used, some texts to need too much of its stack. */
  #guarded<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      const reason = error instanceof RangeError ? 'the text is too long for it' : (error as Error).message.replace(/^Invalid regular expression: .*: /s, '')
      throw new RegexError(`the regular expression '${this.#pattern}' is not supported: ${reason}`, { cause: error })
    }
  }

  #at(regex: RegExp, text: string, from: number, shift = 0): PythonMatch | null {
    regex.lastIndex = from
    let found = this.#guarded(() => regex.exec(text))
    // V8 also looks between the halves of a character, where nothing stands that it could match.
    while (found !== null && isWithinCharacter(text, found.index)) {
      regex.lastIndex = found.index + 1
      found = this.#guarded(() => regex.exec(text))
    }
    if (found === null) return null
    const start = found.index + shift
    return { start, end: start + found[0].length, text: found[0], group: (number) => this.#group(found, number) }
  }

  #group(found: RegExpExecArray, number: number): string | null {
    if (number > this.groups) throw new RegexError(`the regular expression '${this.#pattern}' has no group ${number}`)
    const text = found[number]
    const doubt = this.#doubtful.get(number)
    if (doubt === 'always' || (doubt !== undefined && text === undefined)) {
      throw new RegexError(`a repeat makes several or none of group ${number} of the regular expression '${this.#pattern}'; that is not supported`)
    }
    return text ?? null
  }

  search(text: string): PythonMatch | null {
    return this.#at(this.#global, text, 0)
  }

  matchAt(text: string): PythonMatch | null {
    return this.#at(this.#sticky, text, 0)
  }

  matchWhole(text: string): PythonMatch | null {
    return this.#at(this.#whole, text, 0)
  }

  *matchAll(text: string): Generator<PythonMatch, void> {
    let from = 0
    let wasEmpty = false
    for (;;) {
      let next: PythonMatch | null = wasEmpty ? this.#advance(text, from) : this.#at(this.#global, text, from)
      if (next === null && wasEmpty && from < text.length) next = this.#at(this.#global, text, from + widthAt(text, from))
      if (next === null) return
      yield next
      from = next.end
      wasEmpty = next.text === ''
    }
  }

  /**
   * A match at an offset that is not empty. JavaScript cannot compare positions, but it can tell a place that is a known
   * number of characters from the start: so the text is cut down to what can be looked back at.
   */
  #advance(text: string, from: number): PythonMatch | null {
    let cut = from
    let kept = 0
    while (cut > 0 && kept < this.#reach) {
      cut -= isWithinCharacter(text, cut - 1) ? 2 : 1
      kept++
    }
    this.#advancing[kept] ??= this.#regex(`(?:${this.#source})(?<!${START}[\\s\\S]{${kept}})`, 'y')
    return this.#at(this.#advancing[kept]!, text.slice(cut), from - cut, cut)
  }

  replacement(template: string, subject = 'the replacement'): (match: PythonMatch) => string {
    const parts = parseReplacement(template, subject, (reference) => {
      const number = /^\d+$/.test(reference) ? Number(reference) : this.names.get(reference)
      if (number === undefined) {
        throw new RegexError(`${subject} refers to a group '${reference}' that the regular expression '${this.#pattern}' does not have`)
      }
      if (number <= this.groups) return number
      const has = this.groups === 0 ? 'none' : `only ${this.groups}`
      throw new RegexError(`${subject} refers to group ${number}, but the regular expression '${this.#pattern}' has ${has}`)
    })
    return (match) => parts.map((part) => (typeof part === 'string' ? part : (match.group(part) ?? ''))).join('')
  }
}

/** How many UTF-16 units the character at an offset has. */
function widthAt(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1
}

function isWithinCharacter(text: string, at: number): boolean {
  return at > 0 && text.codePointAt(at - 1)! > 0xffff
}

type Node = (
  | { readonly kind: 'alternatives'; readonly branches: readonly Node[] }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'repeat'; readonly item: Node; readonly minimum: number; readonly maximum: number; readonly suffix: string }
  | { readonly kind: 'group'; readonly item: Node; readonly number: number | undefined }
  | { readonly kind: 'look'; readonly item: Node; readonly open: Look }
  | { readonly kind: 'back'; readonly number: number }
  /** Ready JavaScript that matches one character. */
  | { readonly kind: 'character'; readonly js: string }
  /** Ready JavaScript that matches a place. */
  | { readonly kind: 'place'; readonly js: string }
) & {
  /** How many characters it matches at least and at most. */
  readonly least: number
  readonly most: number
}

type Look = '(?=' | '(?!' | '(?<=' | '(?<!'

interface Flags {
  readonly ignoreCase: boolean
  readonly multiline: boolean
  readonly dotAll: boolean
  readonly verbose: boolean
  readonly ascii: boolean
}

const START = '(?<![\\s\\S])'
const END = '(?![\\s\\S])'

/** What stands within `[…]` for a class. */
type Classes = ReadonlyMap<string, string>
const ASCII_CLASSES: Classes = new Map([
  ['d', '0-9'],
  ['D', '\\0-\\/:-\\u{10ffff}'],
  ['s', '\\t-\\r '],
  ['S', '\\0-\\x08\\x0e-\\x1f!-\\u{10ffff}'],
  ['w', 'A-Za-z0-9_'],
  ['W', '\\0-\\/:-@\\[-\\^`\\{-\\u{10ffff}'],
])
const UNICODE_CLASSES: Classes = new Map([
  ['d', '\\p{Nd}'],
  ['D', '\\P{Nd}'],
  // JavaScript's `\s` lacks U+001C to U+001F and U+0085, and has U+FEFF.
  ['s', '\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'],
  ['S', '\\0-\\x08\\x0e-\\x1b!-\\x84\\x86-\\x9f\\xa1-\\u167f\\u1681-\\u1fff\\u200b-\\u2027\\u202a-\\u202e\\u2030-\\u205e\\u2060-\\u2fff\\u3001-\\u{10ffff}'],
  ['w', '\\p{L}\\p{N}_'],
  // All other categories, but of Pc all without the low line.
  ['W', '\\p{M}\\p{S}\\p{Z}\\p{C}\\p{Pd}\\p{Ps}\\p{Pe}\\p{Pi}\\p{Pf}\\p{Po}\\u203f\\u2040\\u2054\\ufe33\\ufe34\\ufe4d-\\ufe4f\\uff3f'],
])

const CONTROL: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
])

class Parser {
  readonly #pattern: string
  readonly #isBytes: boolean
  #at = 0
  #depth = 0
  #flags: Flags
  groupCount = 0
  readonly groupNames = new Map<string, number>()
  /** The groups that are closed, with how many characters they match. */
  readonly #closed = new Map<number, { readonly least: number; readonly most: number }>()
  /** How many groups there were before the look-behind that is being read. */
  #beforeLookBehind: number | undefined
  #heedsCase = false
  /**
   * Only JavaScript's flag `i` makes a back-reference ignore case. It then holds for the whole pattern, so the pattern must not
   * heed case anywhere; and it compares as Unicode folds: U+017F is the same as `s`, which Python denies in a back-reference.
   */
  refersIgnoringCase = false
  /** How many characters before a match the pattern may look at. */
  reach = 1

  constructor(pattern: string, flags: Flags) {
    this.#pattern = pattern
    this.#isBytes = flags.ascii
    this.#flags = flags
  }

  parse(): Node {
    this.#globalFlags()
    const tree = this.#alternatives(this.#flags)
    if (this.#at < this.#pattern.length) this.#fail('a parenthesis is closed that was not opened')
    checkReferences(tree, new Set(), (number) => this.#fail(`it refers to group ${number}, which may not take part in the match`))
    if (this.refersIgnoringCase && this.#heedsCase) this.#fail('a back-reference that ignores case in a pattern that does not is not supported')
    return tree
  }

  #fail(what: string): never {
    throw new RegexError(`the regular expression '${this.#pattern}' is not valid or not supported: ${what}`)
  }

  #isAt(text: string): boolean {
    return this.#pattern.startsWith(text, this.#at)
  }

  #take(text: string): boolean {
    if (!this.#isAt(text)) return false
    this.#at += text.length
    return true
  }

  /** Takes what a sticky expression matches here. */
  #match(regex: RegExp): RegExpExecArray | null {
    regex.lastIndex = this.#at
    const found = regex.exec(this.#pattern)
    if (found) this.#at += found[0].length
    return found
  }

  /** The character here, or '' at the end. */
  #character(): string {
    return this.#at < this.#pattern.length ? String.fromCodePoint(this.#pattern.codePointAt(this.#at)!) : ''
  }

  /** `(?im)` at the start holds for the whole pattern. */
  #globalFlags(): void {
    for (;;) {
      if (this.#flags.verbose) this.#skipVerbose()
      if (this.#match(/\(\?#[^)]*\)/y)) continue
      const found = this.#match(/\(\?([aiLmsux]+)\)/y)
      if (!found) return
      if (!this.#isBytes && this.#flags.ascii && found[1]!.includes('u')) this.#fail('the flags a and u exclude each other')
      this.#flags = this.#withFlags(this.#flags, found[1]!, '')
    }
  }

  #withFlags(flags: Flags, on: string, off: string): Flags {
    if (on.includes('L')) this.#fail('the flag L depends on a locale')
    if (on.includes('a') && on.includes('u')) this.#fail('the flags a and u exclude each other')
    if (on.includes('u') && this.#isBytes) this.#fail('the flag u is not for bytes')
    for (const letter of off) if (on.includes(letter)) this.#fail(`the flag ${letter} is turned on and off`)
    const has = (letter: string, now: boolean) => (on.includes(letter) ? true : off.includes(letter) ? false : now)
    return {
      ignoreCase: has('i', flags.ignoreCase),
      multiline: has('m', flags.multiline),
      dotAll: has('s', flags.dotAll),
      verbose: has('x', flags.verbose),
      ascii: on.includes('u') ? false : has('a', flags.ascii),
    }
  }

  #alternatives(flags: Flags): Node {
    if (++this.#depth > MAX_DEPTH) this.#fail(`its groups are nested more than ${MAX_DEPTH} deep`)
    const branches = [this.#sequence(flags)]
    while (this.#take('|')) branches.push(this.#sequence(flags))
    this.#depth--
    if (branches.length === 1) return branches[0]!
    const [least, most] = branches.reduce(([least, most], each) => [Math.min(least, each.least), Math.max(most, each.most)], [Infinity, 0])
    return { kind: 'alternatives', branches, least, most }
  }

  #sequence(flags: Flags): Node {
    const items: Node[] = []
    for (;;) {
      if (flags.verbose) this.#skipVerbose()
      if (this.#at >= this.#pattern.length || this.#isAt('|') || this.#isAt(')')) break
      const repeat = this.#quantifier()
      if (repeat) items.push(this.#repeated(items.pop(), repeat))
      else {
        const item = this.#atom(flags)
        if (item) items.push(item)
      }
    }
    const sum = (of: (item: Node) => number): number => items.reduce((total, item) => total + of(item), 0)
    return { kind: 'sequence', items, least: sum(({ least }) => least), most: sum(({ most }) => most) }
  }

  #skipVerbose(): void {
    this.#match(/(?:[ \t\n\r\f\v]|#[^\n]*)*/y)
  }

  /** `*`, `+`, `?`, `{2}`, `{2,}`, `{,3}`, `{2,3}`; any other brace is a character. */
  #quantifier(): { minimum: number; maximum: number } | undefined {
    if (this.#take('*')) return { minimum: 0, maximum: Infinity }
    if (this.#take('+')) return { minimum: 1, maximum: Infinity }
    if (this.#take('?')) return { minimum: 0, maximum: 1 }
    const found = this.#match(/\{(?!\})(\d*)(,?)(\d*)\}/y)
    if (!found) return undefined
    const [, low = '', comma, high = ''] = found
    const minimum = Number(low)
    const maximum = comma === '' ? minimum : high === '' ? Infinity : Number(high)
    if (maximum < minimum) this.#fail('a repeat has a minimum above its maximum')
    return { minimum, maximum }
  }

  #repeated(item: Node | undefined, { minimum, maximum }: { minimum: number; maximum: number }): Node {
    if (item === undefined || item.kind === 'place') this.#fail('nothing to repeat')
    if (item.kind === 'repeat') this.#fail('multiple repeat')
    const isLazy = this.#take('?')
    if (!isLazy && this.#isAt('+')) this.#fail('possessive quantifiers are not supported')
    if (minimum !== maximum && prefersNothing(item)) this.#fail('a repeat of what would rather match nothing is not supported')
    const suffix = `{${minimum},${maximum === Infinity ? '' : maximum}}${isLazy ? '?' : ''}`
    const most = item.most === 0 || maximum === 0 ? 0 : item.most * maximum
    return { kind: 'repeat', item, minimum, maximum, suffix, least: item.least * minimum, most }
  }

  #atom(flags: Flags): Node | undefined {
    const character = this.#character()
    if (character === '(') return this.#group(flags)
    if (character === '[') return this.#set(flags)
    if (character === '\\') return this.#escape(flags)
    this.#at += character.length
    if (character === '.') return one(flags.dotAll ? '[\\s\\S]' : '[^\\n]')
    if (character === '^') return place(flags.multiline ? '(?<![^\\n])' : START)
    if (character === '$') return place(flags.multiline ? '(?![^\\n])' : `(?=\\n?${END})`)
    return this.#literal(character, flags)
  }

  #literal(character: string, flags: Flags): Node {
    const code = character.codePointAt(0)!
    const cases = casesBetween(code, code, flags.ascii)
    if (cases.length === 0) return one(codeEscape(code))
    if (flags.ignoreCase) return one(`[${[code, ...cases].map(codeEscape).join('')}]`)
    this.#heedsCase = true
    return one(codeEscape(code))
  }

  #group(flags: Flags): Node | undefined {
    this.#at++
    if (!this.#take('?')) return this.#capture(flags, undefined)
    if (this.#match(/#[^)]*/y)) {
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
    const look = this.#match(/<?[=!]/y)
    if (look) return this.#look(`(?${look[0]}` as Look, flags)
    if (this.#isAt('>')) this.#fail('atomic groups are not supported')
    if (this.#isAt('(')) this.#fail('conditional groups are not supported')
    const found = this.#match(/([aiLmsux]*)(?:-([imsx]+))?([:)])/y)
    if (!found || found[0] === ')') this.#fail(`unknown extension ?${this.#character()}`)
    if (found[3] === ')') this.#fail('flags for the whole expression have to stand at its start')
    const item = this.#alternatives(this.#withFlags(flags, found[1]!, found[2] ?? ''))
    this.#close()
    return { kind: 'group', item, number: undefined, least: item.least, most: item.most }
  }

  #look(open: Look, flags: Flags): Node {
    const isBehind = open.startsWith('(?<')
    const outer = this.#beforeLookBehind
    if (isBehind) this.#beforeLookBehind ??= this.groupCount
    const item = this.#alternatives(flags)
    this.#close()
    this.#beforeLookBehind = outer
    if (isBehind && item.least !== item.most) this.#fail('what a look-behind looks for has to have one length')
    if (isBehind) this.reach += item.most
    return { kind: 'look', item, open, least: 0, most: 0 }
  }

  #close(): void {
    if (!this.#take(')')) this.#fail('a parenthesis is not closed')
  }

  #name(end: string): string {
    const found = this.#match(this.#isBytes ? /[A-Za-z_]\w*/y : /[\p{XID_Start}_]\p{XID_Continue}*/uy)
    if (!found) this.#fail("the name of a group has to be letters, digits and '_'")
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
    const { least, most } = item
    this.#closed.set(number, { least, most })
    return { kind: 'group', item, number, least, most }
  }

  #backReference(number: number, flags: Flags): Node {
    const group = this.#closed.get(number)
    if (group === undefined) this.#fail(`group ${number} is not there, or not closed yet`)
    if (number > (this.#beforeLookBehind ?? Infinity)) this.#fail(`a look-behind refers to its own group ${number}`)
    if (flags.ignoreCase && flags.ascii) this.#fail('a back-reference that ignores case in ASCII alone is not supported')
    if (flags.ignoreCase) this.refersIgnoringCase = true
    else this.#heedsCase = true
    return { kind: 'back', number, ...group }
  }

  #escape(flags: Flags): Node {
    const next = this.#pattern[this.#at + 1]
    if (next === undefined) this.#fail('nothing follows the last backslash')
    const classes = flags.ascii ? ASCII_CLASSES : UNICODE_CLASSES
    const known = classes.get(next)
    const js = known === undefined ? placeEscape(next, `[${classes.get('w')!}]`) : `[${known}]`
    if (js !== undefined) {
      this.#at += 2
      return known === undefined ? place(js) : one(js)
    }
    if (!/\\[0-7]{3}/y.test(this.#pattern.slice(this.#at, this.#at + 4))) {
      const back = this.#match(/\\([1-9]\d?)/y)
      if (back) return this.#backReference(Number(back[1]), flags)
    }
    return this.#literal(this.#escapedCharacter(/\\(?:0[0-7]{0,2}|[1-7][0-7]{2})/y), flags)
  }

  /** The character that an escape stands for. Numbers in base 8 are read differently inside of sets. */
  #escapedCharacter(octal: RegExp): string {
    const code = this.#match(octal)
    if (code) {
      const value = Number.parseInt(code[0].slice(1), 8)
      return value > 0o377 ? this.#fail(`the octal escape ${code[0]} is above \\377`) : String.fromCodePoint(value)
    }
    const hex = this.#match(this.#isBytes ? /\\x([0-9A-Fa-f]{2})/y : /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))/y)
    if (hex) {
      const value = Number.parseInt((hex[1] ?? hex[2] ?? hex[3])!, 16)
      return value > 0x10ffff ? this.#fail(`the escape ${hex[0]} stands for no character`) : String.fromCodePoint(value)
    }
    this.#at++
    const character = this.#character()
    this.#at += character.length
    const control = CONTROL.get(character)
    if (control === undefined && /^[A-Za-z0-9]$/.test(character)) this.#fail(`bad escape \\${character}`)
    return control ?? character
  }

  #set(flags: Flags): Node {
    this.#at++
    const isNegated = this.#take('^')
    const parts: string[] = []
    // A `]` right at the start stands for itself.
    for (let first = true; first || !this.#take(']'); first = false) {
      const low = this.#setItem(flags)
      const high = !this.#isAt('-]') && this.#take('-') ? this.#setItem(flags) : low
      if ('js' in high) {
        if (high !== low) this.#fail('a range in a character set ends in a class')
        parts.push(high.js)
        continue
      }
      if ('js' in low) this.#fail('a range in a character set begins with a class')
      const to = high.code
      if (to < low.code) this.#fail(`bad character range ${String.fromCodePoint(low.code)}-${String.fromCodePoint(to)}`)
      parts.push(to === low.code ? codeEscape(to) : `${codeEscape(low.code)}-${codeEscape(to)}`)
      const cases = casesBetween(low.code, to, flags.ascii)
      if (flags.ignoreCase) parts.push(...cases.map(codeEscape))
      else this.#heedsCase ||= cases.length > 0
    }
    return one(`[${isNegated ? '^' : ''}${parts.join('')}]`)
  }

  /** A character, or the JavaScript of a class. */
  #setItem(flags: Flags): { readonly code: number } | { readonly js: string } {
    const character = this.#character()
    if (character === '') this.#fail('a character set is not closed')
    if (character !== '\\') {
      this.#at += character.length
      return { code: character.codePointAt(0)! }
    }
    const next = this.#pattern[this.#at + 1]
    if (next === undefined) this.#fail('nothing follows the last backslash')
    const js = (flags.ascii ? ASCII_CLASSES : UNICODE_CLASSES).get(next)
    if (js !== undefined) {
      this.#at += 2
      return { js }
    }
    return { code: this.#take('\\b') ? 8 : this.#escapedCharacter(/\\[0-7]{1,3}/y).codePointAt(0)! }
  }
}

function one(js: string): Node {
  return { kind: 'character', js, least: 1, most: 1 }
}

function place(js: string): Node {
  return { kind: 'place', js, least: 0, most: 0 }
}

/**
 * Whether a node matches nothing before it tries to match something. Python ends a repeat there; JavaScript does not take
 * nothing for a time of its own, and goes on trying.
 */
function prefersNothing(node: Node): boolean {
  if (node.least > 0 || node.most === 0) return false
  switch (node.kind) {
    case 'alternatives':
      return node.branches.some((branch, index) => prefersNothing(branch) || (branch.least === 0 && index < node.branches.length - 1))
    case 'sequence':
      return node.items.some(prefersNothing)
    case 'repeat':
      return node.suffix.endsWith('?') || prefersNothing(node.item)
    case 'group':
      return prefersNothing(node.item)
    default:
      return false
  }
}

function placeEscape(letter: string, word: string): string | undefined {
  switch (letter) {
    case 'A':
      return START
    case 'Z':
      return END
    case 'b':
      return `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`
    case 'B':
      // Until 3.14 Python finds no `\B` in an empty text.
      return `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word})(?:(?<=[\\s\\S])|(?=[\\s\\S])))`
    default:
      return undefined
  }
}

function codeEscape(code: number): string {
  const character = String.fromCodePoint(code)
  return /[A-Za-z0-9_]/.test(character) ? character : `\\u{${code.toString(16)}}`
}

const LAST_CASED = 0x1ffff
let casesOf: ReadonlyMap<number, readonly number[]> | undefined

/**
 * For each character with cases all that Python takes for it where case does not matter: those with the same lower case,
 * and those whose lower cases have the same upper case. JavaScript's flag `i` is not so wide (Python's `i` matches `İ`), and
 * cannot hold for a part of a pattern.
 */
function unicodeCases(): ReadonlyMap<number, readonly number[]> {
  if (casesOf !== undefined) return casesOf
  const classes = new Map<string, number[]>()
  for (let code = 0; code <= LAST_CASED; code++) {
    const character = String.fromCodePoint(code)
    if (!/\p{Changes_When_Casemapped}/u.test(character)) continue
    // Of more than one character Python takes the first.
    const lower = String.fromCodePoint(character.toLowerCase().codePointAt(0)!)
    const key = lower.toUpperCase()
    const found = classes.get(key)
    if (found) found.push(code)
    else classes.set(key, [code])
  }
  casesOf = new Map([...classes.values()].filter(({ length }) => length > 1).flatMap((codes) => codes.map((code) => [code, codes] as const)))
  return casesOf
}

/** The characters outside of a range that are the same as one in it where case does not matter. */
function casesBetween(from: number, to: number, ascii: boolean): number[] {
  const cases = new Set<number>()
  const add = (codes: readonly number[] = []): void => {
    for (const code of codes) if (code < from || code > to) cases.add(code)
  }
  if (ascii) {
    for (let code = Math.max(from, 65); code <= Math.min(to, 122); code++) if (/[A-Za-z]/.test(String.fromCharCode(code))) add([code ^ 32])
  } else if (from === to) add(unicodeCases().get(from))
  else for (const [code, codes] of unicodeCases()) if (code >= from && code <= to) add(codes)
  return [...cases]
}

function write(node: Node): string {
  switch (node.kind) {
    case 'alternatives':
      return node.branches.map(write).join('|')
    case 'sequence':
      return node.items.map(write).join('')
    case 'repeat':
      return (node.item.kind === 'look' ? `(?:${write(node.item)})` : write(node.item)) + node.suffix
    case 'group':
      return `${node.number === undefined ? '(?:' : '('}${write(node.item)})`
    case 'look':
      return `${node.open}${write(node.item)})`
    case 'back':
      // The group keeps a digit that follows from becoming part of the number.
      return `(?:\\${node.number})`
    case 'character':
    case 'place':
      return node.js
  }
}

/**
 * Finds references to groups that may have taken no part: there Python fails to match, and JavaScript matches nothing.
 * Returns the groups that took part where `before` did and the node has matched.
 */
function checkReferences(node: Node, before: ReadonlySet<number>, fail: (number: number) => never): ReadonlySet<number> {
  switch (node.kind) {
    case 'alternatives': {
      const [first, ...others] = node.branches.map((branch) => checkReferences(branch, before, fail))
      return new Set([...first!].filter((number) => others.every((other) => other.has(number))))
    }
    case 'sequence':
      return node.items.reduce((known, item) => checkReferences(item, known, fail), before)
    case 'repeat': {
      const after = checkReferences(node.item, before, fail)
      return node.minimum === 0 ? before : after
    }
    case 'look': {
      const after = checkReferences(node.item, before, fail)
      return node.open.endsWith('!') ? before : after
    }
    case 'group': {
      const after = checkReferences(node.item, before, fail)
      return node.number === undefined ? after : new Set([...after, node.number])
    }
    case 'back':
      return before.has(node.number) ? before : fail(node.number)
    case 'character':
    case 'place':
      return before
  }
}

/**
 * Groups of which JavaScript may not know what Python says. In a repeat JavaScript forgets what the time before matched, and
 * does not try a time that matches nothing; and it goes through a look-behind from its end.
 */
function doubtfulGroups(tree: Node): ReadonlyMap<number, 'always' | 'where undefined'> {
  const doubtful = new Map<number, 'always' | 'where undefined'>()
  interface Around {
    /** Whether a repeat may go round without it. */
    readonly isOptional: boolean
    readonly isRepeated: boolean
    /** A repeat that may match nothing, once or more often. */
    readonly hollow: 'no' | 'once' | 'often'
    readonly isBehind: boolean
  }
  const walk = (node: Node, around: Around): void => {
    switch (node.kind) {
      case 'alternatives':
        for (const branch of node.branches) walk(branch, { ...around, isOptional: around.isOptional || around.isRepeated })
        return
      case 'sequence':
        for (const item of node.items) walk(item, around)
        return
      case 'repeat': {
        const { item, minimum, maximum } = node
        const hollow = item.least > 0 || minimum === maximum ? around.hollow : maximum === 1 && around.hollow !== 'often' ? 'once' : 'often'
        walk(item, {
          ...around,
          isOptional: around.isOptional || (minimum === 0 && around.isRepeated),
          isRepeated: around.isRepeated || maximum > 1,
          hollow,
        })
        return
      }
      case 'look':
        walk(node.item, {
          ...around,
          isOptional: around.isOptional || (node.open.endsWith('!') && around.isRepeated),
          isBehind: around.isBehind || node.open.startsWith('(?<'),
        })
        return
      case 'group':
        if (node.number !== undefined) {
          if ((around.isBehind && around.isRepeated) || (around.hollow === 'often' && node.least === 0)) doubtful.set(node.number, 'always')
          else if (around.hollow !== 'no' || around.isOptional) doubtful.set(node.number, 'where undefined')
        }
        walk(node.item, around)
        return
      case 'back':
      case 'character':
      case 'place':
    }
  }
  walk(tree, { isOptional: false, isRepeated: false, hollow: 'no', isBehind: false })
  return doubtful
}

/** The pieces of a replacement: texts, and numbers of groups. */
function parseReplacement(template: string, subject: string, groupOf: (reference: string) => number): (string | number)[] {
  const parts: (string | number)[] = []
  let at = 0
  for (const found of template.matchAll(/\\(?:g<([^>]*)>|(0[0-7]{0,2}|[1-7][0-7]{2})|([1-9]\d?)|([\s\S]|$))/g)) {
    const [whole, named, octal, number, other = ''] = found
    parts.push(template.slice(at, found.index))
    at = found.index + whole.length
    if (octal !== undefined) {
      const code = Number.parseInt(octal, 8)
      if (code > 0o377) throw new RegexError(`the octal escape ${whole} in ${subject} is above \\377`)
      parts.push(String.fromCharCode(code))
    } else if (other === '') {
      const reference = named ?? number
      if (reference === undefined) throw new RegexError(`nothing follows the last backslash of ${subject}`)
      parts.push(groupOf(reference))
    } else if (/[A-Za-z]/.test(other)) {
      const control = other === 'b' ? '\b' : CONTROL.get(other)
      if (control === undefined) throw new RegexError(`bad escape ${whole} in ${subject}; a backslash is written \\\\`)
      parts.push(control)
    } else parts.push(other === '\\' ? '\\' : whole)
  }
  parts.push(template.slice(at))
  return parts
}
