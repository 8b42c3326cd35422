/**
 * The same tasks with Ansible and with Playline, on this machine: each case has a folder of its own, which is made again for
 * each program at the same path, so that what they say and what they leave behind can be compared word by word.
 */
import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { parse, stringify } from 'yaml'
import { playline } from './playline.ts'

/** One row of a table. `{{ d }}` is the case's folder. */
export interface Case {
  readonly name: string
  /** A shell script that fills the folder; it runs there, as root. */
  readonly setup?: string
  /** A shell script that undoes what is outside the folder. */
  readonly teardown?: string
  readonly tasks: readonly Readonly<Record<string, unknown>>[]
  /** Variables of the tasks. */
  readonly vars?: Readonly<Record<string, unknown>>
  /** False where a dry run is deliberately another than Ansible's, or depends on what the first task does. */
  readonly check?: boolean
  /** False where a second run is not compared. */
  readonly again?: boolean
  /** A shell script whose output is compared after the run, beside the files of the folder. */
  readonly show?: string
  /** Keys of results that are not compared, with the reason. */
  readonly differs?: Readonly<Record<string, string>>
}

const RUNS = ['check', 'run', 'again'] as const
type RunName = (typeof RUNS)[number]

export function readCases(file: string): Case[] {
  return parse(readFileSync(file, 'utf8')) as Case[]
}

type Result = Readonly<Record<string, unknown>>
interface Document {
  readonly plays: readonly { readonly tasks: readonly { readonly task: { readonly name: string }; readonly hosts: Readonly<Record<string, Result>> }[] }[]
}

/** What a program made of a case in one run, before it is tidied. */
interface Raw {
  readonly results: readonly Result[]
  readonly files: readonly string[]
  readonly shown: readonly string[]
}

/** A run of a case in which something differs: what each program made of it. */
export interface Compared {
  readonly name: string
  readonly theirs: string
  readonly ours: string
}

/** Runs all cases with both programs, three times: a dry run, a run, and that run again. What Ansible did is kept beside the temporary files. */
export async function compare(cases: readonly Case[]): Promise<Compared[]> {
  const keptAt = (each: Case): string =>
    path.join(
      tmpdir(),
      'playline-module-differential',
      `${digestOf([ansibleVersion(), { ...each, differs: undefined, check: undefined, again: undefined }])}.json`,
    )
  const played = await playOpen(
    cases.filter((each) => !existsSync(keptAt(each))),
    'ansible',
  )
  mkdirSync(path.join(tmpdir(), 'playline-module-differential'), { recursive: true })
  for (const [each, runs] of played) writeFileSync(keptAt(each), JSON.stringify(runs))
  const own = await playOpen(cases, 'playline')
  return cases.flatMap((each) => {
    const theirs = JSON.parse(readFileSync(keptAt(each), 'utf8')) as Record<string, Raw>
    return RUNS.filter((run) => each[run === 'run' ? 'name' : run] !== false).map((run): Compared => {
      const [a, b] = [theirs[run]!, own.get(each)![run]!]
      const whole = a.results.map((result) => tidy(result, each))
      const results = run === 'check' ? whole.map((result) => asFarAs(result, result)) : whole
      const ours = b.results.map((result, index) => (run === 'check' ? asFarAs(whole[index], tidy(result, each)) : tidy(result, each)))
      const text = (lines: readonly unknown[], { files, shown }: Raw) =>
        [...lines.map((line) => JSON.stringify(line, null, 1)), ...files.map(normalized), ...shown].join('\n')
      return { name: `${each.name}: ${run}`, theirs: text(results, a), ours: text(ours, b) }
    })
  })
}

async function playOpen(cases: readonly Case[], program: 'ansible' | 'playline'): Promise<Map<Case, Record<string, Raw>>> {
  if (cases.length === 0) return new Map()
  const scratch = mkdtempSync('/tmp/playline-modules-')
  const folderOf = (index: number): string => path.join(scratch, String(index))
  try {
    const played = new Map(cases.map((each): [Case, Record<string, Raw>] => [each, {}]))
    for (const run of RUNS) {
      if (run !== 'again') for (const [index, each] of cases.entries()) setUp(each, folderOf(index))
      const results = await runOnce(cases, scratch, program, run)
      for (const [index, each] of cases.entries()) {
        const folder = folderOf(index)
        const raw: Raw = {
          results: each.tasks.map((_, task) => results.get(`${index}.${task}`) ?? {}),
          files: snapshot(folder),
          shown: run !== 'check' && each.show !== undefined ? [shell(each.show, folder)] : [],
        }
        played.get(each)![run] = JSON.parse(JSON.stringify(raw).replaceAll(folder, 'FOLDER')) as Raw
      }
    }
    return played
  } finally {
    for (const [index, each] of cases.entries()) if (each.teardown !== undefined && existsSync(folderOf(index))) shell(each.teardown, folderOf(index))
    rmSync(scratch, { recursive: true, force: true })
  }
}

