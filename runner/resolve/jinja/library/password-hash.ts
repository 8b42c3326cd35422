/** Passwords as they stand in /etc/shadow, with the defaults that Ansible asks passlib for. */
import { randomInt } from 'node:crypto'
import { refuseValue } from '../runtime/callable.ts'
import { bcrypt } from './bcrypt.ts'
import { cryptMd5, cryptSha } from './crypt.ts'

const SALT_CHARACTERS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const MIN_ROUNDS = 1000
const MAX_ROUNDS = 2_000_000
const MAX_BCRYPT_COST = 16

/** The names that `password_hash` has for passlib's schemes. */
const SCHEMES: ReadonlyMap<string, string> = new Map([
  ['md5', 'md5_crypt'],
  ['blowfish', 'bcrypt'],
  ['sha256', 'sha256_crypt'],
  ['sha512', 'sha512_crypt'],
])

/** The rounds that are asked for where none are given. */
const ROUNDS = { sha256_crypt: 535_000, sha512_crypt: 656_000, bcrypt: 12 }

/** Characters of a salt that is made, and the most that one may have. */
export const SALT_SIZES: Readonly<Record<string, number>> = { md5_crypt: 8, apr_md5_crypt: 8, bcrypt: 22, sha256_crypt: 16, sha512_crypt: 16 }

export interface HashOptions {
  /** A random one by itself. */
  readonly salt?: string | undefined
  readonly saltSize?: number | undefined
  readonly rounds?: number | undefined
  /** The variant of bcrypt: 2a, 2b or 2y. */
  readonly ident?: string | undefined
}

/** @throws {DiagnosticError} TEMPLATE_FAILED for a scheme or a salt that there is not. */
export function hashPassword(type: string, password: string, options: HashOptions = {}): string {
  const scheme = SCHEMES.get(type) ?? type
  const maximum = SALT_SIZES[scheme]
  if (maximum === undefined) return refuseValue(`password_hash: '${type}' is not supported; use sha512, sha256, md5, apr_md5_crypt or bcrypt`)
  if (password.includes('\0')) return refuseValue('a password with a NUL cannot be hashed')
  const size = options.saltSize ?? maximum
  if (size < 1 || size > maximum || (scheme === 'bcrypt' && size !== maximum))
    return refuseValue(`the salt of ${type} must be at most ${maximum} characters long`)
  const salt = options.salt === undefined || options.salt === '' ? randomSalt(size) : options.salt
  if (!/^[./0-9A-Za-z]+$/.test(salt)) return refuseValue('invalid characters in salt')
  if (salt.length > maximum) return refuseValue(`the salt of ${type} must be at most ${maximum} characters long`)
  if (scheme === 'md5_crypt') return cryptMd5(password, salt)
  if (scheme === 'apr_md5_crypt') return cryptMd5(password, salt, '$apr1$')
  if (scheme === 'bcrypt') return bcryptHash(password, salt, options)
  const rounds = options.rounds ?? ROUNDS[scheme as 'sha256_crypt' | 'sha512_crypt']
  if (rounds < MIN_ROUNDS) return refuseValue(`fewer than ${MIN_ROUNDS} rounds are refused`)
  if (rounds > MAX_ROUNDS) return refuseValue(`more than ${MAX_ROUNDS} rounds are not supported`)
  return cryptSha(scheme === 'sha256_crypt' ? 'sha256' : 'sha512', password, salt, rounds)
}

function bcryptHash(password: string, salt: string, { rounds = ROUNDS.bcrypt, ident = '2b' }: HashOptions): string {
  if (salt.length !== SALT_SIZES['bcrypt']) return refuseValue('the salt of bcrypt must be 22 characters long')
  if (!['2a', '2b', '2y'].includes(ident)) return refuseValue(`the variant ${ident} of bcrypt is not supported; use 2a, 2b or 2y`)
  if (rounds < 4 || rounds > MAX_BCRYPT_COST) return refuseValue(`the rounds of bcrypt must be from 4 to ${MAX_BCRYPT_COST}`)
  return bcrypt(password, rounds, salt, ident)
}

export function randomSalt(size: number): string {
  return Array.from({ length: size }, () => SALT_CHARACTERS[randomInt(SALT_CHARACTERS.length)]!).join('')
}
