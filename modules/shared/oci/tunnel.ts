/** An IPSec tunnel of Oracle Cloud: what a task asks for, what the API reads, and what it takes; the latter two have other names for the same. */
import { KNOWN_AFTER_APPLY, param, z } from '../../../runner/module.ts'
import type { After } from '../../../runner/module.ts'
import type { Live } from './live.ts'

export const tunnelParams = () =>
  z
    .object({
      name: param.nonEmptyString().describe('By which it is found; or else by its `oracle_interface`.'),
      routing: z.enum(['BGP', 'STATIC', 'POLICY']).default('BGP').describe('How routes are learnt.'),
      ike_version: z
        .preprocess((value) => (typeof value === 'number' || (typeof value === 'string' && /^\d$/.test(value)) ? `V${value}` : value), z.enum(['V1', 'V2']))
        .default('V1')
        .describe("IKE's version: 1 or 2."),
      customer_asn: param.string().optional().describe('With BGP: the autonomous system of this side.'),
      customer_interface: param.string().optional().describe('The address of this side within the tunnel, with its prefix length.'),
      oracle_interface: param.string().optional().describe("The address of Oracle's side, likewise."),
      shared_secret: param
        .nonEmptyString()
        .optional()
        .describe('The shared secret: letters, digits and spaces. Without it the service makes one, and it stays.'),
      oracle_initiation: z.enum(['INITIATOR_OR_RESPONDER', 'RESPONDER_ONLY']).optional().describe('Whether Oracle may begin.'),
      nat_translation: z.enum(['ENABLED', 'DISABLED', 'AUTO']).optional().describe('Whether ESP goes in UDP 4500.'),
      dpd_mode: z.enum(['INITIATE_AND_RESPOND', 'RESPOND_ONLY']).optional().describe('Who asks whether the other is still there (RFC 3706).'),
      dpd_timeout: param.int(20, 600).optional().describe('After how many seconds without an answer it counts as dead.'),
      phase_one: phase()
        .optional()
        .describe('Custom proposals of phase 1: `authentication` (SHA2_384), `encryption` (AES_256_CBC), `dh_group` (GROUP5), `lifetime` (seconds).'),
      phase_two: phase().optional().describe('Custom proposals of phase 2: `authentication`, `encryption` (AES_256_GCM), `dh_group` (GROUP5), `lifetime`.'),
    })
    .strict()
    .refine((p) => p.routing !== 'BGP' || [p.customer_asn, p.customer_interface, p.oracle_interface].every((each) => each !== undefined), {
      message: 'BGP needs `customer_asn`, `customer_interface` and `oracle_interface`',
    })
export type TunnelParams = z.output<ReturnType<typeof tunnelParams>>

function phase() {
  return z
    .object({
      authentication: param.nonEmptyString().optional(),
      encryption: param.nonEmptyString().optional(),
      dh_group: param.nonEmptyString().optional(),
      lifetime: param.int(60, 86_400).optional(),
    })
    .strict()
}

interface Bgp {
  readonly customerBgpAsn?: string | null
  readonly customerInterfaceIp?: string | null
  readonly oracleInterfaceIp?: string | null
}

interface PhaseOne {
  readonly customAuthenticationAlgorithm?: string | null
  readonly customEncryptionAlgorithm?: string | null
  readonly customDhGroup?: string | null
  readonly lifetime?: number | null
}

interface PhaseTwo {
  readonly customAuthenticationAlgorithm?: string | null
  readonly customEncryptionAlgorithm?: string | null
  readonly dhGroup?: string | null
  readonly lifetime?: number | null
}

/** As the API answers it, as far as it is looked at. */
export interface TunnelModel extends Live {
  readonly vpnIp?: string | null
  readonly routing?: string | null
  readonly ikeVersion?: string | null
  readonly bgpSessionInfo?: (Bgp & { readonly bgpState?: string | null }) | null
  readonly oracleCanInitiate?: string | null
  readonly natTranslationEnabled?: string | null
  readonly dpdMode?: string | null
  readonly dpdTimeoutInSec?: number | null
  readonly phaseOneDetails?: PhaseOne | null
  readonly phaseTwoDetails?: PhaseTwo | null
  readonly status?: string | null
}

