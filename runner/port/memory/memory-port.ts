/**
 * A host in memory, for tests of what stands above a port: files are real in their behaviour, everything else answers as
 * the test says. It counts round trips and remembers what was done.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Content } from '../../contract/content.ts'
import type { FileRead, FileReply, QueryRead, QueryReply, HostRead } from '../../contract/resource.ts'
import type { PutStep, RunStep, StepReply } from '../../contract/step.ts'
import { fail } from '../../diagnostic/diagnostic.ts'
import type { Become, Port, ReadOutcome, RunOptions } from '../port.ts'
import { FILE_MAX_BYTES, QUERY_MAX_BYTES } from '../shell/limits.ts'
import { describe, overLimit, queryFailed, words } from '../shell/problems.ts'
import { type Entry, FileSystem, FileSystemError, parentOf } from './file-system.ts'
import { runProgram } from './programs.ts'

/** A file's content, or more of it. Folders and links are given by their type. */
export type MemoryFile =
  | string
  | Buffer
  | { readonly content: string | Buffer; readonly mode?: string; readonly owner?: string; readonly group?: string; readonly mtimeSeconds?: number }
  | { readonly type: 'directory'; readonly mode?: string; readonly owner?: string; readonly group?: string }
  | { readonly type: 'link'; readonly target: string; readonly owner?: string; readonly group?: string }

/** What a program answers: all of a reply, its standard output alone (exit code 0), or its exit code alone. */
export type Answer = QueryReply | string | number

export interface MemoryHost {
  readonly files?: Readonly<Record<string, MemoryFile>>
  /** What `sysctl -n` answers. The test may change it as it goes. */
  readonly sysctls?: Readonly<Record<string, string>>
  /** Units by name, with their properties as `systemctl show` names them; what is left out is that of a running unit. */
  readonly units?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Queries by their words, joined by spaces, or a function. What neither answers is no program of this host (127). */
  readonly queries?: Readonly<Record<string, Answer>> | ((argv: readonly string[], host: MemoryPort) => Answer | undefined)
  /** Asked first for every step that runs a program; what it does not answer, `mkdir`, `rm`, `cp` and their like do. */
  readonly run?: (step: RunStep, host: MemoryPort, options: RunOptions) => Answer | undefined
  /** Exit codes of `validate` commands; without it they all succeed. It is given the content that is to be put. */
  readonly validate?: (argv: readonly string[], content: Buffer) => Answer | undefined
  /** Who logged in. Default: root. */
  readonly user?: string
}

/** A step that was carried out, as whom. */
export interface Done<S> {
  readonly step: S
  readonly become: Become | undefined
  readonly environment: Readonly<Record<string, string>>
}

/** The mtime of everything new: a test sees which files were written. */
const NOW_SECONDS = 1_700_000_000

const RUNNING_UNIT = {
  LoadState: 'loaded',
  ActiveState: 'active',
  SubState: 'running',
  UnitFileState: 'enabled',
  NeedDaemonReload: 'no',
  MainPID: '100',
  NRestarts: '0',
  Type: 'simple',
  RemainAfterExit: 'no',
  Result: 'success',
}
const MISSING_UNIT = {
  LoadState: 'not-found',
  ActiveState: 'inactive',
  SubState: 'dead',
  UnitFileState: '',
  NeedDaemonReload: 'no',
  MainPID: '0',
  NRestarts: '0',
}

const IDS: Readonly<Record<string, number>> = { root: 0 }

export class MemoryPort implements Port {
  readonly files: FileSystem
  readonly sysctls: Map<string, string>
  readonly units: Map<string, Readonly<Record<string, string>>>
  /** How often `read` was called: each is one round trip. */
  readCalls = 0
  /** All reads of all calls, in their order. */
  readonly reads: HostRead[] = []
  /** As whom each of the calls read. */
  readonly readers: (Become | undefined)[] = []
  readonly runs: Done<RunStep>[] = []
  readonly puts: Done<PutStep>[] = []
  closed = false
  readonly #host: MemoryHost
  readonly #user: string

  constructor(host: MemoryHost = {}) {
    this.#host = host
    this.#user = host.user ?? 'root'
    this.files = new FileSystem('root')
    for (const [path, file] of Object.entries(host.files ?? {})) this.place(path, file)
    this.sysctls = new Map(Object.entries(host.sysctls ?? {}))
    this.units = new Map(Object.entries(host.units ?? {}))
  }

