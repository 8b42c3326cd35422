/** Strings as Python sees them: sequences of code points, not of UTF-16 units. */

/** Orders two strings by their code points, as Python's `<` does. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left === right) continue
    // Surrogates (D800–DFFF) stand for characters above all others.
    const leftHigh = left >= 0xd800 && left <= 0xdfff
    const rightHigh = right >= 0xd800 && right <= 0xdfff
    if (leftHigh !== rightHigh) return leftHigh ? 1 : -1
    return left < right ? -1 : 1
  }
  return a.length < b.length ? -1 : 1
}

const LINE_BREAK = /\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]/g

/** Python's `splitlines`: the lines of a text, with what ends them or without. */
export function linesOf(text: string, keepEnds = false): string[] {
  const lines: string[] = []
  let start = 0
  for (const found of text.matchAll(LINE_BREAK)) {
    const end = found.index + found[0].length
    lines.push(text.slice(start, keepEnds ? end : found.index))
    start = end
  }
  if (start < text.length) lines.push(text.slice(start))
  return lines
}
