/**
 * firewalld's language of rich rules (firewalld.richlanguage(5)), read into parts and written in one way, so that quotes,
 * order and long words for units of time make no difference. Written as firewalld itself lists rules.
 */
import type { Element } from './xml.ts'

type Attributes = Readonly<Record<string, string>>

interface Part {
  readonly name: string
  readonly attributes: Attributes
  /** Of what is counted: how often at most. */
  limit?: Attributes
}

/** What a part may say, in the order in which firewalld writes it. */
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  rule: ['priority', 'family'],
  source: ['invert', 'address', 'mac', 'ipset'],
  destination: ['invert', 'address', 'ipset'],
  service: ['name'],
  port: ['port', 'protocol'],
  protocol: ['value'],
  'icmp-block': ['name'],
  'icmp-type': ['name'],
  masquerade: [],
  'forward-port': ['port', 'protocol', 'to-port', 'to-addr'],
  'source-port': ['port', 'protocol'],
  'tcp-mss-clamp': ['value'],
  log: ['prefix', 'level'],
  nflog: ['group', 'prefix', 'queue-size'],
  audit: [],
  accept: [],
  reject: ['type'],
  drop: [],
  mark: ['set'],
}
const LIMIT = ['value', 'burst']
const LIMITED = new Set(['log', 'nflog', 'audit', 'accept', 'reject', 'drop', 'mark'])

/** Parts of one group exclude each other; the groups are in firewalld's order. */
const GROUPS: readonly (readonly string[])[] = [
  ['source'],
  ['destination'],
  ['service', 'port', 'protocol', 'icmp-block', 'icmp-type', 'masquerade', 'forward-port', 'source-port', 'tcp-mss-clamp'],
  ['log', 'nflog'],
  ['audit'],
  ['accept', 'reject', 'drop', 'mark'],
]

/** A rule in the one way of writing it. Throws a sentence where the text is no rule. */
export function canonicalRule(text: string): string {
  const parts: { name: string; attributes: Record<string, string>; limit?: Record<string, string> }[] = []
  let attributes: Record<string, string> | undefined
  let known: readonly string[] = []
  for (const { word, name, value } of tokensIn(text)) {
    if (parts.length === 0 && word !== 'rule') throw new Error("it has to begin with 'rule'")
    if (name !== undefined) {
      if (!known.includes(name)) throw new Error(`'${name}' cannot stand there`)
      attributes![name] = value!
    } else if (word.toLowerCase() === 'not' && known.includes('invert')) attributes!['invert'] = 'true'
    else if (word === 'limit') {
      const last = parts.at(-1)!
      if (!LIMITED.has(last.name)) throw new Error("'limit' has to follow what it limits")
      attributes = last.limit = {}
      known = LIMIT
    } else {
      if (ATTRIBUTES[word] === undefined || (word === 'rule' && parts.length > 0)) throw new Error(`'${word}' is no part of a rule`)
      attributes = {}
      parts.push({ name: word, attributes })
      known = ATTRIBUTES[word]
    }
  }
  if (parts.length < 2) throw new Error('it says nothing')
  return write(parts[0]!.attributes, parts.slice(1))
}

/** The rule of a zone's file. */
export function canonicalRuleOf(rule: Element): string {
  return write(
    rule.attributes,
    rule.children.map(({ name, attributes, children }) => {
      const limit = children.find((child) => child.name === 'limit')
      return { name, attributes, ...(limit && { limit: limit.attributes }) }
    }),
  )
}

/** Words, and `name=value` with or without quotes around the value. */
function tokensIn(text: string): { word: string; name?: string; value?: string }[] {
  const tokens = [...text.matchAll(/([\w-]+)=(?:"([^"]*)"|'([^']*)'|(\S*))|(\S+)/g)]
  return tokens.map(([whole, name, double, single, bare]) =>
    name === undefined ? { word: whole } : { word: whole, name, value: double ?? single ?? bare ?? '' },
  )
}

function write(attributes: Attributes, parts: readonly Part[]): string {
  const words = ['rule', ...written('rule', { ...attributes, ...(attributes['priority'] === '0' && { priority: '' }) })]
  for (const group of GROUPS) {
    const found = parts.filter(({ name }) => group.includes(name))
    if (found.length > 1) throw new Error(`'${found[0]!.name}' and '${found[1]!.name}' exclude each other`)
    for (const { name, attributes: own, limit } of found) {
      words.push(name, ...written(name, own))
      if (limit !== undefined) words.push('limit', ...LIMIT.filter((key) => limit[key] !== undefined).map((key) => `${key}="${shortUnit(limit[key]!)}"`))
    }
  }
  return words.join(' ')
}

function written(part: string, attributes: Attributes): string[] {
  return ATTRIBUTES[part]!.flatMap((key) => {
    const value = attributes[key] ?? ''
    if (value === '') return []
    if (key === 'invert') return /^(true|yes|1)$/i.test(value) ? ['NOT'] : []
    if (key === 'mac') return [`mac="${value.toUpperCase()}"`]
    // firewalld writes this one without quotes.
    return part === 'mark' ? [`set=${value}`] : [`${key}="${value}"`]
  })
}

/** `1/minute` is `1/m`. */
function shortUnit(limit: string): string {
  return limit.replace(/\/(second|minute|hour|day)$/, (_, unit: string) => `/${unit[0]!}`)
}
