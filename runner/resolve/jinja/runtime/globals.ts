/** The functions that every template sees: `range`, `dict`, `namespace`, `lookup`, `now`, … */
import { fail } from '../../../diagnostic/diagnostic.ts'
import { print } from '../../../value/print.ts'
import { truth } from '../../../value/truth.ts'
import { setItem } from '../../../value/equal.ts'
import { Dict, Undefined } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import type { LookupOptions } from '../engine.ts'
import { NativeFunction, refuseValue } from './callable.ts'
import { DateTime } from '../../../value/date-time.ts'
import { formatDate } from './datetime.ts'
import { checkUsable, Range } from './iterate.ts'
import { checkItems } from './limits.ts'
import { pairsOf } from './methods.ts'
import { integer } from './numbers.ts'
import { Cycler, Joiner, Namespace } from './objects.ts'
import { Args } from './operation.ts'
import { copy, type Run } from './run.ts'
import { typeName } from './type.ts'

export const GLOBALS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['range', new NativeFunction('range', (args, kwargs) => range(args, kwargs), 'type')],
  ['dict', new NativeFunction('dict', (args, kwargs) => dict(args, kwargs), 'type')],
  ['namespace', new NativeFunction('namespace', (args, kwargs) => new Namespace(dict(args, kwargs)), 'type')],
  ['cycler', new NativeFunction('cycler', (args) => new Cycler(args), 'type')],
  ['joiner', new NativeFunction('joiner', (args, kwargs) => new Joiner(new Args('joiner()', "sep=', '", args, kwargs).value('sep')), 'type')],
  ['lipsum', new NativeFunction('lipsum', () => fail('TEMPLATE_FAILED', 'lipsum() is not supported'))],
  ['lookup', new NativeFunction('lookup', (args, kwargs, run) => lookup(args, kwargs, run, false), 'method')],
  ['query', new NativeFunction('query', (args, kwargs, run) => lookup(args, kwargs, run, true), 'method')],
  ['q', new NativeFunction('q', (args, kwargs, run) => lookup(args, kwargs, run, true), 'method')],
  ['now', new NativeFunction('now', (args, kwargs, run) => now(args, kwargs, run), 'method')],
  ['undef', new NativeFunction('undef', (args, kwargs) => new Undefined('undef', undefinedReason(args, kwargs)))],
])

function range(args: readonly Value[], kwargs: Dict): Value {
  if (kwargs.size > 0) return refuseValue('range() takes no keyword arguments')
  if (args.length === 0 || args.length > 3) return refuseValue(`range expected 1 to 3 arguments, got ${args.length}`)
  const numbers = args.map((value) => {
    checkUsable(value)
    const whole = integer(value)
    return whole === undefined ? refuseValue(`'${typeName(value)}' object cannot be interpreted as an integer`) : Number(whole)
  })
  const [first = 0, second, step = 1] = numbers
  if (step === 0) return refuseValue('range() arg 3 must not be zero')
  const made = second === undefined ? new Range(0, first, 1) : new Range(first, second, step)
  checkItems(made.length)
  return made
}

function dict(args: readonly Value[], kwargs: Dict): Dict {
  if (args.length > 1) refuseValue(`dict expected at most 1 argument, got ${args.length}`)
  const made = new Dict()
  const [given] = args
  for (const [key, value] of given === undefined ? [] : pairsOf(given)) setItem(made, key, value)
  for (const [key, value] of kwargs) made.set(key, value)
  return made
}

function lookup(args: readonly Value[], kwargs: Dict, run: Run, isQuery: boolean): Value {
  const [nameValue, ...terms] = args
  if (nameValue === undefined) return refuseValue('lookup() needs the name of a lookup')
  const name = print(nameValue).replace(/^ansible\.(builtin|legacy)\./, '')
  if (run.engine.hooks.lookup === undefined) return fail('UNKNOWN_LOOKUP', `there is no lookup '${name}' here`)
  for (const term of terms) checkUsable(term)
  const named = new Dict(kwargs)
  const options: LookupOptions = {
    wantlist: isQuery || truth(named.get('wantlist') ?? false),
    errors: errorsOption(named.get('errors')),
  }
  named.delete('wantlist')
  named.delete('errors')
  const given = run.engine.hooks.lookup(name, [...terms], named, options)
  const found = run.options.copiesVariables ? copy(given) : given
  return options.wantlist && !Array.isArray(found) ? [found] : found
}

function errorsOption(given: Value | undefined): LookupOptions['errors'] {
  if (given === undefined) return 'strict'
  if (given === 'strict' || given === 'warn' || given === 'ignore') return given
  return refuseValue(`errors of a lookup must be 'strict', 'warn' or 'ignore', not ${print(given)}`)
}

function now(args: readonly Value[], kwargs: Dict, run: Run): Value {
  const given = new Args('now()', 'utc=False, fmt=None', args, kwargs)
  const date = run.engine.hooks.now?.() ?? new Date()
  const time = given.flag('utc') ? DateTime.utc(date) : DateTime.local(date)
  const format = given.textOrNull('fmt')
  return format === null ? time : formatDate(time, format)
}

function undefinedReason(args: readonly Value[], kwargs: Dict): string {
  const hint = new Args('undef()', 'hint=None', args, kwargs).textOrNull('hint')
  return hint ?? 'Mandatory variable has not been overridden'
}
