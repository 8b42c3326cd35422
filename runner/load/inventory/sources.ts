/** Reads the sources given with `-i`: YAML, JSON and INI files, programs that print JSON, folders of those, and lists of hosts (`a,b,`). */
import { accessSync, closeSync, constants, openSync, readdirSync, readSync } from 'node:fs'
import path from 'node:path'
import { DiagnosticError, fail, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { isFile, isFolder, type Reader } from '../reader.ts'
import type { Node } from '../yaml.ts'
import { Inventory } from './inventory.ts'
import { readIniInventory } from './ini.ts'
import { readHostNames } from './range.ts'
import { readScriptInventory } from './script.ts'
import { readYamlInventory } from './yaml.ts'

/** How sources are read. */
export interface InventoryRules {
  /** What is left out in a folder, beside hidden files, `group_vars` and `host_vars`. */
  readonly ignoredEndings: readonly string[]
  /** Regular expressions that may match anywhere in a name. */
  readonly ignoredPatterns: readonly string[]
  /** Of how many sources it is an error that they cannot be read: as in Ansible of none, so that a run goes on with what could be read. */
  readonly required: 'none' | 'one' | 'all'
}

export const INVENTORY_RULES: InventoryRules = {
  // The endings that Ansible ignores.
  ignoredEndings: ['.pyc', '.pyo', '.swp', '.bak', '~', '.rpm', '.md', '.txt', '.rst', '.orig', '.ini', '.cfg', '.retry'],
  ignoredPatterns: [],
  required: 'none',
}

/**
 * Reads all sources into one inventory. What cannot be read is warned of; what was read before the fault stays, as in Ansible.
 *
 * @throws {DiagnosticError} with all faults together: of what is not supported or cannot be decrypted, and of sources that are required.
 */
export function readInventory(sources: readonly string[], reader: Reader, rules = INVENTORY_RULES): Inventory {
  const inventory = new Inventory()
  const attempts = sources.flatMap((source) => attemptsAt(inventory, source, reader, rules))
  const faults: Diagnostic[] = []
  let read = 0
  for (const attempt of attempts) {
    try {
      attempt()
      read++
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      faults.push(...error.diagnostics)
    }
  }
  const none = read === 0 && sources.length > 0
  const certain = rules.required === 'all' || (rules.required === 'one' && none)
  const thrown = faults.filter(({ code }) => certain || code === 'UNSUPPORTED_VALUE' || code === 'VAULT_FAILED' || code === 'LIMIT_EXCEEDED')
  if (thrown.length > 0) throw new DiagnosticError(thrown)
  for (const fault of faults) reader.warn({ ...fault, severity: 'warning' })
  if (none) reader.warn({ code: 'BAD_INVENTORY', severity: 'warning', summary: 'no inventory could be read: there is only the implicit localhost' })
  // Ansible leaves the groups as they are where no source was read to its end.
  else inventory.complete()
  return inventory
}

/** The parts of a source that are read, or cannot be read, by themselves: each file of a folder. */
function attemptsAt(inventory: Inventory, source: string, reader: Reader, rules: InventoryRules): (() => void)[] {
  const absolute = path.resolve(reader.workingFolder, source)
  const folder = isFolder(absolute)
  if (source.includes(',') && !isFile(absolute) && !folder) return [() => readHostList(inventory, source)]
  inventory.folders.push(folder ? absolute : path.dirname(absolute))
  inventory.sources.push(absolute)
  if (!folder) return [() => readFile(inventory, absolute, reader)]
  const files = filesIn(absolute, rules)
  if (files.length === 0) return [() => fail('BAD_INVENTORY', `${reader.shownPath(absolute)} holds no inventory`)]
  return files.map((file) => () => readFile(inventory, file, reader))
}

/** `a,b,`: no ranges here, as in Ansible. */
function readHostList(inventory: Inventory, source: string): void {
  for (const entry of source.split(',').map((part) => part.trim())) {
    if (entry === '') continue
    const { names, port } = /[[\]]/.test(entry) && !/^\[.*:.*\]:\d+$/.test(entry) ? { names: [entry], port: undefined } : readHostNames(entry, undefined)
    inventory.addHost(names[0]!, 'ungrouped', { source, port })
  }
  inventory.sources.push(source)
}

/** All inventories in a folder and the folders below, by name. */
function filesIn(folder: string, rules: InventoryRules): string[] {
  const patterns = rules.ignoredPatterns.map((pattern) => new RegExp(pattern))
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const at = path.join(folder, name)
      if (name.startsWith('.') || ['group_vars', 'host_vars', 'vars_plugins'].includes(name)) return []
      if (rules.ignoredEndings.some((ending) => name.endsWith(ending)) || patterns.some((pattern) => pattern.test(name))) return []
      return isFolder(at) ? filesIn(at, rules) : isFile(at) ? [at] : []
    })
}

/** A program is run; what is YAML by its name, or by its text where the name has no ending, is that; all else is INI. */
function readFile(inventory: Inventory, absolute: string, reader: Reader): void {
  const program = programKind(absolute)
  if (program === 'runs') {
    readScriptInventory(inventory, absolute, reader)
    return
  }
  if (program === 'may not run')
    fail('BAD_INVENTORY', `${reader.shownPath(absolute)} is a script that may not be run`, {
      hint: `Make it executable: chmod +x ${reader.shownPath(absolute)}`,
    })
  const ending = path.extname(absolute)
  if (ending === '.toml') fail('UNSUPPORTED_VALUE', `${reader.shownPath(absolute)} is TOML, which is not supported`, { hint: 'Write it as YAML or INI.' })
  if (['.yml', '.yaml', '.json'].includes(ending)) {
    const node = reader.yaml(absolute)
    if (node.kind === 'map') readYamlInventory(inventory, node, absolute, reader)
    else if (node.kind !== 'scalar' || node.value !== null) fail('BAD_INVENTORY', 'an inventory is a mapping of groups', { range: node.range })
    return
  }
  const node = ending === '' ? asYaml(absolute, reader) : undefined
  if (node?.kind === 'map') readYamlInventory(inventory, node, absolute, reader)
  else readIniInventory(inventory, reader.text(absolute), absolute)
}

/** A file as YAML; undefined where it is none. */
function asYaml(absolute: string, reader: Reader): Node | undefined {
  try {
    return reader.yaml(absolute)
  } catch (error) {
    if (error instanceof DiagnosticError && error.diagnostics.some(({ code }) => code === 'YAML_SYNTAX' || code === 'WRONG_TYPE')) return undefined
    throw error
  }
}

/** Whether a file begins as a script or a program does. What only has the right to be run, as on some file systems all files, is none. */
function programKind(absolute: string): 'runs' | 'may not run' | undefined {
  const head = Buffer.alloc(4)
  try {
    const file = openSync(absolute, 'r')
    try {
      readSync(file, head)
    } finally {
      closeSync(file)
    }
  } catch {
    return undefined
  }
  if (!head.toString('latin1').startsWith('#!') && head.toString('latin1') !== '\x7fELF') return undefined
  try {
    accessSync(absolute, constants.X_OK)
    return 'runs'
  } catch {
    return 'may not run'
  }
}
