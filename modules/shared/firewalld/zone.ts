/** What a zone of firewalld holds, read from its files (the permanent side) and from the daemon over D-Bus (the running side). */
import { query } from '../../../runner/module.ts'
import type { Probe, QueryReply } from '../../../runner/module.ts'
import { parseBusctl } from './dbus.ts'
import { canonicalRule, canonicalRuleOf } from './rich-rule.ts'
import { parseXml } from './xml.ts'
import type { Element } from './xml.ts'

export interface Zone {
  readonly target: string
  readonly services: readonly string[]
  /** `500/udp`, `1000-1010/tcp`. */
  readonly ports: readonly string[]
  readonly sourcePorts: readonly string[]
  readonly protocols: readonly string[]
  readonly icmpBlocks: readonly string[]
  /** As `firewall-cmd` takes them: `port=80:proto=tcp:toport=8080:toaddr=10.0.0.9`. */
  readonly forwardPorts: readonly string[]
  readonly richRules: readonly string[]
  readonly interfaces: readonly string[]
  readonly sources: readonly string[]
  readonly masquerade: boolean
  readonly forward: boolean
  readonly icmpBlockInversion: boolean
}

/** What is configured to be after a start or a reload. */
export interface Permanent {
  readonly defaultZone: string
  readonly zones: Readonly<Record<string, Zone>>
  /** Zones that came with firewalld: they cannot be deleted. */
  readonly builtIn: readonly string[]
}

export const SETTINGS = '/etc/firewalld'
const SHIPPED = '/usr/lib/firewalld'

/** All zones in one read: each line of each file with the file's name before it. */
const PERMANENT_ARGV = ['grep', '-r', '-H', '', `${SETTINGS}/zones`, `${SHIPPED}/zones`, `${SETTINGS}/firewalld.conf`] as const

/** The permanent side, or what `pick` takes of it. Grep's exit code is 2 where one of the folders does not exist. */
export function permanentSide<T>(resource: Probe<T>['resource'], label: string | undefined, pick: (permanent: Permanent) => T): Probe<T> {
  return {
    ...query(resource, PERMANENT_ARGV, (reply) => pick(parsePermanent(reply)), { okExitCodes: [0, 1, 2], ...(label !== undefined && { label }) }),
    tellsOf: [`file:${SETTINGS}/zones/*`, `file:${SETTINGS}/firewalld.conf`],
  }
}

function parsePermanent({ stdout }: QueryReply): Permanent {
  const files = new Map<string, string[]>()
  for (const line of stdout.split('\n')) {
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    const path = line.slice(0, colon)
    const lines = files.get(path)
    if (lines === undefined) files.set(path, [line.slice(colon + 1)])
    else lines.push(line.slice(colon + 1))
  }
  const defaultZone = (files.get(`${SETTINGS}/firewalld.conf`) ?? [])
    .map((line) => /^\s*DefaultZone\s*=\s*(\S+)/.exec(line)?.[1])
    .find((zone) => zone !== undefined)
  const zones: Record<string, Zone> = {}
  const builtIn: string[] = []
  for (const [path, lines] of files) {
    const name = /\/zones\/(.+)\.xml$/.exec(path)?.[1]
    if (name === undefined) continue
    const isOwn = path.startsWith(SETTINGS)
    if (!isOwn) builtIn.push(name)
    if (isOwn || zones[name] === undefined) zones[name] = zoneInFile(path, lines.join('\n'))
  }
  return { defaultZone: defaultZone ?? 'public', zones, builtIn }
}

function zoneInFile(path: string, text: string): Zone {
  try {
    return zoneOf(parseXml(text))
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error })
  }
}

function zoneOf(root: Element): Zone {
  const all = <T>(name: string, value: (attributes: Readonly<Record<string, string>>) => T): T[] =>
    root.children.filter((child) => child.name === name).map(({ attributes }) => value(attributes))
  const has = (name: string) => root.children.some((child) => child.name === name && !/^(no|false)$/i.test(child.attributes['enabled'] ?? ''))
  const portOf = ({ port = '', protocol = '' }) => `${port}/${protocol}`
  return {
    target: root.attributes['target'] ?? 'default',
    services: all('service', ({ name = '' }) => name),
    ports: all('port', portOf),
    sourcePorts: all('source-port', portOf),
    protocols: all('protocol', ({ value = '' }) => value),
    icmpBlocks: all('icmp-block', ({ name = '' }) => name),
    forwardPorts: all('forward-port', (each) => forwardPort(each['port'] ?? '', each['protocol'] ?? '', each['to-port'] ?? '', each['to-addr'] ?? '')),
    richRules: root.children.filter((child) => child.name === 'rule').map(canonicalRuleOf),
    interfaces: all('interface', ({ name = '' }) => name),
    sources: all('source', ({ address, mac, ipset }) => address ?? mac?.toUpperCase() ?? `ipset:${ipset ?? ''}`),
    masquerade: has('masquerade'),
    forward: has('forward'),
    icmpBlockInversion: has('icmp-block-inversion'),
  }
}

