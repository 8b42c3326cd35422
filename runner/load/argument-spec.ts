/** A role's declared arguments: `meta/argument_specs.yml`, as Ansible's role argument validation has it. */
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { entryOf, toRaw, type MapNode, type Node } from './yaml.ts'
import { Template, type Raw } from '../value/value.ts'

export interface ArgumentSpec {
  readonly type: string
  readonly required: boolean
  readonly choices: readonly Raw[] | undefined
  /** The type of a list's items. */
  readonly elements: string | undefined
  /** True where the value is a secret: it is masked wherever it would be shown. */
  readonly noLog: boolean
  /** Of a dict, or of a list of dicts. */
  readonly options: ReadonlyMap<string, ArgumentSpec> | undefined
}

const TYPES = new Set(['str', 'int', 'float', 'bool', 'list', 'dict', 'path', 'raw', 'jsonarg', 'json', 'bytes', 'bits'])

/** The options of the entry point `main`, or undefined. */
export function readArgumentSpecs(node: Node | undefined): ReadonlyMap<string, ArgumentSpec> | undefined {
  const main = child(node, 'main')
  const options = child(main, 'options')
  return options?.kind === 'map' ? readOptions(options) : undefined
}

function readOptions(node: MapNode): Map<string, ArgumentSpec> {
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
      options: nested?.kind === 'map' ? readOptions(nested) : undefined,
    })
  }
  return options
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
