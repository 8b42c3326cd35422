/** Python's `random.Random`, so that a seed gives what it gives in Ansible: MT19937, seeded as Python seeds it. */
import { createHash } from 'node:crypto'
import type { Integer } from '../runtime/numbers.ts'

const SIZE = 624
const MIDDLE = 397

export class PythonRandom {
  readonly #state = new Uint32Array(SIZE)
  #at = SIZE

  /** @param seed text, or an integer. */
  constructor(seed: string | Integer) {
    this.#seed(seedWords(seed))
  }

  /** An integer from 0 to below `limit`. */
  below(limit: number): number {
    if (limit <= 1) return 0
    const bits = limit.toString(2).length
    for (;;) {
      const drawn = this.bits(bits)
      if (drawn < limit) return drawn
    }
  }

  /** Up to 53 random bits. */
  bits(count: number): number {
    if (count <= 32) return this.#next() >>> (32 - count)
    const low = this.#next()
    return (this.#next() >>> (64 - count)) * 2 ** 32 + low
  }

  /** A float from 0 to below 1. */
  fraction(): number {
    const high = this.#next() >>> 5
    const low = this.#next() >>> 6
    return (high * 67_108_864 + low) / 9_007_199_254_740_992
  }

  #seed(key: readonly number[]): void {
    const state = this.#state
    state[0] = 19_650_218
    for (let index = 1; index < SIZE; index++) state[index] = Math.imul(1_812_433_253, mixed(state[index - 1]!)) + index
    let at = 1
    let used = 0
    const step = (): void => {
      if (++at >= SIZE) {
        state[0] = state[SIZE - 1]!
        at = 1
      }
    }
    for (let count = Math.max(SIZE, key.length); count > 0; count--) {
      state[at] = (state[at]! ^ Math.imul(mixed(state[at - 1]!), 1_664_525)) + key[used]! + used
      step()
      used = (used + 1) % key.length
    }
    for (let count = SIZE - 1; count > 0; count--) {
      state[at] = (state[at]! ^ Math.imul(mixed(state[at - 1]!), 1_566_083_941)) - at
      step()
    }
    state[0] = 0x8000_0000
  }

  #next(): number {
    if (this.#at >= SIZE) this.#twist()
    let word = this.#state[this.#at++]!
    word ^= word >>> 11
    word ^= (word << 7) & 0x9d2c_5680
    word ^= (word << 15) & 0xefc6_0000
    word ^= word >>> 18
    return word >>> 0
  }

  #twist(): void {
    const state = this.#state
    for (let index = 0; index < SIZE; index++) {
      const word = (state[index]! & 0x8000_0000) | (state[(index + 1) % SIZE]! & 0x7fff_ffff)
      state[index] = state[(index + MIDDLE) % SIZE]! ^ (word >>> 1) ^ (word & 1 ? 0x9908_b0df : 0)
    }
    this.#at = 0
  }
}

function mixed(word: number): number {
  return word ^ (word >>> 30)
}

/** The seed as 32-bit words, the lowest first. Text is itself and its SHA-512 digest, read as one number. */
function seedWords(seed: string | Integer): number[] {
  let number: bigint
  if (typeof seed === 'string') {
    const text = Buffer.from(seed, 'utf8')
    number = BigInt(`0x${Buffer.concat([text, createHash('sha512').update(text).digest()]).toString('hex')}`)
  } else number = BigInt(seed) < 0n ? -BigInt(seed) : BigInt(seed)
  const words: number[] = []
  for (; number > 0n; number >>= 32n) words.push(Number(number & 0xffff_ffffn))
  return words.length === 0 ? [0] : words
}
