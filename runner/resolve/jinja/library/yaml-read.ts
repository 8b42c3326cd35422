/**
 * YAML read as PyYAML's safe loader reads it: the library finds the structure, plain scalars are resolved by PyYAML's own rules (`yes` is
 * true, `1e3` is a string, `0o7` is one, `1:30` is 90).
 */
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml'
import type { Document, Node } from 'yaml'
import { isHashable, setItem } from '../../../value/equal.ts'
import { Dict, Float } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { refuseValue } from '../runtime/callable.ts'
import { readTimestamp } from '../../../value/timestamp.ts'
import { normalize } from '../runtime/numbers.ts'
import { typeName } from '../runtime/type.ts'

const MAX_DEPTH = 200
const MAX_NODES = 200_000

/** The value of a text of one document. Refuses text that is no YAML or holds several. */
export function parseYaml(text: string): Value {
  const documents = documentsOf(text)
  if (documents.length > 1) return refuseValue('the input holds more than one YAML document')
  return documents[0] === undefined ? null : documentValue(documents[0])
}

/** The values of all documents of a text. */
export function parseYamlAll(text: string): Value[] {
  return documentsOf(text).map(documentValue)
}

function documentsOf(text: string): Document.Parsed[] {
  const parsed = parseAllDocuments(text, { version: '1.1', schema: 'failsafe', uniqueKeys: false, logLevel: 'silent', keepSourceTokens: false })
  const documents = Array.isArray(parsed) ? parsed : []
  for (const document of documents) {
    const [error] = document.errors
    if (error !== undefined) return refuseValue(`the input is not YAML: ${error.message.split('\n')[0]!.replace(/:$/, '')}`)
  }
  return documents
}

function documentValue(document: Document.Parsed): Value {
  const budget = { nodes: 0 }
  return nodeValue(document.contents, document, budget, 0)
}

function nodeValue(node: unknown, document: Document, budget: { nodes: number }, depth: number): Value {
  // Aliases make a small text large.
  if (++budget.nodes > MAX_NODES || depth > MAX_DEPTH) return refuseValue('the YAML of the input is too large or nested too deep')
  if (node === null || node === undefined) return null
  if (isAlias(node)) return nodeValue(node.resolve(document), document, budget, depth + 1)
  if (isScalar(node)) return scalarValue(node)
  if (isSeq(node)) {
    checkTag(node, ['seq', 'omap', 'pairs'])
    return node.items.map((item) => nodeValue(item, document, budget, depth + 1))
  }
  if (!isMap(node)) return refuseValue('the YAML of the input is not understood')
  checkTag(node, ['map', 'set'])
  const dict = new Dict()
  const merged: Dict[] = []
  for (const pair of node.items) {
    const key = nodeValue(pair.key, document, budget, depth + 1)
    const value = nodeValue(pair.value, document, budget, depth + 1)
    const isMerge = isScalar(pair.key) && pair.key.type === 'PLAIN' && pair.key.source === '<<'
    if (isMerge) merged.push(...mergedDicts(value))
    else if (!isHashable(key)) return refuseValue(`found unhashable key in YAML: ${typeName(key)}`)
    else setItem(dict, key, value)
  }
  if (merged.length === 0) return dict
  const all = new Dict()
  for (const each of merged.reverse()) for (const [key, value] of each) setItem(all, key, value)
  for (const [key, value] of dict) setItem(all, key, value)
  return all
}

function mergedDicts(value: Value): Dict[] {
  if (value instanceof Dict) return [value]
  if (Array.isArray(value)) return value.map((each) => (each instanceof Dict ? each : refuseValue('expected a mapping for merging')))
  return refuseValue('expected a mapping or list of mappings for merging')
}

function checkTag(node: Node, known: readonly string[]): void {
  const tag = node.tag?.replace(/^(?:!!|tag:yaml\.org,2002:)/, '')
  if (tag !== undefined && tag !== '!' && !known.includes(tag)) refuseValue(`could not determine a constructor for the YAML tag '${node.tag}'`)
}

function scalarValue(node: { value: unknown; type?: string | undefined; source?: string | undefined; tag?: string | undefined }): Value {
  const text = typeof node.value === 'string' ? node.value : (node.source ?? '')
  const tag = node.tag?.replace(/^(?:!!|tag:yaml\.org,2002:)/, '')
  if (tag === undefined || tag === '') return node.type === 'PLAIN' || node.type === undefined ? resolvePlain(text) : text
  if (tag === 'str' || tag === '!') return text
  const value = resolvePlain(text)
  if (tag === 'int' || tag === 'float' || tag === 'bool' || tag === 'null' || tag === 'timestamp') return value
  if (tag === 'binary') return Buffer.from(text, 'base64').toString('utf8')
  if (tag === 'vault' || tag === '!vault' || tag === '!unsafe') return text
  return refuseValue(`could not determine a constructor for the YAML tag '${node.tag}'`)
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map(
  (['yes', 'on', 'true'] as const)
    .flatMap((word) => cases(word).map((each): [string, boolean] => [each, true]))
    .concat((['no', 'off', 'false'] as const).flatMap((word) => cases(word).map((each): [string, boolean] => [each, false]))),
)

function cases(word: string): string[] {
  return [word, word[0]!.toUpperCase() + word.slice(1), word.toUpperCase()]
}

const INTEGER = /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/
const FLOAT =
  /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

/** What PyYAML makes of a plain scalar. */
function resolvePlain(text: string): Value {
  if (/^(?:~|null|Null|NULL|)$/.test(text)) return null
  const boolean = BOOLEANS.get(text)
  if (boolean !== undefined) return boolean
  if (INTEGER.test(text)) return readInteger(text)
  if (FLOAT.test(text)) return new Float(readFloat(text))
  return readTimestamp(text) ?? text
}

/** Whether PyYAML reads a plain scalar as text. */
export function isPlainText(text: string): boolean {
  return typeof resolvePlain(text) === 'string' && text !== '=' && text !== '<<' && readTimestamp(text) === undefined
}

function readInteger(text: string): Value {
  const isNegative = text.startsWith('-')
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '')
  let value: bigint
  if (digits.includes(':')) value = digits.split(':').reduce((total, part) => total * 60n + BigInt(part), 0n)
  else if (/^0[0-7]+$/.test(digits)) value = BigInt(`0o${digits.slice(1)}`)
  else value = digits === '' || digits.length > 4300 ? 0n : BigInt(digits)
  return normalize(isNegative ? -value : value)
}

function readFloat(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1
  const body = text.replace(/^[-+]/, '').replaceAll('_', '').toLowerCase()
  if (body === '.inf') return sign * Infinity
  if (body === '.nan') return NaN
  if (body.includes(':')) return sign * body.split(':').reduce((total, part) => total * 60 + Number(part), 0)
  return sign * Number(body)
}
