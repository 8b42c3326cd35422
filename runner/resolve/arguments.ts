/** From a task's arguments as written to the parameters that its module declares. */
import { z } from 'zod'
import { ControllerDestination, ControllerSource, type ControllerKind, type HostPathKind } from '../contract/parameter.ts'
import { Content } from '../contract/content.ts'
import { UnknownStateError, type Module } from '../contract/kinds.ts'
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { splitKeyValues } from '../load/arguments.ts'
import type { Action } from '../load/playbook.ts'
import { nodeAt, type Node } from '../load/yaml.ts'
import { DateTime } from '../value/date-time.ts'
import { print } from '../value/print.ts'
import { moduleWords } from './module-words.ts'
import { parameterWords } from './parameter-words.ts'
import { Dict, Template, Tuple, UnknownValueError, Undefined, Unknown, type Raw, type Value } from '../value/value.ts'

/** Arguments by the module's own names for them. */
export interface BoundArguments {
  readonly action: Action
  readonly args: ReadonlyMap<string, BoundArgument>
}

export interface BoundArgument {
  readonly raw: Raw
  readonly keyRange: SourceRange
  readonly node: Node | undefined
}

/** What `bind` has to know of the one who takes the arguments: a module, or an action of the runner. */
export interface Taker {
  readonly freeForm?: string | undefined
  /** True where each `name=value` of its text is an argument, and only the rest is for `freeForm`. */
  readonly splitsAll?: true
  readonly aliases?: Readonly<Record<string, readonly string[]>> | undefined
}

/**
 * Splits text arguments and puts aliases under their parameter's name. `defaults` are those that the action's own come before, and
 * so are those of a template that stands for all (`templateOf`). Throws a `DiagnosticError` for text nobody takes.
 */
export function bindArguments(action: Action, taker: Taker, defaults: ReadonlyMap<string, BoundArgument> = new Map()): BoundArguments {
  const canonical = new Map(Object.entries(taker.aliases ?? {}).flatMap(([name, aliases]) => aliases.map((alias): [string, string] => [alias, name])))
  // What a task's text is called where the arguments are a mapping.
  if (taker.freeForm !== undefined) canonical.set('_raw_params', taker.freeForm)
  const args = new Map<string, BoundArgument>()
  const set = (key: string, argument: BoundArgument): void => {
    args.set(canonical.get(key) ?? key, argument)
  }
  for (const [key, argument] of defaults) set(key, argument)
  for (const [key, raw] of action.args) {
    const name = print(key)
    const at = action.argNodes.get(name)
    set(name, { raw, keyRange: at?.keyRange ?? action.range, node: at?.node })
  }
  if (action.text) {
    const { pairs, rest } = splitKeyValues(action.text, taker.freeForm !== undefined && !taker.splitsAll)
    for (const [key, raw] of pairs) set(key, { raw, keyRange: action.text.range, node: undefined })
    if (rest !== undefined && !(rest instanceof Template && taker.freeForm === undefined)) {
      if (taker.freeForm === undefined) {
        throw new DiagnosticError({
          code: 'BAD_ARGUMENT',
          severity: 'error',
          summary: `'${action.written}' takes arguments by name, and this is text`,
          range: action.text.range,
          hint: 'Write the arguments as a mapping below the module, or as name=value.',
        })
      }
      set(taker.freeForm, { raw: rest, keyRange: action.range, node: action.text })
    }
  }
  return { action, args }
}

/** The template that gives a task's arguments as a whole: `copy: "{{ file }}"`, or `args: "{{ more }}"`. */
export function templateOf(action: Action, taker: Taker): Template | undefined {
  if (action.whole?.value instanceof Template) return action.whole.value
  const rest = action.text && taker.freeForm === undefined ? splitKeyValues(action.text, false).rest : undefined
  return rest instanceof Template ? rest : undefined
}

/** Names that a module does not have, as diagnostics: known before anything is evaluated. */
export function unknownArguments(bound: BoundArguments, module: Module): Diagnostic[] {
  const known = parameterNames(module)
  if (known === undefined) return []
  return [...bound.args]
    .filter(([name]) => !known.includes(name))
    .map(([name, argument]) => ({
      code: 'BAD_ARGUMENT',
      severity: 'error',
      summary: `'${bound.action.written}' has no parameter '${name}'`,
      range: argument.keyRange,
      hint: didYouMean(name, known) ?? `It has: ${known.join(', ')}.`,
    }))
}

/** The names of a module's parameters; undefined where its schema is not an object. */
export function parameterNames(module: Module): string[] | undefined {
  const shape = shapeOf(module.params())
  return shape && Object.keys(shape)
}

