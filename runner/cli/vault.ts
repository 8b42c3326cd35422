/** `playline vault`: encrypts and decrypts files and texts in Ansible's format, as `ansible-vault` does. */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { SourceFile } from '../diagnostic/source.ts'
import { replaceFile } from '../disk/replace-file.ts'
import { Vault, isVaultFile, type VaultPassword } from '../load/vault/vault.ts'
import { DEFAULT_VAULT_ID, encryptVault } from '../value/vault-format.ts'
import { splitWords } from '../value/words.ts'
import { parseArguments, type Arguments } from './arguments.ts'
import { renderCommandHelp, VAULT_COMMAND } from './options.ts'
import { expander, passwordContext, vaultOf, type Environment } from './parse.ts'
import { parseVaultId, readVaultPassword } from './passwords.ts'
import { Settings } from './read-settings.ts'

const ACTIONS = ['encrypt', 'decrypt', 'view', 'edit', 'create', 'rekey', 'encrypt_string'] as const
type Action = (typeof ACTIONS)[number]
type Given = Arguments<(typeof VAULT_COMMAND)[number]['long']>

/** What goes in and out beside files. */
export interface VaultStreams {
  readonly readStdin: () => Buffer
  readonly write: (bytes: string | Buffer) => void
}

/** Does what the arguments after `playline vault` say. @throws {DiagnosticError} BAD_OPTION, FILE_NOT_FOUND, VAULT_FAILED */
export function vaultCommand(argv: readonly string[], warn: (diagnostic: Diagnostic) => void, environment: Environment, streams: VaultStreams): void {
  const given = parseArguments(argv, VAULT_COMMAND)
  const [name, ...rest] = given.positionals
  if (given.flag('help') || name === undefined) {
    streams.write(
      renderCommandHelp(
        ACTIONS.map((action) => `playline vault ${action} ${action === 'encrypt_string' ? '[TEXT…]' : '[FILE…]'} [options]`),
        VAULT_COMMAND,
      ),
    )
    return
  }
  const action = ACTIONS.find((each) => each === name)
  if (!action) fail('BAD_OPTION', `'${name}' is nothing that playline vault does`, { hint: `It does: ${ACTIONS.join(', ')}.` })
  new VaultCommand(given, rest, new Settings(environment, warn), environment, streams, action).run()
}

class VaultCommand {
  readonly #given: Given
  readonly #names: readonly string[]
  readonly #settings: Settings
  readonly #environment: Environment
  readonly #streams: VaultStreams
  readonly #action: Action
  #vault: Vault

  constructor(given: Given, names: readonly string[], settings: Settings, environment: Environment, streams: VaultStreams, action: Action) {
    this.#given = given
    this.#names = names
    this.#settings = settings
    this.#environment = environment
    this.#streams = streams
    this.#action = action
    // What is mistyped once would never be read again.
    this.#vault = vaultOf(given, settings, environment, action === 'encrypt' || action === 'encrypt_string' || action === 'create')
  }

