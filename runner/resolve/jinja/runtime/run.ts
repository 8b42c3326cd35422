/** One evaluation: its variables, its limits, and where in which template it is. */
import { DiagnosticError, fail } from '../../../diagnostic/diagnostic.ts'
import type { Diagnostic } from '../../../diagnostic/diagnostic.ts'
import type { SourceRange } from '../../../diagnostic/source.ts'
import { didYouMean } from '../../../diagnostic/suggest.ts'
import { LazyDict } from '../../../value/lazy-dict.ts'
import { Dict, Tuple, Undefined } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import type { Engine, Origin, Scope } from '../engine.ts'
import type { TemplateSource } from '../locate.ts'
import type { Place } from '../syntax/ast.ts'
import type { SyntaxOptions } from '../syntax/options.ts'
import type { Conversion } from './conversion.ts'
import { MAX_CALL_DEPTH, MAX_STEPS } from './limits.ts'

export interface RunOptions {
  /** What printed text becomes, in macros and set blocks too. */
  readonly conversion: Conversion
  /** How the template is written, and those that it brings in. */
  readonly syntax: SyntaxOptions
  /** Whether None prints as `None`, and not as nothing. */
  readonly printsNone: boolean
  /**
   * Whether each scope that reads a variable gets a copy of it, as in Ansible, because the template may tell the difference: it calls a
   * method that changes a value, or writes YAML, in which one object that occurs twice stands once.
   */
  readonly copiesVariables: boolean
}

const OWN_LIMITS = ['Maximum call stack', 'Invalid string length', 'Invalid array length']

export class Run {
  readonly engine: Engine
  readonly scope: Scope
  readonly options: RunOptions
  /** The template whose code runs. */
  source: TemplateSource
  /** The template that all others were named from, directly or not: they are looked for from there. */
  readonly entry: TemplateSource
  /** The part of it that runs. */
  at: Place = { start: 0, end: 0 }
  readonly #variables = new Map<string, Value>()
  /** What was found missing, by its reason: where, and how to help. */
  readonly #missing = new Map<string, Pick<Diagnostic, 'range' | 'hint' | 'detail'>>()
  #steps = 0
  #depth = 0

  constructor(engine: Engine, scope: Scope, source: TemplateSource, options: RunOptions) {
    this.engine = engine
    this.scope = scope
    this.source = source
    this.entry = source
    this.options = options
  }

  /** Counts a step of the evaluation, and remembers where it is. */
  step(place: Place): void {
    this.at = place
    if (++this.#steps > MAX_STEPS) fail('LIMIT_EXCEEDED', `a template takes more than ${MAX_STEPS} steps`)
  }

  /** Runs code of a template: a fault without a place gets the place that the code had come to. */
  within<T>(source: TemplateSource, run: () => T): T {
    const [outerSource, outerAt] = [this.source, this.at]
    this.source = source
    try {
      return run()
    } catch (error) {
      throw this.#placed(error)
    } finally {
      this.source = outerSource
      this.at = outerAt
    }
  }

  /** Runs a macro, an include or a recursive loop, which may be endless. */
  deeper<T>(run: () => T): T {
    if (this.#depth >= MAX_CALL_DEPTH) fail('LIMIT_EXCEEDED', `macros, includes or loops call one another more than ${MAX_CALL_DEPTH} levels deep`)
    this.#depth++
    try {
      return run()
    } finally {
      this.#depth--
    }
  }

  /** A variable of the run, or a global. */
  variable(name: string, seesVariables: boolean): Value {
    if (seesVariables) {
      const found = this.#variables.get(name) ?? this.#fromScope(name)
      if (found !== undefined) {
        this.#variables.set(name, found)
        return this.options.copiesVariables ? copy(found) : found
      }
    }
    return this.engine.globals.get(name) ?? new Undefined(name)
  }

  /** How a variable of the run, which was just read, came about. */
  originOf(name: string): Origin {
    return this.#variables.has(name) ? (this.scope.origin?.(name) ?? 'value') : 'value'
  }

  /** Notes where a value was found missing, so that the fault can say it when the value is used. */
  missing(value: Undefined, place: Place, candidates: () => Iterable<string>): Undefined {
    if (!this.#missing.has(value.reason)) {
      this.#missing.set(value.reason, {
        range: this.source.locate(place.start, place.end),
        hint: didYouMean(value.name, candidates()),
      })
    }
    return value
  }

  /** Tells the caller that text was made of other values, so that a secret is known in its new form. A number or a truth hides none. */
  transformed(input: readonly Value[], output: Value): void {
    if (output === null || output === input[0] || (typeof output !== 'string' && typeof output !== 'object')) return
    this.engine.hooks.filterUsed?.([...input], output)
  }

  #fromScope(name: string): Value | undefined {
    try {
      return this.scope.get(name)
    } catch (error) {
      // A variable that is made of an undefined one is undefined itself, and fails only where it is used.
      const cause = error instanceof DiagnosticError ? error.first : undefined
      if (cause?.code !== 'UNDEFINED_VARIABLE') throw error
      const { range, hint, detail } = cause
      this.#missing.set(cause.summary, { range, hint, detail })
      return new Undefined(name, cause.summary)
    }
  }

  #placed(error: unknown): unknown {
    // The engine's own stack or string limit, reached before ours where a template is very deep. Without a regular expression: with no
    // stack left that would be another kind of error, and this one has to be told further up.
    if (error instanceof RangeError && OWN_LIMITS.some((words) => error.message.startsWith(words))) {
      return new DiagnosticError(
        { code: 'LIMIT_EXCEEDED', severity: 'error', summary: 'a template needs more room than there is', range: this.#range() },
        { cause: error },
      )
    }
    if (!(error instanceof DiagnosticError) || error.first.range !== undefined) return error
    const [first, ...others] = error.diagnostics as [Diagnostic, ...Diagnostic[]]
    const noted = first.code === 'UNDEFINED_VARIABLE' ? this.#missing.get(first.summary) : undefined
    const range = noted?.range ?? this.#range()
    const placed: Diagnostic = { ...first, range, hint: first.hint ?? noted?.hint, detail: first.detail ?? noted?.detail }
    return new DiagnosticError([placed, ...others], { cause: error })
  }

  #range(): SourceRange | undefined {
    return this.source.locate(this.at.start, this.at.end)
  }
}

/** A deep copy of what can be changed, in which no object occurs twice. */
export function copy(value: Value): Value {
  if (Array.isArray(value)) return value.map(copy)
  if (value instanceof Tuple) return new Tuple(value.items.map(copy))
  if (value instanceof LazyDict) return value.copied(copy)
  if (!(value instanceof Dict) || value.constructor !== Dict) return value
  const dict = new Dict()
  for (const [key, item] of value) dict.set(key, copy(item))
  return dict
}
