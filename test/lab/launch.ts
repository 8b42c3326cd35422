/** Processes that outlive us, each in a cgroup by which it is found and ended. */

import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { joinCgroup, makeCgroup } from './cgroup.ts'
import { toolPath } from './shell.ts'

/** Starts a command that goes on without us, with its words in a log file. Gives a question: has it ended? */
export function launch(cgroup: string, logFile: string, argv: readonly string[]): () => boolean {
  const log = openSync(logFile, 'a', 0o600)
  makeCgroup(cgroup)
  // The cgroup comes first: what has begun to exist is what `down` can find.
  const child = spawn('sh', ['-c', `${joinCgroup(cgroup)} && exec "$@"`, 'sh', ...argv], {
    stdio: ['ignore', log, log],
    detached: true,
    cwd: '/',
    env: { PATH: toolPath },
  })
  let hasEnded = false
  child.once('error', () => (hasEnded = true))
  child.once('exit', () => (hasEnded = true))
  child.unref()
  closeSync(log)
  return () => hasEnded
}
