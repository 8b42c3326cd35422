/** Inventories in Ansible's INI form. */
import { fail } from '../../diagnostic/diagnostic.ts'
import type { SourceFile, SourceRange } from '../../diagnostic/source.ts'
import { didYouMean } from '../../diagnostic/suggest.ts'
import { Dict, Float, hasTemplateMarkers, RawDict, Template, type Raw, type Value } from '../../value/value.ts'
import { decodeEscapes } from '../escapes.ts'
import { resolvePlainScalar } from '../yaml.ts'
import type { Inventory } from './inventory.ts'
import { readHostNames } from './range.ts'

const SECTION_KINDS = ['hosts', 'children', 'vars'] as const

interface Section {
  readonly kind: (typeof SECTION_KINDS)[number]
  readonly group: string
}

/**
 * Reads sections `[group]`, `[group:children]` and `[group:vars]`. Values are Python literals where they read as one (numbers,
 * True, None, quoted text, lists, dicts) and text otherwise. A group that only a `vars` or `children` section mentions is a fault.
 */
export function readIniInventory(inventory: Inventory, file: SourceFile): void {
  let section: Section = { kind: 'hosts', group: 'ungrouped' }
  const mentioned = new Map<string, SourceRange>()
  const declared = new Set(inventory.groups.keys())
  let offset = 0
  for (const line of file.text.split('\n')) {
    const range: SourceRange = { file, start: offset + line.length - line.trimStart().length, end: offset + line.trimEnd().length }
    offset += line.length + 1
    const text = line.trim()
    if (text === '' || text.startsWith('#') || text.startsWith(';')) continue
    const header = readHeader(text, range)
    if (header) {
      section = header
      if (header.kind === 'vars') mentioned.set(header.group, range)
      else declared.add(header.group)
      inventory.group(header.group)
    } else if (section.kind === 'vars') {
      const at = text.indexOf('=')
      if (at < 0) fail('BAD_INVENTORY', `a variable is name=value, and this is '${text}'`, { range })
      inventory.group(section.group).vars.set(text.slice(0, at).trim(), literal(text.slice(at + 1).trim(), range))
    } else if (section.kind === 'children') {
      const child = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(text)?.[1]
      if (child === undefined) fail('BAD_INVENTORY', `'${text}' is not the name of a group`, { range })
      mentioned.set(child, range)
      inventory.addChild(section.group, child, range)
    } else readHostLine(inventory, section.group, text, range)
  }
  for (const [group, range] of mentioned) {
    if (!declared.has(group))
      fail('BAD_INVENTORY', `there is no section [${group}]`, { range, hint: didYouMean(group, declared) ?? `Write [${group}], even where it stays empty.` })
  }
}

/** A section's header; undefined for any other line. */
function readHeader(text: string, range: SourceRange): Section | undefined {
  const header = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(text)
  if (!header) {
    if (/^\[.*\]$/.test(text)) fail('BAD_INVENTORY', 'this section header cannot be read', { range, hint: 'A group has a name without spaces: [group].' })
    return undefined
  }
  const kind = SECTION_KINDS.find((each) => each === (header[2] ?? 'hosts'))
  if (!kind) fail('BAD_INVENTORY', `'${header[2]}' is not a kind of section`, { range, hint: 'There are [group], [group:children] and [group:vars].' })
  return { kind, group: header[1]! }
}

function readHostLine(inventory: Inventory, group: string, text: string, range: SourceRange): void {
  const [entry, ...rest] = shellWords(text, range)
  const { names, port } = readHostNames(entry!, range)
  for (const name of names) {
    const host = inventory.addHost(name, group)
    if (port !== undefined) host.vars.set('ansible_port', port)
    for (const word of rest) {
      const at = word.indexOf('=')
      if (at < 0) fail('BAD_INVENTORY', `'${word}' after the host '${name}' is not name=value`, { range })
      host.vars.set(word.slice(0, at), literal(word.slice(at + 1), range))
    }
  }
}

