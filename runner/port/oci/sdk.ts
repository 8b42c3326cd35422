/** The one place that loads oci-sdk, and of it the parts that are used, when they first are. */
import { createRequire } from 'node:module'
import type { CloudService } from '../../contract/cloud.ts'
import { fail } from '../../diagnostic/diagnostic.ts'

/** A client of a service: its operations by name, and where it asks. */
export interface Client {
  endpoint: string
  regionId: string
  readonly [operation: string]: unknown
}

/** What the SDK's clients send requests with. */
export interface HttpClient {
  send(request: SdkRequest, excludeBody?: boolean): Promise<Response>
}

export interface SdkRequest {
  readonly uri: string
  readonly method: string
  readonly headers: Headers
}

/** Signs requests with the key of a provider. */
export type Signer = object

/** Who signs. */
export interface AuthProvider {
  getKeyId(): Promise<string>
  /** PEM. */
  getPrivateKey(): string
  getPassphrase(): string | null
}

interface InstancePrincipalsBuilder {
  metadataBaseUrl: string
  federationEndpoint: string
  build(): Promise<AuthProvider>
}

interface Common {
  readonly InstancePrincipalsAuthenticationDetailsProviderBuilder: new () => InstancePrincipalsBuilder
  readonly Region: { getRegionIdFromShortCode(code: string): string }
  readonly DefaultRequestSigner: new (provider: AuthProvider) => Signer
  readonly FetchHttpClient: new (signer: Signer, circuitBreaker: undefined, httpOptions: RequestInit) => HttpClient
  readonly NoRetryConfigurationDetails: object
}

type ClientClass = new (parts: { httpClient: HttpClient }, configuration: { retryConfiguration: object }) => Client

export interface Sdk {
  readonly common: Common
  client(service: CloudService): ClientClass
}

const CLIENTS = {
  network: ['oci-core', 'VirtualNetworkClient'],
  compute: ['oci-core', 'ComputeClient'],
  identity: ['oci-identity', 'IdentityClient'],
} as const

/** `resolve` finds the package's main file. @throws {DiagnosticError} CLOUD_SDK_MISSING. */
export function loadSdk(resolve: (name: string) => string = createRequire(import.meta.url).resolve): Sdk {
  // The umbrella itself is never loaded: that would cost three seconds and 260 MB. Its parts are its own dependencies.
  let part: NodeJS.Require
  try {
    part = createRequire(resolve('oci-sdk'))
  } catch (cause) {
    fail('CLOUD_SDK_MISSING', "the modules for Oracle Cloud need the package 'oci-sdk', which is not installed", {
      hint: 'Install it with `npm install oci-sdk`, or install playline without `--omit=optional`.',
      detail: (cause as Error).message.split('\n')[0],
    })
  }
  return {
    common: part('oci-common') as Common,
    client: (service) => {
      const [name, className] = CLIENTS[service]
      return (part(name) as Record<string, ClientClass>)[className]!
    },
  }
}
