/** Inventories in Ansible's INI form. */
import { fail } from '../../diagnostic/diagnostic.ts'
import type { SourceFile, SourceRange } from '../../diagnostic/source.ts'
import { Dict, Float, hasTemplateMarkers, Template, type Raw, type Value } from '../../value/value.ts'
import { resolvePlainScalar } from '../yaml.ts'
import type { Inventory } from './inventory.ts'
import { expandHostRange } from './range.ts'

type Section = { readonly kind: 'hosts' | 'children' | 'vars'; readonly group: string }

/**
 * Reads sections `[group]`, `[group:children]` and `[group:vars]`. Values are Python literals where they read as one (numbers,
 * True, None, quoted text, lists, dicts) and text otherwise.
 */
export function readIniInventory(inventory: Inventory, file: SourceFile): void {
  let section: Section = { kind: 'hosts', group: 'ungrouped' }
  let offset = 0
  for (const line of file.text.split('\n')) {
    const range: SourceRange = { file, start: offset + line.length - line.trimStart().length, end: offset + line.trimEnd().length }
    offset += line.length + 1
    const text = line.trim()
    if (text === '' || text.startsWith('#') || text.startsWith(';')) continue
    const header = /^\[([^:\]]+)(?::(\w+))?\]\s*(?:[#;].*)?$/.exec(text)
    if (header) {
      const kind = header[2] ?? 'hosts'
      if (kind !== 'hosts' && kind !== 'children' && kind !== 'vars') fail('BAD_INVENTORY', `'[${header[1]}:${kind}]' is not a kind of section`, { range, hint: 'There are [group], [group:children] and [group:vars].' })
      section = { kind, group: header[1]!.trim() }
      inventory.group(section.group)
      continue
    }
    if (text.startsWith('[')) fail('BAD_INVENTORY', 'this section header cannot be read', { range })
    if (section.kind === 'vars') {
      const at = text.indexOf('=')
      if (at < 0) fail('BAD_INVENTORY', `a variable is name=value, and this is '${text}'`, { range })
      inventory.group(section.group).vars.set(text.slice(0, at).trim(), literal(text.slice(at + 1).trim(), range))
    } else if (section.kind === 'children') {
      const child = stripComment(text)
      inventory.group(section.group).children.add(child)
      inventory.group(child)
    } else readHostLine(inventory, section.group, text, range)
  }
}

function readHostLine(inventory: Inventory, group: string, text: string, range: SourceRange): void {
  const [pattern, ...rest] = shellWords(text, range)
  let name = pattern!
  let port: number | undefined
  const withPort = /^(.*[^:\]]|\[[^\]]+\]):(\d+)$/.exec(name)
  if (withPort && !/^[0-9a-fA-F:]+$/.test(withPort[1]!.includes(':') ? name : '')) {
    name = withPort[1]!
    port = Number(withPort[2])
  }
  for (const hostName of expandHostRange(name, range)) {
    const host = inventory.addHost(hostName, group)
    if (port !== undefined) host.vars.set('ansible_port', port)
    for (const word of rest) {
      const at = word.indexOf('=')
      if (at < 0) fail('BAD_INVENTORY', `'${word}' after the host '${hostName}' is not name=value`, { range })
      host.vars.set(word.slice(0, at), literal(word.slice(at + 1), range))
    }
  }
}

/** Splits as a shell would, up to a comment. */
function shellWords(text: string, range: SourceRange): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (quote !== undefined) {
      if (char === quote) quote = undefined
      else if (char === '\\' && quote === '"' && at + 1 < text.length) word = (word ?? '') + text[++at]!
      else word = (word ?? '') + char
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else if (char === '\\' && at + 1 < text.length) word = (word ?? '') + text[++at]!
    else if (char === '#' && word === undefined) break
    else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + char
  }
  if (quote !== undefined) fail('BAD_INVENTORY', 'a quote is not closed on this line', { range })
  if (word !== undefined) words.push(word)
  return words
}

function stripComment(text: string): string {
  return text.replace(/\s+[#;].*$/, '').trim()
}

/** A Python literal, or the text itself. */
function literal(text: string, range: SourceRange): Raw {
  if (hasTemplateMarkers(text)) return new Template(text.replace(/^(['"])([\s\S]*)\1$/, '$2'), range)
  const parsed = new LiteralReader(text).whole()
  return parsed === undefined ? stripComment(text) : (parsed)
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
    const quoted = /^'((?:[^'\\]|\\.)*)'|^"((?:[^"\\]|\\.)*)"/.exec(rest)
    if (quoted) {
      this.#at += quoted[0].length
      return (quoted[1] ?? quoted[2] ?? '').replace(/\\(['"\\])/g, '$1').replace(/\\n/g, '\n').replace(/\\t/g, '\t')
    }
    if (rest.startsWith('[') || rest.startsWith('(')) return this.#list(rest[0] === '[' ? ']' : ')', depth)
    if (rest.startsWith('{')) return this.#dict(depth)
    const word = /^(?:True|False|None|[-+]?(?:0x[0-9a-fA-F]+|0o[0-7]+|\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+))(?![\w.])/.exec(rest)?.[0]
    if (word === undefined) return undefined
    this.#at += word.length
    if (word === 'True' || word === 'False') return word === 'True'
    if (word === 'None') return null
    // A leading zero is no number in Python 3, so that 0644 stays text.
    if (/^[-+]?0\d/.test(word)) return undefined
    if (/^[-+]?[\d_]+$/.test(word) || /x/.test(word)) return resolvePlainScalar(word)
    return new Float(Number(word.replace(/_/g, '')))
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

