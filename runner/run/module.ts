/**
 * Runs a module on a host. Here, and only here, it is decided what changed: states are read, compared with what the module
 * plans, shown, applied, read again and compared once more.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { apply, StepError } from '../apply/apply.ts'
import {
  isCertain,
  KNOWN_AFTER_APPLY,
  orUnknown,
  UnknownStateError,
  type ActionModule,
  type Difference,
  type Event,
  type FileStats,
  type Module,
  type Planned,
  type ReadModule,
  type Refusal,
  type StateModule,
} from '../contract/kinds.ts'
import { hostAnswers, type Probe, type QueryReply } from '../contract/resource.ts'
import { NothingDone } from '../contract/step.ts'
import { DiagnosticError, fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { compare } from '../diff/compare.ts'
import { diffIn } from '../diff/form.ts'
import { printState, show, type ShowContext, type Shown } from '../diff/show.ts'
import type { CloudPort } from '../port/cloud.ts'
import type { Become, Port } from '../port/port.ts'
import type { Overlay } from '../probe/overlay.ts'
import { ask, readState, type ProbeContext, type ReadState } from '../probe/probe.ts'
import { predictedState, stateAt } from '../probe/state.ts'
import { fromPlain } from '../value/convert.ts'
import { linesOf } from '../value/text.ts'
import { Dict, Unknown } from '../value/value.ts'
import { withHostPaths } from './host-paths.ts'
import type { Machine } from './machine.ts'
import { failed, failureOf, NOTHING, type Failure, type Outcome } from './outcome.ts'

/** What a module run needs of its surroundings. */
export interface ModuleContext extends ShowContext {
  readonly port: Port
  /** What the port leads to. */
  readonly machine: Machine
  readonly cloud: CloudPort
  readonly become: Become | undefined
  readonly environment: Readonly<Record<string, string>>
  /** When what still runs on the host is ended, in milliseconds since 1970; undefined: only by its own limit. */
  readonly deadline?: number | undefined
  /** True where nothing is applied: in a dry run, and with `check_mode: true`. */
  readonly check: boolean
  /** What a dry run believes of the host; undefined in a run that applies. */
  readonly overlay: Overlay | undefined
  /** False where a run, too, would leave the host as it is: with `check_mode: true`. The overlay then learns nothing. */
  readonly predicts: boolean
  readonly liveUnknownBecause: string | undefined
  /** In a dry run: why it cannot be known whether the task runs at all. What it would change is unknown afterwards. */
  readonly maybeBecause: string | undefined
  /** How a cause names this task: `TASK [frr : install]`. */
  readonly cause: string
  /** Called in a dry run when the task would have changed something, or may have. */
  readonly predictedChange: () => void
  /** True where the task says by `changed_when: false` that it alters nothing. */
  readonly changesNothing: boolean
  readonly timestamp: string
  /** Whether texts that differ are asked for, with `--diff` or the task's `diff`, and may be told: not with `no_log`. */
  readonly showsDiff: boolean
}

/** How long an engine waits between two looks at a state that is to settle, in milliseconds. */
const SETTLE_INTERVAL_MS = 250

/** Runs a module with parsed parameters. Failures of the task are outcomes; only a host that does not answer throws. */
export async function runModule(module: Module, params: unknown, context: ModuleContext): Promise<Outcome> {
  try {
    const outcome = await runKind(module, await withHostPaths(module, params, context.environment, probeContext(context)), context)
    return context.maybeBecause === undefined ? { ...outcome, changedFirst: module.kind !== 'read' } : unknown(context.maybeBecause)
  } catch (error) {
    if (error instanceof UnknownStateError) return unknown(context.maybeBecause ?? error.cause)
    if (!(error instanceof DiagnosticError) || isHostFault(error)) throw error
    return context.maybeBecause === undefined ? failed(failureOf(error.first), { data: answerOf(error.first) }) : unknown(context.maybeBecause)
  }
}

function runKind(module: Module, params: unknown, context: ModuleContext): Promise<Outcome> {
  if (module.kind === 'state') return runState(module, params, context)
  if (module.kind === 'read') return runRead(module, params, context)
  return runAction(module, params, context)
}

