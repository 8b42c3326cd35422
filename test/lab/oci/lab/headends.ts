/** The other ends of tunnels in the lab: Libreswan and FRR on the host `drg`, with the addresses and secrets that the cloud tells. */
import { isIP } from 'node:net'
import { parseStatus, type Connection } from '../../../../modules/shared/libreswan/pluto.ts'
import { bgpAccepted, bgpAdvertised, bgpSummary, hasAnswer, type NoAnswer, type Peer } from '../../../../modules/shared/frr/bgp.ts'
import type { Probe, QueryReply } from '../../../../runner/module.ts'
import { connectionsDir, oracleAsn } from '../../oracle.ts'
import { ServiceError } from '../errors.ts'
import type { Headends, HeadendRoutes, HeadendSpec, HeadendStatus } from '../headends.ts'

/** Runs a program as root on `drg`. */
export type OnDrg = (argv: readonly string[], stdin?: string) => Promise<QueryReply>

/** How long what the programs said is taken for what they say: all tunnels of a list are asked about at once. */
const freshMs = 1000

const inTable = { vrf: undefined, afi: 'ipv4' } as const

interface Seen {
  readonly connections: Readonly<Record<string, Connection>>
  readonly peers: Readonly<Record<string, Peer>>
}

export class LabHeadends implements Headends {
  readonly #addresses: readonly string[]
  readonly #run: OnDrg
  /** By address: the tunnel that has it, or the connection for whose tunnel it is kept. */
  readonly #owners = new Map<string, string>()
  readonly #specs = new Map<string, HeadendSpec>()
  #seen: { readonly atMs: number; readonly what: Promise<Seen> } | undefined

  constructor(addresses: readonly string[], run: OnDrg) {
    this.#addresses = addresses
    this.#run = run
  }

  allot(connectionId: string): Promise<string> {
    const free = this.#addresses.find((address) => !this.#owners.has(address))
    if (free === undefined) throw new ServiceError(400, 'LimitExceeded', `The lab has ${this.#addresses.length} addresses for the ends of tunnels`)
    this.#owners.set(free, connectionId)
    return Promise.resolve(free)
  }

