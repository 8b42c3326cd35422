import { param, query, read, z } from '../runner/module.ts'
import type { Probe, StateOf } from '../runner/module.ts'
import { ADDRESS, prefixParam } from './shared/address.ts'
import { bgpAccepted, bgpAdvertised, bgpNeighbors, bgpSummary, hasAnswer } from './shared/frr/bgp.ts'
import type { NoAnswer, Peer, PeerDetail, Where } from './shared/frr/bgp.ts'

const address = () =>
  param
    .nonEmptyString()
    .refine((text) => ADDRESS.test(text), 'not an address')
    .transform((text) => text.toLowerCase())

const prefixes = (what: string) =>
  z
    .object({
      at_least: param.int(0).optional().describe(`At least so many prefixes are ${what}.`),
      exactly: param.int(0).optional().describe(`Just so many prefixes are ${what}.`),
      prefixes: param.list(prefixParam()).optional().describe(`Just these prefixes are ${what}.`),
    })
    .strict()
    .optional()
    .describe(`The prefixes that are ${what}.`)

const params = () =>
  z
    .object({
      neighbors: z
        .array(
          z
            .object({
              address: address().describe("The neighbour's address, as in FRR's configuration."),
              state: z
                .enum(['Established', 'Active', 'Connect', 'Idle', 'OpenSent', 'OpenConfirm'])
                .default('Established')
                .describe('The state of the session.'),
              remote_as: param.int(1, 4_294_967_295).optional().describe("The neighbour's autonomous system."),
              received: prefixes('received and accepted'),
              sent: prefixes('sent'),
              up_for_seconds: param.int(0).default(0).describe('For how many seconds at least the session has been up.'),
            })
            .strict(),
        )
        .min(1)
        .describe('The neighbours, and what has to hold of each.'),
      vrf: param
        .nonEmptyString()
        .refine((text) => /^[\w.-]+$/.test(text), 'not the name of a VRF')
        .optional()
        .describe('The VRF. Default: the default one.'),
      afi: z.enum(['ipv4', 'ipv6']).default('ipv4').describe('The address family whose unicast prefixes are meant.'),
      timeout: param.number(0, 86_400).default(60).describe('Seconds after which it fails where it does not hold.'),
      interval: param.number(0.1, 3_600).default(1).describe('Seconds between two looks.'),
    })
    .strict()
type Params = z.output<ReturnType<typeof params>>
type Wish = Params['neighbors'][number]

type Tree = {
  readonly summary: Probe<Readonly<Record<string, Peer>> | NoAnswer>
  readonly details: Probe<Readonly<Record<string, PeerDetail>> | NoAnswer>
  /** Prefixes by neighbour, where they are asked for. */
  readonly received?: Readonly<Record<string, Probe<readonly string[] | NoAnswer>>>
  readonly sent?: Readonly<Record<string, Probe<readonly string[] | NoAnswer>>>
}
type State = StateOf<Tree>

function probe(p: Params): Tree {
  const where: Where = { vrf: p.vrf, afi: p.afi }
  const asked = (key: 'received' | 'sent') => p.neighbors.filter((wish) => wish[key]?.prefixes !== undefined).map((wish) => wish.address)
  return {
    summary: bgpSummary(where),
    details: bgpNeighbors(where),
    received: Object.fromEntries(asked('received').map((each) => [each, bgpAccepted(where, each)])),
    sent: Object.fromEntries(asked('sent').map((each) => [each, bgpAdvertised(where, each)])),
  }
}

/** Why a neighbour is not as it should be. */
const CAUSES = ['no_frr', 'no_neighbor', 'asn', 'state', 'up_time', 'policy', 'prefixes'] as const

interface Fault {
  readonly cause: (typeof CAUSES)[number]
  readonly sentence: string
}