const HOST_FAULTS: ReadonlySet<Diagnostic['code']> = new Set([
  'UNREACHABLE',
  'HOST_KEY_UNKNOWN',
  'HOST_KEY_CHANGED',
  'HOST_KEY_REVOKED',
  'AUTHENTICATION_FAILED',
  'CONNECTION_LOST',
  'UNSUPPORTED_SSH_OPTION',
])

/** Whether the host as a whole did not answer. */
export function isHostFault(error: DiagnosticError): boolean {
  return HOST_FAULTS.has(error.first.code)
}

/** What Ansible tells of a module that did not come to run: how the program ended that should have run it. */
function answerOf({ code, detail }: Diagnostic): Dict {
  return code === 'BECOME_FAILED' ? Dict.of({ rc: 1, module_stdout: '', module_stderr: detail ?? '' }) : new Dict()
}

function unknown(cause: string, more: Partial<Outcome> = {}): Outcome {
  return { ...NOTHING, ...more, unknown: cause }
}

// --- state -------------------------------------------------------------------------------------------------------------

/** What a state module makes of what was read: everything that follows from the plan, computed once. */
interface Plan {
  readonly before: ReadState
  readonly planned: Planned<unknown>
  readonly differs: readonly Difference[]
  readonly events: readonly Event[]
  readonly changed: boolean
  readonly shown: readonly Shown[]
}

/** What alters a machine is done one after the other; who finds it altered since it looked, looks again. */
async function runState(module: StateModule, params: unknown, context: ModuleContext): Promise<Outcome> {
  const { machine, check } = context
  const alter = async (plan: Plan): Promise<Outcome> => (check ? predict(module, params, plan, context) : change(module, params, plan, context))
  const seen = machine.alterations
  const plan = await planned(module, params, context)
  if (!plan.changed || plan.before.leaves.every(({ probe }) => probe.read.kind === 'cloud')) return alter(plan)
  return machine.exclusively(async () => {
    const current = machine.alterations === seen ? plan : await planned(module, params, context)
    if (current.changed) machine.alterations++
    return alter(current)
  })
}

async function planned(module: StateModule, params: unknown, context: ModuleContext): Promise<Plan> {
  let before: ReadState | undefined
  try {
    keepSecrets(module, params, undefined, context)
    before = await readState(module.probe(params), probeContext(context))
    keepSecrets(module, params, before, context)
    const planned = module.plan(before.object, params) as Planned<unknown>
    const differs = compare(before.object, planned.after)
    const events = module.events?.({ before: before.object, params, differs }) ?? []
    return { before, planned, differs, events, changed: differs.length > 0 || events.length > 0, shown: show(before.leaves, differs, events, context) }
  } catch (error) {
    if (error instanceof UnknownStateError) loseTrack(module, before, error.cause, context)
    throw error
  }
}

/** Registers what the module says must not be shown. A secret that a dry run cannot know cannot be shown either. */
function keepSecrets(module: StateModule | ReadModule, params: unknown, state: ReadState | undefined, { secrets }: ModuleContext): void {
  const found = orUnknown(() => module.secrets?.({ params, state: state?.object }) ?? [])
  if (!(found instanceof Unknown)) for (const secret of found) if (secret !== undefined) secrets.add(secret)
}

/**
 * What a dry run cannot plan may be done in a run: what the task deals with is unknown from here on. Files that were read for
 * their existence and attributes alone are where it acts, not what it alters; those that are not there it may make.
 */
function loseTrack(module: StateModule, before: ReadState | undefined, because: string, context: ModuleContext): void {
  const { overlay, predicts, maybeBecause } = context
  if (!overlay || !predicts) return
  const cause = maybeBecause ?? because
  context.predictedChange()
  if (!before || module.affects) overlay.affectAll(cause)
  else
    for (const { probe } of before.leaves) {
      const onlyIfAbsent = probe.read.kind === 'file' && probe.read.content === 'none'
      overlay.affect({ resource: probe.resource, onlyIfAbsent }, cause)
    }
}

