/** Host patterns, as in a play's `hosts` and in `--limit`: `web:&prod:!old`, `*.example.com`, `~db\d+`, `web[0:2]`. */
import path from 'node:path'
import { fail } from '../../diagnostic/diagnostic.ts'
import type { SourceRange } from '../../diagnostic/source.ts'
import { didYouMean } from '../../diagnostic/suggest.ts'
import type { Reader } from '../reader.ts'
import { isLocalhost, type Inventory } from './inventory.ts'

/** The hosts that patterns name together, each part's in the order of its groups. A part that matches nothing is reported to `unmatched`. */
export function matchHosts(
  inventory: Inventory,
  patterns: readonly string[],
  at: SourceRange | undefined,
  unmatched: (part: string, hint: string | undefined) => void,
): string[] {
  const parts = patterns.flatMap(splitPattern)
  return parts.length === 0 ? [] : matchParts(inventory, parts, at, unmatched)
}

function matchParts(
  inventory: Inventory,
  parts: readonly string[],
  at: SourceRange | undefined,
  unmatched: (part: string, hint: string | undefined) => void,
): string[] {
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

/** The hosts that `--limit` names: as a pattern does, and each line of a file `@FILE` is a part. */
export function matchLimit(
  inventory: Inventory,
  limit: string,
  reader: Reader,
  unmatched: (part: string, hint: string | undefined) => void,
): ReadonlySet<string> {
  const parts = splitPattern(limit).flatMap((part) => (part.startsWith('@') ? linesOf(part.slice(1), reader) : [part]))
  return new Set(matchParts(inventory, parts, undefined, unmatched))
}

function linesOf(name: string, reader: Reader): string[] {
  return reader
    .text(path.resolve(reader.workingFolder, name))
    .text.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** Splits at commas, else at colons and spaces that are neither in brackets nor part of an IPv6 address. */
function splitPattern(pattern: string): string[] {
  const parts = pattern.includes(',') ? pattern.split(',') : isIpv6(pattern) ? [pattern] : (pattern.match(/(?:\[[^\]]*\]|[^\s:[])+/g) ?? [])
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** Also with wildcards in it. */
function isIpv6(text: string): boolean {
  return /^[0-9a-fA-F:*?]+$/.test(text) && (text.includes('::') || text.split(':').length === 8)
}

function matchOne(inventory: Inventory, part: string, at: SourceRange | undefined, unmatched: (part: string, hint: string | undefined) => void): string[] {
  if (inventory.hosts.get(part)?.listed) return [part]
  if (part.startsWith('~')) return collect(inventory, part, compile(`^(?:${part.slice(1)})`, part, at), unmatched)
  // As in Ansible, a slice begins with a number that is not negative; any other bracket is a set of characters.
  const subscript = /^(.+)\[(?:(-?\d+)|(\d+)[:-](\d*))\]$/.exec(part)
  if (subscript) {
    const [, base, index, from, to] = subscript
    const hosts = matchOne(inventory, base!, at, unmatched)
    if (index === undefined) return hosts.slice(Number(from), to === '' ? undefined : Number(to) + 1)
    const host = hosts.at(Number(index))
    if (host === undefined && hosts.length > 0) fail('UNKNOWN_HOST_PATTERN', `'${base}' has no host [${index}]: it has ${hosts.length}`, { range: at })
    return host === undefined ? [] : [host]
  }
  return collect(inventory, part, compile(`^${part.replace(/\[!?\]?[^\]]*\]|[^\w]/g, globPart)}$`, part, at), unmatched)
}

function compile(regex: string, part: string, at: SourceRange | undefined): RegExp {
  try {
    return new RegExp(regex)
  } catch (error) {
    fail('UNKNOWN_HOST_PATTERN', `'${part}' is not a pattern`, { range: at, detail: (error as Error).message })
  }
}

/** A part of a wildcard pattern (`*`, `?`, `[a-c]`, `[!x]`, any other character) as a regular expression. */
function globPart(part: string): string {
  if (part === '*') return '.*'
  if (part === '?') return '.'
  if (part.length === 1) return part.replace(/[\\^$.|+(){}[\]]/, '\\$&')
  const negated = part[1] === '!'
  return `[${negated ? '^' : ''}${part.slice(negated ? 2 : 1, -1).replace(/[\\\]^]/g, '\\$&')}]`
}

/** The hosts of the groups that match, then the hosts that do. */
function collect(inventory: Inventory, part: string, regex: RegExp, unmatched: (part: string, hint: string | undefined) => void): string[] {
  const found = new Set<string>()
  let anyGroup = false
  for (const group of inventory.groups.keys()) {
    if (!regex.test(group)) continue
    anyGroup = true
    for (const host of inventory.hostsOf(group)) found.add(host)
  }
  for (const host of inventory.hosts.values()) if (host.listed && regex.test(host.name)) found.add(host.name)
  if (found.size === 0 && !anyGroup) {
    if (isLocalhost(part)) return [inventory.localhost(part).name]
    unmatched(part, didYouMean(part, [...inventory.groups.keys(), ...inventory.hosts.keys()]))
  }
  return [...found]
}
