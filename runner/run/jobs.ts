/** Tasks with `async`: they go on while the play goes on, and `async_status` asks for them by the name of their job. */
import { randomInt } from 'node:crypto'
import type { Port } from '../port/port.ts'
import { Dict, type Value } from '../value/value.ts'
import { DetachingPort } from './detached.ts'
import { failed, type Outcome } from './outcome.ts'

/** What a job is: `detached` programs run on by themselves on the host, anything else in this process, which waits for it. */
export interface JobRequest {
  readonly hostName: string
  readonly limitSeconds: number
  readonly isDetached: boolean
}

/** What Ansible does on the controller, in one go: `async` fails such a task. */
const NEVER_JOBS = new Set(
  (
    'add_host assemble assert async_status copy debug fail fetch gather_facts group_by include_vars pause raw script set_fact set_stats template ' +
    'wait_for_connection'
  ).split(' '),
)

export function canBeJob(module: string): boolean {
  return !NEVER_JOBS.has(module)
}

export class Job {
  readonly id = `j${randomInt(1e11, 1e12)}.${process.pid}`
  readonly request: JobRequest
  /** Undefined while it runs, or while nobody has looked. */
  outcome: Outcome | undefined
  /** Settles when it has ended or its time is over; never throws. Of a detached one: when `look` has found its end. */
  ended: Promise<void> = Promise.resolve()
  #port: DetachingPort | undefined
  #begun: () => void = () => undefined
  readonly #isBegun = new Promise<void>((resolve) => {
    this.#begun = resolve
  })

  constructor(request: JobRequest) {
    this.request = request
  }

  /** The port over which the task's action runs. */
  port(port: Port): Port {
    return this.request.isDetached ? (this.#port = new DetachingPort(port, this.id, this.request.limitSeconds, this.#begun)) : port
  }

  /** Runs the task. `run` never throws for what a person can get wrong. Answers when it no longer needs the caller: a detached program was started. */
  async start(run: () => Promise<Outcome>): Promise<void> {
    const { limitSeconds, isDetached } = this.request
    const running = isDetached ? run() : within(run(), limitSeconds * 1000, () => this.#overdue())
    this.ended = running.then((outcome) => {
      this.outcome = this.#port?.isOverdue === true ? this.#overdue() : outcome
    })
    if (isDetached) await Promise.race([this.#isBegun, this.ended])
  }

  /** Finds out whether it has ended. @throws {DiagnosticError} where the host does not answer. */
  async look(): Promise<void> {
    if (!this.outcome && (await this.#port?.look())) await this.ended
  }

  /** Removes what the host keeps of it. */
  async forget(): Promise<void> {
    await this.#port?.forget()
  }

  #overdue(): Outcome {
    const said: [string, Value][] = [['stdout', ''], ['stderr', ''], ['stdout_lines', []], ['stderr_lines', []]] // prettier-ignore
    const async_result = new Dict([...jobFields(this.id, false), ...said])
    const message = `async task did not complete within the requested time - ${this.request.limitSeconds}s`
    return failed({ message }, { data: Dict.of({ async_result }) })
  }
}

export class Jobs {
  readonly #jobs = new Map<string, Job>()

  add(request: JobRequest): Job {
    const job = new Job(request)
    this.#jobs.set(keyOf(request.hostName, job.id), job)
    return job
  }

  find(hostName: string, id: string): Job | undefined {
    return this.#jobs.get(keyOf(hostName, id))
  }

  async forget(job: Job): Promise<void> {
    await job.forget()
    this.#jobs.delete(keyOf(job.request.hostName, job.id))
  }

  /** Waits for the jobs of this process: each ends within its own limit. */
  async settle(): Promise<void> {
    await Promise.all([...this.#jobs.values()].filter(({ request }) => !request.isDetached).map((job) => job.ended))
  }
}

function keyOf(hostName: string, id: string): string {
  return `${hostName}\0${id}`
}

/** What an outcome says of its job, under Ansible's names. */
export function jobFields(id: string, finished: boolean): [string, Value][] {
  return [
    ['ansible_job_id', id],
    ['started', 1],
    ['finished', finished ? 1 : 0],
    ['results_file', `~/.ansible_async/${id}`],
  ]
}

/** An outcome with what is to be said of its job. */
export function ofJob(outcome: Outcome, id: string, finished: boolean): Outcome {
  return { ...outcome, data: new Dict([...outcome.data, ...jobFields(id, finished)]) }
}

/** What a promise gives, or `overdue` where that takes longer. */
export async function within<T>(promise: Promise<T>, limitMs: number, overdue: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => {
      resolve(overdue())
    }, limitMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
