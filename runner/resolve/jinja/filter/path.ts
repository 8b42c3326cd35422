/** Filters on paths, of POSIX and of Windows, and on the words of a shell. */
import path from 'node:path'
import { print } from '../../../value/print.ts'
import { Dict, Tuple } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { fail } from '../../../diagnostic/diagnostic.ts'
import { refuseValue } from '../runtime/callable.ts'
import { checkUsable, itemsOf } from '../runtime/iterate.ts'
import { filter, textInput } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'
import { splitUrl, unquoteUrl } from '../library/url.ts'

export const PATH_FILTERS: readonly Filter[] = [
  filter('basename', 'What follows the last slash.', (input) => textInput(input, 'basename').slice(textInput(input, 'basename').lastIndexOf('/') + 1)),
  filter("comment(style='plain', **options)", 'Text as a comment.', comment),
  filter('commonpath', 'The longest path that all paths of a list begin with.', (input) => commonPath(itemsOf(input).map(print))),
  filter('dirname', 'What comes before the last slash.', (input) => dirname(textInput(input, 'dirname'))),
  filter('expanduser', '`~` and `~user` as a home folder.', (input, _args, run) => {
    const [, user = '', rest = ''] = /^~([^/]*)(.*)$/s.exec(print(input)) ?? []
    if (!textInput(input, 'expanduser').startsWith('~')) return input
    const home = run.engine.hooks.homeFolder?.(user === '' ? undefined : user)
    return home === undefined ? print(input) : home.replace(/\/+$/, '') + rest
  }),
  filter('expandvars', '`$NAME` as the value of an environment variable.', (input, _args, run) =>
    textInput(input, 'expandvars').replace(/\$(?:(\w+)|\{([^}]*)\})/g, (whole, plain?: string, braced?: string) => {
      return run.engine.hooks.environment?.(plain ?? braced ?? '') ?? whole
    }),
  ),
  filter('fileglob', 'The files of the controller that match a pattern.', (input, _args, run) => {
    const { fileGlob } = run.engine.hooks
    return fileGlob === undefined ? fail('TEMPLATE_FAILED', "the filter 'fileglob' cannot look at files here") : fileGlob(print(input))
  }),
  filter('normpath', 'Without `.` and `..` and double slashes.', (input) => normalizePath(print(input))),
  filter('path_join', 'Paths joined; an absolute one starts anew.', (input) => joinPaths(pathParts(input))),
  filter('quote', 'Quoted as one word of a shell.', (input) => {
    checkUsable(input)
    return quoteShell(input === null ? '' : print(input))
  }),
  filter('realpath', 'As an absolute path without `.` and `..`; links are not followed.', (input) =>
    normalizePath(path.posix.resolve(textInput(input, 'realpath'))),
  ),
  filter('relpath(start=None)', 'Relative to a folder.', (input, args) => {
    const start = args.textOrNull('start') ?? '.'
    const given = textInput(input, 'relpath')
    return given === '' ? refuseValue('no path specified') : path.posix.relative(start, given) || '.'
  }),
  filter('splitext', 'The path without its extension, and the extension.', (input) => new Tuple(splitExtension(textInput(input, 'splitext')))),
  filter('urldecode', 'Undoes the quoting of a URL: `%20` and `+` are spaces.', (input) => unquoteUrl(textInput(input, 'urldecode'))),
  filter("urlsplit(query='')", 'The parts of a URL, or one of them.', urlsplit),
  filter('win_basename', 'What follows the last slash or backslash.', (input) => /[^\\/]*$/.exec(windowsParts(textInput(input, 'win_basename'))[1])![0]),
  filter('win_dirname', 'What comes before the last slash or backslash.', (input) => {
    const [drive, rest] = windowsParts(textInput(input, 'win_dirname'))
    const head = rest.slice(0, rest.length - /[^\\/]*$/.exec(rest)![0].length)
    return drive + (head.replace(/[\\/]+$/, '') || head)
  }),
  filter('win_splitdrive', 'The drive, and the rest.', (input) => new Tuple(windowsParts(textInput(input, 'win_splitdrive')))),
]