/** A dry run: shows what would change, and has later tasks see it. */
function predict(module: StateModule, params: unknown, plan: Plan, context: ModuleContext): Outcome {
  const { before, planned, differs, events, changed, shown } = plan
  if (changed && context.overlay && context.predicts) {
    foresee(module, params, plan, planned.after, context.overlay, context)
    context.predictedChange()
  }
  const situation: Situation = {
    params,
    before: before.object,
    after: planned.after,
    differs,
    statsBefore: Object.fromEntries(before.stats),
    stats: statsAhead(before, differs),
    returned: undefined,
  }
  const result = orUnknown(() => resultOf(module, situation, plan, context))
  const data = result instanceof Unknown ? { data: new Dict(), unknownData: result.cause } : { data: result }
  const reported = orUnknown(() => (changed ? module.resultInCheck?.(situation) : undefined))
  const document = reported === undefined || reported instanceof Unknown ? undefined : dictOf(reported, context)
  const outcome = refuse({ changed, ...data, ...(document && { reported: withDiff(module, document, situation, plan, context) }), shown }, planned.refusals)
  if (events.length > 0 || differs.length === 0 || differs.some(isCertain)) return outcome
  const dependsOn = differs.flatMap((difference) => [difference.before, difference.after]).find((state) => state instanceof Unknown)!.cause
  return unknown(dependsOn, { shown, failure: outcome.failure })
}

type Situation = Parameters<NonNullable<StateModule['result']>>[0]

/** What `register` gets of a state module beside `changed`. */
function resultOf(module: StateModule, situation: Situation, plan: Plan, context: ModuleContext): Dict {
  const { refusals } = plan.planned
  if (refusals && refusals.length > 0 && !plan.changed) {
    const told = [module.resultWhenRefused?.(situation), ...refusals.map((each) => each.result)]
    return dictOf(Object.fromEntries(told.flatMap((each) => Object.entries(each ?? {}))), context)
  }
  return withDiff(module, dictOf(module.result?.(situation) ?? {}, context), situation, plan, context)
}

/** Adds `diff` where Ansible's module has one. What a dry run cannot know of it is only in what is shown. */
function withDiff(module: StateModule, result: Dict, situation: Situation, { before, planned }: Plan, context: ModuleContext): Dict {
  if (!module.diff || planned.refusals) return result
  const diff = orUnknown(() => {
    const form = module.diff!(situation)
    return form && diffIn(form, { ...situation, leaves: before.leaves, withTexts: context.showsDiff, check: context.check, context })
  })
  return diff === undefined || diff instanceof Unknown ? result : new Dict([...result, ...dictOf({ diff }, context)])
}

/** What will be there beside the states, as far as a dry run can tell. */
function statsAhead(before: ReadState, differs: readonly Difference[]): FileStats {
  const ahead: Record<string, FileStats[string]> = Object.fromEntries(before.stats)
  for (const { path } of differs) {
    const leaf = before.leaves.find((each) => each.path.every((key, index) => path[index] === key))
    if (leaf?.probe.read.kind === 'file' && ['type', 'owner', 'group', 'target'].includes(path.at(-1)!)) ahead[leaf.probe.read.path] = KNOWN_AFTER_APPLY
  }
  return ahead
}

/** Tells the overlay of the state that the task brings about, or may bring about. */
function foresee(
  module: StateModule,
  params: unknown,
  { before, differs }: Plan,
  after: unknown,
  overlay: Overlay,
  { cause, maybeBecause }: ModuleContext,
): void {
  const because = maybeBecause ?? cause
  try {
    for (const each of module.affects?.({ before: before.object, after: after as never, params, differs }) ?? []) overlay.affect(each, because)
  } catch (error) {
    if (!(error instanceof UnknownStateError)) throw error
    overlay.affectAll(because)
  }
  for (const { path, probe } of before.leaves) {
    const state = stateAt(after, path)
    if (state === undefined) continue
    const changes = differs.some((difference) => path.every((key, index) => difference.path[index] === key))
    if (maybeBecause !== undefined) {
      if (changes) overlay.affect({ resource: probe.resource }, maybeBecause)
    } else if (state === KNOWN_AFTER_APPLY) overlay.affect({ resource: probe.resource }, cause)
    else overlay.predict(probe.resource, predictedState(state, cause), changes ? cause : undefined)
  }
}

