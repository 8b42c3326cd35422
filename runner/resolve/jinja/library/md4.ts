/** MD4 (RFC 1320), which Node's OpenSSL leaves out: the hash of Windows passwords is made with it. */

const ROUNDS: readonly {
  readonly mix: (x: number, y: number, z: number) => number
  readonly add: number
  readonly order: readonly number[]
  readonly shifts: readonly number[]
}[] = [
  { mix: (x, y, z) => (x & y) | (~x & z), add: 0, order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], shifts: [3, 7, 11, 19] },
  { mix: (x, y, z) => (x & y) | (x & z) | (y & z), add: 0x5a827999, order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15], shifts: [3, 5, 9, 13] },
  { mix: (x, y, z) => x ^ y ^ z, add: 0x6ed9eba1, order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15], shifts: [3, 9, 11, 15] },
]

/** The digest, in hexadecimal. */
export function md4(text: string): string {
  const bytes = Buffer.from(text, 'utf8')
  const padded = Buffer.alloc((((bytes.length + 8) >> 6) << 6) + 64)
  bytes.copy(padded)
  padded[bytes.length] = 0x80
  padded.writeBigUInt64LE(BigInt(bytes.length) * 8n, padded.length - 8)
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  for (let block = 0; block < padded.length; block += 64) {
    let [a, b, c, d] = state as [number, number, number, number]
    for (const { mix, add, order, shifts } of ROUNDS) {
      for (const [step, word] of order.entries()) {
        const sum = (a + mix(b, c, d) + padded.readUInt32LE(block + word * 4) + add) >>> 0
        const shift = shifts[step % 4]!
        ;[a, b, c, d] = [d, ((sum << shift) | (sum >>> (32 - shift))) >>> 0, b, c]
      }
    }
    for (const [index, word] of [a, b, c, d].entries()) state[index] = (state[index]! + word) >>> 0
  }
  const digest = Buffer.alloc(16)
  state.forEach((word, index) => digest.writeUInt32LE(word, index * 4))
  return digest.toString('hex')
}
