/** Ways to sign in, over the emulator, which verifies each signature; and what a person reads where one does not work. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { CloudAccount } from '../../../../runner/module.ts'
import { renderDiagnostic } from '../../../../runner/diagnostic/render.ts'
import { OciPort } from '../../../../runner/port/oci/oci-port.ts'
import { fingerprintOf } from '../../../lab/oci/user.ts'
import { COMPARTMENT, LIMITS, SEOUL, TENANCY, testCloud, type Ends } from '../../../support/cloud.ts'
import { instanceMetadata } from '../../../support/metadata.ts'

const USER = 'ocid1.user.oc1..operator'
const PASS_PHRASE = 'Open-Sesame-42'

/** A cloud, a key that it knows, and a folder for what names it. */
async function site(t: Ends, clock?: { now(): number }) {
  const cloud = await testCloud(t, clock && { clock })
  const folder = mkdtempSync(join(tmpdir(), 'playline-sign-in-'))
  t.teardown(async () => rmSync(folder, { recursive: true, force: true }))
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const fingerprint = fingerprintOf(publicKey)
  cloud.emulator.keys.set(`${TENANCY}/${USER}/${fingerprint}`, publicKey)
  const at = (name: string) => join(folder, name)
  const write = (name: string, text: string) => {
    writeFileSync(at(name), text, { mode: 0o600 })
    return at(name)
  }
  /** The file of profiles, from `name=value` by section. */
  const profiles = (sections: Readonly<Record<string, Readonly<Record<string, string>>>>) =>
    write(
      'config',
      Object.entries(sections)
        .map(([section, settings]) => [`[${section}]`, ...Object.entries(settings).map(([name, value]) => `${name}=${value}`), ''].join('\n'))
        .join('\n'),
    )
  const plain = write('key.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  const settings = { tenancy: TENANCY, user: USER, fingerprint, region: SEOUL, key_file: plain }
  /** Asks for DRGs; gives what a person would read, or the status. */
  const ask = async (account: Partial<CloudAccount> = {}, environment: Record<string, string> = {}): Promise<string> => {
    const port = new OciPort({ HOME: folder, ...environment }, { ...LIMITS, callTimeoutMs: 300 })
    const whole = { auth: 'api_key', configFile: at('config'), profile: 'DEFAULT', region: undefined, endpoint: cloud.emulator.endpoint, ...account } as const
    const [outcome] = await port.read([{ kind: 'cloud', account: whole, service: 'network', operation: 'listDrgs', request: { compartmentId: COMPARTMENT } }])
    if (outcome && 'problem' in outcome) return renderDiagnostic(outcome.problem, undefined).replaceAll(folder, '~')
    return String(outcome?.reply.status)
  }
  return { cloud, folder, at, write, profiles, privateKey, publicKey, settings, ask }
}

const encrypted = (key: KeyObject, type: 'pkcs1' | 'pkcs8', cipher: string, passphrase = PASS_PHRASE): string =>
  key.export({ type, format: 'pem', cipher, passphrase }).toString()

t.test('a profile takes from DEFAULT what it does not say', async (t) => {
  const { profiles, settings, ask } = await site(t)
  profiles({ DEFAULT: { ...settings, user: 'ocid1.user.oc1..another' }, SEOUL: { user: USER } })
  t.equal(await ask({ profile: 'SEOUL' }), '200')
  t.match(await ask(), /NotAuthenticated/)
  profiles({ SEOUL: settings })
  t.equal(await ask({ profile: 'SEOUL' }), '200', 'without DEFAULT')
  profiles({ DEFAULT: { ...settings, region: '' } })
  t.equal(await ask({ region: SEOUL }), '200')
  t.equal(await ask({}, { OCI_REGION: SEOUL }), '200')
  t.match(await ask(), /no region is given, and the profile 'DEFAULT' of ~\/config has none {2}\[CLOUD_CONFIG\]\n {2}hint: Give `region`/)
})

t.test('the file of profiles is found', async (t) => {
  const { at, write, profiles, settings, ask } = await site(t)
  profiles({ DEFAULT: { ...settings, key_file: '~/key.pem' } })
  t.equal(await ask(), '200', 'a key in the home folder')
  const configFile = undefined
  t.equal(await ask({ configFile }, { OCI_CLI_CONFIG_FILE: at('config') }), '200')
  t.equal(await ask({ configFile }, { OCI_CONFIG_FILE: '~/config' }), '200')
  t.match(await ask({ configFile }), /there is no ~\/\.oci\/config/)
  write(
    'config',
    `; a comment\r\n\r\n[ DEFAULT ]\r\n${Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\r\n`)
      .join('')}pass_phrase=\r\n`,
  )
  t.equal(await ask(), '200', 'as an editor of Windows writes it')
})

t.test('encrypted keys', async (t) => {
  const { write, profiles, privateKey, settings, ask } = await site(t)
  for (const [type, cipher] of [
    ['pkcs1', 'aes-256-cbc'],
    ['pkcs1', 'aes-128-cbc'],
    ['pkcs1', 'des-ede3-cbc'],
    ['pkcs8', 'aes-256-cbc'],
    ['pkcs8', 'des-ede3-cbc'],
  ] as const)
    await t.test(`${type}, ${cipher}`, async (t) => {
      write('key.pem', `${encrypted(privateKey, type, cipher)}OCI_API_KEY\n`)
      profiles({ DEFAULT: { ...settings, pass_phrase: PASS_PHRASE } })
      t.equal(await ask(), '200')
      profiles({ DEFAULT: settings })
      t.equal(await ask({}, { OCI_CLI_PASSPHRASE: PASS_PHRASE }), '200')
      t.match(
        await ask(),
        /^error: the key ~\/key\.pem is encrypted, and the profile 'DEFAULT' of ~\/config has no 'pass_phrase' {2}\[CLOUD_CONFIG\]\n {2}hint: Add 'pass_phrase'/,
      )
      profiles({ DEFAULT: { ...settings, pass_phrase: 'Open-Barley' } })
      const wrong = await ask()
      t.match(wrong, /^error: the pass phrase of the profile 'DEFAULT' of ~\/config does not open the key ~\/key\.pem .*\n[^]*hint: Correct 'pass_phrase'/)
      t.notMatch(wrong, /Barley|BEGIN|\n\s+at /, 'neither a secret nor a stack trace')
    })
})

t.test('a key that does not do', async (t) => {
  const { write, profiles, privateKey, publicKey, settings, ask } = await site(t)
  const of = "the profile 'DEFAULT' of ~/config"
  const cases: readonly (readonly [what: string, make: () => void, problem: string, hint: RegExp])[] = [
    [
      'a public one',
      () => write('key.pem', publicKey.export({ type: 'spki', format: 'pem' }).toString()),
      `~/key.pem, the 'key_file' of ${of}, holds no private key`,
      /not the public/,
    ],
    [
      'a damaged one',
      () => write('key.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().slice(0, 500)),
      `the key ~/key.pem of ${of} cannot be read`,
      /damaged/,
    ],
    [
      'another kind',
      () => write('key.pem', generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
      `the key ~/key.pem of ${of} is no RSA key`,
      /RSA keys only/,
    ],
    ['none', () => profiles({ DEFAULT: { ...settings, key_file: '~/gone.pem' } }), `cannot read ~/gone.pem, the 'key_file' of ${of}`, /Correct 'key_file'/],
  ]
  profiles({ DEFAULT: settings })
  for (const [what, make, problem, hint] of cases) {
    make()
    const text = await ask()
    t.equal(text.split('\n')[0], `error: ${problem}  [CLOUD_CONFIG]`, what)
    t.match(text, hint, what)
    t.notMatch(text, /BEGIN|\n\s+at /, what)
  }
})

t.test('a file of profiles that does not do', async (t) => {
  const { at, write, profiles, settings, ask } = await site(t)
  profiles({ DEFAULT: settings, OTHER: {} })
  t.match(
    await ask({ profile: 'SEOUL' }),
    /^error: ~\/config has no profile 'SEOUL' .*\n {2}hint: It has DEFAULT, OTHER\. Give `config_profile_name`, or add the section \[SEOUL\]/,
  )
  profiles({ DEFAULT: { tenancy: TENANCY, key_file: settings.key_file } })
  t.match(await ask(), /^error: the profile 'DEFAULT' of ~\/config has no 'user', 'fingerprint' .*\n {2}hint: See https/)
  write('config', '[DEFAULT]\nuser=x\nMySecretKeyMaterial\n')
  const broken = await ask()
  t.match(broken, /^error: ~\/config:3 is neither 'name=value' nor '\[profile\]'/)
  t.notMatch(broken, /MySecret/)
  write('config', 'user=x\n')
  t.match(await ask(), /~\/config:1 is before the first \[profile\]/)
  write('config', '')
  t.match(await ask(), /has no profile 'DEFAULT' .*\n {2}hint: It has none at all/)
  t.match(await ask({ configFile: at('') }), /^error: cannot read \S+ {2}\[CLOUD_CONFIG\]\n {2}EISDIR/)
  if (process.getuid?.() !== 0) {
    chmodSync(at('config'), 0)
    t.match(await ask(), /cannot read .*\n {2}EACCES/)
  }
})

const token = (expiresAtMs: number): string =>
  ['{"alg":"RS256"}', JSON.stringify({ exp: Math.floor(expiresAtMs / 1000) })].map((part) => Buffer.from(part).toString('base64url')).join('.') + '.signature'

t.test('a session', async (t) => {
  const { cloud, write, profiles, publicKey, settings, ask } = await site(t)
  const session = { ...settings, user: '', security_token_file: write('token', `${token(Date.now() + 60_000)}\n`) }
  const auth = 'security_token'
  profiles({ DEFAULT: session })
  const unknown = await ask({ auth })
  t.match(unknown, /NotAuthenticated[^]*Signed as the session of the profile 'DEFAULT' of ~\/config\.[^]*hint: .*`oci session refresh --profile DEFAULT`/)
  t.notMatch(unknown, /eyJ/, 'no token')
  cloud.emulator.keys.set(`ST$${token(Date.now() + 60_000)}`, publicKey)
  write('token', [...cloud.emulator.keys.keys()].at(-1)!.slice('ST$'.length))
  t.equal(await ask({ auth }), '200')
  t.match(await ask(), /is of a session, and has no 'user' .*\n {2}hint: Give `auth_type: security_token`/)
  write('token', token(Date.UTC(2026, 0, 31, 1, 15, 59)))
  t.match(
    await ask({ auth }),
    /^error: the session of the profile 'DEFAULT' of ~\/config ended at 2026-01-31T01:15:59\.000Z .*\n {2}Its token is in ~\/token\.\n {2}hint: .*oci session authenticate/,
  )
  write('token', 'no token at all')
  t.match(await ask({ auth }), /NotAuthenticated/)
  profiles({ DEFAULT: { ...session, security_token_file: '~/gone' } })
  t.match(await ask({ auth }), /cannot read ~\/gone, the 'security_token_file' of the profile 'DEFAULT'/)
  profiles({ DEFAULT: settings })
  t.match(await ask({ auth }), /has no 'security_token_file' .*\n {2}hint: `oci session authenticate/)
})

