/** `include_vars`: files of variables that are read in the run. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { DiagnosticError, fail } from '../../diagnostic/diagnostic.ts'
import { isFolder } from '../../load/reader.ts'
import { readVariables } from '../../load/role.ts'
import { findFile, searchFolders } from '../../resolve/controller.ts'
import { compilePython } from '../../value/python-regex.ts'
import { print } from '../../value/print.ts'
import { booleanOf } from '../../value/truth.ts'
import { asWritten } from '../../value/as-written.ts'
import { Dict, RawDict, type Raw, type Value } from '../../value/value.ts'
import { failed, NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'

export const INCLUDE_VARS_ARGUMENTS = [
  '_raw_params',
  'file',
  'dir',
  'name',
  'depth',
  'files_matching',
  'ignore_files',
  'extensions',
  'ignore_unknown_extensions',
  'hash_behaviour',
] as const

const EXTENSIONS = ['yaml', 'yml', 'json']

export function includeVars(context: ActionContext): Outcome {
  try {
    return read(context)
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    const name = context.argument('name')
    const facts = name === undefined || name === null || name === '' ? new Dict() : new Dict([[name, new Dict()]])
    const data = Dict.of({ failed: true, message: error.first.resultMessage ?? error.first.summary, ansible_included_var_files: [], ansible_facts: facts })
    return failed({ message: error.first.summary, detail: error.first.detail, diagnostic: error.first, isOnlyShown: true }, { data })
  }
}

function read(context: ActionContext): Outcome {
  const { argument, bound, session } = context
  const folder = argument('dir')
  const file = argument('_raw_params') ?? argument('file')
  const at = (bound.args.get('_raw_params') ?? bound.args.get('file') ?? bound.args.get('dir'))?.node?.range ?? bound.action.range
  let files: string[]
  if (folder !== undefined) files = filesIn(print(folder), context)
  else if (file !== undefined) files = [findFile(print(file), context.task, 'vars', session.reader, at)]
  else fail('BAD_ARGUMENT', "'include_vars' needs a 'file' or a 'dir'", { range: bound.action.range })
  let variables = new RawDict()
  for (const each of files) {
    const read = readVariables(session.reader, each, at)
    if (session.options.hashBehaviour === 'merge') variables = merged(variables, read)
    else for (const [key, value] of read) variables.set(key, value)
  }
  const name = argument('name')
  const behaviour = print(argument('hash_behaviour') ?? session.options.hashBehaviour)
  if (name !== undefined && name !== null && name !== '') variables = new RawDict([[print(name), variables]])
  else if (behaviour !== session.options.hashBehaviour) {
    for (const [key, value] of variables) {
      const before = context.evaluator.get(print(key))
      if (!(before instanceof Dict) || !(value instanceof RawDict))
        fail('WRONG_TYPE', `with 'hash_behaviour: ${behaviour}' '${print(key)}' is joined with what it was, and one of the two is no mapping`, { range: at })
      variables.set(key, behaviour === 'merge' ? merged(asRaw(before), value) : new RawDict([...asRaw(before), ...value]))
    }
  }
  return {
    ...NOTHING,
    data: Dict.of({ ansible_facts: asWritten(variables), ansible_included_var_files: files }),
    includedVariables: variables,
    // As in Ansible nothing is shown of what an encrypted file holds, not even names.
    ...(files.some((each) => session.reader.yaml(each).range.file.secret) && { censored: true }),
  }
}

/** The files of a folder and those below it, by name, as the parameters choose them. */
function filesIn(name: string, context: ActionContext): string[] {
  const { argument, bound, session, task } = context
  const list = (parameter: string): string[] | undefined => {
    const value = argument(parameter)
    if (value === undefined || value === null) return undefined
    return Array.isArray(value) ? value.map(print) : print(value).split(',')
  }
  const range = bound.args.get('dir')?.node?.range ?? bound.action.range
  const root = path.isAbsolute(name)
    ? name
    : searchFolders(task, 'vars', session.reader.workingFolder)
        .map((each) => path.join(each, name))
        .find(isFolder)
  if (root === undefined || !isFolder(root)) {
    const absolute = path.resolve(session.reader.workingFolder, task.play.folder, name)
    fail('FILE_NOT_FOUND', `there is no folder '${name}'`, { range, resultMessage: `${absolute} directory does not exist` })
  }
  const depth = Number(argument('depth') ?? 0)
  const extensions = list('extensions') ?? EXTENSIONS
  const matching = argument('files_matching')
  const wanted = matching === undefined ? undefined : compilePython(print(matching))
  const ignored = (list('ignore_files') ?? []).map((each) => compilePython(`${each}$`))
  const skipsOthers = booleanOf(argument('ignore_unknown_extensions') ?? false)
  const found: string[] = []
  const walk = (folder: string, level: number): void => {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const entry of entries) {
      if (entry.isDirectory() || ignored.some((each) => each.search(entry.name)) || (wanted && !wanted.search(entry.name))) continue
      const known = extensions.includes(path.extname(entry.name).slice(1))
      if (known) found.push(path.join(folder, entry.name))
      else if (!skipsOthers && !wanted)
        fail('UNSUPPORTED_VALUE', `${entry.name} does not end in one of: ${extensions.join(', ')}`, {
          range,
          hint: "Leave it out with 'ignore_files' or 'ignore_unknown_extensions'.",
        })
    }
    if (depth !== 0 && level >= depth) return
    for (const entry of entries) if (entry.isDirectory()) walk(path.join(folder, entry.name), level + 1)
  }
  walk(root, 1)
  return found
}

/** A mapping of values, nested ones too, as one that may hold templates. */
function asRaw(dict: Dict): RawDict {
  return new RawDict([...dict].map(([key, value]): [Value, Raw] => [key, value instanceof Dict ? asRaw(value) : value]))
}

function merged(a: RawDict, b: RawDict): RawDict {
  const result = new RawDict(a)
  for (const [key, value] of b) {
    const before = result.get(key)
    result.set(key, before instanceof RawDict && value instanceof RawDict ? merged(before, value) : value)
  }
  return result
}
