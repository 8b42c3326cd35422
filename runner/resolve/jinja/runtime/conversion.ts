/** What a template's printed pieces become: a text, or a value of another type. */
import { print } from '../../../value/print.ts'
import { Dict, Tuple, Undefined } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { checkUsable } from './iterate.ts'
import { isLiteral, readJsonLiteral, readLiteral } from './literal.ts'
import type { Output } from './output.ts'
import { isLenient } from './undefined.ts'

/**
 * - `text`: text, always: a file.
 * - `literals`: text that looks like a list or a dict, or is `True` or `False`, becomes that: a value of a playbook.
 * - `native`: a value that is the only thing printed stays as it is, and text becomes what it is a literal of: a value of a playbook with Ansible's
 *   `jinja2_native`.
 */
export type Conversion = 'text' | 'literals' | 'native'

/** What `{{ … }}` prints of a value: nothing for None, unless `printsNone`. */
export function printed(value: Value, printsNone: boolean): string {
  if (typeof value === 'string') return value
  if (isLenient(value) || (value === null && !printsNone)) return ''
  return print(value)
}

/** What was printed, as the conversion has it. A list or dict that is the only thing printed is passed on as it is. */
export function converted(out: Output, conversion: Conversion): Value {
  const { only } = out
  switch (conversion) {
    case 'text':
      return out.text()
    case 'literals':
      if (only !== undefined && (Array.isArray(only.value) || only.value instanceof Dict) && isLiteral(only.value)) return only.value
      return unlessText(out, literalOf)
    case 'native': {
      if (out.isEmpty) return null
      if (only !== undefined && typeof only.value !== 'string') {
        checkDefined(only.value)
        return only.value
      }
      return unlessText(out, nativeOf)
    }
  }
}

/** Whether text would become another value: where it did not, it was made as text on purpose. */
export function readsAsValue(text: string, conversion: Conversion): boolean {
  return conversion !== 'text' && (conversion === 'native' ? nativeOf : literalOf)(text) !== text
}

/** The printed text read as a value, unless it is text on purpose. */
function unlessText(out: Output, read: (text: string) => Value): Value {
  const { only } = out
  const text = out.text()
  const value = read(text)
  return value !== text && only?.isText() === true ? text : value
}

/** Text that looks like a list or a dict, or is `True` or `False`, as that value. */
function literalOf(text: string): Value {
  if (text !== 'True' && text !== 'False' && !text.startsWith('{') && !text.startsWith('[')) return text
  return readJsonLiteral(text) ?? text
}

/** Text as what it is a Python literal of. A string keeps quotes around it. */
function nativeOf(text: string): Value {
  const value = readLiteral(text)
  if (value === undefined) return text
  return typeof value === 'string' ? text[0]! + value + text[0]! : value
}

/** Refuses a value that is undefined, or holds one that is. */
function checkDefined(value: Value): void {
  if (Array.isArray(value)) value.forEach(checkDefined)
  else if (value instanceof Tuple) value.items.forEach(checkDefined)
  else if (value instanceof Dict) for (const item of value.values()) checkDefined(item)
  else if (value instanceof Undefined && !isLenient(value)) checkUsable(value)
}
