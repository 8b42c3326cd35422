/** Carries out the steps that a module yields, one after the other, and stops at the first that fails. */
import { setTimeout as delay } from 'node:timers/promises'
import { StepFailure, type PutStep, type ReconnectStep, type RunStep, type Step, type StepReply } from '../contract/step.ts'
import { DiagnosticError, fail } from '../diagnostic/diagnostic.ts'
import type { CloudPort } from '../port/cloud.ts'
import { putControllerFile } from '../port/controller.ts'
import type { Become, Port } from '../port/port.ts'

export interface ApplyContext {
  readonly port: Port
  readonly cloud: CloudPort
  readonly become: Become | undefined
  readonly environment: Readonly<Record<string, string>>
  /** When a program that still runs is ended, in milliseconds since 1970. */
  readonly deadline?: number | undefined
  /** Called after each step that went through; one that failed and may has not. */
  readonly done: (step: Step) => void
}

/** STEP_FAILED, and what the task's result holds of it. */
export class StepError extends DiagnosticError {
  readonly result: Readonly<Record<string, unknown>>
  constructor(summary: string, reply: StepReply, result: Readonly<Record<string, unknown>>) {
    super({ code: 'STEP_FAILED', severity: 'error', summary, detail: wordsOf(reply) })
    this.result = result
  }
}

/** A module may yield this many steps. */
const MAX_STEPS = 10_000

/**
 * Drives the generator to its end and returns what it returns.
 *
 * @throws {StepError} with the words of the program.
 * @throws {DiagnosticError} what the port throws.
 */
export async function apply<R>(steps: Generator<Step, R, StepReply>, context: ApplyContext): Promise<R> {
  let turn = steps.next()
  for (let count = 0; !turn.done; count++) {
    if (count >= MAX_STEPS) throw new Error('a module yielded more steps than any needs')
    const reply = await carryOut(turn.value, context)
    if (reply.exitCode === 0) context.done(turn.value)
    turn = next(steps, reply)
  }
  return turn.value
}

/** Hands a reply to the module, which may find in it that the step has failed. */
function next<R>(steps: Generator<Step, R, StepReply>, reply: StepReply): IteratorResult<Step, R> {
  try {
    return steps.next(reply)
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error
    throw new StepError(error.message, error.reply, error.result)
  }
}

async function carryOut(step: Step, context: ApplyContext): Promise<StepReply> {
  const { port, cloud, become, environment, deadline } = context
  if (step.kind === 'put' && step.on === 'controller') {
    putControllerFile(step)
    return { exitCode: 0, stdout: '', stderr: '' }
  }
  if (step.kind === 'put') {
    const reply = await port.put(step, { become })
    if (reply.exitCode !== 0) throw new StepError(putFailure(step), reply, step.whenInvalid?.(reply) ?? {})
    return reply
  }
  if (step.kind === 'cloud') return { exitCode: 0, stdout: '', stderr: '', cloud: await cloud.call(step) }
  if (step.kind === 'reconnect') return reconnect(step, context)
  const reply = await running(step, port.run(step, { become, environment: step.takesEnvironment === false ? {} : environment, deadline }))
  const accepted = step.okExitCodes ?? [0]
  if (accepted !== 'any' && !accepted.includes(reply.exitCode)) throw new StepError(runFailure(step, reply), reply, {})
  return reply
}

/** A program that ends the host may take the connection with it. */
async function running(step: RunStep, reply: Promise<StepReply>): Promise<StepReply> {
  try {
    return await reply
  } catch (error) {
    if (step.endsHost !== true || !(error instanceof DiagnosticError) || error.first.code !== 'CONNECTION_LOST') throw error
    return { exitCode: 0, stdout: '', stderr: '', endedAtMs: Date.now() }
  }
}

async function reconnect(step: ReconnectStep, { port, become }: ApplyContext): Promise<StepReply> {
  const startedAt = Date.now()
  await delay(step.delayMs)
  for (;;) {
    let said: string | undefined
    try {
      await port.close()
      const reply = await port.run({ kind: 'run', argv: step.argv, okExitCodes: 'any' }, { become })
      if (reply.exitCode === 0 && reply.stdout !== step.notThis) return reply
      said = reply.exitCode === 0 ? 'the host is still the one it was' : wordsOf(reply)
    } catch (error) {
      // Until it is there again a host may refuse in any way: no route, no login yet, a connection that breaks.
      if (!(error instanceof DiagnosticError)) throw error
      said = [error.first.summary, error.first.detail].filter((line) => line !== undefined).join('\n')
    }
    if (Date.now() - startedAt + step.intervalMs >= step.withinMs)
      fail('STEP_FAILED', `the host did not come back within ${step.withinMs / 1000} s`, { detail: said })
    await delay(step.intervalMs)
  }
}

function putFailure(step: PutStep): string {
  return step.validate
    ? `${step.path} was not replaced: the new content did not pass ${step.validate[0] ?? 'validation'}, or it could not be written`
    : `${step.path} could not be written`
}

function runFailure(step: RunStep, reply: StepReply): string {
  const shown = step.secret ? step.argv[0] : step.argv.join(' ')
  return `${shown.length > 200 ? `${shown.slice(0, 200)}…` : shown} ended with exit code ${reply.exitCode}`
}

/** What a program said, the error stream first; at most its last 40 lines. */
export function wordsOf(reply: StepReply): string | undefined {
  const words = [reply.stderr, reply.stdout]
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .join('\n')
  const lines = words.split('\n')
  return words === '' ? undefined : lines.slice(-40).join('\n')
}
