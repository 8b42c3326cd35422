/** Words for a POSIX shell. */
import { fail } from '../../diagnostic/diagnostic.ts'
import { quoteWord } from '../../value/words.ts'

/** A word that the shell reads back as exactly this text. Throws BAD_ARGUMENT for a NUL, which no argument can hold. */
export function quote(word: string): string {
  if (word.includes('\0')) fail('BAD_ARGUMENT', 'an argument of a program cannot hold a NUL byte', { detail: JSON.stringify(word.slice(0, 200)) })
  return quoteWord(word)
}

/** A command of these words. */
export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(' ')
}

const VARIABLE = /(\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\}))/

/**
 * A word in which `$NAME`, `${NAME}` and a leading `~` or `~USER` stand for their values. A value is never split and never
 * read as a command; a variable that is not set stays as it is written, as with Python's `expandvars`.
 */
export function expandable(word: string): string {
  // A quoted slash would end the tilde's meaning.
  const home = /^~[A-Za-z0-9_.-]*(?:\/|$)/.exec(word)?.[0] ?? ''
  const quoted = word
    .slice(home.length)
    .split(VARIABLE)
    .map((part, index) => {
      if (index % 2 === 0) return part === '' ? '' : quote(part)
      return `"\${${part.replace(/[${}]/g, '')}-${part.replace('$', '\\$').replace('}', '\\}')}}"`
    })
  return home + quoted.join('') || "''"
}
