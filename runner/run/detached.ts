/** Programs that run on by themselves on the host, and how their end is learned of. */
import { jobEnd, jobStream } from '../contract/reading-scripts.ts'
import type { HostRead, QueryReply } from '../contract/resource.ts'
import type { PutStep, RunStep, StepReply } from '../contract/step.ts'
import { DiagnosticError, fail } from '../diagnostic/diagnostic.ts'
import type { Become, Port, ReadOutcome, RunOptions } from '../port/port.ts'
import { orNotStarted } from '../port/shell/not-started.ts'

/**
 * A port that starts a program and leaves it to itself: `run` answers when `look` has found its end. What needs a terminal, or may
 * end the host, and everything else goes the usual way.
 */
export class DetachingPort implements Port {
  readonly #port: Port
  readonly #id: string
  readonly #limitSeconds: number
  readonly #onStart: () => void
  #step: RunStep | undefined
  #become: Become | undefined
  #ended: ((reply: StepReply) => void) | undefined
  #hasEnded = false
  /** True where its time was over. */
  isOverdue = false

  /** `onStart` is called when a program was started. */
  constructor(port: Port, id: string, limitSeconds: number, onStart: () => void) {
    this.#port = port
    this.#id = id
    this.#limitSeconds = limitSeconds
    this.#onStart = onStart
  }

  get isController(): boolean {
    return this.#port.isController === true
  }

  read(reads: readonly HostRead[], options: { become: Become | undefined }): Promise<ReadOutcome[]> {
    return this.#port.read(reads, options)
  }

  put(step: PutStep, options: { become: Become | undefined }): Promise<StepReply> {
    return this.#port.put(step, options)
  }

  /** @throws {DiagnosticError} STEP_FAILED where it cannot be started. */
  async run(step: RunStep, options: RunOptions): Promise<StepReply> {
    // What a module does once its program has ended is short.
    if (step.terminal || step.endsHost === true || this.#hasEnded) return this.#port.run(step, options)
    this.#step = step
    this.#become = options.become
    const started = await this.#port.run(step, { ...options, deadline: undefined, detached: { id: this.#id, limitSeconds: this.#limitSeconds } })
    if (started.notStarted) return started
    if (started.exitCode !== 0) fail('STEP_FAILED', 'the job could not be started', { detail: started.stderr })
    return new Promise((resolve) => {
      this.#ended = resolve
      this.#onStart()
    })
  }

  close(): Promise<void> {
    return this.#port.close()
  }

  /** Asks the host whether the program has ended. Answers whether it has. */
  async look(): Promise<boolean> {
    if (!this.#ended || this.#hasEnded) return this.#hasEnded
    const [end] = await this.#ask([jobEnd(this.#id)])
    if (end!.exitCode === 4) return false
    if (end!.exitCode === 3) fail('STEP_FAILED', `the host no longer knows the job ${this.#id}`, { hint: 'It is kept in ~/.ansible_async there.' })
    const [exitCode, started, ended, overdue] = end!.stdout.trim().split(' ')
    const [stdout, stderr] = await this.#ask([jobStream(this.#id, 'stdout'), jobStream(this.#id, 'stderr')])
    this.isOverdue = overdue === 'overdue'
    const reply = {
      exitCode: Number(exitCode),
      stdout: stdout!.stdout,
      stderr: stderr!.stdout,
      startedAtMs: millisecondsOf(started),
      endedAtMs: millisecondsOf(ended),
    }
    this.#hasEnded = true
    const { argv, expands, okExitCodes } = this.#step!
    this.#ended(okExitCodes === 'any' ? orNotStarted(argv[0], expands === true, reply) : reply)
    return true
  }

  /** Removes what the host keeps of it. */
  async forget(): Promise<void> {
    await this.#port.run({ kind: 'run', argv: ['sh', '-c', 'rm -rf ~/.ansible_async/"$1"', 'sh', this.#id], takesEnvironment: false }, { become: this.#become })
  }

  async #ask(queries: readonly HostRead[]): Promise<QueryReply[]> {
    const outcomes = await this.#port.read(queries, { become: this.#become })
    return outcomes.map((outcome) => {
      if ('problem' in outcome) throw new DiagnosticError(outcome.problem)
      return outcome.reply as QueryReply
    })
  }
}

/** Of seconds since 1970, with or without a fraction. */
function millisecondsOf(seconds: string | undefined): number {
  return Number.parseFloat(seconds ?? '') * 1000
}
