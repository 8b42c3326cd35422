/** The tests of ansible.utils on addresses. */
import { print } from '../../../value/print.ts'
import type { Value } from '../../../value/value.ts'
import { holdsIp, hostMaskOf, isGlobal, isPrivate, isWithin, LOOPBACK, maskOf, MULTICAST, networkOf, parseIp, RESERVED } from '../library/ip.ts'
import type { Ip } from '../library/ip.ts'
import { checkUsable } from '../runtime/iterate.ts'
import { test } from '../runtime/operation.ts'
import type { Test } from '../runtime/operation.ts'

const kind = (name: string, summary: string, holds: (ip: Ip) => boolean): Test =>
  test(name, summary, (input) => {
    const ip = ipOf(input)
    return ip !== undefined && holds(ip)
  })

/** What has a prefix is none. */
const oneAddress = (name: string, summary: string, holds: (ip: Ip) => boolean): Test => kind(name, summary, (ip) => !ip.hasPrefix && holds(ip))

export const NETWORK_TESTS: readonly Test[] = [
  test('in_any_network(networks)', 'An address that one of some networks holds.', (input, args) => args.list('networks').some((each) => isInside(input, each))),
  test('in_network(network)', 'An address that a network holds.', (input, args) => isInside(input, args.value('network'))),
  test('in_one_network(networks)', 'An address that just one of some networks holds.', (input, args) => args.list('networks').filter((each) => isInside(input, each)).length === 1), // prettier-ignore
  kind('ip', 'An address or a network.', isCanonical),
  oneAddress('ip_address', 'An address.', () => true),
  kind('ipv4', 'An IPv4 address or network.', (ip) => ip.version === 4 && isCanonical(ip)),
  oneAddress('ipv4_address', 'An IPv4 address.', (ip) => ip.version === 4),
  test('ipv4_hostmask', 'An IPv4 host mask.', (input) => isHostMask(input)),
  test('ipv4_netmask', 'An IPv4 netmask.', (input) => isNetmask(input)),
  kind('ipv6', 'An IPv6 address or network.', (ip) => ip.version === 6 && isCanonical(ip)),
  oneAddress('ipv6_address', 'An IPv6 address.', (ip) => ip.version === 6),
  oneAddress('ipv6_ipv4_mapped', 'An IPv6 address that stands for an IPv4 one.', (ip) => ip.version === 6 && ip.value >> 32n === 0xffffn),
  oneAddress('ipv6_sixtofour', 'An IPv6 address of 6to4.', (ip) => ip.version === 6 && ip.value >> 112n === 0x2002n),
  oneAddress('ipv6_teredo', 'An IPv6 address of Teredo.', (ip) => ip.version === 6 && ip.value >> 96n === 0x20010000n),
  oneAddress('loopback', 'A loopback address.', (ip) => isWithin(ip, LOOPBACK)),
  test('mac', 'A MAC address.', (input) => /^(?:[0-9a-f]{2}([:-]?)[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}(?:[.-][0-9a-f]{4}){2})$/i.test(print(input))),
  oneAddress('multicast', 'A multicast address.', (ip) => isWithin(ip, MULTICAST)),
  oneAddress('private', 'A private address.', isPrivate),
  oneAddress('public', 'An address that is routed everywhere.', isGlobal),
  oneAddress('reserved', 'A reserved address.', (ip) => isWithin(ip, RESERVED)),
  test('subnet_of(network)', 'A network within another.', (input, args) => isInside(input, args.value('network'))),
  test('supernet_of(network)', 'A network that holds another.', (input, args) => isInside(args.value('network'), input)),
  oneAddress('unspecified', 'The address that names none.', (ip) => ip.value === 0n),
]

function ipOf(input: Value): Ip | undefined {
  checkUsable(input)
  return parseIp(print(input))
}

/** An address with a prefix has to be its network's. */
function isCanonical(ip: Ip): boolean {
  return !ip.hasPrefix || ip.value === networkOf(ip)
}

/** Whether one network holds another. An address with a prefix that is not its network's is no network at all. */
function isInside(inner: Value, outer: Value): boolean {
  const [network, ip] = [ipOf(outer), ipOf(inner)]
  return network !== undefined && ip !== undefined && isCanonical(network) && isCanonical(ip) && holdsIp(network, ip)
}

/** As in Ansible, a mask is one with which `10.0.0.0` is a network. */
const MASKS = Array.from({ length: 33 }, (_, prefix) => ({ version: 4, prefix }) as const).filter(
  (mask) => (parseIp('10.0.0.0')!.value & hostMaskOf(mask)) === 0n,
)

function isNetmask(input: Value): boolean {
  return isMask(input, MASKS.map(maskOf))
}

function isHostMask(input: Value): boolean {
  return isMask(
    input,
    MASKS.map(hostMaskOf).filter((mask) => mask !== 0n),
  )
}

function isMask(input: Value, masks: readonly bigint[]): boolean {
  const mask = ipOf(input)
  return mask?.version === 4 && !mask.hasPrefix && masks.includes(mask.value)
}
