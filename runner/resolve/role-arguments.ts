/** A role's declared arguments against what a host's variables give it. */
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { ArgumentSpec } from '../load/argument-spec.ts'
import { equal } from '../value/equal.ts'
import { print } from '../value/print.ts'
import { Dict, Float, Undefined, UnknownValueError, type Value } from '../value/value.ts'
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
  if (value === undefined || value instanceof Undefined || value === null) return argument.required ? [`missing required arguments: ${name}`] : []
  if (!hasType(value, argument.type)) return [`'${name}' has to be of type ${argument.type}`]
  const faults: string[] = []
  // As printed: `-e version=2` gives text, which the type takes as a number.
  if (argument.choices && !argument.choices.some((choice) => equal(choice as Value, value) || print(choice as Value) === print(value))) {
    faults.push(
      `'${name}' is '${argument.noLog ? '********' : print(value)}', and has to be one of ${argument.choices.map((choice) => print(choice as Value)).join(', ')}`,
    )
  }
  const items = Array.isArray(value) ? value : [value]
  if (argument.type === 'list' && argument.elements !== undefined) {
    for (const [index, item] of items.entries())
      if (!hasType(item, argument.elements)) faults.push(`'${name}[${index}]' has to be of type ${argument.elements}`)
  }
  if (argument.options) {
    for (const [index, item] of items.entries()) {
      if (!(item instanceof Dict)) continue
      const at = Array.isArray(value) ? `${name}[${index}]` : name
      for (const [key, nested] of argument.options) faults.push(...check(`${at}.${key}`, item.get(key), nested))
      for (const key of [...item.keys()].map(print)) if (!argument.options.has(key)) faults.push(`'${at}.${key}' is not among the declared arguments`)
    }
  }
  return faults
}

/** Whether a value can be taken as a type, with Ansible's leniency between text and numbers. */
function hasType(value: Value, type: string): boolean {
  switch (type) {
    case 'int':
      return typeof value === 'number' || typeof value === 'bigint' || (typeof value === 'string' && /^[-+]?\d+$/.test(value))
    case 'float':
      return typeof value === 'number' || value instanceof Float || (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value)))
    case 'bool':
      return (
        typeof value === 'boolean' || value === 0 || value === 1 || (typeof value === 'string' && /^(?:yes|no|true|false|on|off|y|n|t|f|1|0)$/i.test(value))
      )
    case 'list':
      return Array.isArray(value) || typeof value === 'string'
    case 'dict':
      return value instanceof Dict
    case 'str':
    case 'path':
      return !Array.isArray(value) && !(value instanceof Dict)
    default:
      return true
  }
}

function valueOf(name: string, evaluator: Evaluator): Value | undefined {
  try {
    return evaluator.get(name)
  } catch (error) {
    if (error instanceof DiagnosticError || error instanceof UnknownValueError || error instanceof Pending) return undefined
    throw error
  }
}
