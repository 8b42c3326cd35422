/** Wraps one line as Python's `textwrap.wrap` does. */
import { characterCount, sliceText } from '../runtime/iterate.ts'

export interface WrapOptions {
  readonly breakLongWords: boolean
  readonly breakOnHyphens: boolean
}

// A word ends at white space, at a dash of several hyphens, or after a hyphen between letters.
const PARTS = /\s+|-{2,}(?=\w)|[^\s]+?(?:-(?=\p{L}{2}[^\s]*)(?<=\p{L}{2}-|\p{L}-\p{L}-)|(?=\s|$)|(?=-{2,}\w))/gu

/** The lines, without white space at their ends. */
export function wrapText(text: string, width: number, options: WrapOptions): string[] {
  const chunks = (options.breakOnHyphens ? (text.match(PARTS) ?? []) : text.split(/(\s+)/)).filter((chunk) => chunk !== '').reverse()
  const lines: string[] = []
  while (chunks.length > 0) {
    const line: string[] = []
    let length = 0
    if (lines.length > 0 && chunks.at(-1)!.trim() === '') chunks.pop()
    while (chunks.length > 0) {
      const size = characterCount(chunks.at(-1)!)
      if (length + size > width) break
      line.push(chunks.pop()!)
      length += size
    }
    const next = chunks.at(-1)
    if (next !== undefined && characterCount(next) > width) {
      if (options.breakLongWords) {
        const room = width - length
        line.push(sliceText(next, 0, room))
        chunks[chunks.length - 1] = sliceText(next, room)
      } else if (line.length === 0) line.push(chunks.pop()!)
    }
    if (line.length > 0 && line.at(-1)!.trim() === '') line.pop()
    if (line.length > 0) lines.push(line.join(''))
  }
  return lines
}
