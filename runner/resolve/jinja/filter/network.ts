/** The filters of ansible.utils on addresses, and on paths into data. */
import { getItem } from '../../../value/equal.ts'
import { print } from '../../../value/print.ts'
import { compilePython } from '../../../value/python-regex.ts'
import { Dict, Tuple } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import {
  formatAddress,
  holdsIp,
  hostMaskOf,
  isHostMask,
  isNetmask,
  isNumbered,
  isWithin,
  lastOf,
  LINK_LOCAL,
  LOOPBACK,
  maskOf,
  mergeNetworks,
  MULTICAST,
  networkOf,
  parseAbbreviatedIp,
  parseLooseIp,
  PRIVATE,
  sizeOf,
  spanOf,
  usableOf,
  widthOf,
} from '../library/ip.ts'
import type { Ip } from '../library/ip.ts'
import { refusingRegex } from '../library/refuse-regex.ts'
import { truth } from '../../../value/truth.ts'
import { refuseValue } from '../runtime/callable.ts'
import { applyTest } from '../runtime/evaluate.ts'
import { checkUsable, itemsOf } from '../runtime/iterate.ts'
import { checkItems } from '../runtime/limits.ts'
import { integer, normalize } from '../runtime/numbers.ts'
import { filter, textInput } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'
import type { Run } from '../runtime/run.ts'
import { typeName } from '../runtime/type.ts'
import { attributeReader } from './sequence.ts'

