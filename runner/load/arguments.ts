/** Arguments written as one text: `src=a dest=/b mode=0644`, alone or after a command's words. */
import { fail } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import { Template, hasTemplateMarkers, type Raw } from '../value/value.ts'
import { decodeEscapes } from './escapes.ts'
import type { ScalarNode } from './yaml.ts'

/** Arguments that may follow a free-form command. Any other `x=y` is part of the command. */
const FREE_FORM_ARGUMENTS = new Set(['creates', 'removes', 'chdir', 'executable', 'warn', 'stdin', 'stdin_add_newline', 'strip_empty_ends'])

export interface SplitArguments {
  readonly pairs: ReadonlyMap<string, Raw>
  /** The words that are no `name=value`, as written; undefined where there are none. */
  readonly rest: Raw | undefined
}

/**
 * Splits at white space outside quotes and outside template markers. Escapes such as `\n` count in names and values, not in the words of a
 * command. A backslash alone at the end of a line joins it with the next.
 *
 * @throws {DiagnosticError} BAD_ARGUMENT where a quote or a marker is not closed.
 */
export function splitKeyValues(node: ScalarNode, freeForm: boolean): SplitArguments {
  const { value, range } = node
  const text = value instanceof Template ? value.text : typeof value === 'string' ? value : undefined
  if (text === undefined) return { pairs: new Map(), rest: value }
  const pairs = new Map<string, Raw>()
  const words: string[] = []
  for (const word of splitWords(text, range)) {
    const decoded = decodeEscapes(word)
    // As in Ansible the first = divides, wherever it stands: a name may hold a template too.
    const [, name, given] = /^([\s\S]+?)(?<!\\)=([\s\S]*)$/.exec(decoded) ?? []
    if (name === undefined) words.push(decoded.includes('=') ? decoded.replaceAll('\\=', '=') : word)
    else if (freeForm && !FREE_FORM_ARGUMENTS.has(name)) words.push(word)
    else pairs.set(name.trim(), asRaw(unquote(given!.trim()), range))
  }
  if (words.length === 0) return { pairs, rest: undefined }
  const rest = words.reduce((line, word) => (line.endsWith('\n') ? `${line}${word}` : `${line} ${word}`))
  return { pairs, rest: rest === text ? value : asRaw(rest, range) }
}

function asRaw(text: string, range: SourceRange): Raw {
  return hasTemplateMarkers(text) ? new Template(text, range) : text
}

function unquote(text: string): string {
  const quote = text[0]
  return text.length >= 2 && (quote === '"' || quote === "'") && text.endsWith(quote) ? text.slice(1, -1) : text
}

/** Each opens and closes a part that holds together, whatever white space is in it. */
const MARKERS = [
  ['{{', '}}'],
  ['{%', '%}'],
  ['{#', '#}'],
] as const

/**
 * Words at spaces and line ends, each with what of these follows it beyond one space. What stands in quotes or between markers is kept whole;
 * quotes count within markers too, as in Ansible.
 */
function splitWords(text: string, range: SourceRange): string[] {
  const words: string[] = []
  const lines = text.split('\n')
  let quote: string | undefined
  const depths = MARKERS.map(() => 0)
  const append = (more: string): void => {
    if (words.length > 0) words.push(`${words.pop()!}${more}`)
  }
  for (const [number, line] of lines.entries()) {
    const parts = line.split(' ')
    let goesOn = false
    for (const [index, part] of parts.entries()) {
      if (part === '' && index > 0) {
        append(' ')
        continue
      }
      if (part === '\\' && quote === undefined) {
        goesOn = true
        continue
      }
      const wasQuoted = quote !== undefined
      for (const [, char] of part.matchAll(/(?<!\\)(["'])/g)) quote = quote === undefined ? char : quote === char ? undefined : quote
      const isWithin = depths.some((depth) => depth > 0)
      if (!isWithin && !wasQuoted) {
        if (part !== '') words.push(part)
      } else if (index === 0 && wasQuoted) append(part)
      else if (parts.length > 1) append(index > 0 ? ` ${part}` : part)
      else append(`\n${part}`)
      for (const [kind, [open, close]] of MARKERS.entries()) {
        depths[kind] = Math.max(0, depths[kind]! + part.split(open).length - part.split(close).length)
      }
    }
    if (number < lines.length - 1 && !goesOn) append('\n')
  }
  if (quote !== undefined) fail('BAD_ARGUMENT', `a quote is not closed here: ${quote}`, { range })
  if (depths.some((depth) => depth > 0)) fail('BAD_ARGUMENT', 'a template is not closed here', { range })
  return words
}
