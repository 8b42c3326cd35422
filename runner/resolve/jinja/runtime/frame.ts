/** Names and what they stand for while a template runs. */
import type { Value, Written } from '../../../value/value.ts'
import type { Statement } from '../syntax/ast.ts'
import { ownNames } from '../syntax/inspect.ts'
import type { TemplateState } from './inheritance.ts'
import type { Run } from './run.ts'

interface FrameOptions {
  readonly template?: TemplateState | undefined
  readonly seesVariables?: boolean
  readonly body?: readonly Statement[] | undefined
}

/** A scope within a template. What it does not hold is looked up in the one around it, and at last among the run's variables. */
export class Frame {
  readonly run: Run
  readonly parent: Frame | undefined
  readonly variables = new Map<string, Value>()
  /** Where the values of names came from that the template itself has set. */
  readonly #sources = new Map<string, () => Written>()
  /** The template that this scope is part of; undefined for a bare expression. */
  readonly template: TemplateState | undefined
  /** Whether the run's variables are visible: not in a template that is imported without context. */
  readonly seesVariables: boolean
  /** The statements that run in this scope, where they are known. */
  #body: readonly Statement[] | undefined
  /** Copies of the run's variables that belong to this scope. */
  readonly #copies = new Map<string, Value>()
  #chain: readonly Frame[] | undefined

  constructor(run: Run, parent?: Frame, options: FrameOptions = {}) {
    this.run = run
    this.parent = parent
    this.template = options.template ?? parent?.template
    this.seesVariables = options.seesVariables ?? parent?.seesVariables ?? true
    this.#body = options.body
  }

  child(body?: readonly Statement[]): Frame {
    return new Frame(this.run, this, { body })
  }

  /** Notes which statements run in this scope from here on. */
  enter(body: readonly Statement[]): void {
    this.#body = body
  }

  /** All that is visible from here, as it is now: what is set later is not seen. */
  snapshot(): Frame {
    const copy = new Frame(this.run, undefined, { template: this.template, seesVariables: this.seesVariables })
    for (const frame of [...this.#outwards()].reverse()) {
      for (const [name, value] of frame.variables) copy.set(name, value, frame.#sources.get(name))
    }
    return copy
  }

  /** What a name stands for; an `Undefined` where nothing has it. */
  resolve(name: string): Value {
    for (const frame of this.#outwards()) {
      const found = frame.variables.get(name)
      if (found !== undefined) return found
    }
    const special = name === 'self' ? this.template?.self() : undefined
    if (special !== undefined) return special
    return this.run.options.copiesVariables ? this.#ownCopy(name) : this.run.variable(name, this.seesVariables)
  }

  /** As Jinja2: a variable is read once by the outermost scope whose own statements name it, in a loop once an iteration. */
  #ownCopy(name: string): Value {
    const outwards = this.#outwards()
    for (const frame of outwards) {
      const copied = frame.#copies.get(name)
      if (copied !== undefined) return copied
    }
    const value = this.run.variable(name, this.seesVariables)
    const owner = outwards.findLast((frame) => frame.#body !== undefined && ownNames(frame.#body).has(name)) ?? this
    owner.#copies.set(name, value)
    return value
  }

  /** Gives a name its value; `source` tells where that came from, where that may be asked. */
  set(name: string, value: Value, source?: () => Written): void {
    this.variables.set(name, value)
    if (source === undefined) this.#sources.delete(name)
    else this.#sources.set(name, source)
  }

  /** A variable of the run as it is written, or what is known of where the value came from that the template has set. */
  written(name: string): Written | undefined {
    for (const frame of this.#outwards()) if (frame.variables.has(name)) return frame.#sources.get(name)?.()
    return this.seesVariables ? this.run.scope.written?.(name) : undefined
  }

  /** Whether a variable of the run holds text that a template gave as text on purpose. */
  holdsText(name: string): boolean {
    return this.seesVariables && !this.#outwards().some((frame) => frame.variables.has(name)) && this.run.originOf(name) === 'text'
  }

  /** The names of every frame from here outwards, for "did you mean". */
  *names(): Generator<string> {
    for (const frame of this.#outwards()) yield* frame.variables.keys()
  }

  /** This scope and those around it. */
  #outwards(): readonly Frame[] {
    return this.parent === undefined ? [this] : (this.#chain ??= [this, ...this.parent.#outwards()])
  }
}
