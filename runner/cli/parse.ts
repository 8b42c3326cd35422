/** From argv, environment and `ansible.cfg` to what was asked for. */
import { existsSync } from 'node:fs'
import { Collections } from '../load/collections.ts'
import path from 'node:path'
import { fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { INVENTORY_RULES } from '../load/inventory/sources.ts'
import { Reader } from '../load/reader.ts'
import type { Vault } from '../load/vault/vault.ts'
import { DEFAULT_OPTIONS, type RunOptions } from '../run/options.ts'
import { DEFAULT_VAULT_ID } from '../value/vault-format.ts'
import { splitWords } from '../value/words.ts'
import { parseArguments, type Arguments } from './arguments.ts'
import { askHidden, type Ask } from './ask.ts'
import { expandHome, type Surroundings } from './config-file.ts'
import { readExtraVars } from './extra-vars.ts'
import { OPTIONS, type OptionName } from './options.ts'
import { openVault, parseVaultId, readPasswordFile, type PasswordContext } from './passwords.ts'
import { Settings } from './read-settings.ts'

export interface Invocation {
  readonly playbooks: readonly string[]
  readonly inventories: readonly string[]
  readonly run: RunOptions
  readonly vault: Vault
  readonly output: 'human' | 'json'
  readonly showDiffs: boolean
  readonly instead: 'help' | 'version' | 'syntax-check' | 'list' | undefined
  readonly list: { readonly hosts: boolean; readonly tasks: boolean; readonly tags: boolean }
}

/** Where a command is given: environment variables, the folder, and whom to ask for passwords. */
export interface Environment extends Surroundings {
  readonly ask: Ask
}

export function processEnvironment(): Environment {
  return { variables: process.env, workingFolder: process.cwd(), ask: askHidden }
}

/** Nothing is set, and there is no `ansible.cfg` of the user or the machine. */
const EMPTY_ENVIRONMENT: Environment = { variables: {}, workingFolder: process.cwd(), ask: askHidden }

/**
 * Parses the arguments after the program's name.
 *
 * @throws {DiagnosticError} BAD_OPTION, and what reading settings, passwords and files of `--extra-vars` throws.
 */
export function parseInvocation(argv: readonly string[], warn: (diagnostic: Diagnostic) => void, environment = EMPTY_ENVIRONMENT): Invocation {
  const given = parseArguments(argv, OPTIONS)
  const { flag, text, list } = given
  const listing = { hosts: flag('list-hosts'), tasks: flag('list-tasks'), tags: flag('list-tags') }
  const instead = flag('help')
    ? 'help'
    : flag('version')
      ? 'version'
      : flag('syntax-check')
        ? 'syntax-check'
        : Object.values(listing).some(Boolean)
          ? 'list'
          : undefined
  const asked = instead !== 'help' && instead !== 'version'
  if (given.positionals.length === 0 && asked)
    fail('BAD_OPTION', 'no playbook is named', { hint: 'usage: playline PLAYBOOK… -i INVENTORY; --help lists the options.' })
  const settings = new Settings(environment, warn)
  const vault = vaultOf(given, settings, environment)
  const collections = new Collections(settings.paths('COLLECTIONS_PATHS'))
  const output = text('output') ?? (/^(?:ansible\.posix\.)?json$/.test(settings.text('DEFAULT_STDOUT_CALLBACK') ?? '') ? 'json' : 'human')
  if (output !== 'human' && output !== 'json') fail('BAD_OPTION', `--output is '${output}'`, { hint: 'It is human or json.' })
  return {
    playbooks: given.positionals.map((name) => collections.playbook(name) ?? path.resolve(environment.workingFolder, name)),
    inventories: inventoriesOf(given, settings),
    vault,
    output,
    showDiffs: !flag('no-diff'),
    instead,
    list: listing,
    run: {
      ...DEFAULT_OPTIONS,
      ...fromSettings(settings),
      check: flag('check'),
      diff: flag('diff') || (settings.boolean('DIFF_ALWAYS') ?? false),
      ...forksOf(given, settings),
      // Where it is empty there is none.
      limit: text('limit') || undefined,
      tags: tagsOf([...(settings.list('TAGS_RUN') ?? []), ...list('tags')]),
      skipTags: tagsOf([...(settings.list('TAGS_SKIP') ?? []), ...list('skip-tags')]),
      startAtTask: text('start-at-task') || undefined,
      step: flag('step'),
      forceHandlers: flag('force-handlers') || (settings.boolean('DEFAULT_FORCE_HANDLERS') ?? false),
      flushCache: flag('flush-cache'),
      libraryPath: [...list('module-path').flatMap((folders) => folders.split(':')), ...(settings.paths('DEFAULT_MODULE_PATH') ?? [])]
        .filter((folder) => folder !== '')
        .map((folder) => expander(environment)(folder)),
      extraVars: extraVarsOf(given, vault, environment, warn),
      remoteUser: text('user') ?? settings.text('DEFAULT_REMOTE_USER'),
      privateKeyFile: text('private-key') ?? settings.path('DEFAULT_PRIVATE_KEY_FILE'),
      ...(asked ? passwordsOf(given, settings, environment) : {}),
      become: flag('become') || (settings.boolean('DEFAULT_BECOME') ?? false),
      becomeUser: text('become-user') ?? settings.text('DEFAULT_BECOME_USER'),
      becomeMethod: text('become-method') ?? settings.text('DEFAULT_BECOME_METHOD'),
      connection: text('connection') ?? settings.text('DEFAULT_TRANSPORT'),
      connectTimeoutMs:
        (given.integer('timeout', 1, 3600) ??
          settings.integer('SSH_TIMEOUT', 1) ??
          settings.integer('DEFAULT_TIMEOUT', 1) ??
          DEFAULT_OPTIONS.connectTimeoutMs / 1000) * 1000,
      sshArguments: sshArgumentsOf(given, settings),
      acceptNewHostKeys: flag('accept-new-host-keys'),
      settings: settings.values(),
      configFile: settings.file,
      inventoryRules: inventoryRulesOf(settings),
      verbosity: given.count('verbose') || (settings.integer('DEFAULT_VERBOSITY', 0) ?? 0),
    },
  }
}

function forksOf(given: Arguments<OptionName>, settings: Settings): Partial<RunOptions> {
  const forks = given.integer('forks', 1, 1000) ?? settings.integer('DEFAULT_FORKS', 1)
  return forks === undefined ? {} : { forks, statedForks: forks }
}

/** What only settings say. */
export function fromSettings(settings: Settings): Partial<RunOptions> {
  const chosen: Record<string, unknown> = {
    anyErrorsFatal: settings.boolean('ANY_ERRORS_FATAL'),
    failsOnMissingHandler: settings.boolean('ERROR_ON_MISSING_HANDLER') ?? true,
    noLog: settings.boolean('DEFAULT_NO_LOG'),
    strategy: settings.text('DEFAULT_STRATEGY'),
    gathering: settings.choice('DEFAULT_GATHERING', ['implicit', 'explicit', 'smart']),
    gatherSubset: settings.list('DEFAULT_GATHER_SUBSET'),
    factCache: factCacheOf(settings),
    hashBehaviour: settings.choice('DEFAULT_HASH_BEHAVIOUR', ['replace', 'merge']),
    injectFacts: settings.boolean('INJECT_FACTS_AS_VARS'),
    privateRoleVars: settings.boolean('DEFAULT_PRIVATE_ROLE_VARS'),
    taskTimeoutMs: ((seconds) => (seconds === undefined || seconds === 0 ? undefined : seconds * 1000))(settings.integer('TASK_TIMEOUT', 0)),
    pollIntervalMs: ((seconds) => seconds !== undefined && seconds * 1000)(settings.integer('DEFAULT_POLL_INTERVAL', 0)) || undefined,
    nativeTypes: settings.boolean('DEFAULT_JINJA2_NATIVE'),
    jinjaExtensions: settings.list('DEFAULT_JINJA2_EXTENSIONS'),
    ansibleManaged: settings.text('DEFAULT_MANAGED_STR'),
    rolesPath: settings.paths('DEFAULT_ROLES_PATH'),
    collectionsPath: settings.paths('COLLECTIONS_PATHS'),
    remotePort: settings.integer('DEFAULT_REMOTE_PORT', 1),
    becomeExe: settings.text('DEFAULT_BECOME_EXE'),
    becomeFlags: settings.text('DEFAULT_BECOME_FLAGS'),
    showCustomStats: settings.boolean('SHOW_CUSTOM_STATS'),
    hostKeyChecking: settings.boolean('SSH_HOST_KEY_CHECKING') ?? settings.boolean('HOST_KEY_CHECKING'),
  }
  return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined))
}

