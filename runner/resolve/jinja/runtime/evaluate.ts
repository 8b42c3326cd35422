/** Walks an expression's tree and gives its value, with Python's semantics. */
import { fail } from '../../../diagnostic/diagnostic.ts'
import { didYouMean } from '../../../diagnostic/suggest.ts'
import { isHashable, setItem } from '../../../value/equal.ts'
import { print } from '../../../value/print.ts'
import { truth } from '../../../value/truth.ts'
import { Dict, Tuple, Undefined, Unknown, UnknownValueError } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import type { Arguments, Expression } from '../syntax/ast.ts'
import { getAttribute, getSlice, getSubscript } from './attributes.ts'
import { Callable, refuseValue } from './callable.ts'
import type { Frame } from './frame.ts'
import { checkUsable, itemsOf } from './iterate.ts'
import { checkTextLength } from './limits.ts'
import { Args } from './operation.ts'
import { binary, compare, unary } from './operators.ts'
import type { Run } from './run.ts'
import { pythonType, pythonTypesOfItems, textTypeOf, VAULTED } from './text-type.ts'
import { typeName } from './type.ts'
import { isLenient, LenientUndefined } from './undefined.ts'

type Node<K extends Expression['kind']> = Extract<Expression, { kind: K }>

export function evaluate(node: Expression, frame: Frame): Value {
  frame.run.step(node)
  switch (node.kind) {
    case 'constant':
      return node.value
    case 'name':
      return evaluateName(node, frame)
    case 'list':
      return node.items.map((item) => evaluate(item, frame))
    case 'tuple':
      return new Tuple(node.items.map((item) => evaluate(item, frame)))
    case 'dict':
      return evaluateDict(node, frame)
    case 'attribute': {
      const target = evaluate(node.target, frame)
      frame.run.at = node
      return noted(getAttribute(target, node.name), target, node, frame)
    }
    case 'item': {
      const target = evaluate(node.target, frame)
      const key = evaluate(node.key, frame)
      frame.run.at = node
      return picked(noted(getSubscript(target, key), target, node, frame), target, frame)
    }
    case 'slice': {
      const target = evaluate(node.target, frame)
      const bounds = node.bounds.map((bound) => (bound === undefined ? null : evaluate(bound, frame)))
      while (bounds.length < 3) bounds.push(null)
      frame.run.at = node
      return picked(getSlice(target, bounds), target, frame)
    }
    case 'call':
      return evaluateCall(node, frame)
    case 'filter':
      return evaluateFilter(node, undefined, frame)
    case 'test':
      return evaluateTest(node, frame)
    case 'unary': {
      if (node.operator === 'not') return !holds(node.operand, frame)
      const operand = evaluate(node.operand, frame)
      frame.run.at = node
      return unary(node.operator, operand)
    }
    case 'binary': {
      const left = evaluate(node.left, frame)
      const right = evaluate(node.right, frame)
      frame.run.at = node
      return binary(node.operator, left, right)
    }
    case 'concat': {
      const values = node.items.map((item) => evaluate(item, frame))
      frame.run.at = node
      const texts = values.map((value) => (isLenient(value) ? '' : print(value)))
      checkTextLength(texts.reduce((sum, text) => sum + text.length, 0))
      return texts.join('')
    }
    case 'compare':
      return evaluateCompare(node, frame)
    case 'and':
    case 'or': {
      const left = evaluate(node.left, frame)
      frame.run.at = node.left
      return truthOf(left) === (node.kind === 'or') ? left : evaluate(node.right, frame)
    }
    case 'condition':
      if (holds(node.test, frame)) return evaluate(node.yes, frame)
      if (node.no !== undefined) return evaluate(node.no, frame)
      return new LenientUndefined('', 'the inline if-expression evaluated to false and no else section was defined')
  }
}

/** The truth of an expression. */
export function holds(node: Expression, frame: Frame): boolean {
  const value = evaluate(node, frame)
  frame.run.at = node
  return truthOf(value)
}

export function truthOf(value: Value): boolean {
  return isLenient(value) ? false : truth(value)
}

/** Applies a filter by name, as `map('upper')` does. */
export function applyFilter(name: string, input: Value, args: readonly Value[], kwargs: Dict, run: Run): Value {
  const operation = run.engine.filter(name)
  if (operation === undefined) return fail('UNKNOWN_FILTER', `there is no filter '${name}'`, { hint: didYouMean(name, run.engine.filterNames()) })
  checkKnown([input, ...args, ...kwargs.values()])
  const result = operation.apply(input, new Args(`filter '${name}'`, operation.signature, args, kwargs), run)
  run.transformed([input, ...args, ...kwargs.values()], result)
  return result
}

/** Applies a test by name, as `select('odd')` does. */
export function applyTest(name: string, input: Value, args: readonly Value[], kwargs: Dict, run: Run): boolean {
  const operation = run.engine.test(name)
  if (operation === undefined) return fail('UNKNOWN_TEST', `there is no test '${name}'`, { hint: didYouMean(name, run.engine.testNames()) })
  checkKnown([input, ...args, ...kwargs.values()])
  return operation.apply(input, new Args(`test '${name}'`, operation.signature, args, kwargs), run)
}

