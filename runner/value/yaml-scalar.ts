/**
 * What PyYAML makes of scalars: YAML 1.1 as Ansible users know it. The `yaml` package's own schema differs: here `y` and `n` are text, `1e3` is
 * text, `1.0` stays a float.
 */
import { readTimestamp } from './timestamp.ts'
import { Float, type Value } from './value.ts'

const NULL = /^(?:~|null|Null|NULL|)$/
const BOOLEAN = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/
const TRUE = /^(?:yes|true|on)$/i
const INTEGER = /^[-+]?(?:0b_*[01][01_]*|0[0-7_]+|(?:0|[1-9][0-9_]*)|0x_*[0-9a-fA-F][0-9a-fA-F_]*|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/
const FLOAT =
  /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

/** What PyYAML makes of a plain scalar. */
export function resolvePlainScalar(text: string): Value {
  if (NULL.test(text)) return null
  if (BOOLEAN.test(text)) return TRUE.test(text)
  if (INTEGER.test(text)) return integer(text)
  if (FLOAT.test(text)) return new Float(float(text))
  return readTimestamp(text) ?? text
}

function integer(text: string): number | bigint {
  const digits = text.replace(/_/g, '')
  const negative = digits.startsWith('-')
  const unsigned = digits.replace(/^[-+]/, '')
  let value: bigint
  if (unsigned.includes(':')) value = unsigned.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n)
  else if (/^0[0-7]+$/.test(unsigned)) value = BigInt(`0o${unsigned.slice(1)}`)
  else value = BigInt(unsigned)
  if (negative) value = -value
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

function float(text: string): number {
  const digits = text.replace(/_/g, '').toLowerCase()
  if (digits.endsWith('.inf')) return digits.startsWith('-') ? -Infinity : Infinity
  if (digits.endsWith('.nan')) return Number.NaN
  if (digits.includes(':')) {
    const sign = digits.startsWith('-') ? -1 : 1
    return (
      sign *
      digits
        .replace(/^[-+]/, '')
        .split(':')
        .reduce((sum, part) => sum * 60 + Number(part), 0)
    )
  }
  return Number(digits)
}

/** Whether a plain scalar of this text is text. */
export function isPlainText(text: string): boolean {
  return typeof resolvePlainScalar(text) === 'string' && text !== '=' && text !== '<<'
}

/** The value of a scalar with a tag of YAML's own, named without its prefix (`any` is `!`); undefined for another tag, and for text that is none. */
export function readTagged(type: string, text: string): Value | undefined {
  return READ_AS.get(type)?.(text)
}

/** Whether there is such a tag for scalars. */
export function isScalarTag(type: string): boolean {
  return READ_AS.has(type)
}

const READ_AS: ReadonlyMap<string, (text: string) => Value | undefined> = new Map<string, (text: string) => Value | undefined>(
  Object.entries({
    any: resolvePlainScalar,
    null: () => null,
    bool: (text) => (BOOLEAN.test(text) ? TRUE.test(text) : undefined),
    int: (text) => (INTEGER.test(text) ? integer(text) : undefined),
    timestamp: readTimestamp,
    // The text that the bytes are.
    binary: (text) => Buffer.from(text, 'base64').toString('utf8'),
    float: (text) => (FLOAT.test(text) || INTEGER.test(text) ? new Float(float(text)) : undefined),
  }),
)
