/** Lookups: values from the controller. What they answer is data, never a template. */
import { readFileSync } from 'node:fs'
import { fail } from '../diagnostic/diagnostic.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import type { Reader } from '../load/reader.ts'
import type { CompiledTask } from '../plan/compiled.ts'
import { print } from '../value/print.ts'
import { Dict, type Value } from '../value/value.ts'
import { findFile } from './controller.ts'
import type { Evaluator } from './variables.ts'

export interface LookupContext {
  readonly evaluator: Evaluator
  /** The task that asks; undefined where a play or an inventory is evaluated. */
  readonly task: CompiledTask | undefined
  readonly reader: Reader
  /** Renders a file of the controller as the template module would. */
  readonly render: (absolute: string) => string
}

/** Answers one value a term. */
type Lookup = (terms: readonly Value[], options: Dict, context: LookupContext) => Value[]

const LOOKUPS: Readonly<Record<string, Lookup>> = {
  env: (terms, options) => terms.map((term) => process.env[print(term)] ?? options.get('default') ?? ''),
  file: (terms, options, context) =>
    terms.map((term) => {
      const text = readText(find(print(term), 'files', context))
      const right = options.get('rstrip') === false ? text : text.trimEnd()
      return options.get('lstrip') === true ? right.trimStart() : right
    }),
  template: (terms, _options, context) => terms.map((term) => context.render(find(print(term), 'templates', context))),
  vars: (terms, options, context) =>
    terms.map((term) => {
      const value = context.evaluator.get(print(term)) ?? options.get('default')
      return value ?? fail('UNDEFINED_VARIABLE', `'${print(term)}' is undefined`, { hint: didYouMean(print(term), context.evaluator.names()) })
    }),
  items: (terms) => terms.flatMap((term) => (Array.isArray(term) ? term : [term])),
  dict: (terms) => terms.flatMap((term) => (term instanceof Dict ? [...term].map(([key, value]) => Dict.of({ key, value })) : [])),
}

export const LOOKUP_NAMES = Object.keys(LOOKUPS).sort()

/** Runs a lookup and joins its answers as `lookup` does, or leaves them a list as `query` does. */
export function runLookup(name: string, terms: readonly Value[], options: Dict, wantList: boolean, context: LookupContext): Value {
  const bare = name.replace(/^ansible\.builtin\./, '')
  const lookup = Object.hasOwn(LOOKUPS, bare) ? LOOKUPS[bare] : undefined
  if (!lookup) fail('UNKNOWN_LOOKUP', `there is no lookup '${name}'`, { hint: didYouMean(bare, LOOKUP_NAMES) ?? `There are: ${LOOKUP_NAMES.join(', ')}.` })
  const values = lookup(terms, options, context)
  if (wantList) return values
  return values.length === 1 ? values[0]! : values.map(print).join(',')
}

function find(name: string, kind: 'files' | 'templates', context: LookupContext): string {
  if (context.task) return findFile(name, context.task, kind, context.reader, undefined)
  if (name.startsWith('/')) return name
  fail('LOOKUP_FAILED', `'${name}' has to be an absolute path here`)
}

function readText(absolute: string): string {
  try {
    return readFileSync(absolute, 'utf8')
  } catch (error) {
    fail('LOOKUP_FAILED', `the file ${absolute} cannot be read`, { detail: (error as Error).message })
  }
}
