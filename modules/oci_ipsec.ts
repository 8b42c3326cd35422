import { isKnown, KNOWN_AFTER_APPLY, param, state, z } from '../runner/module.ts'
import type { After, ApplySituation, Planned, ProbeTree, Refusal, StateOf, Step, StepReply } from '../runner/module.ts'
import { accountOf, accountParams } from './shared/oci/account.ts'
import { connectionProbe, knownSecrets, listing, secretProbe, tunnelResult, TUNNELS_RETURNS, tunnelsProbe } from './shared/oci/connection.ts'
import { drgProbe } from './shared/oci/drg.ts'
import { byNameOrId, idOf, live, named } from './shared/oci/live.ts'
import type { Live } from './shared/oci/live.ts'
import { tunnelDetails, tunnelParams, wantedTunnel } from './shared/oci/tunnel.ts'
import { ask, update } from './shared/oci/write.ts'

const cpeParams = () =>
  z
    .object({
      name: param.nonEmptyString().describe('The name of the CPE, by which it is found.'),
      ip_address: param.nonEmptyString().describe('Its public address.'),
      vendor: param.nonEmptyString().optional().describe('The vendor of the device, as Oracle lists it: `Libreswan`.'),
      platform: param.nonEmptyString().optional().describe('Its platform or version, as Oracle lists it: `3.18 or later`. Without it the first of the vendor.'),
    })
    .strict()

const params = () =>
  z
    .object({
      name: param.nonEmptyString().describe('The name of the IPSec connection, by which it is found in the compartment.'),
      compartment_id: param.nonEmptyString().describe('The OCID of the compartment.'),
      drg: param.nonEmptyString().describe('The name of the DRG, or its OCID.'),
      cpe: cpeParams().describe("The customer's end, which is made too."),
      static_routes: param.list(param.nonEmptyString()).default([]).describe('Prefixes behind the CPE, for tunnels with STATIC routing.'),
      tunnels: z.array(tunnelParams()).max(2).default([]).describe('The two tunnels. The service makes two in any case.'),
      replace: z
        .enum(['refused', 'allowed'])
        .default('refused')
        .describe(
          'Whether the connection may be made anew where it cannot be changed. The headends get other addresses, and what goes through the tunnels is cut.',
        ),
      state: z.enum(['present', 'absent']).default('present').describe('With `absent` the connection and the CPE go.'),
      ...accountParams,
    })
    .strict()
type Params = z.output<ReturnType<typeof params>>

// --- what is read ----------------------------------------------------------------------------------------------------------

interface CpeModel extends Live {
  readonly ipAddress: string
  readonly cpeDeviceShapeId?: string | null
}

interface ShapeModel extends Live {
  readonly cpeDeviceInfo?: { readonly vendor?: string; readonly platformSoftwareVersion?: string }
}

const cpeProbe = (p: Params) =>
  live('CPE', listing(p, 'listCpes'), named(undefined, p.cpe.name), ({ id, ipAddress, cpeDeviceShapeId = null }: CpeModel) => ({
    id,
    ipAddress,
    cpeDeviceShapeId,
  }))

/** The shape of the CPE's device: what Oracle knows of its vendor and version. */
const shapeProbe = (p: Params) =>
  live(
    'device',
    { ...listing(p, 'listCpeDeviceShapes'), request: {} },
    {
      key: [p.cpe.vendor, p.cpe.platform].filter((part) => part !== undefined).join(' '),
      fits: ({ cpeDeviceInfo: info = {} }: ShapeModel) =>
        info.vendor?.toLowerCase() === p.cpe.vendor?.toLowerCase() && (p.cpe.platform === undefined || info.platformSoftwareVersion === p.cpe.platform),
    },
    ({ id }: Live) => ({ id }),
  )

type Tree = {
  readonly drg: ReturnType<typeof drgProbe>
  readonly shape: ReturnType<typeof shapeProbe>
  readonly cpe: ReturnType<typeof cpeProbe>
  readonly connection: ReturnType<typeof connectionProbe>
  readonly tunnels: ReturnType<typeof tunnelsProbe>
  readonly secrets: Readonly<Record<string, ReturnType<typeof secretProbe>>>
}
type State = StateOf<Tree>

function* probe(p: Params): Generator<ProbeTree, Tree, never> {
  const first = {
    drg: drgProbe(listing(p, 'listDrgs'), byNameOrId(p.drg)),
    cpe: cpeProbe(p),
    connection: connectionProbe(p, named(undefined, p.name)),
    ...(p.cpe.vendor !== undefined && { shape: shapeProbe(p) }),
  }
  const found = (yield first) as unknown as State
  const { connection } = found
  const ipscId = connection !== null && isKnown(connection, 'id') ? connection.id : undefined
  const tunnels = tunnelsProbe(p, p.tunnels, ipscId)
  const seen = ipscId === undefined ? null : ((yield { tunnels }) as unknown as State).tunnels
  const names = new Set([...p.tunnels.map(({ name }) => name), ...Object.keys(seen ?? {})])
  const secrets = Object.fromEntries(
    [...names].map((name) => {
      const tunnelId = seen?.[name]?.id
      return [name, secretProbe(p, name, ipscId !== undefined && tunnelId !== undefined ? { ipscId, tunnelId } : undefined)] as const
    }),
  )
  return { ...first, tunnels, secrets } as unknown as Tree
}