export const NETWORK_FILTERS: readonly Filter[] = [
  filter("cidr_merge(action='merge')", 'As few networks as hold the same addresses, or the one that spans them.', cidrMerge),
  filter('get_path(path)', 'What stands at a path such as `a.b[0]`.', (input, args) =>
    attributeReader(args.text('path').replace(/\[['"]?([^\]'"]*)['"]?\]/g, '.$1'))(input),
  ),
  filter("hwaddr(query='')", 'A MAC address, checked and rewritten.', (input, args) => hardwareAddress(input, args.text('query'))),
  filter("ip4_hex(delimiter='')", 'An IPv4 address in hexadecimal.', (input, args) => {
    const parts = textInput(input, 'ip4_hex').split('.')
    if (parts.length < 4 || parts.some((part) => !/^\s*\d+\s*$/.test(part))) return refuseValue(`ip4_hex: not an IPv4 address: ${print(input)}`)
    return parts.slice(0, 4).map((part) => Number(part).toString(16).padStart(2, '0')).join(args.text('delimiter')) // prettier-ignore
  }),
  filter("macaddr(query='')", 'A MAC address, checked and rewritten.', (input, args) => hardwareAddress(input, args.text('query'))),
  filter('usable_range', 'The addresses of a network, and how many they are.', (input) => {
    const ip = parseLooseIp(print(input))
    if (ip === undefined || ip.value !== networkOf(ip)) return refuseValue(`usable_range: not a network: ${print(input)}`)
    const count = 2n ** BigInt((ip.version === 4 ? 32 : 128) - ip.prefix)
    checkItems(Number(count))
    const addresses = Array.from({ length: Number(count) }, (_, index) => formatAddress(ip.value + BigInt(index), ip.version))
    return Dict.of({ usable_ips: addresses, number_of_ips: normalize(count) })
  }),
  filter('index_of(test, value=None, key=None)', 'Where in a list items pass a test.', indexOf),
  filter("ipaddr(query='', version=False)", 'An IP address or network, checked, or what a query asks of it.', (input, args) => {
    const version = integer(args.value('version'))
    return addresses(input, args.value('query'), version === 4 ? 4 : version === 6 ? 6 : undefined)
  }),
  filter('ipmath(amount)', 'The address that many further on.', (input, args) => {
    const ip = parseLooseIp(print(input)) ?? refuseValue('You must pass a valid IP address')
    return formatAddress(inRange(ip.value + BigInt(args.whole('amount')), ip.version), ip.version)
  }),
  filter("ipsubnet(query='', index=None)", 'Subnets of a network, or the network of an address.', subnet),
  filter("ipv4(query='')", 'As `ipaddr`, IPv4 only.', (input, args) => addresses(input, args.value('query'), 4)),
  filter("ipv6(query='')", 'As `ipaddr`, IPv6 only.', (input, args) => addresses(input, args.value('query'), 6)),
  filter("ipwrap(query='')", 'IPv6 addresses in brackets, everything else as it is.', (input) => wrap(input)),
  filter("keep_keys(target, matching_parameter='equality')", 'Only the named keys, all the way down.', (input, args) =>
    pickKeys(input, keyMatcher(args), true, 0),
  ),
  filter('network_in_network(test)', 'Whether a network holds another.', (input, args) => {
    const [network, inner] = [parseLooseIp(print(input)), parseLooseIp(args.printed('test'))]
    return network !== undefined && inner !== undefined && holdsIp(network, inner)
  }),
  filter('network_in_usable(test)', 'Whether an address is one that a host of the network may have.', (input, args) => {
    const [network, inner] = [parseLooseIp(print(input)), parseLooseIp(args.printed('test'))]
    if (network === undefined || inner === undefined || network.version !== inner.version) return false
    const usable = usableOf(network)
    return usable !== undefined && networkOf(inner) >= usable.first && lastOf(inner) <= usable.last
  }),
  filter('next_nth_usable(offset)', 'The usable address that many further on.', (input, args) => nearUsable(input, BigInt(args.whole('offset')))),
  filter("nthhost(query='')", 'The nth address of a network.', (input, args) => {
    const ip = parseLooseIp(print(input))
    const index = integer(args.value('query')) ?? Number(args.printed('query'))
    if (ip === undefined || !Number.isInteger(Number(index))) return false
    const found = nthAddress(ip, BigInt(index))
    return found === undefined ? false : formatAddress(found, ip.version)
  }),
  filter('previous_nth_usable(offset)', 'The usable address that many back.', (input, args) => nearUsable(input, -BigInt(args.whole('offset')))),
  filter('reduce_on_network(network)', 'The addresses that a network holds.', (input, args) => {
    const network = parseLooseIp(args.printed('network'))
    return texts(input, 'reduce_on_network').filter((item) => {
      const ip = parseLooseIp(item)
      return network !== undefined && ip !== undefined && holdsIp(network, ip)
    })
  }),
  filter("remove_keys(target, matching_parameter='equality')", 'Without the named keys, all the way down.', (input, args) =>
    pickKeys(input, keyMatcher(args), false, 0),
  ),
  filter("replace_keys(target, matching_parameter='equality')", 'With keys renamed, all the way down.', (input, args) => {
    const rules = args.list('target').filter((rule) => rule instanceof Dict)
    return renameKeys(input, rules, keyComparison(args), 0)
  }),
  filter("slaac(query='')", 'The address that a MAC address gives in a network.', (input, args) => {
    const ip = parseLooseIp(print(input))
    const mac = parseMac(args.printed('query'))
    if (ip === undefined || ip.version !== 6 || mac === undefined) return false
    const flipped = mac ^ 0x0200_0000_0000n
    return formatAddress(inRange(networkOf(ip) + (((flipped >> 24n) << 40n) | 0xff_fe00_0000n | (flipped & 0xff_ffffn)), 6), 6)
  }),
  filter('to_paths(prepend=None, wantlist=False)', 'A dict of all values under their paths.', (input, args) => {
    const paths = new Dict()
    collectPaths(input, args.textOrNull('prepend') ?? '', paths, 0)
    return truth(args.value('wantlist')) ? [paths] : paths
  }),
]

function inRange(value: bigint, version: 4 | 6): bigint {
  if (value < 0n || value >= 1n << BigInt(widthOf(version))) return refuseValue('there is no such IP address')
  return value
}