/** Applies what was planned, reads it back and holds the module to its promise. */
async function change(module: StateModule, params: unknown, plan: Plan, context: ModuleContext): Promise<Outcome> {
  const { before, planned, differs, events, changed, shown } = plan
  const statsBefore = Object.fromEntries(before.stats)
  const situation = { params, before: before.object, after: planned.after, differs, statsBefore, stats: statsBefore, returned: undefined } as Situation
  if (!changed) return refuse({ changed, data: resultOf(module, situation, plan, context), shown }, planned.refusals)
  let stepsDone = 0
  try {
    const returned = await apply(
      module.apply({ params, before: before.object, after: planned.after as never, differs, events, timestamp: context.timestamp }),
      {
        ...context,
        done: () => {
          stepsDone++
        },
      },
    )
    const appliedAt = Date.now()
    let verified = await settle(module, params, plan, context)
    let promised = withoutUnknown(planned.after, verified.object)
    let broken = compare(promised, verified.object)
    while (broken.length > 0 && Date.now() - appliedAt < (module.lagsMs ?? 0)) {
      await delay(SETTLE_INTERVAL_MS)
      verified = await readState(module.probe(params, planned.after), probeContext(context))
      promised = withoutUnknown(planned.after, verified.object)
      broken = compare(promised, verified.object)
    }
    keepSecrets(module, params, verified, context)
    if (broken.length > 0) throw new DiagnosticError(brokenPromise(verified, broken, context))
    // A task of a dry run that is really run (`check_mode: false`) overrules what was predicted before it; of all else what is real tells.
    if (context.overlay?.changedBy(before.leaves.map(({ probe }) => probe.resource)) !== undefined)
      foresee(module, params, plan, verified.object, context.overlay, context)
    const reached = { ...situation, after: promised as never, stats: Object.fromEntries(verified.stats), returned }
    return refuse({ changed, data: resultOf(module, reached, plan, context), shown }, planned.refusals)
  } catch (error) {
    if (!(error instanceof DiagnosticError) || isHostFault(error)) throw error
    const failure = await withEvidence(failureOf(error.first), module.evidence?.(params), context)
    const untouched = stepsDone === 0 ? module.resultWhenRefused?.(situation) : undefined
    const data = dictOf({ ...untouched, ...(error instanceof StepError && error.result) }, context)
    return failed(failure, { changed: stepsDone > 0, shown, data })
  }
}

