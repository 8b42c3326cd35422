/** What the lab says when it cannot go on. */

import { ProcessOutput } from 'zx/core'

/** An error whose message tells a person what is wrong, why, and what to do; it is shown without a stack. */
export class LabError extends Error {
  override readonly name = 'LabError'

  /** Why stands in the message too: a test that fails shows nothing else. */
  constructor(message: string, options: ErrorOptions = {}) {
    super(options.cause === undefined ? message : `${message}\n${explain(options.cause)}`, options)
  }
}

/** The message to show for anything that was thrown. A failed command is shown with the end of what it said. */
export function explain(error: unknown): string {
  if (error instanceof LabError) return error.message
  if (error instanceof ProcessOutput) {
    const said = lastLines(error.stderr || error.stdout, 15)
    const how = error.signal ? `was ended by ${error.signal}` : `exited ${error.exitCode}`
    return `a command ${how}${said && `:\n${said}`}`
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** The last `count` lines of a text. */
export const lastLines = (text: string, count: number): string => text.trimEnd().split('\n').slice(-count).join('\n')
