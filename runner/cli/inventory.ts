/** `playline inventory`: what an inventory holds, in the words of `ansible-inventory`. */
import { fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Vault } from '../load/vault/vault.ts'
import { DEFAULT_OPTIONS, type RunOptions } from '../run/options.ts'
import { parseArguments } from './arguments.ts'
import { INVENTORY_COMMAND } from './options.ts'
import { expander, extraVarsOf, fromSettings, inventoryRulesOf, inventoriesOf, vaultOf, type Environment } from './parse.ts'
import { Settings } from './read-settings.ts'

export interface InventoryInvocation {
  readonly action: 'help' | 'list' | 'graph' | 'host'
  /** The host, or the group where the tree begins. */
  readonly name: string
  readonly sources: readonly string[]
  readonly vault: Vault
  readonly options: RunOptions
  readonly folder: string
  readonly withVariables: boolean
  readonly format: { readonly yaml: boolean; readonly export: boolean }
  /** A file to write to. */
  readonly output: string | undefined
}

/** @throws {DiagnosticError} BAD_OPTION, and what reading settings, passwords and files of `--extra-vars` throws. */
export function parseInventoryCommand(argv: readonly string[], warn: (diagnostic: Diagnostic) => void, environment: Environment): InventoryInvocation {
  const given = parseArguments(argv, INVENTORY_COMMAND)
  const host = given.text('host')
  const chosen = [given.flag('list') && 'list', given.flag('graph') && 'graph', host !== undefined && 'host'].filter((each) => each !== false)
  const [first = 'help', ...others] = chosen as ('list' | 'graph' | 'host')[]
  if (!given.flag('help') && (first === 'help' || others.length > 0)) fail('MISSING_ACTION', 'one of --list, --host and --graph is needed')
  const settings = new Settings(environment, warn)
  const vault = vaultOf(given, settings, environment)
  const expand = expander(environment)
  const folder = given.text('playbook-dir')
  const output = given.text('output')
  return {
    action: given.flag('help') ? 'help' : first,
    name: host ?? given.positionals[0] ?? 'all',
    sources: inventoriesOf(given, settings),
    vault,
    options: {
      ...DEFAULT_OPTIONS,
      ...fromSettings(settings),
      inventoryRules: inventoryRulesOf(settings),
      extraVars: extraVarsOf(given, vault, environment, warn),
    },
    folder: folder === undefined ? (settings.path('PLAYBOOK_DIR') ?? environment.workingFolder) : expand(folder),
    withVariables: given.flag('vars'),
    format: { yaml: given.flag('yaml'), export: given.flag('export') || (settings.boolean('INVENTORY_EXPORT') ?? false) },
    output: output === undefined ? undefined : expand(output),
  }
}
