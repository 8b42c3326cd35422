/** Asks the person at the terminal, on standard error, so that standard output stays the report's. */
import { createInterface } from 'node:readline/promises'

/** The line that is typed; `hidden`: it is not shown while it is typed. */
export async function askTerminal(question: string, hidden: boolean): Promise<string> {
  process.stderr.write(question)
  const lines = createInterface({ input: process.stdin, ...(!hidden && { output: process.stderr }), terminal: true })
  try {
    return await lines.question('')
  } finally {
    lines.close()
    if (hidden) process.stderr.write('\n')
  }
}
