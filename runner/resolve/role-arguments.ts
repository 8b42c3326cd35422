/** A role's declared arguments against what a host's variables give it. */
import { DiagnosticError, fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { ArgumentSpec, OptionRules } from '../load/argument-spec.ts'
import { readPythonLiteral } from '../load/python-literal.ts'
import { equal } from '../value/equal.ts'
import { print } from '../value/print.ts'
import { fromJson } from '../value/read-json.ts'
import { Dict, Float, Undefined, Unknown, UnknownValueError, type Raw, type Value } from '../value/value.ts'
import { splitWords } from '../value/words.ts'
import { Pending } from './pending.ts'
import type { Secrets } from './secrets.ts'
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
 * What is missing or of the wrong type, one sentence each; `valueOf` answers undefined for what is not given.
 *
 * @throws what evaluating a value throws, but for faults, which are among the answers.
 */
export function checkArguments(spec: ReadonlyMap<string, ArgumentSpec>, valueOf: (name: string) => Value | undefined): Diagnostic[] {
  const faults: Diagnostic[] = []
  for (const [name, argument] of spec) {
    try {
      for (const summary of check(name, valueOf(name), argument)) faults.push({ code: 'ROLE_ARGUMENT', severity: 'error', summary })
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      faults.push(...error.diagnostics)
    }
  }
  return faults
}

function check(name: string, value: Value | undefined, argument: ArgumentSpec): string[] {
  if (value === undefined) return argument.required && argument.default === undefined ? [`missing required arguments: ${name}`] : []
  if (value instanceof Undefined) fail('UNDEFINED_VARIABLE', value.reason)
  if (value instanceof Unknown) return []
  if (value === null) return wrongChoice(name, null, argument)
  const taken = converted(value, argument.type)
  if (taken === undefined) return [`'${name}' has to be of type ${argument.type}`]
  if (!Array.isArray(taken) || argument.type !== 'list') return [...wrongChoice(name, taken, argument), ...inside(name, taken, argument)]
  const { elements } = argument
  const items = elements === undefined ? taken : taken.map((item) => converted(item, elements))
  const faults = items.flatMap((item, index) => (item === undefined ? [`'${name}[${index}]' has to be of type ${elements!}`] : []))
  if (faults.length > 0) return faults
  return (items as Value[]).flatMap((item, index) => [...wrongChoice(`${name}[${index}]`, item, argument), ...inside(`${name}[${index}]`, item, argument)])
}

const MEANING_TRUE: readonly Value[] = ['y', 'yes', 'on', '1', 'true', 't', 1]
const MEANING_FALSE: readonly Value[] = ['n', 'no', 'off', '0', 'false', 'f', 0]

/** That a value, or one item of a list, is none of those that there are. */
function wrongChoice(name: string, value: Value, { choices, noLog }: ArgumentSpec): string[] {
  if (!choices) return []
  if (choices.some((choice) => equal(choice as Value, value))) return []
  // YAML makes booleans of words, and a type text of these again: where one choice alone can have been meant, it was.
  const words = value === 'True' ? MEANING_TRUE : value === 'False' ? MEANING_FALSE : []
  if (choices.filter((choice) => words.some((word) => equal(choice as Value, word))).length === 1) return []
  return [`'${name}' is '${noLog ? '********' : print(value)}', and has to be one of ${choices.map((choice) => print(choice as Value)).join(', ')}`]
}

/** What is wrong with the options of a mapping, where any are declared. */
function inside(name: string, value: Value, { type, elements, options, rules }: ArgumentSpec): string[] {
  if (!options || (type !== 'dict' && elements !== 'dict')) return []
  if (!(value instanceof Dict)) return [`'${name}' has to be of type dict`]
  const nameOf = (key: string): string => [...options].find(([option, { aliases }]) => option === key || aliases.includes(key))?.[0] ?? key
  const given = new Map([...value].map(([key, item]) => [nameOf(print(key)), item]))
  const stated = (key: string): Value | Raw | undefined => given.get(key) ?? options.get(key)?.default
  const unknown = [...value.keys()].map(print).filter((key) => !options.has(nameOf(key)))
  return [
    ...[...options].flatMap(([key, nested]) => check(`${name}.${key}`, given.get(key), nested)),
    ...unknown.map((key) => `'${name}.${key}' is not among the declared arguments`),
    ...brokenRules(name, rules, given, stated),
  ]
}

function brokenRules(name: string, rules: OptionRules, given: ReadonlyMap<string, Value>, stated: (key: string) => Value | Raw | undefined): string[] {
  const all = (names: readonly string[]): string => names.map((each) => `${name}.${each}`).join(', ')
  const has = (each: string): boolean => given.has(each) || stated(each) !== undefined
  const lacks = (names: readonly string[]): string[] => names.filter((each) => !has(each))
  return [
    ...rules.mutuallyExclusive.filter((names) => names.filter((each) => given.has(each)).length > 1).map((names) => `${all(names)} exclude each other`),
    ...rules.requiredTogether.filter((names) => names.some(has) && lacks(names).length > 0).map((names) => `${all(names)} are needed together`),
    ...rules.requiredOneOf.filter((names) => !names.some(has)).map((names) => `one of ${all(names)} is needed`),
    ...rules.requiredIf.flatMap(({ name: key, value, names, oneIsEnough }) => {
      const stands = stated(key)
      if (stands === undefined || !equal(stands as Value, value as Value)) return []
      const missing = lacks(names)
      if (missing.length === 0 || (oneIsEnough && missing.length < names.length)) return []
      return [`where ${name}.${key} is ${print(value as Value)}, ${oneIsEnough ? 'one of these is needed' : 'these are needed'}: ${all(missing)}`]
    }),
    ...rules.requiredBy.flatMap(({ name: key, names }) => {
      const missing = (stated(key) ?? null) === null ? [] : names.filter((each) => (stated(each) ?? null) === null)
      return missing.length === 0 ? [] : [`with ${name}.${key} these are needed: ${all(missing)}`]
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
