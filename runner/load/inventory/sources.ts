/** Reads the sources given with `-i`: files and programs in the forms that are enabled, folders of those, and lists of hosts (`a,b,`). */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { DiagnosticError, fail, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { isFile, isFolder, type Reader } from '../reader.ts'
import { FORMS, type Construct, type InventorySource } from './forms.ts'
import { Inventory } from './inventory.ts'

/** How sources are read. */
export interface InventoryRules {
  /** The forms of inventories that are tried, in this order; a name that is not known is left out. */
  readonly forms: readonly string[]
  /** Whether what is no name of a variable is replaced in names of groups. */
  readonly safeGroupNames: boolean
  /** What is left out in a folder, beside hidden files, `group_vars` and `host_vars`. */
  readonly ignoredEndings: readonly string[]
  /** Regular expressions that may match anywhere in a name. */
  readonly ignoredPatterns: readonly string[]
  /** Of how many sources it is an error that they cannot be read: as in Ansible of none, so that a run goes on with what could be read. */
  readonly required: 'none' | 'one' | 'all'
}

export const INVENTORY_RULES: InventoryRules = {
  forms: ['host_list', 'script', 'auto', 'yaml', 'ini', 'toml'],
  safeGroupNames: false,
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
export function readInventory(sources: readonly string[], reader: Reader, rules = INVENTORY_RULES, construct?: Construct): Inventory {
  const inventory = new Inventory(rules.safeGroupNames)
  const faults: Diagnostic[] = []
  let read = 0
  for (const source of sources.flatMap((each) => sourcesAt(inventory, each, reader, rules))) {
    try {
      readSource(inventory, source, reader, rules, construct)
      read++
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      faults.push(...error.diagnostics)
    }
  }
  const none = read === 0 && sources.length > 0
  const certain = rules.required === 'all' || (rules.required === 'one' && none)
  const thrown = faults.filter((fault) => certain || isCertain(fault))
  if (thrown.length > 0) throw new DiagnosticError(thrown)
  for (const fault of faults) reader.warn({ ...fault, severity: 'warning' })
  if (none) reader.warn({ code: 'BAD_INVENTORY', severity: 'warning', summary: 'no inventory could be read: there is only the implicit localhost' })
  // Ansible leaves the groups as they are where no source was read to its end.
  else inventory.complete()
  return inventory
}

/** What no other form of inventory helps against, and no run goes on with. */
function isCertain({ code }: Diagnostic): boolean {
  return code === 'UNSUPPORTED_VALUE' || code === 'VAULT_FAILED' || code === 'LIMIT_EXCEEDED'
}

/** The parts of a source that are read, or cannot be read, by themselves: each file of a folder. */
function sourcesAt(inventory: Inventory, given: string, reader: Reader, rules: InventoryRules): InventorySource[] {
  const absolute = path.resolve(reader.workingFolder, given)
  const folder = isFolder(absolute)
  if (given.includes(',') && !isFile(absolute) && !folder) {
    inventory.sources.push(given)
    return [{ kind: 'list', text: given }]
  }
  inventory.folders.push(folder ? absolute : path.dirname(absolute))
  inventory.sources.push(absolute)
  if (!folder) return [{ kind: 'file', absolute }]
  const files = filesIn(absolute, rules)
  return files.length === 0 ? [{ kind: 'empty folder', absolute }] : files.map((file) => ({ kind: 'file', absolute: file }))
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

/** Tries the forms that a source may have, until one reads it to its end. The fault of the first is the one to tell. */
function readSource(inventory: Inventory, source: InventorySource, reader: Reader, rules: InventoryRules, construct: Construct | undefined): void {
  const shown = source.kind === 'list' ? `'${source.text}'` : reader.shownPath(source.absolute)
  if (source.kind === 'empty folder') fail('BAD_INVENTORY', `${shown} holds no inventory`)
  let first: DiagnosticError | undefined
  for (const name of rules.forms) {
    const form = FORMS.get(name.replace(/^ansible\.builtin\./, ''))
    if (!form?.takes(source, reader)) continue
    try {
      form.read(inventory, source, reader, construct)
      return
    } catch (error) {
      if (!(error instanceof DiagnosticError) || error.diagnostics.some(isCertain)) throw error
      first ??= error
    }
  }
  throw first ?? new DiagnosticError({ code: 'BAD_INVENTORY', severity: 'error', summary: `${shown} is in none of the forms of inventories that are enabled` })
}
