/** Filters on any value: defaults, choices, types. */
import { equal } from '../../../value/equal.ts'
import { truth } from '../../../value/truth.ts'
import { Float, Tuple, Undefined } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { fail } from '../../../diagnostic/diagnostic.ts'
import { getSubscript } from '../runtime/attributes.ts'
import { truthOf } from '../runtime/evaluate.ts'
import { checkUsable, itemsOf } from '../runtime/iterate.ts'
import { alias, filter } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'
import { typeName } from '../runtime/type.ts'

const defaultFilter = filter(
  "default(default_value='', boolean=False)",
  'Another value where this one is undefined; with `boolean` also where it is false.',
  (input, args) => (input instanceof Undefined || (args.flag('boolean') && !truthOf(input)) ? args.value('default_value') : input),
)

export const VALUE_FILTERS: readonly Filter[] = [
  defaultFilter,
  alias('d', defaultFilter),
  filter('bool', 'True for `yes`, `on`, `1` and `true` in any case, else false.', (input) => toBool(input)),
  filter('extract(container, morekeys=None)', 'What the container holds under this key, and on along more keys.', extract),
  filter('flatten(levels=None, skip_nulls=True)', 'Lists within lists as one list.', (input, args) =>
    flatten(itemsOf(input), args.wholeOrNull('levels') ?? Infinity, args.flag('skip_nulls')),
  ),
  filter('mandatory(msg=None)', 'The value itself; an error where it is undefined.', (input, args) => {
    if (!(input instanceof Undefined)) return input
    const message = args.textOrNull('msg')
    return fail('UNDEFINED_VARIABLE', message ?? `Mandatory variable '${input.name}'  not defined.`)
  }),
  filter('ternary(true_val, false_val, none_val=None)', 'One of two values, by the truth of the input.', (input, args) => {
    if (input === null && args.value('none_val') !== null) return args.value('none_val')
    return truth(input) ? args.value('true_val') : args.value('false_val')
  }),
  filter('type_debug', "The name of the value's type in Python.", (input) => typeName(input)),
]

/** Ansible's `bool` filter: null stays null. */
function toBool(input: Value): Value {
  checkUsable(input)
  if (input === null || typeof input === 'boolean') return input
  const folded = typeof input === 'string' ? input.toLowerCase() : input
  return ['yes', 'on', '1', 'true', 1].some((each) => equal(each, folded)) || (folded instanceof Float && folded.value === 1)
}

function extract(input: Value, args: Args): Value {
  const more = args.value('morekeys')
  const keys = more === null ? [] : Array.isArray(more) ? more : [more]
  let value = getSubscript(args.value('container'), input)
  for (const key of keys) value = getSubscript(value, key)
  return value
}

/** Lists within lists as one, down to some levels. */
export function flatten(items: readonly Value[], levels: number, skipNulls: boolean): Value[] {
  const flat: Value[] = []
  for (const item of items) {
    // As in Ansible, text that spells null counts as null here.
    if (skipNulls && (item === null || item === 'None' || item === 'null')) continue
    const inner = Array.isArray(item) ? item : item instanceof Tuple ? item.items : undefined
    if (inner !== undefined && levels >= 1) flat.push(...flatten(inner, levels - 1, skipNulls))
    else flat.push(item)
  }
  return flat
}
