/** What may hold templates, as a value that shows it as it is written. */
import { Dict, RawDict, Template, Vaulted, type Raw, type Value } from './value.ts'

/** Templates become their text, and what is encrypted stays so. */
export function asWritten(raw: Raw): Value {
  if (raw instanceof Template) return raw.text
  if (raw instanceof Vaulted) return Dict.of({ __ansible_vault: raw.cipherText })
  if (Array.isArray(raw)) return raw.map(asWritten)
  if (raw instanceof RawDict) return new Dict([...raw].map(([key, item]) => [key, asWritten(item)]))
  return raw
}