/** `ipaddr` on what a template gives: text, a number, or a list of these. */
function addresses(input: Value, query: Value, version: 4 | 6 | undefined): Value {
  checkUsable(input)
  const isTaken = typeof input === 'string' || typeof input === 'number' || typeof input === 'bigint' || typeof input === 'boolean' || Array.isArray(input)
  if (!isTaken) return refuseValue(`Unrecognized type ${typeName(input)} for ipaddr filter <value>`)
  return addressesIn(input, query, version)
}

/** Of a list only what passes is left. */
function addressesIn(input: Value, query: Value, version: 4 | 6 | undefined): Value {
  checkUsable(input)
  if (Array.isArray(input) || input instanceof Tuple) {
    return itemsOf(input)
      .map((item) => addressesIn(item, query, version))
      .filter((item) => truth(item))
  }
  return truth(input) && input !== true ? oneAddress(input, query, version) : false
}

function oneAddress(input: Value, query: Value, version: 4 | 6 | undefined): Value {
  const text = print(input)
  const ip = parseLooseIp(text, version)
  if (ip === undefined || (version !== undefined && ip.version !== version)) return false
  const asked = print(query)
  if (asked === '') return ip.hasPrefix ? cidr(ip) : formatAddress(ip.value, ip.version)
  if (/^-?\d+$/.test(asked)) return nthOf(ip, BigInt(asked))
  // A number stands for the address that it is.
  const value = isNumbered(text) ? cidr(ip) : text
  const own = QUERIES.get(asked)
  if (own !== undefined) return own(ip, value)
  const network = parseLooseIp(asked)
  if (network !== undefined) return holdsIp(network, ip.hasPrefix ? ip : { ...ip, prefix: widthOf(ip.version) }) ? value : null
  if (!isFloat(asked)) return refuseValue(`ipaddr: unknown filter type: ${asked}`)
  return sizeOf(ip) > 1n ? false : ip.hasPrefix ? cidr(ip) : formatAddress(ip.value, ip.version)
}

function isFloat(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text))
}

function cidr(ip: Ip, value = ip.value): string {
  return `${formatAddress(value, ip.version)}/${ip.prefix}`
}

function nthAddress(ip: Ip, index: bigint): bigint | undefined {
  const at = index < 0n ? sizeOf(ip) + index : index
  return at >= 0n && at < sizeOf(ip) ? networkOf(ip) + at : undefined
}

function nthOf(ip: Ip, index: bigint): Value {
  if (!ip.hasPrefix) return formatAddress(ip.value, ip.version)
  if (sizeOf(ip) === 1n) return cidr(ip)
  const found = nthAddress(ip, index)
  return found === undefined ? false : cidr(ip, found)
}

/** Whether an address stands for its network rather than for a host of it. */
function isNetworkAddress(ip: Ip): boolean {
  return sizeOf(ip) > 2n && ip.value === networkOf(ip)
}

function hostWithPrefix(ip: Ip): Value {
  return isNetworkAddress(ip) || (sizeOf(ip) > 2n && ip.value === lastOf(ip)) ? false : cidr(ip)
}

function usable(ip: Ip): { first: bigint; last: bigint } | undefined {
  return ip.hasPrefix ? usableOf(ip) : refuseValue('Not a network address')
}

/** A query that tells whether an address is of a kind: the value as it was given, or null. */
function kind(test: (ip: Ip) => boolean): Query {
  return (ip, text) => (test(ip) ? text : null)
}

type Query = (ip: Ip, text: string) => Value

