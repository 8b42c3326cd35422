/** Finds roles and reads their folders. */
import path from 'node:path'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { DiagnosticError, fail } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { Collections } from './collections.ts'
import { RawDict } from '../value/value.ts'
import { readdirSync } from 'node:fs'
import { isTrue, readArgumentSpecs, type EntryPoint } from './argument-spec.ts'
import type { PlaybookLoader, RoleEntry, TaskItem } from './playbook.ts'
import { isFolder, type Reader } from './reader.ts'
import { entryOf, toRaw, type Node } from './yaml.ts'

export interface Role {
  /** As it is named: `NAMESPACE.COLLECTION.ROLE` where it is of a collection. */
  readonly name: string
  /** `NAMESPACE.COLLECTION`; undefined where it is of none. */
  readonly collection: string | undefined
  readonly folder: string
  readonly defaults: RawDict
  readonly vars: RawDict
  readonly tasks: readonly TaskItem[]
  readonly handlers: readonly TaskItem[]
  readonly dependencies: readonly RoleEntry[]
  /** The collections in which roles that it names are looked for: its own, and those of its `meta`. */
  readonly collections: readonly string[]
  /** Whether it runs again where a play names it again with nothing different. */
  readonly allowsDuplicates: boolean
  /** What is declared of the entry point that is used; undefined where the role declares nothing of it. */
  readonly entryPoint: EntryPoint | undefined
  /** The name of that entry point. */
  readonly entryPointName: string
}

/** Which files of a role are used in place of `main`. */
export interface RoleFiles {
  readonly tasks?: string | undefined
  readonly vars?: string | undefined
  readonly defaults?: string | undefined
  readonly handlers?: string | undefined
}

/** Who names a role. */
export interface RoleUser {
  readonly playFolder: string
  /** The role in whose tasks or dependencies it is named. */
  readonly role: Role | undefined
  /** Collections (`NAMESPACE.COLLECTION`) in which the name is looked for first. */
  readonly collections: readonly string[]
}

export class RoleLoader {
  readonly #reader: Reader
  readonly #playbooks: PlaybookLoader
  /** Absolute folders in which roles are looked for, besides those beside a playbook or a role. */
  readonly #paths: readonly string[]
  readonly #collections: Collections
  /** What was read, with what is wrong with it: who names it again is told again. */
  readonly #roles = new Map<string, { readonly role: Role | undefined; readonly faults: readonly Diagnostic[] }>()
  readonly faults: Diagnostic[] = []

  constructor(reader: Reader, playbooks: PlaybookLoader, paths: readonly string[] = [], collections = new Collections()) {
    this.#reader = reader
    this.#playbooks = playbooks
    this.#paths = paths
    this.#collections = collections
  }

  /** The faults found since they were last taken. */
  takeFaults(): Diagnostic[] {
    return this.faults.splice(0)
  }

