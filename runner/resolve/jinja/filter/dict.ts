/** Ansible's filters on dicts, and those that pair things. */
import { equal, setItem, getItem, hasItem, isHashable } from '../../../value/equal.ts'
import { print } from '../../../value/print.ts'
import { Dict, Tuple, Undefined } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { refuseValue } from '../runtime/callable.ts'
import { checkUsable, itemsOf } from '../runtime/iterate.ts'
import { checkItems } from '../runtime/limits.ts'
import { dictInput, filter } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'
import { typeName } from '../runtime/type.ts'
import { flatten } from './value.ts'

export const DICT_FILTERS: readonly Filter[] = [
  filter('combine(*dicts, **options)', 'Dicts as one; later ones win. Options: `recursive`, `list_merge`.', combine),
  filter(
    "dict2items(key_name='key', value_name='value')",
    'A list of one small dict per entry.',
    (input, args) =>
    [...dictInput(input, 'dict2items')].map(([key, value]) => new Dict([[args.value('key_name'), key], [args.value('value_name'), value]])), // prettier-ignore
  ),
  filter("items2dict(key_name='key', value_name='value')", 'A dict from a list of small dicts.', items2dict),
  filter("rekey_on_member(key, duplicates='error')", 'The dicts of a list under the value that each has for a key.', rekeyOnMember),
  filter('subelements(subelements, skip_missing=False)', 'Pairs of an item and each element of a list within it.', subelements),
]

function combine(input: Value, args: Args): Value {
  const options = args.extra
  const recursive = options.get('recursive') ?? false
  for (const key of options.keys())
    if (key !== 'recursive' && key !== 'list_merge') return refuseValue("'recursive' and 'list_merge' are the only valid keyword arguments")
  if (typeof recursive !== 'boolean') return refuseValue("'recursive' of combine must be true or false")
  const mode = mergeMode(options)
  // As in Ansible, None is passed over, and what stands alone is not looked at.
  const terms = flatten([input, ...args.rest], 1, true)
  for (const term of terms) checkUsable(term)
  if (terms.length === 1) return terms[0]!
  const dicts = flattenDicts(terms)
  let merged = new Dict()
  for (const dict of dicts) merged = mergeDicts(merged, dict, recursive, mode)
  return merged
}

function flattenDicts(values: readonly Value[]): Dict[] {
  return values.flatMap((value) => {
    checkUsable(value)
    if (value instanceof Dict) return [value]
    return refuseValue(`failed to combine variables, expected dicts but got a '${typeName(value)}'`)
  })
}

const MERGES: ReadonlyMap<string, (a: Value[], b: Value[]) => Value[]> = new Map([
  ['replace', (_a: Value[], b: Value[]) => b],
  ['keep', (a: Value[]) => a],
  ['append', (a: Value[], b: Value[]) => [...a, ...b]],
  ['prepend', (a: Value[], b: Value[]) => [...b, ...a]],
  ['append_rp', (a: Value[], b: Value[]) => [...a.filter((item) => !b.some((each) => equal(each, item))), ...b]],
  ['prepend_rp', (a: Value[], b: Value[]) => [...b, ...a.filter((item) => !b.some((each) => equal(each, item)))]],
])

/** What `list_merge` asks for. */
export function mergeMode(options: Dict): string {
  const mode = print(options.get('list_merge') ?? 'replace')
  return MERGES.has(mode) ? mode : refuseValue(`combine: 'list_merge' argument can only be equal to one of ${[...MERGES.keys()].join(', ')}`)
}

/** Two dicts as one: the second wins; its lists are merged as `mode` says. */
export function mergeDicts(a: Dict, b: Dict, recursive: boolean, mode: string, depth = 0): Dict {
  if (depth > 100) return refuseValue('dicts are nested too deep to combine')
  if (a.size === 0) return new Dict(b)
  const merged = new Dict(a)
  for (const [key, value] of b) {
    const before = getItem(merged, key)
    let after = value
    if (recursive && before instanceof Dict && value instanceof Dict) after = mergeDicts(before, value, true, mode, depth + 1)
    else if (Array.isArray(before) && Array.isArray(value)) {
      checkItems(before.length + value.length)
      after = MERGES.get(mode)!(before, value)
    }
    setItem(merged, key, after)
  }
  return merged
}

function items2dict(input: Value, args: Args): Value {
  checkUsable(input)
  if (!Array.isArray(input) && !(input instanceof Tuple)) return refuseValue(`items2dict requires a list, got ${typeName(input)} instead.`)
  const [keyName, valueName] = [args.value('key_name'), args.value('value_name')]
  const dict = new Dict()
  for (const item of itemsOf(input)) {
    if (!(item instanceof Dict)) return refuseValue(`items2dict requires a list of dictionaries, got ${typeName(item)} in it`)
    const [key, value] = [getItem(item, keyName), getItem(item, valueName)]
    if (key === undefined || value === undefined) {
      return refuseValue(`items2dict requires each dictionary in the list to contain the keys '${print(keyName)}' and '${print(valueName)}'`)
    }
    if (!isHashable(key)) return refuseValue(`unhashable type: '${typeName(key)}'`)
    setItem(dict, key, value)
  }
  return dict
}

function rekeyOnMember(input: Value, args: Args): Value {
  const key = args.value('key')
  const duplicates = args.text('duplicates')
  if (duplicates !== 'error' && duplicates !== 'overwrite') return refuseValue(`duplicates parameter to rekey_on_member has unknown value: ${duplicates}`)
  checkUsable(input)
  const isList = Array.isArray(input) || input instanceof Tuple
  const list = input instanceof Dict ? [...input.values()] : isList ? itemsOf(input) : refuseValue('Type is not a valid list, set, or dict')
  const rekeyed = new Dict()
  for (const item of list) {
    if (!(item instanceof Dict)) return refuseValue('List item is not a valid dict')
    const found = getItem(item, key)
    if (found === undefined) return refuseValue(`Key ${print(key)} was not found`)
    if (hasItem(rekeyed, found) && duplicates === 'error') return refuseValue(`Key ${print(found)} is not unique, cannot correctly turn into dict`)
    setItem(rekeyed, found, item)
  }
  return rekeyed
}

function subelements(input: Value, args: Args): Value {
  checkUsable(input)
  const items = input instanceof Dict ? [...input.values()] : Array.isArray(input) ? input : refuseValue('obj must be a list of dicts or a nested dict')
  const given = args.value('subelements')
  const path = Array.isArray(given) ? given.map(print) : args.text('subelements').split('.')
  const pairs: Value[] = []
  for (const item of items) {
    let values: Value = item
    for (const part of path) {
      if (!(values instanceof Dict)) return refuseValue(`the key ${part} should point to a dictionary, got '${print(values)}'`)
      const found: Value | undefined = getItem(values, part)
      if (found === undefined || found instanceof Undefined) {
        if (!args.flag('skip_missing')) return refuseValue(`could not find '${part}' key in iterated item '${print(values)}'`)
        values = []
        break
      }
      values = found
    }
    if (!Array.isArray(values)) return refuseValue(`the key ${path.at(-1)} should point to a list, got '${print(values)}'`)
    checkItems(pairs.length + values.length)
    for (const value of values) pairs.push(new Tuple([item, value]))
  }
  return pairs
}
