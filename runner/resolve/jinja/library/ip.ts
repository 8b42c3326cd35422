/** IP addresses and networks as numbers. */

export interface Ip {
  readonly version: 4 | 6
  readonly value: bigint
  readonly prefix: number
  /** Whether the text named a prefix or a netmask. */
  readonly hasPrefix: boolean
}

/** Bits of an address. */
export function widthOf(version: 4 | 6): number {
  return version === 4 ? 32 : 128
}

/** Reads `10.0.0.1`, `10.0.0.1/24`, `10.0.0.1/255.255.255.0` or `2001:db8::1/64`; undefined where it is none. */
export function parseIp(text: string): Ip | undefined {
  const [address = '', prefixText, ...others] = text.split('/')
  if (others.length > 0) return undefined
  const v4 = parseV4(address)
  const value = v4 ?? parseV6(address)
  if (value === undefined) return undefined
  const version = v4 === undefined ? 6 : 4
  const prefix = prefixText === undefined ? widthOf(version) : parsePrefix(prefixText, version)
  return prefix === undefined ? undefined : { version, value, prefix, hasPrefix: prefixText !== undefined }
}

/** The same, and IPv4 addresses of which the last bytes are left out, as netaddr reads them: `10.1/16`. */
export function parseAbbreviatedIp(text: string): Ip | undefined {
  const [address = '', ...prefix] = text.split('/')
  const parts = address.split('.').map((part) => part.trim())
  const isAbbreviated = parts.length <= 4 && parts.every((part) => /^\d+$/.test(part) && Number(part) <= 255)
  return parseIp(isAbbreviated ? [[...parts.map(Number), 0, 0, 0].slice(0, 4).join('.'), ...prefix].join('/') : text)
}

/**
 * What the filters of ansible.utils take for an address: what `parseAbbreviatedIp` reads, and numbers, with a prefix or without, which are
 * IPv4 addresses where they are small enough, unless `version` says otherwise.
 */
export function parseLooseIp(text: string, version?: 4 | 6): Ip | undefined {
  if (DIGITS.test(text)) return numberedIp(BigInt(text), version)
  const found = parseAbbreviatedIp(text)
  if (found !== undefined || !isNumbered(text)) return found
  const [number = '', prefix = ''] = text.split('/')
  const ip = numberedIp(BigInt(number))
  return ip && parseIp(`${formatAddress(ip.value, ip.version)}/${prefix}`)
}

/** Whether an address is written as a number. */
export function isNumbered(text: string): boolean {
  const [address = '', prefix, ...others] = text.split('/')
  return DIGITS.test(address) && (prefix === undefined || (others.length === 0 && DIGITS.test(prefix) && Number(address) > 255))
}

const DIGITS = /^\d{1,39}$/

function numberedIp(value: bigint, given?: 4 | 6): Ip | undefined {
  if (value >= 1n << 128n) return undefined
  const version = given === 6 || value >= 1n << 32n ? 6 : 4
  return { version, value, prefix: widthOf(version), hasPrefix: false }
}

function parseV4(text: string): bigint | undefined {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (found === null) return undefined
  const parts = found.slice(1).map(Number)
  return parts.some((part) => part > 255) ? undefined : parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n)
}

function parseV6(given: string): bigint | undefined {
  let text = given
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (embedded !== null) {
    const v4 = parseV4(embedded[2]!)
    if (v4 === undefined) return undefined
    text = `${embedded[1]!}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`
  }
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const parts = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  if (parts.some((part) => !/^[0-9a-fA-F]{1,4}$/.test(part))) return undefined
  return parts.reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n)
}

function parsePrefix(text: string, version: 4 | 6): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= widthOf(version) ? Number(text) : undefined
  const mask = version === 4 ? parseV4(text) : parseV6(text)
  if (mask === undefined) return undefined
  const width = widthOf(version)
  const bits = mask.toString(2).padStart(width, '0')
  if (/^1*0*$/.test(bits)) return bits.replace(/0+$/, '').length
  return /^0+1+$/.test(bits) ? bits.length - bits.replace(/^0+/, '').length : undefined
}

export function formatAddress(value: bigint, version: 4 | 6): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.')
  // A mapped address shows the IPv4 address that it holds.
  if (value >> 32n === 0xffffn) return `::ffff:${formatAddress(value & 0xffff_ffffn, 4)}`
  // So does one of which the first 96 bits are 0 and the next 16 are not.
  if (value < 1n << 32n && value >> 16n !== 0n) return `::${formatAddress(value, 4)}`
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16))
  let best = { at: -1, length: 1 }
  for (let at = 0; at < 8; at++) {
    let length = 0
    while (groups[at + length] === '0') length++
    if (length > best.length) best = { at, length }
  }
  if (best.at < 0) return groups.join(':')
  return `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.length).join(':')}`
}

export function maskOf({ version, prefix }: Pick<Ip, 'version' | 'prefix'>): bigint {
  const width = widthOf(version)
  return ((1n << BigInt(prefix)) - 1n) << BigInt(width - prefix)
}

export function hostMaskOf(ip: Pick<Ip, 'version' | 'prefix'>): bigint {
  return (1n << BigInt(widthOf(ip.version) - ip.prefix)) - 1n
}

export function networkOf(ip: Ip): bigint {
  return ip.value & maskOf(ip)
}

/** The last address. */
export function lastOf(ip: Ip): bigint {
  return networkOf(ip) | hostMaskOf(ip)
}

