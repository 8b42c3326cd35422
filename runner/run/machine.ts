/** One machine that several tasks may act on at once: hosts that are the same machine, or tasks that are delegated to one. */
export class Machine {
  /** How often its state was altered, or in a dry run would have been. */
  alterations = 0
  #last: Promise<unknown> = Promise.resolve()

  /** Does one thing after the other, in the order in which they were asked for. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}
