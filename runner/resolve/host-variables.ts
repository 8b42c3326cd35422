/** Which variables a host has at a task: every level of precedence filled from where Ansible takes it. */
import { isIP } from 'node:net'
import type { Inventory } from '../load/inventory/inventory.ts'
import type { Keywords } from '../load/playbook.ts'
import { INCLUDE_VARIABLES, lineage, type CompiledPlay, type CompiledTask, type RoleUse } from '../plan/compiled.ts'
import { NotedDict, RawDict, type Raw, type Value } from '../value/value.ts'
import type { VariableFiles } from './variable-files.ts'
import { Variables, type Level } from './variables.ts'

export interface VariableSources {
  readonly inventory: Inventory
  readonly files: VariableFiles
  readonly extraVars: RawDict
  /** `hash_behaviour = merge`. */
  readonly mergesMappings?: boolean
  /** Whether the variables of a role, but not its defaults, are hidden from the rest of the play. */
  readonly hidesRoleVars?: boolean
}

export interface Situation {
  /** Undefined for what a play as such is asked, before its hosts are known: then nothing of the inventory is seen, as in Ansible. */
  readonly hostName: string | undefined
  /** Undefined outside of plays, as for the connection of a host that a task is delegated to. */
  readonly play: CompiledPlay | undefined
  /** The folder that counts as the playbook's where there is no play. */
  readonly folder?: string | undefined
  readonly playVarsFiles: readonly RawDict[]
  readonly task: CompiledTask | undefined
  readonly prompted: RawDict
  /** What `include_vars` has read for the host. */
  readonly included: RawDict
  /** `set_fact` and `register`. */
  readonly facts: ReadonlyMap<Value, Raw>
  /** Facts that were gathered, as variables. */
  readonly gathered: ReadonlyMap<Value, Raw>
  /** While a run is checked before it begins: what its tasks will have set by then. */
  readonly foreseen: ReadonlyMap<Value, Raw>
  /** Loop variables and the like. */
  readonly local: ReadonlyMap<Value, Raw>
  readonly magic: ReadonlyMap<Value, Raw>
}

export function variablesFor(situation: Situation, sources: VariableSources): Variables {
  const variables = new Variables(sources.mergesMappings)
  if (situation.hostName !== undefined) addInventory(variables, situation.hostName, situation, sources)
  const { play, task } = situation
  if (play) {
    // A role's defaults and vars are seen by the whole play; within a role its own win.
    for (const use of play.roles) addRole(variables, use, sources.hidesRoleVars)
    if (task?.role) addOwnRole(variables, task.role)
    addVars(variables, 'play vars', play.play.keywords)
    // What an import gives a play is stronger than what the play has itself, and the outermost import is the strongest.
    for (const imported of play.play.imported.toReversed()) addVars(variables, 'play vars', imported)
    variables.add('vars_prompt', situation.prompted)
    for (const file of situation.playVarsFiles) variables.add('vars_files', file)
  }
  variables.add('facts', situation.gathered)
  if (task) {
    const roles = task.role ? lineage(task.role) : []
    const [own, ...outer] = task.chain
    const notBlocks = new Set([task.play.keywords, ...task.play.imported, ...roles.map((use) => use.keywords)])
    for (const keywords of outer.toReversed()) {
      if (notBlocks.has(keywords)) continue
      addVars(variables, 'block vars', keywords)
      addVars(variables, 'include params', keywords, INCLUDE_VARIABLES)
    }
    if (own) addVars(variables, 'task vars', own)
    for (const use of roles) variables.add('role params', use.params)
  }
  variables.add('include_vars', situation.included)
  variables.add('include params', situation.foreseen)
  variables.add('set_fact and register', situation.facts)
  variables.add('extra vars', sources.extraVars)
  variables.add('loop', situation.local)
  variables.add('magic', situation.magic)
  return variables
}

function addInventory(variables: Variables, hostName: string, situation: Situation, sources: VariableSources): void {
  const { inventory, files } = sources
  const playFolder = situation.play?.play.folder ?? situation.folder
  for (const group of inventory.groupsByStrength(hostName)) {
    const all = group.name === 'all'
    variables.add('inventory group vars', group.vars)
    for (const folder of inventory.folders)
      for (const vars of files.of(folder, 'group_vars', group.name)) variables.add(all ? 'inventory group_vars/all' : 'inventory group_vars', vars)
    if (playFolder !== undefined)
      for (const vars of files.of(playFolder, 'group_vars', group.name)) variables.add(all ? 'playbook group_vars/all' : 'playbook group_vars', vars)
  }
  const host = inventory.hosts.get(hostName)
  if (host) variables.add('inventory host vars', host.vars)
  variables.add('inventory host vars', identityOf(hostName, inventory))
  for (const folder of inventory.folders) for (const vars of files.of(folder, 'host_vars', hostName)) variables.add('inventory host_vars', vars)
  if (playFolder !== undefined) for (const vars of files.of(playFolder, 'host_vars', hostName)) variables.add('playbook host_vars', vars)
}

/** Who a host is. As in Ansible these are variables of the host, and what is stronger has another value: `vars`, `set_fact`, `--extra-vars`. */
export function identityOf(hostName: string, inventory: Inventory): RawDict {
  const identity = new NotedDict([
    ['inventory_hostname', hostName],
    ['inventory_hostname_short', isIP(hostName) === 0 ? hostName.split('.')[0]! : hostName],
    ['group_names', inventory.groupNamesOf(hostName)],
  ] as [Value, Raw][])
  for (const name of identity.keys()) identity.note(name, 'str')
  return identity
}

/** What a role gives to the play: that of its dependencies, and then its own. */
function addRole(variables: Variables, use: RoleUse, onlyDefaults = false): void {
  addDefaults(variables, use)
  if (!onlyDefaults) addRoleVars(variables, use)
}

/** What a task of a role sees of it: of the roles that this one is a dependency of their own, but not their other dependencies. */
function addOwnRole(variables: Variables, use: RoleUse): void {
  const parents = lineage(use).slice(0, -1)
  for (const dependency of use.dependencies) addDefaults(variables, dependency)
  for (const { role } of [...parents, use]) variables.add('role defaults', role.defaults)
  for (const parent of parents) addVarsOf(variables, parent)
  addRoleVars(variables, use)
}

function addDefaults(variables: Variables, use: RoleUse): void {
  for (const dependency of use.dependencies) addDefaults(variables, dependency)
  variables.add('role defaults', use.role.defaults)
}

function addRoleVars(variables: Variables, use: RoleUse): void {
  for (const dependency of use.dependencies) addRoleVars(variables, dependency)
  addVarsOf(variables, use)
}

function addVarsOf(variables: Variables, use: RoleUse): void {
  addVars(variables, 'role vars', use.keywords)
  variables.add('role vars', use.role.vars)
}

function addVars(variables: Variables, level: Level, keywords: Keywords, key = 'vars'): void {
  const raw = keywords.get(key)?.raw
  if (raw instanceof RawDict) variables.add(level, raw)
}
