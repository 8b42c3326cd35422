/** The port of a host that is reached through a POSIX shell, whatever carries the bytes. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Content } from '../../contract/content.ts'
import type { HostRead } from '../../contract/resource.ts'
import type { NotStartedReason, PutStep, RunStep, StepReply } from '../../contract/step.ts'
import { DiagnosticError, fail } from '../../diagnostic/diagnostic.ts'
import type { Become, Port, ReadOutcome, RunOptions } from '../port.ts'
import { framedScript } from './become.ts'
import { FrameError, type Frame } from './frames.ts'
import { killGroup, letGo } from './kill.ts'
import { CHANNEL_CLOSE_TIMEOUT_MS, RUN_MAX_BYTES, RUN_TIMEOUT_MS } from './limits.ts'
import { notStarted, orNotStarted } from './not-started.ts'
import { openShell, startMarks, type Shell } from './open-shell.ts'
import { describe, overLimit, putFailed, shellEnded, timedOut, words } from './problems.ts'
import { putScript } from './put-script.ts'
import { planReads } from './reads.ts'
import { runScript, withEnvironment } from './run-script.ts'
import { Session } from './session.ts'
import { runOnTerminal } from './terminal.ts'
import type { Transport } from './transport.ts'
import type { Unit } from './unit.ts'
import { within } from '../within.ts'

/** One user's persistent shell, and who waits for it. */
interface Reader {
  session: Session | undefined
  /** Settled when the last batch that was asked for is over. */
  last: Promise<unknown>
  batches: number
}

export interface ShellPortOptions {
  /** Who logs in, where that is known: becoming that user is nothing to do, as in Ansible. */
  readonly loginUser?: string | undefined
  /** What runs the command lines of tasks (`RunStep.inShell`); undefined: /bin/sh. */
  readonly shell?: string | undefined
  /** True where the host is the controller itself. */
  readonly isController?: boolean
}

export class ShellPort implements Port {
  readonly isController: boolean
  readonly #transport: Transport
  readonly #options: ShellPortOptions
  readonly #readers = new Map<string, Reader>()
  /** A batch that `close` cut off is not asked again. */
  #closings = 0

  constructor(transport: Transport, options: ShellPortOptions = {}) {
    this.#transport = transport
    this.#options = options
    this.isController = options.isController ?? false
    transport.onFull = () => this.#closeOneIdleReader()
  }

