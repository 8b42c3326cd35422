/** Oracle Cloud Infrastructure by its own SDK. */
import { homedir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { CloudAccount, CloudCall, CloudRead, CloudReply, CloudStep } from '../../contract/cloud.ts'
import { DiagnosticError, fail } from '../../diagnostic/diagnostic.ts'
import type { CloudOutcome, CloudPort } from '../cloud.ts'
import { CallHttp, diagnosticOf, LIMITS, type Limits } from './http.ts'
import { quietly } from './quiet.ts'
import { loadSdk, type Client, type Sdk } from './sdk.ts'
import { signIn, whyUnauthenticated, type Identity } from './sign-in.ts'

const POLL_MS = 1000
const MAX_PAGES = 10_000
/** States that a resource does not leave by itself. */
const FINAL_STATES = new Set(['TERMINATED', 'DETACHED', 'FAULTY', 'FAILED'])

export class OciPort implements CloudPort {
  readonly #environment: Readonly<Record<string, string | undefined>>
  readonly #limits: Limits
  readonly #identities = new Map<string, Promise<Identity>>()
  #sdk: Sdk | undefined

  /** Nothing is loaded or read before the first call. */
  constructor(environment: Readonly<Record<string, string | undefined>>, limits: Limits = LIMITS) {
    this.#environment = environment
    this.#limits = limits
  }

  async read(reads: readonly CloudRead[]): Promise<CloudOutcome[]> {
    const answers = new Map<string, Promise<CloudOutcome>>()
    const outcomes = reads.map((read) => {
      const key = JSON.stringify([read.account, read.service, read.operation, read.request])
      let answer = answers.get(key)
      if (!answer) answers.set(key, (answer = this.#readOne(read)))
      return answer
    })
    return Promise.all(outcomes)
  }

  async call(step: CloudStep): Promise<CloudReply> {
    return step.until ? this.#until(step, step.until) : this.#send(step, step.okCodes ?? [])
  }

  async #readOne(read: CloudRead): Promise<CloudOutcome> {
    try {
      return { reply: read.operation.startsWith('list') ? await this.#allPages(read) : await this.#send(read, [404]) }
    } catch (error) {
      if (error instanceof DiagnosticError) return { problem: error.first }
      throw error
    }
  }

  async #allPages(read: CloudRead): Promise<CloudReply> {
    const items: unknown[] = []
    let page: string | undefined
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const reply = await this.#send({ ...read, request: { ...read.request, ...(page !== undefined && { page }) } }, [404])
      if (reply.status === 404) return reply
      items.push(...(reply.body as unknown[]))
      page = reply.nextPage
      if (page === undefined) return { ...reply, body: items }
    }
    fail('LIMIT_EXCEEDED', `${read.operation} has more than ${MAX_PAGES} pages`)
  }

  /** A resource that is not there is gone, or, before it was seen, not there yet: an answer may be older than what made it. */
  async #until(step: CloudStep, { states, withinMs }: { states: readonly string[]; withinMs: number }): Promise<CloudReply> {
    const deadlineMs = performance.now() + withinMs
    const whatFor = `${step.operation}: ${Object.values(step.request).join(' ')}`
    const gone = states.find((state) => FINAL_STATES.has(state))
    let isSeen = false
    for (;;) {
      const reply = await this.#send(step, [...(step.okCodes ?? []), 404])
      isSeen ||= reply.status !== 404
      const state = reply.status === 404 ? (gone ?? (isSeen ? 'TERMINATED' : undefined)) : (reply.body as { lifecycleState?: string } | null)?.lifecycleState
      if (state !== undefined && states.includes(state)) return reply
      if (state !== undefined && FINAL_STATES.has(state)) {
        fail('CLOUD_REFUSED', `${whatFor} became ${state}, and not ${states.join(' or ')}`, {
          hint: 'Somebody may have removed it meanwhile, or the service could not make it: the console tells more. Then run again.',
        })
      }
      if (performance.now() > deadlineMs) {
        fail(
          'DID_NOT_SETTLE',
          `${whatFor} is ${state === undefined ? 'not there' : `still ${state}`} after ${withinMs / 1000} s, and not ${states.join(' or ')}`,
          {
            hint: 'Give it more seconds with `wait_timeout`, or see in the console what keeps it.',
          },
        )
      }
      await delay(Math.min(POLL_MS, this.#limits.firstDelayMs))
    }
  }

  /** Sends a call; an error with one of the accepted codes or statuses is a reply. */
  async #send(call: CloudCall, accepted: readonly (string | number)[]): Promise<CloudReply & { readonly nextPage: string | undefined }> {
    const sdk = (this.#sdk ??= loadSdk())
    const identity = await this.#identity(sdk, call.account)
    const http = new CallHttp(sdk, identity.signer, this.#limits)
    // The client signs nothing itself: with a provider it would read the key again for each call.
    const client = new (sdk.client(call.service))({ httpClient: http }, { retryConfiguration: sdk.common.NoRetryConfigurationDetails })
    this.#direct(client, identity, call.account)
    const operation = client[call.operation] as ((request: unknown) => Promise<Record<string, unknown>>) | undefined
    if (operation === undefined) throw new Error(`oci-sdk has no operation '${call.operation}' for ${call.service}`)
    let response: Record<string, unknown>
    try {
      response = await quietly(() => operation.call(client, call.request))
    } catch (error) {
      const { failure } = http
      // What failed before anything was sent is a defect of the request.
      if (!failure) throw error
      if (!accepted.includes(failure.code) && !(failure.status !== undefined && accepted.includes(failure.status)))
        throw new DiagnosticError(diagnosticOf(call.operation, failure, failure.status === 401 ? await whyUnauthenticated(identity, failure) : {}))
      return { status: failure.status ?? 0, code: failure.code, body: null, etag: undefined, nextPage: undefined }
    }
    const text = (name: string): string | undefined => (typeof response[name] === 'string' && response[name] !== '' ? response[name] : undefined)
    const body = Object.entries(response).find(([key, value]) => typeof value === 'object' && value !== null && !key.startsWith('opc'))?.[1] ?? null
    return { status: 200, code: undefined, body, etag: text('etag'), nextPage: text('opcNextPage') }
  }

  /** Where the client asks: in the region that the account names, or else in that of its profile. */
  #direct(client: Client, identity: Identity, { region, endpoint }: CloudAccount): void {
    const name =
      region ??
      identity.region ??
      this.#environment['OCI_REGION'] ??
      fail('CLOUD_CONFIG', `no region is given, and ${identity.name} has none`, { hint: 'Give `region`, as ap-seoul-1.' })
    if (endpoint === undefined) client.regionId = name
    else client.endpoint = `${endpoint.replace(/\/+$/, '')}/${name}`
  }

  #identity(sdk: Sdk, account: CloudAccount): Promise<Identity> {
    const configFile = this.#configFile(account)
    const { auth, profile, region, endpoint } = account
    const key = JSON.stringify(auth === 'instance_principal' ? [auth, region, endpoint] : [auth, configFile, profile])
    let identity = this.#identities.get(key)
    if (!identity) {
      const options = { sdk, configFile, environment: this.#environment, resolve: (name: string) => this.#absolute(name) }
      this.#identities.set(key, (identity = signIn(account, options)))
    }
    return identity
  }

  /** The SDK takes the variable only where the default file is absent: so the file is always named to it. */
  #configFile({ configFile }: CloudAccount): string {
    const file = configFile ?? this.#environment['OCI_CLI_CONFIG_FILE'] ?? this.#environment['OCI_CONFIG_FILE'] ?? '~/.oci/config'
    return this.#absolute(file)
  }

  #absolute(file: string): string {
    return path.resolve(file.replace(/^~(?=\/)/, this.#environment['HOME'] ?? homedir()))
  }
}
