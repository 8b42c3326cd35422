/**
 * Logarithms and powers rounded correctly, as C's library gives them to Python: those of JavaScript differ in the last digit. Counted in
 * fixed point with integers.
 */

const BITS = 200n
const ONE = 1n << BITS

/** The natural logarithm of a positive, finite number. */
export function exactLog(value: number): number {
  return value === 1 ? 0 : toDouble(fixedLog(value), BITS)
}

/** `base ** exponent`, for a positive, finite base and a finite exponent. */
export function exactPower(base: number, exponent: number): number {
  const rough = base ** exponent
  // Beyond this a double has less digits, or none; a whole result that fits is exact as it is.
  if (rough > 1e300 || rough < 1e-300 || (Number.isSafeInteger(rough) && Number.isInteger(base) && Number.isInteger(exponent))) return rough
  const product = (fixedLog(base) * toFixed(exponent)) >> BITS
  const doublings = product / LN2
  return toDouble(fixedExp(product - doublings * LN2), BITS - doublings)
}

/** A double as an integer times 2^-BITS; exact for what is not too small. */
function toFixed(value: number): bigint {
  const { mantissa, exponent } = parts(value)
  const shift = BigInt(exponent) + BITS
  return shift >= 0n ? mantissa << shift : mantissa >> -shift
}

/** A double as a whole number times a power of two. */
function parts(value: number): { mantissa: bigint; exponent: number } {
  let exponent = 0
  let scaled = value
  while (!Number.isInteger(scaled)) {
    scaled *= 2
    exponent--
  }
  return { mantissa: BigInt(scaled), exponent }
}

function fixedLog(value: number): bigint {
  const { mantissa, exponent } = parts(value)
  // value = fraction * 2^doublings, the fraction from 1 to 2
  const length = BigInt(mantissa.toString(2).length - 1)
  const fraction = length <= BITS ? mantissa << (BITS - length) : mantissa >> (length - BITS)
  return atanhTwice(((fraction - ONE) << BITS) / (fraction + ONE)) + (length + BigInt(exponent)) * LN2
}

/** 2·atanh(z), which is ln((1 + z) / (1 - z)). */
function atanhTwice(z: bigint): bigint {
  const square = (z * z) >> BITS
  let power = z
  let sum = 0n
  for (let n = 1n; power !== 0n; n += 2n) {
    sum += power / n
    power = (power * square) >> BITS
  }
  return 2n * sum
}

const LN2 = atanhTwice(ONE / 3n)

function fixedExp(value: bigint): bigint {
  let term = ONE
  let sum = 0n
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    sum += term
    term = (term * value) >> BITS
    term /= n
  }
  return sum
}

/** The double nearest to `value` / 2^bits, an exact half to the even neighbour. */
function toDouble(value: bigint, bits: bigint): number {
  const size = value < 0n ? -value : value
  const excess = BigInt(size.toString(2).length - 53)
  let rounded = size
  let exponent = -bits
  if (excess > 0n) {
    const rest = size & ((1n << excess) - 1n)
    const half = 1n << (excess - 1n)
    rounded = size >> excess
    if (rest > half || (rest === half && (rounded & 1n) === 1n)) rounded++
    exponent += excess
  }
  const result = Number(rounded) * 2 ** Number(exponent)
  return value < 0n ? -result : result
}
