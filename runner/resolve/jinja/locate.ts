/** From an offset in a template's text to the place in the file that a person wrote. */
import type { SourceFile } from '../../diagnostic/source.ts'
import type { SourceRange } from '../../diagnostic/source.ts'

/** The text of a template, and where it stands. */
export interface TemplateSource {
  readonly text: string
  /** The name of the template, for including others relative to it. */
  readonly file: SourceFile | undefined
  /** The range in the file of a stretch of the text; undefined where it stands in no file. */
  locate(start: number, end: number): SourceRange | undefined
}

/** A whole file; `skip` units at its start (a `#jinja2:` header) are not part of the template. */
export function fileSource(file: SourceFile, skip = 0): TemplateSource {
  return {
    text: skip === 0 ? file.text : file.text.slice(skip),
    file,
    locate: (start, end) => ({ file, start: start + skip, end: end + skip }),
  }
}

/**
 * A scalar of a YAML file. Where the file spells the words of the text as they are (in a block, or in quotes without escapes, on however many
 * lines), offsets map exactly; otherwise everything points at the start of the scalar.
 */
export function scalarSource(text: string, range: SourceRange | undefined): TemplateSource {
  if (range === undefined) return { text, file: undefined, locate: () => undefined }
  let pieces: readonly Piece[] | undefined
  return {
    text,
    file: range.file,
    locate(start, end) {
      pieces ??= alignWords(text, range)
      const from = positionOf(start, pieces)
      if (from === undefined) return range
      const to = positionOf(end, pieces)
      return { file: range.file, start: from, end: to === undefined || to < from ? from + 1 : to }
    },
  }
}

/** A piece of the text that the file spells as it is. */
interface Piece {
  /** Where it starts in the text, its length, and where it starts in the file. */
  readonly text: number
  readonly length: number
  readonly file: number
}

/** Where each word of the text stands in the file; nothing where the file spells one otherwise. */
function alignWords(text: string, range: SourceRange): Piece[] {
  const written = range.file.text.slice(range.start, range.end)
  const whole = written.indexOf(text)
  if (whole >= 0 && !/^["'].*\n/s.test(written)) return [{ text: 0, length: text.length, file: range.start + whole }]
  const pieces: Piece[] = []
  // Before the text stand a quote, or the line that begins a block.
  let at = /^(?:[|>].*\n|["'])?/.exec(written)![0].length
  for (const { index, 0: word } of text.matchAll(/\S+/g)) {
    at += /\s*/y.exec(written.slice(at))![0].length
    if (!written.startsWith(word, at)) return []
    pieces.push({ text: index, length: word.length, file: range.start + at })
    at += word.length
  }
  return pieces
}

function positionOf(offset: number, pieces: readonly Piece[]): number | undefined {
  for (const { text, length, file } of pieces) if (offset <= text + length) return file + Math.max(offset - text, 0)
  return undefined
}
