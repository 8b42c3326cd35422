/**
 * YAML written as Ansible writes it, which is PyYAML's dumper on libyaml's emitter: same styles, same quotes, same folds, same
 * indentation, same anchors.
 */
import { print, repr, reprFloat } from '../../../value/print.ts'
import { compareText } from '../../../value/text.ts'
import { Dict, DictView, Float, Opaque, Tuple, Undefined, Unknown, UnknownValueError } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { refuseValue } from '../runtime/callable.ts'
import { DateTime } from '../../../value/date-time.ts'
import { characterCount, checkUsable } from '../runtime/iterate.ts'
import { MAX_TEXT_LENGTH } from '../runtime/limits.ts'
import { NamedTuple } from '../runtime/named-tuple.ts'
import { isPlainText } from '../../../value/yaml-scalar.ts'

export interface YamlOptions {
  /** Spaces a level, PyYAML's `indent`: 1 < n < 10, else 2. */
  readonly indent?: number | undefined
  /** The column where text is folded. 80. */
  readonly width?: number | undefined
  /** Whether lists and dicts are written on one line: always, never, or (undefined) where they hold only scalars. */
  readonly flow?: boolean | undefined
  readonly sort?: boolean | undefined
  readonly explicitStart?: boolean | undefined
  readonly explicitEnd?: boolean | undefined
  /** A style for every scalar: `'`, `"`, `|` or `>`. */
  readonly style?: string | undefined
  readonly allowUnicode?: boolean | undefined
}

const MAX_DEPTH = 200
const TOO_DEEP = 'a value is nested too deep for YAML'
/** A longer key is written after a `?`. */
const MAX_SIMPLE_KEY_BYTES = 128

export function dumpYaml(value: Value, options: YamlOptions = {}): string {
  return new Emitter(options).document(value)
}

/** A scalar as it is to be written. */
interface Scalar {
  readonly text: string
  /** Whether the text may stand without quotes as far as its type is concerned. */
  readonly isPlain: boolean
  readonly isText: boolean
}

interface Context {
  readonly indent: number | undefined
  readonly isMapping?: boolean
  readonly isSimpleKey?: boolean
}

/** What can be done with a text. */
interface Analysis {
  readonly isMultiline: boolean
  readonly allowFlowPlain: boolean
  readonly allowBlockPlain: boolean
  readonly allowSingleQuoted: boolean
  readonly allowBlock: boolean
}

class Emitter {
  readonly #options: YamlOptions
  readonly #indentStep: number
  readonly #width: number
  readonly #out: string[] = []
  #length = 0
  #column = 0
  #isWhitespace = true
  #isIndention = true
  readonly #indents: (number | undefined)[] = []
  #indent: number | undefined
  #flowLevel = 0
  #openEnded = false
  #depth = 0
  /** What was met so far on the way to the anchors; with a name, what occurs more than once. */
  readonly #anchors = new Map<Value, string | undefined>()
  #anchorCount = 0
  /** What stands in the text under its anchor. */
  readonly #anchored = new Set<Value>()

  constructor(options: YamlOptions) {
    this.#options = options
    const { indent = 2, width = 80 } = options
    this.#indentStep = indent > 1 && indent < 10 ? indent : 2
    this.#width = width > this.#indentStep * 2 ? width : 80
  }

