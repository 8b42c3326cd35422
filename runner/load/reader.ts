/** Reads files of the controller for the loader: once each, with positions, and with a clear error where one is missing. */
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { SourceFile, type SourceRange } from '../diagnostic/source.ts'
import { hasTemplateMarkers, RawDict, Template, type Raw } from '../value/value.ts'
import { isVaultFile, Vault } from './vault/vault.ts'
import { parseYaml, type Node } from './yaml.ts'

/** A playbook, role or variable file above this size is refused. */
const MAX_FILE_BYTES = 16 * 1024 * 1024

/** Refuses what is no UTF-8 rather than replacing it. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export class Reader {
  /** Tells of what is odd, and no fault. */
  readonly warn: (diagnostic: Diagnostic) => void
  readonly #parsed = new Map<string, Node>()
  /** The folder that shown paths are relative to. */
  readonly workingFolder: string
  readonly #vault: Vault

  constructor(warn: (diagnostic: Diagnostic) => void, workingFolder = process.cwd(), vault = new Vault([])) {
    this.warn = warn
    this.workingFolder = workingFolder
    this.#vault = vault
  }

  /** A path as messages show it: relative where that does not lead out of the working folder. */
  shownPath(absolute: string): string {
    const relative = path.relative(this.workingFolder, absolute)
    return relative === '' || relative.startsWith('..') ? absolute : relative
  }

  /** The text of a file, decrypted where it is a vault and then a secret; `at` is where it was asked for. */
  text(absolute: string, at?: SourceRange): SourceFile {
    const file = this.#read(absolute, at)
    if (file.secret) this.#vault.reveal(file.text)
    return file
  }

  /** The bytes of a file's content, decrypted where they are a vault and then a secret. */
  decrypted(bytes: Buffer, absolute: string, at?: SourceRange): Buffer {
    if (!isVaultFile(bytes)) return bytes
    const plain = this.#vault.decrypt(bytes.toString('latin1'), this.shownPath(absolute), at)
    this.#vault.reveal(plain.toString('utf8'))
    return plain
  }

  /** Registers all text of an encrypted file of variables as secrets. Numbers are none: a masked 1 or 22 would garble every result. */
  reveal(raw: Raw): void {
    if (Array.isArray(raw)) for (const item of raw) this.reveal(item)
    else if (raw instanceof RawDict) for (const item of raw.values()) this.reveal(item)
    else if (raw instanceof Template) for (const part of literalParts(raw.text)) this.#vault.reveal(part)
    else if (typeof raw === 'string') this.#vault.reveal(raw)
  }

  #read(absolute: string, at: SourceRange | undefined): SourceFile {
    const shown = this.shownPath(absolute)
    try {
      const { size } = statSync(absolute)
      if (size > MAX_FILE_BYTES) fail('LIMIT_EXCEEDED', `${shown} is larger than ${MAX_FILE_BYTES} bytes`, { range: at })
      const bytes = readFileSync(absolute)
      const secret = isVaultFile(bytes)
      return new SourceFile(shown, UTF8.decode(secret ? this.#vault.decrypt(bytes.toString('latin1'), shown, firstLine(shown, bytes)) : bytes), secret)
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
      node = parseYaml(this.#read(absolute, at), this.warn, this.#vault)
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

/** Where a vault begins: its header. */
function firstLine(shown: string, bytes: Buffer): SourceRange {
  const text = bytes.toString('latin1')
  const end = text.indexOf('\n')
  return { file: new SourceFile(shown, text), start: 0, end: end < 0 ? text.length : end }
}

/** What a template prints as it is. */
function literalParts(text: string): string[] {
  return hasTemplateMarkers(text) ? text.split(/\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}/s).filter((part) => part.trim().length >= 4) : [text]
}

/** A regular file, or the one device that reads as an empty one. */
export function isFile(absolute: string): boolean {
  return absolute === '/dev/null' || (statSync(absolute, { throwIfNoEntry: false })?.isFile() ?? false)
}

export function isFolder(absolute: string): boolean {
  return statSync(absolute, { throwIfNoEntry: false })?.isDirectory() ?? false
}
