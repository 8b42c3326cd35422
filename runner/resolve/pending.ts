/** Evaluation is synchronous. What needs I/O stops it, is fetched, and the evaluation runs again with the answer at hand. */

/** Thrown where an answer is needed that has to be fetched first. */
export class Pending extends Error {
  readonly fetch: () => Promise<void>
  constructor(fetch: () => Promise<void>) {
    super('an answer has to be fetched first')
    this.name = 'Pending'
    this.fetch = fetch
  }
}

/** One evaluation may have to stop for at most this many answers. */
const MAX_FETCHES = 1000

/** Evaluates until nothing is pending. What may have to be evaluated again must not have done anything else by then. */
export async function settled<T>(evaluate: () => T | Promise<T>): Promise<T> {
  for (let fetches = 0; ; fetches++) {
    try {
      return await evaluate()
    } catch (error) {
      if (!(error instanceof Pending) || fetches >= MAX_FETCHES) throw error
      await error.fetch()
    }
  }
}
