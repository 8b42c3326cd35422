/** Reads the probes of a task in one round trip, under what a dry run has predicted. */
import { UnknownStateError, type ProbeTree } from '../contract/kinds.ts'
import type { FileReply, FileStat, HostRead, Probe, QueryReply } from '../contract/resource.ts'
import { fail } from '../diagnostic/diagnostic.ts'
import type { CloudOutcome, CloudPort } from '../port/cloud.ts'
import { readControllerFile } from '../port/controller.ts'
import type { Become, Port, ReadOutcome } from '../port/port.ts'
import { readOnlyCallFault, readOnlyFault } from './allowed.ts'
import { isAbsent, type Overlay, type Overlaid } from './overlay.ts'
import { leavesOf, stateObject, type Leaf, type LeafState } from './state.ts'

export interface ProbeContext {
  readonly port: Port
  readonly cloud: CloudPort
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
  /** What was read of files on the host and is not compared, by path. */
  readonly stats: ReadonlyMap<string, FileStat>
  /** As the module sees it. */
  readonly object: Record<string, unknown>
}

/** A generator of probes may ask this many times. */
const MAX_ROUNDS = 20

/**
 * Reads a tree, or drives a generator of trees to its end and reads what it returns. What one tree of a generator has read
 * is not read again for a later one.
 *
 * @throws {UnknownStateError} where a generator touches a state that a dry run cannot know.
 * @throws {DiagnosticError} PROBE_FAILED and what the port throws.
 */
export async function readState(source: ProbeTree | Generator<ProbeTree, ProbeTree, never>, context: ProbeContext): Promise<ReadState> {
  const known: Known = new Map()
  if (typeof (source as Generator).next !== 'function') return readTree(source as ProbeTree, context, known)
  const generator = source as Generator<ProbeTree, ProbeTree, unknown>
  let turn = generator.next()
  for (let round = 0; !turn.done; round++) {
    if (round >= MAX_ROUNDS) throw new Error('a module asked for more rounds of reads than any needs')
    turn = generator.next((await readTree(turn.value, context, known)).object)
  }
  return readTree(turn.value, context, known)
}

/** Sends probes as they are, past what a dry run has predicted. Queries and calls have to be of those that only read. */
export async function ask(
  probes: readonly Probe<unknown>[],
  { port, cloud, become }: Pick<ProbeContext, 'port' | 'cloud' | 'become'>,
): Promise<ProbeOutcome[]> {
  const reads = probes.map(({ read }) => read)
  for (const read of reads) {
    const fault = read.kind === 'query' ? readOnlyFault(read) : read.kind === 'cloud' ? readOnlyCallFault(read) : undefined
    if (fault) fail(fault.code, fault.summary, fault)
  }
  const onHost = reads.filter((read): read is HostRead => read.kind === 'query' || (read.kind === 'file' && read.on === undefined))
  const inCloud = reads.filter((read) => read.kind === 'cloud')
  const [fromHost, fromCloud] = await Promise.all([onHost.length === 0 ? [] : port.read(onHost, { become }), inCloud.length === 0 ? [] : cloud.read(inCloud)])
  return reads.map((read) => {
    if (read.kind === 'cloud') return fromCloud[inCloud.indexOf(read)]!
    return read.kind === 'file' && read.on === 'controller' ? readControllerFile(read.path) : fromHost[onHost.indexOf(read)]!
  })
}

/** The answer to one probe. */
type ProbeOutcome = ReadOutcome | CloudOutcome

/** What was read so far, by `nameOf` the probe. */
type Known = Map<string, LeafState>

/** Probes of one name read the same thing; of a file they may want more or less. */
function nameOf({ resource, read }: Probe<unknown>): string {
  return read.kind === 'file' ? `${read.content} ${resource}` : resource
}

async function readTree(tree: ProbeTree, context: ProbeContext, known: Known): Promise<ReadState> {
  const leaves = leavesOf(tree)
  const open = new Map<string, { readonly probe: Probe<unknown>; readonly overlaid: Overlaid }>()
  for (const { probe } of leaves) if (!known.has(nameOf(probe))) open.set(nameOf(probe), { probe, overlaid: overlay(probe, context) })
  const needed = [...open.values()].filter(({ overlaid }) => mayNeedReading(overlaid)).map(({ probe }) => probe)
  const outcomes = await ask(needed, context)
  for (const [name, { probe, overlaid }] of open) {
    const at = needed.indexOf(probe)
    known.set(name, leafState(probe, overlaid, at < 0 ? undefined : outcomes[at], context))
  }
  const states = leaves.map(({ probe }) => known.get(nameOf(probe))!)
  return { leaves, states, stats: statsOf(leaves, states), object: stateObject(leaves, states) }
}

function statsOf(leaves: readonly Leaf[], states: readonly LeafState[]): Map<string, FileStat> {
  const stats = new Map<string, FileStat>()
  leaves.forEach(({ probe: { read } }, index) => {
    const state = states[index]!
    if (read.kind === 'file' && state.known && state.stat) stats.set(read.path, state.stat)
  })
  return stats
}

function overlay(probe: Probe<unknown>, context: ProbeContext): Overlaid {
  if (probe.isOfConnection === true) return { kind: 'real' }
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

function leafState(probe: Probe<unknown>, overlaid: Overlaid, outcome: ProbeOutcome | undefined, context: ProbeContext): LeafState {
  if (overlaid.kind === 'predicted') return { known: true, value: overlaid.state }
  if (outcome === undefined) return { known: false, cause: (overlaid as { cause: string }).cause }
  const mayCome = programMayCome(probe, outcome, context)
  if (mayCome !== undefined) return { known: false, cause: mayCome }
  const value = parsed(probe, outcome)
  if (overlaid.kind === 'unknown' && isAbsent(value)) return { known: false, cause: overlaid.cause }
  return { known: true, value, stat: probe.read.kind === 'file' && 'reply' in outcome ? (outcome.reply as FileReply).stat : undefined }
}

/** Of a query that does not work now: the task that may have brought its program. */
function programMayCome({ read }: Probe<unknown>, outcome: ProbeOutcome, { overlay }: ProbeContext): string | undefined {
  if (read.kind !== 'query' || !overlay) return undefined
  const works = 'reply' in outcome && (outcome.reply as QueryReply).exitCode !== 127
  const program = works ? undefined : overlay.lookup(`file:/usr/bin/${read.argv[0]}`)
  return program?.kind === 'unknown' ? program.cause : undefined
}

function parsed(probe: Probe<unknown>, outcome: ProbeOutcome): unknown {
  if ('problem' in outcome && probe.optional === true) return undefined
  if ('problem' in outcome) fail(outcome.problem.code, outcome.problem.summary, outcome.problem)
  try {
    return probe.parse(outcome.reply as never)
  } catch (error) {
    if (error instanceof UnknownStateError) throw error
    fail('PROBE_FAILED', `what the host answers about ${probe.label ?? probe.resource} makes no sense`, { detail: (error as Error).message })
  }
}
