/** What the lab says when it cannot go on. */

import { ProcessOutput } from 'zx/core'

/** An error whose message tells a person what is wrong and what to do; it is shown without a stack. */
export class LabError extends Error {
  override readonly name = 'LabError'
}

/** The message to show for anything that was thrown. A failed command is shown with the end of what it said. */
export function explain(error: unknown): string {
  if (error instanceof LabError) {
    return error.cause === undefined ? error.message : `${error.message}\n${explain(error.cause)}`
  }
  if (error instanceof ProcessOutput) {
    const said = lastLines(error.stderr || error.stdout, 15)
    const how = error.signal ? `was ended by ${error.signal}` : `exited ${error.exitCode}`
    return `a command ${how}${said && `:\n${said}`}`
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** The last `count` lines of a text. */
export const lastLines = (text: string, count: number): string => text.trimEnd().split('\n').slice(-count).join('\n')
