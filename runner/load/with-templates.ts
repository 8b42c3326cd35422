/** Values of a trusted source that is no YAML, such as an inventory. */
import type { SourceRange } from '../diagnostic/source.ts'
import { Dict, hasTemplateMarkers, RawDict, Template, type Raw, type Value } from '../value/value.ts'

/** The value, each text in it that has markers as a template. */
export function withTemplates(value: Value, range: SourceRange): Raw {
  if (typeof value === 'string') return hasTemplateMarkers(value) ? new Template(value, range) : value
  if (Array.isArray(value)) return value.map((item) => withTemplates(item, range))
  return value instanceof Dict ? new RawDict([...value].map(([key, item]) => [key, withTemplates(item, range)])) : value
}
