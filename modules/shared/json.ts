/** Values as Python's `json.dumps` writes them. */
import { param } from '../../runner/module.ts'

/**
 * One line, with a space after commas and colons, all but ASCII escaped. The engine's numbers that are neither integers nor
 * strings here (floats, integers beyond 2^53) are printed as Python prints them.
 */
export function pythonJson(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value === 'string')
    return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => (unit === '\u007f' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`))
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`
  // The engine's numbers are no plain objects.
  if (typeof value !== 'object' || !(value instanceof Map || Object.getPrototypeOf(value) === Object.prototype)) return param.string().parse(value)
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value)
  return `{${entries.map(([key, each]) => `${pythonJson(String(key))}: ${pythonJson(each)}`).join(', ')}}`
}