const address = (ip: Ip, value: bigint | undefined): Value => (value === undefined ? null : formatAddress(value, ip.version))
const queryAddress: Query = (ip) => (ip.version === 4 && isNetworkAddress(ip) ? null : address(ip, ip.value))
const queryHost: Query = (ip) => (isNetworkAddress(ip) ? null : cidr(ip))
const queryNetwork: Query = (ip) => address(ip, networkOf(ip))
const queryHostMask: Query = (ip) => address(ip, hostMaskOf(ip))
const queryV4: Query = (ip, text) => {
  if (ip.version === 4) return text
  return ip.value >> 32n === 0xffffn && ip.prefix >= 96 ? `${formatAddress(ip.value & 0xffff_ffffn, 4)}/${ip.prefix - 96}` : false
}
const queryV6: Query = (ip, text) => (ip.version === 6 ? text : `::ffff:${formatAddress(ip.value, 4)}/${ip.prefix + 96}`)
const queryLoopback = kind((ip) => isWithin(ip, LOOPBACK))
const isPublic = (ip: Ip): boolean => ![PRIVATE, LOOPBACK, MULTICAST].some((networks) => isWithin(ip, networks)) && !isNetmask(ip) && !isHostMask(ip)

const QUERIES: ReadonlyMap<string, Query> = new Map<string, Query>([
  ['6to4', sixToFour],
  ['address', queryAddress],
  ['address/prefix', hostWithPrefix],
  ['bool', () => true],
  ['broadcast', (ip) => (sizeOf(ip) > 2n ? address(ip, lastOf(ip)) : null)],
  ['cidr', (ip) => cidr(ip)],
  ['first_usable', (ip) => address(ip, usable(ip)?.first)],
  ['gateway', hostWithPrefix],
  ['gw', hostWithPrefix],
  ['host', queryHost],
  ['host/prefix', hostWithPrefix],
  ['hostmask', queryHostMask],
  ['hostnet', hostWithPrefix],
  ['int', (ip) => (ip.hasPrefix ? `${ip.value}/${ip.prefix}` : normalize(ip.value))],
  ['ip', queryAddress],
  ['ip/prefix', (ip) => (sizeOf(ip) === 1n || isNetworkAddress(ip) ? null : cidr(ip))],
  [
    'ip_netmask',
    (ip) => (sizeOf(ip) === 1n || isNetworkAddress(ip) ? null : `${formatAddress(ip.value, ip.version)} ${formatAddress(maskOf(ip), ip.version)}`),
  ],
  ['ipv4', queryV4],
  ['ipv6', queryV6],
  ['last_usable', (ip) => address(ip, usable(ip)?.last)],
  ['link-local', kind((ip) => isWithin(ip, LINK_LOCAL))],
  ['lo', queryLoopback],
  ['loopback', queryLoopback],
  ['multicast', kind((ip) => isWithin(ip, MULTICAST))],
  ['net', (ip) => (sizeOf(ip) > 1n && ip.value === networkOf(ip) ? cidr(ip) : null)],
  ['netmask', (ip) => address(ip, maskOf(ip))],
  ['network', queryNetwork],
  ['network/prefix', (ip) => cidr(ip, networkOf(ip))],
  ['network_id', queryNetwork],
  ['network_netmask', (ip) => `${formatAddress(networkOf(ip), ip.version)} ${formatAddress(maskOf(ip), ip.version)}`],
  ['network_wildcard', (ip) => `${formatAddress(networkOf(ip), ip.version)} ${formatAddress(hostMaskOf(ip), ip.version)}`],
  ['next_usable', (ip) => address(ip, within(ip, ip.value + 1n))],
  ['peer', (ip) => peer(ip)],
  ['prefix', (ip) => ip.prefix],
  ['previous_usable', (ip) => address(ip, within(ip, ip.value - 1n))],
  ['private', kind((ip) => isWithin(ip, PRIVATE))],
  ['public', kind(isPublic)],
  ['range_usable', (ip) => rangeUsable(ip)],
  ['revdns', (ip) => reverseName(ip)],
  ['router', hostWithPrefix],
  ['size', (ip) => normalize(sizeOf(ip))],
  ['size_usable', (ip) => normalize(sizeOf(ip) === 1n ? 0n : sizeOf(ip) === 2n ? 2n : sizeOf(ip) - 2n)],
  ['subnet', (ip) => cidr(ip, networkOf(ip))],
  ['type', (ip) => (sizeOf(ip) > 1n && ip.value === networkOf(ip) ? 'network' : 'address')],
  ['unicast', kind((ip) => !isWithin(ip, MULTICAST))],
  ['v4', queryV4],
  ['v6', queryV6],
  ['version', (ip) => ip.version],
  ['wildcard', queryHostMask],
  ['wrap', (ip, text) => (ip.version === 4 ? text : `[${formatAddress(ip.value, 6)}]${ip.hasPrefix ? `/${ip.prefix}` : ''}`)],
])

