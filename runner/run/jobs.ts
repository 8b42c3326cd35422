/** Tasks with `async`: they go on while the play goes on, and `async_status` asks for them by the name of their job. */
import { randomInt } from 'node:crypto'
import { Dict, type Value } from '../value/value.ts'
import { failed, type Outcome } from './outcome.ts'

export interface Job {
  readonly id: string
  /** Undefined while it runs. */
  outcome: Outcome | undefined
  /** Settles when it has ended or its time is over; never throws. */
  readonly ended: Promise<void>
}

export class Jobs {
  readonly #jobs = new Map<string, Job>()

  /** Begins a job on a host, which has to be over within `limitMs`. `run` never throws for what a person can get wrong. */
  start(hostName: string, run: () => Promise<Outcome>, limitMs: number): Job {
    const id = `j${randomInt(1e11, 1e12)}.${process.pid}`
    const overdue = (): Outcome => failed({ message: `the job ${id} did not end within ${limitMs / 1000} s` })
    const ended = within(run(), limitMs, overdue).then((outcome) => {
      job.outcome = outcome
    })
    const job: Job = { id, outcome: undefined, ended }
    this.#jobs.set(keyOf(hostName, id), job)
    return job
  }

  find(hostName: string, id: string): Job | undefined {
    return this.#jobs.get(keyOf(hostName, id))
  }

  forget(hostName: string, id: string): void {
    this.#jobs.delete(keyOf(hostName, id))
  }

  /** Waits for all jobs: each ends within its own limit. */
  async settle(): Promise<void> {
    await Promise.all([...this.#jobs.values()].map((job) => job.ended))
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