  document(value: Value): string {
    this.#findAnchors(value, 0)
    if (this.#options.explicitStart) this.#indicator('---', true)
    this.#node(value, { indent: undefined })
    // After text that ends in blank lines only a mark can say where the document ends.
    if (this.#options.explicitEnd || this.#openEnded) {
      this.#writeIndent()
      this.#indicator('...', true)
    }
    this.#writeIndent()
    return this.#out.join('')
  }

  /** As PyYAML's serializer: one object that is reached twice is written once, and numbers go by who is first to be met again. */
  #findAnchors(value: Value, depth: number): void {
    if (depth > MAX_DEPTH) refuseValue(TOO_DEEP)
    if (!isCollection(value) && !(value instanceof DateTime)) return
    if (value instanceof Tuple && isEmpty(value)) return
    if (this.#anchors.has(value)) {
      if (this.#anchors.get(value) === undefined) this.#anchors.set(value, `id${String(++this.#anchorCount).padStart(3, '0')}`)
      return
    }
    this.#anchors.set(value, undefined)
    const children = value instanceof Dict ? this.#entries(value).flat() : itemsOfList(value)
    for (const child of children) this.#findAnchors(child, depth + 1)
  }

  #node(value: Value, context: Context): void {
    if (++this.#depth > MAX_DEPTH) refuseValue(TOO_DEEP)
    const anchor = this.#anchors.get(value)
    if (anchor !== undefined) {
      const isAlias = this.#anchored.has(value)
      this.#indicator(`${isAlias ? '*' : '&'}${anchor}`, true)
      this.#anchored.add(value)
      if (isAlias) {
        this.#depth--
        return
      }
    }
    if (value instanceof NamedTuple) refuseValue(`('cannot represent an object', ${repr(value)})`)
    if (value instanceof Dict) this.#mapping(value)
    else if (isList(value)) this.#sequence(value, context)
    else this.#scalar(this.#scalarOf(value), context)
    this.#depth--
  }

  // ---- collections ----

  #isFlow(value: Value): boolean {
    if (this.#flowLevel > 0) return true
    const { flow } = this.#options
    if (flow !== undefined) return flow || isEmpty(value)
    if (isEmpty(value)) return true
    const children = value instanceof Dict ? [...value].flat() : itemsOfList(value)
    return !this.#options.style && !children.some(isCollection)
  }

  #sequence(value: Value[] | Tuple, context: Context): void {
    const items = itemsOfList(value)
    if (this.#isFlow(value)) {
      this.#indicator('[', true, { whitespace: true })
      this.#flowItems(items, ']', (item) => this.#node(item, { indent: this.#indent }))
      return
    }
    const indentless = context.isMapping === true && !this.#isIndention
    this.#increaseIndent(false, indentless)
    for (const item of items) {
      this.#writeIndent()
      this.#indicator('-', true, { indention: true })
      this.#node(item, { indent: this.#indent })
    }
    this.#indent = this.#indents.pop()
  }

