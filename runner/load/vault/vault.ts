/** The passwords of a run's vaults, and what was decrypted with them. */
import { fail } from '../../diagnostic/diagnostic.ts'
import type { SourceRange } from '../../diagnostic/source.ts'
import { decryptVault, DEFAULT_VAULT_ID, isVaultText, parseVault, VaultFormatError } from '../../value/vault-format.ts'
import type { Value } from '../../value/value.ts'

export interface VaultPassword {
  /** The label, as in `LABEL@SOURCE`. */
  readonly id: string
  readonly password: Buffer
}

/** Takes values that must not be shown. */
export interface SecretSink {
  add(value: Value): void
}

export class Vault {
  readonly passwords: readonly VaultPassword[]
  /** Only passwords with the label of a vault are tried on it. */
  readonly #matchIds: boolean
  readonly #revealed: Value[] = []
  #sink: SecretSink | undefined

  constructor(passwords: readonly VaultPassword[], matchIds = false) {
    this.passwords = passwords
    this.#matchIds = matchIds
  }

  /** Where everything decrypted is reported to, also what was decrypted before. */
  reportTo(sink: SecretSink): void {
    this.#sink = sink
    for (const value of this.#revealed.splice(0)) sink.add(value)
  }

  /** To be told of every value that came out of a vault. */
  reveal(value: Value): void {
    if (this.#sink) this.#sink.add(value)
    else this.#revealed.push(value)
  }

  /**
   * The plain bytes of a vault's text. `what` names it in messages: `group_vars/all.yml`, `this value`.
   *
   * @throws {DiagnosticError} VAULT_FAILED where no password fits, or the text is damaged.
   */
  decrypt(text: string, what: string, at: SourceRange | undefined): Buffer {
    return this.open(text, what, at).plain
  }

  /** The same, with the password that fitted. */
  open(text: string, what: string, at: SourceRange | undefined): { plain: Buffer; with: VaultPassword } {
    try {
      const vault = parseVault(text)
      if (this.passwords.length === 0)
        fail('VAULT_FAILED', `${what} is encrypted, and no password is given`, {
          range: at,
          hint: 'Give one with --vault-password-file, --vault-id or --ask-vault-pass.',
        })
      const labelled = this.passwords.filter(({ id }) => id === vault.id)
      const others = this.#matchIds ? [] : this.passwords.filter(({ id }) => id !== vault.id)
      for (const candidate of [...labelled, ...others]) {
        const plain = decryptVault(vault, candidate.password)
        if (plain) return { plain, with: candidate }
      }
      const label = vault.id === DEFAULT_VAULT_ID ? '' : ` It was encrypted with the password '${vault.id}'.`
      fail('VAULT_FAILED', `${what} cannot be decrypted: no password fits`, {
        range: at,
        hint: `Tried: ${this.passwords.map(({ id }) => id).join(', ')}.${label}`,
      })
    } catch (error) {
      if (error instanceof VaultFormatError) fail('VAULT_FAILED', `${what} cannot be decrypted: ${error.message}`, { range: at })
      throw error
    }
  }
}

/** True for the bytes of a file that is encrypted as a whole. */
export function isVaultFile(bytes: Uint8Array): boolean {
  return isVaultText(Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 32)).toString('latin1'))
}
