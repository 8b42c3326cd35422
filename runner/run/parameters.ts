/** The parameters of a module on a host: arguments evaluated, files of the controller read, templates rendered, the schema applied. */
import { Content } from '../contract/content.ts'
import type { Module } from '../contract/kinds.ts'
import { ControllerDestination, ControllerSource, type ControllerKind } from '../contract/parameter.ts'
import { DiagnosticError, fail } from '../diagnostic/diagnostic.ts'
import { isFolder } from '../load/reader.ts'
import type { CompiledTask } from '../plan/compiled.ts'
import { controllerParameters, parseParameters, type BoundArgument, type BoundArguments, type Parameters } from '../resolve/arguments.ts'
import { destination, findSource, modeOf, readContent, readFolder } from '../resolve/controller.ts'
import type { RenderOptions } from '../resolve/jinja/index.ts'
import { taskArguments } from '../resolve/module-defaults.ts'
import { templateScope } from '../resolve/template-scope.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { print } from '../value/print.ts'
import { booleanOf } from '../value/truth.ts'
import { Dict, Unknown, UnknownValueError, type Value } from '../value/value.ts'
import type { RunnerAction } from './actions/action.ts'
import { splitWords } from '../value/words.ts'
import { ActionFault } from './outcome.ts'
import { runnerAction, unknownActionArguments } from './actions/index.ts'
import type { Session } from './session.ts'

type Values = Map<string, Value | ControllerSource | ControllerDestination>

/**
 * @throws {DiagnosticError} for what a person can get wrong, at its position.
 * @throws {UnknownValueError} where a dry run cannot know a value, and the module can do nothing without it.
 */
export function parametersOf(session: Session, task: CompiledTask, bound: BoundArguments, module: Module, evaluator: Evaluator): Parameters {
  const values: Values = new Map()
  for (const [name, argument] of bound.args) {
    const value = orUnknown(() => evaluator.value(argument.raw))
    if (value !== session.omit) values.set(name, withoutOmitted(value, session.omit))
  }
  for (const [name, { kind, unless, unlessDefault }] of controllerParameters(module)) {
    const source = orUnknown(() => {
      const value = plain(values, name)
      if (value === '' || value === null) return undefined
      if (value === undefined || (unless !== undefined && booleanOf(plain(values, unless) ?? unlessDefault))) return value
      if (Array.isArray(value) || value instanceof Dict)
        fail('BAD_ARGUMENT', `'${name}' of '${bound.action.written}': it has to be text`, { range: bound.args.get(name)?.keyRange })
      if (kind === 'destination') return new ControllerDestination(destination(print(value), task), print(evaluator.get('inventory_hostname') ?? ''))
      return asActionFault(() => controllerSource(session, task, { name: print(value), kind, argument: bound.args.get(name) }, values, evaluator))
    })
    // As where it is not given: an empty name is that of a folder, and nobody means the playbook's.
    if (source === undefined) values.delete(name)
    else values.set(name, source)
  }
  return parseParameters(bound, values, module)
}

function asActionFault<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof DiagnosticError ? new ActionFault(error.diagnostics) : error
  }
}

function orUnknown<T>(evaluate: () => T): T | Unknown {
  try {
    return evaluate()
  } catch (error) {
    if (error instanceof UnknownValueError) return error.unknown
    throw error
  }
}

/** Evaluates and checks what a task hands to its action, without running it: faults are thrown. */
export function preparedParameters(session: Session, task: CompiledTask, evaluator: Evaluator): void {
  const { action } = task.task
  const own = runnerAction(action.module)
  if (!own) {
    const module = session.modules.loaded(action.module)!
    parametersOf(session, task, taskArguments(task, module, evaluator), module, evaluator)
  } else if (action.module !== 'assert') {
    for (const [name, argument] of actionArguments(task, own, evaluator).args) if (action.module !== 'debug' || name !== 'var') evaluator.value(argument.raw)
  }
}

/**
 * The arguments of one of the runner's own actions.
 *
 * @throws {DiagnosticError} for one that it does not have.
 */