  #mapping(value: Dict): void {
    const entries = this.#entries(value)
    if (this.#isFlow(value)) {
      this.#indicator('{', true, { whitespace: true })
      this.#flowItems(entries, '}', ([key, item]) => this.#flowEntry(key, item))
      return
    }
    this.#increaseIndent(false, false)
    for (const [key, item] of entries) {
      this.#writeIndent()
      if (this.#isSimpleKey(key)) {
        this.#node(key, { indent: this.#indent, isMapping: true, isSimpleKey: true })
        this.#indicator(':', false)
        this.#node(item, { indent: this.#indent, isMapping: true })
      } else {
        this.#indicator('?', true, { indention: true })
        this.#node(key, { indent: this.#indent, isMapping: true })
        this.#writeIndent()
        this.#indicator(':', true, { indention: true })
        this.#node(item, { indent: this.#indent, isMapping: true })
      }
    }
    this.#indent = this.#indents.pop()
  }

  #entries(value: Dict): [Value, Value][] {
    const entries = [...value]
    if (this.#options.sort ?? true) sortEntries(entries)
    return entries
  }

  #flowItems<T>(items: readonly T[], closing: string, write: (item: T) => void): void {
    this.#flowLevel++
    this.#increaseIndent(true, false)
    items.forEach((item, index) => {
      if (index > 0) this.#indicator(',', false)
      if (this.#column > this.#width) this.#writeIndent()
      write(item)
    })
    this.#indent = this.#indents.pop()
    this.#flowLevel--
    this.#indicator(closing, false)
  }

  #flowEntry(key: Value, item: Value): void {
    if (this.#isSimpleKey(key)) {
      this.#node(key, { indent: this.#indent, isMapping: true, isSimpleKey: true })
      this.#indicator(':', false)
    } else {
      this.#indicator('?', true)
      this.#node(key, { indent: this.#indent, isMapping: true })
      if (this.#column > this.#width) this.#writeIndent()
      this.#indicator(':', true)
    }
    this.#node(item, { indent: this.#indent, isMapping: true })
  }

  #isSimpleKey(key: Value): boolean {
    if (isCollection(key)) return isEmpty(key)
    const { text } = this.#scalarOf(key)
    return Buffer.byteLength(text) <= MAX_SIMPLE_KEY_BYTES && !analyze(text, this.#options.allowUnicode ?? true).isMultiline
  }

  #increaseIndent(isFlow: boolean, isIndentless: boolean): void {
    this.#indents.push(this.#indent)
    if (this.#indent === undefined) this.#indent = isFlow ? this.#indentStep : 0
    else if (!isIndentless) this.#indent += this.#indentStep
  }

  // ---- scalars ----

  #scalarOf(value: Value): Scalar {
    if (value === null) return { text: 'null', isPlain: true, isText: false }
    if (typeof value === 'boolean') return { text: value ? 'true' : 'false', isPlain: true, isText: false }
    if (typeof value === 'number' || typeof value === 'bigint') return { text: String(value), isPlain: true, isText: false }
    if (value instanceof Float) return { text: yamlFloat(value.value), isPlain: true, isText: false }
    if (typeof value === 'string') return { text: value, isPlain: isPlainText(value), isText: true }
    if (value instanceof Undefined) checkUsable(value)
    if (value instanceof Unknown) throw new UnknownValueError(value)
    if (value instanceof DateTime) return { text: value.print(), isPlain: true, isText: false }
    return refuseValue(`${value instanceof Opaque ? print(value) : repr(value)} cannot be written as YAML`)
  }

  #scalar(scalar: Scalar, context: Context): void {
    const analysis = analyze(scalar.text, this.#options.allowUnicode ?? true)
    const style = this.#style(scalar, analysis, context)
    const split = context.isSimpleKey !== true
    this.#increaseIndent(true, false)
    // A number in quotes has to say that it is no text.
    if (style !== '' && !scalar.isText) this.#indicator('!', true)
    if (style === '"') this.#doubleQuoted(scalar.text, split)
    else if (style === "'") this.#singleQuoted(scalar.text, split)
    // A folded block is asked for by hand only; a literal one holds the same text.
    else if (style === '|' || style === '>') this.#literalBlock(scalar.text)
    else this.#plain(scalar.text, split)
    this.#indent = this.#indents.pop()
  }

  #style(scalar: Scalar, analysis: Analysis, context: Context): string {
    const isSimpleKey = context.isSimpleKey === true
    const inFlow = this.#flowLevel > 0
    const wanted = this.#options.style ?? ''
    if (isSimpleKey && analysis.isMultiline) return '"'
    if (wanted === '|' || wanted === '>') return analysis.allowBlock && !inFlow && !isSimpleKey ? wanted : '"'
    if (wanted === '"') return '"'
    const isAllowed = inFlow ? analysis.allowFlowPlain : analysis.allowBlockPlain
    const isEmptyInFlow = scalar.text === '' && (inFlow || isSimpleKey)
    if (wanted === '' && scalar.isPlain && isAllowed && !isEmptyInFlow) return ''
    return analysis.allowSingleQuoted ? "'" : '"'
  }

  #plain(text: string, split: boolean): void {
    if (!this.#isWhitespace && (text !== '' || this.#flowLevel > 0)) this.#write(' ')
    this.#folded(text, split, (piece) => this.#write(piece), () => true) // prettier-ignore
    this.#isWhitespace = false
    this.#isIndention = false
  }

  #singleQuoted(text: string, split: boolean): void {
    this.#indicator("'", true)
    this.#folded(text, split, (piece) => this.#write(piece.replaceAll("'", "''")), (index, last) => index > 0 && index < last) // prettier-ignore
    this.#indicator("'", false)
    this.#isWhitespace = false
    this.#isIndention = false
  }

  /** Words and line breaks, folded at single spaces beyond the width, where `mayFold` lets them. */
  #folded(text: string, split: boolean, write: (piece: string) => void, mayFold: (index: number, last: number) => boolean): void {
    const pieces = text.match(/ +|[\n\x85\u2028\u2029]+|[^ \n\x85\u2028\u2029]+/g) ?? []
    pieces.forEach((piece, index) => {
      if (piece.startsWith(' ')) {
        const folds = split && piece.length === 1 && this.#column > this.#width && mayFold(index, pieces.length - 1)
        if (folds) this.#writeIndent()
        else this.#write(piece)
      } else if (/^[\n\x85\u2028\u2029]/.test(piece)) {
        if (piece.startsWith('\n')) this.#lineBreak()
        for (const character of piece) this.#lineBreak(character)
        this.#writeIndent()
      } else {
        write(piece)
        this.#isIndention = false
      }
    })
  }

  #doubleQuoted(text: string, split: boolean): void {
    this.#indicator('"', true)
    const characters = Array.from(text)
    let afterSpace = false
    characters.forEach((character, index) => {
      if (/["\\\n\x85\u2028\u2029\ufeff]/.test(character) || !this.#isPrintable(character)) {
        this.#write(escapeDouble(character))
        afterSpace = false
      } else if (character === ' ') {
        const isInner = index > 0 && index < characters.length - 1
        if (split && !afterSpace && this.#column > this.#width && isInner) {
          this.#writeIndent()
          // White space at the start of a line would be lost.
          if (characters[index + 1] === ' ') this.#write('\\')
        } else this.#write(' ')
        afterSpace = true
      } else {
        this.#write(character)
        afterSpace = false
      }
    })
    this.#indicator('"', false)
    this.#isWhitespace = false
    this.#isIndention = false
  }

  #literalBlock(text: string): void {
    const hints = blockHints(text, this.#indentStep)
    this.#indicator(`|${hints}`, true)
    if (hints.endsWith('+')) this.#openEnded = true
    this.#lineBreak()
    for (const piece of text.match(/\n+|[^\n]+/g) ?? []) {
      if (piece.startsWith('\n')) for (let count = 0; count < piece.length; count++) this.#lineBreak()
      else {
        this.#writeIndent()
        this.#write(piece)
      }
    }
    if (!text.endsWith('\n')) this.#lineBreak()
  }

  #isPrintable(character: string): boolean {
    if (/^[\x20-\x7e]$/.test(character)) return true
    if (!(this.#options.allowUnicode ?? true)) return false
    const code = character.codePointAt(0)!
    return (code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd)
  }

  // ---- output ----

  #write(text: string): void {
    this.#length += text.length
    if (this.#length > MAX_TEXT_LENGTH) refuseValue('the YAML text is too long')
    this.#column += characterCount(text)
    this.#out.push(text)
  }

  #indicator(text: string, needsSpace: boolean, after: { whitespace?: boolean; indention?: boolean } = {}): void {
    const shown = this.#isWhitespace || !needsSpace ? text : ` ${text}`
    this.#isWhitespace = after.whitespace ?? false
    this.#isIndention = this.#isIndention && (after.indention ?? false)
    this.#openEnded = false
    this.#write(shown)
  }

  #writeIndent(): void {
    const indent = this.#indent ?? 0
    if (!this.#isIndention || this.#column > indent || (this.#column === indent && !this.#isWhitespace)) this.#lineBreak()
    if (this.#column < indent) {
      this.#isWhitespace = true
      this.#write(' '.repeat(indent - this.#column))
    }
  }

  #lineBreak(text = '\n'): void {
    this.#isWhitespace = true
    this.#isIndention = true
    this.#write(text)
    this.#column = 0
  }
}

