/** Command lines as a shell reads them, without a shell. */

/**
 * Splits a command line at white space. Quotes group, a backslash keeps the next character; inside double quotes it does so
 * only before `"` and `\`. Nothing is expanded.
 *
 * @throws {Error} where a quote is not closed, or nothing follows a backslash.
 * @example splitWords(`visudo -cf "%s"`) // ['visudo', '-cf', '%s']
 */
export function splitWords(line: string): string[] {
  const words: string[] = []
  let word: string | undefined
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!
    if (/[ \t\r\n]/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (character === "'" || character === '"') {
      const end = closingQuote(line, at)
      const inside = line.slice(at + 1, end)
      word = (word ?? '') + (character === '"' ? inside.replace(/\\(["\\])/g, '$1') : inside)
      at = end
    } else if (character === '\\') {
      const next = line[++at]
      if (next === undefined) throw new Error('nothing follows the backslash at the end of the command line')
      word = (word ?? '') + next
    } else word = (word ?? '') + character
  }
  if (word !== undefined) words.push(word)
  return words
}

function closingQuote(line: string, start: number): number {
  const quote = line[start]!
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] === quote) return at
    if (quote === '"' && line[at] === '\\') at++
  }
  throw new Error(`the quote ${quote} at character ${start + 1} of the command line is not closed`)
}

/** Safe in every shell that may be a login shell (sh, bash, zsh, csh, fish), so that command lines stay readable in `ps`. */
const PLAIN = /^[A-Za-z0-9_/.,:@+-]+$/

/** A word as a shell has to read it to get exactly this text. */
export function quoteWord(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