  /** Puts a file there, with the folders above it. */
  place(path: string, file: MemoryFile): void {
    const above: string[] = []
    for (let folder = parentOf(path); folder !== '/'; folder = parentOf(folder)) above.unshift(folder)
    for (const folder of above) if (!this.files.follow(folder)) this.files.makeFolder(folder, { mode: '0755', owner: 'root', group: 'root', mtimeSeconds: 0 })
    this.files.set(path, entryOf(file))
  }

  /** A file's text, or undefined where there is no such file. Links are followed. */
  text(path: string): string | undefined {
    const entry = this.files.follow(path)
    return entry?.type === 'file' ? entry.bytes.toString('utf8') : undefined
  }

  async read(reads: readonly HostRead[], options: { become: Become | undefined }): Promise<ReadOutcome[]> {
    if (reads.length === 0) return []
    await anotherTurn()
    this.readCalls += 1
    this.readers.push(options.become)
    this.reads.push(...reads)
    return reads.map((read) => (read.kind === 'file' ? this.#readFile(read) : this.#query(read)))
  }

  async run(step: RunStep, options: RunOptions): Promise<StepReply> {
    await anotherTurn()
    this.runs.push({ step, become: options.become, environment: { ...options.environment, ...step.environment } })
    const answer = this.#host.run?.(step, this, options)
    if (answer !== undefined) return replyOf(answer)
    if (step.chdir !== undefined && this.files.follow(step.chdir)?.type !== 'directory') {
      fail('STEP_FAILED', `cannot change to folder '${step.chdir}' to run ${describe(step.argv, step.secret)}`)
    }
    const shell = { files: this.files, user: this.#as(options.become), folder: step.chdir ?? '/', nowSeconds: NOW_SECONDS }
    return runProgram(step.argv, shell) ?? { exitCode: 127, stdout: '', stderr: `exec: ${step.argv[0]}: not found\n` }
  }

  async put(step: PutStep, options: { become: Become | undefined }): Promise<StepReply> {
    await anotherTurn()
    this.puts.push({ step, become: options.become, environment: {} })
    const bytes = bytesOf(step.content)
    if (this.files.look(step.path)?.type === 'directory') fail('STEP_FAILED', `cannot write ${step.path}: it is a directory`)
    if (this.files.follow(parentOf(step.path))?.type !== 'directory') fail('STEP_FAILED', `cannot write ${step.path}: its folder does not exist`)
    if (step.validate !== undefined) {
      const reply = replyOf(this.#host.validate?.(step.validate, bytes) ?? 0)
      if (reply.exitCode !== 0) return reply
    }
    const user = this.#as(options.become)
    this.files.set(step.path, {
      type: 'file',
      bytes,
      mode: step.mode.padStart(4, '0'),
      owner: step.owner ?? user,
      group: step.group ?? user,
      mtimeSeconds: NOW_SECONDS,
    })
    return { exitCode: 0, stdout: '', stderr: '' }
  }

  close(): Promise<void> {
    this.closed = true
    return Promise.resolve()
  }

  #as(become: Become | undefined): string {
    return become?.user ?? this.#user
  }

  #readFile(read: FileRead): ReadOutcome {
    try {
      return { reply: fileReply(read, this.files.look(read.path)) }
    } catch (error) {
      if (!(error instanceof FileSystemError)) throw error
      return { problem: { code: 'PROBE_FAILED', severity: 'error', summary: `cannot read ${read.path}`, detail: error.message } }
    }
  }

  #query(read: QueryRead): ReadOutcome {
    const { argv } = read
    const reply = replyOf(this.#answer(argv) ?? { exitCode: 127, stdout: '', stderr: `exec: ${argv[0]}: not found\n` })
    if (!(read.okExitCodes ?? [0]).includes(reply.exitCode)) return { problem: queryFailed(argv, reply.exitCode, words(reply.stderr, reply.stdout)) }
    const limit = read.maxBytes ?? QUERY_MAX_BYTES
    if (Buffer.byteLength(reply.stdout) > limit) return { problem: overLimit(describe(argv), limit) }
    return { reply }
  }

  #answer(argv: readonly string[]): Answer | undefined {
    const { queries } = this.#host
    if (typeof queries === 'function') {
      const answer = queries(argv, this)
      if (answer !== undefined) return answer
    } else if (queries && Object.hasOwn(queries, argv.join(' '))) return queries[argv.join(' ')]
    if (argv[0] === 'sysctl' && argv[1] === '-n' && argv.length === 3) return this.#sysctl(argv[2]!)
    if (argv[0] === 'systemctl' && argv[1] === 'show') return this.#unit(argv)
    if (argv[0] === 'cat' && argv.length === 2) {
      return this.text(argv[1]!) ?? { exitCode: 1, stdout: '', stderr: `cat: ${argv[1]}: No such file or directory\n` }
    }
    if (argv[0] === 'readlink' && argv[1] === '-f' && argv.length === 3) {
      const real = this.files.real(argv[2]!)
      return real === undefined ? 1 : `${real}\n`
    }
    return undefined
  }

  #sysctl(key: string): Answer {
    const value = this.sysctls.get(key.replaceAll('/', '.'))
    if (value !== undefined) return `${value}\n`
    return { exitCode: 255, stdout: '', stderr: `sysctl: cannot stat /proc/sys/${key.replaceAll('.', '/')}: No such file or directory\n` }
  }

