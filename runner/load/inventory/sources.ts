/** Reads the sources given with `-i`: YAML files, folders of them, and lists of hosts (`a,b,`). */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { DiagnosticError, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { didYouMean } from '../../diagnostic/suggest.ts'
import type { Raw } from '../../value/value.ts'
import { isFile, isFolder, type Reader } from '../reader.ts'
import { toRaw, type MapNode, type Node } from '../yaml.ts'
import { Inventory } from './inventory.ts'
import { readIniInventory } from './ini.ts'
import { expandHostRange } from './range.ts'

/** Endings that Ansible ignores in an inventory folder. */
const IGNORED_ENDINGS = new Set(['.pyc', '.pyo', '.swp', '.bak', '~', '.rpm', '.md', '.txt', '.rst', '.orig', '.ini', '.cfg', '.retry'])

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
    for (const name of source.split(',').map((part) => part.trim())) if (name !== '') inventory.addHost(name, 'ungrouped')
    inventory.sources.push(source)
    return
  }
  const absolute = path.resolve(reader.workingFolder, source)
  if (isFolder(absolute)) {
    inventory.folders.push(absolute)
    inventory.sources.push(absolute)
    for (const name of readdirSync(absolute).sort()) {
      const file = path.join(absolute, name)
      if (name.startsWith('.') || name === 'group_vars' || name === 'host_vars' || IGNORED_ENDINGS.has(path.extname(name)) || name.endsWith('~')) continue
      if (isFile(file) && looksLikeInventory(name)) readFile(inventory, file, reader)
    }
    return
  }
  inventory.folders.push(path.dirname(absolute))
  inventory.sources.push(absolute)
  readFile(inventory, absolute, reader)
}

/** In a folder, files of other programs (an ssh client's configuration, say) stand beside the inventory's. */
function looksLikeInventory(name: string): boolean {
  return ['.yml', '.yaml', '.json'].includes(path.extname(name)) || name === 'hosts' || name === 'inventory'
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
        group.children.add(child.key)
        readGroup(inventory, child.key, child.value)
      }
    } else readHosts(inventory, name, value)
  }
}

function readHosts(inventory: Inventory, groupName: string, node: MapNode): void {
  for (const entry of node.entries) {
    const { value } = entry
    for (const hostName of expandHostRange(entry.key, entry.keyRange)) {
      const host = inventory.addHost(hostName, groupName)
      if (value.kind === 'map') setAll(host.vars, value)
      else if (!(value.kind === 'scalar' && value.value === null)) fault(`the variables of the host '${hostName}' have to be a mapping`, value)
    }
  }
}

function setAll(vars: Map<unknown, Raw>, node: MapNode): void {
  for (const entry of node.entries) vars.set(entry.key, toRaw(entry.value))
}

function fault(summary: string, node: Node): never {
  throw new DiagnosticError({ code: 'BAD_INVENTORY', severity: 'error', summary, range: node.range })
}
