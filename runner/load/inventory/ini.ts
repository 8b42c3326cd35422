/** Inventories in Ansible's INI form. */
import { fail } from '../../diagnostic/diagnostic.ts'
import type { SourceFile, SourceRange } from '../../diagnostic/source.ts'
import { didYouMean } from '../../diagnostic/suggest.ts'
import type { Raw } from '../../value/value.ts'
import { readPythonLiteral } from '../python-literal.ts'
import { withTemplates } from '../with-templates.ts'
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
export function readIniInventory(inventory: Inventory, file: SourceFile, path?: string): void {
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
      inventory.setGroupVariable(inventory.group(section.group), text.slice(0, at).trim(), literal(text.slice(at + 1).trim(), range))
    } else if (section.kind === 'children') {
      const child = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(text)?.[1]
      if (child === undefined) fail('BAD_INVENTORY', `'${text}' is not the name of a group`, { range })
      mentioned.set(child, range)
      inventory.addChild(section.group, child, range)
    } else readHostLine(inventory, section.group, text, range, path)
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

function readHostLine(inventory: Inventory, group: string, text: string, range: SourceRange, path: string | undefined): void {
  const [entry, ...rest] = shellWords(text, range)
  if (entry!.endsWith(':')) fail('BAD_INVENTORY', `the host '${entry}' ends with a colon`, { range, hint: 'A port follows a colon, as in host:2222.' })
  if (entry === '---') fail('BAD_INVENTORY', 'this begins as YAML, and is read as INI', { range, hint: 'A file of YAML ends in .yml or .yaml.' })
  const { names, port } = readHostNames(entry!, range)
  const variables = rest.map((word): [string, Raw] => {
    const at = word.indexOf('=')
    if (at < 0) fail('BAD_INVENTORY', `'${word}' after the host '${entry}' is not name=value`, { range })
    return [word.slice(0, at), literal(word.slice(at + 1), range)]
  })
  for (const name of names) {
    const host = inventory.addHost(name, group, { source: path, port })
    for (const [variable, value] of variables) inventory.setHostVariable(host, variable, value)
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
  const parsed = readPythonLiteral(text)
  return withTemplates(parsed === undefined ? text : parsed, range)
}
