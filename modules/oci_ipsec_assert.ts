import { cloud, isKnown, orUnknown, param, read, z } from '../runner/module.ts'
import type { Probe, ProbeTree, StateOf } from '../runner/module.ts'
import { prefixParam } from './shared/address.ts'
import { brokenAmong, sentencesOf } from './shared/broken.ts'
import type { Broken } from './shared/broken.ts'
import { accountParams } from './shared/oci/account.ts'
import {
  aliveTunnels,
  connectionProbe,
  knownSecrets,
  placeOf,
  secretProbe,
  tunnelResult,
  TUNNELS_RETURNS,
  tunnelsCall,
  tunnelsProbe,
} from './shared/oci/connection.ts'
import type { ConnectionModel, TunnelIds } from './shared/oci/connection.ts'
import { byNameOrId, listing, live } from './shared/oci/live.ts'

const params = () =>
  z
    .object({
      name: param.nonEmptyString().describe('The name of the IPSec connection in the compartment, or its OCID.'),
      compartment_id: param.nonEmptyString().describe('The OCID of the compartment.'),
      tunnels: param.list(param.nonEmptyString()).default([]).describe('The names of the tunnels to look at. Default: all.'),
      status: z.enum(['up', 'any']).default('any').describe('What each tunnel has to be. With `any`, and nothing else asked for, it is only looked up.'),
      bgp: z.enum(['up', 'any']).default('any').describe("What each tunnel's BGP session has to be."),
      received_prefixes: param.list(prefixParam()).default([]).describe('Prefixes that Oracle has to have learnt over each tunnel; there may be more.'),
      sent_prefixes: param.list(prefixParam()).default([]).describe('Prefixes that Oracle has to advertise over each tunnel; there may be more.'),
      timeout: param.number(0, 86_400).default(0).describe('How long to wait, in seconds. Default: 0, it looks once.'),
      sleep: param.number(0.1, 3600).default(5).describe('How long to wait between two looks, in seconds. Default: 5.'),
      ...accountParams,
    })
    .strict()
type Params = z.output<ReturnType<typeof params>>

// --- what is read ----------------------------------------------------------------------------------------------------------

/** What a tunnel is at the moment; nothing that a task sets. */
interface TunnelLive {
  readonly status: string | null
  readonly bgpState: string | null
}

const liveProbe = (p: Params, ipscId: string | undefined): Probe<Readonly<Record<string, TunnelLive>>> =>
  cloud(
    `live:tunnels/${placeOf(p)}`,
    tunnelsCall(p, ipscId),
    ({ body }) =>
      Object.fromEntries(
        [...aliveTunnels([], ipscId === undefined ? [] : body)].map(([name, { status = null, bgpSessionInfo }]) => [
          name,
          { status, bgpState: bgpSessionInfo?.bgpState ?? null },
        ]),
      ),
    'tunnels',
  )

interface RouteModel {
  readonly prefix?: string | null
}

/** The prefixes that one end of a tunnel advertises to the other. */
const routesProbe = (p: Params, name: string, ids: TunnelIds, advertiser: 'CUSTOMER' | 'ORACLE'): Probe<readonly string[]> =>
  cloud(
    `live:routes/${placeOf(p)}/${name}/${advertiser}`,
    { ...listing(p, 'listIPSecConnectionTunnelRoutes'), request: { ...ids, advertiser } },
    ({ body }) => ((body ?? []) as RouteModel[]).flatMap(({ prefix }) => prefix?.toLowerCase() ?? []).sort(),
    `routes of tunnel ${name}`,
  )

interface ErrorModel {
  readonly errorCode?: string | null
  readonly errorDescription?: string | null
  readonly solution?: string | null
}

/** What Oracle says of why a tunnel is not up; empty where it says nothing. */
const errorProbe = (p: Params, name: string, ids: TunnelIds): Probe<string> =>
  cloud(
    `live:tunnel-error/${placeOf(p)}/${name}`,
    { ...listing(p, 'getIPSecConnectionTunnelError'), request: ids },
    ({ body }) => {
      const { errorCode, errorDescription, solution } = (body ?? {}) as ErrorModel
      return [errorCode, errorDescription, solution].filter((part) => part != null && part !== '').join(': ')
    },
    `error of tunnel ${name}`,
  )

