/** How facts are had without Python: each collector says what it has to read, and what the replies mean. */
import { kindsOf, linesOf } from '../../contract/reading-scripts.ts'
import type { QueryRead, QueryReply, Resource } from '../../contract/resource.ts'
import type { Value } from '../../value/value.ts'

/** What a collector reads on a host. In patterns, `*` stands for any part of a name. */
export interface Reads {
  /** Files whose text it wants. */
  readonly files?: readonly string[]
  /** Paths of which it wants to know whether they exist, and where links lead. */
  readonly paths?: readonly string[]
  /** Folders whose entries it wants in the order in which the host has them. */
  readonly folders?: readonly string[]
  readonly queries?: readonly QueryRead[]
}

/** What is not the host's own, but decides what is read. */
export interface Wish {
  /** The folder of local facts. */
  readonly factPath: string
  /** `ansible_python_interpreter`, where it is a path. */
  readonly python: string | undefined
  /** The environment of the task that gathers, added to the host's. */
  readonly environment: Readonly<Record<string, string>>
  /** Seconds since 1970, by the controller's clock. */
  readonly nowSeconds: number
  /** A limit for each query that may hang. */
  readonly timeoutMs: number
}

/** Facts by their name, without `ansible_` in front. Those that are `undefined` the host does not have. */
export type Facts = Readonly<Record<string, Value | undefined>>

export interface Collector {
  /** The name under which Ansible's `gather_subset` knows it. */
  readonly subset: string
  /** The facts that it gives. */
  readonly gives: readonly string[]
  /** True where it gives further facts whose names the host decides: its network interfaces. */
  readonly givesOthers?: true
  /** Facts of other collectors that it asks for. */
  readonly needs?: readonly string[]
  readonly reads: (wish: Wish) => Reads
  /** What it has to read in a second round trip. */
  readonly readsMore?: (host: HostView, wish: Wish) => readonly QueryRead[]
  /** Pure. `known` answers the facts that it needs, as text; empty where there is none. */
  readonly facts: (host: HostView, wish: Wish, known: (name: string) => string) => Facts
  /** What tasks may alter of what it tells; `nothing` where they would have to make the machine another one, or where time alone does. */
  readonly alteredBy: readonly Resource[] | 'nothing'
}

/** The reads of several collectors as few queries. */
export function queriesOf(reads: readonly Reads[]): QueryRead[] {
  const { files, paths, folders } = unionOf(reads)
  const queries = new Map(reads.flatMap((each) => each.queries ?? []).map((query) => [keyOf(query), query]))
  return [
    ...(files.length === 0 ? [] : [linesOf(files)]),
    ...(paths.length === 0 ? [] : [kindsOf(paths)]),
    ...(folders.length === 0 ? [] : [listing(folders)]),
    ...queries.values(),
  ]
}

/** What is read, each file once: not by its name where a pattern has it already. */
function unionOf(reads: readonly Reads[]): Record<'files' | 'paths' | 'folders', string[]> {
  const union = (pick: (each: Reads) => readonly string[] | undefined): string[] => [...new Set(reads.flatMap((each) => pick(each) ?? []))]
  const files = union((each) => each.files)
  const patterns = files.filter((each) => each.includes('*')).map(patternOf)
  return {
    files: files.filter((each) => each.includes('*') || !patterns.some((pattern) => pattern.test(each))),
    paths: union((each) => each.paths),
    folders: union((each) => each.folders),
  }
}

function listing(folders: readonly string[]): QueryRead {
  return { kind: 'query', argv: ['find', ...folders.map((folder) => `${folder}/`), '-mindepth', '1', '-maxdepth', '1'], okExitCodes: [0, 1] }
}

function keyOf({ argv }: QueryRead): string {
  return JSON.stringify(argv)
}

/** A program that only reads, whatever code it ends with; one that is missing or fails answers nothing. */
export function program(...argv: [string, ...string[]]): QueryRead {
  return { kind: 'query', argv, okExitCodes: ANY_EXIT_CODE }
}

const ANY_EXIT_CODE: readonly number[] = Array.from({ length: 256 }, (_, code) => code)

