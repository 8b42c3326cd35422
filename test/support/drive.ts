/**
 * Drives one module on one real host, for tests of modules: the engine runs it, over SSH, and what it was asked and what it
 * answered on the way is kept.
 */
import type { Difference, Event, Module, Refusal, Step } from '../../runner/module.ts'
import type { Port } from '../../runner/port/port.ts'
import { NO_CLOUD } from './cloud.ts'
import { runAlone, watched } from './engine.ts'
import { Overlay } from '../../runner/probe/overlay.ts'
import type { Outcome } from '../../runner/run/outcome.ts'
import { withoutUnknown } from '../../runner/report/human.ts'
import { toJson } from '../../runner/value/convert.ts'
import type { Host } from './scratch.ts'

export interface Driven {
  readonly differs: readonly Difference[]
  readonly events: readonly Event[]
  readonly refusals: readonly Refusal[]
  /** What was run: argv, or `put PATH`. Empty in a check. */
  readonly steps: readonly string[]
  readonly result: Record<string, unknown>
  /** Why it failed; undefined where it did not. Refusals are not in here. */
  readonly problem: string | undefined
  /** What the host said of it. */
  readonly evidence: string
}

/** Drives a module of the kind `state`. */
export async function drive(module: Module, args: Record<string, unknown>, host: Host, options: { check?: boolean } = {}): Promise<Driven> {
  if (module.kind !== 'state') throw new Error('drive() is for modules of the kind state')
  const watch = watched(module)
  const steps: string[] = []
  const outcome = await run(watch.module, args, recorded(host.port, steps), options)
  const isRefused = outcome.failure?.diagnostic?.code === 'REFUSED'
  return {
    ...watch.seen,
    steps,
    result: resultOf(outcome),
    problem: isRefused ? undefined : outcome.failure?.message,
    evidence: isRefused ? '' : (outcome.failure?.detail ?? ''),
  }
}

/** Reads with a module of the kind `read`, waiting for its assertion as long as it says. */
export async function ask(
  module: Module,
  args: Record<string, unknown>,
  host: Host,
): Promise<{ missing: readonly string[]; result: Record<string, unknown>; reads: number; evidence: string }> {
  if (module.kind !== 'read') throw new Error('ask() is for modules of the kind read')
  let missing: readonly string[] = []
  let reads = 0
  const watched: Module = {
    ...module,
    missing: (state, params) => {
      reads++
      return (missing = module.missing?.(state, params) ?? [])
    },
  }
  const outcome = await run(watched, args, host.port, {})
  return { missing, result: resultOf(outcome), reads, evidence: outcome.failure?.detail ?? '' }
}

function run(module: Module, args: Record<string, unknown>, port: Port, { check = false }: { check?: boolean }): Promise<Outcome> {
  return runAlone(module, args, { port, cloud: NO_CLOUD, become: { method: 'sudo', user: 'root' }, overlay: check ? new Overlay() : undefined })
}

/** The port, with a note of each step that goes through it. */
function recorded(port: Port, steps: string[]): Port {
  const note = (step: Step) =>
    steps.push(step.kind === 'run' || step.kind === 'reconnect' ? step.argv.join(' ') : step.kind === 'put' ? `put ${step.path}` : step.operation)
  return {
    read: (reads, options) => port.read(reads, options),
    run: (step, options) => {
      note(step)
      return port.run(step, options)
    },
    put: (step, options) => {
      note(step)
      return port.put(step, options)
    },
    close: () => port.close(),
  }
}

function resultOf(outcome: Outcome): Record<string, unknown> {
  return JSON.parse(toJson(withoutUnknown(outcome.data))) as Record<string, unknown>
}