const displayNameProbe = (p: Params) =>
  live('IPSec connection', listing(p, 'listIPSecConnections'), byNameOrId<ConnectionModel>(p.name), ({ displayName = null }) => ({ displayName }), 'name')

type Tree = {
  readonly connection: ReturnType<typeof connectionProbe>
  readonly tunnels: ReturnType<typeof tunnelsProbe>
  readonly live: ReturnType<typeof liveProbe>
  /** Each by the names of the tunnels that are looked at. */
  readonly secrets?: Readonly<Record<string, ReturnType<typeof secretProbe>>>
  readonly received?: Readonly<Record<string, ReturnType<typeof routesProbe>>>
  readonly sent?: Readonly<Record<string, ReturnType<typeof routesProbe>>>
  readonly errors?: Readonly<Record<string, ReturnType<typeof errorProbe>>>
}
type State = StateOf<Tree>

function* probe(given: Params): Generator<ProbeTree, Tree, never> {
  const p = yield* byName(given)
  const connection = connectionProbe(p, byNameOrId(given.name))
  const found: Pick<State, 'connection'> = yield { connection }
  const ipscId = found.connection !== null && isKnown(found.connection, 'id') ? found.connection.id : undefined
  const first = { connection, tunnels: tunnelsProbe(p, [], ipscId), live: liveProbe(p, ipscId) }
  const seen: State = yield first
  const names = namesIn(seen, p)
  const each = <T>(probeOf: (name: string, ids: TunnelIds | undefined) => T | undefined): Record<string, T> =>
    Object.fromEntries(
      names.flatMap((name): [string, T][] => {
        const tunnel = seen.tunnels![name]!
        const made = probeOf(name, ipscId !== undefined && isKnown(tunnel, 'id') ? { ipscId, tunnelId: tunnel.id } : undefined)
        return made === undefined ? [] : [[name, made]]
      }),
    )
  // A tunnel without BGP learns and advertises nothing.
  const routes = (advertiser: 'CUSTOMER' | 'ORACLE') =>
    each((name, ids) => (ids && orUnknown(() => seen.tunnels![name]!.routing) === 'BGP' ? routesProbe(p, name, ids, advertiser) : undefined))
  return {
    ...first,
    secrets: each((name, ids) => secretProbe(p, name, ids)),
    received: routes('CUSTOMER'),
    sent: routes('ORACLE'),
    ...(asserts(p) && {
      errors: each((name, ids) => (ids && isKnown(seen, 'live') && seen.live[name]?.status !== 'UP' ? errorProbe(p, name, ids) : undefined)),
    }),
  }
}

/** The same with the connection's name where its OCID is given: what a dry run predicts of it is known by the name. */
function* byName(p: Params): Generator<ProbeTree, Params, never> {
  if (!p.name.startsWith('ocid1.')) return p
  const { displayName }: { displayName: { displayName: string | null } | null } = yield { displayName: displayNameProbe(p) }
  return { ...p, name: displayName?.displayName ?? p.name }
}

/** The names of the tunnels that are there and looked at. */
function namesIn({ tunnels }: Pick<State, 'tunnels'>, p: Params): string[] {
  const names = Object.keys(tunnels ?? {})
  return p.tunnels.length === 0 ? names : names.filter((name) => p.tunnels.includes(name))
}

const asserts = (p: Params): boolean => p.status === 'up' || p.bgp === 'up' || p.received_prefixes.length > 0 || p.sent_prefixes.length > 0

// --- what has to hold ------------------------------------------------------------------------------------------------------

const CAUSES = ['no_tunnel', 'status', 'no_bgp', 'bgp', 'received_prefixes', 'sent_prefixes'] as const
type Cause = (typeof CAUSES)[number]

const isThere = ({ connection, tunnels }: State): boolean => connection !== null && tunnels !== null

function brokenIn(state: State, p: Params): Record<string, Broken<Cause>> {
  if (!isThere(state)) return {}
  return brokenAmong(p.tunnels.length === 0 ? namesIn(state, p) : p.tunnels, (name) => ofTunnel(name, state, p))
}

