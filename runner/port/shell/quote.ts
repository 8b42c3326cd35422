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
