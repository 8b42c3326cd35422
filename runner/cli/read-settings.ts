/** What the environment and `ansible.cfg` say, by the table of settings. */
import path from 'node:path'
import { fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import { expandHome, findConfigFile, type ConfigFile, type Surroundings } from './config-file.ts'
import type { Value } from '../value/value.ts'
import { SETTINGS, type SettingEntry, type SettingName } from './settings.ts'

const TRUE = /^(?:y|yes|on|1|true|t|1\.0)$/i
const FALSE = /^(?:n|no|off|0|false|f|0\.0)$/i

interface Found {
  readonly text: string
  /** The environment variable or `section.key` that says it. */
  readonly origin: string
  readonly range: SourceRange | undefined
  /** The folder that its paths are relative to. */
  readonly folder: string
}

export class Settings {
  readonly #found = new Map<string, Found>()
  readonly #surroundings: Surroundings
  /** The file that was read; undefined where there is none. */
  readonly file: string | undefined

  /**
   * Reads the settings. Those that are refused throw; those without effect here are told of once where they ask for something else
   * than what happens anyway.
   *
   * @throws {DiagnosticError} BAD_OPTION, UNSUPPORTED_VALUE
   */
  constructor(surroundings: Surroundings, warn: (diagnostic: Diagnostic) => void) {
    this.#surroundings = surroundings
    const config = findConfigFile(surroundings, warn)
    this.file = config?.path
    for (const entry of SETTINGS as readonly SettingEntry[]) {
      const found = this.#find(entry, config)
      if (!found) continue
      this.#found.set(entry.name, found)
      this.#judge(entry, found, warn)
    }
  }

  text(name: SettingName): string | undefined {
    return this.#found.get(name)?.text
  }

  boolean(name: SettingName): boolean | undefined {
    const found = this.#found.get(name)
    if (!found || found.text === '') return undefined
    if (TRUE.test(found.text)) return true
    return FALSE.test(found.text) ? false : this.#wrong(found, 'yes or no')
  }

  integer(name: SettingName, minimum: number): number | undefined {
    const found = this.#found.get(name)
    if (!found || found.text === '') return undefined
    const number = Number(found.text)
    return /^-?\d+$/.test(found.text) && number >= minimum ? number : this.#wrong(found, `a whole number from ${minimum}`)
  }

  /** All that are set, as `lookup('config')` gives them. */
  values(): Map<string, Value> {
    const values = new Map<string, Value>()
    for (const { name, type } of SETTINGS) {
      const value = this.#found.has(name) ? this.#value(name, type) : undefined
      if (value !== undefined) values.set(name, value)
    }
    return values
  }

  #value(name: SettingName, type: SettingEntry['type']): Value | undefined {
    switch (type) {
      case 'text':
        return this.text(name)
      case 'boolean':
        return this.boolean(name)
      case 'integer':
        return this.integer(name, 0)
      case 'list':
        return this.list(name)
      case 'path':
        return this.path(name)
      case 'paths':
        return this.paths(name)
      case 'path list':
        return this.inventories()
    }
  }

  /** A text that is one of a few. */
  choice<T extends string>(name: SettingName, choices: readonly T[]): T | undefined {
    const found = this.#found.get(name)
    if (!found || found.text === '') return undefined
    return choices.find((choice) => choice === found.text) ?? this.#wrong(found, choices.join(', '))
  }

  /** What stands between commas. */
  list(name: SettingName): string[] | undefined {
    return this.#found
      .get(name)
      ?.text.split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
  }

  /** An absolute path: what a file says is relative to the file, what a variable says to the working folder. */
  path(name: SettingName): string | undefined {
    const found = this.#found.get(name)
    return found && found.text !== '' ? this.#absolute(found.text, found) : undefined
  }

  /** Absolute paths, of a list with colons. */
  paths(name: SettingName): string[] | undefined {
    const found = this.#found.get(name)
    return found?.text.split(':').flatMap((part) => (part.trim() === '' ? [] : [this.#absolute(part.trim(), found)]))
  }

  /** Sources of inventories: absolute paths, or all of it where it is a list of hosts. */
  inventories(): string[] | undefined {
    const found = this.#found.get('DEFAULT_HOST_LIST')
    if (!found || found.text.trim() === '') return undefined
    const parts = found.text.split(',').map((part) => part.trim())
    // A comma at the end, or before what is no path, makes a list of hosts.
    if (parts.at(-1) === '') return [found.text]
    return parts.map((part) => this.#absolute(part, found))
  }

  #absolute(text: string, { folder }: Found): string {
    return path.resolve(folder, expandHome(text.replaceAll('{{CWD}}', this.#surroundings.workingFolder), this.#surroundings.variables))
  }

  #find(entry: SettingEntry, config: ConfigFile | undefined): Found | undefined {
    for (const name of entry.env) {
      const text = this.#surroundings.variables[name]
      if (text !== undefined) return { text: unquote(text), origin: name, range: undefined, folder: this.#surroundings.workingFolder }
    }
    for (const key of entry.ini) {
      const value = config?.values.get(key)
      if (value) return { text: unquote(value.value), origin: key, range: value.range, folder: path.dirname(config!.path) }
    }
    return undefined
  }

  #judge(entry: SettingEntry, found: Found, warn: (diagnostic: Diagnostic) => void): void {
    if (found.text === '' || isHarmless(entry, found.text)) return
    const range = found.range
    if (entry.refused !== undefined)
      fail('UNSUPPORTED_VALUE', `the setting ${found.origin} = ${found.text} is not supported: ${entry.refused}`, { range, hint: 'Take the setting out.' })
    if (entry.noEffect !== undefined && entry.harmless !== undefined)
      warn({ code: 'UNSUPPORTED_VALUE', severity: 'warning', summary: `the setting ${found.origin} is of no effect: ${entry.noEffect}`, range })
  }

  #wrong(found: Found, wanted: string): never {
    fail('BAD_OPTION', `the setting ${found.origin} is '${found.text}'`, { range: found.range, hint: `It is ${wanted}.` })
  }
}

function isHarmless({ harmless, type }: SettingEntry, text: string): boolean {
  if (harmless === undefined) return false
  if (type === 'boolean') return (harmless === 'true' ? TRUE : FALSE).test(text)
  const known = harmless.split('|')
  return (type === 'list' ? text.split(',') : [text]).every((part) => known.includes(part.trim()))
}

function unquote(text: string): string {
  return /^(?:"[^]*"|'[^]*')$/.test(text) && text.length >= 2 ? text.slice(1, -1) : text
}