/** What does not hold, by the address of the neighbour. */
function faults(state: State, p: Params): ReadonlyMap<string, readonly Fault[]> {
  const each = (fault: (address: string) => readonly Fault[]) => new Map(p.neighbors.map(({ address }) => [address, fault(address)]))
  if (!hasAnswer(state.summary)) {
    const sentence = `FRR does not answer: ${state.summary.noAnswer}`
    return each(() => [{ cause: 'no_frr', sentence }])
  }
  const peers = state.summary
  if (Object.keys(peers).length === 0) {
    const sentence = `FRR has no BGP neighbour${p.vrf === undefined ? '' : ` in the VRF ${p.vrf}`}`
    return each(() => [{ cause: 'no_neighbor', sentence }])
  }
  return new Map(
    p.neighbors.map((wish) => {
      const peer = peers[wish.address]
      const detail = hasAnswer(state.details) ? state.details[wish.address] : undefined
      const found: Fault[] =
        peer === undefined
          ? [{ cause: 'no_neighbor', sentence: `no such neighbour; FRR has ${Object.keys(peers).join(', ')}` }]
          : ofNeighbour(wish, peer, detail, state)
      return [wish.address, found.map(({ cause, sentence }) => ({ cause, sentence: `${wish.address}: ${sentence}` }))]
    }),
  )
}

/** A sentence for each thing that does not hold; what is said of FRR as a whole, once. */
function missing(state: State, p: Params): readonly string[] {
  return [...new Set([...faults(state, p).values()].flat().map(({ sentence }) => sentence))]
}

function ofNeighbour(wish: Wish, peer: Peer, detail: PeerDetail | undefined, state: State): Fault[] {
  const remote: Fault[] =
    wish.remote_as !== undefined && peer.remoteAs !== wish.remote_as
      ? [{ cause: 'asn', sentence: `its autonomous system is ${peer.remoteAs}, not ${wish.remote_as}` }]
      : []
  if (peer.state !== wish.state) {
    // RFC 4271, 6.2: the error that an OPEN message with another autonomous system than configured is answered with.
    const cause = /Bad Peer AS/i.test(detail?.lastReset ?? '') ? 'asn' : 'state'
    return [...remote, { cause, sentence: stateSentence(wish, peer, detail) }]
  }
  if (wish.state !== 'Established') return remote
  return [
    ...remote,
    ...(peer.sinceSeconds === undefined || peer.sinceSeconds < wish.up_for_seconds
      ? [{ cause: 'up_time', sentence: `${sinceWords(peer)}, not yet for ${wish.up_for_seconds} s` } as const]
      : []),
    ...prefixFaults(wish.received, 'received', peer.received, state.received?.[wish.address], detail?.noInboundPolicy ?? false),
    ...prefixFaults(wish.sent, 'sent', peer.sent, state.sent?.[wish.address], detail?.noOutboundPolicy ?? false),
  ]
}

/** `Active since 12 s, not Established (last reset: Hold Timer Expired)`. */
function stateSentence(wish: Wish, peer: Peer, detail: PeerDetail | undefined): string {
  const since =
    peer.sinceSeconds === undefined
      ? wish.state === 'Established'
        ? ', was never Established'
        : ''
      : ` since ${Math.round(peer.sinceSeconds)} s, not ${wish.state}`
  const why = detail?.lastReset === undefined ? '' : ` (last reset: ${detail.lastReset})`
  return `${peer.state}${since === '' ? `, not ${wish.state}` : since}${why}`
}

function sinceWords(peer: Peer): string {
  return peer.sinceSeconds === undefined ? peer.state : `${peer.state} since ${Math.round(peer.sinceSeconds)} s`
}

