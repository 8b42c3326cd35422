/** Arguments written as one text: `src=a dest=/b mode=0644`, alone or after a command's words. */
import { fail } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import { Template, hasTemplateMarkers, type Raw } from '../value/value.ts'
import { decodeEscapes } from './escapes.ts'
import type { ScalarNode } from './yaml.ts'

/** Arguments that may follow a free-form command. Any other `x=y` is part of the command. */
const FREE_FORM_ARGUMENTS = new Set([
  'creates',
  'removes',
  'chdir',
  'executable',
  'warn',
  'stdin',
  'stdin_add_newline',
  'strip_empty_ends',
  'expand_argument_vars',
])

export interface SplitArguments {
  readonly pairs: ReadonlyMap<string, Raw>
  /** The words that are no `name=value`, as written; undefined where there are none. */
  readonly rest: Raw | undefined
}

/**
 * Splits at white space outside quotes and outside template markers. Escapes such as `\n` count in values, not in a command's words.
 *
 * @throws {DiagnosticError} BAD_ARGUMENT where a quote or a marker is not closed.
 */
export function splitKeyValues(node: ScalarNode, freeForm: boolean): SplitArguments {
  const { value, range } = node
  const text = value instanceof Template ? value.text : typeof value === 'string' ? value : undefined
  if (text === undefined) return { pairs: new Map(), rest: value }
  const pairs = new Map<string, Raw>()
  const rest: string[] = []
  for (const word of splitWords(text, range)) {
    // As in Ansible the first = divides, wherever it stands: a name may hold a template too.
    const [, name, text] = /^([\s\S]+?)(?<!\\)=([\s\S]*)$/.exec(word) ?? []
    if (name !== undefined && (!freeForm || FREE_FORM_ARGUMENTS.has(name)))
      pairs.set(decodeEscapes(name).trim(), asRaw(unquote(decodeEscapes(text!).trim()), range))
    else rest.push(word)
  }
  if (rest.length === 0) return { pairs, rest: undefined }
  return { pairs, rest: pairs.size === 0 ? value : asRaw(rest.join(' '), range) }
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

/** Words at white space. What stands in quotes or between markers is kept whole; quotes count within markers too, as in Ansible. */
function splitWords(text: string, range: SourceRange): string[] {
  const words: string[] = []
  let word = ''
  let quote: string | undefined
  const depths = MARKERS.map(() => 0)
  for (const part of text.split(/(\s)/)) {
    if (/^\s$/.test(part)) {
      if (quote !== undefined || depths.some((depth) => depth > 0)) word += part
      else {
        if (word !== '') words.push(word)
        word = ''
      }
      continue
    }
    word += part
    for (const [, char] of part.matchAll(/(?<!\\)(["'])/g)) quote = quote === undefined ? char : quote === char ? undefined : quote
    for (const [index, [open, close]] of MARKERS.entries()) depths[index] = Math.max(0, depths[index]! + part.split(open).length - part.split(close).length)
  }
  if (quote !== undefined) fail('BAD_ARGUMENT', `a quote is not closed here: ${quote}`, { range })
  if (depths.some((depth) => depth > 0)) fail('BAD_ARGUMENT', 'a template is not closed here', { range })
  if (word !== '') words.push(word)
  return words
}
