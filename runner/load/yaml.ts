/** YAML as Ansible's loader reads it, with the source range of every node. */
import { isAlias, isMap, isPair, isScalar, isSeq, visit, type Alias, type Document, type Node as YamlNode, type Pair, type Scalar } from 'yaml'
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { SourceFile, SourceRange } from '../diagnostic/source.ts'
import { DateTime } from '../value/date-time.ts'
import { print } from '../value/print.ts'
import { Dict, Float, hasTemplateMarkers, NotedDict, Template, Vaulted, type Raw, type Value } from '../value/value.ts'
import { MAX_YAML_DEPTH, YamlDocuments } from '../value/yaml-documents.ts'
import { isScalarTag, readTagged, resolvePlainScalar } from '../value/yaml-scalar.ts'
import { Vault } from './vault/vault.ts'

export interface ScalarNode {
  readonly kind: 'scalar'
  /** Templates are made here and nowhere else. */
  readonly value: Raw
  /** Marked as data: `!unsafe`. */
  readonly unsafe?: boolean
  readonly range: SourceRange
}

interface ListNode {
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

/** A value as the node that it would be if it were written at a place. */
export function nodeOf(value: Value, range: SourceRange): Node {
  if (Array.isArray(value)) return { kind: 'list', items: value.map((item) => nodeOf(item, range)), range }
  if (!(value instanceof Dict)) return { kind: 'scalar', value, range }
  const entries = [...value].map(([key, item]) => ({ key: print(key), keyValue: key, keyRange: range, value: nodeOf(item, range) }))
  return { kind: 'map', entries, range }
}

/** How many nodes an aliased document may expand to. */
const MAX_NODES = 1_000_000
const TOO_LARGE = `YAML nests deeper than ${MAX_YAML_DEPTH} levels or holds more than ${MAX_NODES} nodes`

/**
 * Parses the only document of a file. An empty file is null. Faults are thrown together; warnings (a key that stands
 * twice: the last wins, as in PyYAML) go to `warn`. `vault` decrypts what has the tag `!vault`, once it is used.
 */
export function parseYaml(file: SourceFile, warn: (diagnostic: Diagnostic) => void, vault = new Vault([])): Node {
  const read = new YamlDocuments(file.text)
  const [document, second] = read.documents
  const faults = read.faults.map(({ kind, summary, start, end }): Diagnostic => {
    const range = { file, start, end }
    if (kind === 'depth') return { code: 'LIMIT_EXCEEDED', severity: 'error', summary: TOO_LARGE, range }
    return { code: 'YAML_SYNTAX', severity: 'error', summary, range, hint: syntaxHint(file, start) }
  })
  if (second && faults.length === 0) {
    const start = read.original(second.range[0])
    faults.push({
      code: 'YAML_SYNTAX',
      severity: 'error',
      summary: 'a second YAML document begins here, where one is expected',
      range: { file, start, end: start },
    })
  }
  if (faults.length > 0) throw new DiagnosticError(faults)
  if (!document?.contents) return { kind: 'scalar', value: null, range: { file, start: 0, end: 0 } }
  return new Converter(file, read, document, warn, vault).convert(document.contents, 0)
}

class Converter {
  #nodes = 0
  readonly #file: SourceFile
  /** What each alias stands for. */
  readonly #targets = new Map<Alias, YamlNode>()
  readonly #warn: (diagnostic: Diagnostic) => void
  readonly #vault: Vault
  readonly #documents: YamlDocuments
  constructor(file: SourceFile, documents: YamlDocuments, document: Document.Parsed, warn: (diagnostic: Diagnostic) => void, vault: Vault) {
    this.#file = file
    this.#documents = documents
    this.#vault = vault
    this.#warn = warn
    const anchors = new Map<string, YamlNode>()
    visit(document, {
      Value: (_key, node) => {
        if (node.anchor !== undefined) anchors.set(node.anchor, node)
      },
      Alias: (_key, alias) => {
        const target = anchors.get(alias.source)
        if (target) this.#targets.set(alias, target)
      },
    })
  }

