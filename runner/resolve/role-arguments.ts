/** A role's declared arguments against what a host's variables give it. */
import { DiagnosticError, fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { ArgumentSpec, OptionRules } from '../load/argument-spec.ts'
import { readPythonLiteral } from '../load/python-literal.ts'
import { equal } from '../value/equal.ts'
import { print } from '../value/print.ts'
import { fromJson } from '../value/read-json.ts'
import { Dict, Float, Undefined, Unknown, UnknownValueError, type Raw, type Value } from '../value/value.ts'
import { splitWords } from '../value/words.ts'
import { typeName } from './jinja/runtime/type.ts'
import { unconverted } from './module-words.ts'
import { Pending } from './pending.ts'
import { MASK, type Secrets } from './secrets.ts'
import type { Evaluator } from './variables.ts'

/** Registers the values of arguments that are declared `no_log`, at any depth. What cannot be evaluated is met by its task. */
export function registerSecretArguments(spec: ReadonlyMap<string, ArgumentSpec>, evaluator: Evaluator, secrets: Secrets): void {
  for (const [name, argument] of spec) {
    if (!mentionsSecret(argument)) continue
    const value = valueOf(name, evaluator)
    if (value !== undefined) register(value, argument, secrets)
  }
}

function mentionsSecret(argument: ArgumentSpec): boolean {
  return argument.noLog || [...(argument.options?.values() ?? [])].some(mentionsSecret)
}

function register(value: Value, argument: ArgumentSpec, secrets: Secrets): void {
  if (argument.noLog) secrets.add(value)
  if (!argument.options) return
  for (const item of Array.isArray(value) ? value : [value]) {
    if (!(item instanceof Dict)) continue
    for (const [name, nested] of argument.options) {
      const inner = item.get(name)
      if (inner !== undefined) register(inner, nested, secrets)
    }
  }
}

/**
 * What is missing or of the wrong type, in the words and the order in which Ansible has them; `valueOf` answers undefined for what is not given.
 *
 * @throws what evaluating a value throws, but for faults, which are among the answers.
 */
export function checkArguments(spec: ReadonlyMap<string, ArgumentSpec>, valueOf: (name: string) => Value | undefined): Diagnostic[] {
  const faults: Diagnostic[] = []
  const given = new Map<string, Value>()
  for (const name of spec.keys()) {
    try {
      const value = valueOf(name)
      if (value instanceof Undefined) fail('UNDEFINED_VARIABLE', value.reason)
      if (value !== undefined) given.set(name, value)
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      faults.push(...error.diagnostics)
      // It is there, though it cannot be told what it is.
      given.set(name, new Unknown(name))
    }
  }
  return [...faults, ...faultsOf(spec, given, []).map((summary): Diagnostic => ({ code: 'ROLE_ARGUMENT', severity: 'error', summary }))]
}

/** That some of the arguments that are given are not declared; undefined where all are. */
export function undeclared(spec: ReadonlyMap<string, ArgumentSpec>, given: Iterable<string>, context: readonly string[] = []): string | undefined {
  const known = [...spec].flatMap(([name, { aliases }]) => [name, ...aliases])
  const unknown = [...given].filter((name) => !known.includes(name))
  if (unknown.length === 0) return undefined
  return `${unknown
    .map((name) => [...context, name].join('.'))
    .toSorted()
    .join(', ')}. Supported parameters include: ${[...spec.keys()].toSorted().join(', ')}.`
}

/** Of the arguments of one mapping, which is itself the value of the arguments of `context`. */
function faultsOf(spec: ReadonlyMap<string, ArgumentSpec>, given: ReadonlyMap<string, Value>, context: readonly string[]): string[] {
  const items = [...spec].flatMap(([name, argument]) => noMappings(name, given.get(name), argument))
  const missing = [...spec].filter(([name, argument]) => argument.required && argument.default === undefined && !given.has(name)).map(([name]) => name)
  const taken = new Map<string, Value>()
  const types: string[] = []
  for (const [name, argument] of spec) {
    const value = given.get(name)
    if (value === undefined || value instanceof Unknown) continue
    const found = value === null ? null : converted(value, argument.type)
    types.push(...wrongElements(name, found, argument))
    if (found !== undefined) taken.set(name, withElements(found, argument))
    else
      types.push(
        `argument '${name}' is of type ${classOf(value)}${context.length > 0 ? ` found in '${context.join(' -> ')}'.` : ''} and we were unable to convert to ${why(value, argument.type, argument)}`,
      )
  }
  const values = [...taken].flatMap(([name, value]) => wrongChoice(name, value, spec.get(name)!).map((words) => words + foundIn(context)))
  const nested = [...taken].flatMap(([name, value]) => inside(value, spec.get(name)!, [...context, name]))
  return [...items, ...(missing.length > 0 ? [`missing required arguments: ${missing.join(', ')}${foundIn(context)}`] : []), ...types, ...values, ...nested]
}

/** Items of a list that should be mappings, where it is said what they hold. */
function noMappings(name: string, value: Value | undefined, { elements, options, noLog }: ArgumentSpec): string[] {
  if (!options || elements !== 'dict' || !Array.isArray(value)) return []
  const wrong = value.filter((item) => !(item instanceof Unknown) && converted(item, 'dict') === undefined)
  return wrong.map((item) => `Value '${noLog ? MASK : print(item)}' in the sub parameter field '${name}' must by a list, not '${typeName(item)}'`)
}

function foundIn(context: readonly string[]): string {
  return context.length > 0 ? ` found in ${context.join(' -> ')}` : ''
}

function classOf(value: Value): string {
  return `<class '${typeName(value)}'>`
}

function why(value: Value, type: string, { noLog }: ArgumentSpec): string {
  return unconverted(typeName(value), type, typeof value === 'string' ? (noLog ? MASK : value) : undefined)
}

/** The items of a list as their type takes them; those that it does not take are left as they are. */
function withElements(value: Value, { elements }: ArgumentSpec): Value {
  return elements === undefined || !Array.isArray(value) ? value : value.map((item) => (item instanceof Unknown ? item : (converted(item, elements) ?? item)))
}

function wrongElements(name: string, value: Value | undefined, argument: ArgumentSpec): string[] {
  const { elements } = argument
  if (elements === undefined || !Array.isArray(value)) return []
  const wrong = value.filter((item) => !(item instanceof Unknown) && converted(item, elements) === undefined)
  return wrong.map(
    (item) => `Elements value for option '${name}' is of type ${classOf(item)} and we were unable to convert to ${why(item, elements, argument)}`,
  )
}

const MEANING_TRUE: readonly Value[] = ['y', 'yes', 'on', '1', 'true', 't', 1]
const MEANING_FALSE: readonly Value[] = ['n', 'no', 'off', '0', 'false', 'f', 0]

/** That a value, or some items of a list, are none of those that there are. */
function wrongChoice(name: string, value: Value, { choices, noLog }: ArgumentSpec): string[] {
  if (!choices) return []
  const isOne = (item: Value): boolean => {
    if (item instanceof Unknown || choices.some((choice) => equal(choice as Value, item))) return true
    // YAML makes booleans of words, and a type text of these again: where one choice alone can have been meant, it was.
    const words = item === 'True' ? MEANING_TRUE : item === 'False' ? MEANING_FALSE : []
    return choices.filter((choice) => words.some((word) => equal(choice as Value, word))).length === 1
  }
  const all = choices.map((choice) => print(choice as Value)).join(', ')
  const shown = (item: Value): string => (noLog ? MASK : print(item))
  if (!Array.isArray(value)) return isOne(value) ? [] : [`value of ${name} must be one of: ${all}, got: ${shown(value)}`]
  const wrong = value.filter((item) => !isOne(item))
  return wrong.length === 0 ? [] : [`value of ${name} must be one or more of: ${all}. Got no match for: ${wrong.map(shown).join(', ')}`]
}

/** What is wrong with the options of a mapping, or of each in a list, where any are declared. */
function inside(value: Value, { type, elements, options: declared, rules, noLog }: ArgumentSpec, context: readonly string[]): string[] {
  if (!declared || (type !== 'dict' && elements !== 'dict')) return []
  // What is in a secret is one.
  const options = noLog ? new Map([...declared].map(([name, option]) => [name, { ...option, noLog }])) : declared
  return (Array.isArray(value) ? value : [value]).flatMap((item): string[] => {
    const mapping = converted(item, 'dict')
    if (!(mapping instanceof Dict)) return []
    const nameOf = (key: string): string => [...options].find(([option, { aliases }]) => option === key || aliases.includes(key))?.[0] ?? key
    const given = new Map([...mapping].map(([key, each]) => [nameOf(print(key)), each]))
    const stated = (key: string): Value | Raw | undefined => given.get(key) ?? options.get(key)?.default
    const unknown = undeclared(options, [...mapping.keys()].map(print), context)
    return [
      ...brokenRules(rules, given, stated).map((words) => words + foundIn(context)),
      ...faultsOf(options, given, context),
      ...(unknown === undefined ? [] : [unknown]),
    ]
  })
}

function brokenRules(rules: OptionRules, given: ReadonlyMap<string, Value>, stated: (key: string) => Value | Raw | undefined): string[] {
  const has = (each: string): boolean => given.has(each) || stated(each) !== undefined
  const lacks = (names: readonly string[]): string[] => names.filter((each) => !has(each))
  return [
    ...rules.mutuallyExclusive
      .filter((names) => names.filter((each) => given.has(each)).length > 1)
      .map((names) => `parameters are mutually exclusive: ${names.join('|')}`),
    // Of these Ansible tells the first that is broken.
    ...rules.requiredTogether
      .filter((names) => names.some(has) && lacks(names).length > 0)
      .slice(0, 1)
      .map((names) => `parameters are required together: ${names.join(', ')}`),
    ...rules.requiredOneOf
      .filter((names) => !names.some(has))
      .slice(0, 1)
      .map((names) => `one of the following is required: ${names.join(', ')}`),
    ...rules.requiredIf
      .flatMap(({ name, value, names, oneIsEnough }) => {
        const stands = stated(name)
        if (stands === undefined || !equal(stands as Value, value as Value)) return []
        const missing = lacks(names)
        if (missing.length === 0 || (oneIsEnough && missing.length < names.length)) return []
        return [`${name} is ${print(value as Value)} but ${oneIsEnough ? 'any' : 'all'} of the following are missing: ${missing.join(', ')}`]
      })
      .slice(0, 1),
    ...rules.requiredBy.flatMap(({ name, names }) => {
      const missing = (stated(name) ?? null) === null ? [] : names.filter((each) => (stated(each) ?? null) === null)
      return missing.length === 0 ? [] : [`missing parameter(s) required by '${name}': ${missing.join(', ')}`]
    }),
  ]
}

/** A value as a type takes it, with Ansible's leniency between text and numbers; undefined where it does not. */
function converted(value: Value, type: string): Value | undefined {
  switch (type) {
    case 'int':
      if (typeof value === 'string') return /^\s*[-+]?\d+(?:_\d+)*\s*$/.test(value) ? numberOf(value.replaceAll('_', '')) : undefined
      return isWhole(value) ? value : undefined
    case 'float':
      if (value instanceof Float || isWhole(value)) return value
      return typeof value === 'string' ? floatFrom(value.trim()) : undefined
    case 'bool':
      return booleanFrom(value)
    case 'list':
      if (Array.isArray(value)) return value
      if (typeof value === 'string') return value.split(',')
      return value instanceof Float || isWhole(value) ? [print(value)] : undefined
    case 'dict':
      return value instanceof Dict ? value : typeof value === 'string' ? dictFrom(value) : undefined
    case 'json':
    case 'jsonarg':
      return typeof value === 'string' || Array.isArray(value) || value instanceof Dict ? value : undefined
    case 'bytes':
    case 'bits':
      return isAmount(print(value), type === 'bits' ? 'b' : 'B') ? value : undefined
    case 'str':
    case 'path':
      return typeof value === 'string' ? value : print(value)
    default:
      return value
  }
}

function floatFrom(text: string): Float | undefined {
  if (/^[-+]?(?:nan|inf(?:inity)?)$/i.test(text)) return new Float(/nan/i.test(text) ? NaN : text.startsWith('-') ? -Infinity : Infinity)
  return text !== '' && !Number.isNaN(Number(text)) ? new Float(Number(text)) : undefined
}

/** `10`, `10M`, `1.5 GB`, `2 megabytes`: a number, with or without a unit, whose second letter tells bits from bytes. */
function isAmount(text: string, letter: 'b' | 'B'): boolean {
  const unit = /^\s*\d*\.?\d*\s*([A-Za-z]*)/.exec(text)![1]!
  if (!/\d/.test(text) || (unit !== '' && !/^[ZEYPTGMKB]/i.test(unit))) return false
  return unit.length < 2 || unit[1] === letter || unit.toLowerCase().includes(letter === 'b' ? 'bit' : 'byte')
}

/** Booleans are whole numbers in Python. */
function isWhole(value: Value): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
}

