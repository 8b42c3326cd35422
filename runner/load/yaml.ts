/**
 * YAML as PyYAML's safe loader reads it (YAML 1.1 as Ansible users know it), with the source range of every node.
 *
 * The `yaml` package parses; which plain scalar is a number, a boolean or text is decided here, since its own YAML 1.1
 * schema differs from PyYAML's (`y` and `n` are text, `1e3` is text, `1.0` stays a float).
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node as YamlNode, type Pair, type Scalar } from 'yaml'
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { SourceFile, SourceRange } from '../diagnostic/source.ts'
import { print } from '../value/print.ts'
import { Float, hasTemplateMarkers, RawDict, Template, type Raw, type Value } from '../value/value.ts'

export interface ScalarNode {
  readonly kind: 'scalar'
  /** Templates are made here and nowhere else. */
  readonly value: Raw
  readonly range: SourceRange
}

export interface ListNode {
  readonly kind: 'list'
  readonly items: readonly Node[]
  readonly range: SourceRange
}

export interface MapEntry {
  /** Keys are text in every file that Playline reads; other keys keep their type in `keyValue`. */
  readonly key: string
  readonly keyValue: Value
  readonly keyRange: SourceRange
  readonly value: Node
}

export interface MapNode {
  readonly kind: 'map'
  readonly entries: readonly MapEntry[]
  readonly range: SourceRange
}

export type Node = ScalarNode | ListNode | MapNode

/** How deep nodes may nest, and how many an aliased document may expand to. */
const MAX_DEPTH = 200
const MAX_NODES = 1_000_000

/**
 * Parses the only document of a file. An empty file is null. Faults are thrown together; warnings (a key that stands
 * twice: the last wins, as in PyYAML) go to `warn`.
 */
export function parseYaml(file: SourceFile, warn: (diagnostic: Diagnostic) => void): Node {
  const lineCounter = new LineCounter()
  const documents = parseAllDocuments(file.text, { schema: 'failsafe', uniqueKeys: false, lineCounter, keepSourceTokens: false, stringKeys: false, logLevel: 'silent' })
  const whole: SourceRange = { file, start: 0, end: 0 }
  if (!Array.isArray(documents) || documents.length === 0) return { kind: 'scalar', value: null, range: whole }
  const list = documents as Document.Parsed[]
  const faults: Diagnostic[] = []
  for (const document of list) {
    for (const error of document.errors) {
      const range = { file, start: error.pos[0], end: error.pos[1] }
      faults.push({ code: 'YAML_SYNTAX', severity: 'error', summary: syntaxSentence(error.message), range, hint: syntaxHint(file, error.pos[0]) })
    }
  }
  if (list.length > 1 && faults.length === 0) {
    const start = list[1]!.range[0]
    faults.push({ code: 'YAML_SYNTAX', severity: 'error', summary: 'a second YAML document begins here, where one is expected', range: { file, start, end: start } })
  }
  if (faults.length > 0) throw new DiagnosticError(faults)
  const document = list[0]!
  if (document.contents === null) return { kind: 'scalar', value: null, range: whole }
  return new Converter(file, document, warn).convert(document.contents, 0)
}

class Converter {
  #nodes = 0
  readonly #file: SourceFile
  readonly #document: Document.Parsed
  readonly #warn: (diagnostic: Diagnostic) => void
  constructor(file: SourceFile, document: Document.Parsed, warn: (diagnostic: Diagnostic) => void) {
    this.#file = file
    this.#document = document
    this.#warn = warn
  }

