/** Reads files of the controller for the loader: once each, with positions, and with a clear error where one is missing. */
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { SourceFile, type SourceRange } from '../diagnostic/source.ts'
import { parseYaml, type Node } from './yaml.ts'

/** A playbook, role or variable file above this size is refused. */
const MAX_FILE_BYTES = 16 * 1024 * 1024

/** Refuses what is no UTF-8 rather than replacing it. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export class Reader {
  readonly #warn: (diagnostic: Diagnostic) => void
  readonly #parsed = new Map<string, Node>()
  /** The folder that shown paths are relative to. */
  readonly workingFolder: string

  constructor(warn: (diagnostic: Diagnostic) => void, workingFolder = process.cwd()) {
    this.#warn = warn
    this.workingFolder = workingFolder
  }

  /** A path as messages show it: relative where that does not lead out of the working folder. */
  shownPath(absolute: string): string {
    const relative = path.relative(this.workingFolder, absolute)
    return relative === '' || relative.startsWith('..') ? absolute : relative
  }

  /** The text of a file; `at` is where it was asked for. */
  text(absolute: string, at?: SourceRange): SourceFile {
    const shown = this.shownPath(absolute)
    try {
      const { size } = statSync(absolute)
      if (size > MAX_FILE_BYTES) fail('LIMIT_EXCEEDED', `${shown} is larger than ${MAX_FILE_BYTES} bytes`, { range: at })
      return new SourceFile(shown, UTF8.decode(readFileSync(absolute)))
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') fail('FILE_UNREADABLE', `${shown} is not UTF-8 text`, { range: at })
      if (code === undefined) throw error
      if (code === 'ENOENT') fail('FILE_NOT_FOUND', `there is no file ${shown}`, { range: at })
      fail('FILE_UNREADABLE', `${shown} cannot be read`, { range: at, detail: (error as Error).message })
    }
  }

  /** A file as YAML, parsed once. */
  yaml(absolute: string, at?: SourceRange): Node {
    let node = this.#parsed.get(absolute)
    if (!node) {
      node = parseYaml(this.text(absolute, at), this.#warn)
      this.#parsed.set(absolute, node)
    }
    return node
  }

  /** The first of `names` (with Ansible's YAML endings) that is a file in a folder. */
  find(folder: string, name: string): string | undefined {
    for (const ending of ['.yml', '.yaml', '.json', '']) {
      const candidate = path.join(folder, name + ending)
      if (isFile(candidate)) return candidate
    }
    return undefined
  }
}

export function isFile(absolute: string): boolean {
  return statSync(absolute, { throwIfNoEntry: false })?.isFile() ?? false
}

export function isFolder(absolute: string): boolean {
  return statSync(absolute, { throwIfNoEntry: false })?.isDirectory() ?? false
}
