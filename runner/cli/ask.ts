/** Asks the person at the terminal, or whoever feeds stdin, for a line of text. */
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { fail } from '../diagnostic/diagnostic.ts'

/** A line above this many bytes is refused. */
const MAX_LINE_BYTES = 64 * 1024

/** Asks for a text that must not be seen. Without a terminal it is a line of stdin. */
export type Ask = (prompt: string) => string

export function askHidden(prompt: string): string {
  const terminal = openTerminal()
  if (terminal === undefined) {
    writeSync(2, prompt)
    return readLine(prompt)
  }
  try {
    // The shell puts the terminal in order again also where Ctrl-C ends both it and this program. It asks when nothing is shown any more.
    const script =
      'saved=$(stty -g); trap \'stty "$saved"\' EXIT; trap "exit 130" INT TERM; stty -echo; printf %s "$1" >&0; IFS= read -r line && printf %s "$line"'
    const { status, stdout } = spawnSync('/bin/sh', ['-c', script, 'sh', prompt], {
      stdio: [terminal, 'pipe', 'ignore'],
      encoding: 'utf8',
      maxBuffer: MAX_LINE_BYTES,
    })
    writeSync(terminal, '\n')
    if (status !== 0) fail('BAD_OPTION', `nothing was answered to '${prompt.trim()}'`)
    return stdout
  } finally {
    closeSync(terminal)
  }
}

function openTerminal(): number | undefined {
  try {
    return openSync('/dev/tty', 'r+')
  } catch {
    return undefined
  }
}

/** The next line of stdin; what follows it is left there for the next question. */
function readLine(prompt: string): string {
  const byte = Buffer.alloc(1)
  const bytes: number[] = []
  for (;;) {
    if (readByte(byte) === 0) {
      if (bytes.length === 0) fail('BAD_OPTION', `nothing was answered to '${prompt.trim()}'`, { hint: 'Without a terminal the answer is a line of stdin.' })
      break
    }
    if (byte[0] === 0x0a) break
    if (bytes.push(byte[0]!) > MAX_LINE_BYTES) fail('LIMIT_EXCEEDED', `the answer to '${prompt.trim()}' is longer than ${MAX_LINE_BYTES} bytes`)
  }
  return Buffer.from(bytes).toString('utf8').replace(/\r$/, '')
}

function readByte(byte: Buffer): number {
  for (;;) {
    try {
      return readSync(0, byte)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EOF') return 0
      if (code !== 'EAGAIN') throw error
      // Whoever made stdin does not let it block: look again until the answer is there.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
}