/** The state of a tunnel: the settings, under the API's names for reading. */
export interface TunnelState {
  readonly id: string
  readonly vpnIp: string | null
  readonly displayName: string | null
  readonly routing: string | null
  readonly ikeVersion: string | null
  readonly bgpSessionInfo: { readonly customerBgpAsn: string | null; readonly customerInterfaceIp: string | null; readonly oracleInterfaceIp: string | null }
  readonly oracleCanInitiate: string | null
  readonly natTranslationEnabled: string | null
  readonly dpdMode: string | null
  readonly dpdTimeoutInSec: number | null
  readonly phaseOneDetails: Record<keyof PhaseOne, string | number | null>
  readonly phaseTwoDetails: Record<keyof PhaseTwo, string | number | null>
}

export function tunnelState(model: TunnelModel): TunnelState {
  const [bgp, one, two] = [model.bgpSessionInfo ?? {}, model.phaseOneDetails ?? {}, model.phaseTwoDetails ?? {}]
  return {
    id: model.id,
    vpnIp: model.vpnIp ?? null,
    displayName: model.displayName ?? null,
    routing: model.routing ?? null,
    ikeVersion: model.ikeVersion ?? null,
    bgpSessionInfo: {
      customerBgpAsn: bgp.customerBgpAsn ?? null,
      customerInterfaceIp: bgp.customerInterfaceIp ?? null,
      oracleInterfaceIp: bgp.oracleInterfaceIp ?? null,
    },
    oracleCanInitiate: model.oracleCanInitiate ?? null,
    natTranslationEnabled: model.natTranslationEnabled ?? null,
    dpdMode: model.dpdMode ?? null,
    dpdTimeoutInSec: model.dpdTimeoutInSec ?? null,
    phaseOneDetails: {
      customAuthenticationAlgorithm: one.customAuthenticationAlgorithm ?? null,
      customEncryptionAlgorithm: one.customEncryptionAlgorithm ?? null,
      customDhGroup: one.customDhGroup ?? null,
      lifetime: one.lifetime ?? null,
    },
    phaseTwoDetails: {
      customAuthenticationAlgorithm: two.customAuthenticationAlgorithm ?? null,
      customEncryptionAlgorithm: two.customEncryptionAlgorithm ?? null,
      dhGroup: two.dhGroup ?? null,
      lifetime: two.lifetime ?? null,
    },
  }
}

/** What a tunnel shall be: as asked, and otherwise as it is, or as the service makes it. */
export function wantedTunnel(p: TunnelParams, now: TunnelState | undefined): After<TunnelState> {
  const or = <T>(asked: T | undefined, there: T | null | undefined): T | null | typeof KNOWN_AFTER_APPLY => asked ?? (now ? (there ?? null) : KNOWN_AFTER_APPLY)
  const { phase_one: one, phase_two: two } = p
  return {
    id: now?.id ?? KNOWN_AFTER_APPLY,
    vpnIp: now?.vpnIp ?? KNOWN_AFTER_APPLY,
    displayName: p.name,
    routing: p.routing,
    ikeVersion: p.ike_version,
    bgpSessionInfo: {
      customerBgpAsn: or(p.customer_asn, now?.bgpSessionInfo.customerBgpAsn),
      customerInterfaceIp: or(p.customer_interface, now?.bgpSessionInfo.customerInterfaceIp),
      oracleInterfaceIp: or(p.oracle_interface, now?.bgpSessionInfo.oracleInterfaceIp),
    },
    oracleCanInitiate: or(p.oracle_initiation as string | undefined, now?.oracleCanInitiate),
    natTranslationEnabled: or(p.nat_translation as string | undefined, now?.natTranslationEnabled),
    dpdMode: or(p.dpd_mode as string | undefined, now?.dpdMode),
    dpdTimeoutInSec: or(p.dpd_timeout, now?.dpdTimeoutInSec),
    phaseOneDetails: {
      customAuthenticationAlgorithm: or(one?.authentication, now?.phaseOneDetails.customAuthenticationAlgorithm),
      customEncryptionAlgorithm: or(one?.encryption, now?.phaseOneDetails.customEncryptionAlgorithm),
      customDhGroup: or(one?.dh_group, now?.phaseOneDetails.customDhGroup),
      lifetime: or(one?.lifetime, now?.phaseOneDetails.lifetime),
    },
    phaseTwoDetails: {
      customAuthenticationAlgorithm: or(two?.authentication, now?.phaseTwoDetails.customAuthenticationAlgorithm),
      customEncryptionAlgorithm: or(two?.encryption, now?.phaseTwoDetails.customEncryptionAlgorithm),
      dhGroup: or(two?.dh_group, now?.phaseTwoDetails.dhGroup),
      lifetime: or(two?.lifetime, now?.phaseTwoDetails.lifetime),
    },
  }
}

