/** The files of a play's `vars_files`, for one host: names in them may be templates. */
import path from 'node:path'
import { DiagnosticError, fail } from '../diagnostic/diagnostic.ts'
import type { KeywordValue } from '../load/playbook.ts'
import { isFile, type Reader } from '../load/reader.ts'
import { readVariables } from '../load/role.ts'
import { print } from '../value/print.ts'
import { RawDict, Template, type Raw, type Value } from '../value/value.ts'

export interface VarsFilesContext {
  /** The folder of the playbook. */
  readonly folder: string
  readonly reader: Reader
  /** Evaluates a name without the variables of these files. */
  readonly valueOf: (raw: Raw) => Value
  /** True where a variable that is not there yet may still come: the entry is then passed over. */
  readonly isEarly: boolean
}

/** Whether the names can be told without a host. */
export function isWritten(raw: Raw): boolean {
  return Array.isArray(raw) ? raw.every(isWritten) : !(raw instanceof Template)
}

/**
 * The variables of all files, later ones winning. Each entry is a path, or a list of paths of which the first that exists counts.
 *
 * @throws {DiagnosticError} FILE_NOT_FOUND where none of an entry exists, and what reading and evaluating throw.
 */
export function readVarsFiles({ raw, node }: KeywordValue, context: VarsFilesContext): RawDict {
  const variables = new RawDict()
  for (const entry of Array.isArray(raw) ? raw : [raw]) {
    let value: Value
    try {
      value = context.valueOf(entry)
    } catch (error) {
      if (context.isEarly && error instanceof DiagnosticError && error.first.code === 'UNDEFINED_VARIABLE') continue
      throw error
    }
    const names = (Array.isArray(value) ? value : [value]).map(print)
    const candidates = names.flatMap((name) => [path.resolve(context.folder, 'vars', name), path.resolve(context.folder, name)])
    const found = candidates.find(isFile)
    if (found === undefined) fail('FILE_NOT_FOUND', `there is no file ${names.join(' or ')}`, { range: node.range })
    for (const [key, each] of readVariables(context.reader, found, node.range)) variables.set(key, each)
  }
  return variables
}

/** Variables that are read when one of them is first asked for. */
export class DeferredVariables extends RawDict {
  readonly #read: () => RawDict
  #variables: RawDict | undefined

  constructor(read: () => RawDict) {
    super()
    this.#read = read
  }

  #all(): RawDict {
    return (this.#variables ??= this.#read())
  }

  override get(key: Value): Raw | undefined {
    return this.#all().get(key)
  }

  override keys(): MapIterator<Value> {
    return this.#all().keys()
  }
}
