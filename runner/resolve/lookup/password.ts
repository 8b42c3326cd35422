/** `password`: a random password that a file of the controller keeps. The file is written at the task's turn, in a dry run too. */
import { randomInt } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { replaceFile } from '../../disk/replace-file.ts'
import { print } from '../../value/print.ts'
import type { Dict, Value } from '../../value/value.ts'
import { hashPassword, randomSalt, SALT_SIZES } from '../jinja/library/password-hash.ts'
import { PythonRandom } from '../jinja/library/mersenne-twister.ts'
import { fetched, lookupFailed, type Lookup, type LookupContext } from './context.ts'
import { listify } from './lists.ts'
import { parseInline } from './inline.ts'

const OPTIONS = ['length', 'encrypt', 'chars', 'ident', 'seed']
const DEFAULT_LENGTH = 20
const MAX_LENGTH = 10_000

/** Sets of characters by the names that Python's module `string` has for them. */
const CHARACTER_SETS: Readonly<Record<string, string>> = {
  ascii_letters: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
  ascii_lowercase: 'abcdefghijklmnopqrstuvwxyz',
  ascii_uppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digits: '0123456789',
  hexdigits: '0123456789abcdefABCDEF',
  octdigits: '01234567',
  punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
  whitespace: ' \t\n\r\v\f',
  printable: '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ \t\n\r\v\f',
}

interface Wanted {
  readonly file: string
  readonly length: number
  readonly characters: string
  readonly seed: string | undefined
  readonly encrypt: string | undefined
  readonly ident: string | undefined
}

export const password: Lookup = (terms, options, context) =>
  listify(terms).map((term, index) => {
    const wanted = parse(print(term), options, context)
    return fetched(['password', index, wanted], context, () => [make(wanted)])[0]!
  })

function parse(term: string, options: Dict, context: LookupContext): Wanted {
  const [first, rest] = split(term)
  const inline = parseInline(rest)
  const name = inline.rest === undefined ? first : `${first} ${inline.rest}`
  if (!term.startsWith(name)) return lookupFailed('Unrecognized value after key=value parameters given to password lookup')
  const unknown = [...inline.options.keys()].filter((key) => !OPTIONS.includes(key))
  if (unknown.length > 0) return lookupFailed(`Unrecognized parameter(s) given to password lookup: ${unknown.join(', ')}`)
  const given = (key: string): Value => inline.options.get(key) ?? options.get(key) ?? null
  const text = (key: string): string | undefined => (given(key) === null ? undefined : print(given(key)))
  const length = Number(text('length') ?? DEFAULT_LENGTH)
  if (!Number.isInteger(length) || length < 0 || length > MAX_LENGTH) return lookupFailed(`the length of a password must be from 0 to ${MAX_LENGTH}`)
  return {
    file: path.resolve(context.folder, name.replace(/^~(?=\/|$)/, process.env['HOME'] ?? '')),
    length,
    characters: characters(inline.options.get('chars'), options.get('chars') ?? null),
    seed: text('seed'),
    encrypt: text('encrypt'),
    ident: text('ident'),
  }
}

function split(term: string): [string, string] {
  const space = term.indexOf(' ')
  return space < 0 ? [term, ''] : [term.slice(0, space), term.slice(space + 1)]
}

/** As Ansible reads it, two commas stand for one within the term, and separate nothing in an option. */
function characters(inline: string | undefined, given: Value): string {
  let sets = ['ascii_letters', 'digits', '.,:-_']
  if (inline !== undefined) sets = [...(inline.includes(',,') ? [','] : []), ...inline.replaceAll(',,', ',').split(',')]
  else if (typeof given === 'string') sets = given.split(',').map((set) => set.trim())
  else if (given !== null) sets = listify(given).map(print)
  return sets.map((set) => (Object.hasOwn(CHARACTER_SETS, set) ? CHARACTER_SETS[set] : set)).join('').replace(/["']/g, '') // prettier-ignore
}

/** Reads the password, or makes one; and its salt, where it is wanted encrypted. What is new is written. */
function make(wanted: Wanted): string {
  const { file, encrypt } = wanted
  const isKept = file !== '/dev/null'
  const content = isKept && existsSync(file) ? readFileSync(file, 'utf8').trimEnd() : undefined
  const kept = content === undefined ? undefined : parseContent(content)
  const plain = kept?.plain ?? random(wanted)
  let { salt, ident } = kept ?? { salt: undefined, ident: undefined }
  if (encrypt === undefined) {
    if (content === undefined && isKept) write(file, plain)
    return plain
  }
  if (ident !== undefined && wanted.ident !== undefined && ident !== wanted.ident)
    return lookupFailed(`The ident parameter provided (${wanted.ident}) does not match the stored one (${ident}).`)
  ident = wanted.ident ?? ident ?? (encrypt === 'bcrypt' ? '2b' : undefined)
  salt ??= randomSalt(SALT_SIZES[encrypt] ?? 8)
  const whole = `${plain} salt=${salt}${ident === undefined ? '' : ` ident=${ident}`}`
  if (isKept && whole !== content) write(file, whole)
  return hashPassword(encrypt, plain, { salt, ident })
}

function parseContent(content: string): { plain: string; salt: string | undefined; ident: string | undefined } {
  const [, plain = content, rest] = /^([\s\S]*) salt=([\s\S]*)$/.exec(content) ?? []
  const [, salt = rest, ident] = /^([\s\S]*) ident=([\s\S]*)$/.exec(rest ?? '') ?? []
  return { plain, salt, ident }
}

function random({ length, characters, seed }: Wanted): string {
  const choices = Array.from(characters)
  if (choices.length === 0) return lookupFailed('a password needs characters to be made of')
  const twister = seed === undefined ? undefined : new PythonRandom(seed)
  return Array.from({ length }, () => choices[twister ? twister.below(choices.length) : randomInt(choices.length)]!).join('')
}

function write(file: string, content: string): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    replaceFile(file, `${content}\n`, { mode: 0o600 })
  } catch (error) {
    lookupFailed(`the password cannot be kept in ${file}`, (error as Error).message)
  }
}
