/** Variables in Ansible's order of precedence, and the scope in which a host's templates are evaluated. */
import { DiagnosticError, fail } from '../diagnostic/diagnostic.ts'
import { LazyDict } from '../value/lazy-dict.ts'
import { Dict, NotedDict, RawDict, Template, Tuple, UnknownValueError, Vaulted, type Raw, type TextType, type Value, type Written } from '../value/value.ts'
import type { Jinja, Scope } from './jinja/index.ts'
import type { Answer } from './lookup/index.ts'
import { PastUnknown } from './past-unknown.ts'
import { Pending } from './pending.ts'

/** The levels, from the weakest to the strongest, as Ansible's documentation lists them. */
export const LEVELS = [
  'role defaults',
  'inventory group vars',
  'inventory group_vars/all',
  'playbook group_vars/all',
  'inventory group_vars',
  'playbook group_vars',
  'inventory host vars',
  'inventory host_vars',
  'playbook host_vars',
  'facts',
  'play vars',
  'vars_prompt',
  'vars_files',
  'role vars',
  'block vars',
  'task vars',
  'include_vars',
  'set_fact and register',
  'role params',
  'include params',
  'extra vars',
  // Stronger than what Ansible's documentation lists: the loop's own variables and the result that a condition judges.
  'loop',
  'magic',
] as const

/** Which type text has that comes from a host, or from the runner itself; all else is written in YAML. */
const TEXT_TYPES: Partial<Record<(typeof LEVELS)[number], TextType>> = {
  facts: 'AnsibleUnsafeText',
  vars_prompt: 'str',
  'set_fact and register': 'AnsibleUnsafeText',
  loop: 'str',
  magic: 'str',
}

export type Level = (typeof LEVELS)[number]

/** What the variables of one host are, level by level. Within a level later maps win. */
export class Variables {
  readonly #levels = new Map<Level, ReadonlyMap<Value, Raw>[]>()
  readonly #merge: boolean

  /** `merge`: a mapping is merged with those of the same name below it, the stronger winning key by key. */
  constructor(merge = false) {
    this.#merge = merge
  }

  add(level: Level, variables: ReadonlyMap<Value, Raw>): void {
    const maps = this.#levels.get(level)
    if (maps) maps.push(variables)
    else this.#levels.set(level, [variables])
  }

