/** Lookups in tables of text: `csvfile` and `ini`. */
import { TextDecoder } from 'node:util'
import { print } from '../../value/print.ts'
import { truth } from '../../value/truth.ts'
import { compilePython } from '../../value/python-regex.ts'
import type { Dict, Value } from '../../value/value.ts'
import { readCsv } from '../jinja/library/csv.ts'
import { lookupFailed, type Lookup, type LookupContext } from './context.ts'
import { findPath, searched } from './find.ts'
import { parseInline } from './inline.ts'
import { listify } from './lists.ts'

const CSV_OPTIONS = ['col', 'default', 'delimiter', 'file', 'encoding']

export const csvfile: Lookup = (terms, options, context) =>
  listify(terms).flatMap((term) => {
    const inline = parseInline(print(term))
    if (inline.rest === undefined) return lookupFailed('Search key is required but was not found')
    const given = withInline(options, inline.options, CSV_OPTIONS)
    const delimiter = print(given('delimiter') ?? 'TAB')
    const rows = readCsv(readTable(print(given('file') ?? 'ansible.csv'), context, print(given('encoding') ?? 'utf-8')), {
      delimiter: delimiter === 'TAB' ? '\t' : delimiter,
    })
    const row = rows.find((each) => each[0] === inline.rest)
    const column = Number(print(given('col') ?? '1'))
    if (row !== undefined && !Number.isInteger(column)) return lookupFailed(`csvfile: col is the number of a column, and this is '${print(given('col')!)}'`)
    if (row === undefined) return listify(given('default') ?? []).filter((value) => value !== null)
    const found = row.at(column)
    return found === undefined ? lookupFailed('csvfile: list index out of range') : [found]
  })

const INI_OPTIONS = ['type', 'file', 'section', 're', 'encoding', 'default', 'case_sensitive', 'allow_no_value', 'allow_none']

export const ini: Lookup = (terms, options, context) =>
  listify(terms).flatMap((term): readonly Value[] => {
    const text = print(term)
    const hasOptions = text.includes('=') || text.trim().includes(' ')
    const inline = hasOptions ? parseInline(text) : { rest: text, options: new Map<string, string>() }
    if (inline.rest === undefined) return lookupFailed(`No key to lookup was provided as first term with in string inline options: ${text}`)
    const given = withInline(options, inline.options, INI_OPTIONS)
    const flag = (name: string): boolean => truth(given(name) ?? false) && given(name) !== 'False' && given(name) !== 'false'
    const name = print(given('file') ?? 'ansible.ini')
    const type = print(given('type') ?? 'ini')
    if (type !== 'ini' && type !== 'properties') return lookupFailed(`ini: type is ini or properties, and this is '${type}'`)
    const isProperties = type === 'properties'
    const section = isProperties ? 'java_properties' : print(given('section') ?? 'global')
    const content = (isProperties ? '[java_properties]\n' : '') + readTable(name, context, print(given('encoding') ?? 'utf-8'))
    const sections = readIni(content, { caseSensitive: flag('case_sensitive'), allowNoValue: flag('allow_no_value') || flag('allow_none') }, name)
    const entries = sections.get(section)
    const key = flag('case_sensitive') ? inline.rest : inline.rest.toLowerCase()
    if (flag('re')) {
      if (entries === undefined) return lookupFailed(`No section '${section}' in ${name}`)
      const pattern = compilePython(inline.rest)
      return [...entries.keys()].filter((each) => pattern.matchAt(each) !== null).flatMap((each) => interpolated(entries, each, 0) ?? [])
    }
    if (entries === undefined) return lookupFailed(`No section '${section}' in ${name}`)
    if (!entries.has(key)) {
      const fallback = given('default')
      return fallback === undefined ? [''] : listify(fallback).filter((value) => value !== null)
    }
    const value = interpolated(entries, key, 0)
    return value === null ? [] : [value]
  })

/** An option as the term itself gives it, or else the call. */
function withInline(options: Dict, inline: ReadonlyMap<string, string>, known: readonly string[]): (name: string) => Value | undefined {
  for (const name of inline.keys()) if (!known.includes(name)) lookupFailed(`${name} is not a valid option`)
  return (name) => inline.get(name) ?? options.get(name)
}

function readTable(name: string, context: LookupContext, encoding: string): string {
  const absolute = findPath(name, 'files', context)
  if (absolute === undefined) return lookupFailed(`there is no file '${name}'`, searched(name, 'files', context))
  let decoder: TextDecoder
  try {
    decoder = new TextDecoder(encoding.replaceAll('_', '-').replace('latin-1', 'latin1'))
  } catch {
    return lookupFailed(`unknown encoding: ${encoding}`)
  }
  return decoder.decode(context.read(absolute))
}

type Section = Map<string, string | null>

/** Sections as Python's `configparser` reads them, each with the entries of `DEFAULT`. */
function readIni(text: string, how: { caseSensitive: boolean; allowNoValue: boolean }, name: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Section>()
  const defaults: Section = new Map()
  let section: Section | undefined
  let key: string | undefined
  let keyIndent = 0
  for (const line of text.split(/\r?\n/)) {
    const content = line.trim()
    if (content.startsWith('#') || content.startsWith(';')) continue
    const indent = line.length - line.trimStart().length
    if (content === '') {
      if (key !== undefined && section) section.set(key, section.get(key) === null ? null : `${section.get(key) ?? ''}\n`)
      continue
    }
    if (section && key !== undefined && indent > keyIndent) {
      section.set(key, `${section.get(key) ?? ''}\n${content}`)
      continue
    }
    const header = /^\[(.+)\]/.exec(content)?.[1]
    if (header !== undefined) {
      if (header !== 'DEFAULT' && sections.has(header)) lookupFailed(`section '${header}' already exists in '${name}'`)
      section = header === 'DEFAULT' ? defaults : new Map()
      if (header !== 'DEFAULT') sections.set(header, section)
      key = undefined
      continue
    }
    if (section === undefined) return lookupFailed(`File contains no section headers: '${name}'`)
    const entry = /^(.*?)\s*[=:]\s*(.*)$/.exec(content)
    if (!entry && !how.allowNoValue) return lookupFailed(`Source contains parsing errors: '${name}': ${content}`)
    const written = entry ? entry[1]! : content
    key = how.caseSensitive ? written : written.toLowerCase()
    keyIndent = indent
    if (section.has(key)) lookupFailed(`Duplicate option in '${name}': option '${key}' already exists`)
    section.set(key, entry ? entry[2]! : null)
  }
  for (const [sectionName, entries] of sections) {
    const merged: Section = new Map(defaults)
    for (const [each, value] of entries) merged.set(each, value)
    // Entries of a section come before those that it only inherits.
    sections.set(sectionName, new Map([...defaults.keys(), ...entries.keys()].map((each) => [each, merged.get(each)?.trimEnd() ?? null])))
  }
  return sections
}

/** `%(name)s` stands for another entry, `%%` for a percent sign. */
function interpolated(entries: Section, key: string, depth: number): string | null {
  const value = entries.get(key) ?? null
  if (value === null) return null
  if (depth > 10) return lookupFailed(`the entry '${key}' refers to others more than 10 levels deep`)
  return value.replace(/%(?:%|\(([^)]+)\)s|)/g, (whole, name?: string) => {
    if (whole === '%%') return '%'
    if (name === undefined) return lookupFailed(`'%' must be followed by '%' or '(' in the entry '${key}'`)
    return interpolated(entries, name.toLowerCase(), depth + 1) ?? lookupFailed(`the entry '${key}' refers to '${name}', which is not there`)
  })
}
