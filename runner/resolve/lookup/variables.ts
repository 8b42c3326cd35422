/** Lookups of what the run knows: variables, the inventory, the environment, the configuration. */
import { fail } from '../../diagnostic/diagnostic.ts'
import { didYouMean } from '../../diagnostic/suggest.ts'
import { matchHosts } from '../../load/inventory/pattern.ts'
import { print } from '../../value/print.ts'
import { compilePython, RegexError } from '../../value/python-regex.ts'
import { Undefined } from '../../value/value.ts'
import type { Value } from '../../value/value.ts'
import { typeName } from '../jinja/runtime/type.ts'
import { lookupFailed, type Lookup } from './context.ts'
import { listify } from './lists.ts'

export const env: Lookup = (terms, options) =>
  listify(terms).map((term) => {
    const name = print(term).trim().split(/\s+/)[0] ?? ''
    const value = process.env[name] ?? options.get('default') ?? ''
    return value instanceof Undefined ? fail('UNDEFINED_VARIABLE', `The "env" lookup, found an undefined variable: ${name}`) : value
  })

export const vars: Lookup = (terms, options, { evaluator }) =>
  listify(terms).map((term) => {
    const name = textOf(term)
    const value = withDefault(() => evaluator.get(name), options.get('default') ?? null)
    return value ?? fail('UNDEFINED_VARIABLE', `No variable found with this name: ${name}`, { hint: didYouMean(name, evaluator.names()) })
  })

export const varnames: Lookup = (terms, _options, { evaluator }) =>
  listify(terms).flatMap((term) => {
    try {
      const pattern = compilePython(textOf(term))
      return [...evaluator.names()].filter((name) => pattern.search(name) !== null)
    } catch (error) {
      if (error instanceof RegexError) return lookupFailed(`Unable to use "${print(term)}" as a search parameter: ${error.message}`)
      throw error
    }
  })

export const inventoryHostnames: Lookup = (terms, _options, { inventory }) =>
  matchHosts(inventory, listify(terms).map(print).join(','), undefined, () => undefined)

export const config: Lookup = (terms, options, context) => {
  const missing = print(options.get('on_missing') ?? 'error')
  if (!['error', 'warn', 'skip'].includes(missing)) return lookupFailed(`"on_missing" must be a string and one of "error", "warn" or "skip", not ${missing}`)
  if (options.has('plugin_name') || options.has('plugin_type')) return lookupFailed('settings of plugins cannot be looked up')
  return listify(terms).flatMap((term) => {
    const name = textOf(term)
    const value = context.setting?.(name) ?? (Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined)
    if (value !== undefined) return [value]
    return missing === 'error' ? lookupFailed(`Unable to find setting ${name}`) : []
  })
}

/** What Ansible's settings are where nobody sets them. */
const SETTINGS: Readonly<Record<string, Value>> = {
  ANSIBLE_FORCE_COLOR: false,
  ANSIBLE_NOCOLOR: false,
  ANSIBLE_PIPELINING: false,
  ANY_ERRORS_FATAL: false,
  BECOME_ALLOW_SAME_USER: false,
  CACHE_PLUGIN: 'memory',
  COLOR_CHANGED: 'yellow',
  COLOR_DEBUG: 'dark gray',
  COLOR_DIFF_ADD: 'green',
  COLOR_DIFF_LINES: 'cyan',
  COLOR_DIFF_REMOVE: 'red',
  COLOR_ERROR: 'red',
  COLOR_HIGHLIGHT: 'white',
  COLOR_OK: 'green',
  COLOR_SKIP: 'cyan',
  COLOR_UNREACHABLE: 'bright red',
  COLOR_VERBOSE: 'blue',
  COLOR_WARN: 'bright purple',
  CONDITIONAL_BARE_VARS: false,
  DEFAULT_ASK_PASS: false,
  DEFAULT_ASK_VAULT_PASS: false,
  DEFAULT_BECOME: false,
  DEFAULT_BECOME_ASK_PASS: false,
  DEFAULT_BECOME_METHOD: 'sudo',
  DEFAULT_BECOME_USER: 'root',
  DEFAULT_FORCE_HANDLERS: false,
  DEFAULT_FORKS: 5,
  DEFAULT_GATHERING: 'implicit',
  DEFAULT_HASH_BEHAVIOUR: 'replace',
  DEFAULT_HOST_LIST: ['/etc/ansible/hosts'],
  DEFAULT_JINJA2_NATIVE: false,
  DEFAULT_KEEP_REMOTE_FILES: false,
  DEFAULT_LOG_PATH: null,
  DEFAULT_MANAGED_STR: 'Ansible managed',
  DEFAULT_MODULE_NAME: 'command',
  DEFAULT_MODULE_SET_LOCALE: false,
  DEFAULT_NO_LOG: false,
  DEFAULT_POLL_INTERVAL: 15,
  DEFAULT_PRIVATE_KEY_FILE: null,
  DEFAULT_PRIVATE_ROLE_VARS: false,
  DEFAULT_REMOTE_PORT: null,
  DEFAULT_REMOTE_USER: null,
  DEFAULT_STDOUT_CALLBACK: 'default',
  DEFAULT_STRATEGY: 'linear',
  DEFAULT_TIMEOUT: 10,
  DEFAULT_TRANSPORT: 'smart',
  DEFAULT_UNDEFINED_VAR_BEHAVIOR: true,
  DEFAULT_VERBOSITY: 0,
  DEPRECATION_WARNINGS: true,
  DIFF_ALWAYS: false,
  DIFF_CONTEXT: 3,
  DUPLICATE_YAML_DICT_KEY: 'warn',
  ERROR_ON_MISSING_HANDLER: true,
  HOST_KEY_CHECKING: true,
  INTERPRETER_PYTHON: 'auto',
  INVENTORY_ENABLED: ['host_list', 'script', 'auto', 'yaml', 'ini', 'toml'],
  INVENTORY_UNPARSED_WARNING: true,
  LOCALHOST_WARNING: true,
  MAX_FILE_SIZE_FOR_DIFF: 104448,
  RETRY_FILES_ENABLED: false,
  SYSTEM_WARNINGS: true,
  TASK_TIMEOUT: 0,
  TRANSFORM_INVALID_GROUP_CHARS: 'never',
}

function textOf(term: Value): string {
  return typeof term === 'string' ? term : lookupFailed(`Invalid setting identifier, "${print(term)}" is not a string, its a ${typeName(term)}`)
}

/** The default stands in for a variable that is missing, and for one that is made of a missing one. */
function withDefault(get: () => Value | undefined, fallback: Value): Value | undefined {
  if (fallback === null) return get()
  try {
    return get() ?? fallback
  } catch (error) {
    if ((error as { first?: { code?: string } }).first?.code === 'UNDEFINED_VARIABLE') return fallback
    throw error
  }
}