export function sizeOf(ip: Ip): bigint {
  return hostMaskOf(ip) + 1n
}

/** The addresses that a host may have: all but the first and the last, unless there are only two; none of a network of one. */
export function usableOf(ip: Ip): { first: bigint; last: bigint } | undefined {
  const size = sizeOf(ip)
  if (size === 1n) return undefined
  if (size === 2n) return { first: networkOf(ip), last: lastOf(ip) }
  return { first: networkOf(ip) + 1n, last: lastOf(ip) - 1n }
}

/** Whether a network holds another one, or an address. */
export function holdsIp(network: Ip, inner: Ip): boolean {
  return network.version === inner.version && networkOf(inner) >= networkOf(network) && lastOf(inner) <= lastOf(network)
}

/** Whether an address is in one of some networks. */
export function isWithin(ip: Ip, networks: readonly string[]): boolean {
  return networks.some((text) => {
    const network = parseIp(text)
    return network !== undefined && network.version === ip.version && ip.value >= networkOf(network) && ip.value <= lastOf(network)
  })
}

/** Whether all bits that are set come first. */
export function isNetmask({ version, value }: Ip): boolean {
  return isHostMask({ value: value ^ ((1n << BigInt(widthOf(version))) - 1n) })
}

/** Whether all bits that are set come last. */
export function isHostMask({ value }: Pick<Ip, 'value'>): boolean {
  return (value & (value + 1n)) === 0n
}

/** Private as netaddr has it, which the filters ask. */
export const PRIVATE = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '239.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
]

/** Whether an address is private as Python's `ipaddress` has it, which the tests ask: all that IANA does not list as reachable everywhere. */
export function isPrivate(ip: Ip): boolean {
  if (ip.version === 6 && ip.value >> 32n === 0xffffn) return isPrivate({ ...ip, version: 4, value: ip.value & 0xffff_ffffn, prefix: 32 })
  return isWithin(ip, NOT_REACHABLE) && !isWithin(ip, REACHABLE)
}

/** Of addresses that carriers share (RFC 6598) neither is true. */
export function isGlobal(ip: Ip): boolean {
  return !isPrivate(ip) && !isWithin(ip, ['100.64.0.0/10'])
}

/** IANA's registries of special purpose addresses: https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry */
const NOT_REACHABLE = ['0.0.0.0/8', '10.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '240.0.0.0/4', '::1/128', '::/128', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '2002::/16', 'fc00::/7', 'fe80::/10'] // prettier-ignore
const REACHABLE = ['192.0.0.9/32', '192.0.0.10/32', '2001:1::1/128', '2001:1::2/128', '2001:3::/32', '2001:4:112::/48', '2001:20::/28', '2001:30::/28'] // prettier-ignore

export const LOOPBACK = ['127.0.0.0/8', '::1/128']
export const LINK_LOCAL = ['169.254.0.0/16', 'fe80::/10']
export const MULTICAST = ['224.0.0.0/4', 'ff00::/8']
export const RESERVED = ['240.0.0.0/4', 'ff00::/12', '::/8', '100::/8', '200::/7', '400::/6', '800::/5', '1000::/4', '4000::/2', '8000::/2', 'c000::/3', 'e000::/4', 'f000::/5', 'f800::/6', 'fe00::/9'] // prettier-ignore

/** The networks that together hold just what some networks hold, as few as can be; what is merged with no other stays as it is. */
export function mergeNetworks(networks: readonly Ip[]): Ip[] {
  const spans = networks
    .map((ip): Span => ({ version: ip.version, first: networkOf(ip), last: lastOf(ip), only: ip }))
    .sort((a, b) => a.version - b.version || (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
  const joined: Span[] = []
  for (const span of spans) {
    const before = joined.at(-1)
    if (before === undefined || before.version !== span.version || span.first > before.last + 1n) {
      joined.push(span)
      continue
    }
    if (span.last > before.last) before.last = span.last
    before.only = undefined
  }
  return joined.flatMap(({ version, first, last, only }) => only ?? networksOfSpan(version, first, last))
}

interface Span {
  readonly version: 4 | 6
  readonly first: bigint
  last: bigint
  /** The one network that it is made of. */
  only: Ip | undefined
}

function networksOfSpan(version: 4 | 6, first: bigint, last: bigint): Ip[] {
  const width = widthOf(version)
  const found: Ip[] = []
  let at = first
  while (at <= last) {
    let bits = 0
    while (bits < width && (at & ((1n << BigInt(bits + 1)) - 1n)) === 0n && at + (1n << BigInt(bits + 1)) - 1n <= last) bits++
    found.push({ version, value: at, prefix: width - bits, hasPrefix: true })
    at += 1n << BigInt(bits)
  }
  return found
}

/** The smallest network that holds them all. */
export function spanOf(networks: readonly Ip[]): Ip {
  const [one] = networks
  let first = networkOf(one!)
  let last = lastOf(one!)
  for (const ip of networks) {
    if (networkOf(ip) < first) first = networkOf(ip)
    if (lastOf(ip) > last) last = lastOf(ip)
  }
  let prefix = widthOf(one!.version)
  while (prefix > 0 && !holdsIp({ ...one!, value: first, prefix }, { ...one!, value: last, prefix: widthOf(one!.version) })) prefix--
  return { ...one!, value: first & maskOf({ version: one!.version, prefix }), prefix, hasPrefix: true }
}
