/** Reads the sources given with `-i`: YAML and INI files, folders of them, and lists of hosts (`a,b,`). */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { DiagnosticError, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { SourceRange } from '../../diagnostic/source.ts'
import { didYouMean } from '../../diagnostic/suggest.ts'
import type { Raw } from '../../value/value.ts'
import { isFile, isFolder, type Reader } from '../reader.ts'
import { toRaw, type MapNode, type Node } from '../yaml.ts'
import { Inventory, type Host } from './inventory.ts'
import { readIniInventory } from './ini.ts'
import { readHostNames } from './range.ts'

/** Endings that Ansible ignores in an inventory folder. */
const IGNORED_ENDINGS = new Set(['.pyc', '.pyo', '.swp', '.bak', '.rpm', '.md', '.txt', '.rst', '.orig', '.ini', '.cfg', '.retry'])

/** Reads all sources into one inventory. Faults are thrown together. */
export function readInventory(sources: readonly string[], reader: Reader): Inventory {
  const inventory = new Inventory()
  const faults: Diagnostic[] = []
  for (const source of sources) {
    try {
      readSource(inventory, source, reader)
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      faults.push(...error.diagnostics)
    }
  }
  if (faults.length > 0) throw new DiagnosticError(faults)
  inventory.complete()
  return inventory
}

function readSource(inventory: Inventory, source: string, reader: Reader): void {
  if (source.includes(',')) {
    for (const entry of source.split(',').map((part) => part.trim())) if (entry !== '') addHosts(inventory, entry, 'ungrouped', undefined)
    inventory.sources.push(source)
    return
  }
  const absolute = path.resolve(reader.workingFolder, source)
  if (isFolder(absolute)) {
    inventory.folders.push(absolute)
    inventory.sources.push(absolute)
    readFolder(inventory, absolute, reader)
    return
  }
  inventory.folders.push(path.dirname(absolute))
  inventory.sources.push(absolute)
  readFile(inventory, absolute, reader)
}

/** All inventories in a folder and the folders below, by name. */
function readFolder(inventory: Inventory, folder: string, reader: Reader): void {
  for (const name of readdirSync(folder).sort()) {
    const at = path.join(folder, name)
    if (name.startsWith('.') || name.endsWith('~') || IGNORED_ENDINGS.has(path.extname(name))) continue
    if (isFolder(at)) {
      if (name !== 'group_vars' && name !== 'host_vars') readFolder(inventory, at, reader)
    } else if (isFile(at)) readFile(inventory, at, reader)
  }
}

function readFile(inventory: Inventory, absolute: string, reader: Reader): void {
  if (!['.yml', '.yaml', '.json'].includes(path.extname(absolute))) {
    readIniInventory(inventory, reader.text(absolute))
    return
  }
  const node = reader.yaml(absolute)
  if (node.kind === 'scalar' && node.value === null) return
  if (node.kind !== 'map') fault('an inventory is a mapping of groups', node)
  for (const entry of node.entries) readGroup(inventory, entry.key, entry.value)
}

const GROUP_KEYS = ['hosts', 'children', 'vars']

function readGroup(inventory: Inventory, name: string, node: Node): void {
  const group = inventory.group(name)
  if (node.kind === 'scalar' && node.value === null) return
  if (node.kind !== 'map') fault(`the group '${name}' has to be a mapping of hosts, children and vars`, node)
  for (const entry of node.entries) {
    const { value } = entry
    const empty = value.kind === 'scalar' && value.value === null
    if (!GROUP_KEYS.includes(entry.key)) {
      throw new DiagnosticError({
        code: 'BAD_INVENTORY',
        severity: 'error',
        summary: `'${entry.key}' is not a part of a group`,
        range: entry.keyRange,
        hint: didYouMean(entry.key, GROUP_KEYS) ?? `A group has ${GROUP_KEYS.join(', ')}; groups within it stand under children.`,
      })
    }
    if (empty) continue
    if (value.kind !== 'map') fault(`'${entry.key}' of the group '${name}' has to be a mapping`, value)
    if (entry.key === 'vars') setAll(group.vars, value)
    else if (entry.key === 'children') {
      for (const child of value.entries) {
        inventory.addChild(name, child.key, child.keyRange)
        readGroup(inventory, child.key, child.value)
      }
    } else readHosts(inventory, name, value)
  }
}

function readHosts(inventory: Inventory, groupName: string, node: MapNode): void {
  for (const entry of node.entries) {
    const { value } = entry
    if (value.kind !== 'map' && !(value.kind === 'scalar' && value.value === null))
      fault(`the variables of the host '${entry.key}' have to be a mapping`, value)
    for (const host of addHosts(inventory, entry.key, groupName, entry.keyRange)) if (value.kind === 'map') setAll(host.vars, value)
  }
}

/** The hosts of an entry such as `web[1:3]:2222`, added to a group. */
function addHosts(inventory: Inventory, entry: string, groupName: string, at: SourceRange | undefined): Host[] {
  const { names, port } = readHostNames(entry, at)
  return names.map((name) => {
    const host = inventory.addHost(name, groupName)
    if (port !== undefined) host.vars.set('ansible_port', port)
    return host
  })
}

function setAll(vars: Map<unknown, Raw>, node: MapNode): void {
  for (const entry of node.entries) vars.set(entry.key, toRaw(entry.value))
}

function fault(summary: string, node: Node): never {
  throw new DiagnosticError({ code: 'BAD_INVENTORY', severity: 'error', summary, range: node.range })
}
