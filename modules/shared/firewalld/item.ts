/** One thing that a zone has or has not: a port, a service, a binding of an interface, a switch. */
import { coverage } from './port.ts'
import type { Bindings, Permanent, Running, Zone } from './zone.ts'
import { bindingsOf } from './zone.ts'

type Kind =
  | 'zone'
  | 'target'
  | 'port'
  | 'source_port'
  | 'protocol'
  | 'service'
  | 'icmp_block'
  | 'port_forward'
  | 'rich_rule'
  | 'masquerade'
  | 'forward'
  | 'icmp_block_inversion'
  | 'interface'
  | 'source'

export interface Item {
  readonly kind: Kind
  /** Canonical; empty for a switch. */
  readonly value: string
  /** What is wished: `present` or `absent`; for a target its name; for an interface or a source, `present` is "in this zone". */
  readonly wish: string
}

export const NO_ZONE = 'in no zone'
const STOPPED = 'firewalld is not running'

/** How a diff names it: `port 500/udp`, `masquerade`. */
export function itemName({ kind, value }: Pick<Item, 'kind' | 'value'>): string {
  const word = kind.replaceAll('_', ' ')
  return value === '' ? word : kind === 'rich_rule' ? value : `${word} ${value}`
}

/** What is in the files: `present`, `absent`, a zone's or a target's name. */
export function permanentState({ kind, value }: Item, zone: string, permanent: Permanent): string {
  const found = permanent.zones[zone]
  if (kind === 'zone') return found === undefined ? 'absent' : 'present'
  if (kind === 'interface' || kind === 'source') return bindingIn(bindingsOf(permanent.zones), kind, value)
  return found === undefined ? 'absent' : stateIn(found, kind, value)
}

/** The same of the running daemon. */
export function runningState({ kind, value }: Item, running: Running): string {
  return running === 'stopped' ? STOPPED : running === 'no such zone' ? 'absent' : stateIn(running, kind, value)
}

export function runningBinding({ kind, value }: Item, bindings: Bindings | 'stopped'): string {
  return bindings === 'stopped' ? STOPPED : bindingIn(bindings, kind === 'interface' ? 'interface' : 'source', value)
}

function bindingIn(bindings: Bindings, kind: 'interface' | 'source', value: string): string {
  const zone = kind === 'interface' ? bindings.interfaces[value] : bindings.sources[value]
  return zone === undefined ? NO_ZONE : zone
}

const LISTS: Partial<Record<Kind, (zone: Zone) => readonly string[]>> = {
  protocol: (zone) => zone.protocols,
  service: (zone) => zone.services,
  icmp_block: (zone) => zone.icmpBlocks,
  port_forward: (zone) => zone.forwardPorts,
  rich_rule: (zone) => zone.richRules,
}
const SWITCHES: Partial<Record<Kind, (zone: Zone) => boolean>> = {
  masquerade: (zone) => zone.masquerade,
  forward: (zone) => zone.forward,
  icmp_block_inversion: (zone) => zone.icmpBlockInversion,
}

function stateIn(zone: Zone, kind: Kind, value: string): string {
  if (kind === 'target') return zone.target
  if (kind === 'port') return coverage(value, zone.ports)
  if (kind === 'source_port') return coverage(value, zone.sourcePorts)
  const has = SWITCHES[kind]?.(zone) ?? LISTS[kind]!(zone).includes(value)
  return has ? 'present' : 'absent'
}

/** What it should be, given what it is: an interface that is in another zone is not taken out of that one. */
export function wishedState({ kind, wish }: Item, zone: string, now: string | undefined): string {
  if (kind !== 'interface' && kind !== 'source') return wish
  if (wish === 'present') return zone
  return now === undefined || now === zone ? NO_ZONE : now
}

const OPTIONS: Readonly<Record<Kind, { readonly add: string; readonly remove: string }>> = {
  zone: { add: '--new-zone', remove: '--delete-zone' },
  target: { add: '--set-target', remove: '--set-target' },
  port: { add: '--add-port', remove: '--remove-port' },
  source_port: { add: '--add-source-port', remove: '--remove-source-port' },
  protocol: { add: '--add-protocol', remove: '--remove-protocol' },
  service: { add: '--add-service', remove: '--remove-service' },
  icmp_block: { add: '--add-icmp-block', remove: '--remove-icmp-block' },
  port_forward: { add: '--add-forward-port', remove: '--remove-forward-port' },
  rich_rule: { add: '--add-rich-rule', remove: '--remove-rich-rule' },
  masquerade: { add: '--add-masquerade', remove: '--remove-masquerade' },
  forward: { add: '--add-forward', remove: '--remove-forward' },
  icmp_block_inversion: { add: '--add-icmp-block-inversion', remove: '--remove-icmp-block-inversion' },
  interface: { add: '--change-interface', remove: '--remove-interface' },
  source: { add: '--change-source', remove: '--remove-source' },
}

/** The words that bring items into the wished state: firewall-cmd takes one kind of option in a call, any number of times. */
export function callsFor(items: readonly Item[], zone: string): string[][] {
  const calls = new Map<string, string[]>()
  for (const { kind, value, wish } of items) {
    const option = wish === 'absent' ? OPTIONS[kind].remove : OPTIONS[kind].add
    const argument = kind === 'zone' ? zone : kind === 'target' ? wish : value
    calls.set(option, [...(calls.get(option) ?? (kind === 'zone' ? [] : [`--zone=${zone}`])), argument === '' ? option : `${option}=${argument}`])
  }
  return [...calls.values()]
}
