/** Asks the person at the terminal, on standard error, so that standard output stays the report's. */
import { createInterface } from 'node:readline/promises'

/** The line that is typed; `hidden`: it is not shown while it is typed. */
export async function askTerminal(question: string, hidden: boolean): Promise<string> {
  const lines = createInterface({ input: process.stdin, ...(!hidden && { output: process.stderr }), terminal: true })
  try {
    if (!hidden) return await lines.question(question)
    // From here on the terminal shows nothing of itself.
    process.stderr.write(question)
    return await lines.question('')
  } finally {
    lines.close()
    if (hidden) process.stderr.write('\n')
  }
}
