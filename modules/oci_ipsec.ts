import { isKnown, KNOWN_AFTER_APPLY, param, state, z } from '../runner/module.ts'
import type { After, ApplySituation, Planned, ProbeTree, Refusal, StateOf, Step, StepReply } from '../runner/module.ts'
import { accountOf, accountParams } from './shared/oci/account.ts'
import { connectionProbe, knownSecrets, secretProbe, tunnelResult, TUNNELS_RETURNS, tunnelsProbe } from './shared/oci/connection.ts'
import { drgProbe, noDrg } from './shared/oci/drg.ts'
import { byNameOrId, idOf, listing, live, named } from './shared/oci/live.ts'
import type { Live } from './shared/oci/live.ts'
import { sorted, tunnelDetails, tunnelParams, wantedTunnel } from './shared/oci/tunnel.ts'
import type { TunnelModel } from './shared/oci/tunnel.ts'
import { ask, comesTo, LAGS_MS, remove, update, waitParams } from './shared/oci/write.ts'

const cpeParams = () =>
  z
    .object({
      name: param.nonEmptyString().describe('The name of the CPE, by which it is found.'),
      cpe_id: param.nonEmptyString().optional().describe('Its OCID, where the name is not to be relied on; `name` is then what it shall be called.'),
      ip_address: param.nonEmptyString().describe('Its public address.'),
      vendor: param.nonEmptyString().optional().describe('The vendor of the device, as Oracle lists it: `Libreswan`.'),
      platform: param.nonEmptyString().optional().describe('Its platform or version, as Oracle lists it: `3.18 or later`. Without it any of the vendor.'),
      local_identifier: z
        .object({
          type: z.enum(['IP_ADDRESS', 'HOSTNAME']).default('IP_ADDRESS').describe('What `value` is.'),
          value: param.nonEmptyString().describe('The identity.'),
        })
        .strict()
        .optional()
        .describe('What it says it is (its IKE identity), where that is not its address. Behind NAT that is often its private one.'),
    })
    .strict()

