/** The actions of the runner itself, by their names. */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import { didYouMean } from '../../diagnostic/suggest.ts'
import { ROLE_ARGUMENTS } from '../../plan/compile.ts'
import type { BoundArguments } from '../../resolve/arguments.ts'
import { NOTHING } from '../outcome.ts'
import type { RunnerAction } from './action.ts'
import { assertThat, failAsAsked } from './assert.ts'
import { asyncStatus } from './async-status.ts'
import { debug } from './debug.ts'
import { includeRole, includeTasks } from './include.ts'
import { INCLUDE_VARS_ARGUMENTS, includeVars } from './include-vars.ts'
import { addHost, groupBy } from './inventory.ts'
import { pause } from './pause.ts'
import { setFact } from './set-fact.ts'
import { gatherFacts, setup } from './setup.ts'
import { setStats } from './set-stats.ts'
import { validateArguments } from './validate-arguments.ts'

const ACTIONS: Readonly<Record<string, RunnerAction>> = {
  debug: { parameters: ['msg', 'var', 'verbosity'], run: debug },
  assert: { parameters: ['that', 'fail_msg', 'success_msg', 'quiet'], aliases: { fail_msg: ['msg'] }, run: assertThat },
  fail: { parameters: ['msg'], run: failAsAsked },
  set_fact: { parameters: undefined, run: setFact },
  pause: { parameters: ['seconds', 'minutes', 'prompt', 'echo'], onlyFirstHost: true, run: pause },
  setup: { parameters: ['gather_subset', 'gather_timeout', 'filter', 'fact_path'], run: setup },
  gather_facts: { parameters: ['gather_subset', 'gather_timeout', 'filter', 'fact_path', 'parallel'], run: gatherFacts },
  // Whatever else an include is given are variables for what it includes.
  include: { parameters: undefined, freeForm: '_raw_params', splitsAll: true, includes: true, run: includeTasks },
  include_tasks: { parameters: ['_raw_params', 'file', 'apply'], freeForm: '_raw_params', splitsAll: true, includes: true, run: includeTasks },
  include_role: { parameters: ROLE_ARGUMENTS, includes: true, run: includeRole },
  include_vars: { parameters: INCLUDE_VARS_ARGUMENTS, freeForm: '_raw_params', splitsAll: true, run: includeVars },
  add_host: { parameters: undefined, onlyFirstHost: true, run: addHost },
  group_by: { parameters: ['key', 'parents'], run: groupBy },
  async_status: { parameters: ['jid', 'mode'], run: asyncStatus },
  set_stats: { parameters: ['data', 'per_host', 'aggregate'], run: setStats },
  validate_argument_spec: { parameters: undefined, run: validateArguments },
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
      resultMessage: unknownArgument(bound.action.module, name, parameters),
    }))
}

/** Ansible's words for a name that an action does not have. */
function unknownArgument(action: string, name: string, parameters: readonly string[]): string {
  if (action === 'include_vars') return `${name} is not a valid option in include_vars`
  if (action !== 'pause') return `Invalid options for ${action}: ${name}`
  return `Unsupported parameters for (pause) module: ${name}. Supported parameters include: ${parameters.toSorted().join(', ')}.`
}

/** The meta actions that Playline acts on. */
export const META_ACTIONS = [
  'noop',
  'flush_handlers',
  'end_play',
  'end_batch',
  'end_host',
  'clear_facts',
  'clear_host_errors',
  'refresh_inventory',
  'reset_connection',
] as const

/** What is done whatever `when` says. */
export const UNCONDITIONAL_META: ReadonlySet<string> = new Set(['noop', 'refresh_inventory', 'reset_connection'])