function factCacheOf(settings: Settings): RunOptions['factCache'] {
  if (!/^(?:ansible\.builtin\.)?jsonfile$/.test(settings.text('CACHE_PLUGIN') ?? '')) return undefined
  const folder = settings.path('CACHE_PLUGIN_CONNECTION')
  if (folder === undefined)
    fail('BAD_OPTION', 'facts are to be kept in files, and no folder is named', { hint: 'Set fact_caching_connection, or ANSIBLE_CACHE_PLUGIN_CONNECTION.' })
  return { folder, prefix: settings.text('CACHE_PLUGIN_PREFIX') ?? '', lifeSeconds: settings.integer('CACHE_PLUGIN_TIMEOUT', 0) ?? 86_400 }
}

/** The tags of all lists, once each. An empty tag is one too, that no task has. */
function tagsOf(lists: readonly string[]): string[] {
  return [...new Set(lists.flatMap((list) => list.split(',')).map((tag) => tag.trim()))]
}

export function inventoryRulesOf(settings: Settings): RunOptions['inventoryRules'] {
  const transform = settings.choice('TRANSFORM_INVALID_GROUP_CHARS', ['never', 'ignore', 'always', 'silently'])
  return {
    forms: settings.list('INVENTORY_ENABLED') ?? INVENTORY_RULES.forms,
    safeGroupNames: transform === 'always' || transform === 'silently',
    ignoredEndings: settings.list('INVENTORY_IGNORE_EXTS') ?? INVENTORY_RULES.ignoredEndings,
    ignoredPatterns: settings.list('INVENTORY_IGNORE_PATTERNS') ?? INVENTORY_RULES.ignoredPatterns,
    required:
      settings.boolean('INVENTORY_ANY_UNPARSED_IS_FAILED') === true
        ? 'all'
        : settings.boolean('INVENTORY_UNPARSED_IS_FAILED') === true
          ? 'one'
          : INVENTORY_RULES.required,
  }
}

