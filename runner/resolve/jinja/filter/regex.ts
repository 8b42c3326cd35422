/** Filters with Python's regular expressions. */
import { print } from '../../../value/print.ts'
import { compilePython } from '../../../value/python-regex.ts'
import type { PythonRegex } from '../../../value/python-regex.ts'
import { truth } from '../../../value/truth.ts'
import { Tuple } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { refusingRegex } from '../library/refuse-regex.ts'
import { refuseValue } from '../runtime/callable.ts'
import { checkUsable } from '../runtime/iterate.ts'
import { checkItems, checkTextLength } from '../runtime/limits.ts'
import { filter } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'

export const REGEX_FILTERS: readonly Filter[] = [
  filter("regex_escape(re_type='python')", 'Text as a pattern that matches just it.', regexEscape),
  filter('regex_findall(regex, multiline=False, ignorecase=False)', 'All matches, or the groups of each.', (input, args) =>
    refusingRegex(() => findAll(input, args)),
  ),
  filter("regex_replace(pattern='', replacement='', ignorecase=False, multiline=False)", 'Replaces every match.', (input, args) =>
    refusingRegex(() => replace(input, args)),
  ),
  filter('regex_search(regex, *groups, **options)', 'The first match, or the groups asked for; None where there is none.', (input, args) =>
    refusingRegex(() => search(input, args)),
  ),
]

function compiled(args: Args, name: string): PythonRegex {
  return compilePython(args.printed(name), { ignoreCase: args.flag('ignorecase'), multiline: args.flag('multiline') })
}

function replace(input: Value, args: Args): Value {
  checkUsable(input)
  const text = print(input)
  const regex = compiled(args, 'pattern')
  const expand = regex.replacement(args.printed('replacement'))
  let out = ''
  let at = 0
  for (const found of regex.matchAll(text)) {
    out += text.slice(at, found.start) + expand(found)
    at = found.end
    checkTextLength(out.length)
  }
  return out + text.slice(at)
}

function findAll(input: Value, args: Args): Value {
  const regex = compiled(args, 'regex')
  const found: Value[] = []
  for (const match of regex.matchAll(print(input))) {
    const groups = Array.from({ length: regex.groups }, (_, index) => match.group(index + 1) ?? '')
    found.push(groups.length === 0 ? match.text : groups.length === 1 ? groups[0]! : new Tuple(groups))
    checkItems(found.length)
  }
  return found
}

function search(input: Value, args: Args): Value {
  for (const key of args.extra.keys())
    if (key !== 'ignorecase' && key !== 'multiline') return refuseValue(`regex_search got an unexpected keyword argument '${print(key)}'`)
  const option = (name: string): boolean => truth(args.extra.get(name) ?? false)
  const regex = compilePython(args.printed('regex'), { ignoreCase: option('ignorecase'), multiline: option('multiline') })
  const wanted = args.rest.map((given) => {
    const name = print(given)
    const found = /^\\g<(\S+)>/.exec(name)?.[1] ?? /^\\(\d+)/.exec(name)?.[1]
    if (found === undefined) return refuseValue('Unknown argument')
    const number = /^\d+$/.test(found) ? Number(found) : regex.names.get(found)
    return number !== undefined && number <= regex.groups ? number : refuseValue(`no such group: ${found}`)
  })
  const match = regex.search(print(input))
  if (match === null) return null
  return wanted.length === 0 ? match.text : wanted.map((number) => match.group(number))
}

function regexEscape(input: Value, args: Args): Value {
  const text = print(input)
  const type = args.text('re_type')
  if (type === 'python') return text.replace(/[()[\]{}?*+\-|^$\\.&~# \t\n\r\v\f]/g, '\\$&')
  if (type === 'posix_basic') return text.replace(/[\].[^$*\\]/g, '\\$&')
  return refuseValue(`Invalid regex type (${type})`)
}
