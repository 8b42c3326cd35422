/**
 * Runs a module on a host. Here, and only here, it is decided what changed: states are read, compared with what the module
 * plans, shown, applied, read again and compared once more.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { apply } from '../apply/apply.ts'
import { KNOWN_AFTER_APPLY, UnknownStateError, type ActionModule, type Difference, type Event, type Module, type Planned, type ReadModule, type Refusal, type StateModule } from '../contract/kinds.ts'
import type { Probe, QueryReply } from '../contract/resource.ts'
import { DiagnosticError, fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { compare } from '../diff/compare.ts'
import { printState, show, type ShowContext, type Shown } from '../diff/show.ts'
import type { Become, Port } from '../port/port.ts'
import type { Overlay } from '../probe/overlay.ts'
import { readState, type ProbeContext, type ReadState } from '../probe/probe.ts'
import { predictedState, stateAt } from '../probe/state.ts'
import { fromPlain } from '../value/convert.ts'
import { Dict, Unknown, type Value } from '../value/value.ts'
import { failed, NOTHING, type Failure, type Outcome } from './outcome.ts'

/** What a module run needs of its surroundings. */
export interface ModuleContext extends ShowContext {
  readonly port: Port
  readonly become: Become | undefined
  readonly environment: Readonly<Record<string, string>>
  /** True in a dry run. */
  readonly check: boolean
  readonly overlay: Overlay
  readonly liveUnknownBecause: string | undefined
  /** How a cause names this task: `TASK [frr : install]`. */
  readonly cause: string
  /** Called when the task changed something, or in a dry run would have. */
  readonly changedHost: () => void
  /** True where the task says by `changed_when: false` that it alters nothing. */
  readonly changesNothing: boolean
  readonly timestamp: string
}

/** How long an engine waits between two looks at a state that is to settle, in milliseconds. */
const SETTLE_INTERVAL_MS = 250

/** Runs a module with parsed parameters. Failures of the task are outcomes; only a host that does not answer throws. */
export async function runModule(module: Module, params: unknown, context: ModuleContext): Promise<Outcome> {
  try {
    if (module.kind === 'state') return await runState(module, params, context)
    if (module.kind === 'read') return await runRead(module, params, context)
    return await runAction(module, params, context)
  } catch (error) {
    if (error instanceof UnknownStateError) return unknown(error.cause)
    if (error instanceof DiagnosticError && !isHostFault(error)) return failed(failureOf(error.first))
    throw error
  }
}

const HOST_FAULTS: ReadonlySet<Diagnostic['code']> = new Set(['UNREACHABLE', 'HOST_KEY_UNKNOWN', 'HOST_KEY_CHANGED', 'HOST_KEY_REVOKED', 'AUTHENTICATION_FAILED', 'CONNECTION_LOST', 'UNSUPPORTED_SSH_OPTION'])

/** Whether the host as a whole did not answer. */
export function isHostFault(error: DiagnosticError): boolean {
  return HOST_FAULTS.has(error.first.code)
}

export function failureOf(diagnostic: Diagnostic): Failure {
  return { message: diagnostic.summary, detail: diagnostic.detail, diagnostic }
}

function unknown(cause: string, more: Partial<Outcome> = {}): Outcome {
  return { ...NOTHING, ...more, unknown: cause }
}

// --- state -------------------------------------------------------------------------------------------------------------

async function runState(module: StateModule, params: unknown, context: ModuleContext): Promise<Outcome> {
  const probes = probeContext(context)
  const before = await readState(module.probe(params), probes)
  const planned = module.plan(before.object, params) as Planned<unknown>
  const after = planned.after
  const differs = compare(before.object, after)
  const sure = differs.filter((difference) => !(difference.before instanceof Unknown))
  const dependsOn = differs.map((difference) => difference.before).find((state) => state instanceof Unknown)?.cause
  const events = module.events?.({ before: before.object, params: params, differs }) ?? []
  const shown = show(before.leaves, differs, events, context)
  const changed = differs.length > 0 || events.length > 0
  const result = (returned: unknown): Dict => resultOf(() => module.result?.({ params: params, before: before.object, after: after, differs, returned }) ?? {})

  if (context.check) {
    if (changed) {
      predict(module, before, after, params, differs, context)
      context.changedHost()
    }
    const outcome: Outcome = { changed, data: result(undefined), shown }
    const withRefusals = refuse(outcome, planned.refusals)
    if (sure.length === 0 && events.length === 0 && dependsOn !== undefined) return unknown(dependsOn, { shown, failure: withRefusals.failure })
    return withRefusals
  }

  if (!changed) return refuse({ changed, data: result(undefined), shown }, planned.refusals)
  let stepsDone = 0
  try {
    const returned = await apply(module.apply({ params: params, before: before.object, after: after as never, differs, events, timestamp: context.timestamp }), {
      ...context,
      done: () => {
        if (stepsDone++ === 0) context.changedHost()
      },
    })
    const verified = await settle(module, params, before, events, differs, context)
    const broken = compare(withoutUnknown(after, verified.object), verified.object)
    if (broken.length > 0) throw new DiagnosticError(brokenPromise(verified, broken))
    return refuse({ changed, data: result(returned), shown }, planned.refusals)
  } catch (error) {
    if (!(error instanceof DiagnosticError) || isHostFault(error)) throw error
    const failure = await withEvidence(failureOf(error.first), module.evidence?.(params), probes)
    return failed(failure, { changed: stepsDone > 0, shown })
  }
}

