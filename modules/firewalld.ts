import { isKnown, nearest, param, query, run, state, unit, z } from '../runner/module.ts'
import type { Affected, Difference, Planned, Probe, ProbeTree, Refusal, StateOf, Step, UnitState } from '../runner/module.ts'
import { callsFor, itemName, permanentState, runningBinding, runningState, wishedState } from './shared/firewalld/item.ts'
import type { Item } from './shared/firewalld/item.ts'
import { managedConnections, managedZone } from './shared/firewalld/network-manager.ts'
import { canonicalPort } from './shared/firewalld/port.ts'
import { canonicalRule } from './shared/firewalld/rich-rule.ts'
import { forwardPort, permanentSide, runningBindings, runningSide, SETTINGS } from './shared/firewalld/zone.ts'
import type { Permanent, Running } from './shared/firewalld/zone.ts'

/** A text brought into its one form by `canonicalise`, which throws a sentence where it cannot be. */
const canonical = (canonicalise: (text: string) => string) =>
  param.nonEmptyString().transform((text, context) => {
    try {
      return canonicalise(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
      return z.NEVER
    }
  })

const word = () => param.nonEmptyString().refine((text) => /^[^\s/]+$/.test(text), 'not a name')

const params = () =>
  z
    .object({
      zone: word().optional().describe("The zone. Default: firewalld's default zone."),
      state: z
        .enum(['enabled', 'disabled', 'present', 'absent'])
        .describe('Whether the zone has what is named. `present` and `absent` are for the zone itself, where nothing but `zone` (and `target`) is named.'),
      permanent: param.bool().default(false).describe('Set it in the files, for the next start or reload.'),
      immediate: param.bool().optional().describe('Set it in the running firewalld. Default: only where `permanent` is not set.'),
      offline: param.bool().default(false).describe('Where firewalld is not running, set the permanent side alone, though `immediate` is asked.'),
      timeout: param.int(0).default(0).describe('Seconds after which the running firewalld forgets it again; 0 is never.'),
      port: param.list(canonical(canonicalPort)).default([]).describe('Ports or ranges of ports: `500/udp`, `8000-8080/tcp`.'),
      source_port: param.list(canonical(canonicalPort)).default([]).describe('Ports from which traffic comes.'),
      protocol: param.list(word()).default([]).describe('Protocols of IP: `esp`, `gre`.'),
      service: param.list(word()).default([]).describe('Services that firewalld knows: `ipsec`, `https`.'),
      interface: param.list(word()).default([]).describe('Interfaces that belong to the zone; one that is in another zone moves. It need not exist yet.'),
      source: param
        .list(canonical((text) => (/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? text.toUpperCase() : text)))
        .default([])
        .describe('Addresses, networks, MAC addresses or `ipset:NAME` that belong to the zone; one that is in another zone moves.'),
      rich_rule: z
        .preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(canonical(canonicalRule)))
        .default([])
        .describe('Rules in the rich language. Quotes, the order of their parts and long words for units of time make no difference.'),
      icmp_block: param.list(word()).default([]).describe('Types of ICMP that are blocked: `echo-request`.'),
      port_forward: z
        .preprocess(
          (value) => (value !== null && typeof value === 'object' && !Array.isArray(value) ? [value] : value),
          z.array(
            z
              .object({
                port: param.nonEmptyString().describe('Port or range from which is forwarded.'),
                proto: z.enum(['tcp', 'udp', 'sctp', 'dccp']).describe('Its protocol.'),
                toport: param.string().default('').describe('Port to which is forwarded. Default: the same.'),
                toaddr: param.string().default('').describe('Address to which is forwarded. Default: this host.'),
              })
              .strict()
              .transform(({ port, proto, toport, toaddr }) => forwardPort(port, proto, toport, toaddr)),
          ),
        )
        .default([])
        .describe('Ports that are forwarded.'),
      masquerade: param
        .bool()
        .optional()
        .describe('Whether what leaves the zone gets this host as its sender. With `state: disabled` the opposite of what is said.'),
      forward: param
        .bool()
        .optional()
        .describe('Whether traffic is forwarded between the interfaces and sources of the zone; it holds only for interfaces that are explicitly in it.'),
      icmp_block_inversion: param.bool().optional().describe('Whether only the types of ICMP in `icmp_block` pass.'),
      target: z
        .enum(['default', 'ACCEPT', 'DROP', '%%REJECT%%'])
        .optional()
        .describe('What happens to traffic that nothing in the zone is about. Permanent only.'),
    })
    .strict()
    .refine((p) => p.permanent || (p.target === undefined && p.state !== 'present' && p.state !== 'absent'), {
      message: 'a zone and its target can only be set permanently',
      path: ['permanent'],
    })
    .refine((p) => isAboutZone(p) || itemsOf(p).length > 0, { message: 'nothing is named: give `port`, `service`, `interface`, …', path: ['state'] })
    .refine((p) => !isAboutZone(p) || (p.zone !== undefined && itemsOf(p).every(({ kind }) => kind === 'zone' || kind === 'target')), {
      message: '`present` and `absent` are for a zone alone: name `zone` and nothing that it has, or use `enabled` and `disabled`',
      path: ['state'],
    })
    .refine((p) => p.timeout === 0 || !p.permanent, { message: 'what is permanent cannot end by itself', path: ['timeout'] })