  /** The strongest value of a name; templates in it are not evaluated. */
  get(name: string): Raw | undefined {
    let merged: RawDict | Dict | undefined
    for (let index = LEVELS.length - 1; index >= 0; index--) {
      const maps = this.#levels.get(LEVELS[index]!)
      if (!maps) continue
      for (let at = maps.length - 1; at >= 0; at--) {
        const value = maps[at]!.get(name)
        if (value === undefined) continue
        if (!this.#merge || !isMapping(value)) return merged ?? value
        merged = merged ? mergedMapping(value, merged) : value
      }
    }
    return merged
  }

  /** The strongest value of a name, and the type of the text in it. */
  written(name: string): Written | undefined {
    const raw = this.get(name)
    if (raw === undefined) return undefined
    for (const level of LEVELS.toReversed()) {
      const map = this.#levels.get(level)?.findLast((each) => each.get(name) !== undefined)
      if (map) return (map instanceof NotedDict ? map.written(name) : undefined) ?? { raw, text: TEXT_TYPES[level] ?? 'AnsibleUnicode' }
    }
    return undefined
  }

  names(): Set<string> {
    const names = new Set<string>()
    for (const maps of this.#levels.values()) for (const map of maps) for (const name of map.keys()) if (typeof name === 'string') names.add(name)
    return names
  }
}

function isMapping(value: Raw): value is RawDict | Dict {
  return value instanceof RawDict || (value instanceof Dict && !(value instanceof LazyDict))
}

function mergedMapping(weak: RawDict | Dict, strong: RawDict | Dict): RawDict {
  const merged = new RawDict(weak)
  for (const [key, value] of strong) {
    const below = merged.get(key)
    merged.set(key, below !== undefined && isMapping(below) && isMapping(value) ? mergedMapping(below, value) : value)
  }
  return merged
}

/** How deep templates may refer to variables that hold templates. */
const MAX_TEMPLATE_DEPTH = 100

/** Evaluates templates with the variables of one host at one task. Values are remembered: make a new one after a change. */
export class Evaluator implements Scope {
  readonly #jinja: Jinja
  readonly #variables: Variables
  readonly #values = new Map<string, Value>()
  readonly #open: string[] = []
  /** What lookups fetched while this evaluates. */
  readonly answers = new Map<string, Answer>()

  constructor(jinja: Jinja, variables: Variables) {
    this.#jinja = jinja
    this.#variables = variables
  }

  get(name: string): Value | undefined {
    const known = this.#values.get(name)
    if (known !== undefined) return known
    const raw = this.#variables.get(name)
    if (raw === undefined) return name === 'vars' ? this.#written() : undefined
    if (this.#open.includes(name)) {
      fail('RECURSIVE_TEMPLATE', `the variable '${name}' is made of itself: ${[...this.#open.slice(this.#open.indexOf(name)), name].join(' → ')}`, {
        range: raw instanceof Template ? raw.range : undefined,
      })
    }
    if (this.#open.length >= MAX_TEMPLATE_DEPTH) fail('LIMIT_EXCEEDED', `templates refer to each other more than ${MAX_TEMPLATE_DEPTH} levels deep`)
    this.#open.push(name)
    try {
      const value = this.value(raw)
      this.#values.set(name, value)
      return value
    } finally {
      this.#open.pop()
    }
  }

  names(): Iterable<string> {
    return this.#variables.names()
  }

  /** The same variables where types are not native, whatever the setting: for templates that are text. */
  get textual(): Evaluator {
    const { textual } = this.#jinja
    return textual === this.#jinja ? this : this.withJinja(textual, this.#variables)
  }

  protected withJinja(jinja: Jinja, variables: Variables): Evaluator {
    return new Evaluator(jinja, variables)
  }

  /**
   * A variable as `hostvars` shows it: a template in it that uses something undefined stays as it is written.
   *
   * @throws as `get` does, but for what is undefined.
   */
  lenient(name: string): Value | undefined {
    try {
      return this.get(name)
    } catch (error) {
      if (!isUndefinedVariable(error)) throw error
      return this.#lenientValue(this.#variables.get(name)!)
    }
  }

  #lenientValue(raw: Raw): Value {
    if (Array.isArray(raw)) return raw.map((item) => this.#lenientValue(item))
    if (raw instanceof RawDict) return new Dict([...raw].map(([key, item]) => [key, this.#lenientValue(item)]))
    try {
      return this.value(raw)
    } catch (error) {
      if (isUndefinedVariable(error)) return asWritten(raw)
      throw error
    }
  }

  /** The variable `vars`: all others, their templates as they are written, as Ansible has it. */
  #written(): Dict {
    return new LazyDict(
      () => this.#variables.names(),
      (name) => {
        const raw = this.#variables.get(name)
        return raw === undefined ? undefined : asWritten(raw)
      },
      { written: (name) => this.written(name), givesOneObject: true },
    )
  }

  /** A value with all templates in it evaluated. */
  value(raw: Raw): Value {
    if (raw instanceof Template) return this.#jinja.templateValue(raw, this)
    if (raw instanceof Vaulted) return raw.reveal()
    if (raw instanceof Tuple || (raw instanceof Dict && raw.constructor === Dict)) return withoutTuples(raw)
    if (Array.isArray(raw)) {
      const list: Value[] = []
      return this.#each(raw, (item) => list.push(this.value(item)), list)
    }
    if (raw instanceof RawDict) {
      const dict = new Dict()
      return this.#each(raw, ([key, item]) => dict.set(key, this.value(item)), dict)
    }
    return raw
  }

  #each<T, R>(items: Iterable<T>, add: (item: T) => void, whole: R): R {
    const past = new PastUnknown()
    return past.finish(() => {
      for (const item of items) past.attempt(() => add(item))
      return whole
    })
  }

  /** An expression without markers, as in `when`. */
  expression(template: Template): Value {
    return this.#jinja.evaluate(template, this)
  }

  /** The truth of an expression, as `when` asks for it. Nothing is no condition. */
  condition(template: Template): boolean {
    return template.text === '' || this.#jinja.condition(template, this)
  }

  written(name: string): Written | undefined {
    return this.#variables.written(name) ?? (name === 'vars' ? { raw: this.#written(), text: 'AnsibleUnicode' } : undefined)
  }

  /** The type that the text has which a template gives, as `type_debug` tells it. */
  textType(template: Template): TextType {
    try {
      return this.#jinja.textType(template, this)
    } catch (error) {
      // What has to be fetched is not fetched once more for that, and what cannot be found out is plain text.
      if (error instanceof Pending || error instanceof DiagnosticError || error instanceof UnknownValueError) return 'str'
      throw error
    }
  }

  /** Whether a variable's value came through a template: text that a template printed keeps being text when it is printed alone. */
  origin(name: string): 'value' | 'template' | 'text' {
    const raw = this.#variables.get(name)
    if (!(raw instanceof Template)) return this.written(name)?.text === 'NativeJinjaText' ? 'text' : 'value'
    return this.#jinja.gaveText(raw) ? 'text' : 'template'
  }

  /** Like `value`, but what is not defined, or in a dry run not known, answers undefined (names of tasks, which are then left as they are). */
  valueIfDefined(raw: Raw): Value | undefined {
    try {
      return this.value(raw)
    } catch (error) {
      if (error instanceof DiagnosticError || error instanceof UnknownValueError) return undefined
      throw error
    }
  }
}

/** A tuple that a variable holds is a list where it is read, as in Ansible. */
function withoutTuples(value: Value): Value {
  if (value instanceof Tuple) return value.items.map(withoutTuples)
  if (Array.isArray(value)) return value.map(withoutTuples)
  if (!(value instanceof Dict) || value.constructor !== Dict) return value
  return new Dict([...value].map(([key, item]) => [key, withoutTuples(item)]))
}

/** A value with the text of each template in its place. */
function asWritten(raw: Raw): Value {
  if (raw instanceof Template) return raw.text
  if (raw instanceof Vaulted) return raw.reveal()
  if (Array.isArray(raw)) return raw.map(asWritten)
  return raw instanceof RawDict ? new Dict([...raw].map(([key, item]) => [key, asWritten(item)])) : raw
}

function isUndefinedVariable(error: unknown): boolean {
  return error instanceof DiagnosticError && error.first.code === 'UNDEFINED_VARIABLE'
}