  convert(node: YamlNode | null, depth: number, at?: SourceRange): Node {
    const range = node?.range ? { file: this.#file, start: node.range[0], end: node.range[1] } : (at ?? { file: this.#file, start: 0, end: 0 })
    if (depth > MAX_DEPTH || ++this.#nodes > MAX_NODES) {
      throw new DiagnosticError({ code: 'LIMIT_EXCEEDED', severity: 'error', summary: `YAML nests deeper than ${MAX_DEPTH} levels or holds more than ${MAX_NODES} nodes`, range })
    }
    if (node === null) return { kind: 'scalar', value: null, range }
    if (isAlias(node)) {
      const target = node.resolve(this.#document)
      if (!target) throw new DiagnosticError({ code: 'YAML_SYNTAX', severity: 'error', summary: `no anchor named '${node.source}' stands before this alias`, range })
      return this.convert(target, depth + 1, range)
    }
    if (isMap(node)) return { kind: 'map', entries: this.#entries(node.items as Pair<YamlNode, YamlNode | null>[], depth), range }
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => this.convert(item as YamlNode | null, depth + 1, range)), range }
    }
    if (isScalar(node)) return { kind: 'scalar', value: this.#scalar(node as Scalar<string>, range), range }
    throw new DiagnosticError({ code: 'YAML_SYNTAX', severity: 'error', summary: 'this YAML cannot be read', range })
  }

  #entries(pairs: readonly Pair<YamlNode, YamlNode | null>[], depth: number): MapEntry[] {
    const byKey = new Map<Value, MapEntry>()
    const merged = new Map<Value, MapEntry>()
    for (const pair of pairs) {
      const key = this.convert(pair.key, depth + 1)
      const value = this.convert(pair.value, depth + 1, key.range)
      if (key.kind !== 'scalar' || key.value instanceof Template) {
        throw new DiagnosticError({
          code: 'WRONG_TYPE',
          severity: 'error',
          summary: key.kind === 'scalar' ? 'a key cannot be a template' : 'a key has to be text or a number',
          range: key.range,
          hint: 'A value that begins with {{ has to stand in quotes: "{{ … }}".',
        })
      }
      if (key.value === '<<') {
        for (const source of value.kind === 'list' ? value.items : [value]) {
          if (source.kind === 'map') for (const entry of source.entries) if (!merged.has(entry.keyValue)) merged.set(entry.keyValue, entry)
        }
        continue
      }
      const keyValue = key.value as Value
      const entry: MapEntry = { key: print(keyValue), keyValue, keyRange: key.range, value }
      if (byKey.has(keyValue)) {
        this.#warn({ code: 'DUPLICATE_KEY', severity: 'warning', summary: `the key '${entry.key}' stands twice; the last one counts`, range: key.range })
      }
      byKey.set(keyValue, entry)
    }
    const own = [...byKey.values()]
    return [...[...merged.values()].filter((entry) => !byKey.has(entry.keyValue)), ...own]
  }

  #scalar(node: Scalar<string>, range: SourceRange): Raw {
    const text = typeof node.value === 'string' ? node.value : ''
    const plain = node.type === 'PLAIN' || node.type === undefined
    switch (node.tag) {
      case undefined:
      case '?':
        break
      case '!unsafe':
        return text
      case '!':
      case 'tag:yaml.org,2002:str':
        return hasTemplateMarkers(text) ? new Template(text, range) : text
      case 'tag:yaml.org,2002:int':
      case 'tag:yaml.org,2002:float':
      case 'tag:yaml.org,2002:bool':
      case 'tag:yaml.org,2002:null':
        return resolvePlainScalar(text)
      default:
        throw new DiagnosticError({
          code: 'UNSUPPORTED_VALUE',
          severity: 'error',
          summary: `the YAML tag '${node.tag}' is not supported`,
          range,
          ...(node.tag === '!vault' && { hint: 'Vault-encrypted values are not supported yet; read the secret with a lookup instead.' }),
        })
    }
    if (plain && !hasTemplateMarkers(text)) return resolvePlainScalar(text)
    return hasTemplateMarkers(text) ? new Template(text, range) : text
  }
}

const NULL = /^(?:~|null|Null|NULL|)$/
const BOOLEAN = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/
const TRUE = /^(?:yes|true|on)$/i
const INTEGER = /^[-+]?(?:0b[0-1_]+|0[0-7_]+|(?:0|[1-9][0-9_]*)|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/
const FLOAT = /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

/** What PyYAML makes of a plain scalar. Timestamps stay text: that is how they print. */
export function resolvePlainScalar(text: string): Value {
  if (NULL.test(text)) return null
  if (BOOLEAN.test(text)) return TRUE.test(text)
  if (INTEGER.test(text)) return integer(text)
  if (FLOAT.test(text)) return new Float(float(text))
  return text
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
    return sign * digits.replace(/^[-+]/, '').split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  }
  return Number(digits)
}

/** A node as a value that may still hold templates. */
export function toRaw(node: Node): Raw {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(toRaw)
  const dict = new RawDict()
  for (const entry of node.entries) dict.set(entry.keyValue, toRaw(entry.value))
  return dict
}

/** The node at a path of keys and indexes below a node, or the deepest one that exists on the way. */
export function nodeAt(node: Node, path: readonly PropertyKey[]): { node: Node; keyRange: SourceRange | undefined } {
  let at = node
  let keyRange: SourceRange | undefined
  for (const step of path) {
    if (at.kind === 'map') {
      const entry = at.entries.find((each) => each.key === String(step))
      if (!entry) break
      keyRange = entry.keyRange
      at = entry.value
    } else if (at.kind === 'list') {
      const item = at.items[Number(step)]
      if (!item) break
      at = item
    } else break
  }
  return { node: at, keyRange }
}

/** The parser's words, without the excerpt that it appends. */
function syntaxSentence(message: string): string {
  return message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')
}

function syntaxHint(file: SourceFile, offset: number): string | undefined {
  const line = file.line(file.position(offset).line)
  if (/:\s*\{\{/.test(line)) return 'A value that begins with {{ has to stand in quotes: "{{ … }}".'
  if (/^\s*\t/.test(line)) return 'Indent with spaces; YAML refuses tabs.'
  return undefined
}
