/** `vault` and `unvault`: texts encrypted with a password that the template gives. */
import { decryptVault, encryptVault, isVaultText, VaultFormatError } from '../../../value/vault-format.ts'
import type { Value } from '../../../value/value.ts'
import { refuseValue } from '../runtime/callable.ts'
import { checkUsable } from '../runtime/iterate.ts'
import { filter } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'
import { typeName } from '../runtime/type.ts'

export const VAULT_FILTERS: readonly Filter[] = [
  filter("unvault(secret, vaultid='filter_default')", 'The plain text of a vault; other text is left as it is.', unvault),
  filter("vault(secret, salt=None, vaultid='filter_default', wrap_object=False)", 'The text, encrypted as a vault.', vault),
]

function vault(input: Value, args: Args): Value {
  const secret = secretOf(args)
  const plain = text(input, (type) => `Can only vault strings, instead we got: ${type}`)
  if (args.flag('wrap_object')) return refuseValue("filter 'vault': wrap_object is not supported")
  const salt = args.textOrNull('salt')
  if (salt === '') return refuseValue('Unable to encrypt: Empty or invalid salt passed to encrypt()')
  return encryptVault(plain, secret, { id: args.text('vaultid'), salt: salt === null ? undefined : Buffer.from(salt) })
}

function unvault(input: Value, args: Args): Value {
  const secret = secretOf(args)
  const vault = text(input, (type) => `Vault should be in the form of a string, instead we got: ${type}`)
  if (!isVaultText(vault)) return vault
  try {
    return decryptVault(vault, secret)?.toString('utf8') ?? refuseValue('Unable to decrypt: no vault secrets were found that could decrypt')
  } catch (error) {
    if (error instanceof VaultFormatError) return refuseValue(`Unable to decrypt: ${error.message}`)
    throw error
  }
}

function secretOf(args: Args): string {
  return text(args.value('secret'), (type) => `Secret passed is required to be a string, instead we got: ${type}`)
}

function text(value: Value, refusal: (type: string) => string): string {
  checkUsable(value)
  return typeof value === 'string' ? value : refuseValue(refusal(typeName(value)))
}