  /** `at` is where a value would stand that is left out; text in an `unsafe` node is never a template. */
  convert(node: YamlNode | null, depth: number, at?: SourceRange, unsafe = false): Node {
    const range = node?.range ? this.#range(node.range[0], node.range[1]) : (at ?? { file: this.#file, start: 0, end: 0 })
    if (depth > MAX_YAML_DEPTH || ++this.#nodes > MAX_NODES) {
      throw new DiagnosticError({ code: 'LIMIT_EXCEEDED', severity: 'error', summary: TOO_LARGE, range })
    }
    if (node === null) return { kind: 'scalar', value: null, range }
    if (isAlias(node)) {
      const target = this.#targets.get(node)
      if (!target)
        throw new DiagnosticError({ code: 'YAML_SYNTAX', severity: 'error', summary: `no anchor named '${node.source}' stands before this alias`, range })
      return this.convert(target, depth + 1, range, unsafe)
    }
    if (isScalar(node))
      return { kind: 'scalar', value: this.#scalar(node as Scalar<string>, range, unsafe), ...((unsafe || node.tag === UNSAFE) && { unsafe: true }), range }
    const data = unsafe || node.tag === UNSAFE
    if (isMap(node)) {
      this.#checkTag(node.tag, 'map', range)
      return { kind: 'map', entries: this.#entries(node.items as Pair<YamlNode, YamlNode | null>[], depth, data), range }
    }
    if (isSeq(node)) {
      if (!PAIRS.includes(CORE_TAG.exec(node.tag ?? '')?.[1] ?? '')) this.#checkTag(node.tag, 'seq', range)
      return { kind: 'list', items: node.items.map((item) => this.#item(item as YamlNode | Pair<YamlNode, YamlNode | null> | null, depth, data)), range }
    }
    throw new DiagnosticError({ code: 'YAML_SYNTAX', severity: 'error', summary: 'this YAML cannot be read', range })
  }

  #range(start: number, end: number): SourceRange {
    return { file: this.#file, start: this.#documents.original(start), end: this.#documents.original(end) }
  }

  /** An item of a list; of a list of pairs (`!!omap`) a list of two. */
  #item(item: YamlNode | Pair<YamlNode, YamlNode | null> | null, depth: number, unsafe: boolean): Node {
    if (!isPair(item)) return this.convert(item, depth + 1, undefined, unsafe)
    const key = this.convert(item.key, depth + 2, undefined, unsafe)
    return { kind: 'list', items: [key, this.convert(item.value, depth + 2, key.range, unsafe)], range: key.range }
  }

  /** Merged entries come first, of several sources the last one's, as in PyYAML; a key that stands again keeps its place. */
  #entries(pairs: readonly Pair<YamlNode, YamlNode | null>[], depth: number, unsafe: boolean): MapEntry[] {
    const merged: MapEntry[] = []
    const own = new Map<Value, MapEntry>()
    for (const pair of pairs) {
      const key = this.convert(pair.key, depth + 1)
      const value = this.convert(pair.value, depth + 1, key.range, unsafe)
      if (key.kind !== 'scalar' || key.value instanceof Vaulted) {
        throw new DiagnosticError({
          code: 'WRONG_TYPE',
          severity: 'error',
          summary: key.kind === 'scalar' ? 'a key cannot be encrypted' : 'a key has to be text or a number',
          range: key.range,
          hint: key.kind === 'map' ? QUOTE_TEMPLATE : undefined,
        })
      }
      if (key.value === '<<' && (pair.key as Scalar).type === 'PLAIN') {
        merged.push(...mergedEntries(value))
        continue
      }
      // Keys are text as written: only set_fact evaluates the names that it is given.
      const keyValue = key.value instanceof Template ? key.value.text : (key.value as Value)
      const sameKey = pythonKey(keyValue)
      const before = own.get(sameKey)
      // `1`, `1.0` and `true` are one key; it stays as it was written first.
      const entry: MapEntry = { key: print(before?.keyValue ?? keyValue), keyValue: before?.keyValue ?? keyValue, keyRange: key.range, value }
      if (before !== undefined) {
        this.#warn({ code: 'DUPLICATE_KEY', severity: 'warning', summary: `the key '${entry.key}' stands twice; the last one counts`, range: key.range })
      }
      own.set(sameKey, entry)
    }
    const all = new Map<Value, MapEntry>()
    for (const entry of [...merged, ...own.values()]) all.set(pythonKey(entry.keyValue), entry)
    return [...all.values()]
  }

  #scalar(node: Scalar<string>, range: SourceRange, unsafe: boolean): Raw {
    const text = this.#documents.textOf(node)
    const { tag } = node
    if (tag === UNSAFE) return text
    if (tag !== undefined && VAULT_TAGS.includes(tag)) {
      return new Vaulted(text, range, () => {
        const plain = this.#vault.decrypt(text, 'this value', range).toString('utf8')
        this.#vault.reveal(plain)
        return plain
      })
    }
    const asText = (): Raw => (hasTemplateMarkers(text) && !unsafe ? new Template(text, range) : text)
    if (tag === undefined) return node.type === 'PLAIN' && !hasTemplateMarkers(text) ? resolvePlainScalar(text) : asText()
    const type = tag === '!' ? 'any' : CORE_TAG.exec(tag)?.[1]
    if (type === 'str') return asText()
    if (type === undefined || !isScalarTag(type)) this.#refuseTag(tag, range)
    const value = readTagged(type, text)
    if (value === undefined) throw new DiagnosticError({ code: 'WRONG_TYPE', severity: 'error', summary: `'${text}' cannot be read as !!${type}`, range })
    return value
  }

  #checkTag(tag: string | undefined, type: 'map' | 'seq', range: SourceRange): void {
    if (tag !== undefined && tag !== UNSAFE && tag !== '!' && CORE_TAG.exec(tag)?.[1] !== type) this.#refuseTag(tag, range)
  }

