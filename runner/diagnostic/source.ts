/** Where a thing stands in a file that a person wrote. */

/** The text of one file, kept for excerpts. */
export class SourceFile {
  /** The path as a person would give it: relative to the working folder where that is shorter. */
  readonly path: string
  readonly text: string
  /** True for a file that is encrypted: its text is not to be shown. */
  readonly secret: boolean
  #lineStarts: number[] | undefined
  constructor(path: string, text: string, secret = false) {
    this.path = path
    this.text = text
    this.secret = secret
  }

  /** Line and column, both from 1, of an offset (in UTF-16 units) into the text. */
  position(offset: number): { line: number; column: number } {
    const starts = this.#starts()
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - starts[low]! + 1 }
  }

  /** The text of a line (from 1), without its line break. */
  line(number: number): string {
    const starts = this.#starts()
    const start = starts[number - 1]
    if (start === undefined) return ''
    return this.text.slice(start, starts[number] ?? this.text.length).replace(/\r?\n$/, '')
  }

  #starts(): number[] {
    if (!this.#lineStarts) {
      this.#lineStarts = [0]
      for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1)
    }
    return this.#lineStarts
  }
}

/** A stretch of a file: offsets in UTF-16 units, `end` exclusive. */
export interface SourceRange {
  readonly file: SourceFile
  readonly start: number
  readonly end: number
}

/** `path:line:column` of the start of a range. */
export function formatPosition(range: SourceRange): string {
  const { line, column } = range.file.position(range.start)
  return `${range.file.path}:${line}:${column}`
}
