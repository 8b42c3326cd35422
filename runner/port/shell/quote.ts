/** Words for a POSIX shell. */
import { fail } from '../../diagnostic/diagnostic.ts'

/** Safe in every shell that may be a login shell (sh, bash, zsh, csh, fish), so that command lines stay readable in `ps`. */
const PLAIN = /^[A-Za-z0-9_/.,:@+-]+$/

/** A word that the shell reads back as exactly this text. Throws BAD_ARGUMENT for a NUL, which no argument can hold. */
export function quote(word: string): string {
  if (word.includes('\0')) fail('BAD_ARGUMENT', 'an argument of a program cannot hold a NUL byte', { detail: JSON.stringify(word.slice(0, 200)) })
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** A command of these words. */
export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(' ')
}