/** A parameter that names something on the controller; not where the boolean parameter `unless` is true. */
export interface ControllerParameter {
  readonly kind: ControllerKind
  readonly unless: string | undefined
  /** What `unless` is where it is not given. */
  readonly unlessDefault: boolean
}

/** The parameters of a module that name something on the controller. */
export function controllerParameters(module: Module): ReadonlyMap<string, ControllerParameter> {
  const found = new Map<string, ControllerParameter>()
  for (const [name, schema] of Object.entries(shapeOf(module.params()) ?? {})) {
    const { controller: kind, controllerUnless: unless, controllerUnlessDefault: unlessDefault = false } = metadataOf(schema)
    if (kind) found.set(name, { kind, unless, unlessDefault })
  }
  return found
}

/** The parameters of a module that are paths on the host, or lists of them: how each is completed, and its schema. */
export function hostPathParameters(module: Module): [name: string, kind: HostPathKind, schema: z.ZodType][] {
  return Object.entries(shapeOf(module.params()) ?? {}).flatMap(([name, schema]) => {
    const kind = hostPathKind(schema)
    return kind === undefined ? [] : [[name, kind, schema] as [string, HostPathKind, z.ZodType]]
  })
}

function hostPathKind(schema: z.ZodType): HostPathKind | undefined {
  const { innerType, out, element } = (schema as unknown as { def: Readonly<Record<'innerType' | 'out' | 'element', z.ZodType | undefined>> }).def
  const within = innerType ?? out ?? element
  return (schema.meta()?.['hostPath'] as HostPathKind | undefined) ?? (within && hostPathKind(within))
}

function shapeOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> | undefined {
  const { shape, def } = schema as unknown as { shape?: Readonly<Record<string, z.ZodType>>; def: { in?: z.ZodType } }
  return shape ?? (def.in && shapeOf(def.in))
}

/** What `param` notes of a schema for the engine, be the parameter optional or not. */
function metadataOf(schema: z.ZodType): { controller?: ControllerKind; controllerUnless?: string; controllerUnlessDefault?: boolean; content?: boolean } {
  const { innerType } = (schema as unknown as { def: { innerType?: z.ZodType } }).def
  return { ...(innerType && metadataOf(innerType)), ...schema.meta() }
}

/** What a module is given. */
export interface Parameters {
  /** As its schema makes them. A module that touches one that is unknown gets an `UnknownStateError`. */
  readonly params: unknown
  /** In a dry run: the first argument that is unknown. */
  readonly unknown: Unknown | undefined
  /** The same of contents of files, which the module can pass on without knowing them. */
  readonly unknownContent: Unknown | undefined
}

/**
 * Parses evaluated arguments by the module's schema. Every fault has the position of the argument.
 *
 * @throws {DiagnosticError} BAD_ARGUMENT, one diagnostic a fault.
 * @throws {UnknownValueError} where an argument is unknown and the schema cannot do without it.
 */
export function parseParameters(
  bound: BoundArguments,
  values: ReadonlyMap<string, Value | ControllerSource | ControllerDestination>,
  module: Module,
): Parameters {
  const schema = module.params()
  const shape = shapeOf(schema)
  const input: Record<string, unknown> = {}
  const unknown = new Map<string, Unknown>()
  const unknownContents: Unknown[] = []
  for (const [name, given] of values) {
    const value = given === null ? withoutValue(shape?.[name]) : given
    if (value === undefined) continue
    const parameter = value instanceof ControllerSource || value instanceof ControllerDestination ? value : toParameter(value)
    if (parameter instanceof Unknown && !(shape?.[name] && metadataOf(shape[name]).content)) {
      unknown.set(name, parameter)
      continue
    }
    define(input, name, parameter instanceof Unknown ? Content.unknown(parameter.cause) : parameter)
    const because = parameter instanceof Unknown ? parameter.cause : parameter instanceof ControllerSource ? parameter.content.unknownBecause : undefined
    if (because !== undefined) unknownContents.push(new Unknown(because))
  }
  const [firstUnknown] = unknown.values()
  if (firstUnknown && !shape) throw new UnknownValueError(firstUnknown)
  const parsed = (firstUnknown ? withoutParameters(shape!, unknown) : schema).safeParse(input, { error: parameterWords })
  if (!parsed.success) {
    const { issues } = parsed.error
    const [first, ...others] = issues.map((issue) => diagnosticOf(issue, bound, module))
    const given = { module: nameOf(bound), names: Object.keys(shape ?? {}), aliases: Object.values(module.aliases ?? {}).flat(), input }
    throw new DiagnosticError([{ ...first!, resultMessage: moduleWords(issues, given) }, ...others])
  }
  return { params: firstUnknown ? withUnknown(parsed.data as object, unknown) : parsed.data, unknown: firstUnknown, unknownContent: unknownContents[0] }
}

