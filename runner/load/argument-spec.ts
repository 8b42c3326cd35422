/** A role's declared arguments: `meta/argument_specs.yml`, as Ansible's role argument validation has it. */
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { entryOf, toRaw, type MapNode, type Node } from './yaml.ts'
import { RawDict, Template, type Raw } from '../value/value.ts'

export interface ArgumentSpec {
  readonly type: string
  readonly required: boolean
  readonly choices: readonly Raw[] | undefined
  /** The type of a list's items. */
  readonly elements: string | undefined
  /** True where the value is a secret: it is masked wherever it would be shown. */
  readonly noLog: boolean
  /** What it is where it is not given, if that is no template. */
  readonly default: Raw | undefined
  /** Other names that it may be given by, within a mapping. */
  readonly aliases: readonly string[]
  /** Of a dict, or of a list of dicts. */
  readonly options: ReadonlyMap<string, ArgumentSpec> | undefined
  readonly rules: OptionRules
}

/** What is said of the options of a mapping together. */
export interface OptionRules {
  readonly mutuallyExclusive: readonly (readonly string[])[]
  readonly requiredTogether: readonly (readonly string[])[]
  readonly requiredOneOf: readonly (readonly string[])[]
  readonly requiredIf: readonly { readonly name: string; readonly value: Raw; readonly names: readonly string[]; readonly oneIsEnough: boolean }[]
  readonly requiredBy: readonly { readonly name: string; readonly names: readonly string[] }[]
}

const TYPES = new Set(['str', 'int', 'float', 'bool', 'list', 'dict', 'path', 'raw', 'jsonarg', 'json', 'bytes', 'bits'])

/** What a role declares of one of its entry points: a file in `tasks`, `main` where none is named. */
export interface EntryPoint {
  readonly shortDescription: string | undefined
  readonly options: ReadonlyMap<string, ArgumentSpec>
  /** The options as they are written. */
  readonly written: Raw
}

/** The declared entry points by name. */
export function readArgumentSpecs(node: Node | undefined): ReadonlyMap<string, EntryPoint> {
  if (node?.kind !== 'map') return new Map()
  return new Map(
    node.entries.map(({ key, value }): [string, EntryPoint] => {
      const options = child(value, 'options')
      const shortDescription = text(child(value, 'short_description'))
      return [key, { shortDescription, options: readOptions(options), written: options ? toRaw(options) : new RawDict() }]
    }),
  )
}

/** Options of an entry point, or of an argument that is a mapping. */
export function readOptions(node: Node | undefined): Map<string, ArgumentSpec> {
  return node?.kind === 'map' ? optionsOf(node) : new Map<string, ArgumentSpec>()
}

function optionsOf(node: MapNode): Map<string, ArgumentSpec> {
  const options = new Map<string, ArgumentSpec>()
  for (const entry of node.entries) {
    const spec = entry.value
    if (spec.kind !== 'map') fault(`the argument '${entry.key}' has to be a mapping`, spec)
    const type = text(child(spec, 'type')) ?? 'str'
    if (!TYPES.has(type)) fault(`'${type}' is not a type of argument`, child(spec, 'type')!)
    const choices = child(spec, 'choices')
    const nested = child(spec, 'options')
    options.set(entry.key, {
      type,
      required: isTrue(child(spec, 'required')),
      choices: choices?.kind === 'list' ? choices.items.map(toRaw) : undefined,
      elements: text(child(spec, 'elements')),
      noLog: isTrue(child(spec, 'no_log')),
      default: defaultOf(child(spec, 'default')),
      aliases: names(child(spec, 'aliases')),
      options: nested?.kind === 'map' ? optionsOf(nested) : undefined,
      rules: rulesOf(spec),
    })
  }
  return options
}

function rulesOf(spec: MapNode): OptionRules {
  const items = (key: string): readonly Node[] => listOf(child(spec, key))
  const requiredBy = child(spec, 'required_by')
  return {
    mutuallyExclusive: groups(items('mutually_exclusive')),
    requiredTogether: groups(items('required_together')),
    requiredOneOf: groups(items('required_one_of')),
    requiredIf: items('required_if').map((item) => {
      const [name, value, required, oneIsEnough] = listOf(item)
      const key = text(name)
      if (key === undefined || !value || !required) fault("an entry of 'required_if' is [NAME, VALUE, [NAME, …]]", item)
      return { name: key, value: toRaw(value), names: names(required), oneIsEnough: isTrue(oneIsEnough) }
    }),
    requiredBy: requiredBy?.kind === 'map' ? requiredBy.entries.map(({ key, value }) => ({ name: key, names: names(value) })) : [],
  }
}

/** Lists of names; names that stand alone are one list. */
function groups(items: readonly Node[]): readonly (readonly string[])[] {
  return items.every((item) => item.kind === 'list') ? items.map(names) : [items.flatMap(names)]
}

function names(node: Node | undefined): readonly string[] {
  if (node?.kind === 'list') return node.items.flatMap(names)
  const name = text(node)
  return name === undefined ? [] : [name]
}

function listOf(node: Node | undefined): readonly Node[] {
  return node?.kind === 'list' ? node.items : []
}

function defaultOf(node: Node | undefined): Raw | undefined {
  const raw = node && toRaw(node)
  return raw === null || raw instanceof Template ? undefined : raw
}

function child(node: Node | undefined, key: string): Node | undefined {
  return entryOf(node, key)?.value
}

function text(node: Node | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
}

export function isTrue(node: Node | undefined): boolean {
  return node?.kind === 'scalar' && !(node.value instanceof Template) && node.value === true
}

function fault(summary: string, node: Node): never {
  throw new DiagnosticError({ code: 'WRONG_TYPE', severity: 'error', summary, range: node.range })
}
