/** Host patterns, as in a play's `hosts` and in `--limit`: `web:&prod:!old`, `*.example.com`, `~db\d+`, `web[0:2]`. */
import { fail } from '../../diagnostic/diagnostic.ts'
import type { SourceRange } from '../../diagnostic/source.ts'
import { didYouMean } from '../../diagnostic/suggest.ts'
import type { Inventory } from './inventory.ts'

/** The hosts that a pattern names, in the inventory's order of first mention. A part that matches nothing is reported to `unmatched`. */
export function matchHosts(inventory: Inventory, pattern: string, at: SourceRange | undefined, unmatched: (part: string, hint: string | undefined) => void): string[] {
  const parts = splitPattern(pattern)
  // Exclusions and intersections apply to the union of the rest, whatever the order.
  const plain = parts.filter((part) => !/^[&!]/.test(part))
  let hosts: string[] = plain.length === 0 ? matchOne(inventory, 'all', at, unmatched) : []
  for (const part of plain) for (const host of matchOne(inventory, part, at, unmatched)) if (!hosts.includes(host)) hosts.push(host)
  for (const part of parts.filter((each) => each.startsWith('&'))) {
    const wanted = new Set(matchOne(inventory, part.slice(1), at, unmatched))
    hosts = hosts.filter((host) => wanted.has(host))
  }
  for (const part of parts.filter((each) => each.startsWith('!'))) {
    const unwanted = new Set(matchOne(inventory, part.slice(1), at, () => undefined))
    hosts = hosts.filter((host) => !unwanted.has(host))
  }
  return hosts
}

/** Splits at commas, else at colons that are neither in brackets nor part of an IPv6 address. */
function splitPattern(pattern: string): string[] {
  const parts = pattern.includes(',') ? pattern.split(',') : /^[0-9a-fA-F]*(:[0-9a-fA-F]*){3,}$/.test(pattern) ? [pattern] : (pattern.match(/(?:\[[^\]]*\]|[^:[])+/g) ?? [])
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

function matchOne(inventory: Inventory, part: string, at: SourceRange | undefined, unmatched: (part: string, hint: string | undefined) => void): string[] {
  if (part.startsWith('~')) {
    let regex: RegExp
    try {
      regex = new RegExp(`^(?:${part.slice(1)})`)
    } catch (error) {
      fail('UNKNOWN_HOST_PATTERN', `'${part}' is not a regular expression`, { range: at, detail: (error as Error).message })
    }
    return collect(inventory, part, (name) => regex.test(name), unmatched)
  }
  const subscript = /^(.*[^[\]])\[(?:(-?\d+)|(-?\d*):(-?\d*))\]$/.exec(part)
  if (subscript) {
    const hosts = matchOne(inventory, subscript[1]!, at, unmatched)
    if (subscript[2] !== undefined) return hosts.slice(Number(subscript[2]), Number(subscript[2]) === -1 ? undefined : Number(subscript[2]) + 1)
    const end = subscript[4] === '' ? undefined : Number(subscript[4])
    return hosts.slice(subscript[3] === '' ? 0 : Number(subscript[3]), end === undefined || end === -1 ? undefined : end + 1)
  }
  const regex = new RegExp(`^${part.replace(/[^\w]/g, globCharacter)}$`)
  return collect(inventory, part, (name) => regex.test(name), unmatched)
}

function globCharacter(char: string): string {
  return char === '*' ? '.*' : char === '?' ? '.' : char.replace(/[\\^$.|+(){}[\]]/g, '\\$&')
}

function collect(inventory: Inventory, part: string, matches: (name: string) => boolean, unmatched: (part: string, hint: string | undefined) => void): string[] {
  const found = new Set<string>()
  let anyGroup = false
  for (const group of inventory.groups.keys()) {
    if (!matches(group)) continue
    anyGroup = true
    for (const host of inventory.hostsOf(group)) found.add(host)
  }
  for (const host of inventory.hosts.values()) if (host.listed && matches(host.name)) found.add(host.name)
  if (found.size === 0 && !anyGroup) {
    if (isLocalhost(part)) {
      if (!inventory.hosts.has(part)) inventory.hosts.set(part, { name: part, vars: new Map(), listed: false })
      return [part]
    }
    unmatched(part, didYouMean(part, [...inventory.groups.keys(), ...inventory.hosts.keys()]))
  }
  return [...inventory.hosts.keys()].filter((name) => found.has(name))
}

export function isLocalhost(name: string): boolean {
  return name === 'localhost' || name === '127.0.0.1' || name === '::1'
}
