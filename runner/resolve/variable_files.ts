/** `group_vars` and `host_vars`: files, or folders of files, named after a group or host. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { isFolder, type Reader } from '../load/reader.ts'
import { readVariables } from '../load/role.ts'
import type { RawDict } from '../value/value.ts'

export class VariableFiles {
  readonly #reader: Reader
  readonly #cache = new Map<string, readonly RawDict[]>()

  constructor(reader: Reader) {
    this.#reader = reader
  }

  /** The variables that a folder's `group_vars` or `host_vars` has for a name, the weakest first. */
  of(folder: string, kind: 'group_vars' | 'host_vars', name: string): readonly RawDict[] {
    const base = path.join(folder, kind, name)
    let found = this.#cache.get(base)
    if (!found) this.#cache.set(base, (found = this.#read(folder, kind, name)))
    return found
  }

  #read(folder: string, kind: string, name: string): RawDict[] {
    if (name.includes('/') || name.includes('\0')) return []
    const base = path.join(folder, kind, name)
    if (isFolder(base)) return this.#folder(base)
    const file = this.#reader.find(path.join(folder, kind), name)
    return file === undefined ? [] : [readVariables(this.#reader, file)]
  }

  /** All files below a folder, by name. */
  #folder(folder: string): RawDict[] {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith('.') && !entry.name.endsWith('~'))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const at = path.join(folder, entry.name)
        if (isFolder(at)) return this.#folder(at)
        return ['.yml', '.yaml', '.json', ''].includes(path.extname(entry.name)) ? [readVariables(this.#reader, at)] : []
      })
  }
}
