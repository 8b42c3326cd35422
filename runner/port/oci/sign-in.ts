/** As whom requests are signed. */
import type { CloudAccount } from '../../contract/cloud.ts'
import { fail } from '../../diagnostic/diagnostic.ts'
import type { Failure } from './http.ts'
import { Profile } from './profile.ts'
import { quietly } from './quiet.ts'
import type { AuthProvider, Sdk, Signer } from './sdk.ts'

const METADATA_URL = 'http://169.254.169.254/opc/v2/'
const METADATA_TIMEOUT_MS = 5000
/** https://docs.oracle.com/en-us/iaas/Content/API/Concepts/signingrequests.htm */
const TOLERATED_SKEW_MS = 300_000

export interface Identity {
  readonly provider: AuthProvider
  readonly signer: Signer
  /** Where it is at home; undefined where it does not say. */
  readonly region: string | undefined
  /** For people: with which profile, or that it is the instance. */
  readonly name: string
  /** What to do where the service does not accept it. */
  readonly remedy: string
}

export interface SignInOptions {
  readonly sdk: Sdk
  readonly configFile: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Makes a path of the configuration file absolute. */
  readonly resolve: (path: string) => string
}

/** @throws {DiagnosticError} CLOUD_CONFIG where the configuration does not do. */
export async function signIn(account: CloudAccount, options: SignInOptions): Promise<Identity> {
  const identity = await identify(account, options)
  return { ...identity, signer: new options.sdk.common.DefaultRequestSigner(identity.provider) }
}

type Unsigned = Omit<Identity, 'signer'>

function identify(account: CloudAccount, options: SignInOptions): Unsigned | Promise<Unsigned> {
  if (account.auth === 'instance_principal') return asInstance(account, options)
  const profile = new Profile(options.configFile, account.profile, options.resolve)
  return account.auth === 'security_token' ? withToken(profile, account, options) : withKey(profile, options)
}

function withKey(profile: Profile, { environment }: SignInOptions): Unsigned {
  if (profile.get('user') === undefined && profile.get('security_token_file') !== undefined)
    fail('CLOUD_CONFIG', `${profile.name} is of a session, and has no 'user'`, { hint: 'Give `auth_type: security_token`.' })
  const { tenancy, user, fingerprint } = profile.need('tenancy', 'user', 'fingerprint', 'key_file')
  const key = profile.key(environment['OCI_CLI_PASSPHRASE'])
  return {
    provider: providerOf(`${tenancy}/${user}/${fingerprint}`, key.pem),
    region: profile.get('region'),
    name: profile.name,
    remedy:
      key.fingerprint === fingerprint.toLowerCase()
        ? `Check in the console that the user ${user} has the API key ${fingerprint}.`
        : `The profile says the fingerprint ${fingerprint}, but its key has ${key.fingerprint}: correct 'fingerprint' or 'key_file'.`,
  }
}

function withToken(profile: Profile, account: CloudAccount, { environment }: SignInOptions): Unsigned {
  if (profile.get('security_token_file') === undefined) {
    fail('CLOUD_CONFIG', `${profile.name} has no 'security_token_file'`, {
      hint: `\`oci session authenticate --profile-name ${account.profile}\` begins a session and writes it. A profile with an API key needs \`auth_type: api_key\`.`,
    })
  }
  profile.need('key_file')
  const { path, text } = profile.fileOf('security_token_file')
  const token = text.trim()
  const endsAtMs = endOf(token)
  const refresh = `\`oci session authenticate --profile-name ${account.profile}\` begins another; \`oci session refresh --profile ${account.profile}\` prolongs one that still lasts.`
  if (endsAtMs !== undefined && endsAtMs <= Date.now())
    fail('CLOUD_CONFIG', `the session of ${profile.name} ended at ${new Date(endsAtMs).toISOString()}`, { detail: `Its token is in ${path}.`, hint: refresh })
  return {
    provider: providerOf(`ST$${token}`, profile.key(environment['OCI_CLI_PASSPHRASE']).pem),
    region: profile.get('region'),
    name: `the session of ${profile.name}`,
    remedy: `The session may have ended. ${refresh}`,
  }
}

