/** FRR's own JSON about BGP. The forms are those of FRR 7.5 and 8.4, recorded in test/modules/fixtures/frr. */
import { query } from '../../../runner/module.ts'
import type { Probe, QueryReply, Resource } from '../../../runner/module.ts'

/** Why FRR has no answer, in its words: `bgpd is not running`. */
export interface NoAnswer {
  readonly noAnswer: string
}

export interface Peer {
  /** `Established`, `Active`, `Idle`, …; FRR adds a remark in parentheses to some: `Idle (Admin)`. */
  readonly state: string
  readonly remoteAs: number
  /** Prefixes that were accepted, and that were sent. */
  readonly received: number
  readonly sent: number
  /** Since the session came up or went down; undefined where it never was up. */
  readonly sinceSeconds: number | undefined
}

/** What `show bgp neighbors` adds. */
export interface PeerDetail {
  /** Why the session was last ended; undefined where there was none. */
  readonly lastReset: string | undefined
  /** Where RFC 8212 forbids to take, or to send, anything. */
  readonly noInboundPolicy: boolean
  readonly noOutboundPolicy: boolean
}

export interface Where {
  readonly vrf: string | undefined
  readonly afi: 'ipv4' | 'ipv6'
}

export function bgpSummary(where: Where): Probe<Readonly<Record<string, Peer>> | NoAnswer> {
  return show(`live:bgp summary ${placeOf(where)}`, `show bgp${inVrf(where)} ${where.afi} unicast summary json`, (json) => {
    // Asked for all families, FRR puts each under its name.
    const peers = (json['peers'] ?? (json[`${where.afi}Unicast`] as Json | undefined)?.['peers'] ?? {}) as Readonly<Record<string, Json>>
    return Object.fromEntries(Object.entries(peers).map(([address, peer]) => [address, peerOf(peer)]))
  })
}

function peerOf(peer: Json): Peer {
  const seconds = number(peer['peerUptimeMsec']) / 1000
  return {
    state: text(peer['state']),
    remoteAs: number(peer['remoteAs']),
    received: number(peer['pfxRcd'] ?? peer['prefixReceivedCount']),
    sent: number(peer['pfxSnt']),
    sinceSeconds: text(peer['peerUptime']) === 'never' ? undefined : seconds,
  }
}

export function bgpNeighbors(where: Where): Probe<Readonly<Record<string, PeerDetail>> | NoAnswer> {
  return show(`live:bgp neighbors ${placeOf(where)}`, `show bgp${inVrf(where)} neighbors json`, (json) =>
    Object.fromEntries(
      Object.entries(json)
        .filter(([, peer]) => typeof peer === 'object' && peer !== null && 'bgpState' in peer)
        .map(([address, peer]) => [address, detailOf(peer as Json, where)]),
    ),
  )
}

/** FRR gives this reason for a session that was not tried yet. */
const NEVER_TRIED = 'No AFI/SAFI activated for peer'

function detailOf(peer: Json, where: Where): PeerDetail {
  const family = ((peer['addressFamilyInfo'] as Json | undefined)?.[`${where.afi}Unicast`] ?? {}) as Json
  const reset = text(peer['lastResetDueTo'])
  const notification = text(peer['lastNotificationReason'] ?? peer['lastErrorCodeSubcode'])
  return {
    lastReset: reset === '' || reset === NEVER_TRIED ? undefined : notification === '' ? reset : `${reset}: ${notification}`,
    noInboundPolicy: family['inboundEbgpRequiresPolicy'] !== undefined,
    noOutboundPolicy: family['outboundEbgpRequiresPolicy'] !== undefined,
  }
}

/** The prefixes that were accepted from a neighbour. */
export function bgpAccepted(where: Where, address: string): Probe<readonly string[] | NoAnswer> {
  return show(`live:bgp routes ${placeOf(where)} ${address}`, `show bgp${inVrf(where)} ${where.afi} unicast neighbors ${address} routes json`, (json) =>
    Object.keys((json['routes'] ?? {}) as Json),
  )
}

/** The prefixes that were sent to a neighbour. */
export function bgpAdvertised(where: Where, address: string): Probe<readonly string[] | NoAnswer> {
  return show(
    `live:bgp advertised ${placeOf(where)} ${address}`,
    `show bgp${inVrf(where)} ${where.afi} unicast neighbors ${address} advertised-routes json`,
    (json) => Object.keys((json['advertisedRoutes'] ?? {}) as Json),
  )
}

export function hasAnswer<T extends object>(state: T | NoAnswer): state is T {
  return !('noAnswer' in state)
}

type Json = Readonly<Record<string, unknown>>

function show<T>(resource: Resource, command: string, pick: (json: Json) => T): Probe<T | NoAnswer> {
  return query(
    resource,
    ['vtysh', '-c', command],
    (reply) => {
      const json = jsonIn(reply)
      return json === undefined ? { noAnswer: wordsOf(reply, command) } : pick(json)
    },
    { okExitCodes: [0, 1] },
  )
}

/** vtysh says on stdout what is wrong, and some versions put lines of text before the JSON. */
function jsonIn({ exitCode, stdout }: QueryReply): Json | undefined {
  const start = stdout.indexOf('{')
  if (exitCode !== 0 || start === -1) return undefined
  try {
    return JSON.parse(stdout.slice(start)) as Json
  } catch {
    throw new Error('vtysh printed what is no JSON')
  }
}

function wordsOf({ stdout, stderr }: QueryReply, command: string): string {
  return [stdout.trim(), stderr.trim()].filter((part) => part !== '').join('; ') || `nothing at \`${command}\``
}

function placeOf({ vrf, afi }: Where): string {
  return `${vrf ?? 'default'} ${afi}`
}

function inVrf({ vrf }: Where): string {
  return vrf === undefined || vrf === 'default' ? '' : ` vrf ${vrf}`
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
