/** A program on a terminal: one command line for the login shell, whatever shell that is, and what comes back. */
import { randomBytes } from 'node:crypto'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import type { Become } from '../port.ts'
import { terminalCommand, questions, waits } from './become.ts'
import { RUN_MAX_BYTES, SHELL_START_TIMEOUT_MS } from './limits.ts'
import { becomeFailed, connectionLost, overLimit, passwordMissing, timedOut, words } from './problems.ts'
import type { Transport } from './transport.ts'
import { within } from '../within.ts'

export interface TerminalReply {
  readonly exitCode: number
  readonly output: string
}

/**
 * Runs it to its end. When the time is over the channel is closed, and the terminal ends what runs on it.
 *
 * @throws {DiagnosticError} BECOME_FAILED, CONNECTION_LOST, TIMED_OUT, LIMIT_EXCEEDED.
 */
export async function runOnTerminal(
  transport: Transport,
  commandLine: string,
  become: Become | undefined,
  what: string,
  timeoutMs: number,
): Promise<TerminalReply> {
  const marks = { prompt: `password-${random()}:`, ready: random() }
  const channel = await transport.open(terminalCommand(commandLine, become, marks), { terminal: true })
  const chunks: Buffer[] = []
  let sizeBytes = 0
  let heard: () => void = () => {}
  const take = (chunk: Buffer): void => {
    sizeBytes += chunk.length
    if (sizeBytes <= RUN_MAX_BYTES) chunks.push(chunk)
    heard()
  }
  channel.receive(take, take)
  const output = (): string => Buffer.concat(chunks).toString('utf8')
  try {
    if (become !== undefined) await escalate(become)
    else channel.end()
    const end = await within(channel.ended, timeoutMs)
    if (end === undefined) throw new DiagnosticError(timedOut(what, timeoutMs, words(plain(output()))))
    if (end.lost) throw new DiagnosticError(end.lost)
    if (sizeBytes > RUN_MAX_BYTES) throw new DiagnosticError(overLimit(what, RUN_MAX_BYTES))
    if (end.exitCode === undefined) throw new DiagnosticError(connectionLost(transport.hostName, 'the program was ended by a signal'))
    return { exitCode: end.exitCode, output: plain(output()) }
  } finally {
    channel.destroy()
  }

  /** Only what comes after the mark is the program's. */
  function plain(text: string): string {
    const at = become === undefined ? -1 : text.indexOf(marks.ready)
    return at < 0 ? text : text.slice(at + marks.ready.length).replace(/^\r?\n/, '')
  }

  async function escalate(asker: Become): Promise<void> {
    let asked = false
    const settled = new Promise<'ready' | 'refused' | 'missing'>((resolve) => {
      heard = () => {
        const text = output()
        if (text.includes(marks.ready)) resolve('ready')
        else if (waits(asker) && questions(asker, text, marks) > 0) {
          if (asker.password === undefined) resolve('missing')
          else if (questions(asker, text, marks) > 1) resolve('refused')
          else if (!asked) {
            asked = true
            void channel.send(`${asker.password}\n`)
          }
        }
      }
      void channel.ended.then(() => {
        heard()
        resolve('refused')
      })
      heard()
    })
    const outcome = await within(settled, SHELL_START_TIMEOUT_MS)
    heard = () => {}
    if (outcome === 'ready') {
      channel.end()
      return
    }
    const said = words(output().replaceAll(marks.prompt, ''))
    throw new DiagnosticError(outcome === 'missing' ? passwordMissing(transport.hostName, asker, said) : becomeFailed(transport.hostName, asker, said))
  }
}

function random(): string {
  return randomBytes(16).toString('hex')
}