t.test('as the instance that this runs on', async (t) => {
  const { cloud, ask } = await site(t)
  const OCI_METADATA_BASE_URL = await instanceMetadata(t, TENANCY, 'icn')
  const auth = 'instance_principal'
  t.equal(await ask({ auth }, { OCI_METADATA_BASE_URL }), '200', 'the region is its own, by its short name')
  t.match([...cloud.emulator.keys.keys()].at(-1), /^ST\$eyJ/)
  t.match(
    await ask({ auth }, { OCI_METADATA_BASE_URL: 'http://127.0.0.1:2/opc/v2' }),
    /^error: cannot sign in to Oracle Cloud as this instance: http:\/\/127\.0\.0\.1:2\/opc\/v2\/instance\/region does not answer .*\n {2}connect ECONNREFUSED.*\n {2}hint: .*on instances of Oracle Cloud only/,
  )
  // What the SDK says to the terminal in between is not for it.
  const lines: string[] = []
  const { log } = console
  console.log = (line: string) => lines.push(line)
  const refused = await ask({ auth, endpoint: `${cloud.emulator.endpoint}/nowhere` }, { OCI_METADATA_BASE_URL })
  console.log = log
  t.match(refused, /^error: cannot sign in to Oracle Cloud as this instance {2}\[CLOUD_CONFIG\]\n {2}Failed to fetch the token from auth server/)
  t.same(lines, [])
})

