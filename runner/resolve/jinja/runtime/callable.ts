/**
 * What a template can call, and what has attributes of its own. These are the only things that evaluation ever calls: no
 * JavaScript function is a value, so none can be reached.
 */
import { fail } from '../../../diagnostic/diagnostic.ts'
import { Opaque } from '../../../value/value.ts'
import type { Value, Dict } from '../../../value/value.ts'
import type { Run } from './run.ts'

/** A value that lives in a template and answers for its own attributes. */
export abstract class TemplateObject extends Opaque {
  /** Its type as Python would name it. */
  abstract readonly typeName: string

  /** The attribute of that name, or undefined; none by itself. */
  attribute(name: string): Value | undefined
  attribute(): Value | undefined {
    return undefined
  }
}

/** A value that can be called. */
export abstract class Callable extends TemplateObject {
  abstract call(args: readonly Value[], kwargs: Dict, run: Run): Value
}

export type NativeCall = (args: readonly Value[], kwargs: Dict, run: Run) => Value

/** A function of the engine, such as `range`. */
export class NativeFunction extends Callable {
  readonly typeName: string
  readonly name: string
  readonly #call: NativeCall

  constructor(name: string, call: NativeCall, typeName = 'function') {
    super()
    this.name = name
    this.#call = call
    this.typeName = typeName
  }

  override call(args: readonly Value[], kwargs: Dict, run: Run): Value {
    return this.#call(args, kwargs, run)
  }

  override print(): string {
    return this.typeName === 'type' ? `<class '${this.name}'>` : `<function ${this.name}>`
  }
}

/** A method together with the value that it belongs to. */
export class BoundMethod extends Callable {
  readonly typeName = 'builtin_function_or_method'
  readonly name: string
  readonly #owner: string
  readonly #call: NativeCall

  constructor(name: string, owner: string, call: NativeCall) {
    super()
    this.name = name
    this.#owner = owner
    this.#call = call
  }

  override call(args: readonly Value[], kwargs: Dict, run: Run): Value {
    return this.#call(args, kwargs, run)
  }

  override print(): string {
    return `<built-in method ${this.name} of ${this.#owner} object>`
  }
}

/** Refuses what cannot be done with values of these types, as Python's TypeError and ValueError would. */
export function refuseValue(summary: string, hint?: string): never {
  return fail('TEMPLATE_FAILED', summary, { hint })
}