export function forwardPort(port: string, protocol: string, toPort: string, toAddress: string): string {
  return `port=${port}:proto=${protocol}${toPort === '' ? '' : `:toport=${toPort}`}${toAddress === '' ? '' : `:toaddr=${toAddress}`}`
}

/** A call to the daemon. It is not started by asking it. */
function ask(method: string, ...more: readonly string[]): readonly [string, ...string[]] {
  return [
    'busctl',
    '--system',
    '--auto-start=no',
    'call',
    'org.fedoraproject.FirewallD1',
    '/org/fedoraproject/FirewallD1',
    'org.fedoraproject.FirewallD1.zone',
    method,
    ...more,
  ]
}

/** What the daemon has of a zone, or why it has nothing. */
export type Running = Zone | 'stopped' | 'no such zone'

export function runningSide<T>(resource: Probe<T>['resource'], label: string | undefined, zone: string, pick: (running: Running) => T): Probe<T> {
  return query(resource, ask('getZoneSettings2', 's', zone), (reply) => pick(parseRunning(reply)), {
    okExitCodes: [0, 1],
    ...(label !== undefined && { label }),
  })
}

function parseRunning(reply: QueryReply): Running {
  if (reply.exitCode !== 0) {
    if (/INVALID_ZONE/.test(reply.stderr)) return 'no such zone'
    if (isStopped(reply)) return 'stopped'
    throw new Error(`firewalld does not answer: ${reply.stderr.trim()}`)
  }
  const settings = parseBusctl(reply.stdout)[0] as Readonly<Record<string, unknown>>
  const texts = (key: string) => (settings[key] ?? []) as readonly string[]
  const ports = (key: string) => ((settings[key] ?? []) as readonly (readonly [string, string])[]).map(([port, protocol]) => `${port}/${protocol}`)
  return {
    target: typeof settings['target'] === 'string' ? settings['target'] : 'default',
    services: texts('services'),
    ports: ports('ports'),
    sourcePorts: ports('source_ports'),
    protocols: texts('protocols'),
    icmpBlocks: texts('icmp_blocks'),
    forwardPorts: ((settings['forward_ports'] ?? []) as readonly (readonly [string, string, string, string])[]).map((each) => forwardPort(...each)),
    richRules: texts('rules_str').map(canonicalRule),
    interfaces: texts('interfaces'),
    sources: texts('sources'),
    masquerade: settings['masquerade'] === true,
    forward: settings['forward'] === true,
    icmpBlockInversion: settings['icmp_block_inversion'] === true,
  }
}

/** Interface or source → the zone that the running daemon has it in. */
export function runningBindings<T>(resource: Probe<T>['resource'], label: string | undefined, pick: (bindings: Bindings | 'stopped') => T): Probe<T> {
  return query(resource, ask('getActiveZones'), (reply) => pick(parseBindings(reply)), { okExitCodes: [0, 1], ...(label !== undefined && { label }) })
}

export interface Bindings {
  readonly interfaces: Readonly<Record<string, string>>
  readonly sources: Readonly<Record<string, string>>
}

function parseBindings(reply: QueryReply): Bindings | 'stopped' {
  if (reply.exitCode !== 0) {
    if (isStopped(reply)) return 'stopped'
    throw new Error(`firewalld does not answer: ${reply.stderr.trim()}`)
  }
  const zones = parseBusctl(reply.stdout)[0] as Readonly<Record<string, { interfaces?: readonly string[]; sources?: readonly string[] }>>
  return bindingsOf(zones)
}

export function bindingsOf(zones: Readonly<Record<string, { readonly interfaces?: readonly string[]; readonly sources?: readonly string[] }>>): Bindings {
  const of = (key: 'interfaces' | 'sources') =>
    Object.fromEntries(Object.entries(zones).flatMap(([zone, bound]) => (bound[key] ?? []).map((each) => [each, zone])))
  return { interfaces: of('interfaces'), sources: of('sources') }
}

/** The words of busctl, systemd's bus library and dbus-daemon for a name that nobody has, and for no bus at all. */
function isStopped({ stderr }: QueryReply): boolean {
  return /does not exist|was not provided by any|not activatable|NameHasNoOwner|ServiceUnknown|Failed to connect to (?:system )?bus/.test(stderr)
}
