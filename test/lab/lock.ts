/**
 * A lock between processes that no crash can leave behind: flock(1) holds it for as long as our end of a pipe is open.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { LabError } from './errors.ts'

const conflictExitCode = 75

/**
 * Runs `work` while holding the lock.
 * @param file made when missing; its text is the id of the last process that had the lock
 * @param what completes "… is at work on": what the lock protects
 */
export async function withLock<T>(
  file: string,
  options: { what: string; waitMs: number; onWait?: (holder: string) => void },
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const release = (await acquire(file, 0)) ?? (await waitFor(file, options))
  try {
    writeFileSync(file, `${process.pid}\n`)
    return await work()
  } finally {
    await release()
  }
}

async function waitFor(file: string, options: { what: string; waitMs: number; onWait?: (holder: string) => void }) {
  const holder = readFileSync(file, 'utf8').trim() || 'unknown'
  options.onWait?.(holder)
  const release = await acquire(file, options.waitMs)
  if (release) return release
  throw new LabError(
    `process ${holder} is at work on ${options.what} and was not done in ${options.waitMs / 1000} s: ` +
      `wait for it, or end it with "kill ${holder}", then try again`,
  )
}

/** Resolves to what gives the lock back, or to undefined when another process has it for longer than `waitMs`. */
function acquire(file: string, waitMs: number): Promise<(() => Promise<void>) | undefined> {
  const conflict = String(conflictExitCode)
  const seconds = String(waitMs / 1000)
  const holder = spawn(
    'flock',
    ['--timeout', seconds, '--conflict-exit-code', conflict, file, 'sh', '-c', 'echo locked; exec cat'],
    // In a session of its own: Ctrl-C must not take the lock away while we are still cleaning up.
    { stdio: ['pipe', 'pipe', 'inherit'], detached: true },
  )
  return new Promise((resolve, reject) => {
    holder.once('error', (cause) => reject(new LabError('flock did not start: install util-linux', { cause })))
    holder.once('exit', (code) =>
      code === conflictExitCode ? resolve(undefined) : reject(new LabError(`flock ${file} exited ${code} before the lock was had`)),
    )
    holder.stdout.once('data', () => {
      const ended = once(holder, 'exit')
      resolve(async () => {
        holder.stdin.end()
        await ended
      })
    })
  })
}
