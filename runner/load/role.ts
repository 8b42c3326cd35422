/** Finds roles and reads their folders. */
import path from 'node:path'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { RawDict } from '../value/value.ts'
import { readdirSync } from 'node:fs'
import { isTrue, readArgumentSpecs, type ArgumentSpec } from './argument-spec.ts'
import type { PlaybookLoader, RoleEntry, TaskItem } from './playbook.ts'
import { isFolder, type Reader } from './reader.ts'
import { entryOf, toRaw, type Node } from './yaml.ts'

export interface Role {
  readonly name: string
  readonly folder: string
  readonly defaults: RawDict
  readonly vars: RawDict
  readonly tasks: readonly TaskItem[]
  readonly handlers: readonly TaskItem[]
  readonly dependencies: readonly RoleEntry[]
  /** Whether it runs again where a play names it again with nothing different. */
  readonly allowsDuplicates: boolean
  /** Of the entry point `main`; undefined where the role declares none. */
  readonly argumentSpec: ReadonlyMap<string, ArgumentSpec> | undefined
}

export class RoleLoader {
  readonly #reader: Reader
  readonly #playbooks: PlaybookLoader
  readonly #roles = new Map<string, Role | undefined>()
  readonly faults: Diagnostic[] = []

  constructor(reader: Reader, playbooks: PlaybookLoader) {
    this.#reader = reader
    this.#playbooks = playbooks
  }

  /** The role of a name for a play in a folder, or for a role that depends on it; undefined where there is none, which is then among the faults. */
  load(name: string, playFolder: string, at: SourceRange, dependent?: Role): Role | undefined {
    const beside = dependent ? [path.dirname(dependent.folder)] : []
    const searched = [...new Set([path.join(playFolder, 'roles'), ...beside, playFolder, path.join(this.#reader.workingFolder, 'roles')])]
    const folder = name.startsWith('/') ? name : searched.map((each) => path.join(each, name)).find(isFolder)
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
    if (!this.#roles.has(folder)) this.#roles.set(folder, this.#read(path.basename(name), folder))
    return this.#roles.get(folder)
  }

  #read(name: string, folder: string): Role | undefined {
    try {
      const main = (part: string): string | undefined => this.#reader.find(path.join(folder, part), 'main')
      const meta = this.#optional(main('meta'))
      const metaSpecs = this.#optional(this.#reader.find(path.join(folder, 'meta'), 'argument_specs')) ?? meta
      const tasks = main('tasks')
      const handlers = main('handlers')
      return {
        name,
        folder,
        defaults: this.#variables(folder, 'defaults'),
        vars: this.#variables(folder, 'vars'),
        tasks: tasks === undefined ? [] : this.#playbooks.taskFile(tasks),
        handlers: handlers === undefined ? [] : this.#playbooks.taskFile(handlers),
        dependencies: this.#playbooks.roleEntries(entryOf(meta, 'dependencies')?.value),
        allowsDuplicates: isTrue(entryOf(meta, 'allow_duplicates')?.value),
        argumentSpec: readArgumentSpecs(entryOf(metaSpecs, 'argument_specs')?.value),
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

  /** `main.yml`, or all files in a folder `main`, by name. */
  #variables(folder: string, part: string): RawDict {
    const main = path.join(folder, part, 'main')
    const file = this.#reader.find(path.join(folder, part), 'main')
    const files = file !== undefined ? [file] : isFolder(main) ? variableFilesIn(main) : []
    return new RawDict(files.flatMap((each) => [...readVariables(this.#reader, each)]))
  }
}

/** The files of variables below a folder, by name. */
export function variableFilesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && !name.endsWith('~'))
    .sort()
    .flatMap((name) => {
      const at = path.join(folder, name)
      if (isFolder(at)) return variableFilesIn(at)
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
