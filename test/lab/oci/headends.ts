/** The other ends of tunnels: in memory for the tests of modules, real ones in the lab. */
import { randomBytes } from 'node:crypto'

/** What a headend has to be. */
export interface HeadendSpec {
  readonly tunnelId: string
  readonly vpnIp: string
  readonly cpeIpAddress: string
  /** The customer's IKE identity: an address, or a name. */
  readonly cpeLocalIdentifier?: string | undefined
  readonly sharedSecret: string
  readonly ikeVersion: 'V1' | 'V2'
  readonly routing: 'BGP' | 'STATIC' | 'POLICY'
  readonly oracleInterfaceIp: string | undefined
  readonly customerInterfaceIp: string | undefined
  readonly customerBgpAsn: string | undefined
}

export interface HeadendStatus {
  readonly isIkeEstablished: boolean
  readonly isEspEstablished: boolean
  readonly bgpState: 'UP' | 'DOWN'
  /** Why it is not up, where that is known: as the API tells it. */
  readonly error?: HeadendError
}

interface HeadendError {
  readonly errorCode: string
  readonly errorDescription: string
  readonly solution: string
  /** As `2026-01-31T10:15:59.000Z`. */
  readonly timestamp: string
}

/** Prefixes that a headend's BGP has. */
export interface HeadendRoutes {
  /** What the customer's end has advertised to it. */
  readonly received: readonly string[]
  /** What it advertises to the customer's end. */
  readonly advertised: readonly string[]
}

export interface Headends {
  /** The public address of a new tunnel's headend: another for each tunnel of a connection. */
  allot(connectionId: string, index: number): Promise<string>
  /** Makes the headend as it has to be, or changes it. Ends when it listens. */
  apply(spec: HeadendSpec): Promise<void>
  remove(tunnelId: string): Promise<void>
  /** What the programs say of it; never made up. */
  status(tunnelId: string): Promise<HeadendStatus>
  /** None where there is no session. */
  routes(tunnelId: string): Promise<HeadendRoutes>
}

const NO_ROUTES: HeadendRoutes = { received: [], advertised: [] }
const DOWN: HeadendStatus = { isIkeEstablished: false, isEspEstablished: false, bgpState: 'DOWN' }

/** Headends that are there and to which nobody connects, unless a test says so. */
export class MemoryHeadends implements Headends {
  readonly specs = new Map<string, HeadendSpec>()
  readonly statuses = new Map<string, HeadendStatus>()
  readonly advertisements = new Map<string, HeadendRoutes>()
  #allotted = 0

  allot(): Promise<string> {
    return Promise.resolve(`203.0.113.${++this.#allotted}`)
  }

  apply(spec: HeadendSpec): Promise<void> {
    this.specs.set(spec.tunnelId, spec)
    return Promise.resolve()
  }

  remove(tunnelId: string): Promise<void> {
    this.specs.delete(tunnelId)
    return Promise.resolve()
  }

  status(tunnelId: string): Promise<HeadendStatus> {
    return Promise.resolve(this.statuses.get(tunnelId) ?? DOWN)
  }

  routes(tunnelId: string): Promise<HeadendRoutes> {
    return Promise.resolve(this.advertisements.get(tunnelId) ?? NO_ROUTES)
  }
}

/** As the service generates them: letters and digits. */
export const newSharedSecret = (): string =>
  randomBytes(96)
    .toString('base64')
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .slice(0, 64)
