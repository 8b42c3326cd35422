/** The forms that an inventory may be written in, by the names of Ansible's plugins. */
import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs'
import path from 'node:path'
import { DiagnosticError, fail } from '../../diagnostic/diagnostic.ts'
import type { Reader } from '../reader.ts'
import { entryOf, type MapNode, type Node } from '../yaml.ts'
import { readIniInventory } from './ini.ts'
import type { Inventory } from './inventory.ts'
import { readHostNames, type NamedHosts } from './range.ts'
import { readScriptInventory } from './script.ts'
import { readYamlInventory } from './yaml.ts'

/** One thing to read: a list of hosts as it was given, a file, or a folder without any. */
export type InventorySource = { readonly kind: 'list'; readonly text: string } | { readonly kind: 'file' | 'empty folder'; readonly absolute: string }

/** Adds what a file with `plugin: constructed` makes of the hosts that are there. */
export type Construct = (inventory: Inventory, node: MapNode) => void

interface Form {
  /** Whether a source may have this form. */
  takes(source: InventorySource, reader: Reader): boolean
  /** @throws {DiagnosticError} BAD_INVENTORY and others; what was read up to there stays. */
  read(inventory: Inventory, source: InventorySource, reader: Reader, construct: Construct | undefined): void
}

const YAML_ENDINGS = ['.yml', '.yaml', '.json']

export const FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  // Brackets are ranges in the second alone; in both they may be around an IPv6 address before its port.
  [
    'host_list',
    listForm((entry) => (/[[\]]/.test(entry) && !/^\[.*:.*\]:\d+$/.test(entry) ? { names: [entry], port: undefined } : readHostNames(entry, undefined))),
  ],
  ['advanced_host_list', listForm((entry) => readHostNames(entry, undefined))],
  [
    'script',
    fileForm(
      (file) => programKind(file) !== undefined,
      (inventory, file, reader) => {
        if (programKind(file) === 'runs') readScriptInventory(inventory, file, reader)
        else
          fail('BAD_INVENTORY', `${reader.shownPath(file)} is a script that may not be run`, { hint: `Make it executable: chmod +x ${reader.shownPath(file)}` })
      },
    ),
  ],
  ['auto', fileForm((file, reader) => /\.ya?ml$/.test(file) && pluginOf(asYaml(file, reader)) !== undefined, readPlugin)],
  ['constructed', fileForm((file, reader) => /\.(?:config|ya?ml|json)$/.test(file) && isConstructed(pluginOf(asYaml(file, reader))), readPlugin)],
  [
    'yaml',
    fileForm(
      (file, reader) =>
        programKind(file) === undefined && (YAML_ENDINGS.includes(path.extname(file)) || (path.extname(file) === '' && asYaml(file, reader)?.kind === 'map')),
      (inventory, file, reader) => {
        const node = reader.yaml(file)
        if (node.kind === 'map') readYamlInventory(inventory, node, file, reader)
        else if (node.kind !== 'scalar' || node.value !== null) fail('BAD_INVENTORY', 'an inventory is a mapping of groups', { range: node.range })
      },
    ),
  ],
  [
    // All that is no program: so that a file of YAML by its name, and not by its text, is read too.
    'ini',
    fileForm(
      (file) => path.extname(file) !== '.toml' && programKind(file) === undefined,
      (inventory, file, reader) => {
        readIniInventory(inventory, reader.text(file), file)
      },
    ),
  ],
  [
    'toml',
    fileForm(
      (file) => path.extname(file) === '.toml',
      (_inventory, file, reader) =>
        fail('UNSUPPORTED_VALUE', `${reader.shownPath(file)} is TOML, which is not supported`, { hint: 'Write it as YAML or INI.' }),
    ),
  ],
])

/** `a,b,`; which hosts an entry stands for is up to the form. */
function listForm(hostsOf: (entry: string) => NamedHosts): Form {
  return {
    takes: (source) => source.kind === 'list',
    read: (inventory, source) => {
      if (source.kind !== 'list') return
      for (const entry of source.text.split(',').map((part) => part.trim())) {
        if (entry === '') continue
        const { names, port } = hostsOf(entry)
        for (const name of names) inventory.addHost(name, 'ungrouped', { source: source.text, port })
      }
    },
  }
}

function fileForm(
  takes: (file: string, reader: Reader) => boolean,
  read: (inventory: Inventory, file: string, reader: Reader, construct: Construct | undefined) => void,
): Form {
  return {
    takes: (source, reader) => source.kind === 'file' && takes(source.absolute, reader),
    read: (inventory, source, reader, construct) => {
      if (source.kind === 'file') read(inventory, source.absolute, reader, construct)
    },
  }
}

/** The plugin that a file names at its top. */
function pluginOf(node: Node | undefined): string | undefined {
  const plugin = entryOf(node, 'plugin')?.value
  return plugin?.kind === 'scalar' && typeof plugin.value === 'string' ? plugin.value : undefined
}

function isConstructed(plugin: string | undefined): boolean {
  return plugin === 'constructed' || plugin === 'ansible.builtin.constructed'
}

function readPlugin(inventory: Inventory, file: string, reader: Reader, construct: Construct | undefined): void {
  const node = reader.yaml(file)
  if (node.kind === 'map' && isConstructed(pluginOf(node)) && construct) construct(inventory, node)
  else
    fail('UNSUPPORTED_VALUE', `the inventory plugin '${pluginOf(node)}' is not supported`, {
      range: entryOf(node, 'plugin')?.keyRange,
      hint: 'A script that prints the inventory as JSON is: name it with -i. Of the plugins there is constructed.',
    })
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
