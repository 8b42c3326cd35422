/** What follows a value that a dry run cannot know is evaluated all the same: what is undefined there is a fault in any case. */
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { UnknownValueError } from '../value/value.ts'

export class PastUnknown {
  #first: UnknownValueError | undefined

  /** True once something was unknown: what is made from here on is of no use. */
  get isLost(): boolean {
    return this.#first !== undefined
  }

  /** Does a part of the work; where it is unknown, that is only noted. */
  attempt(part: () => void): void {
    try {
      part()
    } catch (error) {
      if (!(error instanceof UnknownValueError)) throw error
      this.#first ??= error
    }
  }

  /**
   * Does the work as a whole.
   *
   * @throws {UnknownValueError} the first that was noted, unless something behind it is undefined: of other faults it is not certain
   * that a run meets them.
   */
  finish<T>(work: () => T): T {
    let made: T
    try {
      made = work()
    } catch (error) {
      const isUndefined = error instanceof DiagnosticError && error.first.code === 'UNDEFINED_VARIABLE'
      if (this.#first && !isUndefined && (error instanceof DiagnosticError || error instanceof UnknownValueError)) throw this.#first
      throw error
    }
    if (this.#first) throw this.#first
    return made
  }
}
