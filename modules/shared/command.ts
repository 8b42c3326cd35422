/** What `command` and `shell` share: guards by files, and the result of a program. */
import { file, param, query, run, z } from '../../runner/module.ts'
import type { FileState, Probe, RunStep, StateOf, Step, StepReply } from '../../runner/module.ts'
import { join } from './target.ts'

export function commandParams() {
  return {
    chdir: param.path().optional().describe('The folder to run it in.'),
    creates: z.string().min(1).optional().describe('Where this path (or a path that this pattern with *, ? and [] fits) exists, it is not run.'),
    removes: z.string().min(1).optional().describe('Where this path (or no path that this pattern fits) exists, it is not run.'),
    stdin: param.string().optional().describe('What it reads from its standard input.'),
    stdin_add_newline: param.bool().default(true).describe('Whether stdin gets a newline at its end.'),
    strip_empty_ends: param.bool().default(true).describe('Whether newlines at the end of the output are dropped.'),
  }
}

export interface CommandParams {
  readonly chdir?: string | undefined
  readonly creates?: string | undefined
  readonly removes?: string | undefined
  readonly stdin?: string | undefined
  readonly stdin_add_newline: boolean
  readonly strip_empty_ends: boolean
}

/** A path of `creates` and `removes` is absolute, or below `chdir`. */
export function checkGuards(params: CommandParams, issue: (parameter: string, message: string) => void): void {
  for (const key of ['creates', 'removes'] as const) {
    const path = params[key]
    if (path === undefined) continue
    if (!path.startsWith('/') && params.chdir === undefined) issue(key, 'a path has to begin with /, or chdir has to say what it is below')
    if (path.includes('\0')) issue(key, 'a path cannot hold a NUL')
  }
}

// --- guards ------------------------------------------------------------------------------------------------------------

export type GuardProbes = { readonly [guard: string]: Probe<boolean> | Probe<FileState> }

/** Reads whether the paths of `creates` and `removes` exist. */
export function guardProbes(params: CommandParams): GuardProbes {
  return {
    ...(params.creates !== undefined && { creates: exists(absolute(params.creates, params)) }),
    ...(params.removes !== undefined && { removes: exists(absolute(params.removes, params)) }),
  }
}

function absolute(path: string, params: CommandParams): string {
  return path.startsWith('/') ? path : join(params.chdir!, path)
}

function exists(path: string): Probe<boolean> | Probe<FileState> {
  return /[*?[]/.test(path) ? matches(path) : file(path.replace(/(.)\/+$/, '$1'), 'none')
}

/** Whether a path fits a pattern. The depth is fixed and links are followed, as a shell would do it. */
function matches(pattern: string): Probe<boolean> {
  const parts = pattern.split('/').filter((part) => part !== '')
  const fixed = parts.findIndex((part) => /[*?[]/.test(part))
  const base = `/${parts.slice(0, fixed).join('/')}`
  const depth = String(parts.length - fixed)
  const fits = `/${parts.join('/')}`
  return query(
    `query:glob:${pattern}`,
    ['find', '-L', base, '-mindepth', depth, '-maxdepth', depth, '-path', fits, '-print0'],
    (reply) => reply.stdout.split('\0').some((path) => path !== '' && !hidesDots(parts, path)),
    { okExitCodes: [0, 1], tellsOf: [`file:${base === '/' ? '' : base}/*`] },
  )
}

/** A wildcard at the beginning of a name does not stand for a dot; find does not know. */
function hidesDots(parts: readonly string[], path: string): boolean {
  const names = path.split('/').filter((name) => name !== '')
  return names.some((name, index) => name.startsWith('.') && !parts[index]!.startsWith('.'))
}

/** Why it need not run, with the result of having succeeded that Ansible gives. */
export function guard(state: StateOf<GuardProbes>, params: CommandParams, cmd: unknown): { result: Record<string, unknown> } | undefined {
  const isThere = (key: string) => {
    const answer = state[key]!
    return typeof answer === 'boolean' ? answer : answer.type !== 'absent'
  }
  let why: string | undefined
  if (params.creates !== undefined && isThere('creates')) why = `'${params.creates}' exists`
  else if (params.removes !== undefined && !isThere('removes')) why = `'${params.removes}' does not exist`
  if (why === undefined) return undefined
  return {
    result: {
      cmd,
      rc: 0,
      stdout: `skipped, since ${why.replaceAll("'", '')}`,
      stdout_lines: [`skipped, since ${why.replaceAll("'", '')}`],
      stderr: '',
      stderr_lines: [],
      msg: `Did not run command since ${why}`,
    },
  }
}

// --- running -----------------------------------------------------------------------------------------------------------

/** Runs argv and makes a result of its reply; `failed` and `msg` stand for a failure. */
export function* runCommand(argv: readonly [string, ...string[]], params: CommandParams, cmd: unknown): Generator<Step, Record<string, unknown>, StepReply> {
  const stdin = params.stdin === undefined ? undefined : params.stdin_add_newline ? `${params.stdin}\n` : params.stdin
  const step: RunStep = run(argv, { okExitCodes: 'any', ...(params.chdir !== undefined && { chdir: params.chdir }), ...(stdin !== undefined && { stdin }) })
  const reply = yield step
  const strip = (text: string) => (params.strip_empty_ends ? text.replace(/[\r\n]+$/, '') : text)
  const noProgram = missingProgram(reply)
  if (noProgram !== undefined)
    return { cmd, rc: 2, stdout: '', stdout_lines: [], stderr: '', stderr_lines: [], msg: `there is no program '${noProgram}' on the host`, failed: true }
  const stdout = strip(reply.stdout)
  const stderr = strip(reply.stderr)
  return {
    cmd,
    rc: reply.exitCode,
    stdout,
    stdout_lines: lines(stdout),
    stderr,
    stderr_lines: lines(stderr),
    msg: reply.exitCode === 0 ? '' : 'non-zero return code',
    ...(reply.exitCode !== 0 && { failed: true }),
  }
}

/** The program that the shell which was to become it did not find; its words are `sh: 1: exec: NAME: not found`. */
function missingProgram(reply: StepReply): string | undefined {
  if (reply.exitCode !== 127 || reply.stdout !== '') return undefined
  return /^\S*sh: (?:line )?\d+: exec: (.+): not found\n?$/.exec(reply.stderr)?.[1]
}

/** As Python's `splitlines` does it. */
function lines(text: string): string[] {
  const parts = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/)
  if (parts.at(-1) === '') parts.pop()
  return parts
}

export const COMMAND_RETURNS = {
  cmd: 'What was run.',
  rc: 'The exit code; any but 0 fails the task.',
  stdout: 'What it printed.',
  stderr: 'What it printed to its error output.',
  stdout_lines: 'stdout, line by line.',
  stderr_lines: 'stderr, line by line.',
  msg: "Why it was not run, or 'non-zero return code'.",
} as const