type GivenInventory = Arguments<'inventory' | 'extra-vars' | 'vault-id' | 'vault-password-file' | 'ask-vault-pass'>

/** The sources of the inventory: those given, else those of the settings, else `/etc/ansible/hosts` where there is one. */
export function inventoriesOf(given: GivenInventory, settings: Settings): readonly string[] {
  const sources = given.list('inventory')
  return sources.length > 0 ? sources : (settings.inventories() ?? ['/etc/ansible/hosts'].filter((file) => existsSync(file)))
}

/** The passwords of vaults, read: those of the settings first. */
export function vaultOf(
  given: Arguments<'vault-id' | 'vault-password-file' | 'ask-vault-pass'>,
  settings: Settings,
  environment: Environment,
  areNew = false,
): Vault {
  const files = given.list('vault-password-file')
  const ask = given.flag('ask-vault-pass')
  exclusive(ask, '--ask-vault-pass', files.length > 0, '--vault-password-file')
  const defaultId = settings.text('DEFAULT_VAULT_IDENTITY')
  const settingsFile = settings.path('DEFAULT_VAULT_PASSWORD_FILE')
  const ids = [...(settings.list('DEFAULT_VAULT_IDENTITY_LIST') ?? []), ...given.list('vault-id')].map((id) => parseVaultId(id, defaultId))
  for (const source of [...files, ...(settingsFile === undefined ? [] : [settingsFile])]) ids.push({ id: defaultId ?? DEFAULT_VAULT_ID, source })
  if (ask || settings.boolean('DEFAULT_ASK_VAULT_PASS') === true) ids.push({ id: DEFAULT_VAULT_ID, source: 'prompt_ask_vault_pass' })
  return openVault(ids, passwordContext(environment), settings.boolean('DEFAULT_VAULT_ID_MATCH') ?? false, areNew)
}

