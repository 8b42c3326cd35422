/** What differs between a state and the state that a plan promises: the one place where `changed` comes from. */
import { Content } from '../contract/content.ts'
import { KNOWN_AFTER_APPLY, UnknownStateError } from '../contract/kinds.ts'
import type { Difference } from '../contract/kinds.ts'
import { Unknown } from '../value/value.ts'

/**
 * The differing leaves, in the order of `after`. Leaves are whatever is not a plain object: texts, numbers, lists as a
 * whole, contents (by digest). A probe that either side leaves out is kept as it is, so it does not differ. KNOWN_AFTER_APPLY
 * always differs. What a dry run does not know, of `before` or of what is planned, is an `Unknown`, and every leaf differs from
 * it: see `isCertain`. An absent leaf is undefined.
 *
 * @example compare({ file: { mode: '0644' } }, { file: { mode: '0600' } }) // [{ path: ['file', 'mode'], before: '0644', after: '0600' }]
 */
export function compare(before: unknown, after: unknown): Difference[] {
  const differences: Difference[] = []
  if (isRecord(before) && isRecord(after)) {
    for (const key of Object.keys(after)) if (Object.hasOwn(before, key)) walkPart([], key, before, after, differences)
  } else walk([], before, after, differences)
  return differences
}

function walk(path: readonly string[], before: unknown, after: unknown, differences: Difference[]): void {
  if (isRecord(after) && (isRecord(before) || before instanceof Unknown)) {
    const keys = new Set([...Object.keys(after), ...(isRecord(before) ? Object.keys(before) : [])])
    for (const key of keys) {
      if (isRecord(before)) walkPart(path, key, before, after, differences)
      else walk([...path, key], before, partOf(after, key), differences)
    }
    return
  }
  // A content that is kept is the same, be it known or not.
  if (before === after && after !== KNOWN_AFTER_APPLY) return
  const [now, then] = [known(before), known(after)]
  if (now instanceof Unknown || then instanceof Unknown || then === KNOWN_AFTER_APPLY || !isSame(now, then))
    differences.push({ path, before: now, after: then })
}

type Parts = Readonly<Record<string, unknown>>

function walkPart(path: readonly string[], key: string, before: Parts, after: Parts, differences: Difference[]): void {
  if (!isKeptUnknown(before, after, key)) walk([...path, key], partOf(before, key), partOf(after, key), differences)
}

/** Whether a plan keeps what is there without anybody knowing it: see `withChanges`. */
function isKeptUnknown(before: object, after: object, key: string): boolean {
  const [now, then] = [before, after].map((state) => Object.getOwnPropertyDescriptor(state, key))
  return then !== undefined && 'get' in then && then.get === now?.get
}

function known(leaf: unknown): unknown {
  return leaf instanceof Content && leaf.unknownBecause !== undefined ? new Unknown(leaf.unknownBecause) : leaf
}

/** Whether two leaves are the same: contents by digest, lists item by item. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (a instanceof Content && b instanceof Content) return a.sha256 === b.sha256
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => isSame(item, b[index]))
  if (a instanceof Map && b instanceof Map) return a.size === b.size && [...a].every(([key, value]) => b.has(key) && isSame(value, b.get(key)))
  if (isRecord(a) && isRecord(b)) {
    const keys = Object.keys(a)
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]))
  }
  return false
}

/** A part of a state; an `Unknown` where a dry run does not know it. */
export function partOf(record: Readonly<Record<string, unknown>>, key: string): unknown {
  try {
    return record[key]
  } catch (error) {
    if (error instanceof UnknownStateError) return new Unknown(error.cause)
    throw error
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