/** What was read on a host. */
export class HostView {
  readonly #replies = new Map<string, QueryReply>()
  /** By path. */
  readonly #texts = new Map<string, string>()
  readonly #kinds = new Map<string, { readonly kind: string; readonly target: string | undefined }>()
  readonly #entries = new Map<string, string[]>()

  /** Adds the replies to what `queriesOf(reads)` answered, in its order; undefined where there is none. */
  add(reads: readonly Reads[], replies: readonly (QueryReply | undefined)[]): void {
    for (const [index, query] of queriesOf(reads).entries()) {
      const reply = replies[index]
      if (reply) this.#replies.set(keyOf(query), reply)
    }
    const { files, paths, folders } = unionOf(reads)
    if (files.length > 0) this.#addLines(files, this.#reply(linesOf(files)))
    if (paths.length > 0) this.#addKinds(this.#reply(kindsOf(paths)))
    if (folders.length > 0) for (const path of linesOfText(this.#reply(listing(folders)))) this.#addEntry(path)
  }

  /** A file's text without white space around it; undefined where it is empty, not there or may not be read. */
  text(path: string): string | undefined {
    const text = (this.#texts.get(path) ?? '').trim()
    return text === '' ? undefined : text
  }

  lines(path: string): string[] {
    return linesOfText(this.text(path) ?? '')
  }

  exists(path: string): boolean {
    return this.#kinds.has(path)
  }

  /** Where a link leads, as it is written; undefined for what is no link. */
  link(path: string): string | undefined {
    return this.#kinds.get(path)?.target
  }

  /** The paths that were read, or seen, of those that a pattern matches, in their order. */
  paths(pattern: string): string[] {
    const matches = patternOf(pattern)
    return [...new Set([...this.#kinds.keys(), ...this.#texts.keys()])].filter((path) => matches.test(path))
  }

  /** Names of what is in a folder, in the host's order. */
  entries(folder: string): readonly string[] {
    return this.#entries.get(folder) ?? []
  }

  /** What a query answered; undefined where it failed. */
  output(query: QueryRead): string | undefined {
    const reply = this.reply(query)
    return reply?.exitCode === 0 ? reply.stdout : undefined
  }

  reply(query: QueryRead): QueryReply | undefined {
    return this.#replies.get(keyOf(query))
  }

  #reply(query: QueryRead): string {
    return this.#replies.get(keyOf(query))?.stdout ?? ''
  }

  #addLines(patterns: readonly string[], reply: string): void {
    const path = new RegExp(`^(${patterns.map(sourceOf).join('|')}):`)
    let last: string | undefined
    for (const line of reply.split('\n')) {
      const found = path.exec(line)
      if (found) last = found[1]!
      if (last === undefined) continue
      const text = found ? line.slice(found[0].length) : line
      this.#texts.set(last, `${this.#texts.get(last) ?? ''}${text}\n`)
    }
  }

  #addKinds(reply: string): void {
    for (const line of reply.split('\n')) {
      const found = /^(.+?) (?:'(\/.*?)'(?: -> '(.*)')?|(\/.*))$/.exec(line)
      if (found) this.#kinds.set((found[2] ?? found[4])!, { kind: found[1]!, target: found[3] })
    }
  }

  #addEntry(path: string): void {
    const at = path.lastIndexOf('/')
    const folder = path.slice(0, at)
    this.#entries.set(folder, [...(this.#entries.get(folder) ?? []), path.slice(at + 1)])
  }
}

/** The programs that are found where Ansible looks for them. */
export function programPaths(...names: readonly string[]): string[] {
  return names.flatMap((name) => PROGRAM_FOLDERS.map((folder) => `${folder}/${name}`))
}

export function hasProgram(host: HostView, name: string): boolean {
  return programPaths(name).some((path) => host.exists(path))
}

const PROGRAM_FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/local/sbin']

function sourceOf(pattern: string): string {
  return pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '[^/:]*')
}

function patternOf(pattern: string): RegExp {
  return new RegExp(`^${sourceOf(pattern)}$`)
}

function linesOfText(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}