// --- what shall be ---------------------------------------------------------------------------------------------------------

function plan(before: State, p: Params): Planned<State> {
  if (p.state === 'absent') {
    const gone = Object.fromEntries(Object.keys(secretsOf(before)).map((name) => [name, null]))
    return { after: { connection: null, cpe: null, tunnels: null, secrets: gone } }
  }
  const refusals = refusalsOf(before, p)
  if (refusals.length > 0) return { after: {}, refusals }
  const isReplaced = mustReplace(before, p) !== undefined
  const cpe = cpeIsReplaced(before, p) ? null : before.cpe
  const connection = isReplaced ? null : before.connection
  const tunnels = isReplaced ? null : before.tunnels
  const others = Object.entries(tunnels ?? {}).filter(([name]) => !p.tunnels.some((each) => each.name === name))
  const wanted = Object.fromEntries(p.tunnels.map((each) => [each.name, wantedTunnel(each, tunnels?.[each.name])]))
  return {
    after: {
      cpe: {
        id: cpe?.id ?? KNOWN_AFTER_APPLY,
        ipAddress: p.cpe.ip_address,
        cpeDeviceShapeId: p.cpe.vendor === undefined ? (cpe?.cpeDeviceShapeId ?? null) : before.shape!.id,
      },
      connection: {
        id: connection?.id ?? KNOWN_AFTER_APPLY,
        drgId: idOf(before.drg!),
        cpeId: cpe?.id ?? KNOWN_AFTER_APPLY,
        staticRoutes: p.static_routes,
      },
      // Of a new one, what the service adds beside the tunnels that are asked for is not known.
      tunnels: tunnels === null && p.tunnels.length < 2 ? KNOWN_AFTER_APPLY : ({ ...Object.fromEntries(others), ...wanted } as After<State['tunnels']>),
      secrets: Object.fromEntries(
        Object.keys(secretsOf(before)).map((name) => {
          const asked = p.tunnels.find((each) => each.name === name)?.shared_secret
          return [name, asked ?? (tunnels?.[name] ? before.secrets[name]! : KNOWN_AFTER_APPLY)]
        }),
      ),
    },
  }
}

/** A task without tunnels on a connection that is not there reads no secret. */
const secretsOf = (state: Partial<State>): State['secrets'] => state.secrets ?? {}

const cpeIsReplaced = ({ cpe }: State, p: Params): boolean => cpe !== null && cpe.ipAddress !== p.cpe.ip_address

/** Why the connection cannot be changed into what is asked for; undefined where it can, or is not there. */
function mustReplace(before: State, p: Params): string | undefined {
  const { connection, cpe, drg } = before
  if (connection === null) return undefined
  if (cpeIsReplaced(before, p)) return `the CPE '${p.cpe.name}' has the address ${cpe!.ipAddress}, which cannot be changed to ${p.cpe.ip_address}`
  if (cpe?.id !== connection.cpeId) return `it is with another CPE than '${p.cpe.name}'`
  if (drg !== null && idOf(drg) !== connection.drgId) return `it is on another DRG than '${p.drg}'`
  return undefined
}

function refusalsOf(before: State, p: Params): Refusal[] {
  const refusals: Refusal[] = []
  if (before.drg === null) refusals.push({ summary: `there is no DRG '${p.drg}' in the compartment`, hint: 'Make it first, with oci_drg.' })
  if (p.cpe.vendor !== undefined && before.shape === null) {
    refusals.push({
      summary: `Oracle lists no device '${[p.cpe.vendor, p.cpe.platform].filter(Boolean).join(' ')}'`,
      hint: '`oci network cpe-device-shape list` shows those that there are.',
    })
  }
  const why = mustReplace(before, p)
  if (why !== undefined && p.replace === 'refused') {
    const lost = Object.values(before.tunnels ?? {}).flatMap(({ vpnIp }) => vpnIp ?? [])
    refusals.push({
      summary: `the IPSec connection '${p.name}' would have to be made anew: ${why}`,
      detail: `Lost would be the headends ${lost.join(' and ')} with their shared secrets, and what goes through the tunnels until the other end knows the new ones.`,
      hint: 'Say `replace: allowed` where that is meant.',
    })
  }
  return refusals
}

// --- how it gets there -----------------------------------------------------------------------------------------------------

type Situation = ApplySituation<ReturnType<typeof params>, Tree>

