/** The values of a YAML text, as PyYAML's safe loader gives them. */
import { isAlias, isCollection, isMap, isScalar, isSeq, type Document, type Node, type Scalar } from 'yaml'
import { isHashable, setItem } from '../../../value/equal.ts'
import { Dict } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { refuseValue } from '../runtime/callable.ts'
import { MAX_YAML_DEPTH, YamlDocuments } from '../../../value/yaml-documents.ts'
import { readTagged, resolvePlainScalar } from '../../../value/yaml-scalar.ts'
import { typeName } from '../runtime/type.ts'
import { orElse } from '../runtime/undefined.ts'

const MAX_NODES = 200_000
const CORE_TAG = /^(?:!!|tag:yaml\.org,2002:)/

/** The value of a text of one document. Refuses text that is no YAML or holds several. */
export function parseYaml(text: string): Value {
  const values = parseYamlAll(text)
  return values.length > 1 ? refuseValue('the input holds more than one YAML document') : (values[0] ?? null)
}

/** The values of all documents of a text. */
export function parseYamlAll(text: string): Value[] {
  const read = new YamlDocuments(text)
  const [fault] = read.faults
  if (fault) return refuseValue(`the input is not YAML: ${fault.summary}`)
  const budget = { nodes: 0 }
  return read.documents.map((document) => nodeValue(document.contents, { read, document, budget, anchored: new Map() }, 0))
}

interface Reading {
  readonly read: YamlDocuments
  readonly document: Document
  readonly budget: { nodes: number }
  /** What the nodes with anchors became: an alias is the same object. */
  readonly anchored: Map<Node, Value>
}

function nodeValue(node: unknown, reading: Reading, depth: number): Value {
  // Aliases make a small text large.
  if (++reading.budget.nodes > MAX_NODES || depth > MAX_YAML_DEPTH) return refuseValue('the YAML of the input is too large or nested too deep')
  if (node === null || node === undefined) return null
  if (isAlias(node)) {
    const target = node.resolve(reading.document)
    return orElse(target && reading.anchored.get(target), () => nodeValue(target, reading, depth + 1))
  }
  const value = ownValue(node, reading, depth)
  if ((isCollection(node) || isScalar(node)) && node.anchor !== undefined) reading.anchored.set(node, value)
  return value
}

function ownValue(node: unknown, reading: Reading, depth: number): Value {
  if (isScalar(node)) return scalarValue(node, reading.read.textOf(node))
  if (isSeq(node)) {
    checkTag(node, ['seq', 'omap', 'pairs'])
    return node.items.map((item) => nodeValue(item, reading, depth + 1))
  }
  if (!isMap(node)) return refuseValue('the YAML of the input is not understood')
  checkTag(node, ['map', 'set'])
  const dict = new Dict()
  const merged: Dict[] = []
  for (const pair of node.items) {
    const key = nodeValue(pair.key, reading, depth + 1)
    const value = nodeValue(pair.value, reading, depth + 1)
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
  const tag = node.tag?.replace(CORE_TAG, '')
  if (tag !== undefined && tag !== '!' && !known.includes(tag)) refuseValue(`could not determine a constructor for the YAML tag '${node.tag}'`)
}

function scalarValue({ tag: written, type }: Scalar, text: string): Value {
  const tag = written?.replace(CORE_TAG, '')
  if (tag === undefined || tag === '') return type === 'PLAIN' || type === undefined ? resolvePlainScalar(text) : text
  if (tag === 'str' || tag === 'vault' || tag === '!vault' || tag === '!unsafe') return text
  const value = readTagged(tag === '!' ? 'any' : tag, text)
  return value === undefined ? refuseValue(`could not determine a constructor for the YAML tag '${written}'`) : value
}