const params = () =>
  z
    .object({
      name: param.nonEmptyString().describe('The name of the IPSec connection, by which it is found in the compartment.'),
      connection_id: param.nonEmptyString().optional().describe('Its OCID, where the name is not to be relied on; `name` is then what it shall be called.'),
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
      ...waitParams,
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
  readonly cpeDeviceInfo?: { readonly vendor?: string; readonly platformSoftwareVersion?: string } | null
}

const cpeProbe = (p: Params) =>
  live('CPE', listing(p, 'listCpes'), named(p.cpe.cpe_id, p.cpe.name), ({ id, displayName, ipAddress, cpeDeviceShapeId }: CpeModel) => ({
    id,
    displayName: displayName ?? null,
    ipAddress,
    cpeDeviceShapeId: cpeDeviceShapeId ?? null,
  }))

/** The shape of the CPE's device: what Oracle knows of its vendor and version. */
const shapeProbe = (p: Params) =>
  live(
    'device',
    { ...listing(p, 'listCpeDeviceShapes'), request: {} },
    {
      key: deviceOf(p),
      any: true,
      fits: ({ cpeDeviceInfo: info }: ShapeModel) =>
        info?.vendor?.toLowerCase() === p.cpe.vendor?.toLowerCase() && (p.cpe.platform === undefined || info?.platformSoftwareVersion === p.cpe.platform),
    },
    ({ id }: Live) => ({ id }),
  )

const deviceOf = ({ cpe }: Params): string => [cpe.vendor, cpe.platform].filter((part) => part !== undefined).join(' ')

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
    connection: connectionProbe(p, named(p.connection_id, p.name)),
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
        displayName: p.cpe.name,
        ipAddress: p.cpe.ip_address,
        cpeDeviceShapeId: p.cpe.vendor === undefined ? (cpe?.cpeDeviceShapeId ?? null) : before.shape!.id,
      },
      connection: {
        id: connection?.id ?? KNOWN_AFTER_APPLY,
        displayName: p.name,
        drgId: idOf(before.drg!),
        cpeId: cpe?.id ?? KNOWN_AFTER_APPLY,
        staticRoutes: sorted(p.static_routes),
        cpeLocalIdentifier: p.cpe.local_identifier?.value ?? (connection ? connection.cpeLocalIdentifier : KNOWN_AFTER_APPLY),
        cpeLocalIdentifierType: p.cpe.local_identifier?.type ?? (connection ? connection.cpeLocalIdentifierType : KNOWN_AFTER_APPLY),
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
  if (before.drg === null) refusals.push(noDrg(p.drg))
  for (const [kind, id, found] of [
    ['CPE', p.cpe.cpe_id, before.cpe],
    ['IPSec connection', p.connection_id, before.connection],
  ] as const)
    if (id !== undefined && found === null) refusals.push({ summary: `there is no ${kind} ${id} in the compartment`, hint: 'Correct its OCID, or the region.' })
  if (p.cpe.vendor !== undefined && before.shape === null) {
    refusals.push({
      summary: `Oracle lists no device '${deviceOf(p)}'`,
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

function* apply({ params: p, before: was, differs }: Situation): Generator<Step, void, StepReply> {
  const isReplaced = p.state === 'present' && mustReplace(was, p) !== undefined
  if ((p.state === 'absent' || isReplaced) && was.connection) yield* remove(p, 'IPSecConnection', { ipscId: was.connection.id }, 'TERMINATED')
  if ((p.state === 'absent' || cpeIsReplaced(was, p)) && was.cpe) yield* remove(p, 'Cpe', { cpeId: was.cpe.id })
  if (p.state === 'absent') return
  const cpeId = yield* makeCpe(p, cpeIsReplaced(was, p) ? null : was.cpe, was.shape?.id)
  if (was.connection && !isReplaced) yield* change(p, was, differs)
  else yield* connect(p, was.drg!.id, cpeId)
}

/** Gives the OCID. A CPE has no lifecycle state: it is there at once. */
function* makeCpe(p: Params, cpe: State['cpe'], shapeId: string | undefined): Generator<Step, string, StepReply> {
  const account = accountOf(p)
  const details = { displayName: p.cpe.name, ...(shapeId !== undefined && { cpeDeviceShapeId: shapeId }) }
  if (cpe === null) {
    const createCpeDetails = { ...details, compartmentId: p.compartment_id, ipAddress: p.cpe.ip_address }
    return ((yield* ask(account, 'network', 'createCpe', { createCpeDetails })).body as Live).id
  }
  if (cpe.displayName !== p.cpe.name || (shapeId !== undefined && cpe.cpeDeviceShapeId !== shapeId))
    yield* update(account, 'network', 'Cpe', { cpeId: cpe.id }, () => details)
  return cpe.id
}

/** What a connection takes when it is made as well as later. */
const connectionDetails = ({ name, static_routes: staticRoutes, cpe: { local_identifier: identity } }: Params) => ({
  displayName: name,
  staticRoutes,
  ...(identity && { cpeLocalIdentifier: identity.value, cpeLocalIdentifierType: identity.type }),
})

function* connect(p: Params, drgId: string, cpeId: string): Generator<Step, void, StepReply> {
  const made = yield* ask(accountOf(p), 'network', 'createIPSecConnection', {
    createIPSecConnectionDetails: {
      ...connectionDetails(p),
      compartmentId: p.compartment_id,
      drgId,
      cpeId,
      tunnelConfiguration: p.tunnels.map((each) => ({ ...tunnelDetails(each), ...(each.shared_secret !== undefined && { sharedSecret: each.shared_secret }) })),
    },
  })
  yield* comesTo(p, 'AVAILABLE', 'getIPSecConnection', { ipscId: (made.body as Live).id })
}

function* change(p: Params, was: State, differs: Situation['differs']): Generator<Step, void, StepReply> {
  const account = accountOf(p)
  const ipscId = was.connection!.id
  const changes = (...path: string[]) => differs.some((each) => path.every((key, index) => each.path[index] === key))
  // A tunnel with STATIC routing needs routes for as long as it is one.
  const routesFirst = p.static_routes.length > 0
  if (routesFirst && changes('connection')) yield* update(account, 'network', 'IPSecConnection', { ipscId }, () => connectionDetails(p))
  for (const each of p.tunnels) {
    const ids = { ipscId, tunnelId: was.tunnels![each.name]!.id }
    if (changes('tunnels', each.name))
      yield* update(account, 'network', 'IPSecConnectionTunnel', ids, (now) => tunnelDetails(each, now as unknown as TunnelModel))
    if (changes('secrets', each.name)) yield* update(account, 'network', 'IPSecConnectionTunnelSharedSecret', ids, () => ({ sharedSecret: each.shared_secret }))
  }
  if (!routesFirst && changes('connection')) yield* update(account, 'network', 'IPSecConnection', { ipscId }, () => connectionDetails(p))
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
  lagsMs: LAGS_MS,
  apply,
  result({ after }) {
    const { connection, cpe, tunnels, secrets } = after as Partial<State>
    const shown = Object.entries(tunnels ?? {}).map(([name, tunnel]) => [name, tunnelResult(tunnel, secrets?.[name])])
    return { connection_id: connection?.id ?? null, cpe_id: cpe?.id ?? null, tunnels: Object.fromEntries(shown) as unknown }
  },
})
