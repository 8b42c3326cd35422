/** Runs the built program as a user would, against lab hosts or anything else. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Finished {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** The built program. */
export const MAIN = fileURLToPath(new URL('../../dist/runner/main.js', import.meta.url))

/** A run that takes longer than this is ended, and fails. */
const LIMIT_MS = 900_000

/** Starts `playline ARGS` in the project's folder. */
export function playline(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Finished> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (signal) reject(new Error(`playline was ended by ${signal} after ${LIMIT_MS} ms:\n${stdout}\n${stderr}`))
      else resolve({ exitCode: code ?? 1, stdout, stderr })
    })
  })
}

/** What `--output json` prints, as far as tests read it. */
export interface RunDocument {
  readonly plays: readonly {
    readonly play: { readonly name: string }
    readonly tasks: readonly { readonly task: { readonly name: string }; readonly hosts: Readonly<Record<string, TaskResult>> }[]
  }[]
  readonly stats: Readonly<
    Record<string, { readonly ok: number; readonly changed: number; readonly unreachable: number; readonly failures: number; readonly skipped: number }>
  >
}

export interface TaskResult {
  readonly changed: boolean
  readonly failed?: boolean
  readonly skipped?: boolean
  readonly unknown?: string
  readonly msg?: unknown
  /** In the forms of Ansible's modules. */
  readonly diff?: unknown
  /** What differs where Ansible's module has no form for it. */
  readonly differences?: readonly DiffEntry[]
}

export interface DiffEntry {
  readonly before?: string
  readonly after?: string
  readonly before_header?: string
  readonly after_header?: string
  readonly prepared?: string
}

/** All that a result shows as different. Attributes become a line of JSON a side. */
export function differencesIn({ diff, differences = [] }: TaskResult): DiffEntry[] {
  return [...[diff ?? []].flat(), ...differences].map((each: DiffEntry | AttributesDiff) => {
    if (typeof each.after !== 'object') return each as DiffEntry
    const [before, after] = [each.before, each.after].map((side) => `${JSON.stringify(side)}\n`)
    return { before: before!, after: after!, before_header: each.after.path, after_header: each.after.path }
  })
}

interface AttributesDiff {
  readonly before: { readonly path: string }
  readonly after: { readonly path: string }
}

/** Runs with JSON output and diffs; the exit code has to be `expected`. */
export async function playlineJson(args: readonly string[], environment: Readonly<Record<string, string>> = {}, expected = 0): Promise<RunDocument> {
  const done = await playline([...args, '--output', 'json', '--diff'], environment)
  if (done.exitCode !== expected) throw new Error(`playline ${args.join(' ')} ended with ${done.exitCode}:\n${done.stdout.slice(-4000)}\n${done.stderr}`)
  return JSON.parse(done.stdout) as RunDocument
}

/** Every task of a run with its results, by play, name and host. A name that stands twice in a play gets a number. */
export function resultsByTask(document: RunDocument): Map<string, TaskResult> {
  const results = new Map<string, TaskResult>()
  for (const play of document.plays) {
    const seen = new Map<string, number>()
    for (const { task, hosts } of play.tasks) {
      const count = (seen.get(task.name) ?? 0) + 1
      seen.set(task.name, count)
      for (const [host, result] of Object.entries(hosts)) results.set(`${play.play.name} / ${task.name}${count > 1 ? ` (${count})` : ''} / ${host}`, result)
    }
  }
  return results
}
