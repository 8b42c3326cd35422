/** The values of a run that must not be shown, in every form in which they might turn up. */
import type { Value } from '../value/value.ts'
import { Dict, Float, Tuple } from '../value/value.ts'

export const MASK = '********'

/** Shorter values are masked only where they stand alone: masking every "a" of a text would hide nothing and garble all. */
const MIN_EMBEDDED_LENGTH = 4

export class Secrets {
  readonly #values = new Set<string>()
  readonly #forms = new Set<string>()
  #pattern: RegExp | undefined

  /** Registers a value; of lists and mappings every leaf. Booleans, nulls and empty text are no secrets. */
  add(value: Value): void {
    if (typeof value === 'string') this.#addText(value)
    else if (typeof value === 'number' || typeof value === 'bigint') this.#addText(String(value))
    else if (value instanceof Float) this.#addText(String(value.value))
    else if (Array.isArray(value)) for (const item of value) this.add(item)
    else if (value instanceof Tuple) for (const item of value.items) this.add(item)
    else if (value instanceof Dict) for (const item of value.values()) this.add(item)
  }

  /**
   * Registers what a filter made of a secret. Texts that were there before (a filter that only picks), texts in which the secret
   * is still to be seen, and so is masked, and the names of keys, such as the `value` of `dict2items`, are left as they are.
   */
  derive(inputs: readonly Value[], output: Value): void {
    if (!inputs.some((input) => this.isInValue(input))) return
    const known = new Set(inputs.flatMap((input) => textsOf(input, true)))
    for (const text of textsOf(output, false)) if (text.length >= MIN_EMBEDDED_LENGTH && !known.has(text) && !this.isIn(text)) this.#addText(text)
  }

  /** True where a text holds a secret in any form. */
  isIn(text: string): boolean {
    if (this.#values.has(text)) return true
    const pattern = this.#compiled()
    if (!pattern) return false
    pattern.lastIndex = 0
    return pattern.test(text)
  }

  /** True where a value, or a leaf of it, holds a secret. */
  isInValue(value: Value): boolean {
    if (typeof value === 'string') return this.isIn(value)
    if (typeof value === 'number' || typeof value === 'bigint') return this.#values.has(String(value))
    if (Array.isArray(value)) return value.some((item) => this.isInValue(item))
    if (value instanceof Tuple) return value.items.some((item) => this.isInValue(item))
    if (value instanceof Dict) return [...value.entries()].some(([key, item]) => this.isInValue(key) || this.isInValue(item))
    return false
  }

  /** The text with every secret replaced by asterisks. */
  mask(text: string): string {
    if (this.#values.has(text)) return MASK
    const pattern = this.#compiled()
    return pattern ? text.replace(pattern, MASK) : text
  }

  #addText(text: string): void {
    const trimmed = text.trim()
    if (trimmed === '' || this.#values.has(text)) return
    for (const form of new Set([text, trimmed])) {
      this.#values.add(form)
      if (form.length >= MIN_EMBEDDED_LENGTH) for (const each of formsOf(form)) if (each.length >= MIN_EMBEDDED_LENGTH) this.#forms.add(each)
    }
    // A text of several lines (a key, a certificate) is shown line by line in a diff.
    for (const line of text.split('\n')) if (line.trim().length >= 8) this.#forms.add(line.trim())
    this.#pattern = undefined
  }

  #compiled(): RegExp | undefined {
    if (this.#forms.size === 0) return undefined
    this.#pattern ??= new RegExp(
      [...this.#forms]
        .sort((a, b) => b.length - a.length)
        .map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
        .join('|'),
      'g',
    )
    return this.#pattern
  }
}

/** All texts in a value, with or without the keys of mappings. */
function textsOf(value: Value, withKeys: boolean): string[] {
  if (typeof value === 'string') return [value]
  const parts = value instanceof Tuple ? value.items : value instanceof Dict ? [...(withKeys ? value.keys() : []), ...value.values()] : value
  return Array.isArray(parts) ? parts.flatMap((part) => textsOf(part as Value, withKeys)) : []
}

/**
 * The forms in which a value travels: as it is, in JSON, in Python's repr, quoted for a shell, in a URL, in base64 at each
 * alignment; and each of these as it stands in JSON.
 */
function formsOf(text: string): string[] {
  const forms = [
    text,
    inJson(text),
    text.replace(/\\/g, '\\\\').replace(/'/g, "\\'"),
    text.replace(/'/g, `'\\''`),
    text.replace(/'/g, `'"'"'`),
    encodeURIComponent(text),
    encodeURIComponent(text).replace(/%20/g, '+'),
    ...base64Forms(text),
  ]
  return [...forms, ...forms.map(inJson)]
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** What is the same of a base64 text whatever stands before and after the value. */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length < 6) return [bytes.toString('base64')]
  const forms = [bytes.toString('base64'), bytes.toString('base64url')]
  for (const shift of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes])
    // Of the first group the bits of what stands before are unknown, of the last those of what follows.
    const whole = shifted.toString('base64').replace(/=+$/, '')
    const begin = shift === 0 ? 0 : shift + 1
    const end = Math.floor((shifted.length * 8) / 6)
    const inner = whole.slice(begin, end)
    forms.push(inner, inner.replace(/\+/g, '-').replace(/\//g, '_'))
  }
  return forms
}
