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
 * A scalar of a YAML file. Where the file spells the text as it is (plain, or quoted without escapes), or line by line (a literal
 * block), offsets map exactly; otherwise everything points at the start of the scalar.
 */
export function scalarSource(text: string, range: SourceRange | undefined): TemplateSource {
  if (range === undefined) return { text, file: undefined, locate: () => undefined }
  let lines: readonly LineAt[] | undefined
  return {
    text,
    file: range.file,
    locate(start, end) {
      lines ??= alignLines(text, range)
      const from = positionOf(start, lines)
      if (from === undefined) return range
      const to = positionOf(end, lines)
      return { file: range.file, start: from, end: to === undefined || to < from ? from + 1 : to }
    },
  }
}

interface LineAt {
  /** Where the line starts in the text, its length, and where it starts in the file. */
  readonly text: number
  readonly length: number
  readonly file: number
}

/** Where each line of the text stands in the file; empty where the file spells it otherwise. */
function alignLines(text: string, range: SourceRange): LineAt[] {
  const written = range.file.text.slice(range.start, range.end)
  const whole = written.indexOf(text)
  if (whole >= 0 && !/^["'].*\n/s.test(written)) return [{ text: 0, length: text.length, file: range.start + whole }]
  if (!/^[|]/.test(written)) return []
  const aligned: LineAt[] = []
  const rows = lineStarts(written).slice(1)
  let row = 0
  for (const { start, line } of lineStarts(text)) {
    const found = rows[row++]
    if (found === undefined) {
      if (line !== '') return []
    } else {
      if (!found.line.endsWith(line)) return []
      aligned.push({ text: start, length: line.length, file: range.start + found.start + found.line.length - line.length })
    }
  }
  return aligned
}

function lineStarts(text: string): { start: number; line: string }[] {
  const lines: { start: number; line: string }[] = []
  let start = 0
  for (const line of text.split('\n')) {
    lines.push({ start, line: line.replace(/\r$/, '') })
    start += line.length + 1
  }
  return lines
}

function positionOf(offset: number, lines: readonly LineAt[]): number | undefined {
  for (const line of lines) if (offset >= line.text && offset <= line.text + line.length) return line.file + offset - line.text
  return undefined
}