  async read(reads: readonly HostRead[], options: { become: Become | undefined }): Promise<ReadOutcome[]> {
    if (reads.length === 0) return []
    const plan = planReads(reads)
    const become = this.#needed(options.become)
    const reader = this.#reader(become)
    reader.batches += 1
    const batch = reader.last.then(() => this.#readBatch(reader, become, plan.units))
    reader.last = batch.catch(() => {})
    try {
      await batch
    } finally {
      reader.batches -= 1
      if (this.#transport.crowded) this.#closeOneIdleReader()
    }
    return plan.outcomes()
  }

  async run(step: RunStep, options: RunOptions): Promise<StepReply> {
    const argv = step.inShell === true && this.#options.shell !== undefined ? [this.#options.shell, ...step.argv.slice(1)] : step.argv
    const what = describe(argv, step.secret)
    const ownLimitMs = step.timeoutMs ?? RUN_TIMEOUT_MS
    const timeoutMs = options.deadline === undefined ? ownLimitMs : Math.max(0, Math.min(ownLimitMs, options.deadline - Date.now()))
    const { farewell } = this.#transport
    if (step.terminal && farewell !== undefined) {
      const commandLine = withEnvironment(step.terminal.commandLine, { ...options.environment, ...step.environment })
      const { exitCode, output } = await runOnTerminal(this.#transport, commandLine, this.#needed(options.become), what, timeoutMs)
      return { exitCode, stdout: output, stderr: farewell }
    }
    if (step.endsHost === true && this.isController) fail('STEP_FAILED', 'Running reboot with local connection would reboot the control node.')
    const script = runScript({
      argv,
      expands: step.expands ?? false,
      chdir: step.chdir,
      environment: { ...options.environment, ...step.environment },
      takesInput: step.stdin !== undefined,
      detached: options.detached,
    })
    const startedAtMs = now()
    const [stdout, stderr] = await this.#carryOut(script, this.#needed(options.become), what, timeoutMs, async (shell) => {
      if (step.stdin !== undefined) await shell.channel.send(step.stdin)
    })
    const endedAtMs = now()
    const [word, errno] = stdout.word.split(' ')
    if (word === 'nochdir') {
      if (step.okExitCodes === 'any') return notStarted({ what: 'chdir', errno: Number(errno) as NotStartedReason['errno'], path: step.chdir! }, text(stderr))
      fail('STEP_FAILED', `cannot change to folder '${step.chdir}' to run ${what}`, { detail: words(text(stderr)) })
    }
    if (stdout.sizeBytes > RUN_MAX_BYTES || stderr.sizeBytes > RUN_MAX_BYTES) {
      throw new DiagnosticError({ ...overLimit(what, RUN_MAX_BYTES), detail: `It ran to its end, with exit code ${word}.` })
    }
    const reply = { exitCode: Number(word), stdout: text(stdout), stderr: text(stderr), startedAtMs, endedAtMs }
    return step.okExitCodes === 'any' ? orNotStarted(argv[0], step.expands === true, reply) : reply
  }

  async put(step: PutStep, options: { become: Become | undefined }): Promise<StepReply> {
    const { path, content, mode, owner, group, validate } = step
    const script = putScript({ path, sha256: content.sha256, mode, owner, group, validate })
    let sent: string | undefined
    const [stdout, stderr] = await this.#carryOut(script, this.#needed(options.become), `writing ${path}`, RUN_TIMEOUT_MS, async (shell) => {
      sent = await sendContent(shell, content)
    })
    const said = words(text(stderr), text(stdout))
    const [stage, code] = stdout.word.split(' ')
    if (stage === 'done') return { exitCode: 0, stdout: '', stderr: '' }
    if (stage === 'validate') return { exitCode: Number(code), stdout: text(stdout), stderr: text(stderr) }
    if (stage === 'directory') fail('STEP_FAILED', `cannot write ${path}: it is a directory`)
    if (stage === 'nofolder') fail('STEP_FAILED', `cannot write ${path}: its folder does not exist`)
    if (stage === 'cut' && sent !== content.sha256)
      fail('STEP_FAILED', `cannot write ${path}: ${content.controllerPath ?? 'its content'} changed since the run began`)
    throw new DiagnosticError(putFailed(path, said))
  }

  async close(): Promise<void> {
    this.#closings += 1
    this.#readers.clear()
    await this.#transport.close().catch(() => {})
  }

  /** Undefined where who logged in already is the wanted user. */
  #needed(become: Become | undefined): Become | undefined {
    return become !== undefined && become.user === this.#options.loginUser ? undefined : become
  }

  #reader(become: Become | undefined): Reader {
    const key = JSON.stringify(become ? [become.method, become.user, become.flags, become.executable, become.password] : [])
    let reader = this.#readers.get(key)
    if (!reader) this.#readers.set(key, (reader = { session: undefined, last: Promise.resolve(), batches: 0 }))
    return reader
  }

  /** Reads may be sent again: once after a lost connection, and what a stopped shell left unanswered always. */
  async #readBatch(reader: Reader, become: Become | undefined, units: readonly Unit[]): Promise<void> {
    let remaining = units
    let lostBefore = false
    const closings = this.#closings
    while (remaining.length > 0) {
      if (!reader.session || reader.session.ended) reader.session = await Session.open(this.#transport, become)
      const session = reader.session
      let progress
      try {
        progress = await session.converse(remaining)
      } catch (error) {
        reader.session = undefined
        if (!isLost(error) || lostBefore || this.#closings > closings) throw error
        lostBefore = true
        continue
      }
      if (progress.over) reader.session = undefined
      if (progress.lost) {
        if (lostBefore || this.#closings > closings) throw new DiagnosticError(progress.lost)
        lostBefore = true
      }
      remaining = progress.remaining
    }
  }

  /**
   * Runs a script on a channel of its own, feeds it, and waits for its last frame. Feeding and waiting go side by side: a
   * program may answer before it has read everything, and need not read at all.
   */
  async #carryOut(
    script: string,
    become: Become | undefined,
    what: string,
    timeoutMs: number,
    feed: (shell: Shell) => Promise<void>,
  ): Promise<readonly [stdout: Frame, stderr: Frame]> {
    const shell = await openShell(this.#transport, 'script', become)
    const feeding = shell.channel
      .send(framedScript(startMarks(shell.nonce) + script))
      .then(() => feed(shell))
      // Also after a failure: half a content is known by its digest, and taken away.
      .finally(() => shell.channel.end())
    let unfed: Error | undefined
    feeding.catch((error: unknown) => {
      unfed = error as Error
    })
    try {
      const group = await shell.started()
      const last = Promise.all([shell.stdout.next(RUN_MAX_BYTES), shell.stderr.next(RUN_MAX_BYTES)])
      const frames = await within(last, timeoutMs)
      if (frames === undefined) {
        const said = words(shell.stderr.unfinished(), shell.stdout.unfinished())
        const gone = await killGroup(this.#transport, become, group, 'gently')
        const note = gone ? undefined : 'The host did not answer when it was to be stopped; it may run on.'
        throw new DiagnosticError(timedOut(what, timeoutMs, words(said ?? '', note ?? '')))
      }
      // It was given up half fed, and has cleaned up after itself by now.
      if (unfed !== undefined) throw unfed
      return frames
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      const end = await shell.channel.ended
      throw new DiagnosticError(end.lost ?? shellEnded(this.#transport.hostName, `running ${what}`, words(shell.stderr.unfinished())))
    } finally {
      void letGo(shell, CHANNEL_CLOSE_TIMEOUT_MS)
    }
  }

  #closeOneIdleReader(): void {
    for (const reader of this.#readers.values()) {
      if (reader.batches > 0 || !reader.session) continue
      reader.session.close()
      reader.session = undefined
      return
    }
  }
}

/** Streams a file's content; answers the digest of what was sent. */
async function sendContent(shell: Shell, content: Content): Promise<string> {
  if (content.bytes !== undefined) {
    await shell.channel.send(content.bytes)
    return content.sha256
  }
  if (content.controllerPath === undefined) throw new Error('content that is known by its digest alone cannot be written')
  const hash = createHash('sha256')
  let sentBytes = 0
  try {
    for await (const chunk of createReadStream(content.controllerPath) as AsyncIterable<Buffer>) {
      sentBytes += chunk.length
      // It grew: the digest is wrong already, and it may have no end.
      if (sentBytes > content.sizeBytes) break
      hash.update(chunk)
      if (!(await shell.channel.send(chunk))) break
    }
  } catch (error) {
    fail('FILE_UNREADABLE', `cannot read ${content.controllerPath}`, { detail: (error as Error).message })
  }
  return sentBytes > content.sizeBytes ? '' : hash.digest('hex')
}

/** In milliseconds since 1970, with microseconds. */
function now(): number {
  return performance.timeOrigin + performance.now()
}

function isLost(error: unknown): boolean {
  return error instanceof DiagnosticError && error.first.code === 'CONNECTION_LOST'
}

function text(frame: Frame): string {
  return frame.payload.toString('utf8')
}