  /** The role of a name; undefined where there is none, which is then among the faults. */
  load(name: string, from: RoleUser, at: SourceRange, files: RoleFiles = {}): Role | undefined {
    const { playFolder, role, collections } = from
    const beside = role ? [path.dirname(role.folder)] : []
    const roles = [path.join(playFolder, 'roles'), ...beside, ...this.#paths, playFolder, path.join(this.#reader.workingFolder, 'roles')]
    const searched = [...new Set(roles)]
    const fullName = [name, ...collections.map((each) => `${each}.${name}`)].find((each) => this.#collections.role(each)) ?? name
    const ofCollection = this.#collections.role(fullName)
    const folder = name.startsWith('/') ? name : (ofCollection?.folder ?? searched.map((each) => path.join(each, name)).find(isFolder))
    if (folder === undefined || !isFolder(folder)) {
      const known = isFolder(searched[0]!) ? readdirSync(searched[0]!) : []
      this.faults.push({
        code: 'UNKNOWN_ROLE',
        severity: 'error',
        summary: `there is no role '${name}'`,
        detail: `searched: ${searched.map((each) => this.#reader.shownPath(each)).join(', ')}`,
        range: at,
        hint: didYouMean(name, known),
      })
      return undefined
    }
    const key = JSON.stringify([folder, fullName, files])
    const known = this.#roles.get(key)
    if (known) {
      this.faults.push(...known.faults)
      return known.role
    }
    const before = { own: this.faults.length, tasks: this.#playbooks.faults.length }
    const read = this.#read(fullName, ofCollection?.collection, folder, files, at)
    this.#roles.set(key, { role: read, faults: [...this.#playbooks.faults.slice(before.tasks), ...this.faults.slice(before.own)] })
    return read
  }

  #read(name: string, collection: string | undefined, folder: string, files: RoleFiles, at: SourceRange): Role | undefined {
    try {
      const main = (part: string): string | undefined => this.#reader.find(path.join(folder, part), 'main')
      const chosen = (part: 'tasks' | 'handlers'): string | undefined => {
        const wanted = files[part]
        return wanted === undefined ? main(part) : this.#chosen(folder, part, wanted, at)
      }
      const meta = this.#optional(main('meta'))
      const metaSpecs = this.#optional(this.#reader.find(path.join(folder, 'meta'), 'argument_specs')) ?? meta
      const tasks = chosen('tasks')
      const handlers = chosen('handlers')
      const entryPointName = files.tasks === undefined ? 'main' : path.parse(files.tasks).name
      return {
        name,
        collection,
        folder,
        defaults: this.#variables(folder, 'defaults', files.defaults, at),
        vars: this.#variables(folder, 'vars', files.vars, at),
        tasks: tasks === undefined ? [] : this.#playbooks.taskFile(tasks),
        handlers: handlers === undefined ? [] : this.#playbooks.taskFile(handlers),
        collections: [...(collection === undefined ? [] : [collection]), ...namesIn(entryOf(meta, 'collections')?.value)],
        dependencies: this.#playbooks.roleEntries(entryOf(meta, 'dependencies')?.value),
        allowsDuplicates: isTrue(entryOf(meta, 'allow_duplicates')?.value),
        entryPoint: readArgumentSpecs(entryOf(metaSpecs, 'argument_specs')?.value).get(entryPointName),
        entryPointName,
      }
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      this.faults.push(...error.diagnostics)
      return undefined
    }
  }

  #optional(file: string | undefined): Node | undefined {
    return file === undefined ? undefined : this.#reader.yaml(file)
  }

  /** A file of a role that is named, with or without its ending. */
  #chosen(folder: string, part: string, name: string, at: SourceRange): string {
    const file = this.#reader.find(path.join(folder, part), name)
    if (file === undefined) fail('FILE_NOT_FOUND', `the role in ${this.#reader.shownPath(folder)} has no file ${part}/${name}`, { range: at })
    return file
  }

  /** `main.yml`, or all files in a folder `main`, by name; or the file that is named. */
  #variables(folder: string, part: 'vars' | 'defaults', wanted: string | undefined, at: SourceRange): RawDict {
    if (wanted !== undefined) return readVariables(this.#reader, this.#chosen(folder, part, wanted, at))
    const main = path.join(folder, part, 'main')
    const file = this.#reader.find(path.join(folder, part), 'main')
    const files = file !== undefined ? [file] : isFolder(main) ? variableFilesIn(main) : []
    return new RawDict(files.flatMap((each) => [...readVariables(this.#reader, each)]))
  }
}

/** A list of names that is written out. */
function namesIn(node: Node | undefined): string[] {
  return node?.kind === 'list' ? node.items.flatMap((item) => (item.kind === 'scalar' && typeof item.value === 'string' ? [item.value] : [])) : []
}

/** The files of variables below a folder, by name. */
export function variableFilesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && !name.endsWith('~'))
    .sort()
    .flatMap((name) => {
      const at = path.join(folder, name)
      if (isFolder(at)) return path.extname(name) === '' ? variableFilesIn(at) : []
      return ['.yml', '.yaml', '.json', ''].includes(path.extname(name)) ? [at] : []
    })
}

/** A file of variables: a mapping with text keys. An empty file has none. */
export function readVariables(reader: Reader, file: string, at?: SourceRange): RawDict {
  const node = reader.yaml(file, at)
  if (node.kind === 'scalar' && node.value === null) return new RawDict()
  if (node.kind !== 'map') {
    throw new DiagnosticError({ code: 'WRONG_TYPE', severity: 'error', summary: 'a file of variables is a mapping', range: node.range })
  }
  const variables = toRaw(node) as RawDict
  if (node.range.file.secret) reader.reveal(variables)
  return variables
}