function dirname(text: string): string {
  const head = text.slice(0, text.lastIndexOf('/') + 1)
  return /^\/*$/.test(head) ? head : head.replace(/\/+$/, '')
}

function splitExtension(text: string): [string, string] {
  const dot = text.lastIndexOf('.')
  const slash = text.lastIndexOf('/')
  if (dot <= slash || /^\.*$/.test(text.slice(slash + 1, dot))) return [text, '']
  return [text.slice(0, dot), text.slice(dot)]
}

function normalizePath(text: string): string {
  if (text === '') return '.'
  const isDouble = text.startsWith('//') && !text.startsWith('///')
  const normal = path.posix.normalize(text).replace(/(?<=.)\/$/, '')
  return isDouble ? `/${normal}` : normal
}

function pathParts(input: Value): string[] {
  if (typeof input === 'string') return [input]
  if (input instanceof Dict) return refuseValue("filter 'path_join' needs a string or a list")
  const parts = itemsOf(input).map((part) => textInput(part, 'path_join'))
  return parts.length === 0 ? refuseValue("filter 'path_join' needs at least one path") : parts
}

function joinPaths(parts: readonly string[]): string {
  let joined = ''
  for (const part of parts) {
    if (part.startsWith('/')) joined = part
    else joined += (joined === '' || joined.endsWith('/') ? '' : '/') + part
  }
  return joined
}

function commonPath(paths: readonly string[]): string {
  if (paths.length === 0) return refuseValue('commonpath() arg is an empty sequence')
  const isAbsolute = paths[0]!.startsWith('/')
  if (paths.some((each) => each.startsWith('/') !== isAbsolute)) return refuseValue("Can't mix absolute and relative paths")
  const split = paths.map((each) => each.split('/').filter((part) => part !== '' && part !== '.'))
  const shortest = Math.min(...split.map((parts) => parts.length))
  let count = 0
  while (count < shortest && split.every((parts) => parts[count] === split[0]![count])) count++
  return (isAbsolute ? '/' : '') + split[0]!.slice(0, count).join('/')
}

/** Quotes as Python's `shlex.quote`. */
function quoteShell(text: string): string {
  if (text !== '' && /^[\w@%+=:,./-]+$/.test(text)) return text
  return `'${text.replaceAll("'", `'"'"'`)}'`
}

/** The drive or share of a Windows path, and the rest. */
function windowsParts(text: string): [string, string] {
  const share = /^[\\/]{2}[^\\/]+[\\/][^\\/]+/.exec(text)
  const drive = share?.[0] ?? /^.:/.exec(text)?.[0] ?? ''
  return [drive, text.slice(drive.length)]
}

const COMMENT_STYLES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  plain: { decoration: '# ' },
  erlang: { decoration: '% ' },
  c: { decoration: '// ' },
  cblock: { beginning: '/*', decoration: ' * ', end: ' */' },
  xml: { beginning: '<!--', decoration: ' - ', end: '-->' },
}

function comment(input: Value, args: Args): Value {
  const style = args.text('style')
  if (!Object.hasOwn(COMMENT_STYLES, style)) return refuseValue(`Invalid style '${style}'.`)
  const options = new Map<string, Value>(Object.entries(COMMENT_STYLES[style]!))
  for (const [key, value] of args.extra) options.set(print(key), value)
  const text = (name: string, fallback: string): string => print(options.get(name) ?? fallback)
  const count = (name: string): number => Number(options.get(name) ?? 1)
  const newline = text('newline', '\n')
  const decoration = text('decoration', '# ')
  const prefix = text('prefix', decoration.trimEnd())
  const postfix = text('postfix', decoration.trimEnd())
  const beginning = text('beginning', '')
  const end = text('end', '')
  const repeat = (part: string, times: number): string => part.repeat(Math.min(1000, Math.max(0, times)))
  const head = beginning === '' ? '' : beginning + newline
  const before = prefix === '' ? '' : repeat(prefix === newline ? newline : prefix + newline, count('prefix_count'))
  // Blanks of the decoration go where a line has nothing else, but for the last one.
  const body = (decoration + textInput(input, 'comment').replaceAll(newline, newline + decoration)).replaceAll(
    decoration + newline,
    decoration.trimEnd() + newline,
  )
  const after = repeat(newline + postfix, count('postfix_count'))
  const tail = end === '' ? '' : newline + end
  return head + before + body + after + tail
}

function urlsplit(input: Value, args: Args): Value {
  const parts = splitUrl(textInput(input, 'urlsplit'))
  const query = args.text('query')
  if (query === '') return new Dict(Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1)) as [string, Value][])
  if (!Object.hasOwn(parts, query)) return refuseValue(`urlsplit: unknown URL component: ${query}`)
  return parts[query as keyof typeof parts]
}