function within(ip: Ip, value: bigint): bigint | undefined {
  const range = usable(ip)
  return range !== undefined && value >= range.first && value <= range.last ? value : undefined
}

function rangeUsable(ip: Ip): Value {
  const range = usable(ip)
  return range === undefined ? null : `${formatAddress(range.first, ip.version)}-${formatAddress(range.last, ip.version)}`
}

function peer(ip: Ip): Value {
  const range = usable(ip)
  if (range === undefined || sizeOf(ip) > 4n) return refuseValue('Not a point-to-point network')
  if (ip.value === range.first) return address(ip, range.last)
  return ip.value === range.last ? address(ip, range.first) : refuseValue('Network address of a point-to-point network')
}

function reverseName(ip: Ip): string {
  if (ip.version === 4) return `${formatAddress(ip.value, 4).split('.').reverse().join('.')}.in-addr.arpa.`
  return `${Array.from(ip.value.toString(16).padStart(32, '0')).reverse().join('.')}.ip6.arpa.`
}

/** The network of 6to4 that an IPv4 address of a host has (RFC 3056), or what is one already. */
function sixToFour(ip: Ip, text: string): Value {
  const isHost = sizeOf(ip) === 1n || ip.value !== networkOf(ip)
  if (ip.version === 6) return (isHost || !ip.hasPrefix) && ip.value >> 112n === 0x2002n ? text : false
  if (!isHost || (!isPublic(ip) && !isWithin(ip, PRIVATE))) return false
  const hex = ip.value.toString(16).padStart(8, '0')
  return `2002:${hex.slice(0, 4)}:${hex.slice(4)}::1/48`
}

function nearUsable(input: Value, offset: bigint): Value {
  const ip = parseLooseIp(print(input))
  if (ip === undefined) return false
  return ip.hasPrefix ? address(ip, within(ip, ip.value + offset)) : null
}

/** IPv6 addresses in brackets, and those of IPv4 as `ipaddr` tells them; of a list each, and there those of IPv4 as they are. */
function wrap(input: Value): Value {
  if (Array.isArray(input)) return input.map((item) => (truth(addressesIn(item, '', undefined)) ? addressesIn(item, 'wrap', undefined) : item))
  if (typeof input === 'boolean') return input
  if (typeof input !== 'string') return refuseValue(`Unrecognized type ${typeName(input)} for ipwrap filter <value>`)
  const found = addressesIn(input, '', undefined)
  return truth(found) ? addressesIn(found, 'wrap', undefined) : input
}

/** What is a list of texts for Ansible: one, or a text, or a single value. */
function texts(input: Value, name: string): string[] {
  if (typeof input === 'string') return input.split(',').map((each) => each.trim())
  if (Array.isArray(input)) return input.map(print)
  if (input instanceof Dict || input instanceof Tuple || input === null) return refuseValue(`${name}: not a list: ${print(input)}`)
  return [print(input)]
}

function cidrMerge(input: Value, args: Args): Value {
  const networks = texts(input, 'cidr_merge').map((each) => parseAbbreviatedIp(each) ?? refuseValue(`cidr_merge: '${each}' is no network`))
  const action = args.text('action')
  if (action === 'merge') return mergeNetworks(networks).map((ip) => cidr(ip))
  if (action !== 'span') return refuseValue(`cidr_merge: invalid action '${action}'`)
  if (networks.length === 0) return null
  return cidr(networks.length === 1 ? networks[0]! : spanOf(networks))
}

