/** The types of values, as Python names them in messages. */
import { DateTime } from '../../../value/date-time.ts'
import { Dict, DictView, Float, Tuple, Undefined, Unknown } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { TemplateObject } from './callable.ts'
import { NamedTuple } from './named-tuple.ts'

/** `int`, `str`, `NoneType`, … */
export function typeName(value: Value): string {
  if (value === null) return 'NoneType'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number' || typeof value === 'bigint') return 'int'
  if (typeof value === 'string') return 'str'
  if (value instanceof Float) return 'float'
  if (value instanceof DictView) return value.typeName
  if (Array.isArray(value)) return 'list'
  if (value instanceof Dict) return 'dict'
  if (value instanceof Tuple) return value instanceof NamedTuple ? value.typeName : 'tuple'
  if (value instanceof Undefined) return 'AnsibleUndefined'
  if (value instanceof Unknown) return 'unknown'
  if (value instanceof DateTime) return value.typeName
  return value instanceof TemplateObject ? value.typeName : 'object'
}

/** How a message about a missing attribute names the thing that lacks it: `dict object`, `None`. */
export function describeObject(value: Value): string {
  return value === null ? 'None' : `${typeName(value)} object`
}
