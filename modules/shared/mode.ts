/** File modes as Ansible users write them: octal, or symbolic as in chmod(1). */
import { param, z } from '../../runner/module.ts'

const CLAUSE = /^[ugoa]*(?:[-+=](?:[rwxXst]*|[ugo]))+$/

/** Four octal digits, or a symbolic mode (`u=rw,g=r,o=`) that is relative to the mode that is there. Empty text is none. */
export function modeParam(...words: readonly string[]): z.ZodType<string | undefined> {
  const written = z.unknown().transform((value, context): string => {
    if (typeof value === 'string' && (words.includes(value) || value.split(',').every((clause) => CLAUSE.test(clause)))) return value
    const octal = param.mode().safeParse(value)
    if (octal.success) return octal.data
    for (const { message } of octal.error.issues) context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
  return z.preprocess((value) => (value === '' ? undefined : value), written.optional())
}

export function isOctal(mode: string): boolean {
  return /^[0-7]{4}$/.test(mode)
}

const CLASS_BITS = { u: 0o4700, g: 0o2070, o: 0o1007 } as const
const LETTER_BITS = {
  u: { r: 0o400, w: 0o200, x: 0o100, s: 0o4000, t: 0 },
  g: { r: 0o040, w: 0o020, x: 0o010, s: 0o2000, t: 0 },
  o: { r: 0o004, w: 0o002, x: 0o001, s: 0, t: 0o1000 },
} as const
type Class = keyof typeof CLASS_BITS
/** What clauses that name nobody leave out of what they add (`+w` is `u+w`): the umask that the program assumes. */
const ASSUMED_UMASK = 0o022

/** The mode that a wish makes of the mode that is there. `X` asks whether that one has an execute bit or is a folder's. */
export function applyMode(wish: string, current: string, isDirectory: boolean): string {
  if (isOctal(wish)) return wish
  const original = Number.parseInt(current, 8)
  let mode = original
  for (const clause of wish.split(',')) {
    const who = /^[ugoa]*/.exec(clause)![0]
    const classes: readonly Class[] = who === '' || who.includes('a') ? ['u', 'g', 'o'] : (['u', 'g', 'o'] as const).filter((each) => who.includes(each))
    for (const [, operator, letters = ''] of clause.slice(who.length).matchAll(/([-+=])([rwxXstugo]*)/g)) {
      for (const each of classes) {
        const bits = bitsOf(letters, each, original, isDirectory) & (who === '' ? ~ASSUMED_UMASK : ~0)
        if (operator === '+') mode |= bits
        else if (operator === '-') mode &= ~bits
        else mode = (mode & ~CLASS_BITS[each]) | bits
      }
    }
  }
  return mode.toString(8).padStart(4, '0')
}

function bitsOf(letters: string, each: Class, original: number, isDirectory: boolean): number {
  const table = LETTER_BITS[each]
  let bits = 0
  for (const letter of letters) {
    if (letter === 'u' || letter === 'g' || letter === 'o') {
      const from = LETTER_BITS[letter]
      for (const copied of ['r', 'w', 'x'] as const) if (original & from[copied]) bits |= table[copied]
    } else if (letter === 'X') {
      if (isDirectory || original & 0o111) bits |= table.x
    } else bits |= table[letter as 'r' | 'w' | 'x' | 's' | 't']
  }
  return bits
}