/** Tells the overlay of the state that the task would have brought about. */
function predict(module: StateModule, before: ReadState, after: unknown, params: unknown, differs: readonly Difference[], context: ModuleContext): void {
  const affected = module.affects?.({ before: before.object, after: after as never, params: params, differs }) ?? []
  for (const each of affected) context.overlay.affect(each, context.cause)
  for (const { path, probe } of before.leaves) {
    const state = stateAt(after, path)
    if (state === KNOWN_AFTER_APPLY) context.overlay.affect({ resource: probe.resource }, context.cause)
    else if (state !== undefined) {
      const changed = differs.some((difference) => path.every((key, index) => difference.path[index] === key))
      context.overlay.predict(probe.resource, predictedState(state, context.cause), changed ? context.cause : undefined)
    }
  }
}

/** Reads again after applying, until the state has settled where the module says when. */
async function settle(module: StateModule, params: unknown, before: ReadState, events: readonly Event[], differs: readonly Difference[], context: ModuleContext): Promise<ReadState> {
  const probes = probeContext(context)
  const appliedAt = Date.now()
  const read = (): Promise<ReadState> => readState(module.probe(params), probes)
  let state = await read()
  const { settles } = module
  const situation = { params: params as never, before: before.object as never, events, differs }
  if (!settles || settles.needed?.(situation) === false) return state
  const holds = async (): Promise<boolean> => {
    const watched = settles.watch ? (await readState(settles.watch(params), probes)).object : {}
    try {
      return settles.when(state.object, params, { ...situation, watched, elapsedMs: Date.now() - appliedAt })
    } catch (error) {
      if (error instanceof DiagnosticError || !(error instanceof Error) || error.constructor !== Error) throw error
      fail('DID_NOT_SETTLE', error.message)
    }
  }
  let since = (await holds()) ? Date.now() : undefined
  while (since === undefined || Date.now() - since < (settles.staysMs ?? 0)) {
    if (since === undefined && Date.now() - appliedAt >= settles.withinMs) {
      fail('DID_NOT_SETTLE', `the state did not settle within ${settles.withinMs / 1000} s`, { detail: describeState(state) })
    }
    await delay(SETTLE_INTERVAL_MS)
    state = await read()
    const held = await holds()
    if (since !== undefined && !held) {
      fail('DID_NOT_SETTLE', `the state was reached and lost again within ${((Date.now() - since) / 1000).toFixed(1)} s`, { detail: describeState(state) })
    }
    if (held) since ??= Date.now()
  }
  return state
}

/** What was promised, with what only applying could tell filled in from what is there. */
function withoutUnknown(after: unknown, actual: unknown): unknown {
  if (after === KNOWN_AFTER_APPLY) return actual
  if (after === null || typeof after !== 'object' || Array.isArray(after) || Object.getPrototypeOf(after) !== Object.prototype) return after
  const copy: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(after)) {
    Object.defineProperty(copy, key, { value: withoutUnknown(value, stateAt(actual, [key])), enumerable: true })
  }
  return copy
}

function brokenPromise(state: ReadState, broken: readonly Difference[]): Diagnostic {
  const lines = broken.map(({ path, before, after }) => {
    const leaf = state.leaves.find((each) => each.path.every((key, index) => path[index] === key))
    const label = leaf ? [leaf.probe.label ?? leaf.probe.resource, ...path.slice(leaf.path.length)].join(' ') : path.join(' ')
    return `${label}: promised ${printState(before)}, is ${printState(after)}`
  })
  return { code: 'MODULE_BROKE_PROMISE', severity: 'error', summary: 'after the change the host is not in the state that was promised', detail: lines.join('\n') }
}

function describeState(state: ReadState): string {
  return state.leaves.map(({ probe }, index) => `${probe.label ?? probe.resource}: ${state.states[index]!.known ? printState((state.states[index] as { value: unknown }).value) : 'unknown'}`).join('\n')
}

/** Refusals fail the task after everything else was done. */
function refuse(outcome: Outcome, refusals: readonly Refusal[] | undefined): Outcome {
  if (!refusals || refusals.length === 0) return outcome
  const [first, ...rest] = refusals
  const detail = [first!.detail, first!.hint, ...rest.flatMap((each) => [each.summary, each.detail, each.hint])].filter((line) => line !== undefined).join('\n')
  const message = refusals.map((each) => each.summary).join('; ')
  return { ...outcome, failure: { message, detail: detail === '' ? undefined : detail, diagnostic: { code: 'REFUSED', severity: 'error', summary: message } } }
}

