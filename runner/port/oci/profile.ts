/** A profile of OCI's configuration file. https://docs.oracle.com/en-us/iaas/Content/API/Concepts/sdkconfig.htm */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fail } from '../../diagnostic/diagnostic.ts'

const HELP = 'See https://docs.oracle.com/en-us/iaas/Content/API/Concepts/sdkconfig.htm.'
/** What the profile that is named does not say is taken from this one. */
const DEFAULT = 'DEFAULT'

export interface ProfileKey {
  /** PEM, opened. */
  readonly pem: string
  /** As OCI shows it: MD5 of the public key's DER. */
  readonly fingerprint: string
}

/** The settings of one profile. What is missing or does not do is told with the file and the profile. */
export class Profile {
  /** For people: `the profile 'DEFAULT' of /home/me/.oci/config`. */
  readonly name: string
  readonly #settings: ReadonlyMap<string, string>
  readonly #resolve: (path: string) => string

  /**
   * `resolve` makes a path of a setting absolute.
   *
   * @throws {DiagnosticError} CLOUD_CONFIG.
   */
  constructor(file: string, profile: string, resolve: (path: string) => string) {
    const profiles = parse(file)
    const own = profiles.get(profile)
    if (!own) {
      const names = [...profiles.keys()]
      fail('CLOUD_CONFIG', `${file} has no profile '${profile}'`, {
        hint: names.length === 0 ? `It has none at all. ${HELP}` : `It has ${names.join(', ')}. Give \`config_profile_name\`, or add the section [${profile}].`,
      })
    }
    this.name = `the profile '${profile}' of ${file}`
    this.#settings = new Map([...(profiles.get(DEFAULT) ?? []), ...own])
    this.#resolve = resolve
  }

  get(setting: string): string | undefined {
    return this.#settings.get(setting)
  }

  /** Settings that all have to be there. @throws {DiagnosticError} CLOUD_CONFIG. */
  need<N extends string>(...settings: readonly N[]): Readonly<Record<N, string>> {
    const missing = settings.filter((each) => this.get(each) === undefined)
    if (missing.length > 0) fail('CLOUD_CONFIG', `${this.name} has no ${missing.map((each) => `'${each}'`).join(', ')}`, { hint: HELP })
    return Object.fromEntries(settings.map((each) => [each, this.get(each)!])) as Record<N, string>
  }

  /** The content of the file that a setting names. @throws {DiagnosticError} CLOUD_CONFIG. */
  fileOf(setting: string): { readonly path: string; readonly text: string } {
    const path = this.#resolve(this.need(setting)[setting]!)
    try {
      return { path, text: readFileSync(path, 'utf8') }
    } catch (error) {
      fail('CLOUD_CONFIG', `cannot read ${path}, the '${setting}' of ${this.name}`, {
        detail: (error as Error).message,
        hint: `Correct '${setting}', or put the file there.`,
      })
    }
  }

  /**
   * The private key, opened with the profile's pass phrase where it has one, else with `otherPassPhrase`.
   *
   * @throws {DiagnosticError} CLOUD_CONFIG.
   */
  key(otherPassPhrase: string | undefined): ProfileKey {
    const { path, text } = this.fileOf('key_file')
    const passPhrase = this.get('pass_phrase') ?? otherPassPhrase
    const key = this.#open(path, text, passPhrase)
    if (key.asymmetricKeyType !== 'rsa') fail('CLOUD_CONFIG', `the key ${path} of ${this.name} is no RSA key`, { hint: 'Oracle Cloud takes RSA keys only.' })
    const digest = createHash('md5')
      .update(createPublicKey(key).export({ type: 'spki', format: 'der' }))
      .digest('hex')
    return { pem: key.export({ type: 'pkcs1', format: 'pem' }).toString(), fingerprint: digest.match(/../g)!.join(':') }
  }

  #open(path: string, text: string, passPhrase: string | undefined): KeyObject {
    try {
      return createPrivateKey({ key: text, ...(passPhrase !== undefined && { passphrase: passPhrase }) })
    } catch (error) {
      const detail = (error as Error).message
      if (!text.includes('PRIVATE KEY-----')) {
        fail('CLOUD_CONFIG', `${path}, the 'key_file' of ${this.name}, holds no private key`, {
          hint: 'It has to be a private key in PEM, not the public one.',
        })
      }
      // PKCS #8 says so in its first line, PKCS #1 in a header below it.
      const isEncrypted = /BEGIN ENCRYPTED PRIVATE KEY|^Proc-Type: 4,ENCRYPTED/m.test(text)
      if (!isEncrypted) fail('CLOUD_CONFIG', `the key ${path} of ${this.name} cannot be read`, { detail, hint: 'It is damaged: put the original there.' })
      if (passPhrase === undefined) {
        fail('CLOUD_CONFIG', `the key ${path} is encrypted, and ${this.name} has no 'pass_phrase'`, {
          hint: "Add 'pass_phrase', or set OCI_CLI_PASSPHRASE.",
        })
      }
      fail('CLOUD_CONFIG', `the pass phrase of ${this.name} does not open the key ${path}`, {
        detail,
        hint: `Correct ${this.get('pass_phrase') === undefined ? 'OCI_CLI_PASSPHRASE' : "'pass_phrase'"}; \`openssl pkey -in ${path} -noout\` tries one.`,
      })
    }
  }
}

/** The sections of the file, by name. A line is never shown: it may hold a secret. */
function parse(file: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      fail('CLOUD_CONFIG', `there is no ${file}`, {
        hint: 'It holds the profiles for Oracle Cloud; `oci setup config` writes one. Or give `config_file_location`.',
      })
    }
    fail('CLOUD_CONFIG', `cannot read ${file}`, { detail: (error as Error).message, hint: 'Give `config_file_location`, or let this user read it.' })
  }
  const profiles = new Map<string, Map<string, string>>()
  let current: Map<string, string> | undefined
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:[#;].*)?$/.test(line)) continue
    const section = /^\s*\[\s*(.+?)\s*\]\s*$/.exec(line)?.[1]
    if (section !== undefined) {
      current = profiles.get(section) ?? new Map<string, string>()
      profiles.set(section, current)
      continue
    }
    const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (name === undefined || !current) {
      fail('CLOUD_CONFIG', `${file}:${index + 1} ${name === undefined ? "is neither 'name=value' nor '[profile]'" : 'is before the first [profile]'}`, {
        hint: HELP,
      })
    }
    // What is empty counts as absent.
    if (value !== '') current.set(name, value!)
  }
  return profiles
}
