/** Addresses and prefixes of IPv4, as numbers. */
import { invalid } from './errors.ts'

interface Range {
  readonly first: number
  readonly last: number
}

const numberOf = (address: string): number => address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)

const textOf = (address: number): string => [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join('.')

/** @throws {ServiceError} 400 where it is no prefix, or has bits beyond its length. */
export function rangeOf(cidr: unknown): Range {
  const match = typeof cidr === 'string' ? /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(cidr) : null
  const first = numberOf(match?.[1] ?? '')
  const size = 2 ** (32 - Number(match?.[2]))
  if (!match || Number(match[2]) > 32 || match[1] !== textOf(first) || first % size !== 0) throw invalid(`The requested CIDR ${String(cidr)} is invalid`)
  return { first, last: first + size - 1 }
}

export const overlap = (one: Range, other: Range): boolean => one.first <= other.last && other.first <= one.last

export const contains = (outer: Range, inner: Range): boolean => outer.first <= inner.first && inner.last <= outer.last

export const containsAddress = (range: Range, address: string): boolean => contains(range, rangeOf(`${address}/32`))

/** The first address of a subnet that is free: the service keeps the first two and the last for itself. */
export function freeAddress(subnet: Range, taken: ReadonlySet<unknown>): string {
  for (let address = subnet.first + 2; address < subnet.last; address++) if (!taken.has(textOf(address))) return textOf(address)
  throw invalid('The subnet has no free address')
}
