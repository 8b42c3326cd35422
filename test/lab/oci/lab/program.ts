/** A fabric as routing rules and packet filters of the lab's routers, as bash. */
import { ipBatch, rulesetLines } from '../../network.ts'
import { namespaceName } from '../../paths.ts'
import { drgName, internetTable, type Card } from '../../site.ts'
import type { CardState, Fabric, Filter, Route } from './fabric.ts'

/** The preferences of all rules that are made here; the kernel's own are above. */
const firstPreference = 1000
const lastPreference = 1999
/** The routing table of a route to a card is this and the card's place. */
const cardTable = 400

interface Plugged {
  readonly card: Card
  readonly state: CardState
}

/** The lines that make all routers carry what the fabric says, and nothing else. */
export function programLines(instance: string, rootDir: string, cards: readonly Card[], fabric: Fabric): string[] {
  const plugged = cards.flatMap((card) => {
    const state = fabric.cards.find(({ address }) => address === card.address)
    return state ? [{ card, state }] : []
  })
  return [...new Set(cards.map(({ router }) => router))].flatMap((router) => {
    const here = plugged.filter(({ card }) => card.router === router)
    const absent = cards.filter((card) => card.router === router && !here.some((each) => each.card === card))
    return [
      ...rulesetLines(instance, router, rootDir, ruleset(here, absent)),
      `ip -n ${namespaceName(instance, router)} rule show | sed -n 's/^\\([0-9]*\\):.*/\\1/p' | awk '$1 >= ${firstPreference} && $1 <= ${lastPreference} { print "rule del pref " $1 }' | ip -n ${namespaceName(instance, router)} -batch -`,
      ...ipBatch(instance, router, routingLines(here)),
    ]
  })
}

// --- routes --------------------------------------------------------------------------------------------------------------

/** Lines for `ip -batch`. What a card sends goes by the table of its subnet: the longest prefix first, and nowhere in the end. */
function routingLines(here: readonly Plugged[]): string[] {
  let preference = firstPreference
  const rules: string[] = []
  const add = (rule: string): void => void rules.push(`rule add ${rule} pref ${preference++}`)
  const tables = here.map(({ card }, index) => `route replace default via ${card.address} dev ${card.device} onlink table ${cardTable + index}`)
  for (const { card, state } of here) {
    for (const prefix of state.network) add(`iif ${card.device} to ${prefix} lookup main`)
    for (const route of [...state.routes].sort((a, b) => lengthOf(b.destination) - lengthOf(a.destination))) {
      add(`iif ${card.device} to ${route.destination} ${actionOf(route, card, here)}`)
    }
    add(`iif ${card.device} blackhole`)
  }
  return [...tables, ...rules]
}

const lengthOf = (prefix: string): number => Number(prefix.split('/')[1])

function actionOf({ target }: Route, from: Card, here: readonly Plugged[]): string {
  switch (target.kind) {
    case 'internet':
      return `lookup ${from.router === drgName ? internetTable : 'main'}`
    case 'drg':
      // What it has learnt, and not its own way to the Internet.
      return 'lookup main suppress_prefixlength 0'
    case 'address': {
      const index = here.findIndex(({ card }) => card.address === target.address)
      // What the target itself sends there has come round once already.
      return index === -1 || here[index]!.card === from ? 'blackhole' : `lookup ${cardTable + index}`
    }
    case 'nowhere':
      return 'blackhole'
  }
}

// --- filters -------------------------------------------------------------------------------------------------------------

function ruleset(here: readonly Plugged[], absent: readonly Card[]): string {
  const forward = [
    ...here.flatMap(({ card: { device, address }, state: { isChecked, isAttached } }) => [
      ...(isChecked ? [`iifname "${device}" ip saddr != ${address} drop`, `oifname "${device}" ip daddr != ${address} drop`] : []),
      ...(isAttached ? [] : [`iifname "vti*" oifname "${device}" drop`]),
    ]),
    ...absent.map(({ device }) => `oifname "${device}" drop`),
    ...here.map(({ card: { device } }) => `iifname "${device}" jump ${device}-egress`),
    // The last: what comes in is accepted or dropped.
    ...here.map(({ card: { device } }) => `oifname "${device}" jump ${device}-ingress`),
  ]
  const chains = here.flatMap(({ card: { device }, state: { ingress, egress } }) => [
    chain(`${device}-egress`, ['ct state established,related return', ...egress.map((each) => `${matchOf(each, 'daddr')} return`), 'drop']),
    chain(`${device}-rules`, [...ingress.map((each) => `${matchOf(each, 'saddr')} accept`), 'drop']),
    chain(`${device}-ingress`, [
      // Stricter than the cloud, where the answers to an IKE of one's own come in unasked: the other end may begin as well.
      `udp dport { 500, 4500 } jump ${device}-rules`,
      'ct state established,related accept',
      `jump ${device}-rules`,
    ]),
  ])
  return [
    'table ip cloud',
    'delete table ip cloud',
    'table ip cloud {',
    ...chains,
    chain('forward', ['type filter hook forward priority filter + 10', ...forward]),
    '}',
  ].join('\n')
}

const chain = (name: string, rules: readonly string[]): string => [`chain ${name} {`, ...rules.map((rule) => `  ${rule};`), '}'].join('\n')

/** https://www.iana.org/assignments/protocol-numbers/ */
const protocolNames: Readonly<Record<string, string>> = { 6: 'tcp', 17: 'udp' }

function matchOf({ peer, protocol, ports, icmp }: Filter, side: 'saddr' | 'daddr'): string {
  const address = peer === '0.0.0.0/0' ? '' : `ip ${side} ${peer}`
  const name = protocolNames[protocol]
  const rest =
    protocol === 'all'
      ? ''
      : name !== undefined && ports
        ? `${name} dport ${ports.min}-${ports.max}`
        : icmp
          ? `icmp type ${icmp.type}${icmp.code === undefined ? '' : ` icmp code ${icmp.code}`}`
          : `meta l4proto ${protocol}`
  return [address, rest].filter((part) => part !== '').join(' ') || 'ip version 4'
}