export function actionArguments(task: CompiledTask, action: RunnerAction, evaluator: Evaluator): BoundArguments {
  const bound = taskArguments(task, action, evaluator)
  const unknown = unknownActionArguments(bound, action)
  if (unknown.length > 0) throw new DiagnosticError(unknown)
  return bound
}

function plain(values: Values, name: string): Value | undefined {
  const value = values.get(name)
  if (value instanceof Unknown) throw new UnknownValueError(value)
  return value instanceof ControllerSource || value instanceof ControllerDestination ? undefined : value
}

/** Removes what is to be left out from within lists and mappings. */
export function withoutOmitted(value: Value, omit: string): Value {
  if (Array.isArray(value)) return value.filter((item) => item !== omit).map((item) => withoutOmitted(item, omit))
  if (!(value instanceof Dict) || value.constructor !== Dict) return value
  const dict = new Dict()
  for (const [key, item] of value) if (item !== omit) dict.set(key, withoutOmitted(item, omit))
  return dict
}

/** What a parameter names on the controller: a file's content, or a template rendered. Both with the mode of the file there. */
function controllerSource(
  session: Session,
  task: CompiledTask,
  { name, kind, argument }: { name: string; kind: ControllerKind; argument: BoundArgument | undefined },
  values: Values,
  evaluator: Evaluator,
): ControllerSource {
  const at = argument?.node?.range ?? argument?.keyRange
  const { reader, jinja } = session
  // A file is text, whatever the setting.
  const textual = evaluator.textual
  const absolute = findSource(kind === 'script' ? firstWord(name) : name, task, kind, reader, at)
  const decrypts = kind === 'template' || booleanOf(plain(values, 'decrypt') ?? true)
  if (isFolder(absolute)) {
    const follow = booleanOf(plain(values, 'local_follow') ?? true)
    return new ControllerSource(name, Content.of(''), modeOf(absolute), readFolder(absolute, reader, at, { follow, decrypts }), absolute)
  }
  const { content, mode } = readContent(absolute, reader, at, decrypts)
  if (kind !== 'template') return new ControllerSource(name, content, mode, undefined, absolute)
  const dest = values.get('dest')
  const scope = templateScope(textual, {
    path: name,
    absolute,
    destination: typeof dest === 'string' ? dest : undefined,
    managed: session.options.ansibleManaged,
  })
  const text = orUnknown(() => session.evaluatingAs(textual, task, () => jinja.textual.renderFile(reader.text(absolute, at), scope, renderOptions(values))))
  return new ControllerSource(name, text instanceof Unknown ? Content.unknown(text.cause) : Content.of(text), mode, undefined, absolute)
}

/** The script of a command line. */
function firstWord(commandLine: string): string {
  try {
    return splitWords(commandLine)[0] ?? ''
  } catch (error) {
    fail('BAD_ARGUMENT', `'${commandLine}' is no command line`, { detail: (error as Error).message })
  }
}

const MARKERS = {
  block_start_string: 'blockStart',
  block_end_string: 'blockEnd',
  variable_start_string: 'variableStart',
  variable_end_string: 'variableEnd',
  comment_start_string: 'commentStart',
  comment_end_string: 'commentEnd',
} as const satisfies Record<string, keyof RenderOptions>

/** How a template is written, from the parameters of its task. What is no text here is left for the schema to refuse. */
function renderOptions(values: Values): RenderOptions {
  const markers = Object.entries(MARKERS).flatMap(([name, option]) => {
    const marker = plain(values, name)
    return typeof marker === 'string' && marker !== '' ? [[option, marker] as const] : []
  })
  const newline = plain(values, 'newline_sequence')
  return {
    ...Object.fromEntries(markers),
    ...(typeof newline === 'string' && { newlineSequence: newline.replaceAll('\\n', '\n').replaceAll('\\r', '\r') }),
    trimBlocks: booleanOf(plain(values, 'trim_blocks') ?? true),
    lstripBlocks: booleanOf(plain(values, 'lstrip_blocks') ?? false),
  }
}