function isList(value: Value): value is Value[] | Tuple {
  return (Array.isArray(value) && !(value instanceof DictView)) || value instanceof Tuple
}

function isCollection(value: Value): boolean {
  return value instanceof Dict || isList(value)
}

function isEmpty(value: Value): boolean {
  return value instanceof Dict ? value.size === 0 : isList(value) && itemsOfList(value).length === 0
}

function itemsOfList(value: Value): readonly Value[] {
  return value instanceof Tuple ? value.items : Array.isArray(value) ? value : []
}

/** PyYAML sorts the keys, and leaves them where they have no order. */
function sortEntries(entries: [Value, Value][]): void {
  if (entries.every(([key]) => typeof key === 'string')) entries.sort(([a], [b]) => compareText(a as string, b as string))
  else if (entries.every(([key]) => typeof key === 'number' || typeof key === 'boolean')) entries.sort(([a], [b]) => Number(a) - Number(b))
}

function yamlFloat(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  const text = reprFloat(value)
  // `1e17` would be read as text.
  return !text.includes('.') && text.includes('e') ? text.replace('e', '.0e') : text
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\0', '0'],
  ['\x07', 'a'],
  ['\b', 'b'],
  ['\t', 't'],
  ['\n', 'n'],
  ['\v', 'v'],
  ['\f', 'f'],
  ['\r', 'r'],
  ['\x1b', 'e'],
  ['"', '"'],
  ['\\', '\\'],
  ['\x85', 'N'],
  ['\xa0', '_'],
  ['\u2028', 'L'],
  ['\u2029', 'P'],
])