interface Params {
  readonly zone?: string | undefined
  readonly state: 'enabled' | 'disabled' | 'present' | 'absent'
  readonly permanent: boolean
  readonly immediate?: boolean | undefined
  readonly offline: boolean
  readonly timeout: number
  readonly port: readonly string[]
  readonly source_port: readonly string[]
  readonly protocol: readonly string[]
  readonly service: readonly string[]
  readonly interface: readonly string[]
  readonly source: readonly string[]
  readonly rich_rule: readonly string[]
  readonly icmp_block: readonly string[]
  readonly port_forward: readonly string[]
  readonly masquerade?: boolean | undefined
  readonly forward?: boolean | undefined
  readonly icmp_block_inversion?: boolean | undefined
  readonly target?: string | undefined
}

function isAboutZone(p: Params): boolean {
  return p.state === 'present' || p.state === 'absent'
}

const LISTS = ['port', 'source_port', 'protocol', 'service', 'icmp_block', 'port_forward', 'rich_rule', 'interface', 'source'] as const
const SWITCHES = ['masquerade', 'forward', 'icmp_block_inversion'] as const

/** What the task names, with what is wished of each. */
function itemsOf(p: Params): Item[] {
  const on = p.state === 'enabled' || p.state === 'present'
  return [
    ...(isAboutZone(p) ? [{ kind: 'zone' as const, value: '', wish: on ? 'present' : 'absent' }] : []),
    ...(p.target !== undefined && p.state !== 'absent' ? [{ kind: 'target' as const, value: '', wish: on ? p.target : 'default' }] : []),
    ...LISTS.flatMap((kind) => [...new Set(p[kind])].map((value) => ({ kind, value, wish: on ? 'present' : 'absent' }))),
    ...SWITCHES.flatMap((kind) => (p[kind] === undefined ? [] : [{ kind, value: '', wish: p[kind] === on ? 'present' : 'absent' }])),
  ]
}

const isBinding = ({ kind }: Pick<Item, 'kind'>) => kind === 'interface' || kind === 'source'

/** Permanent alone unless `immediate` is set, too; immediate where `permanent` is not. */
const asksRunning = (p: Params) => !isAboutZone(p) && (p.immediate ?? !p.permanent)

type Items = Readonly<Record<string, Probe<string>>>

/** Only the two lists of items are promised, and a list that has nothing is not there; the rest is read to know what a wish would do. */
type Tree = {
  readonly unit: Probe<UnitState>
  readonly files: Probe<Permanent>
  readonly running: Probe<Running>
  /** Whether the files have the zone: `present` or `absent`. */
  readonly zone: Probe<string>
  /** Names of services, where services are to be added. */
  readonly services?: Probe<readonly string[]>
  readonly permanent?: Items
  readonly runtime?: Items
}
type State = StateOf<Tree>

