/** `group_vars` and `host_vars`: files, or folders of files, named after a group or host. */
import path from 'node:path'
import { isFile, isFolder, type Reader } from '../load/reader.ts'
import { readVariables, variableFilesIn } from '../load/role.ts'
import type { RawDict } from '../value/value.ts'

export class VariableFiles {
  readonly #reader: Reader
  readonly #cache = new Map<string, readonly RawDict[]>()

  constructor(reader: Reader) {
    this.#reader = reader
  }

  /** The variables that a folder's `group_vars` or `host_vars` has for a name, the weakest first. */
  of(folder: string, kind: 'group_vars' | 'host_vars', name: string): readonly RawDict[] {
    const key = [folder, kind, name].join('\0')
    let found = this.#cache.get(key)
    if (!found) this.#cache.set(key, (found = this.#read(folder, kind, name)))
    return found
  }

  #read(folder: string, kind: string, name: string): RawDict[] {
    if (name.includes('/') || name.includes('\0')) return []
    // The first that is there counts, a folder or a file.
    const found = ['', '.yml', '.yaml', '.json'].map((ending) => path.join(folder, kind, name + ending)).find((each) => isFolder(each) || isFile(each))
    if (found === undefined) return []
    return (isFolder(found) ? variableFilesIn(found) : [found]).map((each) => readVariables(this.#reader, each))
  }
}