/** A filter node on a given input: of a filter block, or of a chain whose innermost filter has no target of its own. */
export function evaluateFilter(node: Node<'filter'>, outermostInput: Value | undefined, frame: Frame): Value {
  const { target } = node
  let input: Value
  if (target === undefined) input = outermostInput ?? null
  else if (outermostInput !== undefined && target.kind === 'filter') input = evaluateFilter(target, outermostInput, frame)
  else input = evaluate(target, frame)
  const { args, kwargs } = evaluateArguments(node.args, frame)
  frame.run.at = node
  if (target !== undefined && TELLS_TYPE.test(node.name)) return pythonType(input, target, frame)
  if (target !== undefined && node.name === 'map' && typeof args[0] === 'string' && TELLS_TYPE.test(args[0]) && Array.isArray(input))
    return pythonTypesOfItems(input, target, frame)
  // Escaping what is escaped changes nothing.
  if (ESCAPES.has(node.name) && target?.kind === 'filter' && ESCAPED.has(target.name)) return input
  return applyFilter(node.name, input, args, kwargs, frame.run)
}

const TELLS_TYPE = /^(?:ansible\.(?:builtin|legacy)\.)?type_debug$/

const ESCAPES: ReadonlySet<string> = new Set(['e', 'escape'])
const ESCAPED: ReadonlySet<string> = new Set(['e', 'escape', 'forceescape', 'safe', 'tojson', 'urlize', 'xmlattr'])

function evaluateArguments(given: Arguments, frame: Frame): { args: Value[]; kwargs: Dict } {
  const args = given.positional.map((each) => evaluate(each, frame))
  const kwargs = new Dict()
  for (const { name, value } of given.named) kwargs.set(name, evaluate(value, frame))
  if (given.rest !== undefined) args.push(...itemsOf(evaluate(given.rest, frame)))
  if (given.extra !== undefined) {
    const extra = evaluate(given.extra, frame)
    checkUsable(extra)
    if (!(extra instanceof Dict)) return refuseValue(`argument after ** must be a mapping, not ${typeName(extra)}`)
    for (const [key, value] of extra) {
      if (typeof key !== 'string') return refuseValue('keywords must be strings')
      if (kwargs.has(key)) return refuseValue(`got multiple values for keyword argument '${key}'`)
      kwargs.set(key, value)
    }
  }
  return { args, kwargs }
}

/** Calls what an expression gives, with arguments beside those that are written. */
export function evaluateCall(node: Node<'call'>, frame: Frame, more?: Dict): Value {
  const target = evaluate(node.target, frame)
  const { args, kwargs } = evaluateArguments(node.args, frame)
  for (const [name, value] of more ?? []) kwargs.set(name, value)
  frame.run.at = node
  checkUsable(target)
  if (!(target instanceof Callable)) return refuseValue(`'${typeName(target)}' object is not callable`)
  const result = target.call(args, kwargs, frame.run)
  frame.run.at = node
  return result
}

function evaluateName(node: Node<'name'>, frame: Frame): Value {
  const value = frame.resolve(node.name)
  if (!(value instanceof Undefined)) return value
  return frame.run.missing(value, node, () => [...frame.names(), ...frame.run.scope.names(), ...frame.run.engine.globals.keys()])
}

/** Notes a missing attribute, with the keys that there are. */
function noted(value: Value, target: Value, node: Expression, frame: Frame): Value {
  if (!(value instanceof Undefined) || value === target) return value
  return frame.run.missing(value, node, () => (target instanceof Dict ? [...target.keys()].filter((key) => typeof key === 'string') : []))
}

/** What was cut out of a text is the text in another form: of a secret, still one. */
function picked(value: Value, target: Value, frame: Frame): Value {
  if (typeof target === 'string') frame.run.transformed([target], value)
  return value
}

function evaluateDict(node: Node<'dict'>, frame: Frame): Dict {
  const dict = new Dict()
  for (const [keyNode, valueNode] of node.entries) {
    const key = evaluate(keyNode, frame)
    checkUsable(key)
    if (!isHashable(key)) return refuseValue(`unhashable type: '${typeName(key)}'`)
    setItem(dict, key, evaluate(valueNode, frame))
  }
  return dict
}

function evaluateTest(node: Node<'test'>, frame: Frame): boolean {
  const input = evaluate(node.target, frame)
  const { args, kwargs } = evaluateArguments(node.args, frame)
  frame.run.at = node
  // Python's type of what is still encrypted is none of text.
  if (typeof input === 'string' && (node.name === 'string' || node.name.endsWith('vault_encrypted')) && textTypeOf(node.target, frame) === VAULTED)
    return node.name !== 'string'
  return applyTest(node.name, input, args, kwargs, frame.run)
}

function evaluateCompare(node: Node<'compare'>, frame: Frame): boolean {
  let left = evaluate(node.first, frame)
  for (const { operator, operand } of node.rest) {
    const right = evaluate(operand, frame)
    frame.run.at = node
    if (!compare(operator, left, right)) return false
    left = right
  }
  return true
}

function checkKnown(values: readonly Value[]): void {
  for (const value of values) if (value instanceof Unknown) throw new UnknownValueError(value)
}
