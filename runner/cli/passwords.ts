/** Passwords from files, programs and questions. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import path from 'node:path'
import { fail } from '../diagnostic/diagnostic.ts'
import { isFile } from '../load/reader.ts'
import { Vault, type VaultPassword } from '../load/vault/vault.ts'
import { DEFAULT_VAULT_ID } from '../value/vault-format.ts'
import type { Ask } from './ask.ts'

/** How long a program may take to print a password. */
const PROGRAM_TIMEOUT_MS = 120_000
const MAX_PASSWORD_BYTES = 64 * 1024

export interface PasswordContext {
  readonly ask: Ask
  /** Absolute path of what a person wrote, `~` and variables replaced. */
  readonly expand: (text: string) => string
}

/** `LABEL@SOURCE`, or `SOURCE` alone with the label that settings give. A source is a file, a program or `prompt`. */
export interface VaultId {
  readonly id: string
  readonly source: string
}

export function parseVaultId(text: string, defaultId = DEFAULT_VAULT_ID): VaultId {
  const at = text.indexOf('@')
  return at < 0 ? { id: defaultId, source: text } : { id: text.slice(0, at), source: text.slice(at + 1) }
}

/** All passwords, in the order given; new ones where they are to encrypt. */
export function openVault(ids: readonly VaultId[], context: PasswordContext, matchIds: boolean, areNew: boolean): Vault {
  return new Vault(
    ids.map((id) => readVaultPassword(id, context, areNew)),
    matchIds,
  )
}

/** The password of a vault id; a new one is asked for twice. */
export function readVaultPassword({ id, source }: VaultId, context: PasswordContext, isNew: boolean): VaultPassword {
  if (source === 'prompt' || source === 'prompt_ask_vault_pass') {
    const label = source === 'prompt' ? ` (${id})` : ''
    const prompt = isNew ? `New vault password${label}: ` : `Vault password${label}: `
    const answer = context.ask(prompt)
    if (isNew && context.ask(`Confirm ${prompt.slice(0, 1).toLowerCase()}${prompt.slice(1)}`) !== answer)
      fail('BAD_OPTION', 'the two passwords are not the same')
    return { id, password: notEmpty(Buffer.from(answer), 'the vault password') }
  }
  const absolute = context.expand(source)
  // A program of this name learns which of its passwords is wanted.
  const client = path.basename(absolute, path.extname(absolute)).endsWith('-client')
  return { id, password: readPasswordFile(absolute, 'the vault password', client ? ['--vault-id', id] : []) }
}

/** The password in a file, or that a program prints, without the line break at its end. */
export function readPasswordFile(absolute: string, what: string, args: readonly string[] = []): Buffer {
  if (!isFile(absolute)) fail('FILE_NOT_FOUND', `there is no file ${absolute} with ${what}`)
  return notEmpty(isProgram(absolute) ? run(absolute, what, args) : trimmed(read(absolute, what)), `${what} in ${absolute}`)
}

function isProgram(absolute: string): boolean {
  try {
    accessSync(absolute, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function read(absolute: string, what: string): Buffer {
  try {
    return readFileSync(absolute)
  } catch (error) {
    fail('FILE_UNREADABLE', `${absolute} with ${what} cannot be read`, { detail: (error as Error).message })
  }
}

function run(absolute: string, what: string, args: readonly string[]): Buffer {
  const { error, status, signal, stdout } = spawnSync(absolute, args, {
    stdio: ['inherit', 'pipe', 'inherit'],
    timeout: PROGRAM_TIMEOUT_MS,
    maxBuffer: MAX_PASSWORD_BYTES,
  })
  if (error)
    fail('FILE_UNREADABLE', `${absolute}, which prints ${what}, cannot be run`, {
      detail: error.message,
      hint: 'A file that is no program must not be executable.',
    })
  if (status !== 0) fail('FILE_UNREADABLE', `${absolute}, which prints ${what}, ended with ${status ?? signal}`)
  return trimmed(stdout)
}

function trimmed(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/^\s+|\s+$/g, ''), 'latin1')
}

function notEmpty(bytes: Buffer, what: string): Buffer {
  if (bytes.length === 0) fail('BAD_OPTION', `${what} is empty`)
  return bytes
}
