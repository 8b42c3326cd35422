/** Lookups of files of the controller. */
import { statSync } from 'node:fs'
import path from 'node:path'
import { SourceFile } from '../../diagnostic/source.ts'
import { print } from '../../value/print.ts'
import { booleanOf } from '../../value/truth.ts'
import { Dict } from '../../value/value.ts'
import type { Value } from '../../value/value.ts'
import { namesIn } from '../../disk/names-in.ts'
import { isFile } from '../../load/reader.ts'
import { templateScope } from '../template-scope.ts'
import type { RenderOptions } from '../jinja/index.ts'
import { atItsTurn, lookupFailed, type Lookup, type LookupContext } from './context.ts'
import { findPath, lookupFolders, searched } from './find.ts'
import { listify } from './lists.ts'

export const file: Lookup = (terms, options, context) =>
  listify(terms).map((term) => {
    const text = read(print(term), 'files', context, `could not locate file in lookup: ${print(term)}`)
    const left = isSet(options, 'lstrip', false) ? text.trimStart() : text
    return isSet(options, 'rstrip', true) ? left.trimEnd() : left
  })

export const unvault: Lookup = (terms, _options, context) =>
  listify(terms).map((term) => read(print(term), 'files', context, `Unable to find file matching "${print(term)}" `))

export const template: Lookup = (terms, options, context) => {
  const native = isSet(options, 'jinja2_native', false)
  const evaluator = native ? context.evaluator : context.evaluator.textual
  const jinja = native ? context.jinja : context.jinja.textual
  const extra = options.get('template_vars')
  return listify(terms).map((term) => {
    const name = print(term)
    const absolute = findPath(name, 'templates', context)
    if (absolute === undefined) return lookupFailed(`the template file ${name} could not be found for the lookup`, searched(name, 'templates', context))
    const source = new SourceFile(context.reader.shownPath(absolute), context.read(absolute).toString('utf8'))
    const scope = templateScope(
      evaluator,
      { path: name, absolute, destination: undefined, managed: context.managed },
      extra instanceof Dict ? extra : undefined,
    )
    const converts = isSet(options, 'convert_data', true)
    const value = jinja.renderFileValue(source, scope, markers(options), jinja.isNative ? 'native' : converts ? 'literals' : 'text')
    return converts && (jinja.isNative || !context.jinja.isNative) ? value : print(value)
  })
}

export const fileglob: Lookup = (terms, _options, context) => listify(terms).flatMap((term) => globTerm(print(term), context))

export const firstFound: Lookup = (terms, options, context) => {
  const { paths, skip } = searches(listify(terms), options)
  for (const name of paths) {
    const found = findPath(name, context.subfolder ?? 'files', context)
    if (found !== undefined) return [found]
  }
  return skip ? [] : lookupFailed('No file was found when using first_found.')
}

function read(name: string, kind: string, context: LookupContext, missing: string): string {
  const absolute = findPath(name, kind, context)
  if (absolute === undefined) return lookupFailed(missing, searched(name, kind, context))
  if (!isFile(absolute)) return lookupFailed(`${context.reader.shownPath(absolute)} is no file`)
  return context.read(absolute).toString('utf8')
}

function isSet(options: Dict, name: string, fallback: boolean): boolean {
  return booleanOf(options.get(name) ?? fallback)
}

const MARKERS = {
  variable_start_string: 'variableStart',
  variable_end_string: 'variableEnd',
  comment_start_string: 'commentStart',
  comment_end_string: 'commentEnd',
} as const satisfies Record<string, keyof RenderOptions>

function markers(options: Dict): RenderOptions {
  return Object.fromEntries(
    Object.entries(MARKERS).flatMap(([name, option]) => {
      const marker = options.get(name)
      return typeof marker === 'string' && marker !== '' ? [[option, marker] as const] : []
    }),
  )
}

