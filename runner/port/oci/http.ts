/** How requests of the SDK are sent: with a limit on their time, and again, for a while, where that may help. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { HttpClient, Sdk, SdkRequest, Signer } from './sdk.ts'

/** Why a call has no good answer. */
export interface Failure {
  /** The HTTP status; undefined where there was no answer. */
  readonly status: number | undefined
  /** The service's code; of a call without answer, the system's. */
  readonly code: string
  readonly message: string
  readonly requestId: string | undefined
  /** How often it was sent. */
  readonly attempts: number
  /** How far this machine's clock is ahead of the server's; undefined where that is not known. */
  readonly clockAheadMs?: number | undefined
}

export interface Limits {
  /** For one request. */
  readonly requestTimeoutMs: number
  /** For a call with all its attempts. */
  readonly callTimeoutMs: number
  /** The wait before the second attempt; each further one is twice as long. */
  readonly firstDelayMs: number
  readonly longestDelayMs: number
}

export const LIMITS: Limits = { requestTimeoutMs: 60_000, callTimeoutMs: 180_000, firstDelayMs: 1000, longestDelayMs: 15_000 }

/** The HTTP client for one call. The SDK's own retries, circuit breaker and time-outs are not used: they differ between operations. */
export class CallHttp implements HttpClient {
  /** After a call that failed. */
  failure: Failure | undefined
  readonly #sdk: Sdk
  readonly #signer: Signer
  readonly #limits: Limits

  constructor(sdk: Sdk, signer: Signer, limits: Limits) {
    this.#sdk = sdk
    this.#signer = signer
    this.#limits = limits
  }

  async send(request: SdkRequest, excludeBody?: boolean): Promise<Response> {
    const { callTimeoutMs, firstDelayMs, longestDelayMs } = this.#limits
    const deadlineMs = performance.now() + callTimeoutMs
    let waitMs = firstDelayMs
    for (let attempts = 1; ; attempts++) {
      const answer = await this.#once(request, excludeBody, attempts)
      if (answer instanceof Response) return answer
      this.failure = answer
      if (!isWorthRepeating(answer) || performance.now() + waitMs > deadlineMs) throw new Error(answer.message)
      await delay(waitMs)
      waitMs = Math.min(2 * waitMs, longestDelayMs)
    }
  }

  async #once(request: SdkRequest, excludeBody: boolean | undefined, attempts: number): Promise<Response | Failure> {
    // Each attempt is signed anew, with its own time. The retry token that the SDK has given the call stays: the service answers a
    // second attempt with what the first has made.
    request.headers.delete('x-date')
    request.headers.delete('authorization')
    const { requestTimeoutMs } = this.#limits
    const signal = AbortSignal.timeout(requestTimeoutMs)
    const http = new this.#sdk.common.FetchHttpClient(this.#signer, undefined, { signal })
    try {
      const response = await http.send(request, excludeBody)
      if (response.ok) return response
      const clockAheadMs = Date.now() - Date.parse(response.headers.get('date') ?? '')
      return {
        status: response.status,
        ...(await errorOf(response)),
        requestId: response.headers.get('opc-request-id') ?? undefined,
        attempts,
        clockAheadMs: Number.isNaN(clockAheadMs) ? undefined : clockAheadMs,
      }
    } catch (error) {
      const [code, message] = signal.aborted ? ['TIMED_OUT', `no answer in ${requestTimeoutMs / 1000} s`] : systemError(error)
      return { status: undefined, code, message, requestId: request.headers.get('opc-request-id') ?? undefined, attempts }
    }
  }
}

/** https://docs.oracle.com/en-us/iaas/Content/API/References/apierrors.htm */
function isWorthRepeating({ status, code }: Failure): boolean {
  if (status === undefined) return true
  return status === 429 || status >= 500 || (status === 409 && code === 'IncorrectState')
}

async function errorOf(response: Response): Promise<{ code: string; message: string }> {
  const text = await response.text()
  try {
    const { code, message } = JSON.parse(text) as { code?: string; message?: string }
    return { code: code ?? `HTTP ${response.status}`, message: message ?? text }
  } catch {
    return { code: `HTTP ${response.status}`, message: text.slice(0, 500) }
  }
}

/** A failure for people: with what the service's support asks for, and with what more is known of it. */
export function diagnosticOf(
  operation: string,
  { status, code, message, requestId, attempts }: Failure,
  more: { readonly detail?: string; readonly hint?: string } = {},
): Diagnostic {
  const parts = [status === undefined ? undefined : `HTTP ${status}`, requestId === undefined ? undefined : `opc-request-id ${requestId}`]
  return {
    code: status === undefined ? 'CLOUD_UNREACHABLE' : 'CLOUD_REFUSED',
    severity: 'error',
    summary: `${operation}: ${code}: ${message}${attempts > 1 ? `, after ${attempts} attempts` : ''}`,
    detail: [more.detail, parts.filter((part) => part !== undefined).join(', ')].filter((line) => line !== undefined && line !== '').join('\n'),
    ...(more.hint !== undefined && { hint: more.hint }),
  }
}

/** fetch tells of a broken connection in its error's cause. */
function systemError(error: unknown): [code: string, message: string] {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const { code, message } = inner as { code?: string; message?: string }
  return [code ?? 'NO_ANSWER', message ?? String(error)]
}