function ofTunnel(name: string, state: State, p: Params): Broken<Cause> | undefined {
  const tunnel = state.tunnels![name]
  if (!tunnel) return { problem: `there is no such tunnel; there are ${Object.keys(state.tunnels!).join(', ')}`, cause: 'no_tunnel', evidence: '' }
  if (!asserts(p)) return undefined
  const { status = null, bgpState = null } = state.live[name] ?? {}
  const why = state.errors?.[name] ?? ''
  if (p.status === 'up' && status !== 'UP') return { problem: `its status is ${status ?? 'not told'}, not UP`, cause: 'status', evidence: why }
  if (p.bgp !== 'up' && p.received_prefixes.length === 0 && p.sent_prefixes.length === 0) return undefined
  if (tunnel.routing !== 'BGP') return { problem: `its routing is ${tunnel.routing ?? 'not told'}, without BGP`, cause: 'no_bgp', evidence: '' }
  if (p.bgp === 'up' && bgpState !== 'UP') return { problem: `its BGP session is ${bgpState ?? 'not told'}, not UP`, cause: 'bgp', evidence: why }
  return (
    lackOf(p.received_prefixes, state.received?.[name], 'received_prefixes', 'Oracle has not learnt') ??
    lackOf(p.sent_prefixes, state.sent?.[name], 'sent_prefixes', 'Oracle does not advertise')
  )
}

function lackOf(wanted: readonly string[], there: readonly string[] | undefined, cause: Cause, words: string): Broken<Cause> | undefined {
  const lacks = wanted.filter((prefix) => !(there ?? []).includes(prefix))
  return lacks.length === 0
    ? undefined
    : { problem: `${words} ${lacks.join(', ')}`, cause, evidence: there?.length ? `there are ${there.join(', ')}` : 'there is none' }
}

export default read({
  summary: 'Looks at an IPSec connection of Oracle Cloud, and waits until its tunnels and their BGP sessions are up and exchange prefixes.',
  params,
  examples: [
    { name: 'what the other end needs to know', args: 'name: IPSec-OnPremise-1-SeoulHubVCN\ncompartment_id: ocid1.compartment.oc1..example' },
    {
      name: 'both tunnels are up, and the networks are known on both sides',
      args: `name: IPSec-OnPremise-1-SeoulHubVCN
compartment_id: ocid1.compartment.oc1..example
tunnels: [Tunnel-1, Tunnel-2]
status: up
bgp: up
received_prefixes: 10.0.0.0/16
sent_prefixes: [172.16.0.0/24, 172.16.1.0/24]
timeout: 120`,
    },
  ],
  returns: {
    connection_id: "The connection's OCID, or none.",
    tunnels: `By name, as oci_ipsec has them: ${TUNNELS_RETURNS}. Besides \`status\`, \`bgp_state\`, and with BGP \`received_prefixes\` and \`sent_prefixes\`, as Oracle sees them.`,
    broken: `By name, for each tunnel that is not as it should be: \`problem\`, \`cause\` (${CAUSES.join(', ')}) and \`evidence\`, what Oracle tells of it.`,
  },
  notes: ['Tunnels are found by their display names; one without, or a second one with the same, by its OCID.'],
  secrets: ({ state }) => knownSecrets(state?.secrets),
  probe,
  missing: (state, p) =>
    isThere(state) ? sentencesOf(brokenIn(state, p)) : [`there is no IPSec connection '${p.name}' in the compartment: make it first, with oci_ipsec`],
  wait: ({ timeout, sleep }) => ({ timeoutMs: timeout * 1000, intervalMs: sleep * 1000 }),
  result: ({ state, params: p }) => ({
    connection_id: state.connection && orUnknown(() => state.connection!.id),
    tunnels: Object.fromEntries(
      namesIn(state, p).map((name) => [
        name,
        {
          ...tunnelResult(
            state.tunnels![name],
            orUnknown(() => state.secrets?.[name]),
          ),
          status: orUnknown(() => state.live[name]?.status ?? null),
          bgp_state: orUnknown(() => state.live[name]?.bgpState ?? null),
          // Of a tunnel that is not made yet nothing is read: what is live is unknown then.
          received_prefixes: orUnknown(() => (state.live[name] && state.received?.[name]) ?? null),
          sent_prefixes: orUnknown(() => (state.live[name] && state.sent?.[name]) ?? null),
        },
      ]),
    ),
    broken: orUnknown(() => brokenIn(state, p)),
  }),
})