const SERVICE = 'firewalld.service'

function* probe(p: Params): Generator<ProbeTree, Tree, never> {
  const first = {
    unit: unit(SERVICE),
    files: permanentSide('query:firewalld-files', undefined, (permanent) => permanent),
    ...(p.zone !== undefined && { running: running(p.zone) }),
    ...(p.service.length > 0 && p.state === 'enabled' && { services: serviceNames() }),
    ...(p.interface.length > 0 && p.permanent && { connections: managedConnections() }),
  }
  const seen = (yield first) as { unit: UnitState; files: Permanent; running?: Running; connections?: Readonly<Record<string, string>> }
  const zone = p.zone ?? seen.files.defaultZone
  // The zone's name is known only now, or already asked for: then this costs no second question.
  const { running: now } = (p.zone === undefined ? yield { running: running(zone) } : seen) as { running: Running }

  const items = itemsOf(p)
  // What the files of a firewalld that is yet to come will say is as unknown as its unit.
  const owner = isKnown(seen, 'unit') ? ('query:firewalld' as const) : (`unit:${SERVICE}` as const)
  // What an interface or a source is bound to is one thing for all zones.
  const resource = (side: string, item: Pick<Item, 'kind' | 'value'>) => `${owner}${isBinding(item) ? '' : ` ${zone}`} ${side} ${itemName(item)}` as const
  const stopped = now === 'stopped' && !(isKnown(seen, 'unit') && seen.unit.active === 'active') ? ', firewalld is not running' : ''
  return {
    unit: first.unit,
    files: first.files,
    running: running(zone),
    zone: permanentSide(resource('permanent', { kind: 'zone', value: '' }), undefined, ({ zones }) => (zones[zone] === undefined ? 'absent' : 'present')),
    ...(first.services && { services: first.services }),
    permanent: byName(p.permanent ? items : [], (item) => {
      const name = resource('permanent', item)
      const label = `${labelOf(item, zone)} (permanent${stopped})`
      // NetworkManager keeps the zone of an interface that it manages, and firewall-cmd writes it there.
      const uuid = item.kind === 'interface' ? seen.connections?.[item.value] : undefined
      return uuid === undefined ? permanentSide(name, label, (files) => permanentState(item, zone, files)) : managedZone(uuid, name, label)
    }),
    runtime: byName(asksRunning(p) ? items : [], (item) => {
      const name = resource('running', item)
      const label = `${labelOf(item, zone)} (running)`
      return isBinding(item)
        ? runningBindings(name, label, (bindings) => runningBinding(item, bindings))
        : runningSide(name, label, zone, (found) => runningState(item, found))
    }),
  }
}

function running(zone: string): Probe<Running> {
  return runningSide(`query:firewalld-running:${zone}`, undefined, zone, (found) => found)
}

function serviceNames(): Probe<readonly string[]> {
  return {
    ...query(
      'query:firewalld-services',
      ['ls', '/usr/lib/firewalld/services', `${SETTINGS}/services`],
      (reply) => [...reply.stdout.matchAll(/^(.+)\.xml$/gm)].map(([, name]) => name!),
      { okExitCodes: [0, 1, 2] },
    ),
    tellsOf: [`file:${SETTINGS}/services/*`],
  }
}

function byName(items: readonly Item[], probe: (item: Item) => Probe<string>): Items {
  return Object.fromEntries(items.map((item) => [itemName(item), probe(item)]))
}

/** `public port 500/udp`; an interface is in a zone, not a zone's. */
function labelOf(item: Item, zone: string): string {
  return item.kind === 'zone' ? `zone ${zone}` : isBinding(item) ? itemName(item) : `${zone} ${itemName(item)}`
}

