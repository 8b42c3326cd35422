/**
 * What Ansible says of arguments that a module does not take, for the `msg` of a result: playbooks look for these words. A person is told
 * the same by a diagnostic, with its place.
 */
import type { z } from 'zod'
import { Float } from '../value/value.ts'

/** What the words are made of. */
export interface Given {
  /** The module as the task names it. */
  readonly module: string
  /** The names of its parameters, and other names for them. */
  readonly names: readonly string[]
  readonly aliases: readonly string[]
  /** The arguments by the module's own names. */
  readonly input: Readonly<Record<string, unknown>>
}

/** The first of Ansible's complaints, in the order in which it looks: what is missing, of what type it is, which values there are, which names. */
export function moduleWords(issues: readonly z.core.$ZodIssue[], given: Given): string | undefined {
  const missing = issues.filter(({ path, code }) => path.length === 1 && code !== 'custom' && given.input[String(path[0])] === undefined)
  if (missing.length > 0) return `missing required arguments: ${missing.map(({ path }) => String(path[0])).join(', ')}`
  const [first] = [...issues.map((issue) => ofType(issue, given)), ...issues.map((issue) => ofValue(issue, given))].filter((words) => words !== undefined)
  if (first !== undefined) return first
  const unknown = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : []))
  if (unknown.length > 0) {
    const others = given.aliases.length > 0 ? ` (${given.aliases.toSorted().join(', ')})` : ''
    const names = given.names.toSorted().join(', ')
    return `Unsupported parameters for (${given.module}) module: ${unknown.toSorted().join(', ')}. Supported parameters include: ${names}${others}.`
  }
  return issues.find(({ code }) => code === 'custom')?.message
}

/** zod's types under Ansible's names; of text everything can be made. */
const TYPES: Readonly<Record<string, string>> = { boolean: 'bool', number: 'int', int: 'int', array: 'list', object: 'dict', record: 'dict' }
const BOOLEANS = "0, 1, '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'"

function ofType(issue: z.core.$ZodIssue, { input }: Given): string | undefined {
  if (issue.code !== 'invalid_type') return undefined
  const [name, ...below] = issue.path.map(String)
  const value = name === undefined ? undefined : input[name]
  // A mapping that was taken for the only item of a list.
  const wanted = below.length === 0 ? TYPES[issue.expected] : below[0] === '0' && !Array.isArray(value) ? 'list' : undefined
  if (wanted === undefined) return undefined
  const type = pythonType(value)
  const why = unconverted(type, wanted, typeof value === 'string' ? value : undefined)
  return `argument '${name!}' is of type <class '${type}'> and we were unable to convert to ${why}`
}

/** To what a value of a Python type was not converted, and why. `text`: the value as it may be told, where it is text. */
export function unconverted(type: string, wanted: string, text?: string): string {
  if (wanted === 'bool' && text !== undefined) return `bool: The value '${text}' is not a valid boolean.  Valid booleans include: ${BOOLEANS}`
  return `${wanted}: <class '${type}'> cannot be converted to ${wanted === 'int' ? 'an' : 'a'} ${wanted}`
}

function ofValue(issue: z.core.$ZodIssue, { input }: Given): string | undefined {
  if (issue.code !== 'invalid_value' || issue.path.length !== 1) return undefined
  const name = String(issue.path[0])
  return `value of ${name} must be one of: ${issue.values.join(', ')}, got: ${String(input[name])}`
}

function pythonType(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType'
  if (value instanceof Float) return 'float'
  if (Array.isArray(value)) return 'list'
  const types: Readonly<Record<string, string>> = { string: 'str', boolean: 'bool', number: 'int', bigint: 'int' }
  return types[typeof value] ?? 'dict'
}