/** Splits as Python's shlex does: a `#` outside of quotes begins a comment, even within a word. */
function shellWords(text: string, range: SourceRange): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (quote !== undefined) {
      if (char === quote) quote = undefined
      else if (char === '\\' && quote === '"' && '"\\'.includes(text[at + 1] ?? ' ')) word = (word ?? '') + text[++at]!
      else word = (word ?? '') + char
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else if (char === '\\' && at + 1 < text.length) word = (word ?? '') + text[++at]!
    else if (char === '#') break
    else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + char
  }
  if (quote !== undefined) fail('BAD_INVENTORY', 'a quote is not closed on this line', { range })
  if (word !== undefined) words.push(word)
  return words
}

/** A Python literal, or the text itself; texts with markers are templates. */
function literal(text: string, range: SourceRange): Raw {
  const parsed = new LiteralReader(text).whole()
  return withTemplates(parsed === undefined ? text : parsed, range)
}

function withTemplates(value: Value, range: SourceRange): Raw {
  if (typeof value === 'string') return hasTemplateMarkers(value) ? new Template(value, range) : value
  if (Array.isArray(value)) return value.map((item) => withTemplates(item, range))
  if (!(value instanceof Dict)) return value
  const dict = new RawDict()
  for (const [key, item] of value) dict.set(key, withTemplates(item, range))
  return dict
}

/** Reads Python's literals: numbers, strings, True, False, None, lists, tuples as lists, dicts. */
class LiteralReader {
  #at = 0
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }

  whole(): Value | undefined {
    const value = this.#value(0)
    this.#space()
    return this.#at === this.#text.length || /^\s*#/.test(this.#text.slice(this.#at)) ? value : undefined
  }

  #value(depth: number): Value | undefined {
    if (depth > 50) return undefined
    this.#space()
    const rest = this.#text.slice(this.#at)
    if (/^['"]/.test(rest)) return this.#string()
    if (rest.startsWith('[') || rest.startsWith('(')) return this.#list(rest[0] === '[' ? ']' : ')', depth)
    if (rest.startsWith('{')) return this.#dict(depth)
    const word = /^(?:True|False|None|[-+]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+))(?![\w.])/.exec(rest)?.[0]
    if (word === undefined) return undefined
    this.#at += word.length
    if (word === 'True' || word === 'False') return word === 'True'
    if (word === 'None') return null
    // A leading zero is no number in Python 3, so that 0644 stays text.
    if (/^[-+]?0\d/.test(word)) return undefined
    if (/^[-+]?[\d_]+$/.test(word)) return resolvePlainScalar(word)
    if (/^[-+]?0[xob]/i.test(word)) return (word.startsWith('-') ? -1 : 1) * Number(word.replace(/^[-+]/, ''))
    return new Float(Number(word.replace(/_/g, '')))
  }

  /** Quoted texts; those that stand side by side are one. */
  #string(): string | undefined {
    let text: string | undefined
    for (;;) {
      const quoted = /^(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*/.exec(this.#text.slice(this.#at))
      if (!quoted) return text
      this.#at += quoted[0].length
      text = (text ?? '') + decodeEscapes(quoted[1] ?? quoted[2] ?? '')
    }
  }

  #list(close: string, depth: number): Value | undefined {
    this.#at++
    const items: Value[] = []
    for (;;) {
      this.#space()
      if (this.#text[this.#at] === close) {
        this.#at++
        return items
      }
      const item = this.#value(depth + 1)
      if (item === undefined) return undefined
      items.push(item)
      this.#space()
      if (this.#text[this.#at] === ',') this.#at++
      else if (this.#text[this.#at] !== close) return undefined
    }
  }

  #dict(depth: number): Value | undefined {
    this.#at++
    const dict = new Dict()
    for (;;) {
      this.#space()
      if (this.#text[this.#at] === '}') {
        this.#at++
        return dict
      }
      const key = this.#value(depth + 1)
      this.#space()
      if (key === undefined || this.#text[this.#at] !== ':') return undefined
      this.#at++
      const value = this.#value(depth + 1)
      if (value === undefined) return undefined
      dict.set(key, value)
      this.#space()
      if (this.#text[this.#at] === ',') this.#at++
      else if (this.#text[this.#at] !== '}') return undefined
    }
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }
}
