/**
 * The values that flow through a run: what YAML, Jinja2 expressions, facts and results are made of.
 *
 * A JavaScript string is always data, never a template (see `Template`). A JavaScript number is always an integer, so
 * that `6/2` (a float) and `3` (an int) stay apart as in Python and YAML.
 */
import type { SourceRange } from '../diagnostic/source.ts'

/** A value of a run. Lists are arrays, mappings are `Dict`s, integers beyond 2^53 are bigints. */
export type Value = null | boolean | number | bigint | string | Float | Value[] | Tuple | Dict | Undefined | Unknown | Opaque

/** A mapping. Keys keep their type and their order, as in Python. */
export class Dict extends Map<Value, Value> {
  /** Builds a Dict with string keys, in the order given. Entries that are `undefined` are left out. */
  static of(entries: Readonly<Record<string, Value | undefined>>): Dict {
    const dict = new Dict()
    for (const [key, value] of Object.entries(entries)) if (value !== undefined) dict.set(key, value)
    return dict
  }
}

/** What a dict's `items()`, `keys()` and `values()` give: a list to walk, but none to index or to add to. */
export class DictView extends Array<Value> {
  /** What is made of it is a plain list. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }

  readonly typeName: 'dict_items' | 'dict_keys' | 'dict_values'

  constructor(typeName: DictView['typeName'], items: Iterable<Value>) {
    super()
    this.typeName = typeName
    for (const item of items) this.push(item)
  }
}

/** A floating-point number, kept apart from integers. */
export class Float {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
}

/** A Python tuple: it prints with parentheses and is otherwise a list. */
export class Tuple {
  readonly items: readonly Value[]
  constructor(items: readonly Value[]) {
    this.items = items
  }
}

/** What a missing variable, attribute or item evaluates to. Using it, other than asking whether it is defined, is an error. */
export class Undefined {
  /** What is missing, as a person would name it: `'foo' is undefined`, `'dict object' has no attribute 'bar'`. */
  readonly reason: string
  /** The missing name alone, for "did you mean". */
  readonly name: string
  constructor(name: string, reason = `'${name}' is undefined`) {
    this.name = name
    this.reason = reason
  }
}

/** A value that a dry run cannot know, because it depends on a task that did not really run. */
export class Unknown {
  /** Why, as a clause: `TASK [install packages] has not run`. Always names the task that it comes from. */
  readonly cause: string
  constructor(cause: string) {
    this.cause = cause
  }
}

/** A value that lives only inside an expression: a macro, a namespace, a lookup function. It never leaves a template. */
export abstract class Opaque {
  /** How Python would print it. */
  abstract print(): string
}

/** Thrown when evaluation touches an `Unknown`; the task that evaluates becomes unknown with the same cause. */
export class UnknownValueError extends Error {
  readonly unknown: Unknown
  constructor(unknown: Unknown) {
    super(`unknown: ${unknown.cause}`)
    this.name = 'UnknownValueError'
    this.unknown = unknown
  }
}

/**
 * Text from a trusted file that has template markers, with where it stands. Only `load` makes templates; whatever comes
 * from a host, the cloud or a lookup is a string and is never evaluated.
 */
export class Template {
  readonly text: string
  readonly range: SourceRange
  constructor(text: string, range: SourceRange) {
    this.text = text
    this.range = range
  }
}

/** Text that a file holds encrypted (`!vault`). It is decrypted where it is first used, and is then data, never a template. */
export class Vaulted {
  readonly range: SourceRange
  /** As it stands in the file, encrypted. */
  readonly cipherText: string
  readonly #decrypt: () => string
  #text: string | undefined
  constructor(cipherText: string, range: SourceRange, decrypt: () => string) {
    this.cipherText = cipherText
    this.range = range
    this.#decrypt = decrypt
  }

  /** The plain text, which is a secret of the run. @throws {DiagnosticError} VAULT_FAILED */
  reveal(): string {
    return (this.#text ??= this.#decrypt())
  }
}

/** A value as a file holds it: templates are not evaluated yet, what is encrypted is not decrypted. */
export type Raw = Exclude<Value, Value[] | Dict> | Template | Vaulted | Raw[] | RawDict

/** Which of Python's types a text has in Ansible: by where it comes from. Only `type_debug` tells. */
export type TextType = 'str' | 'AnsibleUnicode' | 'AnsibleUnsafeText' | 'NativeJinjaText'

/** A variable as it is written, and the type of the text in it. */
export interface Written {
  readonly raw: Raw
  readonly text: TextType
}

/** A mapping whose values may hold templates. */
export class RawDict extends Map<Value, Raw> {}

/** A mapping that can tell how the value under a key is written. */
export interface Noted {
  written(key: Value): Written | undefined
}

/** Variables of which it is known how they are written, where their values do not tell. */
export class NotedDict extends RawDict implements Noted {
  #written: Map<Value, Written> | undefined

  /** How the value under a key is written, where that has been noted because the value does not tell. */
  written(key: Value): Written | undefined {
    return this.#written?.get(key)
  }

  /** Notes how the value under a key is written: what it was evaluated from, or itself, and the type of the text in it. */
  note(key: Value, text: TextType, raw: Raw = this.get(key) ?? null): void {
    this.#written ??= new Map()
    this.#written.set(key, { raw, text })
  }
}

/** True where text has markers that Jinja2 would act on. */
export function hasTemplateMarkers(text: string): boolean {
  return text.includes('{{') || text.includes('{%') || text.includes('{#')
}