function escapeDouble(character: string): string {
  const simple = ESCAPES.get(character)
  if (simple !== undefined) return `\\${simple}`
  const code = character.codePointAt(0)!
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

function blockHints(text: string, indent: number): string {
  const lead = /^[ \n]/.test(text) ? String(indent) : ''
  if (!text.endsWith('\n')) return `${lead}-`
  return text.length === 1 || text.at(-2) === '\n' ? `${lead}+` : lead
}

/** What PyYAML's emitter finds out about a text before it chooses how to write it. */
function analyze(text: string, allowUnicode: boolean): Analysis {
  if (text === '') return { isMultiline: false, allowFlowPlain: false, allowBlockPlain: true, allowSingleQuoted: true, allowBlock: false }
  let blockIndicators = false
  let flowIndicators = false
  let lineBreaks = false
  let special = false
  let leadingSpace = false
  let leadingBreak = false
  let trailingSpace = false
  let trailingBreak = false
  let breakSpace = false
  let spaceBreak = false
  let previousSpace = false
  let previousBreak = false
  if (text.startsWith('---') || text.startsWith('...')) {
    blockIndicators = true
    flowIndicators = true
  }
  let precededByWhitespace = true
  const characters = Array.from(text)
  const isBlank = (character: string | undefined): boolean => character === undefined || /^[\0 \t\r\n\x85\u2028\u2029]$/.test(character)
  for (const [index, character] of characters.entries()) {
    const followedByWhitespace = isBlank(characters[index + 1])
    if (index === 0) {
      if ('#,[]{}&*!|>\'"%@`'.includes(character)) {
        flowIndicators = true
        blockIndicators = true
      }
      if ('?:'.includes(character)) {
        flowIndicators = true
        if (followedByWhitespace) blockIndicators = true
      }
      if (character === '-' && followedByWhitespace) {
        flowIndicators = true
        blockIndicators = true
      }
    } else {
      if (',?[]{}'.includes(character)) flowIndicators = true
      if (character === ':') {
        flowIndicators = true
        if (followedByWhitespace) blockIndicators = true
      }
      if (character === '#' && precededByWhitespace) {
        flowIndicators = true
        blockIndicators = true
      }
    }
    const isBreak = /^[\n\x85\u2028\u2029]$/.test(character)
    if (isBreak) lineBreaks = true
    if (!(character === '\n' || /^[\x20-\x7e]$/.test(character))) {
      const code = character.codePointAt(0)!
      // libyaml escapes what lies beyond the basic plane.
      const isUnicode = (code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd)
      if (!isUnicode || character === '\ufeff' || !allowUnicode) special = true
    }
    const isLast = index === characters.length - 1
    if (character === ' ') {
      if (index === 0) leadingSpace = true
      if (isLast) trailingSpace = true
      if (previousBreak) breakSpace = true
      previousSpace = true
      previousBreak = false
    } else if (isBreak) {
      if (index === 0) leadingBreak = true
      if (isLast) trailingBreak = true
      if (previousSpace) spaceBreak = true
      previousSpace = false
      previousBreak = true
    } else {
      previousSpace = false
      previousBreak = false
    }
    precededByWhitespace = isBlank(character)
  }
  const plain = !(leadingSpace || leadingBreak || trailingSpace || trailingBreak || breakSpace || spaceBreak || special)
  return {
    isMultiline: lineBreaks,
    allowFlowPlain: plain && !flowIndicators && !lineBreaks,
    allowBlockPlain: plain && !blockIndicators && !lineBreaks,
    allowSingleQuoted: !(breakSpace || spaceBreak || special),
    allowBlock: !(trailingSpace || spaceBreak || special),
  }
}