  #refuseTag(tag: string, range: SourceRange): never {
    throw new DiagnosticError({
      code: 'UNSUPPORTED_VALUE',
      severity: 'error',
      summary: `the YAML tag '${tag.replace(CORE_TAG, '!!$1')}' is not supported`,
      range,
    })
  }
}

/** Marks text, and all text in a list or a mapping, as data: Ansible's own tag. */
const UNSAFE = '!unsafe'
/** Mark text that is encrypted. */
const VAULT_TAGS = ['!vault', '!vault-encrypted']
const CORE_TAG = /^tag:yaml\.org,2002:(.*)$/

/** Lists of mappings with one entry each. */
const PAIRS = ['omap', 'pairs']

/** Keys that are equal in Python, as one. */
function pythonKey(key: Value): Value {
  if (typeof key === 'boolean') return key ? 1 : 0
  if (key instanceof Float) return Number.isInteger(key.value) ? key.value : `\0float ${key.value}`
  return key instanceof DateTime ? `\0date ${key.print()}` : key
}

const QUOTE_TEMPLATE = 'A value that begins with {{ has to stand in quotes: "{{ … }}".'

/** What `<<` adds: the entries of a mapping, or of a list of them, of which the first is the strongest. */
function mergedEntries(value: Node): MapEntry[] {
  const sources = value.kind === 'list' ? value.items.toReversed() : [value]
  return sources.flatMap((source) => {
    if (source.kind === 'map') return source.entries
    throw new DiagnosticError({ code: 'WRONG_TYPE', severity: 'error', summary: "'<<' takes a mapping or a list of mappings", range: source.range })
  })
}

/** A node as a value that may still hold templates. */
export function toRaw(node: Node): Raw {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(toRaw)
  const dict = new NotedDict()
  for (const { keyValue, value } of node.entries) {
    dict.set(keyValue, toRaw(value))
    if (value.kind === 'scalar' && value.unsafe) dict.note(keyValue, 'AnsibleUnsafeText')
  }
  return dict
}

/** What a mapping has under a key. */
export function entryOf(node: Node | undefined, key: string): MapEntry | undefined {
  return node?.kind === 'map' ? node.entries.find((entry) => entry.key === key) : undefined
}

/** The node at a path of keys and indexes below a node, or the deepest one that exists on the way. */
export function nodeAt(node: Node, path: readonly PropertyKey[]): { node: Node; keyRange: SourceRange | undefined } {
  let at = node
  let keyRange: SourceRange | undefined
  for (const step of path) {
    if (at.kind === 'map') {
      const entry = entryOf(at, String(step))
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

function syntaxHint(file: SourceFile, offset: number): string | undefined {
  const line = file.line(file.position(offset).line)
  if (/:\s*\{\{/.test(line)) return QUOTE_TEMPLATE
  if (/^\s*\t/.test(line)) return 'Indent with spaces; YAML refuses tabs.'
  return undefined
}
