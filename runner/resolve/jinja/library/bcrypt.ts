/** bcrypt, the password hash by Provos and Mazières: Blowfish with an expensive key schedule. */

const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const ROUNDS = 16
const P_WORDS = ROUNDS + 2
const S_WORDS = 4 * 256
const SALT_BYTES = 16
const MAX_PASSWORD_BYTES = 72
/** Of the 24 bytes that come out, the last is left out. */
const HASH_BYTES = 23

/**
 * @param cost the binary logarithm of the rounds, from 4.
 * @param salt 22 characters of bcrypt's alphabet. The bits of the last one that no byte needs become 0, as in passlib.
 */
export function bcrypt(password: string, cost: number, salt: string, ident = '2b'): string {
  const saltBytes = decode(salt)
  const key = Buffer.concat([Buffer.from(password, 'utf8'), Buffer.from([0])]).subarray(0, MAX_PASSWORD_BYTES)
  const cipher = new Blowfish()
  cipher.expand(key, saltBytes)
  for (let count = 2 ** cost; count > 0; count--) {
    cipher.expand(key)
    cipher.expand(saltBytes)
  }
  const text = Buffer.from('OrpheanBeholderScryDoubt', 'latin1')
  const hash = Buffer.alloc(text.length)
  for (let at = 0; at < text.length; at += 8) {
    let block: [number, number] = [text.readUInt32BE(at), text.readUInt32BE(at + 4)]
    for (let count = 0; count < 64; count++) block = cipher.encrypt(...block)
    hash.writeUInt32BE(block[0] >>> 0, at)
    hash.writeUInt32BE(block[1] >>> 0, at + 4)
  }
  return `$${ident}$${String(cost).padStart(2, '0')}$${encode(saltBytes)}${encode(hash.subarray(0, HASH_BYTES))}`
}

class Blowfish {
  readonly #p: Int32Array
  readonly #s: Int32Array

  constructor() {
    const words = piWords()
    this.#p = words.slice(0, P_WORDS)
    this.#s = words.slice(P_WORDS)
  }

  encrypt(leftHalf: number, rightHalf: number): [number, number] {
    const [p, s] = [this.#p, this.#s]
    let left = leftHalf
    let right = rightHalf
    for (let round = 0; round < ROUNDS; round++) {
      left ^= p[round]!
      right ^= (((s[left >>> 24]! + s[256 + ((left >>> 16) & 255)]!) ^ s[512 + ((left >>> 8) & 255)]!) + s[768 + (left & 255)]!) | 0
      const swapped = left
      left = right
      right = swapped
    }
    return [right ^ p[ROUNDS + 1]!, left ^ p[ROUNDS]!]
  }

  /** Mixes a key into the state, with a salt between where there is one. */
  expand(key: Uint8Array, salt?: Uint8Array): void {
    let keyAt = 0
    for (let index = 0; index < P_WORDS; index++) {
      let word = 0
      for (let byte = 0; byte < 4; byte++) {
        word = (word << 8) | key[keyAt]!
        keyAt = (keyAt + 1) % key.length
      }
      this.#p[index]! ^= word
    }
    const halves = salt === undefined ? [0, 0, 0, 0] : [0, 4, 8, 12].map((at) => Buffer.from(salt).readInt32BE(at))
    let block: [number, number] = [0, 0]
    let half = 0
    for (const words of [this.#p, this.#s]) {
      for (let index = 0; index < words.length; index += 2) {
        block = this.encrypt(block[0] ^ halves[half]!, block[1] ^ halves[half + 1]!)
        half ^= 2
        words[index] = block[0]
        words[index + 1] = block[1]
      }
    }
  }
}

let tables: Int32Array | undefined

/** Blowfish begins with the binary digits of π behind the point, by Machin's formula: π = 16 atan 1/5 − 4 atan 1/239. */
function piWords(): Int32Array {
  if (tables) return tables
  const count = P_WORDS + S_WORDS
  const spare = 64n
  const one = 1n << (BigInt(count * 32) + spare)
  const arctan = (inverse: bigint): bigint => {
    let term = one / inverse
    let sum = term
    for (let odd = 3n, sign = -1n; term > 0n; odd += 2n, sign = -sign) {
      term /= inverse * inverse
      sum += (sign * term) / odd
    }
    return sum
  }
  const fraction = ((16n * arctan(5n) - 4n * arctan(239n)) % one) >> spare
  const bytes = Buffer.from(fraction.toString(16).padStart(count * 8, '0'), 'hex')
  tables = Int32Array.from({ length: count }, (_, index) => bytes.readInt32BE(index * 4))
  return tables
}

function decode(text: string): Buffer {
  let bits = 0n
  for (const character of text) bits = (bits << 6n) | BigInt(ALPHABET.indexOf(character))
  const spare = BigInt(text.length * 6 - SALT_BYTES * 8)
  return Buffer.from((bits >> spare).toString(16).padStart(SALT_BYTES * 2, '0'), 'hex')
}

function encode(bytes: Uint8Array): string {
  const count = Math.ceil((bytes.length * 8) / 6)
  let bits = BigInt(`0x${Buffer.from(bytes).toString('hex')}`) << BigInt(count * 6 - bytes.length * 8)
  let text = ''
  for (let index = 0; index < count; index++) {
    text = ALPHABET[Number(bits & 63n)]! + text
    bits >>= 6n
  }
  return text
}