function prefixFaults(
  wish: Wish['received'],
  verb: 'received' | 'sent',
  count: number,
  found: readonly string[] | NoAnswer | undefined,
  noPolicy: boolean,
): Fault[] {
  if (wish === undefined) return []
  const there = found !== undefined && hasAnswer(found) ? found : []
  const list = there.length === 0 || there.length > 20 ? '' : ` (${there.join(', ')})`
  const has = `${verb} ${count} ${count === 1 ? 'prefix' : 'prefixes'}${list}`
  const lacks = (wish.prefixes ?? []).filter((each) => !there.includes(each))
  const foreign = wish.prefixes === undefined ? [] : there.filter((each) => !wish.prefixes!.includes(each))
  const wrong = [
    ...(wish.at_least !== undefined && count < wish.at_least ? [`wanted at least ${wish.at_least}`] : []),
    ...(wish.exactly !== undefined && count !== wish.exactly ? [`wanted ${wish.exactly}`] : []),
    ...(lacks.length > 0 ? [`missing ${lacks.join(', ')}`] : []),
    ...(foreign.length > 0 ? [`not expected ${foreign.join(', ')}`] : []),
  ]
  if (wrong.length === 0) return []
  if (count === 0 && noPolicy)
    return [{ cause: 'policy', sentence: `Established, but no prefix is ${verb === 'received' ? 'accepted' : 'sent'}: ${policySentence(verb)}` }]
  return [{ cause: 'prefixes', sentence: `${has}, ${wrong.join(', ')}` }]
}

function policySentence(verb: 'received' | 'sent'): string {
  const [side, direction] = verb === 'received' ? ['inbound', 'in'] : ['outbound', 'out']
  return `it has no ${side} policy (RFC 8212, \`(Policy)\`); give it a \`route-map … ${direction}\`, or set \`no bgp ebgp-requires-policy\``
}

export default read({
  summary: "Waits until FRR's BGP neighbours are as they should be: established, with the prefixes that they should send and get.",
  params,
  aliases: { neighbors: ['neighbours'] },
  examples: [
    {
      name: 'Both tunnels carry BGP',
      args: 'neighbors:\n  - address: 10.10.10.2\n    remote_as: 31898\n    received: { at_least: 1 }\n  - address: 10.10.10.6\n    remote_as: 31898\n    received: { at_least: 1 }',
    },
    {
      name: 'Just the prefixes that were agreed',
      args: 'timeout: 120\nneighbors:\n  - address: 10.10.10.2\n    received: { prefixes: [172.16.0.0/24, 172.16.1.0/24] }\n    sent: { prefixes: [10.0.0.0/16] }\n    up_for_seconds: 10',
    },
  ],
  returns: {
    neighbors: 'by address: `state`, `remote_as`, `received` and `sent` (numbers of prefixes), `up_for_seconds`',
    broken: `by address, for each neighbour that is not as it should be: \`problem\`, and \`cause\` of the first thing (${CAUSES.join(', ')})`,
  },
  notes: [
    'Established is not enough: a neighbour without a policy is established and exchanges nothing (RFC 8212). Name `received`.',
    'Received prefixes are those that were accepted.',
  ],
  probe,
  missing,
  wait: (p) => ({ timeoutMs: p.timeout * 1000, intervalMs: p.interval * 1000 }),
  evidence: (p) => [
    query(
      'live:bgp summary as text',
      ['vtysh', '-c', `show bgp${p.vrf === undefined ? '' : ` vrf ${p.vrf}`} ${p.afi} unicast summary`],
      ({ stdout, stderr }) => `${stdout}${stderr}`.trim(),
      {
        label: 'show bgp summary',
        okExitCodes: [0, 1],
      },
    ),
  ],
  result: ({ state, params: p }) => {
    const peers = hasAnswer(state.summary) ? state.summary : {}
    return {
      neighbors: Object.fromEntries(
        p.neighbors.flatMap((wish) => {
          const peer = peers[wish.address]
          if (peer === undefined) return []
          const up = peer.state === 'Established' ? Math.round(peer.sinceSeconds ?? 0) : 0
          return [[wish.address, { state: peer.state, remote_as: peer.remoteAs, received: peer.received, sent: peer.sent, up_for_seconds: up }]]
        }),
      ),
      broken: Object.fromEntries(
        [...faults(state, p)].flatMap(([address, found]) => {
          const [first] = found
          const problem = found.map(({ sentence }) => sentence.replace(`${address}: `, '')).join('; ')
          return first === undefined ? [] : [[address, { problem, cause: first.cause, evidence: '' }]]
        }),
      ),
    }
  },
})
