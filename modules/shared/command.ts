/** What `command` and `shell` share: guards by files, and the result of a program. */
import { file, linesOf, NothingDone, param, query, run } from '../../runner/module.ts'
import type { FileState, Probe, RunStep, StateOf, Step, StepReply } from '../../runner/module.ts'
import { join, withoutEndingSlash } from './target.ts'

export function commandParams() {
  return {
    chdir: param.unlessEmpty(param.pathAsWritten()).optional().describe('The folder to run it in.'),
    creates: param
      .unlessEmpty(param.pathAsWritten('written'))
      .optional()
      .describe('Where this path (or a path that this pattern with *, ? and [] fits) exists, it is not run.'),
    removes: param
      .unlessEmpty(param.pathAsWritten('written'))
      .optional()
      .describe('Where this path (or no path that this pattern fits) exists, it is not run.'),
    stdin: param.string().optional().describe('What it reads from its standard input.'),
    stdin_add_newline: param.bool().default(true).describe('Whether stdin gets a newline at its end.'),
    strip_empty_ends: param.bool().default(true).describe('Whether newlines at the end of the output are dropped.'),
    warn: param.bool().optional().describe('Of no effect.'),
  }
}

export interface CommandParams extends GuardParams {
  readonly stdin?: string | undefined
  readonly stdin_add_newline: boolean
  readonly strip_empty_ends: boolean
}

// --- guards ------------------------------------------------------------------------------------------------------------

export interface GuardParams {
  readonly chdir?: string | undefined
  readonly creates?: string | undefined
  readonly removes?: string | undefined
}

export type GuardProbes = { readonly [guard in 'creates' | 'removes']?: Probe<boolean> | Probe<FileState> }

/** Reads whether the paths of `creates` and `removes` exist. */
export function guardProbes(params: GuardParams): GuardProbes {
  const probes: Record<string, Probe<boolean> | Probe<FileState>> = {}
  for (const guard of ['creates', 'removes'] as const) {
    const path = params[guard]
    if (path === undefined) continue
    probes[guard] = exists(params.chdir === undefined || path.startsWith('/') ? path : join(params.chdir, path))
  }
  return probes
}