function plan(before: State, p: Params): Planned<State> {
  const zone = p.zone ?? before.files.defaultZone
  const items = itemsOf(p)
  const side = (key: 'permanent' | 'runtime', wanted: readonly Item[]) => wishedSide(before[key] ?? {}, items, wanted, zone)
  if (!isKnown(before, 'unit')) return { after: { permanent: side('permanent', items), runtime: side('runtime', items) } }
  if (before.unit.loaded === 'not-found' && before.running === 'stopped')
    return { after: {}, refusals: [{ summary: 'firewalld is not installed', hint: 'Install the package firewalld first.' }] }

  const { possible, refusals } = sort(items, zone, before, p)
  const blocked = possible.length > 0 && asksRunning(p) ? refusedRunning(zone, before, p) : undefined
  const runtime = side('runtime', blocked !== undefined || isStopped(before) ? [] : possible)
  return {
    after: {
      permanent: side('permanent', possible),
      runtime: before.running === 'stopped' ? { ...runtime, ...takenUp(items, runtime, before, zone) } : runtime,
    },
    refusals: [...refusals, ...(blocked === undefined ? [] : [blocked])],
  }
}

/** The items of one side as they should be; what is not wanted stays as it is. */
function wishedSide(now: Readonly<Record<string, string>>, items: readonly Item[], wanted: readonly Item[], zone: string): Record<string, string> {
  const mine = items.filter((item) => Object.hasOwn(now, itemName(item)))
  return Object.fromEntries(
    mine.map((item) => {
      const name = itemName(item)
      return [name, wanted.includes(item) ? wishedState(item, zone, isKnown(now, name) ? now[name] : undefined) : now[name]!]
    }),
  )
}

/** In a dry run a task before this one may start or stop it. */
function isStopped(before: State): boolean {
  return before.unit.active === 'inactive' || (before.running === 'stopped' && before.unit.active !== 'active')
}

/** What can be had of the items, and why the others cannot. */
function sort(items: readonly Item[], zone: string, before: State, p: Params): { possible: readonly Item[]; refusals: readonly Refusal[] } {
  const { zones, builtIn } = before.files
  if (isAboutZone(p)) {
    if (p.state === 'absent' && builtIn.includes(zone))
      return { possible: [], refusals: [{ summary: `the zone '${zone}' is firewalld's own: it cannot be deleted` }] }
    return { possible: items, refusals: [] }
  }
  if (before.zone === 'absent') {
    const near = nearest(zone, Object.keys(zones))
    return {
      possible: [],
      refusals: [
        { summary: `firewalld has no zone '${zone}'`, hint: near === undefined ? 'A task with `state: present` makes it.' : `Did you mean '${near}'?` },
      ],
    }
  }
  const missing = items.filter(
    ({ kind, value, wish }) => kind === 'service' && wish === 'present' && before.services !== undefined && !before.services.includes(value),
  )
  return {
    possible: items.filter((item) => !missing.includes(item)),
    refusals: missing.map(({ value }) => {
      const near = nearest(value, before.services ?? [])
      return { summary: `firewalld knows no service '${value}'`, hint: near === undefined ? 'Name its ports with `port`.' : `Did you mean '${near}'?` }
    }),
  }
}

function refusedRunning(zone: string, before: State, p: Params): Refusal | undefined {
  if (before.running === 'no such zone')
    return {
      summary: `the running firewalld does not know the zone '${zone}' yet`,
      hint: 'Have it reload (`firewall-cmd --reload`), or set `permanent: true` alone.',
    }
  if (!isStopped(before) || (p.offline && p.permanent)) return undefined
  return {
    summary: 'firewalld is not running: nothing can be set at once',
    hint: p.permanent
      ? 'Start it first, or set `offline: true` to be content with the permanent side.'
      : 'Start it first, or set `permanent: true` to have it from the next start on.',
  }
}

