/** What templates ask of the controller: lookups, other templates, files, the environment. */
import { lstatSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { isFile, type Reader } from '../load/reader.ts'
import type { Inventory } from '../load/inventory/inventory.ts'
import type { CompiledTask } from '../plan/compiled.ts'
import type { Value } from '../value/value.ts'
import { searchFolders } from './controller.ts'
import type { FileTestName, Hooks, Jinja } from './jinja/index.ts'
import { globPath, runLookup, type Answer, type LookupContext } from './lookup/index.ts'
import type { Evaluator } from './variables.ts'

/** On whose behalf a template is evaluated. */
export interface Evaluating {
  readonly evaluator: Evaluator
  readonly task: CompiledTask | undefined
  /** What was fetched for the evaluation that this one is a part of. */
  readonly answers: Map<string, Answer>
}

export interface TemplateWorld {
  readonly reader: Reader
  readonly inventory: () => Inventory
  readonly jinja: () => Jinja
  readonly current: () => Evaluating | undefined
  readonly filterUsed?: (inputs: Value[], output: Value) => void
  readonly warn: (diagnostic: Diagnostic) => void
  /** The settings of Ansible's configuration that are set. */
  readonly settings?: ReadonlyMap<string, Value> | undefined
  /** The text of `ansible_managed`. */
  readonly managed?: string | undefined
}

export function templateHooks(world: TemplateWorld): Hooks {
  return {
    lookup: (name, terms, options, how) => {
      const current = world.current() ?? fail('LOOKUP_FAILED', `'${name}' cannot be looked up here`)
      return runLookup(name, terms, options, how, lookupContext(world, current), world.warn)
    },
    loadTemplate: (name, from) => {
      const absolute = findTemplate(world, name, from?.path)
      return absolute === undefined ? undefined : world.reader.text(absolute)
    },
    ...(world.filterUsed && { filterUsed: world.filterUsed }),
    fileTest: (test, name, other) => fileTest(test, name, other, world.reader.workingFolder),
    fileGlob: (pattern) => globPath(pattern),
    homeFolder: (user) => (user === undefined ? (process.env['HOME'] ?? homedir()) : homeOf(user)),
    environment: (name) => process.env[name],
  }
}

/** What a lookup is given on behalf of who evaluates; for loops (`loopItems`) too. */
export function lookupContext(world: TemplateWorld, current: Evaluating): LookupContext {
  const { reader, settings, managed } = world
  return {
    ...current,
    reader,
    inventory: world.inventory(),
    jinja: world.jinja(),
    folder: path.resolve(reader.workingFolder, current.task?.play.folder ?? ''),
    read: (absolute) => reader.decrypted(readFileSync(absolute), absolute),
    settings,
    managed,
    subfolder: subfolderFor(current.task?.task.action.module),
  }
}

/** Where `first_found` looks, by what its task is about. */
function subfolderFor(module: string | undefined): 'files' | 'templates' | 'vars' {
  if (module?.includes('template')) return 'templates'
  return module?.includes('var') ? 'vars' : 'files'
}

/** A template that another one names: looked for near the task, and beside the template that is rendered; never above these folders. */
function findTemplate(world: TemplateWorld, name: string, from: string | undefined): string | undefined {
  const { reader } = world
  if (name.split('/').includes('..')) return undefined
  const task = world.current()?.task
  const folders = task ? searchFolders(task, 'templates', reader.workingFolder) : []
  if (from !== undefined) folders.push(path.resolve(reader.workingFolder, path.dirname(from)))
  return folders.map((folder) => path.resolve(reader.workingFolder, folder, name.replace(/^\/+/, ''))).find(isFile)
}

function fileTest(test: FileTestName, name: string, other: string | undefined, workingFolder: string): boolean {
  const absolute = path.resolve(workingFolder, name)
  const stat = name === '' ? undefined : statSync(absolute, { throwIfNoEntry: false })
  const own = name === '' ? undefined : lstatSync(absolute, { throwIfNoEntry: false })
  switch (test) {
    case 'exists':
      return stat !== undefined
    case 'file':
      return stat?.isFile() ?? false
    case 'directory':
      return stat?.isDirectory() ?? false
    case 'link':
      return own?.isSymbolicLink() ?? false
    case 'link_exists':
      return own !== undefined
    case 'mount': {
      if (own === undefined || own.isSymbolicLink()) return false
      const parent = statSync(path.dirname(absolute), { throwIfNoEntry: false })
      return parent !== undefined && (own.dev !== parent.dev || own.ino === parent.ino)
    }
    case 'same_file': {
      const second = other === undefined ? undefined : statSync(path.resolve(workingFolder, other), { throwIfNoEntry: false })
      if (stat === undefined || second === undefined) return fail('TEMPLATE_FAILED', `there is no file '${stat === undefined ? name : (other ?? '')}'`)
      return stat.dev === second.dev && stat.ino === second.ino
    }
  }
}

/** The home folder of another user, from the system's table. */
function homeOf(user: string): string | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${user}:`))
  return line?.split(':')[5]
}
