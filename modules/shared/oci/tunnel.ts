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
      encryption_domain: z
        .object({
          cpe: param.list(param.nonEmptyString()).describe('The prefixes of this side.'),
          oracle: param.list(param.nonEmptyString()).describe("The prefixes of Oracle's side."),
        })
        .strict()
        .optional()
        .describe('With POLICY: between which prefixes it encrypts.'),
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
    .refine((p) => p.routing === 'BGP' || p.customer_asn === undefined, { message: '`customer_asn` is for BGP' })
    .refine((p) => (p.routing === 'POLICY') === (p.encryption_domain !== undefined), { message: 'POLICY needs `encryption_domain`, and nothing else takes it' })
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

interface EncryptionDomain {
  readonly cpeTrafficSelector?: readonly string[] | null
  readonly oracleTrafficSelector?: readonly string[] | null
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

/** What a tunnel that is read has beside what is looked at, and a write has to say again. */
interface PhaseTwoModel extends PhaseTwo {
  readonly isPfsEnabled?: boolean | null
}

/** As the API answers it, as far as it is looked at. */
export interface TunnelModel extends Live {
  readonly vpnIp?: string | null
  readonly routing?: string | null
  readonly ikeVersion?: string | null
  readonly bgpSessionInfo?: (Bgp & { readonly bgpState?: string | null }) | null
  readonly encryptionDomainConfig?: EncryptionDomain | null
  readonly oracleCanInitiate?: string | null
  readonly natTranslationEnabled?: string | null
  readonly dpdMode?: string | null
  readonly dpdTimeoutInSec?: number | null
  readonly phaseOneDetails?: PhaseOne | null
  readonly phaseTwoDetails?: PhaseTwoModel | null
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
  readonly encryptionDomainConfig: { readonly cpeTrafficSelector: readonly string[]; readonly oracleTrafficSelector: readonly string[] }
  readonly oracleCanInitiate: string | null
  readonly natTranslationEnabled: string | null
  readonly dpdMode: string | null
  readonly dpdTimeoutInSec: number | null
  readonly phaseOneDetails: Record<keyof PhaseOne, string | number | null>
  readonly phaseTwoDetails: Record<keyof PhaseTwo, string | number | null>
}

/** Prefixes have no order: another one is no difference. */
export const sorted = (prefixes: readonly string[] | null | undefined): readonly string[] => [...(prefixes ?? [])].sort()

export function tunnelState(model: TunnelModel): TunnelState {
  // What is not set is absent or null.
  const [bgp, domain] = [model.bgpSessionInfo ?? {}, model.encryptionDomainConfig ?? {}]
  const [one, two] = [model.phaseOneDetails ?? {}, model.phaseTwoDetails ?? {}]
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
    encryptionDomainConfig: { cpeTrafficSelector: sorted(domain.cpeTrafficSelector), oracleTrafficSelector: sorted(domain.oracleTrafficSelector) },
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
  const { phase_one: one, phase_two: two, encryption_domain: domain } = p
  // Without BGP there is no number of a system, and the service forgets the one that there was.
  const losesAsn = now?.routing === 'BGP' && p.routing !== 'BGP'
  return {
    id: now?.id ?? KNOWN_AFTER_APPLY,
    vpnIp: now?.vpnIp ?? KNOWN_AFTER_APPLY,
    displayName: p.name,
    routing: p.routing,
    ikeVersion: p.ike_version,
    bgpSessionInfo: {
      customerBgpAsn: losesAsn ? KNOWN_AFTER_APPLY : or(p.customer_asn, now?.bgpSessionInfo.customerBgpAsn),
      customerInterfaceIp: or(p.customer_interface, now?.bgpSessionInfo.customerInterfaceIp),
      oracleInterfaceIp: or(p.oracle_interface, now?.bgpSessionInfo.oracleInterfaceIp),
    },
    encryptionDomainConfig: {
      cpeTrafficSelector: domain ? sorted(domain.cpe) : (now?.encryptionDomainConfig.cpeTrafficSelector ?? KNOWN_AFTER_APPLY),
      oracleTrafficSelector: domain ? sorted(domain.oracle) : (now?.encryptionDomainConfig.oracleTrafficSelector ?? KNOWN_AFTER_APPLY),
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

/**
 * The same as the API takes it, in an update of `now` or in a new connection. Only what the task asks for; but what is in a group
 * with it is said again, for a group is replaced as a whole.
 */
export function tunnelDetails(p: TunnelParams, now?: TunnelModel): Record<string, unknown> {
  const { phase_one: one, phase_two: two, encryption_domain: domain } = p
  const [bgp, phaseOne, phaseTwo] = [now?.bgpSessionInfo, now?.phaseOneDetails, now?.phaseTwoDetails]
  return without({
    displayName: p.name,
    routing: p.routing,
    ikeVersion: p.ike_version,
    bgpSessionConfig: group(
      { customerBgpAsn: p.customer_asn, customerInterfaceIp: p.customer_interface, oracleInterfaceIp: p.oracle_interface },
      { customerInterfaceIp: bgp?.customerInterfaceIp, oracleInterfaceIp: bgp?.oracleInterfaceIp },
    ),
    encryptionDomainConfig: domain && { cpeTrafficSelector: domain.cpe, oracleTrafficSelector: domain.oracle },
    oracleInitiation: p.oracle_initiation,
    natTranslationEnabled: p.nat_translation,
    dpdConfig: group({ dpdMode: p.dpd_mode, dpdTimeoutInSec: p.dpd_timeout }, { dpdMode: now?.dpdMode, dpdTimeoutInSec: now?.dpdTimeoutInSec }),
    phaseOneConfig: group(
      {
        isCustomPhaseOneConfig: one && true,
        authenticationAlgorithm: one?.authentication,
        encryptionAlgorithm: one?.encryption,
        diffieHelmanGroup: one?.dh_group,
        lifetimeInSeconds: one?.lifetime,
      },
      {
        authenticationAlgorithm: phaseOne?.customAuthenticationAlgorithm,
        encryptionAlgorithm: phaseOne?.customEncryptionAlgorithm,
        diffieHelmanGroup: phaseOne?.customDhGroup,
        lifetimeInSeconds: phaseOne?.lifetime,
      },
    ),
    phaseTwoConfig: group(
      {
        isCustomPhaseTwoConfig: two && true,
        authenticationAlgorithm: two?.authentication,
        encryptionAlgorithm: two?.encryption,
        pfsDhGroup: two?.dh_group,
        isPfsEnabled: two?.dh_group === undefined ? undefined : true,
        lifetimeInSeconds: two?.lifetime,
      },
      {
        authenticationAlgorithm: phaseTwo?.customAuthenticationAlgorithm,
        encryptionAlgorithm: phaseTwo?.customEncryptionAlgorithm,
        pfsDhGroup: phaseTwo?.dhGroup,
        isPfsEnabled: phaseTwo?.isPfsEnabled,
        lifetimeInSeconds: phaseTwo?.lifetime,
      },
    ),
  })
}

type Fields = Readonly<Record<string, unknown>>

const without = (record: Fields): Record<string, unknown> => Object.fromEntries(Object.entries(record).filter(([, value]) => value != null))

/** A group of fields: what is asked for, completed by what is there; undefined where nothing is asked for. */
const group = (asked: Fields, there: Fields): Record<string, unknown> | undefined =>
  Object.values(asked).some((value) => value !== undefined) ? { ...without(there), ...without(asked) } : undefined

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