function digestOf(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

function ansibleVersion(): string {
  return execFileSync('ansible-playbook', ['--version'], { encoding: 'utf8' })
}

function setUp(each: Case, folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  if (each.teardown !== undefined) shell(each.teardown, folder)
  if (each.setup !== undefined) shell(each.setup, folder)
}

function shell(script: string, folder: string): string {
  return execFileSync('sh', ['-c', `umask 022\n${script}`], { cwd: folder, encoding: 'utf8' })
}

async function runOnce(cases: readonly Case[], scratch: string, program: 'ansible' | 'playline', run: RunName): Promise<Map<string, Result>> {
  const playbook = path.join(scratch, 'cases.yml')
  const blocks = cases.map((each, index) => ({
    vars: { ...each.vars, d: path.join(scratch, String(index)) },
    block: each.tasks.map((task, at) => ({ name: `${index}.${at}`, ignore_errors: true, ...task })),
  }))
  writeFileSync(playbook, stringify([{ hosts: 'all', gather_facts: false, tasks: blocks }], { lineWidth: 0, aliasDuplicateObjects: false }))
  const inventory = path.join(scratch, 'hosts')
  writeFileSync(inventory, 'here ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n')
  const options = [playbook, '-i', inventory, '--diff', ...(run === 'check' ? ['--check'] : [])]
  const stdout = program === 'ansible' ? await ansible(options) : await ours(options)
  const document = JSON.parse(stdout.slice(stdout.indexOf('{'))) as Document
  const results = document.plays.flatMap(({ tasks }) => tasks.map(({ task, hosts }): [string, Result] => [task.name, hosts['here'] ?? {}]))
  return new Map(results)
}

async function ansible(argv: readonly string[]): Promise<string> {
  const env = {
    ...process.env,
    ANSIBLE_STDOUT_CALLBACK: 'ansible.posix.json',
    ANSIBLE_PIPELINING: '1',
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_LOCALHOST_WARNING: 'false',
  }
  const options = { env, maxBuffer: 64 * 1024 * 1024 }
  return promisify(execFile)('ansible-playbook', argv, options).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error as { stdout: string }).stdout,
  )
}

async function ours(argv: readonly string[]): Promise<string> {
  const { stdout, stderr } = await playline([...argv, '--output', 'json'])
  if (!stdout.includes('{') || (JSON.parse(stdout) as Document).plays.length === 0) throw new Error(`the run was refused:\n${stderr}`)
  return stdout
}

/** Keys of no meaning for who reads a result: what was asked, times, and what is Ansible's own. */
const VOLATILE = new Set(['invocation', 'action', '_ansible_no_log', 'atime', 'mtime', 'ctime', 'inode', 'dev', 'version', 'elapsed', 'detail', 'exception', 'module_stdout', 'module_stderr', 'warnings', 'deprecations', 'discovered_interpreter_python', 'stdout_lines', 'stderr_lines', 'diff', 'differences']) // prettier-ignore

/** What Playline leaves out of results of the modules that write: numbers beside names, sums beside sums. */
const LEFT_OUT = new Set(['uid', 'gid', 'md5sum', 'remote_md5sum'])

/** A result without what differs from run to run. Errors are compared as such: their words are Playline's own. */
function tidy(result: Result, each: Case): Record<string, unknown> {
  if (result['failed'] === true) return { failed: true, changed: result['changed'] === true }
  const isRead = /stat$|find$|getent$|user$|group$/.test(String(result['action']))
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return normalized(value)
    if (Array.isArray(value)) return value.map(walk)
    if (value === null || typeof value !== 'object') return value
    const entries = Object.entries(value)
      .filter(([name, item]) => !VOLATILE.has(name) && !(each.differs && name in each.differs) && !(name === 'failed' && item === false))
      .filter(([name]) => isRead || !LEFT_OUT.has(name))
      .map(([name, item]): [string, unknown] => [name, walk(item)])
      .filter(([, item]) => item !== TEMPORARY)
    const kept = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
    if (!isRead && kept['state'] === 'directory') delete kept['size']
    return kept
  }
  return walk(result) as Record<string, unknown>
}

const COMPARED_IN_CHECK = new Set(['changed', 'failed', 'skipped', 'msg', 'dest', 'path', 'results', 'stat'])

/** Of a dry run: Playline tells what a run would have told, Ansible parts of that, and attributes as they are. */
function asFarAs(theirs: unknown, ours: unknown): unknown {
  if (theirs === null || ours === null || typeof theirs !== 'object' || typeof ours !== 'object' || Array.isArray(theirs)) return ours
  return Object.fromEntries(Object.entries(ours).filter(([name]) => COMPARED_IN_CHECK.has(name) && (name in theirs || name === 'failed' || name === 'skipped')))
}

const TEMPORARY = 'TEMPORARY'

/** Names of backups and of Ansible's temporary files. */
function normalized(text: string): string {
  return text
    .replace(/playline-modules-\w{6}/g, 'SCRATCH')
    .replace(/\.[0-9a-f]+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~/g, '.BACKUP~')
    .replace(/\/\S*\.ansible\/tmp\/\S*/g, TEMPORARY)
}

/** What is in a folder: type, mode, owner and content of everything. */
function snapshot(folder: string, below = ''): string[] {
  return readdirSync(path.join(folder, below))
    .sort()
    .flatMap((name) => {
      const at = path.join(below, name)
      const full = path.join(folder, at)
      const { mode, uid, gid, nlink } = lstatSync(full)
      const type = mode & 0o170000
      const attributes = `${(mode & 0o7777).toString(8).padStart(4, '0')} ${uid}:${gid}`
      if (type === 0o120000) return [`${at} ${uid}:${gid} -> ${readlinkSync(full)}`]
      if (type === 0o040000) return [`${at}/ ${attributes}`, ...snapshot(folder, at)]
      if (type !== 0o100000) return [`${at} ${attributes} special`]
      return [`${at} ${attributes}${nlink > 1 ? ` ${nlink} names` : ''} ${JSON.stringify(readFileSync(full, 'latin1'))}`]
    })
}