t.test('who is not known', async (t) => {
  const { write, profiles, settings, ask } = await site(t)
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const fingerprint = fingerprintOf(other.publicKey)
  write('key.pem', other.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  profiles({ DEFAULT: { ...settings, fingerprint } })
  const text = await ask()
  t.match(
    text,
    new RegExp(
      `^error: listDrgs: NotAuthenticated: .*\\[CLOUD_REFUSED\\]\n {2}Signed as ${TENANCY}/${USER}/${fingerprint}, with the profile 'DEFAULT' of ~/config\\.\n {2}HTTP 401, opc-request-id`,
    ),
  )
  t.match(text, `hint: Check in the console that the user ${USER} has the API key ${fingerprint}.`)
  profiles({ DEFAULT: settings })
  t.match(await ask(), `hint: The profile says the fingerprint ${settings.fingerprint}, but its key has ${fingerprint}: correct 'fingerprint' or 'key_file'.`)
})

t.test('a clock that is wrong is told', async (t) => {
  for (const [minutes, said] of [
    [6, '6 minutes behind'],
    [-6, '6 minutes ahead'],
  ] as const) {
    const { profiles, settings, ask } = await site(t, { now: () => Date.now() + minutes * 60_000 })
    profiles({ DEFAULT: settings })
    t.match(await ask(), new RegExp(`NotAuthenticated[^]*hint: The clock of this machine is ${said}: set it`))
  }
  const { profiles, settings, ask } = await site(t, { now: () => Date.now() + 4 * 60_000 })
  profiles({ DEFAULT: settings })
  t.equal(await ask(), '200', 'four minutes are tolerated')
})

t.test('a key is read once', async (t) => {
  const { cloud, at, profiles, settings } = await site(t)
  profiles({ DEFAULT: settings })
  const port = new OciPort({}, LIMITS)
  const account = { auth: 'api_key', configFile: at('config'), profile: 'DEFAULT', region: SEOUL, endpoint: cloud.emulator.endpoint } as const
  const read = () => port.read([{ kind: 'cloud', account, service: 'network', operation: 'listDrgs', request: { compartmentId: COMPARTMENT } }])
  t.match(await read(), [{ reply: { status: 200 } }])
  rmSync(at('config'))
  t.match(await read(), [{ reply: { status: 200 } }])
})
