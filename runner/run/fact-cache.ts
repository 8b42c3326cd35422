/** Facts that are kept between runs: a JSON file for each host in one folder, as Ansible's cache `jsonfile` has them. */
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { replaceFile } from '../disk/replace-file.ts'
import { toJson } from '../value/convert.ts'
import { fromJson } from '../value/read-json.ts'
import { print } from '../value/print.ts'
import { Dict, type Value } from '../value/value.ts'

export interface FactCacheOptions {
  /** Absolute. */
  readonly folder: string
  /** What the files' names begin with. */
  readonly prefix: string
  /** How long facts count; 0: for ever. */
  readonly lifeSeconds: number
}

export class FactCache {
  readonly #options: FactCacheOptions
  readonly #warn: (diagnostic: Diagnostic) => void
  /** What was read of each host, to leave a file alone that would stay the same. */
  readonly #read = new Map<string, string>()

  constructor(options: FactCacheOptions, warn: (diagnostic: Diagnostic) => void) {
    this.#options = options
    this.#warn = warn
  }

  /** The facts of a host by the names of variables; none where there are none, or they are too old. */
  read(host: string): ReadonlyMap<string, Value> {
    const file = this.#file(host)
    const stat = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false })
    const { lifeSeconds } = this.#options
    if (file === undefined || !stat?.isFile() || (lifeSeconds > 0 && Date.now() - stat.mtimeMs > lifeSeconds * 1000)) return new Map()
    try {
      const text = readFileSync(file, 'utf8')
      const facts = fromJson(text)
      if (!(facts instanceof Dict)) throw new Error('it is not a mapping')
      this.#read.set(host, text)
      return new Map([...facts].map(([name, value]) => [print(name), value]))
    } catch (error) {
      this.#tell(`the facts kept in ${file} cannot be used`, error as Error)
      return new Map()
    }
  }

  /** Keeps the facts of a host; where it has none its file goes. `renews`: the file counts as new though it stays the same. */
  write(host: string, facts: ReadonlyMap<string, Value>, renews: boolean): void {
    if (facts.size === 0) {
      this.forget(host)
      return
    }
    const text = toJson(new Dict(facts), { indent: 4, sort: true, maxLength: Infinity })
    const file = this.#file(host)
    if (file === undefined || (!renews && this.#read.get(host) === text)) return
    try {
      mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 })
      replaceFile(file, text, { mode: 0o600 })
    } catch (error) {
      this.#tell(`the facts of '${host}' cannot be kept in ${file}`, error as Error)
    }
  }

  forget(host: string): void {
    const file = this.#file(host)
    if (file !== undefined) rmSync(file, { force: true })
    this.#read.delete(host)
  }

  /** A run does not end over what is kept beside it. */
  #tell(summary: string, { message }: Error): void {
    this.#warn({ code: 'FILE_UNREADABLE', severity: 'warning', summary, detail: message })
  }

  /** Undefined for a host whose name would lead out of the folder. */
  #file(host: string): string | undefined {
    const name = `${this.#options.prefix}${host}`
    return name === '' || name === '.' || name === '..' || name.includes('/') ? undefined : path.join(this.#options.folder, name)
  }
}
