/** An inventory as `playline inventory` shows it: groups, hosts and their variables, nothing evaluated. */
import { fail } from '../diagnostic/diagnostic.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { isLocalhost, type Group, type Inventory } from '../load/inventory/inventory.ts'
import { readInventory } from '../load/inventory/sources.ts'
import type { Reader } from '../load/reader.ts'
import { constructedInventories } from '../resolve/constructed.ts'
import { variablesFor } from '../resolve/host-variables.ts'
import { VariableFiles } from '../resolve/variable-files.ts'
import { Variables } from '../resolve/variables.ts'
import { Dict, RawDict, Template, Vaulted, type Raw, type Value } from '../value/value.ts'
import type { RunOptions } from './options.ts'

/** Which host it is, and where it stands: not shown. */
const INTERNAL = new Set(['inventory_file', 'inventory_dir', 'inventory_hostname', 'inventory_hostname_short', 'group_names'])

export class InventoryView {
  readonly inventory: Inventory
  readonly #files: VariableFiles
  readonly #options: RunOptions
  readonly #folder: string

  /** `folder` counts as the playbook's. */
  constructor(sources: readonly string[], reader: Reader, options: RunOptions, folder: string) {
    this.inventory = readInventory(sources, reader, options.inventoryRules, constructedInventories({ reader, extraVars: options.extraVars }))
    this.#files = new VariableFiles(reader)
    this.#options = options
    this.#folder = folder
  }

  /** All variables of a host; `own`: without those of its groups. Templates are shown as they are written. */
  hostVariables(name: string, own: boolean): Dict {
    const host = isLocalhost(name) ? this.inventory.localhost(name) : this.inventory.hosts.get(name)
    if (!host) fail('UNKNOWN_HOST_PATTERN', `the inventory has no host '${name}'`)
    if (own) {
      const variables = new Variables()
      variables.add('inventory host vars', host.vars)
      for (const vars of this.#fromFolders('host_vars', name)) variables.add('inventory host_vars', vars)
      return shown(variables)
    }
    const none = new RawDict()
    const { extraVars, hashBehaviour } = this.#options
    const variables = variablesFor(
      {
        hostName: name,
        play: undefined,
        folder: this.#folder,
        playVarsFiles: [],
        task: undefined,
        prompted: none,
        included: none,
        facts: none,
        gathered: none,
        foreseen: none,
        local: none,
        magic: none,
      },
      { inventory: this.inventory, files: this.#files, extraVars, mergesMappings: hashBehaviour === 'merge' },
    )
    return shown(variables)
  }

  /** @throws {DiagnosticError} UNKNOWN_HOST_PATTERN */
  groupNamed(name: string): Group {
    return (
      this.inventory.groups.get(name) ??
      fail('UNKNOWN_HOST_PATTERN', `the inventory has no group '${name}'`, { hint: didYouMean(name, this.inventory.groups.keys()) })
    )
  }

  /** The variables that a group itself has. */
  groupVariables(name: string): Dict {
    const variables = new Variables()
    variables.add('inventory group vars', this.inventory.group(name).vars)
    for (const vars of this.#fromFolders('group_vars', name)) variables.add('inventory group_vars', vars)
    const { priority } = this.inventory.group(name)
    if (priority !== 1) variables.add('inventory group_vars', new Map([['ansible_group_priority', priority]]))
    return shown(variables)
  }

  #fromFolders(kind: 'group_vars' | 'host_vars', name: string): RawDict[] {
    return [...this.inventory.folders, this.#folder].flatMap((folder) => this.#files.of(folder, kind, name))
  }
}

function shown(variables: Variables): Dict {
  return new Dict([...variables.names()].filter((name) => !INTERNAL.has(name)).map((name) => [name, written(variables.get(name)!)]))
}

/** A value as it is written: a template as its text, what is encrypted as Ansible's JSON has it. */
function written(raw: Raw): Value {
  if (raw instanceof Template) return raw.text
  if (raw instanceof Vaulted) return Dict.of({ __ansible_vault: raw.cipherText })
  if (Array.isArray(raw)) return raw.map(written)
  return raw instanceof RawDict ? new Dict([...raw].map(([key, item]) => [key, written(item)])) : raw
}
