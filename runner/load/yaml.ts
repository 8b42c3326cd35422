/**
 * YAML as PyYAML's safe loader reads it (YAML 1.1 as Ansible users know it), with the source range of every node.
 *
 * The `yaml` package parses; which plain scalar is a number, a boolean or text is decided here, since its own YAML 1.1
 * schema differs from PyYAML's (`y` and `n` are text, `1e3` is text, `1.0` stays a float).
 */
import {
  Composer,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Parser,
  visit,
  type Alias,
  type CST,
  type Document,
  type Node as YamlNode,
  type Pair,
  type Scalar,
} from 'yaml'
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { SourceFile, SourceRange } from '../diagnostic/source.ts'
import { DateTime } from '../value/date-time.ts'
import { print } from '../value/print.ts'
import { readTimestamp } from '../value/timestamp.ts'
import { Float, hasTemplateMarkers, NotedDict, Template, Vaulted, type Raw, type Value } from '../value/value.ts'
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

/** How deep nodes may nest, and how many an aliased document may expand to. */
const MAX_DEPTH = 200
const MAX_NODES = 1_000_000
const TOO_LARGE = `YAML nests deeper than ${MAX_DEPTH} levels or holds more than ${MAX_NODES} nodes`

/**
 * Parses the only document of a file. An empty file is null. Faults are thrown together; warnings (a key that stands
 * twice: the last wins, as in PyYAML) go to `warn`. `vault` decrypts what has the tag `!vault`, once it is used.
 */
export function parseYaml(file: SourceFile, warn: (diagnostic: Diagnostic) => void, vault = new Vault([])): Node {
  const documents = readDocuments(file)
  const whole: SourceRange = { file, start: 0, end: 0 }
  const faults: Diagnostic[] = []
  for (const document of documents) {
    for (const error of document.errors) {
      const range = { file, start: error.pos[0], end: error.pos[1] }
      faults.push({ code: 'YAML_SYNTAX', severity: 'error', summary: error.message, range, hint: syntaxHint(file, error.pos[0]) })
    }
  }
  if (documents.length > 1 && faults.length === 0) {
    const start = documents[1]!.range[0]
    faults.push({
      code: 'YAML_SYNTAX',
      severity: 'error',
      summary: 'a second YAML document begins here, where one is expected',
      range: { file, start, end: start },
    })
  }
  if (faults.length > 0) throw new DiagnosticError(faults)
  const document = documents[0]
  if (!document?.contents) return { kind: 'scalar', value: null, range: whole }
  return new Converter(file, document, warn, vault).convert(document.contents, 0)
}

/** The documents of a file. Composing calls itself for every level of nesting, so that the levels are counted before. */
function readDocuments(file: SourceFile): Document.Parsed[] {
  const tokens = [...new Parser().parse(file.text)]
  const deep = tokens.map(firstBelowLimit).find((token) => token !== undefined)
  if (deep) throw new DiagnosticError({ code: 'LIMIT_EXCEEDED', severity: 'error', summary: TOO_LARGE, range: { file, start: deep.offset, end: deep.offset } })
  return [...new Composer({ schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' }).compose(tokens)] as Document.Parsed[]
}

/** A token that nests deeper than is allowed. */
function firstBelowLimit(root: CST.Token): CST.Token | undefined {
  let level: CST.Token[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return level[0]
    level = level
      .flatMap((token) => ('items' in token ? token.items.flatMap(({ key, value }) => [key, value]) : token.type === 'document' ? [token.value] : []))
      .filter((token) => token != null)
  }
  return undefined
}

class Converter {
  #nodes = 0
  readonly #file: SourceFile
  /** What each alias stands for. */
  readonly #targets = new Map<Alias, YamlNode>()
  readonly #warn: (diagnostic: Diagnostic) => void
  readonly #vault: Vault
  constructor(file: SourceFile, document: Document.Parsed, warn: (diagnostic: Diagnostic) => void, vault: Vault) {
    this.#file = file
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
    const range = node?.range ? { file: this.#file, start: node.range[0], end: node.range[1] } : (at ?? { file: this.#file, start: 0, end: 0 })
    if (depth > MAX_DEPTH || ++this.#nodes > MAX_NODES) {
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
    // What has a tag that the library knows is read by it already: its text is asked for.
    const text = typeof node.value === 'string' ? node.value : (node.source ?? '')
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
    const read = type === undefined ? undefined : READ_AS[type]
    if (!read) this.#refuseTag(tag, range)
    const value = read(text)
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

/** How a text is read that has a tag of YAML's own; undefined where it is no such thing. */
const READ_AS: Readonly<Record<string, (text: string) => Value | undefined>> = {
  any: resolvePlainScalar,
  null: () => null,
  bool: (text) => (BOOLEAN.test(text) ? TRUE.test(text) : undefined),
  int: (text) => (INTEGER.test(text) ? integer(text) : undefined),
  timestamp: readTimestamp,
  // The text that the bytes are.
  binary: (text) => Buffer.from(text, 'base64').toString('utf8'),
  float: (text) => (FLOAT.test(text) || INTEGER.test(text) ? new Float(float(text)) : undefined),
}

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
