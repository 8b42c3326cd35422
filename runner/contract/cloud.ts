/** What a module may ask of Oracle Cloud Infrastructure: operations of its API, in the SDK's names, as data. */

/** Which cloud, and as whom. What is undefined is taken from the configuration file and the environment, as OCI's own tools do. */
export interface CloudAccount {
  readonly auth: 'api_key' | 'security_token' | 'instance_principal'
  /** The file of profiles; undefined: `OCI_CLI_CONFIG_FILE`, or `~/.oci/config`. */
  readonly configFile: string | undefined
  readonly profile: string
  /** As `ap-seoul-1`; undefined: the profile's. */
  readonly region: string | undefined
  /** A server to ask instead of Oracle's, as `http://127.0.0.1:8080`; it is asked for each region at `ENDPOINT/REGION`. */
  readonly endpoint: string | undefined
}

/** Virtual Network and Compute are parts of Core Services. */
export type CloudService = 'network' | 'compute' | 'identity'

/** One operation. https://docs.oracle.com/en-us/iaas/api/ */
export interface CloudCall {
  readonly kind: 'cloud'
  readonly account: CloudAccount
  readonly service: CloudService
  /** As `listDrgs`. */
  readonly operation: string
  /** Its parameters, as the SDK takes them. Query parameters hold OCIDs and plain words only: the SDK does not encode them. */
  readonly request: Readonly<Record<string, unknown>>
}

/** An operation that only reads: `get…` or `list…`, of which all pages are read. */
export type CloudRead = CloudCall

/** An operation that writes, or one that reads in between writes. */
export interface CloudStep extends CloudCall {
  /** Errors that the module deals with itself, by the service's code: `NoEtagMatch`. */
  readonly okCodes?: readonly string[]
  /** Of a `get…`: asked again until the resource is in one of these lifecycle states. Any state in which it cannot stay is an error. */
  readonly until?: { readonly states: readonly string[]; readonly withinMs: number }
}

/** The service's answer. */
export interface CloudReply {
  /** The HTTP status; 404 is an answer to a read. */
  readonly status: number
  /** The service's code of an error. */
  readonly code: string | undefined
  /** A resource, or the list of all pages; null where there is none. */
  readonly body: unknown
  readonly etag: string | undefined
}
