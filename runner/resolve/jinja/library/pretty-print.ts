/** Python's `pprint.pformat`: keys sorted, one entry a line where a value does not fit. */
import { print, repr } from '../../../value/print.ts'
import { Dict, Tuple } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { compareText } from '../../../value/text.ts'

const WIDTH = 80

export function prettyPrint(value: Value): string {
  return pretty(value, 0, 0)
}

/** `column` is where the value starts, `after` how many characters follow on its last line. */
function pretty(value: Value, column: number, after: number): string {
  const flat = repr(sorted(value))
  if (flat.length <= WIDTH - column - after) return flat
  const inner = column + 1
  const separator = `,\n${' '.repeat(inner)}`
  if (value instanceof Dict && value.size > 0) {
    const entries = sortedEntries(value)
    const lines = entries.map(([key, item], index) => {
      const head = `${repr(key)}: `
      return head + pretty(item, inner + head.length, index === entries.length - 1 ? after + 1 : 1)
    })
    return `{${lines.join(separator)}}`
  }
  const items = Array.isArray(value) ? value : value instanceof Tuple ? value.items : []
  if (items.length === 0) return flat
  const lines = items.map((item, index) => pretty(item, inner, index === items.length - 1 ? after + 1 : 1))
  return Array.isArray(value) ? `[${lines.join(separator)}]` : `(${lines.join(separator)}${items.length === 1 ? ',' : ''})`
}

function sorted(value: Value): Value {
  if (value instanceof Dict) return new Dict(sortedEntries(value).map(([key, item]) => [key, sorted(item)]))
  if (Array.isArray(value)) return value.map(sorted)
  return value instanceof Tuple ? new Tuple(value.items.map(sorted)) : value
}

function sortedEntries(dict: Dict): [Value, Value][] {
  return [...dict].sort(([a], [b]) => compareText(print(a), print(b)))
}
