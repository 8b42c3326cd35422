/** Runs one play: its hosts in batches, one batch after the other. */
import { fail } from '../diagnostic/diagnostic.ts'
import { matchHosts, matchLimit } from '../load/inventory/pattern.ts'
import type { CompiledPlay } from '../plan/compiled.ts'
import { Pending, settled } from '../resolve/pending.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { print } from '../value/print.ts'
import { RawDict, Template, type Raw, type Value } from '../value/value.ts'
import { BatchRun, type PlayEnd } from './batch.ts'
import { promptFor } from './prompt.ts'
import { playAtRest, type Session } from './session.ts'

/** What a `tags` gives before the run; of what cannot be told yet, in a list too, its text. */
export function tagValue(raw: Raw, evaluator: Evaluator): Value {
  try {
    const value = evaluator.valueIfDefined(raw)
    if (value !== undefined) return value
  } catch (error) {
    if (!(error instanceof Pending)) throw error
  }
  if (Array.isArray(raw)) return raw.map((each) => tagValue(each, evaluator))
  return raw instanceof Template ? raw.text : (raw as Value)
}

/** Evaluates what stands at a play itself: its name, its hosts, its files of variables. */
export function playEvaluator(session: Session, compiled: CompiledPlay): Evaluator {
  return session.evaluator(undefined, playAtRest(compiled, '', [], new RawDict()), undefined)
}

/** The play's name: templated, else its host pattern, a list of the playbook's joined with commas. */
export function playName(compiled: CompiledPlay, evaluator: Evaluator): string {
  const raw = compiled.play.keywords.get('name')?.raw ?? compiled.play.keywords.get('hosts')!.raw
  const text = (part: Raw): string => {
    const value = evaluator.valueIfDefined(part)
    if (value !== undefined) return value === null ? '' : print(value)
    return part instanceof Template ? part.text : print(part as Value)
  }
  return Array.isArray(raw) ? raw.map(text).join(',') : text(raw)
}

/** The play's `hosts`: one text, or those of its list. A template may also give an empty list, or nothing. */
export function hostPatterns(compiled: CompiledPlay, evaluator: Evaluator): string[] {
  const { raw, keyRange, node } = compiled.play.keywords.get('hosts')!
  const value = evaluator.value(raw)
  if (raw instanceof Template && (value === null || (Array.isArray(value) && value.length === 0))) return []
  const names = Array.isArray(value) ? value : [value]
  if (names.every((name) => name === null || (typeof name === 'string' && name.trim() === ''))) fail('MISSING_KEYWORD', "'hosts' is empty", { range: keyRange })
  const other = names.find((name) => typeof name !== 'string')
  if (other !== undefined)
    fail('WRONG_TYPE', `'hosts' is a text, or a list of texts, and has ${print(other)}`, { range: node.range, hint: 'Put quotes around it.' })
  return names as string[]
}

/** The hosts of a play in the order of the inventory, `--limit` applied. `tells`: whether a name that nothing is called by is warned of. */
export function playHosts(session: Session, compiled: CompiledPlay, tells = true, evaluator = playEvaluator(session, compiled)): string[] {
  const hosts = compiled.play.keywords.get('hosts')!
  const matched = matchHosts(session.inventory, hostPatterns(compiled, evaluator), hosts.node.range, (part, hint) => {
    if (tells)
      session.warn({ code: 'UNKNOWN_HOST_PATTERN', severity: 'warning', summary: `no host or group is called '${part}'`, range: hosts.node.range, hint })
  })
  const { limit } = session.options
  if (limit === undefined) return matched
  const allowed = matchLimit(session.inventory, limit, session.reader, () => undefined)
  return matched.filter((name) => allowed.has(name))
}

function ordered(hosts: readonly string[], compiled: CompiledPlay, evaluator: Evaluator): string[] {
  const keyword = compiled.play.keywords.get('order')
  if (!keyword || keyword.raw === null) return [...hosts]
  const wanted = print(evaluator.value(keyword.raw))
  if (wanted === 'inventory') return [...hosts]
  if (wanted === 'reverse_inventory') return hosts.toReversed()
  if (wanted === 'sorted') return hosts.toSorted()
  if (wanted === 'reverse_sorted') return hosts.toSorted().toReversed()
  if (wanted === 'shuffle')
    return hosts
      .map((host) => [Math.random(), host] as const)
      .sort(([a], [b]) => a - b)
      .map(([, host]) => host)
  fail('UNSUPPORTED_VALUE', `'order' is '${wanted}'`, {
    range: keyword.node.range,
    hint: 'It is one of inventory, reverse_inventory, sorted, reverse_sorted, shuffle.',
  })
}

/** Runs the play's batches one after the other. */
export async function runPlay(session: Session, compiled: CompiledPlay, interrupted: () => boolean): Promise<PlayEnd> {
  const general = playEvaluator(session, compiled)
  const hosts = await settled(() => playHosts(session, compiled, true, general))
  const prompted = await promptFor(session, compiled, general)
  const name = await settled(() => playName(compiled, general))
  for (const host of session.hosts.values()) if (host.isLostLater) host.out ??= 'failed'
  if (hosts.length === 0) session.emit({ kind: 'no-hosts', play: name, reason: 'no hosts matched' })
  let maybeEnded: string | undefined
  for (const batch of await settled(() => batches(ordered(hosts, compiled, general), compiled, general))) {
    const gone = new Set(hosts.filter((each) => session.host(each).out !== undefined))
    if (batch.every((each) => gone.has(each))) {
      session.emit({ kind: 'no-hosts', play: name, reason: 'no hosts left' })
      continue
    }
    const play = { ...playAtRest(compiled, name, hosts, prompted), batch, gone }
    const forget = compiled.compiler.mark()
    const batchRun = new BatchRun(session, play, interrupted, maybeEnded)
    const end = await batchRun.run()
    // What a batch has included is not there for the next.
    forget()
    if (end !== 'done') return end
    maybeEnded ??= batchRun.playMaybeEnded
  }
  return 'done'
}

/** `serial`: numbers and percentages; the last counts for all further batches. */
function batches(hosts: readonly string[], compiled: CompiledPlay, evaluator: Evaluator): string[][] {
  const keyword = compiled.play.keywords.get('serial')
  const value = keyword && keyword.raw !== null ? evaluator.value(keyword.raw) : 0
  const sizes = (Array.isArray(value) ? value : [value]).map((size): number => {
    const text = print(size)
    const number = /^(-?\d+)(%?)$/.exec(text)
    if (!number) fail('WRONG_TYPE', `'serial' is '${text}'`, { range: keyword!.node.range, hint: 'It is a number of hosts, a percentage, or a list of those.' })
    return number[2] === '%' ? Math.max(1, Math.floor((Number(number[1]) * hosts.length) / 100)) : Number(number[1])
  })
  const result: string[][] = []
  for (let at = 0, index = 0; at < hosts.length; index++) {
    const size = sizes[Math.min(index, sizes.length - 1)]!
    const batch = hosts.slice(at, size <= 0 ? hosts.length : at + size)
    result.push(batch)
    at += batch.length
  }
  return result
}
