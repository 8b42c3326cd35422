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

/** What is left out in a folder, beside hidden files, `group_vars` and `host_vars`. */
export interface IgnoredNames {
  readonly endings: readonly string[]
  /** Regular expressions that may match anywhere in a name. */
  readonly patterns: readonly string[]
}

/** Endings that Ansible ignores in an inventory folder. */
export const IGNORED_ENDINGS = ['.pyc', '.pyo', '.swp', '.bak', '~', '.rpm', '.md', '.txt', '.rst', '.orig', '.ini', '.cfg', '.retry']

/** Reads all sources into one inventory. Faults are thrown together. */
export function readInventory(sources: readonly string[], reader: Reader, ignored: IgnoredNames = { endings: IGNORED_ENDINGS, patterns: [] }): Inventory {
  const inventory = new Inventory()
  const faults: Diagnostic[] = []
  for (const source of sources) {
    try {
      readSource(inventory, source, reader, ignored)
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      faults.push(...error.diagnostics)
    }
  }
  if (faults.length > 0) throw new DiagnosticError(faults)
  inventory.complete()
  return inventory
}

function readSource(inventory: Inventory, source: string, reader: Reader, ignored: IgnoredNames): void {
  const absolute = path.resolve(reader.workingFolder, source)
  if (source.includes(',') && !isFile(absolute) && !isFolder(absolute)) {
    // No ranges here, as in Ansible.
    for (const entry of source.split(',').map((part) => part.trim())) {
      if (entry === '') continue
      const { names, port } = /[[\]]/.test(entry) && !/^\[.*:.*\]:\d+$/.test(entry) ? { names: [entry], port: undefined } : readHostNames(entry, undefined)
      inventory.addHost(names[0]!, 'ungrouped', { source, port })
    }
    inventory.sources.push(source)
    return
  }
  const folder = isFolder(absolute)
  inventory.folders.push(folder ? absolute : path.dirname(absolute))
  inventory.sources.push(absolute)
  if (folder) readFolder(inventory, absolute, reader, ignored)
  else readFile(inventory, absolute, reader)
}

/** All inventories in a folder and the folders below, by name. */
function readFolder(inventory: Inventory, folder: string, reader: Reader, ignored: IgnoredNames): void {
  const patterns = ignored.patterns.map((pattern) => new RegExp(pattern))
  for (const name of readdirSync(folder).sort()) {
    const at = path.join(folder, name)
    if (name.startsWith('.') || ['group_vars', 'host_vars', 'vars_plugins'].includes(name)) continue
    if (ignored.endings.some((ending) => name.endsWith(ending)) || patterns.some((pattern) => pattern.test(name))) continue
    if (isFolder(at)) readFolder(inventory, at, reader, ignored)
    else if (isFile(at)) readFile(inventory, at, reader)
  }
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
  if (ending === '.toml') fail('BAD_INVENTORY', `${reader.shownPath(absolute)} is TOML, which is not supported`, { hint: 'Write it as YAML or INI.' })
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