  #unit(argv: readonly string[]): Answer {
    const unit = this.units.get(argv.at(-1)!)
    const properties: Readonly<Record<string, string>> = unit ? { ...RUNNING_UNIT, ...unit } : MISSING_UNIT
    const wanted =
      argv
        .find((word) => word.startsWith('--property='))
        ?.slice('--property='.length)
        .split(',') ?? Object.keys(properties)
    return wanted.flatMap((name) => (name in properties ? [`${name}=${properties[name]}\n`] : [])).join('')
  }
}

/** A host never answers at once; whoever counts on that is found out here. */
function anotherTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function entryOf(file: MemoryFile): Entry {
  const own = { owner: 'root', group: 'root', mtimeSeconds: 0 }
  if (typeof file === 'string' || Buffer.isBuffer(file)) return { type: 'file', bytes: Buffer.from(file as string), mode: '0644', ...own }
  if (!('type' in file)) {
    const { content, ...more } = file
    return { type: 'file', bytes: Buffer.from(content as string), mode: '0644', ...own, ...more }
  }
  return file.type === 'directory' ? { mode: '0755', ...own, ...file } : { ...own, ...file }
}

function fileReply(read: FileRead, entry: Entry | undefined): FileReply {
  if (!entry) return { state: { type: 'absent' } }
  const { owner, group } = entry
  const sizeBytes = entry.type === 'file' ? entry.bytes.length : entry.type === 'link' ? Buffer.byteLength(entry.target) : 4096
  const stat = { uid: idOf(owner), gid: idOf(group), sizeBytes, links: 1, atimeSeconds: entry.mtimeSeconds, mtimeSeconds: entry.mtimeSeconds }
  if (entry.type === 'directory') return { state: { type: 'directory', mode: entry.mode, owner, group }, stat }
  if (entry.type === 'link') return { state: { type: 'link', target: entry.target, owner, group }, stat }
  return { state: { type: 'file', mode: entry.mode, owner, group, content: contentOf(read, entry.bytes) }, stat }
}

/** As the shell's port answers it: bytes only where they are asked for and not too many. */
function contentOf(read: FileRead, bytes: Buffer): Content {
  if (read.content === 'none') return Content.digest('', bytes.length)
  if (read.content === 'bytes' && bytes.length <= (read.maxBytes ?? FILE_MAX_BYTES)) return Content.of(bytes)
  return Content.digest(createHash('sha256').update(bytes).digest('hex'), bytes.length)
}

function bytesOf(content: Content): Buffer {
  if (content.bytes !== undefined) return content.bytes
  if (content.controllerPath !== undefined) return readFileSync(content.controllerPath)
  throw new Error('content that is known by its digest alone cannot be written')
}

/** Names without an entry above get a number of their own, always the same. */
function idOf(name: string): number {
  if (/^\d+$/.test(name)) return Number(name)
  return IDS[name] ?? 1000 + (createHash('sha256').update(name).digest().readUInt16BE(0) % 50_000)
}

function replyOf(answer: Answer): QueryReply {
  if (typeof answer === 'string') return { exitCode: 0, stdout: answer, stderr: '' }
  if (typeof answer === 'number') return { exitCode: answer, stdout: '', stderr: '' }
  return answer
}