export function extraVarsOf(given: GivenInventory, vault: Vault, environment: Environment, warn: (diagnostic: Diagnostic) => void): RunOptions['extraVars'] {
  return readExtraVars(given.list('extra-vars'), new Reader(warn, environment.workingFolder, vault), expander(environment), warn)
}

export function expander({ workingFolder, variables }: Environment): (text: string) => string {
  return (text) => path.resolve(workingFolder, expandHome(text, variables))
}

export function passwordContext(environment: Environment): PasswordContext {
  return { ask: environment.ask, expand: expander(environment) }
}

/** The passwords of login and become. A login's password that was asked for also serves where none is answered for become. */
function passwordsOf(given: Arguments<OptionName>, settings: Settings, environment: Environment): Partial<RunOptions> {
  const { ask, expand } = passwordContext(environment)
  const askPass = given.flag('ask-pass')
  const askBecome = given.flag('ask-become-pass')
  exclusive(askPass, '--ask-pass', given.text('connection-password-file') !== undefined, '--connection-password-file')
  exclusive(askBecome, '--ask-become-pass', given.text('become-password-file') !== undefined, '--become-password-file')
  const file = (
    name: 'connection-password-file' | 'become-password-file',
    setting: 'CONNECTION_PASSWORD_FILE' | 'BECOME_PASSWORD_FILE',
  ): string | undefined => {
    const named = given.text(name)
    return named === undefined ? settings.path(setting) : expand(named)
  }
  const read = (absolute: string | undefined, what: string): string | undefined => absolute && readPasswordFile(absolute, what).toString('utf8')
  const connectionPassword =
    askPass || settings.boolean('DEFAULT_ASK_PASS') === true
      ? ask('SSH password: ')
      : read(file('connection-password-file', 'CONNECTION_PASSWORD_FILE'), 'the password to log in with')
  const becomePassword =
    askBecome || settings.boolean('DEFAULT_BECOME_ASK_PASS') === true
      ? ask(`BECOME password${connectionPassword === undefined ? '' : '[defaults to SSH password]'}: `) || connectionPassword
      : read(file('become-password-file', 'BECOME_PASSWORD_FILE'), 'the password to become another user with')
  return { connectionPassword, becomePassword }
}

function exclusive(first: boolean, firstName: string, second: boolean, secondName: string): void {
  if (first && second) fail('BAD_OPTION', `${firstName} and ${secondName} exclude each other`)
}

function sshArgumentsOf(given: Arguments<OptionName>, settings: Settings): string[] {
  const words = (name: 'SSH_ARGS' | 'SSH_COMMON_ARGS' | 'SSH_EXTRA_ARGS'): string[] => {
    try {
      return splitWords(settings.text(name) ?? '')
    } catch (error) {
      fail('BAD_OPTION', `the setting ${name} cannot be read`, { detail: (error as Error).message })
    }
  }
  const common = given.text('ssh-common-args') === undefined ? words('SSH_COMMON_ARGS') : given.words('ssh-common-args')
  const extra = given.text('ssh-extra-args') === undefined ? words('SSH_EXTRA_ARGS') : given.words('ssh-extra-args')
  return [...words('SSH_ARGS'), ...common, ...extra]
}