/** The files that a pattern matches, in the first folder where any does. */
function globTerm(term: string, context: LookupContext): string[] {
  const pattern = path.posix.basename(term)
  const folders = pattern === term ? lookupFolders('files', context) : [findPath(path.posix.dirname(term), 'files', context)]
  for (const folder of folders) {
    const found = folder === undefined ? [] : glob(folder, pattern)
    if (found.length > 0) return found
  }
  // None before the task's turn may be some then.
  atItsTurn(['fileglob', term], context, () => undefined)
  return []
}

/** The files of a folder whose names match, in the folder's own order, as Python's `glob` gives them. */
function glob(folder: string, pattern: string): string[] {
  const names = namesIn(folder)
  const regex = globRegex(pattern)
  const join = (name: string): string => (folder.endsWith('/') ? folder + name : `${folder}/${name}`)
  return names.filter((name) => regex.test(name) && (pattern.startsWith('.') || !name.startsWith('.')) && isFile(join(name))).map(join)
}

/** The files that a pattern with a path matches; wildcards may stand in any part of it. */
export function globPath(pattern: string): string[] {
  const [first = '', ...parts] = pattern.split('/')
  let found = [first === '' ? '/' : '']
  for (const [index, part] of (first === '' ? parts : [first, ...parts]).entries()) {
    const isLast = index === (first === '' ? parts : [first, ...parts]).length - 1
    found = found.flatMap((folder) => matching(folder, part, isLast))
  }
  return found
}

function matching(folder: string, part: string, isLast: boolean): string[] {
  const join = (name: string): string => (folder === '' || folder.endsWith('/') ? folder + name : `${folder}/${name}`)
  if (isLast && /[*?[]/.test(part)) return glob(folder === '' ? '.' : folder, part).map((each) => (folder === '' ? each.slice(2) : each))
  if (!/[*?[]/.test(part)) {
    const stat = statSync(join(part) || '.', { throwIfNoEntry: false })
    return stat && (isLast ? stat.isFile() : stat.isDirectory()) ? [join(part)] : []
  }
  const regex = globRegex(part)
  return namesIn(folder === '' ? '.' : folder)
    .filter((name) => regex.test(name) && (part.startsWith('.') || !name.startsWith('.')) && statSync(join(name), { throwIfNoEntry: false })?.isDirectory())
    .map(join)
}

function globRegex(pattern: string): RegExp {
  const source = pattern.replace(/\[!?\]?[^\]]*\]|[\s\S]/g, (part) => {
    if (part === '*') return '.*'
    if (part === '?') return '.'
    if (part.length > 1) return `[${part.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`
    return part.replace(/[\\^$.|+()[\]{}]/, '\\$&')
  })
  return new RegExp(`^${source}$`, 's')
}

/** What `first_found` tries: names as they are, or every file of every path of a mapping with `files` and `paths`. */
function searches(terms: readonly Value[], options: Dict): { paths: string[]; skip: boolean } {
  let paths: string[] = []
  let skip = false
  for (const term of terms) {
    if (Array.isArray(term)) {
      const inner = searches(term, options)
      paths.push(...inner.paths)
      skip = inner.skip
      continue
    }
    if (typeof term !== 'string' && !(term instanceof Dict))
      return lookupFailed(`Invalid term supplied, can handle string, mapping or list of strings but got: ${print(term)}`)
    const given = term instanceof Dict ? term : options
    skip = isSet(given, 'skip', false)
    const files = splitOn(given.get('files') ?? [], /[,;]/)
    const folders = splitOn(given.get('paths') ?? [], /[,:;]/)
    if (folders.length > 0) for (const folder of folders) for (const name of files) paths.push(joinPath(folder, name))
    // As in Ansible, files without paths take the place of all that came before.
    else if (files.length > 0) paths = files
    else paths.push(typeof term === 'string' ? term : print(term))
  }
  return { paths, skip }
}

function joinPath(folder: string, name: string): string {
  return name.startsWith('/') || folder === '' ? name : folder.endsWith('/') ? folder + name : `${folder}/${name}`
}

function splitOn(value: Value, separators: RegExp): string[] {
  if (value === null) return []
  return typeof value === 'string'
    ? value.split(separators)
    : listify(value).flatMap((each) => splitOn(typeof each === 'string' ? each : print(each), separators))
}