function subnet(input: Value, args: Args): Value {
  const ip = parseLooseIp(print(input))
  if (ip === undefined) return false
  const asked = args.printed('query')
  if (asked === '') return cidr(ip, networkOf(ip))
  const index = args.value('index') === null ? undefined : Number(args.printed('index'))
  if (/^\d+$/.test(asked)) return subnetBySize(ip, Number(asked), index)
  const network = parseLooseIp(asked)
  if (network === undefined) return refuseValue(`You must pass a valid subnet or IP address; ${asked} is not valid`)
  const width = BigInt(widthOf(ip.version))
  const [own, outer] = [BigInt(ip.prefix), BigInt(network.prefix)]
  const value = networkOf(ip)
  const isIn = value >> (width - outer) === networkOf(network) >> (width - outer)
  if (!isIn || own < outer) return refuseValue(`${cidr(ip, value)} is not in the subnet ${cidr(network, networkOf(network))}`)
  return print(normalize(((value >> (width - own)) & ((1n << (own - outer)) - 1n)) + 1n))
}

function subnetBySize(ip: Ip, prefix: number, index: number | undefined): Value {
  const width = widthOf(ip.version)
  if (prefix > width) return false
  if (sizeOf(ip) === 1n) {
    // Of an address: the networks that hold it, from the size asked for down to the smallest.
    const at = index === undefined ? prefix : index < 0 ? width + index : prefix + index
    if (at < prefix || at >= width + (index === undefined ? 1 : 0)) return refuseValue(`Requested subnet size of ${prefix} is invalid`)
    const network = { ...ip, prefix: at }
    return cidr(network, networkOf(network))
  }
  if (prefix < ip.prefix) return index === undefined ? refuseValue(`Requested subnet size of ${prefix} is invalid`) : false
  const count = 1n << BigInt(prefix - ip.prefix)
  if (index === undefined) return print(normalize(count))
  const at = index < 0 ? count + BigInt(index) : BigInt(index)
  if (at < 0n || at >= count) return false
  return cidr({ ...ip, prefix }, networkOf(ip) + (at << BigInt(width - prefix)))
}

// ---- hardware addresses ----

function parseMac(text: string): bigint | undefined {
  const digits =
    /^(?:[0-9a-f]{12}|[0-9a-f]{1,2}(?:([:-])[0-9a-f]{1,2})(?:\1[0-9a-f]{1,2}){4}|[0-9a-f]{1,4}(?:([.:-])[0-9a-f]{1,4})(?:\2[0-9a-f]{1,4})|[0-9a-f]{6}-[0-9a-f]{6})$/i.test(
      text,
    )
      ? text
          .split(/[:.-]/)
          .map((part, _, parts) => part.padStart(12 / parts.length, '0'))
          .join('')
      : undefined
  return digits === undefined ? undefined : BigInt(`0x${digits}`)
}

function hardwareAddress(input: Value, query: string): Value {
  checkUsable(input)
  const text = print(input)
  const mac = parseMac(text)
  if (mac === undefined) return query === 'bool' ? null : query === '' ? '' : refuseValue(`hwaddr: not a hardware address: ${text}`)
  const hex = mac.toString(16).padStart(12, '0')
  const groups = (size: number, separator: string): string => hex.match(new RegExp(`.{${size}}`, 'g'))!.join(separator)
  switch (query) {
    case '':
      return text
    case 'bool':
      return true
    case 'bare':
      return hex.toUpperCase()
    case 'cisco':
      return groups(4, '.')
    case 'eui48':
    case 'win':
      return groups(2, '-').toUpperCase()
    case 'int':
      return normalize(mac)
    case 'linux':
      return groups(2, ':')
    case 'pgsql':
    case 'postgresql':
    case 'psql':
      return groups(6, ':')
    case 'unix':
      return groups(2, ':').replace(/(^|:)0(?=.)/g, '$1')
    default:
      return refuseValue(`hwaddr: unknown filter type: ${query}`)
  }
}

// ---- data ----

const MAX_DEPTH = 200