function* apply({ params: p, before, differs }: Situation): Generator<Step, void, StepReply> {
  const was = before
  const account = accountOf(p)
  const isReplaced = p.state === 'present' && mustReplace(was, p) !== undefined
  if ((p.state === 'absent' || isReplaced) && was.connection) {
    const { id: ipscId } = was.connection
    yield* ask(account, 'network', 'deleteIPSecConnection', { ipscId })
    yield* ask(account, 'network', 'getIPSecConnection', { ipscId }, { states: ['TERMINATED'], okCodes: ['NotAuthorizedOrNotFound'] })
  }
  if ((p.state === 'absent' || cpeIsReplaced(was, p)) && was.cpe) yield* ask(account, 'network', 'deleteCpe', { cpeId: was.cpe.id })
  if (p.state === 'absent') return
  const cpeId = yield* makeCpe(p, cpeIsReplaced(was, p) ? null : was.cpe, was.shape?.id)
  if (was.connection && !isReplaced) yield* change(p, was, differs)
  else yield* connect(p, was.drg!.id, cpeId)
}

/** Gives the OCID. A CPE has no lifecycle state: it is there at once. */
function* makeCpe(p: Params, cpe: State['cpe'], shapeId: string | undefined): Generator<Step, string, StepReply> {
  const account = accountOf(p)
  const shape = shapeId === undefined ? {} : { cpeDeviceShapeId: shapeId }
  if (cpe === null) {
    const details = { compartmentId: p.compartment_id, displayName: p.cpe.name, ipAddress: p.cpe.ip_address, ...shape }
    return ((yield* ask(account, 'network', 'createCpe', { createCpeDetails: details })).body as Live).id
  }
  if (shapeId !== undefined && cpe.cpeDeviceShapeId !== shapeId) yield* update(account, 'network', 'Cpe', { cpeId: cpe.id }, () => shape)
  return cpe.id
}

function* connect(p: Params, drgId: string, cpeId: string): Generator<Step, void, StepReply> {
  const account = accountOf(p)
  const made = yield* ask(account, 'network', 'createIPSecConnection', {
    createIPSecConnectionDetails: {
      compartmentId: p.compartment_id,
      displayName: p.name,
      drgId,
      cpeId,
      staticRoutes: p.static_routes,
      tunnelConfiguration: p.tunnels.map((each) => ({ ...tunnelDetails(each), ...(each.shared_secret !== undefined && { sharedSecret: each.shared_secret }) })),
    },
  })
  const ipscId = (made.body as Live).id
  yield* ask(account, 'network', 'getIPSecConnection', { ipscId }, { states: ['AVAILABLE'] })
}

function* change(p: Params, was: State, differs: Situation['differs']): Generator<Step, void, StepReply> {
  const account = accountOf(p)
  const ipscId = was.connection!.id
  const changes = (...path: string[]) => differs.some((each) => path.every((key, index) => each.path[index] === key))
  if (changes('connection')) yield* update(account, 'network', 'IPSecConnection', { ipscId }, () => ({ staticRoutes: p.static_routes }))
  for (const each of p.tunnels) {
    const ids = { ipscId, tunnelId: was.tunnels![each.name]!.id }
    if (changes('tunnels', each.name)) yield* update(account, 'network', 'IPSecConnectionTunnel', ids, () => tunnelDetails(each))
    if (changes('secrets', each.name)) yield* update(account, 'network', 'IPSecConnectionTunnelSharedSecret', ids, () => ({ sharedSecret: each.shared_secret }))
  }
}

export default state({
  summary: 'Makes an IPSec connection of Oracle Cloud with its CPE and its two tunnels.',
  params,
  examples: [
    {
      name: 'two tunnels with BGP',
      args: `name: IPSec-OnPremise-1-SeoulHubVCN
compartment_id: ocid1.compartment.oc1..example
drg: DRG-SEOUL-1
cpe: { name: CPE-OnPremise-Libreswan, ip_address: 144.24.84.145, vendor: Libreswan, platform: 3.18 or later }
tunnels:
  - { name: Tunnel-1, ike_version: 1, customer_asn: 65000, customer_interface: 10.10.10.1/30, oracle_interface: 10.10.10.2/30 }
  - { name: Tunnel-2, ike_version: 1, customer_asn: 65000, customer_interface: 10.10.10.5/30, oracle_interface: 10.10.10.6/30 }`,
    },
    {
      name: 'none',
      args: 'name: IPSec-OnPremise-1-SeoulHubVCN\ncompartment_id: ocid1.compartment.oc1..example\ndrg: DRG-SEOUL-1\ncpe: { name: CPE-OnPremise-Libreswan, ip_address: 144.24.84.145 }\nstate: absent',
    },
  ],
  returns: {
    connection_id: "The connection's OCID.",
    cpe_id: "The CPE's OCID.",
    tunnels: `By name: ${TUNNELS_RETURNS}.`,
  },
  notes: ['Everything but the address of the CPE, and which CPE and DRG a connection is with, is changed in place.'],
  secrets: ({ params: p, state: now }) => [...p.tunnels.map((each) => each.shared_secret), ...knownSecrets(now?.secrets)],
  probe,
  plan,
  apply,
  result({ after }) {
    const { connection, cpe, tunnels, secrets } = after as Partial<State>
    const shown = Object.entries(tunnels ?? {}).map(([name, tunnel]) => [name, tunnelResult(tunnel, secrets?.[name])])
    return { connection_id: connection?.id ?? null, cpe_id: cpe?.id ?? null, tunnels: Object.fromEntries(shown) as unknown }
  },
})
