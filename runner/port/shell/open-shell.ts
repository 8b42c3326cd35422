/** Starts a shell on a channel of its own and sees it through the questions of sudo, su or doas. */
import { randomBytes } from 'node:crypto'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import type { Become } from '../port.ts'
import { questions, shellCommand, waits, type ShellKind } from './become.ts'
import { FrameError, FrameReader } from './frames.ts'
import { FRAME_MAX_BYTES, SHELL_START_TIMEOUT_MS } from './limits.ts'
import { becomeFailed, passwordMissing, shellDidNotStart, shellStartTimedOut, words } from './problems.ts'
import type { Channel, Transport } from './transport.ts'
import { within } from '../within.ts'

/** A shell that is being talked to. Scripts sent to it begin with `startMarks(nonce)`. */
export interface Shell {
  readonly channel: Channel
  readonly nonce: string
  readonly stdout: FrameReader
  readonly stderr: FrameReader
  /** Resolves once the shell has run `startMarks`, with the process group that everything in it belongs to (see there). */
  started(): Promise<number>
}

/**
 * The first lines of every script. They tell the process group, and where the login shell's own chatter (a noisy
 * `.bashrc`, a banner) ends. `read` is a builtin, so that nothing is forked.
 *
 * sshd and sudo give a shell a group of its own, or one that only sudo shares. An SSH server that does neither (dropbear)
 * shares its own group: that one must not be killed, so the shell alone is told, as a negative number.
 */
export function startMarks(nonce: string): string {
  return `N=${nonce}
read -r a b c d g e </proc/$$/stat || g=$$
case $g in $$ | $PPID) ;; *) g=-$$ ;; esac
printf '%s %s\\n' "$N" "$g"; printf '%s\\n' "$N" >&2
`
}

export async function openShell(transport: Transport, kind: ShellKind, become: Become | undefined, options: { urgent?: boolean } = {}): Promise<Shell> {
  const marks = { prompt: `password-${random()}:`, ready: random() }
  const channel = await transport.open(shellCommand(kind, become, marks), options)
  const nonce = random()
  const stdout = new FrameReader(nonce)
  const stderr = new FrameReader(nonce)
  const heard = { stdout: '', stderr: '', changed: () => {} }
  const listening = waits(become)
  let listen = listening
  channel.receive(
    (chunk) => {
      stdout.push(chunk)
      if (listen) heard.stdout += chunk.toString('latin1')
      heard.changed()
    },
    (chunk) => {
      stderr.push(chunk)
      if (listen) heard.stderr += chunk.toString('latin1')
      heard.changed()
    },
  )
  void channel.ended.then(() => {
    stdout.end()
    stderr.end()
    heard.changed()
  })
  const said = () => words(stripMarks(stderr.unfinished(), marks), stripMarks(stdout.unfinished(), marks))

  if (listening) {
    await answerPassword(become)
    listen = false
  }
  return { channel, nonce, stdout, stderr, started }

  async function started(): Promise<number> {
    const both = Promise.all([stdout.next(FRAME_MAX_BYTES), stderr.next(FRAME_MAX_BYTES)])
    try {
      const frames = await within(both, SHELL_START_TIMEOUT_MS)
      if (frames === undefined) return giveUp()
      return Number(frames[0].word)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      return refused()
    }
  }

  /** Sends the password when it is asked for. Asking again means that it was wrong. */
  async function answerPassword(asker: Become): Promise<void> {
    let asked = 0
    let over = false
    void channel.ended.then(() => {
      over = true
    })
    const settled = new Promise<'ready' | 'refused' | 'unanswerable'>((resolve) => {
      heard.changed = () => {
        const prompts = questions(asker, heard.stderr, marks)
        if (heard.stdout.includes(marks.ready)) resolve('ready')
        else if (prompts > 1 || over) resolve('refused')
        else if (prompts === 1 && asker.password === undefined) resolve('unanswerable')
        else if (prompts === 1 && asked === 0) {
          asked = 1
          void channel.send(`${asker.password}\n`)
        }
        // More than this before the prompt is no program that asks.
        if (heard.stderr.length + heard.stdout.length > FRAME_MAX_BYTES) resolve('refused')
      }
      void channel.ended.then(() => resolve('refused'))
      heard.changed()
    })
    const outcome = await within(settled, SHELL_START_TIMEOUT_MS)
    heard.changed = () => {}
    if (outcome === 'ready') return
    if (outcome === undefined) giveUp()
    if (outcome === 'unanswerable') {
      channel.destroy()
      throw new DiagnosticError(passwordMissing(transport.hostName, asker, said()))
    }
    await refused()
  }

  function giveUp(): never {
    channel.destroy()
    throw new DiagnosticError(shellStartTimedOut(transport.hostName, become, SHELL_START_TIMEOUT_MS, said()))
  }

  async function refused(): Promise<never> {
    channel.destroy()
    const end = await channel.ended
    if (end.lost) throw new DiagnosticError(end.lost)
    throw new DiagnosticError(become ? becomeFailed(transport.hostName, become, said()) : shellDidNotStart(transport.hostName, said()))
  }
}

/** 128 bits: what a program prints cannot hold it by chance or by guessing. */
function random(): string {
  return randomBytes(16).toString('hex')
}

function stripMarks(text: string, marks: { prompt: string; ready: string }): string {
  return text.replaceAll(marks.prompt, '').replaceAll(marks.ready, '')
}
