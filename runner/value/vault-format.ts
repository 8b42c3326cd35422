/**
 * Ansible's vault: the text of an encrypted value or file, formats 1.1 and 1.2, cipher AES256.
 *
 * The key comes from the password by PBKDF2 (SHA-256, 10 000 rounds): 32 bytes for AES-256 in counter mode, 32 for the HMAC-SHA-256 over
 * the cipher text, 16 for the first counter. The plain text is padded as PKCS #7 says. Salt, HMAC and cipher text are written in
 * hexadecimal, a line each, and the whole once more in hexadecimal, in lines of 80 characters.
 */
import { createCipheriv, createDecipheriv, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'

const HEADER = '$ANSIBLE_VAULT'
const ROUNDS = 10_000
const KEY_BYTES = 32
const COUNTER_BYTES = 16
const BLOCK_BYTES = 16
const SALT_BYTES = 32
const LINE_LENGTH = 80

/** The id that a vault has which names none. */
export const DEFAULT_VAULT_ID = 'default'

/** Text that begins as a vault and is none. */
export class VaultFormatError extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'VaultFormatError'
  }
}

/** What a vault's text holds, still encrypted. */
export interface VaultText {
  /** The label of its password: `default` where format 1.1 names none. */
  readonly id: string
  readonly salt: Buffer
  readonly hmac: Buffer
  readonly cipherText: Buffer
}

/** True for text that begins as a vault does. */
export function isVaultText(text: string): boolean {
  return text.startsWith(HEADER)
}

/** @throws {VaultFormatError} */
export function parseVault(text: string): VaultText {
  const [header = '', ...lines] = text.trim().split(/\r?\n/)
  const [magic, version, cipher, id] = header.split(';').map((part) => part.trim())
  if (magic !== HEADER) throw new VaultFormatError(`a vault begins with ${HEADER}`)
  if (version !== '1.1' && version !== '1.2') throw new VaultFormatError(`vaults of format ${version ?? '(none)'} are not supported, only 1.1 and 1.2`)
  if (cipher !== 'AES256') throw new VaultFormatError(`vaults with the cipher ${cipher ?? '(none)'} are not supported, only AES256`)
  const body = fromHex(lines.map((line) => line.trim()).join('')).toString('latin1')
  const parts = body.split('\n')
  if (parts.length !== 3) throw new VaultFormatError('a vault holds a salt, an HMAC and a cipher text')
  const [salt, hmac, cipherText] = parts.map(fromHex) as [Buffer, Buffer, Buffer]
  return { id: version === '1.2' && id ? id : DEFAULT_VAULT_ID, salt, hmac, cipherText }
}

/**
 * The plain text, or undefined where the password is not the one that it was encrypted with.
 *
 * @throws {VaultFormatError} where the text is no vault.
 */
export function decryptVault(vault: string | VaultText, password: string | Uint8Array): Buffer | undefined {
  const { salt, hmac, cipherText } = typeof vault === 'string' ? parseVault(vault) : vault
  const keys = deriveKeys(password, salt)
  const wanted = createHmac('sha256', keys.hmac).update(cipherText).digest()
  if (wanted.length !== hmac.length || !timingSafeEqual(wanted, hmac)) return undefined
  const decipher = createDecipheriv('aes-256-ctr', keys.cipher, keys.counter)
  const padded = Buffer.concat([decipher.update(cipherText), decipher.final()])
  const padding = padded.at(-1) ?? 0
  if (padding < 1 || padding > BLOCK_BYTES) throw new VaultFormatError('the padding of the plain text is wrong')
  return padded.subarray(0, padded.length - padding)
}

export interface EncryptOptions {
  /** The label of the password; with another one than `default` the format is 1.2. */
  readonly id?: string | undefined
  /** Any bytes; by themselves 32 random ones. */
  readonly salt?: Uint8Array | undefined
}

/** The text of a vault, with a line break at its end. */
export function encryptVault(plain: string | Uint8Array, password: string | Uint8Array, options: EncryptOptions = {}): string {
  const salt = Buffer.from(options.salt ?? randomBytes(SALT_BYTES))
  const keys = deriveKeys(password, salt)
  const bytes = Buffer.from(plain)
  const padding = BLOCK_BYTES - (bytes.length % BLOCK_BYTES)
  const cipher = createCipheriv('aes-256-ctr', keys.cipher, keys.counter)
  const cipherText = Buffer.concat([cipher.update(bytes), cipher.update(Buffer.alloc(padding, padding)), cipher.final()])
  const hmac = createHmac('sha256', keys.hmac).update(cipherText).digest()
  const body = Buffer.from([salt, hmac, cipherText].map((part) => part.toString('hex')).join('\n'), 'latin1').toString('hex')
  const lines = Array.from({ length: Math.ceil(body.length / LINE_LENGTH) }, (_, index) => body.slice(index * LINE_LENGTH, (index + 1) * LINE_LENGTH))
  const { id } = options
  const header = id === undefined || id === DEFAULT_VAULT_ID ? `${HEADER};1.1;AES256` : `${HEADER};1.2;AES256;${id}`
  return [header, ...lines, ''].join('\n')
}

function deriveKeys(password: string | Uint8Array, salt: Buffer): { cipher: Buffer; hmac: Buffer; counter: Buffer } {
  const bytes = pbkdf2Sync(Buffer.from(password), salt, ROUNDS, 2 * KEY_BYTES + COUNTER_BYTES, 'sha256')
  return { cipher: bytes.subarray(0, KEY_BYTES), hmac: bytes.subarray(KEY_BYTES, 2 * KEY_BYTES), counter: bytes.subarray(2 * KEY_BYTES) }
}

function fromHex(text: string): Buffer {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw new VaultFormatError('a vault is written in hexadecimal')
  return Buffer.from(text, 'hex')
}