function numberOf(digits: string): Value {
  const number = Number(digits)
  return Number.isSafeInteger(number) ? number : BigInt(digits)
}

function booleanFrom(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value
  const word = value instanceof Float ? String(value.value) : print(value)
  if (/^(?:yes|true|on|y|t|1)$/i.test(word.trim())) return true
  return /^(?:no|false|off|n|f|0)$/i.test(word.trim()) ? false : undefined
}

/** JSON or a literal of Python in braces, or `name=value …`. */
function dictFrom(text: string): Dict | undefined {
  if (text.startsWith('{')) {
    let value: Value | undefined
    try {
      value = fromJson(text)
    } catch {
      value = readPythonLiteral(text)
    }
    return value instanceof Dict ? value : undefined
  }
  if (!text.includes('=')) return undefined
  let words: readonly string[]
  try {
    words = splitWords(text.replaceAll(',', ' '))
  } catch {
    return undefined
  }
  return words.every((word) => word.includes('='))
    ? new Dict(words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]))
    : undefined
}

function valueOf(name: string, evaluator: Evaluator): Value | undefined {
  try {
    return evaluator.get(name)
  } catch (error) {
    if (error instanceof DiagnosticError || error instanceof UnknownValueError || error instanceof Pending) return undefined
    throw error
  }
}
