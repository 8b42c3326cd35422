/** Names of hosts as inventories write them: `db:2222`, `web[01:10].example.com`, `db-[a:c]`, `n[0:8:2]`. */
import { fail } from '../../diagnostic/diagnostic.ts'
import type { SourceRange } from '../../diagnostic/source.ts'

/** A range above this many hosts is refused. */
const MAX_HOSTS = 100_000

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

export interface NamedHosts {
  readonly names: readonly string[]
  /** What stands behind a colon: the host's `ansible_port`. */
  readonly port: number | undefined
}

/** A name as the Internet has it, with ranges in it: what does not look like one has no port behind it, as in Ansible. */
const HOST_NAME = /^(?:[\p{L}\p{N}_]|\[[^\]]*\])(?:[\p{L}\p{N}_.-]|\[[^\]]*\])*$/u

/** All hosts that an entry of an inventory stands for. An IPv6 address has to be in brackets where a port follows. */
export function readHostNames(entry: string, at: SourceRange | undefined): NamedHosts {
  const found = /^(?:\[([^\]]*:[^\]]*)\]|((?:[^:[\]]|\[[^\]]*\])+)):(\d+)$/.exec(entry)
  const withPort = found?.[2] === undefined || HOST_NAME.test(found[2]) ? found : undefined
  if (withPort?.[1] !== undefined) return { names: [withPort[1]], port: Number(withPort[3]) }
  return { names: expandHostRange(withPort?.[2] ?? entry, at), port: withPort ? Number(withPort[3]) : undefined }
}

/** All names that a pattern stands for; a name without a range stands for itself, a range that runs backwards for none. */
export function expandHostRange(pattern: string, at: SourceRange | undefined): string[] {
  if (!/[[\]]/.test(pattern)) return [pattern]
  const match = /^([^[\]]*)\[([^\]:]*):([^\]:]+)(?::(\d+))?\](.*)$/.exec(pattern)
  const middles = match && sequence(match[2] === '' ? '0' : match[2]!, match[3]!, Number(match[4] ?? 1))
  if (!match || !middles) fail('BAD_INVENTORY', `'${pattern}' has a range that cannot be read`, { range: at, hint: 'Write [1:9], [01:09], [a:f] or [0:8:2].' })
  const tails = expandHostRange(match[5]!, at)
  if (middles.length * tails.length > MAX_HOSTS) fail('LIMIT_EXCEEDED', `'${pattern}' stands for more than ${MAX_HOSTS} hosts`, { range: at })
  return middles.flatMap((middle) => tails.map((tail) => `${match[1]}${middle}${tail}`))
}

/** What a range runs through; undefined where its ends do not go together. Ends with a leading zero have to be equally long. */
function sequence(from: string, to: string, step: number): string[] | undefined {
  if (step < 1) return undefined
  if (/^\d+$/.test(from) && /^\d+$/.test(to)) {
    const width = from.length > 1 && from.startsWith('0') ? from.length : 0
    if (width > 0 && width !== to.length) return undefined
    return numbers(Number(from), Number(to), step).map((number) => String(number).padStart(width, '0'))
  }
  if (!/^[a-zA-Z]$/.test(from) || !/^[a-zA-Z]$/.test(to)) return undefined
  return numbers(LETTERS.indexOf(from), LETTERS.indexOf(to), step).map((index) => LETTERS[index]!)
}

/** The numbers from one to another, at most one more than are allowed. */
function numbers(from: number, to: number, step: number): number[] {
  const count = Math.min(Math.max(0, Math.floor((to - from) / step) + 1), MAX_HOSTS + 1)
  return Array.from({ length: count }, (_, index) => from + index * step)
}