/** When a JSON Web Token expires; undefined where it does not say. */
function endOf(token: string): number | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: unknown }
    return typeof exp === 'number' ? exp * 1000 : undefined
  } catch {
    return undefined
  }
}

const providerOf = (keyId: string, pem: string): AuthProvider => ({
  getKeyId: () => Promise.resolve(keyId),
  getPrivateKey: () => pem,
  getPassphrase: () => null,
})

/**
 * As the instance that this runs on, by the certificate that its metadata service gives it. OCI_METADATA_BASE_URL, which other
 * SDKs of Oracle know too, names another such service; with an `endpoint` that one also gives the token.
 */
async function asInstance(account: CloudAccount, { sdk, environment }: SignInOptions): Promise<Unsigned> {
  const base = (environment['OCI_METADATA_BASE_URL'] ?? METADATA_URL).replace(/\/*$/, '/')
  const region = account.region ?? sdk.common.Region.getRegionIdFromShortCode(await ownRegion(base))
  const builder = new sdk.common.InstancePrincipalsAuthenticationDetailsProviderBuilder()
  builder.metadataBaseUrl = base
  if (account.endpoint !== undefined) builder.federationEndpoint = `${account.endpoint.replace(/\/+$/, '')}/${region}`
  try {
    // Where the service refuses the instance, it is told here, and not with each request.
    const provider = await quietly(async () => {
      const built = await builder.build()
      await built.getKeyId()
      return built
    })
    return { provider, region, name: 'this instance', remedy: 'Check that a dynamic group has this instance, and a policy for that group.' }
  } catch (error) {
    fail('CLOUD_CONFIG', 'cannot sign in to Oracle Cloud as this instance', {
      detail: (error as { message?: string }).message,
      hint: 'See https://docs.oracle.com/en-us/iaas/Content/Identity/Tasks/callingservicesfrominstances.htm, or sign in with a profile (`auth_type: api_key`).',
    })
  }
}

/** Asked first and with a limit on the time: the SDK would wait for minutes where there is no metadata service. */
async function ownRegion(metadataUrl: string): Promise<string> {
  const url = `${metadataUrl}instance/region`
  try {
    const response = await fetch(url, { headers: { authorization: 'Bearer Oracle' }, signal: AbortSignal.timeout(METADATA_TIMEOUT_MS) })
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    return (await response.text()).trim()
  } catch (error) {
    const { message, cause } = error as Error
    fail('CLOUD_CONFIG', `cannot sign in to Oracle Cloud as this instance: ${url} does not answer`, {
      detail: cause instanceof Error ? cause.message : message,
      hint: '`auth_type: instance_principal` works on instances of Oracle Cloud only. Elsewhere sign in with a profile (`auth_type: api_key`).',
    })
  }
}

/** What is told beside an answer that one is not who one says. The service itself gives no reason. */
export async function whyUnauthenticated({ provider, name, remedy }: Identity, { clockAheadMs = 0 }: Failure): Promise<{ detail: string; hint: string }> {
  const keyId = await provider.getKeyId()
  const detail = keyId.startsWith('ST$') ? `Signed as ${name}.` : `Signed as ${keyId}, with ${name}.`
  if (Math.abs(clockAheadMs) < TOLERATED_SKEW_MS) return { detail, hint: remedy }
  const minutes = `${Math.round(Math.abs(clockAheadMs) / 60_000)} minutes ${clockAheadMs > 0 ? 'ahead' : 'behind'}`
  return { detail, hint: `The clock of this machine is ${minutes}: set it (\`timedatectl set-ntp true\`). Oracle tolerates five minutes.` }
}
