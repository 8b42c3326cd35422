/** Actions that steer the run itself and need no host: debug, assert, fail, set_fact, pause. */
import { setTimeout as delay } from 'node:timers/promises'
import { DiagnosticError, fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { hasTemplateMarkers, Dict, Float, Template, type Raw, type Value } from '../value/value.ts'
import { print } from '../value/print.ts'
import { truth } from '../value/truth.ts'
import type { BoundArguments, Taker } from '../resolve/arguments.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { failed, NOTHING, type Outcome } from './outcome.ts'

interface ActionContext {
  readonly evaluator: Evaluator
  readonly bound: BoundArguments
  /** Evaluates an argument; undefined where it is not given or omitted. */
  readonly argument: (name: string) => Value | undefined
  /** All arguments, evaluated. */
  readonly all: () => Map<string, Value>
  readonly verbosity: number
  readonly check: boolean
}

export interface RunnerAction extends Taker {
  /** The parameters; undefined where any name may be given. */
  readonly parameters: readonly string[] | undefined
  run(context: ActionContext): Outcome | Promise<Outcome>
}

const ACTIONS: Readonly<Record<string, RunnerAction>> = {
  debug: { parameters: ['msg', 'var', 'verbosity'], run: debug },
  assert: { parameters: ['that', 'fail_msg', 'success_msg', 'quiet'], aliases: { fail_msg: ['msg'] }, run: assertThat },
  fail: { parameters: ['msg'], run: ({ argument }) => failed({ message: print(argument('msg') ?? 'Failed as requested from task') }) },
  set_fact: { parameters: undefined, run: setFact },
  pause: { parameters: ['seconds', 'minutes', 'prompt', 'echo'], run: pause },
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

function debug({ evaluator, bound, argument, verbosity }: ActionContext): Outcome {
  const wanted = argument('verbosity')
  if (typeof wanted === 'number' && wanted > verbosity) return { ...NOTHING, skipped: { reason: 'Verbosity threshold not met.' } }
  const variable = bound.args.get('var')
  const message = argument('msg')
  if (!variable) {
    return { ...NOTHING, data: Dict.of({ msg: message === undefined ? 'Hello world!' : message }) }
  }
  if (message !== undefined) fail('BAD_ARGUMENT', "'msg' and 'var' of 'debug' exclude each other", { range: bound.args.get('msg')?.keyRange })
  // `var` is an expression without markers: one of the few places where text from a playbook is evaluated as such.
  const range = variable.node?.range ?? variable.keyRange
  const text = variable.raw instanceof Template ? variable.raw.text : print(variable.raw as Value)
  let value: Value
  try {
    // As a template, not as an expression: only a bare variable keeps its type then.
    value = evaluator.value(new Template(hasTemplateMarkers(text) ? text : `{{${text}}}`, range))
  } catch (error) {
    if (!(error instanceof DiagnosticError) || error.first.code !== 'UNDEFINED_VARIABLE') throw error
    value = 'VARIABLE IS NOT DEFINED!'
  }
  return { ...NOTHING, data: Dict.of({ [text]: value }) }
}

function assertThat({ evaluator, bound, argument }: ActionContext): Outcome {
  const that = bound.args.get('that')
  if (!that) fail('BAD_ARGUMENT', "'assert' needs 'that'", { range: bound.action.range })
  const conditions = Array.isArray(that.raw) ? that.raw : [that.raw]
  for (const [index, condition] of conditions.entries()) {
    const node = that.node?.kind === 'list' ? that.node.items[index] : that.node
    const range = node?.range ?? that.keyRange
    const value = condition instanceof Template ? evaluator.value(condition) : (condition as Value)
    const holds = typeof value === 'string' ? evaluator.condition(new Template(value, range)) : truth(value)
    if (holds) continue
    const message = argument('fail_msg')
    const data = Dict.of({ assertion: value, evaluated_to: false })
    return failed(
      {
        message: message === undefined ? 'Assertion failed' : print(message),
        diagnostic: { code: 'ASSERTION_FAILED', severity: 'error', summary: `not true: ${print(value)}`, range },
      },
      { data },
    )
  }
  return { ...NOTHING, data: Dict.of({ msg: argument('success_msg') ?? 'All assertions passed' }) }
}

function setFact({ all, bound }: ActionContext): Outcome {
  const facts = new Dict()
  for (const [name, value] of all()) {
    if (name === 'cacheable') continue
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) fail('BAD_ARGUMENT', `'${name}' is not the name of a variable`, { range: bound.args.get(name)?.keyRange })
    facts.set(name, typeof value === 'string' && /^(?:yes|no|true|false)$/i.test(value) ? /^(?:yes|true)$/i.test(value) : value)
  }
  if (facts.size === 0) fail('BAD_ARGUMENT', "'set_fact' needs at least one name with a value", { range: bound.action.range })
  return { ...NOTHING, data: Dict.of({ ansible_facts: facts }) }
}

/** A pause may last a day. */
const MAX_PAUSE_SECONDS = 86_400

async function pause({ argument, check, bound }: ActionContext): Promise<Outcome> {
  const seconds = numberOf(argument('seconds')) + numberOf(argument('minutes')) * 60
  if (seconds <= 0)
    fail('UNSUPPORTED_VALUE', "'pause' without seconds or minutes would wait for a key, which is not supported yet", { range: bound.action.range })
  if (seconds > MAX_PAUSE_SECONDS) fail('LIMIT_EXCEEDED', `a pause lasts at most ${MAX_PAUSE_SECONDS} s`, { range: bound.action.range })
  if (!check) await delay(seconds * 1000)
  return { ...NOTHING, data: Dict.of({ stdout: `Paused for ${seconds} seconds` }) }
}

function numberOf(value: Value | undefined): number {
  const number = value instanceof Float ? value.value : Number(value ?? 0)
  return Number.isFinite(number) ? number : 0
}

/** What `set_fact` was given, to be kept as variables. */
export function factsOf(outcome: Outcome): ReadonlyMap<Value, Raw> {
  const facts = outcome.data.get('ansible_facts')
  return facts instanceof Dict ? facts : new Map()
}
