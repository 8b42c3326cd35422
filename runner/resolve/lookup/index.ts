/** Lookups: values from the controller. What they answer is data, never a template. */
import { DiagnosticError, fail, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { didYouMean } from '../../diagnostic/suggest.ts'
import { Dict, RawDict, Template, type Raw, type Value } from '../../value/value.ts'
import { print } from '../../value/print.ts'
import type { LookupOptions } from '../jinja/index.ts'
import type { Evaluator } from '../variables.ts'
import type { Lookup, LookupContext } from './context.ts'
import { file, fileglob, firstFound, template, unvault } from './files.ts'
import { cartesian, dict, flattened, indexedItems, items, list, nested, randomChoice, subelements, together } from './lists.ts'
import { filetree } from './filetree.ts'
import { password } from './password.ts'
import { lines, pipe } from './process.ts'
import { sequence } from './sequence.ts'
import { csvfile, ini } from './tables.ts'
import { url } from './url.ts'
import { config, env, inventoryHostnames, varnames, vars } from './variables.ts'

export type { Answer, LookupContext } from './context.ts'
export { globPath } from './files.ts'

const LOOKUPS: Readonly<Record<string, Lookup>> = {
  cartesian,
  config,
  csvfile,
  dict,
  env,
  file,
  fileglob,
  filetree,
  first_found: firstFound,
  flattened,
  indexed_items: indexedItems,
  ini,
  inventory_hostnames: inventoryHostnames,
  items,
  lines,
  list,
  nested,
  password,
  pipe,
  random_choice: randomChoice,
  sequence,
  subelements,
  template,
  together,
  unvault,
  url,
  varnames,
  vars,
}

export const LOOKUP_NAMES: readonly string[] = Object.keys(LOOKUPS).sort()

/** The lookups of community.general; all others are ansible.builtin's. */
const GENERAL = new Set(['cartesian', 'filetree', 'flattened'])

/** The name by which a lookup is in the table, or undefined where there is none: `file`, `ansible.builtin.file`, `community.general.flattened`. */
export function lookupName(name: string): string | undefined {
  const [, collection, bare = name] = /^(\w+\.\w+)\.(\w+)$/.exec(name) ?? []
  if (!Object.hasOwn(LOOKUPS, bare)) return undefined
  const fits = collection === undefined || (GENERAL.has(bare) ? collection === 'community.general' : /^ansible\.(?:builtin|legacy)$/.test(collection))
  return fits ? bare : undefined
}

/**
 * A lookup as `lookup` and `query` call it in a template. With `wantlist` the answers are a list; else texts are joined by commas, and
 * a single value is itself.
 *
 * @throws {DiagnosticError} UNKNOWN_LOOKUP; LOOKUP_FAILED unless `errors` has it ignored, told to `warn`.
 * @throws {Pending} where an answer has to be fetched.
 */
export function runLookup(
  name: string,
  terms: readonly Value[],
  options: Dict,
  how: LookupOptions,
  context: LookupContext,
  warn: (diagnostic: Diagnostic) => void = () => undefined,
): Value {
  const lookup = findLookup(name)
  let values: readonly Value[]
  try {
    values = lookup([...terms], options, context)
  } catch (error) {
    if (!(error instanceof DiagnosticError) || error.first.code !== 'LOOKUP_FAILED') throw error
    if (how.errors === 'strict') throw new DiagnosticError(error.diagnostics.map((each) => ({ ...each, resultMessage: failureWords(name, each) })))
    if (how.errors === 'warn') for (const each of error.diagnostics) warn({ ...each, severity: 'warning' })
    return how.wantlist ? [] : null
  }
  if (how.wantlist || values.length === 0) return [...values]
  if (values.every((value) => typeof value === 'string')) return values.join(',')
  return values.length === 1 ? values[0]! : [...values]
}

/** Lookups that say in their own words why they fail. */
const OWN_WORDS: ReadonlySet<string> = new Set(['config', 'first_found', 'ini'])

/** Ansible's words for a lookup that fails. */
function failureWords(name: string, { summary }: Diagnostic): string {
  if (OWN_WORDS.has(name.slice(name.lastIndexOf('.') + 1))) return summary
  const told = `An unhandled exception occurred while running the lookup plugin '${name}'. Error was a <class 'ansible.errors.AnsibleError'>`
  return `${told}, original message: ${summary}. ${summary}`
}

/**
 * The items of a loop `with_NAME`. `raw` is what the keyword holds.
 *
 * @throws as `runLookup`, and for what the keyword holds as `Evaluator.value`.
 */
export function loopItems(name: string, raw: Raw, context: LookupContext): readonly Value[] {
  const lookup = findLookup(name)
  const { evaluator } = context
  const terms = lookup === firstFound ? definedTerms(raw, evaluator) : evaluator.value(raw)
  const isCollection = Array.isArray(terms) || terms instanceof Dict
  return lookup(isCollection ? terms : [terms], new Dict(), context)
}

/** @throws {DiagnosticError} UNKNOWN_LOOKUP */
export function findLookup(name: string): Lookup {
  const found = lookupName(name)
  if (found !== undefined) return LOOKUPS[found]!
  const bare = name.replace(/^.*\./, '')
  return fail('UNKNOWN_LOOKUP', `there is no lookup '${name}'`, { hint: didYouMean(bare, LOOKUP_NAMES) ?? `There are: ${LOOKUP_NAMES.join(', ')}.` })
}

/** The terms of `with_first_found`, which passes over names that are made of something undefined. */
function definedTerms(raw: Raw, evaluator: Evaluator): Value {
  if (raw instanceof Template) {
    const value = evaluator.valueIfDefined(raw)
    return value ?? []
  }
  if (Array.isArray(raw)) {
    return raw.flatMap((each): Value[] => {
      if (!(each instanceof Template)) return [definedTerms(each, evaluator)]
      const value = evaluator.valueIfDefined(each)
      return value === undefined ? [] : [value]
    })
  }
  if (!(raw instanceof RawDict)) return evaluator.value(raw)
  const terms = new Dict()
  for (const [key, each] of raw) {
    if (each instanceof Template && evaluator.valueIfDefined(each) === undefined) continue
    terms.set(print(key), definedTerms(each, evaluator))
  }
  return terms
}