/** The same as the API takes it, in an update or in a new connection. Only what the task asks for. */
export function tunnelDetails(p: TunnelParams): Record<string, unknown> {
  const { phase_one: one, phase_two: two } = p
  const bgp = { customerBgpAsn: p.customer_asn, customerInterfaceIp: p.customer_interface, oracleInterfaceIp: p.oracle_interface }
  const dpd = { dpdMode: p.dpd_mode, dpdTimeoutInSec: p.dpd_timeout }
  return without({
    displayName: p.name,
    routing: p.routing,
    ikeVersion: p.ike_version,
    bgpSessionConfig: anyOf(bgp),
    oracleInitiation: p.oracle_initiation,
    natTranslationEnabled: p.nat_translation,
    dpdConfig: anyOf(dpd),
    phaseOneConfig:
      one &&
      without({
        isCustomPhaseOneConfig: true,
        authenticationAlgorithm: one.authentication,
        encryptionAlgorithm: one.encryption,
        diffieHelmanGroup: one.dh_group,
        lifetimeInSeconds: one.lifetime,
      }),
    phaseTwoConfig:
      two &&
      without({
        isCustomPhaseTwoConfig: true,
        authenticationAlgorithm: two.authentication,
        encryptionAlgorithm: two.encryption,
        pfsDhGroup: two.dh_group,
        isPfsEnabled: two.dh_group === undefined ? undefined : true,
        lifetimeInSeconds: two.lifetime,
      }),
  })
}

const without = (record: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))

const anyOf = (record: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined =>
  Object.values(record).some((value) => value !== undefined) ? without(record) : undefined

/**
 * Which tunnel is which of those that are asked for, by name: by its display name, else by its `oracleInterfaceIp`, and what is left in
 * the order of addresses. Never by the order of a list: the service does not keep one. Others have their own name, or their OCID.
 */
export function namedTunnels(wanted: readonly TunnelParams[], models: readonly TunnelModel[]): ReadonlyMap<string, TunnelModel> {
  const left = [...models].sort((a, b) => (a.vpnIp ?? '').localeCompare(b.vpnIp ?? ''))
  const found = new Map<string, TunnelModel>()
  const take = (fits: (model: TunnelModel, p: TunnelParams) => boolean): void => {
    for (const p of wanted) {
      const index = found.has(p.name) ? -1 : left.findIndex((model) => fits(model, p))
      if (index >= 0) found.set(p.name, left.splice(index, 1)[0]!)
    }
  }
  take((model, p) => model.displayName === p.name)
  take((model, p) => p.oracle_interface !== undefined && model.bgpSessionInfo?.oracleInterfaceIp === p.oracle_interface)
  take(() => true)
  for (const model of left) {
    const name = model.displayName ?? model.id
    found.set(found.has(name) ? model.id : name, model)
  }
  return found
}
