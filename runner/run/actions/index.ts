/** The actions of the runner itself, by their names. */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import { didYouMean } from '../../diagnostic/suggest.ts'
import type { BoundArguments } from '../../resolve/arguments.ts'
import { NOTHING } from '../outcome.ts'
import type { RunnerAction } from './action.ts'
import { assertThat, failAsAsked } from './assert.ts'
import { debug } from './debug.ts'
import { pause } from './pause.ts'
import { setFact } from './set-fact.ts'
import { gatherFacts, setup } from './setup.ts'

const ACTIONS: Readonly<Record<string, RunnerAction>> = {
  debug: { parameters: ['msg', 'var', 'verbosity'], run: debug },
  assert: { parameters: ['that', 'fail_msg', 'success_msg', 'quiet'], aliases: { fail_msg: ['msg'] }, run: assertThat },
  fail: { parameters: ['msg'], run: failAsAsked },
  set_fact: { parameters: undefined, run: setFact },
  pause: { parameters: ['seconds', 'minutes', 'prompt', 'echo'], run: pause },
  setup: { parameters: ['gather_subset', 'gather_timeout', 'filter', 'fact_path'], run: setup },
  gather_facts: { parameters: ['gather_subset', 'gather_timeout', 'filter', 'fact_path', 'parallel'], run: gatherFacts },
  meta: { parameters: ['_meta'], freeForm: '_meta', run: () => NOTHING },
}

/** An action of the runner, or undefined where the name is a module's. */
export function runnerAction(name: string): RunnerAction | undefined {
  return Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
}

/** Names that an action does not have. */
export function unknownActionArguments(bound: BoundArguments, action: RunnerAction): Diagnostic[] {
  const { parameters } = action
  if (!parameters) return []
  return [...bound.args]
    .filter(([name]) => !parameters.includes(name))
    .map(([name, argument]) => ({
      code: 'BAD_ARGUMENT',
      severity: 'error',
      summary: `'${bound.action.written}' has no parameter '${name}'`,
      range: argument.keyRange,
      hint: didYouMean(name, parameters) ?? `It has: ${parameters.join(', ')}.`,
    }))
}

/** The meta actions that Playline acts on. */
export const META_ACTIONS = ['noop', 'flush_handlers', 'end_play', 'end_host', 'clear_host_errors', 'reset_connection'] as const