/** A firewalld that a task before this one would start takes up what its files say: that is no change of this task. */
function takenUp(items: readonly Item[], runtime: Readonly<Record<string, string>>, before: State, zone: string): Record<string, string> {
  const same = items.filter((item) => Object.hasOwn(runtime, itemName(item)) && permanentState(item, zone, before.files) === runtime[itemName(item)])
  return Object.fromEntries(same.map((item) => [itemName(item), before.runtime![itemName(item)]!]))
}

/** firewalld joins and splits ranges: a range says something of other ports. */
function affects({ differs, params: p, before }: { differs: readonly Difference[]; params: Params; before: State }): Affected[] {
  const zone = p.zone ?? before.files.defaultZone
  const sides = [...new Set(differs.filter(({ path }) => /^(?:source )?port \d+-/.test(path[1] ?? '')).map(({ path }) => path[0]))]
  return sides.flatMap((side) =>
    ['port', 'source port'].map((kind) => ({ resource: `query:firewalld ${zone} ${side === 'runtime' ? 'running' : 'permanent'} ${kind} *` as const })),
  )
}

export default state({
  summary: "Opens and closes ports, services and rules in firewalld's zones, and puts interfaces into zones.",
  params,
  aliases: {},
  examples: [
    { name: 'IKE and NAT traversal come in, now and after a boot', args: 'port: [500/udp, 4500/udp]\npermanent: true\nimmediate: true\nstate: enabled' },
    { name: 'The tunnels are in the trusted zone', args: 'zone: trusted\ninterface: [vti1, vti2]\npermanent: true\nimmediate: true\nstate: enabled' },
    { name: 'Forwarding within the zone', args: 'zone: public\nforward: true\npermanent: true\nimmediate: true\nstate: enabled' },
    {
      name: 'SSH only from one network',
      args: 'zone: public\nrich_rule: rule family=ipv4 source address=192.0.2.0/24 service name=ssh accept\npermanent: true\nstate: enabled',
    },
    { name: 'HTTP is closed', args: 'service: http\npermanent: true\nimmediate: true\nstate: disabled' },
    { name: 'A zone of its own', args: 'zone: vpn\nstate: present\npermanent: true\ntarget: ACCEPT' },
  ],
  returns: { msg: 'which side was set: permanent, running or both; and whether firewalld was not running' },
  notes: [
    'Each parameter takes a list, and one task may name several kinds; Ansible takes one thing a task.',
    '`forward` and `source_port` are added to what Ansible has.',
    'Nothing of Python is needed on the host: it is read from the files of the zones and over D-Bus, and written with `firewall-cmd`.',
    'Where firewalld is not running, permanent settings are written with `firewall-offline-cmd`, also without `offline: true`; what is to hold at once is refused.',
    'A part of a range that is open counts as open: firewalld joins ranges.',
    'Ports are numbers; names of ports are refused.',
    'A permanent change beside firewalld, in its files, is not seen by the running firewalld before a reload; this module does not reload.',
  ],
  probe,
  plan,
  affects,

  *apply({ params: p, before, differs }): Generator<Step, string> {
    const zone = p.zone ?? before.files.defaultZone
    const changed = (side: 'permanent' | 'runtime') => itemsOf(p).filter((item) => differs.some(({ path }) => path[0] === side && path[1] === itemName(item)))
    const stopped = before.running === 'stopped'
    for (const words of callsFor(changed('permanent'), zone))
      yield run(stopped ? ['firewall-offline-cmd', ...words] : ['firewall-cmd', '--permanent', ...words])
    for (const words of callsFor(changed('runtime'), zone)) yield run(['firewall-cmd', ...words, ...(p.timeout > 0 ? [`--timeout=${p.timeout}`] : [])])
    return ''
  },

  result: ({ params: p, before }) => ({
    msg: [
      p.permanent ? 'permanent' : '',
      asksRunning(p) ? 'running' : '',
      p.permanent && isKnown(before, 'running') && before.running === 'stopped' ? 'firewalld is not running: only its files were set' : '',
    ]
      .filter((part) => part !== '')
      .join(', '),
  }),
})