  async apply(spec: HeadendSpec): Promise<void> {
    const before = this.#specs.get(spec.tunnelId)
    this.#owners.set(spec.vpnIp, spec.tunnelId)
    this.#specs.set(spec.tunnelId, spec)
    if (JSON.stringify(before) === JSON.stringify(spec)) return
    const number = this.#numberOf(spec)
    const neighbor = withoutLength(spec.customerInterfaceIp)
    const formerly = withoutLength(before?.customerInterfaceIp)
    await this.#script(
      `umask 077
       cat >${fileOf(number, 'secrets')}
       cat >${fileOf(number, 'conf')} <<'CONNECTION'
${connectionText(number, spec)}
CONNECTION
       ipsec auto --delete ${nameOf(number)} >/dev/null 2>&1 </dev/null || true
       ip link delete ${deviceOf(number)} 2>/dev/null || true
       ipsec auto --rereadsecrets </dev/null
       ipsec auto --add ${nameOf(number)} </dev/null
       ${formerly !== undefined && formerly !== neighbor ? vtysh(inBgp(`no neighbor ${formerly}`)) : ''}
       ${neighbor === undefined || spec.routing !== 'BGP' ? '' : vtysh(inBgp(`neighbor ${neighbor} remote-as ${spec.customerBgpAsn}`))}`,
      `${[spec.vpnIp, ...new Set([spec.cpeIpAddress, identityOf(spec)])].join(' ')}: PSK "${spec.sharedSecret}"\n`,
    )
  }

  async remove(tunnelId: string): Promise<void> {
    const spec = this.#specs.get(tunnelId)
    if (!spec) return
    const number = this.#numberOf(spec)
    const neighbor = withoutLength(spec.customerInterfaceIp)
    await this.#script(
      `ipsec auto --delete ${nameOf(number)} >/dev/null 2>&1 || true
       rm -f ${fileOf(number, 'conf')} ${fileOf(number, 'secrets')}
       ipsec auto --rereadsecrets
       ip link delete ${deviceOf(number)} 2>/dev/null || true
       ${neighbor === undefined ? '' : vtysh(inBgp(`no neighbor ${neighbor}`))}`,
    )
    this.#specs.delete(tunnelId)
    this.#owners.delete(spec.vpnIp)
  }

  async status(tunnelId: string): Promise<HeadendStatus> {
    const spec = this.#specs.get(tunnelId)
    const { connections, peers } = await this.#look()
    const connection = spec && connections[nameOf(this.#numberOf(spec))]
    const peer = peers[withoutLength(spec?.customerInterfaceIp) ?? '']
    return {
      isIkeEstablished: (connection?.ikeSa ?? 0) > 0,
      isEspEstablished: (connection?.espSa ?? 0) > 0,
      bgpState: peer?.state === 'Established' ? 'UP' : 'DOWN',
    }
  }

  async routes(tunnelId: string): Promise<HeadendRoutes> {
    const neighbor = withoutLength(this.#specs.get(tunnelId)?.customerInterfaceIp)
    if (neighbor === undefined) return { received: [], advertised: [] }
    const [received = [], advertised = []] = await Promise.all([this.#frr(bgpAccepted(inTable, neighbor)), this.#frr(bgpAdvertised(inTable, neighbor))])
    return { received, advertised }
  }

  /** Takes away what an emulator of before has left. */
  async reset(): Promise<void> {
    await this.#script(
      `ls ${fileOf('*', 'conf')} >/dev/null 2>&1 || exit 0
       for file in ${fileOf('*', 'conf')}; do ip link delete "vti$(echo "$file" | tr -cd 0-9)" 2>/dev/null || true; done
       rm -f ${fileOf('*', 'conf')} ${fileOf('*', 'secrets')}
       systemctl restart ipsec`,
    )
  }

  /** BGP tells of these prefixes, and no longer of those. */
  async announce(prefixes: readonly string[], formerly: readonly string[]): Promise<void> {
    const gone = formerly.filter((prefix) => !prefixes.includes(prefix))
    const added = prefixes.filter((prefix) => !formerly.includes(prefix))
    if (gone.length + added.length === 0) return
    // BGP tells of what is in the routing table only, and of some of these subnets no card is plugged in.
    const routes = [...gone.map((prefix) => `no ip route ${prefix} blackhole`), ...added.map((prefix) => `ip route ${prefix} blackhole`)]
    const networks = [...gone.map((prefix) => `no network ${prefix}`), ...added.map((prefix) => `network ${prefix}`)]
    await this.#script(vtysh([...routes, ...inBgp('address-family ipv4 unicast', ...networks)]))
  }

  #numberOf({ vpnIp }: HeadendSpec): number {
    return this.#addresses.indexOf(vpnIp) + 1
  }

  #look(): Promise<Seen> {
    const now = performance.now()
    if (!this.#seen || now - this.#seen.atMs > freshMs) this.#seen = { atMs: now, what: this.#ask() }
    return this.#seen.what
  }

  async #ask(): Promise<Seen> {
    const [status, peers = {}] = await Promise.all([this.#run(['ipsec', 'whack', '--status']), this.#frr(bgpSummary(inTable))])
    return { connections: parseStatus(status) ?? {}, peers }
  }

  /** What FRR answers to a module's question; undefined where it does not. */
  async #frr<T extends object>({ read, parse }: Probe<T | NoAnswer>): Promise<T | undefined> {
    if (read.kind !== 'query') throw new Error('FRR answers queries only')
    const found = parse((await this.#run(read.argv)) as never)
    return hasAnswer(found) ? found : undefined
  }

  /** The secrets travel on stdin: nobody sees them in the list of processes. */
  async #script(text: string, stdin = ''): Promise<void> {
    const { exitCode, stdout, stderr } = await this.#run(['bash', '-euc', text], stdin)
    if (exitCode !== 0) throw new Error(`exit ${exitCode} on drg:\n${text}\n${stdout}${stderr}`)
    this.#seen = undefined
  }
}

const nameOf = (number: number): string => `headend-${number}`
const deviceOf = (number: number): string => `vti${number}`
const fileOf = (number: number | '*', ending: 'conf' | 'secrets'): string => `${connectionsDir}/headend-${number}.${ending}`

const withoutLength = (prefix: string | undefined): string | undefined => prefix?.replace(/\/.*/, '')

const vtysh = (lines: readonly string[]): string =>
  ['vtysh', ...['configure terminal', ...lines, 'end', 'write memory'].map((line) => `-c '${line}'`), '>/dev/null </dev/null'].join(' ')

const inBgp = (...lines: readonly string[]): string[] => [`router bgp ${oracleAsn}`, ...lines]

/** As Libreswan takes it: a name has to be told from one that is to be resolved. */
const identityOf = ({ cpeLocalIdentifier: identity, cpeIpAddress }: HeadendSpec): string =>
  identity === undefined ? cpeIpAddress : isIP(identity) ? identity : `@${identity}`

/** The proposals are those of the article; a tunnel's own are not looked at. */
const connectionText = (number: number, spec: HeadendSpec): string => `conn ${nameOf(number)}
\tleft=${spec.vpnIp}
\tleftid=${spec.vpnIp}
\tright=%any
\trightid=${identityOf(spec)}
\tauthby=secret
\tleftsubnet=0.0.0.0/0
\trightsubnet=0.0.0.0/0
\tauto=add
\tmark=${number + 4}/0xffffffff
\tvti-interface=${deviceOf(number)}
\tvti-routing=no
${spec.oracleInterfaceIp === undefined ? '' : `\tleftvti=${spec.oracleInterfaceIp}`}
\tikev2=${spec.ikeVersion === 'V2' ? 'insist' : 'no'}
\tike=aes_cbc256-sha2_384;modp1536
\tphase2alg=aes_gcm256;modp1536
\tencapsulation=yes
\tikelifetime=28800s
\tsalifetime=3600s`
