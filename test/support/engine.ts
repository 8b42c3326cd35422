/** One module run by the engine, for tests: what it planned on the way is kept. */
import type { Difference, Event, Module, Refusal, StateModule } from '../../runner/module.ts'
import { Secrets } from '../../runner/resolve/secrets.ts'
import { Machine } from '../../runner/run/machine.ts'
import { runModule, type ModuleContext } from '../../runner/run/module.ts'
import type { Outcome } from '../../runner/run/outcome.ts'

/** What a module planned when it last ran. */
export interface Watch {
  differs: readonly Difference[]
  events: readonly Event[]
  refusals: readonly Refusal[]
}

/** The same module, with a note of what it plans. */
export function watched(module: StateModule): { readonly module: Module; readonly seen: Watch } {
  const seen: Watch = { differs: [], events: [], refusals: [] }
  return {
    seen,
    module: {
      ...module,
      plan: (before, params) => {
        const planned = module.plan(before, params)
        seen.refusals = planned.refusals ?? []
        return planned
      },
      events: (situation) => {
        seen.differs = situation.differs
        return (seen.events = module.events?.(situation) ?? [])
      },
    },
  }
}

/** Runs a module as a task named `test` would; with an overlay as a dry run, whose tasks see each other. */
export function runAlone(
  module: Module,
  args: Record<string, unknown>,
  { port, cloud, become, overlay }: Pick<ModuleContext, 'port' | 'cloud' | 'become' | 'overlay'>,
): Promise<Outcome> {
  return runModule(module, module.params().parse(args), {
    port,
    machine: new Machine(),
    cloud,
    become,
    environment: {},
    check: overlay !== undefined,
    overlay,
    predicts: true,
    liveUnknownBecause: overlay?.changedBy(['cloud:*', 'file:*']),
    maybeBecause: undefined,
    cause: 'TASK [test]',
    predictedChange: () => {},
    changesNothing: false,
    secrets: new Secrets(),
    secretFiles: new Set(),
    timestamp: '2026-01-31@10:15:59',
    showsDiff: true,
  })
}