  run(): void {
    const action = this.#action
    if (action === 'encrypt')
      this.#each((bytes, shown) => (isVaultFile(bytes) ? fail('VAULT_FAILED', `${shown} is encrypted already`) : this.#encrypted(bytes)))
    else if (action === 'decrypt') this.#each((bytes, shown) => this.#opened(bytes, shown).plain)
    else if (action === 'encrypt_string') this.#encryptTexts()
    else if (action === 'view') this.#view()
    else {
      if (this.#names.length === 0) fail('BAD_OPTION', `playline vault ${action} needs a file`)
      if (action === 'create' && this.#names.length > 1) fail('BAD_OPTION', 'playline vault create makes one file')
      if (action === 'rekey') this.#rekey()
      else for (const name of this.#names) this.#one(action, name)
    }
  }

  /** Every file in its place, or into the one that `--output` names; without a file stdin to stdout. */
  #each(change: (bytes: Buffer, shown: string) => string | Buffer): void {
    const names = this.#names.length === 0 ? ['-'] : this.#names
    const output = this.#given.text('output')
    if (output !== undefined && names.length > 1) fail('BAD_OPTION', '--output takes the result of one file')
    // Before anything is written all of it is known to succeed.
    const results = names.map((name) => ({ target: output ?? name, result: change(...this.#input(name)) }))
    // What is secret, or was, is for its owner alone.
    for (const { target, result } of results) this.#put(target, result, { keepsMode: false })
  }

  #put(target: string, content: string | Buffer, how?: { readonly keepsMode: boolean }): void {
    if (target === '-') this.#streams.write(content)
    else write(expander(this.#environment)(target), Buffer.from(content), how)
  }

  #view(): void {
    for (const name of this.#names.length === 0 ? ['-'] : this.#names) this.#streams.write(this.#opened(...this.#input(name)).plain)
  }

  /** What a file holds, or stdin where it is `-`, and what to call it. */
  #input(name: string): [bytes: Buffer, shown: string] {
    return name === '-' ? [this.#streams.readStdin(), 'stdin'] : [this.#read(name), name]
  }

  #one(action: 'edit' | 'create', name: string): void {
    const absolute = expander(this.#environment)(name)
    if (action === 'create') {
      if (existsSync(absolute)) fail('VAULT_FAILED', `${name} is there already`, { hint: `playline vault edit ${name} changes it.` })
      mkdirSync(path.dirname(absolute), { recursive: true })
      const password = this.#encryptWith()
      write(absolute, Buffer.from(encryptVault(this.#edited(Buffer.alloc(0), name), password.password, { id: password.id })))
      return
    }
    const bytes = this.#read(name)
    const { plain, with: password } = this.#opened(bytes, name)
    const edited = this.#edited(plain, name)
    if (edited.equals(plain)) return
    const wanted = this.#given.text('encrypt-vault-id') === undefined ? password : this.#encryptWith()
    write(absolute, Buffer.from(encryptVault(edited, wanted.password, { id: wanted.id })))
  }

  #rekey(): void {
    const opened = this.#names.map((name) => ({ name, plain: this.#opened(this.#read(name), name).plain }))
    const { text } = this.#given
    const id = text('new-vault-id')
    const file = text('new-vault-password-file')
    if (id !== undefined && file !== undefined) fail('BAD_OPTION', '--new-vault-id and --new-vault-password-file exclude each other')
    const source =
      id ?? (file === undefined ? undefined : `${text('encrypt-vault-id') ?? DEFAULT_VAULT_ID}@${file}`) ?? `${DEFAULT_VAULT_ID}@prompt_ask_vault_pass`
    const password = readVaultPassword(parseVaultId(source, this.#settings.text('DEFAULT_VAULT_IDENTITY')), passwordContext(this.#environment), true)
    for (const { name, plain } of opened) this.#put(name, encryptVault(plain, password.password, { id: password.id }))
  }

  #encryptTexts(): void {
    const names = [...this.#given.list('name')]
    const texts: { name: string | undefined; text: string }[] = []
    if (this.#given.flag('prompt')) texts.push({ name: names.shift(), text: this.#environment.ask('String to encrypt: ') })
    for (const text of this.#names.filter((each) => each !== '-')) texts.push({ name: names.shift(), text })
    if (texts.length === 0 || this.#names.includes('-') || this.#given.text('stdin-name') !== undefined)
      texts.push({ name: this.#given.text('stdin-name') ?? names.shift(), text: this.#streams.readStdin().toString('utf8') })
    const blocks = texts.map(({ name, text }) => {
      if (text === '') fail('BAD_OPTION', 'there is no text to encrypt')
      const lines = this.#encrypted(Buffer.from(text)).trimEnd().split('\n')
      return [`${name === undefined ? '' : `${name}: `}!vault |`, ...lines.map((line) => `          ${line}`), ''].join('\n')
    })
    this.#put(this.#given.text('output') ?? '-', blocks.join(''))
  }

  #encrypted(bytes: Buffer): string {
    const { id, password } = this.#encryptWith()
    return encryptVault(bytes, password, { id })
  }

  /** The password to encrypt with: the one that `--encrypt-vault-id` names, or the only one, or a new one that is asked for. */
  #encryptWith(): VaultPassword {
    const { passwords } = this.#vault
    const label = this.#given.text('encrypt-vault-id') ?? this.#settings.text('DEFAULT_VAULT_ENCRYPT_IDENTITY')
    if (label !== undefined) {
      const found = passwords.find(({ id }) => id === label)
      return found ?? fail('BAD_OPTION', `no password is called '${label}'`, { hint: `Given: ${passwords.map(({ id }) => id).join(', ') || 'none'}.` })
    }
    const [first, ...others] = passwords
    if (others.length > 0)
      fail('BAD_OPTION', 'several passwords are given', {
        hint: `Say which to encrypt with: --encrypt-vault-id ${passwords.map(({ id }) => id).join(' or ')}.`,
      })
    if (first) return first
    const asked = readVaultPassword({ id: DEFAULT_VAULT_ID, source: 'prompt_ask_vault_pass' }, passwordContext(this.#environment), true)
    this.#vault = new Vault([asked])
    return asked
  }

  #opened(bytes: Buffer, shown: string): { plain: Buffer; with: VaultPassword } {
    if (!isVaultFile(bytes)) fail('VAULT_FAILED', `${shown} is not encrypted`)
    if (this.#vault.passwords.length === 0)
      this.#vault = new Vault([readVaultPassword({ id: DEFAULT_VAULT_ID, source: 'prompt_ask_vault_pass' }, passwordContext(this.#environment), false)])
    const file = new SourceFile(shown, bytes.toString('latin1'))
    return this.#vault.open(file.text, shown, { file, start: 0, end: file.line(1).length })
  }

  #read(name: string): Buffer {
    const absolute = expander(this.#environment)(name)
    try {
      return readFileSync(absolute)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') fail('FILE_NOT_FOUND', `there is no file ${name}`)
      fail('FILE_UNREADABLE', `${name} cannot be read`, { detail: (error as Error).message })
    }
  }

  /** What a person makes of a text in an editor. The text stands in a folder of this user alone, and is overwritten before it is removed. */
  #edited(plain: Buffer, name: string): Buffer {
    const folder = mkdtempSync(path.join(tmpdir(), 'playline-vault-'))
    const file = path.join(folder, `${randomBytes(4).toString('hex')}${path.extname(name)}`)
    try {
      writeFileSync(file, plain, { mode: 0o600, flag: 'wx' })
      const [program, ...args] = splitWords(this.#environment.variables['EDITOR'] || 'vi')
      const { error, status, signal } = spawnSync(program!, [...args, file], { stdio: 'inherit' })
      if (error) fail('BAD_OPTION', `the editor '${program}' cannot be run`, { detail: error.message, hint: 'EDITOR names the editor.' })
      if (status !== 0) fail('BAD_OPTION', `the editor '${program}' ended with ${status ?? signal}; nothing was changed`)
      return readFileSync(file)
    } finally {
      if (existsSync(file)) writeFileSync(file, randomBytes(Math.max(statSync(file).size, plain.length)), { flush: true })
      rmSync(folder, { recursive: true })
    }
  }
}

/** Replaces a file as a whole, the one that a link leads to; its mode and owner stay where that is wanted, else it is for its owner alone. */
function write(absolute: string, content: Buffer, { keepsMode } = { keepsMode: true }): void {
  try {
    replaceFile(existsSync(absolute) ? realpathSync(absolute) : absolute, content, { mode: 0o600, keepsThoseThere: keepsMode })
  } catch (error) {
    fail('FILE_UNREADABLE', `${absolute} cannot be written`, { detail: (error as Error).message })
  }
}