// --- read --------------------------------------------------------------------------------------------------------------

async function runRead(module: ReadModule, params: unknown, context: ModuleContext): Promise<Outcome> {
  const probes = probeContext(context)
  const read = (): Promise<ReadState> => readState(module.probe(params), probes)
  const missingIn = (state: ReadState): readonly string[] => module.missing?.(state.object, params) ?? []
  const wait = module.wait?.(params)
  const startedAt = Date.now()
  if (wait?.delayMs !== undefined && wait.delayMs > 0 && !context.check) await delay(wait.delayMs)
  let state = await read()
  let missing = missingIn(state)
  // A dry run looks once: it cannot bring about what it would wait for.
  while (missing.length > 0 && wait && !context.check && Date.now() - startedAt < wait.timeoutMs) {
    await delay(wait.intervalMs)
    state = await read()
    missing = missingIn(state)
  }
  const data = resultOf(() => module.result({ state: state.object, params: params }))
  data.set('elapsed', Math.floor((Date.now() - startedAt) / 1000))
  if (missing.length === 0) return { changed: false, data, shown: [] }
  const waited = wait && !context.check ? ` after ${((Date.now() - startedAt) / 1000).toFixed(0)} s` : ''
  const failure: Failure = { message: missing.length === 1 ? missing[0]! : `${missing.length} things are missing${waited}`, detail: missing.length === 1 ? undefined : missing.join('\n'), diagnostic: { code: 'ASSERTION_FAILED', severity: 'error', summary: missing[0]! } }
  return failed(await withEvidence(failure, module.evidence?.(params), probes), { data })
}

// --- action ------------------------------------------------------------------------------------------------------------

async function runAction(module: ActionModule, params: unknown, context: ModuleContext): Promise<Outcome> {
  if (module.probe) {
    const state = await readState(module.probe(params), probeContext(context))
    const guarded = module.guard?.(state.object, params)
    if (guarded) {
      const data = resultOf(() => guarded.result)
      return { changed: false, data, shown: [], ...(guarded.skipped && { skipped: { reason: typeof guarded.result['msg'] === 'string' ? guarded.result['msg'] : 'Conditional result was False' } }) }
    }
  }
  if (context.check) {
    if (!context.changesNothing) {
      context.overlay.affectAll(context.cause)
      context.changedHost()
    }
    const shown: Shown[] = [{ kind: 'event', name: 'would run', target: context.cause }]
    return { ...NOTHING, skipped: { reason: 'Command would have run if not in check mode' }, unknown: context.cause, shown: context.changesNothing ? [] : shown }
  }
  let started = false
  const returned = await apply(module.run(params as never), {
    ...context,
    done: () => {
      if (!started && !context.changesNothing) context.changedHost()
      started = true
    },
  })
  const data = resultOf(() => returned)
  const outcome: Outcome = { changed: true, data, shown: [] }
  if (returned['failed'] !== true) return outcome
  return { ...outcome, failure: { message: typeof returned['msg'] === 'string' ? returned['msg'] : 'the command failed', detail: commandWords(returned) } }
}

function commandWords(returned: Record<string, unknown>): string | undefined {
  const words = ['stderr', 'stdout'].map((key) => returned[key]).filter((text) => typeof text === 'string' && text.trim() !== '')
  return words.length === 0 ? undefined : words.join('\n').split('\n').slice(-40).join('\n')
}

// --- shared ------------------------------------------------------------------------------------------------------------

function probeContext(context: ModuleContext): ProbeContext {
  return { port: context.port, become: context.become, overlay: context.check ? context.overlay : undefined, liveUnknownBecause: context.check ? context.liveUnknownBecause : undefined }
}

/** A result as values; what a dry run cannot know becomes an `Unknown`. */
function resultOf(make: () => Record<string, unknown>): Dict {
  let plain: Record<string, unknown>
  try {
    plain = make()
  } catch (error) {
    if (!(error instanceof UnknownStateError)) throw error
    return new Dict()
  }
  const dict = new Dict()
  for (const [key, value] of Object.entries(plain)) if (value !== undefined) dict.set(key, toValue(value))
  return dict
}

function toValue(plain: unknown): Value {
  return plain === KNOWN_AFTER_APPLY ? new Unknown('known after apply') : fromPlain(plain)
}

/** Adds what the module wants to have read when it fails. */
async function withEvidence(failure: Failure, probes: readonly Probe<string>[] | undefined, context: ProbeContext): Promise<Failure> {
  if (!probes || probes.length === 0) return failure
  const outcomes = await context.port.read(probes.map((probe) => probe.read), { become: context.become })
  const texts = outcomes.flatMap((outcome, index) => {
    if ('problem' in outcome) return []
    const text = probes[index]!.parse(outcome.reply as QueryReply as never).trim()
    return text === '' ? [] : [`${probes[index]!.label ?? probes[index]!.resource}:\n${text}`]
  })
  return { ...failure, detail: [failure.detail, ...texts].filter((part) => part !== undefined).join('\n') }
}

