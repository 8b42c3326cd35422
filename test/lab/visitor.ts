/** Commands that enter a living instance: in its cgroup, so that `down` ends them, and with a limit on what they may take. */

import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { constants } from 'node:os'
import { joinCgroup } from './cgroup.ts'
import { LabError } from './errors.ts'
import { visitorCgroup, type InstancePaths } from './paths.ts'

/** What a command on a host gave back. */
export interface ExecResult {
  readonly exitCode: number
  readonly stdout: Buffer
  readonly stderr: Buffer
}

export interface EnterOptions {
  readonly stdin?: string | Buffer
  readonly timeoutMs?: number
}

/** What nsenter enters of a host: all. */
const hostNamespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', '--root', '--wd'] as const

/**
 * The words before a command that make it one of a host's processes; `pid` is a process in it. The command's parent is a shell
 * outside of the host's process namespace: ended, it is noticed. nsenter itself would not do as a parent: it stops when the command
 * is stopped, which is what a host that shuts down does with all processes before it kills them and waits for their end.
 */
export const enteringWords = (pid: string): string[] => [
  'nsenter',
  '--target',
  pid,
  ...hostNamespaces,
  '--no-fork',
  '--',
  'bash',
  '-c',
  '"$@"; exit $?',
  'bash',
]

/** The environment of a fresh root login. */
export const loginEnv = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C.UTF-8' } as const

const enterTimeoutMs = 120_000
const outputLimitBytes = 64 * 1024 * 1024

/** Starts a command in the instance's cgroup, with the environment of a fresh root login. */
export function spawnVisitor(paths: InstancePaths, argv: readonly string[], stdio: StdioOptions): ChildProcess {
  const term = process.env['TERM']
  return spawn('sh', ['-c', `${joinCgroup(visitorCgroup(paths))} && exec "$@"`, 'sh', ...argv], {
    stdio,
    env: { ...loginEnv, ...(term ? { TERM: term } : {}) },
  })
}

/** Feeds a command and collects what it says, to its end or to a limit. */
export function collect(child: ChildProcess, what: string, options: EnterOptions): Promise<ExecResult> {
  const timeoutMs = options.timeoutMs ?? enterTimeoutMs
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  let bytes = 0
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      child.kill('SIGKILL')
      reject(new LabError(`${what} ${why}`))
    }
    const timer = setTimeout(() => fail(`was not done in ${timeoutMs / 1000} s`), timeoutMs)
    const take = (chunks: Buffer[]) => (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > outputLimitBytes) fail(`printed more than ${outputLimitBytes} bytes`)
    }
    child.stdout?.on('data', take(stdout))
    child.stderr?.on('data', take(stderr))
    // A command need not read its input: a closed pipe is its own business.
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.stdin ?? '')
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({
        exitCode: code ?? 128 + (signal ? constants.signals[signal] : 0),
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr),
      })
    })
  })
}

export const notRunning = (paths: InstancePaths, host: string): LabError =>
  new LabError(`${host} is not running in the lab "${paths.instance}": say "npm run lab -- up" first`)
