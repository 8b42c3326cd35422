/** Macros, namespaces, imported templates, cyclers and joiners. */
import { print, repr } from '../../../value/print.ts'
import { Dict, Tuple, Undefined } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import type { TemplateSource } from '../locate.ts'
import type { Macro, Statement } from '../syntax/ast.ts'
import { Callable, NativeFunction, refuseValue, TemplateObject } from './callable.ts'
import { evaluate } from './evaluate.ts'
import type { Frame } from './frame.ts'
import type { Run } from './run.ts'

/** What a body has printed, and whether that was made as text on purpose (see `givesText`). */
export interface Collected {
  readonly value: Value
  readonly isText: () => boolean
}

type CollectBody = (body: readonly Statement[], frame: Frame) => Collected

/** What `{% macro %}` and the body of `{% call %}` define. */
export class MacroFunction extends Callable {
  readonly typeName = 'Macro'
  readonly #macro: Macro
  readonly #frame: Frame
  readonly #source: TemplateSource
  readonly #render: CollectBody
  #gaveText = (): boolean => false

  constructor(macro: Macro, frame: Frame, source: TemplateSource, render: CollectBody) {
    super()
    this.#macro = macro
    this.#frame = frame
    this.#source = source
    this.#render = render
  }

  override call(args: readonly Value[], kwargs: Dict, run: Run): Value {
    const frame = this.#bind(args, kwargs)
    return run.deeper(() => run.within(this.#source, () => this.#fill(frame)))
  }

  /** Whether the text that the last call gave is text on purpose. */
  get gaveText(): boolean {
    return this.#gaveText()
  }

  override attribute(name: string): Value | undefined {
    switch (name) {
      case 'name':
        return this.#macro.name
      case 'arguments':
        return new Tuple(this.#macro.parameters.map((each) => each.name))
      case 'caller':
        return this.#macro.readsCaller
      case 'catch_kwargs':
        return this.#macro.readsKwargs
      case 'catch_varargs':
        return this.#macro.readsVarargs
      default:
        return undefined
    }
  }

  override print(): string {
    return `<Macro ${repr(this.#macro.name)}>`
  }

  #bind(args: readonly Value[], kwargs: Dict): Frame {
    const { name, parameters, body, readsCaller, readsKwargs, readsVarargs } = this.#macro
    const frame = this.#frame.child(body)
    args.slice(0, parameters.length).forEach((value, index) => frame.set(parameters[index]!.name, value))
    if (readsVarargs) frame.set('varargs', new Tuple(args.slice(parameters.length)))
    else if (args.length > parameters.length) refuseValue(`macro '${name}' takes not more than ${parameters.length} argument(s)`)
    const extra = new Dict()
    for (const [key, value] of kwargs) {
      const keyword = print(key)
      const index = parameters.findIndex((each) => each.name === keyword)
      if (index >= 0) {
        if (index < args.length) refuseValue(`macro '${name}' got multiple values for argument '${keyword}'`)
        frame.set(keyword, value)
      } else if (keyword === 'caller' && readsCaller) frame.set('caller', value)
      else if (readsKwargs && keyword !== 'caller') extra.set(keyword, value)
      else refuseValue(`macro '${name}' takes no keyword argument '${keyword}'`)
    }
    if (readsKwargs) frame.set('kwargs', extra)
    if (readsCaller && !frame.variables.has('caller')) frame.set('caller', new Undefined('caller', 'No caller defined'))
    return frame
  }

  #fill(frame: Frame): Value {
    for (const { name, default: fallback } of this.#macro.parameters) {
      if (frame.variables.has(name)) continue
      frame.set(name, fallback === undefined ? new Undefined(name, `parameter '${name}' was not provided`) : evaluate(fallback, frame))
    }
    const { value, isText } = this.#render(this.#macro.body, frame)
    this.#gaveText = isText
    return value
  }
}

/** `namespace(a=1)`: what `{% set ns.a = 2 %}` may change from within a loop. */
export class Namespace extends TemplateObject {
  readonly typeName = 'Namespace'
  readonly #values: Dict

  constructor(values: Dict) {
    super()
    this.#values = values
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value)
  }

  override attribute(name: string): Value | undefined {
    return this.#values.get(name)
  }

  override print(): string {
    return `<Namespace ${repr(this.#values)}>`
  }
}

/** What `{% import 'x' as m %}` gives: what the template has set at its top, but for names that start with an underline. */
export class TemplateModule extends TemplateObject {
  readonly typeName = 'TemplateModule'
  readonly name: string
  readonly #top: Frame
  readonly #text: string

  constructor(name: string, top: Frame, text: string) {
    super()
    this.name = name
    this.#top = top
    this.#text = text
  }

  override attribute(name: string): Value | undefined {
    return name.startsWith('_') ? undefined : this.#top.variables.get(name)
  }

  override print(): string {
    return this.#text
  }
}

/** `cycler('odd', 'even')`. */
export class Cycler extends TemplateObject {
  readonly typeName = 'Cycler'
  readonly #items: readonly Value[]
  #at = 0

  constructor(items: readonly Value[]) {
    super()
    if (items.length === 0) refuseValue('at least one item has to be provided')
    this.#items = items
  }

  override attribute(name: string): Value | undefined {
    if (name === 'current') return this.#items[this.#at]!
    if (name === 'next') return new NativeFunction('next', () => this.#next())
    if (name === 'reset') return new NativeFunction('reset', () => this.#reset())
    return undefined
  }

  override print(): string {
    return '<Cycler>'
  }

  #next(): Value {
    const item = this.#items[this.#at]!
    this.#at = (this.#at + 1) % this.#items.length
    return item
  }

  #reset(): null {
    this.#at = 0
    return null
  }
}

/** `joiner(', ')`: nothing at the first call, the separator at each one after. */
export class Joiner extends Callable {
  readonly typeName = 'Joiner'
  readonly #separator: Value
  #used = false

  constructor(separator: Value) {
    super()
    this.#separator = separator
  }

  override call(): Value {
    const text = this.#used ? this.#separator : ''
    this.#used = true
    return text
  }

  override print(): string {
    return '<Joiner>'
  }
}
