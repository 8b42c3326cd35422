/** Finds modules by the name of their file, and imports each when a playbook first uses it. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { fail } from '../diagnostic/diagnostic.ts'
import * as contract from '../module.ts'
import type { Module } from '../module.ts'
import type { ModuleNames } from './playbook.ts'
import { isFolder } from './reader.ts'

/** What a file in a `library` folder default-exports: a function that is handed the contract, so that it has nothing to resolve. */
type LibraryModule = (tools: typeof contract) => Module

/** Names of actions that are part of the runner itself. */
export const RUNNER_ACTIONS = [
  'add_host',
  'assert',
  'async_status',
  'debug',
  'fail',
  'gather_facts',
  'group_by',
  'include',
  'include_role',
  'include_tasks',
  'include_vars',
  'meta',
  'pause',
  'set_fact',
  'set_stats',
  'setup',
  'validate_argument_spec',
] as const

/** Other names under which Ansible users know a module. */
const SYNONYMS: Readonly<Record<string, string>> = { systemd: 'service', systemd_service: 'service' }

export class ModuleRegistry implements ModuleNames {
  readonly #files = new Map<string, { file: string; library: boolean }>()
  readonly #loaded = new Map<string, Module>()

  /** `folders` are `library` folders beside playbooks; a module there hides one of the same name here. */
  constructor(folders: readonly string[] = []) {
    this.#scan(fileURLToPath(new URL('../../modules/', import.meta.url)), false)
    for (const folder of folders) if (isFolder(folder)) this.#scan(folder, true)
  }

  has(name: string): boolean {
    return this.#files.has(SYNONYMS[name] ?? name) || (RUNNER_ACTIONS as readonly string[]).includes(name)
  }

  names(): string[] {
    return [...this.#files.keys(), ...Object.keys(SYNONYMS), ...RUNNER_ACTIONS].sort()
  }

  /** The modules that stand in files, without the runner's own actions. */
  fileNames(): string[] {
    return [...this.#files.keys()].sort()
  }

  /** Imports a module. Undefined for the runner's own actions. */
  async load(name: string): Promise<Module | undefined> {
    const found = this.#files.get(SYNONYMS[name] ?? name)
    if (!found) return undefined
    let module = this.#loaded.get(found.file)
    if (!module) {
      const exported = await importDefault(found.file)
      module = (found.library && typeof exported === 'function' ? (exported as LibraryModule)(contract) : exported) as Module
      if (typeof module !== 'object' || !['state', 'read', 'action'].includes(module.kind)) {
        fail('UNKNOWN_MODULE', `${found.file} is not a module`, { hint: 'Its default export has to be made by state(), read() or action().' })
      }
      this.#loaded.set(found.file, module)
    }
    return module
  }

  /** A module that `load` has imported before. */
  loaded(name: string): Module | undefined {
    const found = this.#files.get(SYNONYMS[name] ?? name)
    return found && this.#loaded.get(found.file)
  }

  #scan(folder: string, library: boolean): void {
    for (const name of readdirSync(folder)) {
      const match = /^([a-z][a-z0-9_]*)\.(?:js|mjs|ts)$/.exec(name)
      if (match) this.#files.set(match[1]!, { file: path.join(folder, name), library })
    }
  }
}

/** What a file default-exports. A file that Node cannot load (CommonJS where a module is written, TypeScript before Node 22) is told as that. */
async function importDefault(file: string): Promise<unknown> {
  try {
    return ((await import(pathToFileURL(file).href)) as { default?: unknown }).default
  } catch (error) {
    fail('UNKNOWN_MODULE', `${file} cannot be loaded`, {
      detail: error instanceof Error ? error.message : String(error),
      hint: 'A module beside a playbook is an ES module: name it NAME.mjs.',
    })
  }
}
