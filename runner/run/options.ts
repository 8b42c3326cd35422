/** What the command line and the settings ask of a run. */
import { INVENTORY_RULES, type InventoryRules } from '../load/inventory/sources.ts'
import type { FactCacheOptions } from './fact-cache.ts'
import type { Raw, RawDict, Value } from '../value/value.ts'

export interface RunOptions {
  readonly check: boolean
  /** `--diff`: results carry their diffs. */
  readonly diff: boolean
  readonly forks: number
  /** `ansible_forks`: how many were asked for; where nothing was said, Ansible's five. */
  readonly statedForks: number
  readonly limit: string | undefined
  readonly tags: readonly string[]
  readonly skipTags: readonly string[]
  readonly startAtTask: string | undefined
  /** `--step`: each task is confirmed before it runs. */
  readonly step: boolean
  readonly forceHandlers: boolean
  /** `--flush-cache`: facts that were kept from earlier runs are forgotten. */
  readonly flushCache: boolean
  /** Where facts are kept between runs; undefined where they are not. */
  readonly factCache: FactCacheOptions | undefined
  readonly anyErrorsFatal: boolean
  /** Whether a handler that is notified and not there fails the task; a warning tells of it otherwise. */
  readonly failsOnMissingHandler: boolean
  /** `no_log` for every task. */
  readonly noLog: boolean
  /** How a play moves its hosts where it does not say: `linear`. */
  readonly strategy: string
  /** When a play gathers facts that does not say: always, never, or where the host has none yet. */
  readonly gathering: 'implicit' | 'explicit' | 'smart'
  readonly gatherSubset: readonly string[] | undefined
  /** Whether mappings of several levels of precedence replace each other, or are merged. */
  readonly hashBehaviour: 'replace' | 'merge'
  /** Whether facts are variables of their own, `ansible_*`, beside `ansible_facts`. */
  readonly injectFacts: boolean
  /** Whether the variables of a role, but not its defaults, are hidden from the rest of the play. */
  readonly privateRoleVars: boolean
  /** A limit for every task, in milliseconds; undefined: none. */
  readonly taskTimeoutMs: number | undefined
  /** How often an asynchronous task is asked whether it has ended, in milliseconds. */
  readonly pollIntervalMs: number
  /** Whether values of playbooks keep their type (`jinja2_native`). */
  readonly nativeTypes: boolean
  /** Jinja2's extensions that templates may use, by their names in Python. */
  readonly jinjaExtensions: readonly string[]
  /** The text of the variable `ansible_managed`; see `TemplateFile`. */
  readonly ansibleManaged: string
  /** Absolute folders in which roles are looked for, after those beside the playbook. */
  readonly rolesPath: readonly string[]
  /** Absolute folders with further modules, before those beside the playbook. */
  readonly libraryPath: readonly string[]
  /** Absolute folders of collections (each has `ansible_collections`). */
  readonly collectionsPath: readonly string[]
  /** Whether the JSON document has what `set_stats` gave. */
  readonly showCustomStats: boolean
  readonly extraVars: RawDict
  readonly remoteUser: string | undefined
  readonly remotePort: number | undefined
  readonly privateKeyFile: string | undefined
  /** The password to log in with. A secret. */
  readonly connectionPassword: string | undefined
  readonly become: boolean
  readonly becomeUser: string | undefined
  readonly becomeMethod: string | undefined
  /** The program that becomes another user, and its options. */
  readonly becomeExe: string | undefined
  readonly becomeFlags: string | undefined
  /** The password to become another user with. A secret. */
  readonly becomePassword: string | undefined
  readonly connection: string | undefined
  /** What runs the command lines of tasks; undefined: /bin/sh. */
  readonly shellExecutable: string | undefined
  readonly connectTimeoutMs: number
  readonly sshArguments: readonly string[]
  /** Undefined where nothing was said: host keys are then checked. */
  readonly hostKeyChecking: boolean | undefined
  readonly acceptNewHostKeys: boolean
  readonly verbosity: number
  /** The settings that are set, by Ansible's names of them, for `lookup('config')`. */
  readonly settings: ReadonlyMap<string, Value>
  /** The `ansible.cfg` that was read. */
  readonly configFile: string | undefined
  readonly inventoryRules: InventoryRules
}

export const DEFAULT_OPTIONS: RunOptions = {
  check: false,
  diff: false,
  forks: 50,
  statedForks: 5,
  limit: undefined,
  tags: [],
  skipTags: [],
  startAtTask: undefined,
  step: false,
  forceHandlers: false,
  flushCache: false,
  factCache: undefined,
  anyErrorsFatal: false,
  failsOnMissingHandler: true,
  noLog: false,
  strategy: 'linear',
  gathering: 'implicit',
  gatherSubset: undefined,
  hashBehaviour: 'replace',
  injectFacts: true,
  privateRoleVars: false,
  taskTimeoutMs: undefined,
  pollIntervalMs: 15_000,
  nativeTypes: false,
  jinjaExtensions: [],
  ansibleManaged: 'Ansible managed',
  rolesPath: [],
  libraryPath: [],
  collectionsPath: [],
  showCustomStats: false,
  extraVars: new Map<never, Raw>(),
  remoteUser: undefined,
  remotePort: undefined,
  privateKeyFile: undefined,
  connectionPassword: undefined,
  become: false,
  becomeUser: undefined,
  becomeMethod: undefined,
  becomeExe: undefined,
  becomeFlags: undefined,
  becomePassword: undefined,
  connection: undefined,
  shellExecutable: undefined,
  connectTimeoutMs: 10_000,
  sshArguments: [],
  hostKeyChecking: undefined,
  acceptNewHostKeys: false,
  verbosity: 0,
  settings: new Map(),
  configFile: undefined,
  inventoryRules: INVENTORY_RULES,
}
