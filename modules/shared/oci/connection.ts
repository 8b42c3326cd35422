/** An IPSec connection of Oracle Cloud as it is read, and what of its tunnels is registered. */
import { asFarAsKnown, cloud, isKnown } from '../../../runner/module.ts'
import type { Probe } from '../../../runner/module.ts'
import type { AccountParams } from './account.ts'
import { listing, live } from './live.ts'
import type { Listing, Live, Wanted } from './live.ts'
import { namedTunnels, sorted, tunnelState } from './tunnel.ts'
import type { TunnelModel, TunnelParams, TunnelState } from './tunnel.ts'

/** Which connection is meant. In a dry run what one module would make is found by another under its name. */
export interface ConnectionParams extends AccountParams {
  readonly name: string
  readonly compartment_id: string
}

export interface ConnectionModel extends Live {
  readonly drgId: string
  readonly cpeId: string
  readonly staticRoutes?: readonly string[] | null
  readonly cpeLocalIdentifier?: string | null
  readonly cpeLocalIdentifierType?: string | null
}

export const connectionProbe = (p: ConnectionParams, wanted: Wanted<ConnectionModel>) =>
  live('IPSec connection', listing(p, 'listIPSecConnections'), wanted, (model: ConnectionModel) => ({
    id: model.id,
    displayName: model.displayName ?? null,
    drgId: model.drgId,
    cpeId: model.cpeId,
    staticRoutes: sorted(model.staticRoutes),
    cpeLocalIdentifier: model.cpeLocalIdentifier ?? null,
    cpeLocalIdentifierType: model.cpeLocalIdentifierType ?? null,
  }))

export const placeOf = (p: ConnectionParams): string => `${p.region ?? p.config_profile_name}/${p.compartment_id}/${p.name}`

/** The tunnels of a reply by their names; see `namedTunnels`. */
export function aliveTunnels(wanted: readonly TunnelParams[], body: unknown): ReadonlyMap<string, TunnelModel> {
  return namedTunnels(
    wanted,
    ((body ?? []) as TunnelModel[]).filter(({ lifecycleState }) => !/^TERMINAT/.test(lifecycleState ?? '')),
  )
}

/** Of a connection that is not there, or of which a dry run cannot know the OCID, nothing more is read: the name is what counts. */
export function tunnelsCall(p: ConnectionParams, ipscId: string | undefined): Listing {
  return ipscId === undefined ? listing(p, 'listIPSecConnections') : { ...listing(p, 'listIPSecConnectionTunnels'), request: { ipscId } }
}

export function tunnelsProbe(
  p: ConnectionParams,
  wanted: readonly TunnelParams[],
  ipscId: string | undefined,
): Probe<Readonly<Record<string, TunnelState>> | null> {
  return cloud(
    `cloud:tunnels/${placeOf(p)}`,
    tunnelsCall(p, ipscId),
    ({ body }) => (ipscId === undefined ? null : Object.fromEntries([...aliveTunnels(wanted, body)].map(([name, model]) => [name, tunnelState(model)]))),
    'tunnel',
  )
}

/** What the API names a tunnel by. */
export interface TunnelIds extends Readonly<Record<string, string>> {
  readonly ipscId: string
  readonly tunnelId: string
}

export function secretProbe(p: ConnectionParams, name: string, ids: TunnelIds | undefined): Probe<string | null> {
  const call = ids === undefined ? listing(p, 'listIPSecConnections') : { ...listing(p, 'getIPSecConnectionTunnelSharedSecret'), request: ids }
  return cloud(
    `cloud:secret/${placeOf(p)}/${name}`,
    call,
    ({ body }) => (ids === undefined ? null : ((body as { sharedSecret?: string } | null)?.sharedSecret ?? null)),
    `tunnel ${name} sharedSecret`,
  )
}

/** Shared secrets by the names of their tunnels. */
export type Secrets = Readonly<Record<string, string | null>>

/** Those that are known, never to be shown. */
export function knownSecrets(secrets: Secrets | undefined): (string | undefined)[] {
  return Object.keys(secrets ?? {}).map((name) => (isKnown(secrets!, name) ? (secrets![name] ?? undefined) : undefined))
}

/** What the modules register of a tunnel. */
export function tunnelResult(tunnel: unknown, secret: unknown): Record<string, unknown> {
  const { id, vpnIp, ...settings } = asFarAsKnown(tunnel) as Record<string, unknown>
  return { id, vpn_ip: vpnIp, shared_secret: secret ?? null, ...settings }
}

/** What every module registers of tunnels, for the documentation. */
export const TUNNELS_RETURNS = "`id`, `vpn_ip` (the headend's address), `shared_secret` (a secret: it is never shown), and the settings under the API's names"
