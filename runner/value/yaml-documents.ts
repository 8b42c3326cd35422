/** The structure of a YAML text, as libyaml finds it: its documents, and where they stand. The `yaml` package parses. */
import { Composer, Parser, type CST, type Document, type Scalar } from 'yaml'
import { indentFlow } from './yaml-indentation.ts'

/** How deep nodes may nest. */
export const MAX_YAML_DEPTH = 200

/** What is wrong with a text, and where, in UTF-16 units. */
export interface YamlFault {
  readonly kind: 'syntax' | 'depth'
  readonly summary: string
  readonly start: number
  readonly end: number
}

/** What libyaml lets pass: a comment close behind a quote, a bracket or the beginning of a block. */
const UNSEPARATED_COMMENT = 'Comments must be separated from other tokens by white space characters'

export class YamlDocuments {
  readonly documents: readonly Document.Parsed[]
  /** Nothing may be made of the documents where there are any. */
  readonly faults: readonly YamlFault[]
  readonly #text: string
  readonly #original: (offset: number) => number

  constructor(text: string) {
    this.#text = text
    let composed = compose(text)
    const indented = composed.faults.length > 0 ? indentFlow(text) : undefined
    if (indented) composed = compose(indented.text)
    this.#original = indented?.original ?? ((offset) => offset)
    this.documents = composed.documents
    this.faults = composed.faults.map((fault) => ({ ...fault, start: this.original(fault.start), end: this.original(fault.end) }))
  }

  /** Where a place that a node names is in the text. */
  original(offset: number): number {
    return this.#original(offset)
  }

  /** The text of a scalar. */
  textOf({ value, source, type, range }: Scalar): string {
    // What has a tag that the library knows is read by it already.
    const text = typeof value === 'string' ? value : (source ?? '')
    const isBlock = type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED'
    // To a block whose last line has no end, at the end of the text, libyaml adds none.
    return isBlock && this.original(range![1]) === this.#text.length && /\S.*$/.test(this.#text) ? text.replace(/\n$/, '') : text
  }
}

/** Composing calls itself for every level of nesting, so that the levels are counted before. */
function compose(text: string): { readonly documents: readonly Document.Parsed[]; readonly faults: readonly YamlFault[] } {
  const tokens = [...new Parser().parse(text)]
  const deep = tokens.map(firstBelowLimit).find((token) => token !== undefined)
  if (deep)
    return { documents: [], faults: [{ kind: 'depth', summary: `YAML nests deeper than ${MAX_YAML_DEPTH} levels`, start: deep.offset, end: deep.offset }] }
  const documents = [...new Composer({ schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' }).compose(tokens)] as Document.Parsed[]
  const errors = documents.flatMap((document) => document.errors).filter(({ message }) => message !== UNSEPARATED_COMMENT)
  return { documents, faults: errors.map(({ message, pos: [start, end] }) => ({ kind: 'syntax', summary: message, start, end })) }
}

/** A token that nests deeper than is allowed. */
function firstBelowLimit(root: CST.Token): CST.Token | undefined {
  let level: CST.Token[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_YAML_DEPTH) return level[0]
    level = level
      .flatMap((token) => ('items' in token ? token.items.flatMap(({ key, value }) => [key, value]) : token.type === 'document' ? [token.value] : []))
      .filter((token) => token != null)
  }
  return undefined
}
