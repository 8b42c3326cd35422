/** Tests that compare a value with others. */
import { equal, isHashable } from '../../../value/equal.ts'
import { print } from '../../../value/print.ts'
import { compilePython } from '../../../value/python-regex.ts'
import { truth } from '../../../value/truth.ts'
import { Float, Tuple, Undefined } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { refusingRegex } from '../library/refuse-regex.ts'
import { splitUrlIfAny } from '../library/url.ts'
import { refuseValue } from '../runtime/callable.ts'
import { checkUsable, itemsOf } from '../runtime/iterate.ts'
import { integer, moduloNumbers, numeric } from '../runtime/numbers.ts'
import { alias, test, textInput } from '../runtime/operation.ts'
import type { Args, Test } from '../runtime/operation.ts'
import { compare, contains } from '../runtime/operators.ts'
import type { Run } from '../runtime/run.ts'
import { typeName } from '../runtime/type.ts'
import { compareVersions } from '../library/version.ts'
import type { CompareOperator } from '../syntax/ast.ts'

const comparison = (name: string, operator: CompareOperator, summary: string): Test =>
  test(`${name}(other)`, summary, (input, args) => compare(operator, input, args.value('other')))

const equalTo = comparison('eq', '==', 'Equal to another value.')
const unequal = comparison('ne', '!=', 'Not equal to another value.')
const less = comparison('lt', '<', 'Less than another value.')
const lessOrEqual = comparison('le', '<=', 'At most another value.')
const greater = comparison('gt', '>', 'Greater than another value.')
const greaterOrEqual = comparison('ge', '>=', 'At least another value.')

const match = test('match(pattern, ignorecase=False, multiline=False)', 'Text that begins with a match of the pattern.', (input, args) =>
  matches(input, args, 'match'),
)
const search = test('search(pattern, ignorecase=False, multiline=False)', 'Text that holds a match of the pattern.', (input, args) =>
  matches(input, args, 'search'),
)
const version = test("version(version, operator='eq', strict=None, version_type=None)", 'A version that stands in a relation to another.', testVersion)
const subset = test('subset(b)', 'A list whose items are all in another.', (input, args) => isSubset(input, args.value('b')))
const superset = test('superset(b)', 'A list that holds all items of another.', (input, args) => isSubset(args.value('b'), input))

export const VALUE_TESTS: readonly Test[] = [
  test('abs', 'An absolute path on the controller.', (input) => textInput(input, 'abs').startsWith('/')),
  test('all', 'A list whose items are all true.', (input) => itemsOf(input).every((item) => truth(item))),
  test('any', 'A list with an item that is true.', (input) => itemsOf(input).some((item) => truth(item))),
  test('contains(item)', 'A list, a dict or text that holds an item.', (input, args) => contains(input, args.value('item'))),
  test('divisibleby(num)', 'A number that another divides.', (input, args) => equal(modulo(input, args.value('num')), 0)),
  equalTo,
  alias('equalto', equalTo),
  alias('==', equalTo),
  test('even', 'An even number.', (input) => equal(modulo(input, 2), 0)),
  test('falsy(convert_bool=False)', 'A value that is false.', (input, args) => !isTruthy(input, args)),
  test('filter', 'The name of a filter.', (input, _args, run) => hasOperation(input, run, 'filter')),
  greaterOrEqual,
  alias('>=', greaterOrEqual),
  greater,
  alias('greaterthan', greater),
  alias('>', greater),
  test('in(seq)', 'An item of a list, a key of a dict, or a part of text.', (input, args) => contains(args.value('seq'), input)),
  test('is_abs', 'An absolute path on the controller.', (input) => textInput(input, 'abs').startsWith('/')),
  test('issubset(b)', subset.summary, subset.apply),
  test('issuperset(b)', superset.summary, superset.apply),
  lessOrEqual,
  alias('<=', lessOrEqual),
  less,
  alias('lessthan', less),
  alias('<', less),
  match,
  test('nan', 'Not a number.', (input) => isNan(input)),
  alias(
    'isnan',
    test('nan', 'Not a number.', (input) => isNan(input)),
  ),
  unequal,
  alias('!=', unequal),
  test('odd', 'An odd number.', (input) => equal(modulo(input, 2), 1)),
  test("regex(pattern, ignorecase=False, multiline=False, match_type='search')", 'Text that matches a pattern.', (input, args) =>
    matches(input, args, args.text('match_type')),
  ),
  test('sameas(other)', 'The very same value.', (input, args) => isSame(input, args.value('other'))),
  search,
  subset,
  superset,
  test('test', 'The name of a test.', (input, _args, run) => hasOperation(input, run, 'test')),
  test('truthy(convert_bool=False)', 'A value that is true.', (input, args) => isTruthy(input, args)),
  test('uri(schemes=None)', 'A URI, which any text is; with `schemes` one of these schemes.', (input, args) => isUri(input, args.value('schemes'))),
  test('url(schemes=None)', 'A URL.', (input, args) => isUri(input, args.value('schemes'), true)),
  test('urn', 'A URN.', (input) => isUri(input, ['urn'])),
  version,
  alias('version_compare', version),
]

