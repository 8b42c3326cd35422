/** The password hashes of `crypt(3)`: `$5$` and `$6$` (SHA-crypt, by Ulrich Drepper's specification) and `$1$` (MD5-crypt). */
import { createHash, hash as digestOf } from 'node:crypto'

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const DEFAULT_ROUNDS = 5000

/** Rounds are kept within 1000 to 999 999 999, and named in the hash unless they are the 5000 that it stands for by itself. */
export function cryptSha(type: 'sha256' | 'sha512', passwordText: string, saltText: string, givenRounds = DEFAULT_ROUNDS): string {
  const rounds = Math.max(1000, Math.min(999_999_999, givenRounds))
  const password = Buffer.from(passwordText, 'utf8')
  const salt = Buffer.from(saltText.slice(0, 16), 'utf8')
  const hash = (...parts: Uint8Array[]): Buffer => parts.reduce((sum, part) => sum.update(part), createHash(type)).digest()
  const alternate = hash(password, salt, password)
  const start = createHash(type).update(password).update(salt).update(stretch(alternate, password.length))
  for (let bits = password.length; bits > 0; bits >>= 1) start.update(bits & 1 ? alternate : password)
  let digest: Buffer = start.digest()
  const passwordDigest = createHash(type)
  for (let count = 0; count < password.length; count++) passwordDigest.update(password)
  const p = stretch(passwordDigest.digest(), password.length)
  const saltDigest = createHash(type)
  for (let count = 0; count < 16 + digest[0]!; count++) saltDigest.update(salt)
  const s = stretch(saltDigest.digest(), salt.length)
  // Half a million rounds: the parts are laid into one buffer, and hashed by one call.
  const input = Buffer.alloc(digest.length + s.length + 2 * p.length)
  for (let round = 0; round < rounds; round++) {
    let length = (round & 1 ? p : digest).copy(input, 0)
    if (round % 3 !== 0) length += s.copy(input, length)
    if (round % 7 !== 0) length += p.copy(input, length)
    length += (round & 1 ? digest : p).copy(input, length)
    digest = digestOf(type, input.subarray(0, length), 'buffer')
  }
  const shownRounds = rounds === DEFAULT_ROUNDS ? '' : `rounds=${rounds}$`
  return `$${type === 'sha256' ? 5 : 6}$${shownRounds}${salt.toString('utf8')}$${type === 'sha256' ? encode256(digest) : encode512(digest)}`
}

export function cryptMd5(passwordText: string, saltText: string, prefix: '$1$' | '$apr1$' = '$1$'): string {
  const password = Buffer.from(passwordText, 'utf8')
  const salt = Buffer.from(saltText.slice(0, 8), 'utf8')
  const magic = Buffer.from(prefix)
  const md5 = (...parts: Uint8Array[]): Buffer => parts.reduce((sum, part) => sum.update(part), createHash('md5')).digest()
  const alternate = md5(password, salt, password)
  const start = createHash('md5').update(password).update(magic).update(salt).update(stretch(alternate, password.length))
  for (let bits = password.length; bits > 0; bits >>= 1) start.update(bits & 1 ? Buffer.from([0]) : password.subarray(0, 1))
  let digest: Buffer = start.digest()
  for (let round = 0; round < 1000; round++) {
    const parts = [round & 1 ? password : digest]
    if (round % 3 !== 0) parts.push(salt)
    if (round % 7 !== 0) parts.push(password)
    parts.push(round & 1 ? digest : password)
    digest = md5(...parts)
  }
  const order: [number, number, number][] = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]] // prettier-ignore
  const text = order.map(([a, b, c]) => encode(digest[a]!, digest[b]!, digest[c]!, 4)).join('')
  return `${prefix}${salt.toString('utf8')}$${text}${encode(0, 0, digest[11]!, 2)}`
}

/** The digest repeated to a length. */
function stretch(digest: Buffer, length: number): Buffer {
  return Buffer.alloc(length, length === 0 ? undefined : digest)
}

function encode512(digest: Buffer): string {
  let text = ''
  for (let index = 0; index < 21; index++) {
    // The bytes go round among the three thirds of the digest.
    const bytes = [index, index + 21, index + 42] as const
    const turn = index % 3
    const [a, b, c] = [bytes[turn]!, bytes[(turn + 1) % 3]!, bytes[(turn + 2) % 3]!]
    text += encode(digest[a]!, digest[b]!, digest[c]!, 4)
  }
  return text + encode(0, 0, digest[63]!, 2)
}

function encode256(digest: Buffer): string {
  let text = ''
  for (let index = 0; index < 10; index++) {
    const bytes = [index, index + 10, index + 20] as const
    const turn = (3 - (index % 3)) % 3
    const [a, b, c] = [bytes[turn]!, bytes[(turn + 1) % 3]!, bytes[(turn + 2) % 3]!]
    text += encode(digest[a]!, digest[b]!, digest[c]!, 4)
  }
  return text + encode(0, digest[31]!, digest[30]!, 3)
}

/** Three bytes, the first one highest, as characters of six bits, the lowest first. */
function encode(a: number, b: number, c: number, length: number): string {
  let bits = (a << 16) | (b << 8) | c
  let text = ''
  for (let count = 0; count < length; count++) {
    text += ALPHABET[bits & 0x3f]!
    bits >>= 6
  }
  return text
}