/** Reads again after applying, until the state has settled where the module says when. */
async function settle(module: StateModule, params: unknown, { before, planned, events, differs }: Plan, context: ModuleContext): Promise<ReadState> {
  const probes = probeContext(context)
  const appliedAt = Date.now()
  const read = (): Promise<ReadState> => readState(module.probe(params, planned.after), probes)
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
      fail('DID_NOT_SETTLE', `the state did not settle within ${settles.withinMs / 1000} s`, { detail: describeState(state, planned.after, context) })
    }
    await delay(SETTLE_INTERVAL_MS)
    state = await read()
    const held = await holds()
    if (since !== undefined && !held) {
      fail('DID_NOT_SETTLE', `the state was reached and lost again within ${((Date.now() - since) / 1000).toFixed(1)} s`, {
        detail: describeState(state, planned.after, context),
      })
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

function brokenPromise(state: ReadState, broken: readonly Difference[], { secrets }: ModuleContext): Diagnostic {
  const lines = broken.map(({ path, before, after }) => {
    const leaf = state.leaves.find((each) => each.path.every((key, index) => path[index] === key))
    const label = leaf ? [leaf.probe.label ?? leaf.probe.resource, ...path.slice(leaf.path.length)].join(' ') : path.join(' ')
    // What is there instead of a secret (an old key) is as secret, and nobody has registered it.
    if (secrets.isIn(printState(before))) return `${label}: is not what was promised; it holds a secret`
    return `${label}: promised ${printState(before)}, is ${printState(after)}`
  })
  return {
    code: 'MODULE_BROKE_PROMISE',
    severity: 'error',
    summary: 'after the change the host is not in the state that was promised',
    detail: lines.join('\n'),
  }
}

function describeState(state: ReadState, promised: unknown, { secrets }: ModuleContext): string {
  return state.leaves
    .map(({ path, probe }, index) => {
      const label = probe.label ?? probe.resource
      const read = state.states[index]!
      if (!read.known) return `${label}: unknown`
      return secrets.isIn(printState(stateAt(promised, path))) ? `${label}: not shown; it holds a secret` : `${label}: ${printState(read.value)}`
    })
    .join('\n')
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
  if (context.maybeBecause !== undefined) return NOTHING
  if (module.waitsForConnection === true && context.check) return { ...NOTHING, skipped: { reason: 'It waits for nothing in a dry run' } }
  const probes = probeContext(context)
  const read = async (): Promise<ReadState | Diagnostic> => {
    try {
      const state = await readState(module.probe(params), probes)
      keepSecrets(module, params, state, context)
      return state
    } catch (error) {
      if (module.waitsForConnection !== true || !(error instanceof DiagnosticError)) throw error
      return error.first
    }
  }
  const missingIn = (state: ReadState | Diagnostic): readonly string[] =>
    'code' in state ? [`timed out waiting for the host: ${state.summary}`] : (module.missing?.(state.object, params) ?? [])
  const wait = module.wait?.(params)
  const startedAt = Date.now()
  keepSecrets(module, params, undefined, context)
  if (wait?.delayMs !== undefined && wait.delayMs > 0 && !context.check) await delay(wait.delayMs)
  let state = await read()
  let missing = missingIn(state)
  // A dry run looks once: it cannot bring about what it would wait for.
  while (missing.length > 0 && wait && !context.check && Date.now() - startedAt < wait.timeoutMs) {
    await delay(wait.intervalMs)
    state = await read()
    missing = missingIn(state)
  }
  const data = 'code' in state ? new Dict() : dictOf(module.result({ state: state.object, params, stats: Object.fromEntries(state.stats), missing }), context)
  if (wait) data.set('elapsed', Math.floor((Date.now() - startedAt) / 1000))
  if (missing.length === 0) return { changed: false, data, shown: [] }
  const timedOut = wait && !context.check ? module.timedOut?.(params) : undefined
  const waited = wait && !context.check ? ` after ${((Date.now() - startedAt) / 1000).toFixed(0)} s` : ''
  const failure: Failure = {
    message: timedOut ?? (missing.length === 1 ? missing[0]! : `${missing.length} things are missing${waited}`),
    detail: timedOut === undefined && missing.length === 1 ? undefined : missing.join('\n'),
    diagnostic: { code: 'ASSERTION_FAILED', severity: 'error', summary: missing[0]! },
  }
  return failed(await withEvidence(failure, module.evidence?.(params), context), { data })
}

// --- action ------------------------------------------------------------------------------------------------------------

async function runAction(module: ActionModule, params: unknown, context: ModuleContext): Promise<Outcome> {
  try {
    return await actOrPredict(module, params, context)
  } catch (error) {
    if (!(error instanceof NothingDone)) throw error
    return failed({ message: error.message }, { data: dictOf(error.result, context) })
  }
}

async function actOrPredict(module: ActionModule, params: unknown, context: ModuleContext): Promise<Outcome> {
  const { refusedOnController: refused } = module
  if (refused && context.port.isController === true) return failed({ message: refused.msg }, { data: dictOf(refused, context) })
  const guarded = await guard(module, params, context)
  if (guarded) {
    const { result } = guarded
    const reason = typeof result['msg'] === 'string' ? result['msg'] : 'Conditional result was False'
    return { changed: false, data: dictOf(result, context), shown: [], ...(guarded.skipped && { skipped: { reason } }) }
  }
  const { overlay, cause, changesNothing } = context
  if (context.check) {
    // A run would need the host to answer.
    await context.port.read([hostAnswers().read], { become: context.become })
    const dry = module.dryRun?.(params)
    const data = dictOf(dry?.result ?? {}, context)
    const shown: Outcome =
      dry?.counts === 'changed'
        ? { changed: true, data, shown: [], unknownData: cause }
        : { ...NOTHING, data, skipped: { reason: 'Command would have run if not in check mode' } }
    if (!overlay || !context.predicts) return shown
    const open: Outcome = shown.skipped ? { ...shown, unknown: cause } : shown
    if (changesNothing || module.makesOnlyNew === true) return open
    alterAnything(overlay, context)
    return { ...open, shown: [{ kind: 'event', name: 'would run', target: cause }] }
  }
  const returned = await apply(module.run(params as never), { ...context, done: () => undefined })
  // What was only predicted before the task was not there for it.
  if (overlay && !changesNothing && !overlay.isEmpty) alterAnything(overlay, context)
  const outcome: Outcome = { changed: true, data: dictOf(returned, context), shown: [] }
  if (returned['failed'] !== true) return outcome
  return { ...outcome, failure: { message: typeof returned['msg'] === 'string' ? returned['msg'] : 'the command failed' } }
}

async function guard(
  module: ActionModule,
  params: unknown,
  context: ModuleContext,
): Promise<{ readonly result: Record<string, unknown>; readonly skipped?: boolean } | undefined> {
  if (!module.probe) return undefined
  try {
    const state = await readState(module.probe(params), probeContext(context))
    return module.guard?.(state.object, params, context.check)
  } catch (error) {
    if (error instanceof UnknownStateError && context.overlay && context.predicts && !context.changesNothing) alterAnything(context.overlay, context)
    throw error
  }
}

/** Nobody can tell what an action does to a host. */
function alterAnything(overlay: Overlay, { cause, maybeBecause, predictedChange }: ModuleContext): void {
  overlay.affectAll(maybeBecause ?? cause)
  predictedChange()
}

// --- shared ------------------------------------------------------------------------------------------------------------

/** Where a task is really run, what it reads is real. */
function probeContext({ port, cloud, become, check, overlay, liveUnknownBecause }: ModuleContext): ProbeContext {
  return { port, cloud, become, overlay: check ? overlay : undefined, liveUnknownBecause: check ? liveUnknownBecause : undefined }
}

/** A result as values; what only applying can tell is unknown. */
function dictOf(result: Readonly<Record<string, unknown>>, { cause }: ModuleContext): Dict {
  const dict = new Dict()
  for (const [key, value] of Object.entries(result)) if (value !== undefined) dict.set(key, fromPlain(unknownUntilApplied(value, cause)))
  // As in Ansible whatever tells of an output tells of its lines.
  for (const key of ['stdout', 'stderr']) {
    const text = dict.get(key)
    if (typeof text === 'string' && !dict.has(`${key}_lines`)) dict.set(`${key}_lines`, linesOf(text))
  }
  return dict
}

/** The same with what only applying can tell as unknown, at any depth. */
function unknownUntilApplied(value: unknown, cause: string): unknown {
  if (value === KNOWN_AFTER_APPLY) return new Unknown(cause)
  if (Array.isArray(value)) return value.map((item) => unknownUntilApplied(item, cause))
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unknownUntilApplied(item, cause)]))
}

/** Adds what the module wants to have read when it fails. */
async function withEvidence(failure: Failure, probes: readonly Probe<string>[] | undefined, context: ModuleContext): Promise<Failure> {
  if (!probes || probes.length === 0) return failure
  const outcomes = await ask(probes, context)
  const texts = outcomes.flatMap((outcome, index) => {
    if ('problem' in outcome) return []
    const text = probes[index]!.parse(outcome.reply as QueryReply as never).trim()
    return text === '' ? [] : [`${probes[index]!.label ?? probes[index]!.resource}:\n${text}`]
  })
  return { ...failure, detail: [failure.detail, ...texts].filter((part) => part !== undefined).join('\n') }
}
