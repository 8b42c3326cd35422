/** The tests of ansible.utils on addresses. */
import { print } from '../../../value/print.ts'
import type { Value } from '../../../value/value.ts'
import { holdsIp, isWithin, LINK_LOCAL, LOOPBACK, maskOf, MULTICAST, networkOf, parseIp, PRIVATE, RESERVED } from '../library/ip.ts'
import type { Ip } from '../library/ip.ts'
import { checkUsable } from '../runtime/iterate.ts'
import { test } from '../runtime/operation.ts'
import type { Test } from '../runtime/operation.ts'

const kind = (name: string, summary: string, holds: (ip: Ip) => boolean): Test =>
  test(name, summary, (input) => {
    const ip = ipOf(input)
    return ip !== undefined && holds(ip)
  })

export const NETWORK_TESTS: readonly Test[] = [
  test('in_any_network(networks)', 'An address that one of some networks holds.', (input, args) => args.list('networks').some((each) => isInside(input, each))),
  test('in_network(network)', 'An address that a network holds.', (input, args) => isInside(input, args.value('network'))),
  test('in_one_network(networks)', 'An address that just one of some networks holds.', (input, args) => args.list('networks').filter((each) => isInside(input, each)).length === 1), // prettier-ignore
  kind('ip', 'An address or a network.', isCanonical),
  kind('ip_address', 'An address.', (ip) => !ip.hasPrefix),
  kind('ipv4', 'An IPv4 address or network.', (ip) => ip.version === 4 && isCanonical(ip)),
  kind('ipv4_address', 'An IPv4 address.', (ip) => ip.version === 4 && !ip.hasPrefix),
  test('ipv4_hostmask', 'An IPv4 host mask.', (input) => isHostMask(input)),
  test('ipv4_netmask', 'An IPv4 netmask.', (input) => isNetmask(input)),
  kind('ipv6', 'An IPv6 address or network.', (ip) => ip.version === 6 && isCanonical(ip)),
  kind('ipv6_address', 'An IPv6 address.', (ip) => ip.version === 6 && !ip.hasPrefix),
  kind('ipv6_ipv4_mapped', 'An IPv6 address that stands for an IPv4 one.', (ip) => ip.version === 6 && !ip.hasPrefix && ip.value >> 32n === 0xffffn),
  kind('ipv6_sixtofour', 'An IPv6 address of 6to4.', (ip) => ip.version === 6 && !ip.hasPrefix && ip.value >> 112n === 0x2002n),
  kind('ipv6_teredo', 'An IPv6 address of Teredo.', (ip) => ip.version === 6 && !ip.hasPrefix && ip.value >> 96n === 0x20010000n),
  kind('link_local', 'A link-local address.', (ip) => isWithin(ip, LINK_LOCAL)),
  kind('loopback', 'A loopback address.', (ip) => isWithin(ip, LOOPBACK)),
  test('mac', 'A MAC address.', (input) => /^(?:[0-9a-f]{2}([:-]?)[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}(?:[.-][0-9a-f]{4}){2})$/i.test(print(input))),
  kind('multicast', 'A multicast address.', (ip) => isWithin(ip, MULTICAST)),
  kind('private', 'A private address.', (ip) => isWithin(ip, PRIVATE) || isWithin(ip, LOOPBACK)),
  kind('public', 'An address that is routed everywhere.', (ip) => ![PRIVATE, LOOPBACK, LINK_LOCAL, MULTICAST, RESERVED].some((networks) => isWithin(ip, networks)) && ip.value !== 0n), // prettier-ignore
  kind('reserved', 'A reserved address.', (ip) => isWithin(ip, RESERVED)),
  test('subnet_of(network)', 'A network within another.', (input, args) => isInside(input, args.value('network'))),
  test('supernet_of(network)', 'A network that holds another.', (input, args) => isInside(args.value('network'), input)),
  kind('unspecified', 'The address that names none.', (ip) => ip.value === 0n),
]

function ipOf(input: Value): Ip | undefined {
  checkUsable(input)
  return parseIp(print(input))
}

/** An address with a prefix has to be its network's. */
function isCanonical(ip: Ip): boolean {
  return !ip.hasPrefix || ip.value === networkOf(ip)
}

function isInside(inner: Value, outer: Value): boolean {
  const [network, ip] = [ipOf(outer), ipOf(inner)]
  return network !== undefined && ip !== undefined && holdsIp(network, ip)
}

function isNetmask(input: Value): boolean {
  const mask = ipOf(input)
  if (mask === undefined || mask.version !== 4 || mask.hasPrefix) return false
  return Array.from({ length: 33 }, (_, prefix) => maskOf({ version: 4, prefix })).includes(mask.value)
}

function isHostMask(input: Value): boolean {
  const mask = ipOf(input)
  if (mask === undefined || mask.version !== 4 || mask.hasPrefix) return false
  return (mask.value & (mask.value + 1n)) === 0n
}
