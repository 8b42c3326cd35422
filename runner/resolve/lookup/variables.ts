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
import { settingDefault } from './setting-defaults.ts'

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
    if (value === undefined) fail('UNDEFINED_VARIABLE', `No variable found with this name: ${name}`, { hint: didYouMean(name, evaluator.names()) })
    return value
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

export const inventoryHostnames: Lookup = (terms, _options, { inventory }) => {
  const patterns = listify(terms).map((term) => print(term) || 'all')
  return matchHosts(inventory, patterns, undefined, () => undefined)
}

export const config: Lookup = (terms, options, context) => {
  const missing = print(options.get('on_missing') ?? 'error')
  if (!['error', 'warn', 'skip'].includes(missing)) return lookupFailed(`"on_missing" must be a string and one of "error", "warn" or "skip", not ${missing}`)
  if (options.has('plugin_name') || options.has('plugin_type')) return lookupFailed('settings of plugins cannot be looked up')
  return listify(terms).flatMap((term) => {
    const name = textOf(term)
    const value = context.settings?.get(name) ?? settingDefault(name)
    if (value !== undefined) return [value]
    return missing === 'error' ? lookupFailed(`Unable to find setting ${name}`) : []
  })
}

function textOf(term: Value): string {
  return typeof term === 'string' ? term : lookupFailed(`Invalid setting identifier, "${print(term)}" is not a string, its a ${typeName(term)}`)
}

/** The default stands in for a variable that is missing, and for one that is made of a missing one. */
function withDefault(get: () => Value | undefined, fallback: Value): Value | undefined {
  if (fallback === null) return get()
  try {
    const value = get()
    return value === undefined ? fallback : value
  } catch (error) {
    if ((error as { first?: { code?: string } }).first?.code === 'UNDEFINED_VARIABLE') return fallback
    throw error
  }
}