/** A path that is not absolute is below the folder in which tasks run. */
function exists(path: string): Probe<boolean> | Probe<FileState> {
  const plain = path.startsWith('/') ? path : `./${path}`
  return /[*?[]/.test(plain) ? matches(plain) : file(withoutEndingSlash(plain), 'none')
}

/** Whether a path fits a pattern. The depth is fixed and links are followed, as a shell would do it. */
function matches(pattern: string): Probe<boolean> {
  const parts = pattern.split('/').filter((part) => part !== '')
  const fixed = parts.findIndex((part) => /[*?[]/.test(part))
  const root = pattern.startsWith('/') ? '/' : ''
  const base = `${root}${parts.slice(0, fixed).join('/')}`
  const depth = String(parts.length - fixed)
  const fits = `${root}${parts.join('/')}`
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

/** The path that makes it needless to run, and how it is there; undefined where there is none. */
export function needless(state: StateOf<GuardProbes>, params: GuardParams): { readonly path: string; readonly is: 'exists' | 'does not exist' } | undefined {
  const isThere = (answer: boolean | FileState): boolean => (typeof answer === 'boolean' ? answer : answer.type !== 'absent')
  if (params.creates !== undefined && isThere(state.creates!)) return { path: params.creates, is: 'exists' }
  if (params.removes !== undefined && !isThere(state.removes!)) return { path: params.removes, is: 'does not exist' }
  return undefined
}

/** Why it need not run, with the result of having succeeded that Ansible gives. */
export function guard(state: StateOf<GuardProbes>, params: GuardParams, cmd: unknown, check: boolean): { result: Record<string, unknown> } | undefined {
  const why = needless(state, params)
  if (!why) return undefined
  const stdout = `skipped, since ${why.path} ${why.is}`
  return {
    result: {
      ...NOT_RUN,
      cmd,
      rc: 0,
      stdout,
      stdout_lines: [stdout],
      msg: `${check ? 'Would' : 'Did'} not run command since '${why.path}' ${why.is}`,
    },
  }
}

const NOT_RUN = { start: null, end: null, delta: null, stdout: '', stdout_lines: [], stderr: '', stderr_lines: [] }

/**
 * For a task that names no program, or two.
 *
 * @throws {NothingDone} always, with Ansible's result.
 */
export function nothingToRun(msg: string): never {
  throw new NothingDone(msg, { ...NOT_RUN, cmd: null, rc: 256, msg })
}

/** What a dry run tells: with `creates` or `removes` it is known that it would run; without, Ansible calls it skipped. */
export function dryRun(params: GuardParams, cmd: unknown): { result: Record<string, unknown>; counts: 'changed' | 'skipped' } {
  return {
    result: { ...NOT_RUN, cmd, rc: 0, msg: 'Command would have run if not in check mode' },
    counts: params.creates !== undefined || params.removes !== undefined ? 'changed' : 'skipped',
  }
}

/** What a task runs may take a day; a task that wants less says so with `timeout` or `async`. */
export const COMMAND_TIMEOUT_MS = 86_400_000

// --- running -----------------------------------------------------------------------------------------------------------

/** Runs a program and makes a result of its reply; `failed` and `msg` stand for a failure. */
export function* runCommand(
  argv: readonly [string, ...string[]],
  params: CommandParams,
  cmd: unknown,
  more: Pick<RunStep, 'inShell' | 'expands'>,
): Generator<Step, Record<string, unknown>, StepReply> {
  const stdin = params.stdin === undefined ? undefined : params.stdin_add_newline ? `${params.stdin}\n` : params.stdin
  const reply = yield run(argv, {
    ...more,
    timeoutMs: COMMAND_TIMEOUT_MS,
    okExitCodes: 'any',
    ...(params.chdir !== undefined && { chdir: params.chdir }),
    ...(stdin !== undefined && { stdin }),
  })
  return commandResult(reply, argv, params, cmd)
}

/**
 * The result of a program that has ended.
 *
 * @throws {NothingDone} where it was not even started.
 */
function commandResult(reply: StepReply, argv: readonly string[], params: CommandParams, cmd: unknown): Record<string, unknown> {
  const { notStarted } = reply
  if (notStarted) {
    const error = `[Errno ${notStarted.errno}] ${ERRORS[notStarted.errno]}: b'${notStarted.path}'`
    if (notStarted.what === 'chdir') {
      const msg = `Unable to change directory before execution: ${error}`
      throw new NothingDone(msg, { ...NOT_RUN, cmd, rc: null, msg })
    }
    const { stdout, stdout_lines, stderr, stderr_lines } = NOT_RUN
    throw new NothingDone(error, { cmd: argv.map(shellQuoted).join(' '), rc: notStarted.errno, stdout, stdout_lines, stderr, stderr_lines, msg: error })
  }
  const strip = (text: string) => (params.strip_empty_ends ? text.replace(/[\r\n]+$/, '') : text)
  const stdout = strip(reply.stdout)
  const stderr = strip(reply.stderr)
  return {
    stdout,
    stderr,
    rc: reply.exitCode,
    cmd,
    ...times(reply),
    ...(reply.exitCode !== 0 && { failed: true }),
    msg: reply.exitCode === 0 ? '' : 'non-zero return code',
    stdout_lines: linesOf(stdout),
    stderr_lines: linesOf(stderr),
  }
}

const ERRORS = { 2: 'No such file or directory', 13: 'Permission denied', 20: 'Not a directory' } as const

/** As Python's `shlex.quote` does it. */
function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`
}

/** When it ran, as Python prints times: `2026-01-31 10:15:59.123456`, and `0:00:01.500000` for how long. */
function times({ startedAtMs, endedAtMs }: StepReply): { start: string | null; end: string | null; delta: string | null } {
  if (startedAtMs === undefined || endedAtMs === undefined) return { start: null, end: null, delta: null }
  return { start: moment(startedAtMs), end: moment(endedAtMs), delta: duration(endedAtMs - startedAtMs) }
}

function moment(ms: number): string {
  const date = new Date(ms)
  const two = (number: number): string => String(number).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${micros(ms)}`
}

function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const two = (number: number): string => String(number).padStart(2, '0')
  const days = Math.floor(seconds / 86_400)
  const day = days === 0 ? '' : `${days} ${days === 1 ? 'day' : 'days'}, `
  return `${day}${Math.floor(seconds / 3600) % 24}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${micros(ms)}`
}

function micros(ms: number): string {
  return String(Math.floor((ms % 1000) * 1000)).padStart(6, '0')
}

export const COMMAND_RETURNS = {
  cmd: 'What was run.',
  rc: 'The exit code, or minus the number of the signal that ended it; any but 0 fails the task.',
  stdout: 'What it printed.',
  stderr: 'What it printed to its error output.',
  stdout_lines: 'stdout, line by line.',
  stderr_lines: 'stderr, line by line.',
  start: "When it began, by the controller's clock.",
  end: 'When it ended.',
  delta: 'How long it took.',
  msg: "Why it was not run, or 'non-zero return code'.",
} as const

/** What a program gave that ran on a terminal where the connection has one, for the documentation. */
export const TERMINAL_RETURNS = {
  rc: 'The exit code; any but 0 fails the task.',
  stdout: 'What it printed. Over SSH that is what a terminal showed: with its error output, and with CR LF at the ends of lines.',
  stderr: "What it printed to its error output; over SSH the last words of OpenSSH's client.",
  stdout_lines: 'stdout, line by line.',
  stderr_lines: 'stderr, line by line.',
} as const

/** The result of such a program: any exit code but 0 fails the task. */
export function terminalResult({ exitCode, stdout, stderr }: StepReply): Record<string, unknown> {
  return {
    rc: exitCode,
    stdout,
    stdout_lines: linesOf(stdout),
    stderr,
    stderr_lines: linesOf(stderr),
    ...(exitCode !== 0 && { failed: true, msg: 'non-zero return code' }),
  }
}
