/**
 * libyaml, which reads Ansible's files, does not ask how far a line is indented within quotes or within brackets; the `yaml` package, as the
 * specification has it (YAML 1.2, 7.3 and 7.4), wants it deeper than what is around it. Here such lines are indented: there, white space at
 * the beginning of a line says nothing.
 */
import { Lexer } from 'yaml'

export interface IndentedText {
  readonly text: string
  /** Where a place in the text was before. */
  readonly original: (offset: number) => number
}

/** More lines than this are left as they are. */
const MAX_LINES = 1_000
/** What the lexer says beside the text itself: that a document or a plain scalar begins. */
const MARKS: ReadonlySet<string> = new Set(['\x02', '\x1f'])
/** That a collection in brackets is broken off. */
const BROKEN_OFF = '\x18'
const QUOTED = { '"': /"[^"\\]*(?:\\.[^"\\]*)*"/sy, "'": /'[^']*(?:''[^']*)*'/y } as const

/** The text with every line within quotes or brackets as far indented as it has to be; undefined where all are. */
export function indentFlow(text: string): IndentedText | undefined {
  let indented = text
  const added: Added[] = []
  for (let found = shallowLines(text); found && added.length < MAX_LINES; found = shallowLines(indented)) {
    const { spaces } = found
    for (const start of found.starts.toReversed()) indented = indented.slice(0, start) + ' '.repeat(spaces) + indented.slice(start)
    // All that stands before is done already.
    for (const [index, start] of found.starts.entries()) added.push({ start: start + index * spaces, spaces })
  }
  return added.length === 0 ? undefined : { text: indented, original: (offset) => offset - addedBefore(added, offset) }
}

/** Spaces that were put at a place of the text that came of it. */
interface Added {
  readonly start: number
  readonly spaces: number
}

function addedBefore(added: readonly Added[], offset: number): number {
  let sum = 0
  for (const { start, spaces } of added) sum += Math.min(Math.max(offset - start, 0), spaces)
  return sum
}

/** The beginnings of the first lines that the lexer takes for the end of what they belong to, and how much they lack at most. */
function shallowLines(text: string): { readonly starts: readonly number[]; readonly spaces: number } | undefined {
  let at = 0
  let depth = 0
  let opened = 0
  for (const token of new Lexer().lex(text)) {
    if (MARKS.has(token)) continue
    if (token === BROKEN_OFF) {
      const start = text.lastIndexOf('\n', at - 1) + 1
      return isMarker(text, start) ? undefined : { starts: [start], spaces: columnOf(text, opened) + 1 }
    }
    if (token === '[' || token === '{') {
      if (depth === 0) opened = at
      depth++
    } else if (token === ']' || token === '}') depth--
    else if (token.startsWith('"') || token.startsWith("'")) {
      const end = endOfQuoted(text, at)
      if (end !== undefined && end > at + token.length) {
        const starts = lineStarts(text, at, end)
        return starts.some((start) => isMarker(text, start)) ? undefined : { starts, spaces: columnOf(text, at) + 1 }
      }
    }
    at += token.length
  }
  return undefined
}

function endOfQuoted(text: string, start: number): number | undefined {
  const pattern = QUOTED[text[start] as '"' | "'"]
  pattern.lastIndex = start
  return pattern.test(text) ? pattern.lastIndex : undefined
}

/** Where lines begin between two places. */
function lineStarts(text: string, from: number, to: number): number[] {
  const starts: number[] = []
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** Whether a document begins or ends with a line. */
function isMarker(text: string, start: number): boolean {
  return /^(?:---|\.\.\.)(?:\s|$)/.test(text.slice(start, start + 4))
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1)
}