/** As Python's sets compare, which hold only what is hashable. */
function isSubset(inner: Value, outer: Value): boolean {
  const [items, all] = [itemsOf(inner), itemsOf(outer)]
  const unhashable = [...items, ...all].find((item) => !isHashable(item))
  if (unhashable !== undefined) return refuseValue(`unhashable type: '${typeName(unhashable)}'`)
  return items.every((item) => holds(all, item))
}

function holds(items: readonly Value[], item: Value): boolean {
  return items.some((each) => equal(each, item))
}

function modulo(input: Value, divisor: Value): Value {
  checkUsable(input)
  const left = numeric(input)
  const right = numeric(divisor)
  if (left === undefined || right === undefined) return refuseValue(`unsupported operand type(s) for %: '${typeName(input)}' and '${typeName(divisor)}'`)
  return moduloNumbers(left, right)
}

function isTruthy(input: Value, args: Args): boolean {
  if (!args.flag('convert_bool')) return truth(input)
  if (typeof input === 'string') {
    const folded = input.trim().toLowerCase()
    if (['y', 'yes', 'on', '1', 'true', 't', '1.0'].includes(folded)) return true
    if (['n', 'no', 'off', '0', 'false', 'f', '0.0'].includes(folded)) return false
  }
  return truth(input)
}

function isSame(a: Value, b: Value): boolean {
  if (a instanceof Float || b instanceof Float) return a instanceof Float && b instanceof Float && a.value === b.value
  if (a instanceof Tuple && b instanceof Tuple) return a === b || (a.items.length === 0 && b.items.length === 0)
  return a === b
}

function isNan(input: Value): boolean {
  checkUsable(input)
  if (integer(input) !== undefined) return false
  // Python makes a float of text first; what spells none is not NaN either.
  if (typeof input === 'string') return /^\s*[-+]?nan\s*$/i.test(input)
  return input instanceof Float && Number.isNaN(input.value)
}

function hasOperation(input: Value, run: Run, kind: 'filter' | 'test'): boolean {
  // Ansible refuses a name that is none; a name that is one is true.
  checkUsable(input)
  const name = print(input)
  if ((kind === 'filter' ? run.engine.filter(name) : run.engine.test(name)) !== undefined) return true
  return refuseValue(`Could not load "${name}"`)
}

function matches(input: Value, args: Args, type: string): boolean {
  const text = print(input)
  return refusingRegex(() => {
    const pattern = compilePython(args.printed('pattern'), { ignoreCase: args.flag('ignorecase'), multiline: args.flag('multiline') })
    if (type === 'match') return pattern.matchAt(text) !== null
    if (type === 'fullmatch') return pattern.matchWhole(text) !== null
    return type === 'search' || type === 'findall' || type === 'finditer' ? pattern.search(text) !== null : refuseValue(`Invalid match type: ${type}`)
  })
}

const VERSION_OPERATORS: ReadonlyMap<string, (order: number) => boolean> = new Map([
  ['==', (order: number) => order === 0],
  ['=', (order: number) => order === 0],
  ['eq', (order: number) => order === 0],
  ['<', (order: number) => order < 0],
  ['lt', (order: number) => order < 0],
  ['<=', (order: number) => order <= 0],
  ['le', (order: number) => order <= 0],
  ['>', (order: number) => order > 0],
  ['gt', (order: number) => order > 0],
  ['>=', (order: number) => order >= 0],
  ['ge', (order: number) => order >= 0],
  ['!=', (order: number) => order !== 0],
  ['<>', (order: number) => order !== 0],
  ['ne', (order: number) => order !== 0],
])

function testVersion(input: Value, args: Args): boolean {
  const relation = VERSION_OPERATORS.get(args.text('operator'))
  if (relation === undefined) return refuseValue(`Invalid operator type (${args.text('operator')}). Must be one of ${[...VERSION_OPERATORS.keys()].join(', ')}`)
  const [a, b] = [print(input), args.printed('version')]
  if (a === '' || !truth(input)) return refuseValue('Input version value cannot be empty')
  if (b === '' || args.value('version') === null) return refuseValue('Version parameter to compare against cannot be empty')
  const strict = args.value('strict')
  const type = args.textOrNull('version_type')
  if (strict !== null && type !== null) return refuseValue("Cannot specify both 'strict' and 'version_type'")
  return relation(compareVersions(a, b, type ?? (strict !== null && truth(strict) ? 'strict' : 'loose')))
}

/** As `urlparse` sees it, any text is a URI, unless its port or its brackets are wrong. */
function isUri(input: Value, schemes: Value, needsHost = false): boolean {
  // What is false is taken for an empty text.
  if (typeof input !== 'string') return !(input instanceof Undefined) && !truth(input) && !needsHost && !truth(schemes)
  const parts = splitUrlIfAny(input)
  if (parts === undefined || (truth(schemes) && !contains(schemes, parts.scheme))) return false
  return !needsHost || parts.netloc !== '' || parts.scheme === 'file'
}
