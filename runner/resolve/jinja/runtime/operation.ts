/** Filters, tests and functions as entries of a table: a Python signature, one line of help, and what it does. */
import { print } from '../../../value/print.ts'
import { truth } from '../../../value/truth.ts'
import { Dict } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { refuseValue } from './callable.ts'
import { checkUsable, itemsOf } from './iterate.ts'
import { readLiteral } from './literal.ts'
import { integer, numeric, toFloat } from './numbers.ts'
import type { Run } from './run.ts'
import { typeName } from './type.ts'

export interface Operation<R = Value> {
  readonly name: string
  /** The parameters after the input, as Python writes them: `old, new, count=None`. */
  readonly signature: string
  /** One line, for the documentation. */
  readonly summary: string
  readonly apply: (input: Value, args: Args, run: Run) => R
}

export type Filter = Operation
export type Test = Operation<boolean>

/**
 * An entry of the table of filters.
 *
 * @example filter('replace(old, new, count=None)', 'Replaces a text.', (input, args) => …)
 */
export function filter(head: string, summary: string, apply: Filter['apply']): Filter {
  return operation(head, summary, apply)
}

/** An entry of the table of tests. */
export function test(head: string, summary: string, apply: Test['apply']): Test {
  return operation(head, summary, apply)
}

function operation<R>(head: string, summary: string, apply: Operation<R>['apply']): Operation<R> {
  const [, name = head, signature = ''] = /^(\w+)(?:\((.*)\))?$/s.exec(head) ?? []
  return { name, signature, summary, apply }
}

/** The same operation under another name. */
export function alias<R>(name: string, original: Operation<R>): Operation<R> {
  return { ...original, name }
}

interface Parameter {
  readonly name: string
  readonly fallback: Value | undefined
}

interface Signature {
  readonly parameters: readonly Parameter[]
  readonly rest: boolean
  readonly extra: boolean
}

const signatures = new Map<string, Signature>()

function signatureOf(text: string): Signature {
  let found = signatures.get(text)
  if (found === undefined) signatures.set(text, (found = parseSignature(text)))
  return found
}

function parseSignature(text: string): Signature {
  const parameters: Parameter[] = []
  let rest = false
  let extra = false
  for (const [part] of text.matchAll(/(?:'[^']*'|[^,'])+/g)) {
    const [, name = '', fallback] = /^\s*([\w*]*)(?:=(.*?))?\s*$/s.exec(part) ?? []
    if (name.startsWith('**')) extra = true
    else if (name.startsWith('*')) rest = true
    else if (name !== '') {
      const value = fallback === undefined ? undefined : readLiteral(fallback)
      if (fallback !== undefined && value === undefined) throw new Error(`not a literal: ${fallback}`)
      parameters.push({ name, fallback: value })
    }
  }
  return { parameters, rest, extra }
}

/** Arguments bound to the parameters of a signature, read with the type that is wanted. */
export class Args {
  /** Positional arguments beyond the parameters. */
  readonly rest: readonly Value[]
  /** Named arguments beyond the parameters. */
  readonly extra: Dict
  readonly #what: string
  readonly #values: ReadonlyMap<string, Value>
  readonly #defaults: Signature

  /**
   * @param what how messages name the operation: `filter 'replace'`.
   * @throws {DiagnosticError} TEMPLATE_FAILED where the arguments do not fit.
   */
  constructor(what: string, signatureText: string, positional: readonly Value[], named: Dict) {
    const signature = signatureOf(signatureText)
    const values = new Map<string, Value>()
    const { parameters } = signature
    positional.slice(0, parameters.length).forEach((value, index) => values.set(parameters[index]!.name, value))
    this.rest = positional.slice(parameters.length)
    if (this.rest.length > 0 && !signature.rest) {
      refuseValue(`${what} takes at most ${parameters.length} argument${parameters.length === 1 ? '' : 's'} (${positional.length} given)`)
    }
    this.extra = new Dict()
    for (const [key, value] of named) {
      const name = print(key)
      if (parameters.some((each) => each.name === name)) {
        if (values.has(name)) refuseValue(`${what} got multiple values for argument '${name}'`)
        values.set(name, value)
      } else if (signature.extra) this.extra.set(name, value)
      else refuseValue(`${what} got an unexpected keyword argument '${name}'`)
    }
    for (const { name, fallback } of parameters) {
      if (fallback === undefined && !values.has(name)) refuseValue(`${what} is missing its argument '${name}'`)
    }
    this.#what = what
    this.#values = values
    this.#defaults = signature
  }

  /** True where the caller gave the argument. */
  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** The argument, or its default. An undefined value passes. */
  value(name: string): Value {
    const given = this.#values.get(name)
    if (given !== undefined) return given
    const fallback = this.#defaults.parameters.find((each) => each.name === name)?.fallback
    if (fallback === undefined) throw new Error(`${this.#what} has no parameter '${name}'`)
    return fallback
  }

  /** A string. */
  text(name: string): string {
    const value = this.value(name)
    return typeof value === 'string' ? value : this.#wrong(name, 'a string', value)
  }

  /** A string, or null. */
  textOrNull(name: string): string | null {
    return this.value(name) === null ? null : this.text(name)
  }

  /** Anything, printed. */
  printed(name: string): string {
    return print(this.value(name))
  }

  /** An integer; a float or a numeric string is none. */
  whole(name: string): number {
    const value = this.value(name)
    const found = integer(value)
    return found === undefined ? this.#wrong(name, 'an integer', value) : Number(found)
  }

  wholeOrNull(name: string): number | null {
    return this.value(name) === null ? null : this.whole(name)
  }

  /** Any number, as a JavaScript one. */
  number(name: string): number {
    const value = this.value(name)
    const found = numeric(value)
    return found === undefined ? this.#wrong(name, 'a number', value) : toFloat(found)
  }

  /** Its truth. */
  flag(name: string): boolean {
    return truth(this.value(name))
  }

  /** What it iterates over. */
  list(name: string): readonly Value[] {
    return itemsOf(this.value(name))
  }

  dict(name: string): Dict {
    const value = this.value(name)
    return value instanceof Dict ? value : this.#wrong(name, 'a dict', value)
  }

  #wrong(name: string, wanted: string, value: Value): never {
    checkUsable(value)
    return refuseValue(`argument '${name}' of ${this.#what} must be ${wanted}, not ${typeName(value)}`)
  }
}

/** The input as a string; `what` names the filter. */
export function textInput(input: Value, what: string): string {
  checkUsable(input)
  return typeof input === 'string' ? input : refuseValue(`filter '${what}' needs a string, not ${typeName(input)}`)
}

export function dictInput(input: Value, what: string): Dict {
  checkUsable(input)
  return input instanceof Dict ? input : refuseValue(`filter '${what}' needs a dict, not ${typeName(input)}`)
}
