/** Reads the probes of a task in one round trip, under what a dry run has predicted. */
import { UnknownStateError, type ProbeTree } from '../contract/kinds.ts'
import type { Probe } from '../contract/resource.ts'
import { fail } from '../diagnostic/diagnostic.ts'
import type { Become, Port, ReadOutcome } from '../port/port.ts'
import { readOnlyFault } from './allowed.ts'
import { isAbsent, type Overlay, type Overlaid } from './overlay.ts'
import { leavesOf, stateObject, type Leaf, type LeafState } from './state.ts'

export interface ProbeContext {
  readonly port: Port
  readonly become: Become | undefined
  /** In a dry run; undefined where everything that is read is real. */
  readonly overlay: Overlay | undefined
  /** In a dry run: the task that first would have changed something anywhere, after which `live:` resources are unknown. */
  readonly liveUnknownBecause: string | undefined
}

/** What a task's probes read. */
export interface ReadState {
  readonly leaves: readonly Leaf[]
  readonly states: readonly LeafState[]
  /** As the module sees it. */
  readonly object: Record<string, unknown>
}

/** A generator of probes may ask this many times. */
const MAX_ROUNDS = 20

/**
 * Reads a tree, or drives a generator of trees to its end and reads what it returns.
 *
 * @throws {UnknownStateError} where a generator touches a state that a dry run cannot know.
 * @throws {DiagnosticError} PROBE_FAILED and what the port throws.
 */
export async function readState(source: ProbeTree | Generator<ProbeTree, ProbeTree, never>, context: ProbeContext): Promise<ReadState> {
  if (typeof (source as Generator).next !== 'function') return readTree(source as ProbeTree, context)
  const generator = source as Generator<ProbeTree, ProbeTree, unknown>
  let turn = generator.next()
  for (let round = 0; !turn.done; round++) {
    if (round >= MAX_ROUNDS) throw new Error('a module asked for more rounds of reads than any needs')
    turn = generator.next((await readTree(turn.value, context)).object)
  }
  return readTree(turn.value, context)
}

async function readTree(tree: ProbeTree, context: ProbeContext): Promise<ReadState> {
  const leaves = leavesOf(tree)
  const overlaid = leaves.map(({ probe }) => overlay(probe, context))
  const needed = leaves.filter((_, index) => mayNeedReading(overlaid[index]!))
  for (const { probe } of needed) {
    const fault = probe.read.kind === 'query' ? readOnlyFault(probe.read.argv) : undefined
    if (fault) fail(fault.code, fault.summary, fault)
  }
  const outcomes = needed.length === 0 ? [] : await context.port.read(needed.map(({ probe }) => probe.read), { become: context.become })
  const byLeaf = new Map(needed.map((leaf, index): [Leaf, ReadOutcome] => [leaf, outcomes[index]!]))
  const states = leaves.map((leaf, index) => leafState(leaf, overlaid[index]!, byLeaf.get(leaf)))
  return { leaves, states, object: stateObject(leaves, states) }
}

function overlay(probe: Probe<unknown>, context: ProbeContext): Overlaid {
  if (probe.resource.startsWith('live:') && context.liveUnknownBecause !== undefined) {
    return { kind: 'unknown', cause: context.liveUnknownBecause, onlyIfAbsent: false }
  }
  const overlaid = context.overlay?.lookup(probe.resource) ?? { kind: 'real' }
  if (overlaid.kind === 'predicted' || !probe.tellsOf) return overlaid
  const cause = context.overlay?.changedBy(probe.tellsOf)
  return cause === undefined ? overlaid : { kind: 'unknown', cause, onlyIfAbsent: false }
}

function mayNeedReading(overlaid: Overlaid): boolean {
  return overlaid.kind === 'real' || (overlaid.kind === 'unknown' && overlaid.onlyIfAbsent)
}

function leafState(leaf: Leaf, overlaid: Overlaid, outcome: ReadOutcome | undefined): LeafState {
  if (overlaid.kind === 'predicted') return { known: true, value: overlaid.state }
  if (outcome === undefined) return { known: false, cause: (overlaid as { cause: string }).cause }
  const value = parsed(leaf, outcome)
  if (overlaid.kind === 'unknown' && isAbsent(value)) return { known: false, cause: overlaid.cause }
  return { known: true, value }
}

function parsed(leaf: Leaf, outcome: ReadOutcome): unknown {
  const { probe } = leaf
  if ('problem' in outcome) fail(outcome.problem.code, outcome.problem.summary, outcome.problem)
  try {
    return probe.parse(outcome.reply as never)
  } catch (error) {
    if (error instanceof UnknownStateError) throw error
    fail('PROBE_FAILED', `what the host answers about ${probe.label ?? probe.resource} makes no sense`, { detail: (error as Error).message })
  }
}