function indexOf(input: Value, args: Args, run: Run): Value {
  const key = args.value('key')
  const items = itemsOf(input)
  const operands = args.has('value') ? [args.value('value')] : []
  const found = items.flatMap((item, index) => {
    const value = key === null ? item : item instanceof Dict ? getItem(item, key) : undefined
    return value !== undefined && applyTest(args.text('test'), value, operands, new Dict(), run) ? [index] : []
  })
  return found.length === 1 ? found[0]! : found
}

function keyMatcher(args: Args): (key: Value) => boolean {
  const given = args.value('target')
  const targets = (typeof given === 'string' ? [given] : itemsOf(given)).map(print)
  const fits = keyComparison(args)
  return (key) => targets.some((target) => fits(print(key), target))
}

/** How the parameter `matching_parameter` compares a key with what is asked for. */
function keyComparison(args: Args): (key: string, target: string) => boolean {
  const how = args.text('matching_parameter')
  const tests: Readonly<Record<string, (key: string, target: string) => boolean>> = {
    equality: (key, target) => key === target,
    starts_with: (key, target) => key.startsWith(target),
    ends_with: (key, target) => key.endsWith(target),
    regex: (key, target) => refusingRegex(() => compilePython(target).matchAt(key) !== null),
  }
  if (!Object.hasOwn(tests, how)) return refuseValue(`matching_parameter must be equality, starts_with, ends_with or regex, not ${how}`)
  return tests[how]!
}

function pickKeys(value: Value, matches: (key: Value) => boolean, keep: boolean, depth: number): Value {
  if (depth > MAX_DEPTH) return refuseValue('a value is nested too deep')
  if (Array.isArray(value)) {
    const items = value.map((item) => pickKeys(item, matches, keep, depth + 1))
    return keep ? items.filter((item) => !(item instanceof Dict && item.size === 0)) : items
  }
  if (!(value instanceof Dict)) return value
  const picked = new Dict()
  for (const [key, item] of value) {
    if (matches(key)) {
      if (keep) picked.set(key, item)
    } else if (keep) {
      const inner = item instanceof Dict || Array.isArray(item) ? pickKeys(item, matches, true, depth + 1) : undefined
      if ((inner instanceof Dict && inner.size > 0) || (Array.isArray(inner) && inner.some((each) => typeof each !== 'string'))) picked.set(key, inner)
    } else picked.set(key, pickKeys(item, matches, false, depth + 1))
  }
  return picked
}

/** One rule after the other; a renamed key comes last. */
function renameKeys(value: Value, rules: readonly Dict[], fits: (key: string, target: string) => boolean, depth: number): Value {
  if (depth > MAX_DEPTH) return refuseValue('a value is nested too deep')
  if (Array.isArray(value)) return value.map((item) => renameKeys(item, rules, fits, depth + 1))
  if (!(value instanceof Dict)) return value
  const renamed = new Dict(value)
  for (const rule of rules) {
    for (const [key, item] of [...renamed]) {
      if (!fits(print(key), print(rule.get('before') ?? ''))) continue
      renamed.delete(key)
      renamed.set(rule.get('after') ?? null, item)
    }
  }
  return new Dict([...renamed].map(([key, item]) => [key, renameKeys(item, rules, fits, depth + 1)]))
}

function collectPaths(value: Value, path: Value, paths: Dict, depth: number): void {
  if (depth > MAX_DEPTH) refuseValue('a value is nested too deep')
  if (value instanceof Dict && value.size > 0) {
    for (const [key, item] of value) {
      if (path === '') {
        collectPaths(item, key, paths, depth + 1)
        continue
      }
      if (typeof key !== 'string' || typeof path !== 'string') return refuseValue('to_paths: keys have to be text')
      collectPaths(item, path + (/^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `['${key}']`), paths, depth + 1)
    }
  } else if (Array.isArray(value) && value.length > 0) {
    value.forEach((item, index) => collectPaths(item, `${print(path)}[${index}]`, paths, depth + 1))
  } else paths.set(path, value)
}