/** The module that Ansible names in its messages: `shell` is another way to call `command`. */
function nameOf({ action }: BoundArguments): string {
  return action.module === 'command' || action.module === 'shell' ? 'ansible.legacy.command' : action.written
}

/**
 * What stands for a parameter that is named and has no value: it is as if it were not given; of yes and no it is no, whatever the
 * default is. Where nothing else can be meant than a mistake it stays null, for the schema to refuse.
 */
function withoutValue(schema: z.ZodType | undefined): undefined | false | null {
  let hasDefault = false
  for (let at = schema; at !== undefined;) {
    const { type, innerType, out } = (at as unknown as { def: { type: string; innerType?: z.ZodType; out?: z.ZodType } }).def
    if (type === 'boolean') return hasDefault ? false : undefined
    if (type === 'array') return undefined
    if (type === 'enum') return null
    hasDefault ||= type === 'default'
    at = innerType ?? out
  }
  return hasDefault || schema === undefined ? null : undefined
}

/** The schema of the other parameters, each by itself: what has to hold between parameters cannot be told. */
function withoutParameters(shape: Readonly<Record<string, z.ZodType>>, names: ReadonlyMap<string, unknown>): z.ZodType {
  return z.strictObject(Object.fromEntries(Object.entries(shape).filter(([name]) => !names.has(name))))
}

function withUnknown(params: object, unknown: ReadonlyMap<string, Unknown>): object {
  for (const [name, { cause }] of unknown) {
    const get = (): never => {
      throw new UnknownStateError(cause)
    }
    Object.defineProperty(params, name, { get, enumerable: true, configurable: true })
  }
  return params
}

function diagnosticOf(issue: z.core.$ZodIssue, bound: BoundArguments, module: Module): Diagnostic {
  const known = parameterNames(module) ?? []
  const [first, ...rest] = issue.path
  const argument = first === undefined ? undefined : bound.args.get(String(first))
  const at = argument?.node ? nodeAt(argument.node, rest) : undefined
  const range = at && rest.length > 0 ? at.node.range : (argument?.node?.range ?? argument?.keyRange ?? bound.action.range)
  const name = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!
    return {
      code: 'BAD_ARGUMENT',
      severity: 'error',
      summary: `'${bound.action.written}' has no parameter '${[...issue.path.map(String), key].join('.')}'`,
      range: at ? (nodeAt(argument!.node!, [...rest, key]).keyRange ?? range) : (bound.args.get(key)?.keyRange ?? range),
      hint: issue.path.length === 0 ? (didYouMean(key, known) ?? `It has: ${known.join(', ')}.`) : undefined,
    }
  }
  if (argument === undefined && issue.path.length === 1) {
    return { code: 'BAD_ARGUMENT', severity: 'error', summary: `'${bound.action.written}' needs '${name}'`, range: bound.action.range }
  }
  const summary = name === '' ? `'${bound.action.written}': ${issue.message}` : `'${name}' of '${bound.action.written}': ${issue.message}`
  return { code: 'BAD_ARGUMENT', severity: 'error', summary, range }
}

/** A value as schemas take it, or what of it is unknown. Floats stay Floats: a version `1.10` and a number `1.1` differ only there. */
function toParameter(value: Value): unknown {
  try {
    return toPlain(value)
  } catch (error) {
    if (error instanceof UnknownValueError) return error.unknown
    throw error
  }
}

function toPlain(value: Value): unknown {
  if (value instanceof Unknown) throw new UnknownValueError(value)
  if (value instanceof Undefined) throw new DiagnosticError({ code: 'UNDEFINED_VARIABLE', severity: 'error', summary: value.reason })
  if (Array.isArray(value)) return value.map(toPlain)
  if (value instanceof Tuple) return value.items.map(toPlain)
  // As it travels to a module of Ansible's.
  if (value instanceof DateTime) return value.isoFormat()
  if (value instanceof Dict) {
    const object: Record<string, unknown> = {}
    for (const [key, item] of value) define(object, print(key), toPlain(item))
    return object
  }
  return value
}

/** Sets a key without ever reaching a prototype. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

/** A stand-in for a controller source, where only the schema is of interest. */
export function placeholderSource(name: string): ControllerSource {
  return new ControllerSource(name, Content.of(''))
}
