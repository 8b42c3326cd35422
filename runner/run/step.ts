/** `--step`: a person confirms each task before it runs. */
import { createInterface, type Interface } from 'node:readline/promises'
import { fail } from '../diagnostic/diagnostic.ts'

export class Stepper {
  #lines: Interface | undefined
  #answers: AsyncIterator<string> | undefined
  #asks: boolean

  constructor(asks: boolean) {
    this.#asks = asks
  }

  /** Whether a task is to run. After `c` nothing is asked any more. @throws {DiagnosticError} BAD_OPTION where nobody answers. */
  async confirms(name: string): Promise<boolean> {
    if (!this.#asks) return true
    this.#lines ??= createInterface({ input: process.stdin })
    this.#answers ??= this.#lines[Symbol.asyncIterator]()
    process.stderr.write(`Perform task: ${name} (N)o/(y)es/(c)ontinue: `)
    const answer = await this.#answers.next()
    if (answer.done) fail('BAD_OPTION', '--step asks before each task, and nobody answers', { hint: 'Answer on standard input, or leave the option out.' })
    if (/^c(?:ontinue)?$/i.test(answer.value.trim())) {
      this.#asks = false
      this.close()
      return true
    }
    return /^y(?:es)?$/i.test(answer.value.trim())
  }

  close(): void {
    this.#lines?.close()
  }
}
