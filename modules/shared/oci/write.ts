/** Writes of the cloud that several modules do alike. */
import { call, param } from '../../../runner/module.ts'
import type { CloudAccount, CloudReply, CloudService, Step, StepReply } from '../../../runner/module.ts'
import { accountOf } from './account.ts'
import type { AccountParams } from './account.ts'

/** A listing may be older than what was just written; Oracle gives no bound. */
export const LAGS_MS = 30_000
/** Somebody else may write in between, again and again. */
const MAX_VERSIONS = 5

/** To be spread into the parameters of a module that waits for resources to come or go. */
export const waitParams = {
  wait_timeout: param.int(1, 86_400).default(600).describe('How many seconds to wait for a resource to be made or removed.'),
}

interface WaitParams extends AccountParams {
  readonly wait_timeout: number
}

type Steps<R> = Generator<Step, R, StepReply>
type Request = Readonly<Record<string, unknown>>

/** A call; gives the service's answer. */
export function* ask(
  account: CloudAccount,
  service: CloudService,
  operation: string,
  request: Request,
  more: { readonly okCodes?: readonly string[]; readonly until?: { readonly states: readonly string[]; readonly withinMs: number } } = {},
): Steps<CloudReply> {
  return (yield call({ account, service, operation, request, ...more })).cloud!
}

/** Waits until a resource of the network is in a state. `operation` as `getDrg`. */
export function* comesTo(p: WaitParams, state: string, operation: string, ids: Request): Steps<void> {
  yield* ask(accountOf(p), 'network', operation, ids, { until: { states: [state], withinMs: p.wait_timeout * 1000 } })
}

/**
 * Removes a resource of the network, and waits until it is gone where its kind has a state for that. `name` as `Drg`. What is
 * not there is what was wanted: a lost answer may have been that it is removed.
 */
export function* remove(p: WaitParams, name: string, ids: Request, end?: 'TERMINATED' | 'DETACHED'): Steps<void> {
  yield* ask(accountOf(p), 'network', `delete${name}`, ids, { okCodes: ['NotAuthorizedOrNotFound'] })
  if (end !== undefined) yield* comesTo(p, end, `get${name}`, ids)
}

/**
 * Reads a resource, changes it, and sends it with the version that was read; reads again where it has another by now.
 * `details` makes the change from what is there.
 */
export function* update(
  account: CloudAccount,
  service: CloudService,
  /** As `Drg`, for `getDrg` and `updateDrg` with `updateDrgDetails`. */
  name: string,
  ids: Readonly<Record<string, string>>,
  details: (now: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): Steps<CloudReply> {
  for (let version = 1; ; version++) {
    const now = yield* ask(account, service, `get${name}`, ids)
    const reply = yield* ask(
      account,
      service,
      `update${name}`,
      { ...ids, [`update${name}Details`]: details(now.body as Readonly<Record<string, unknown>>), ifMatch: now.etag },
      version < MAX_VERSIONS ? { okCodes: ['NoEtagMatch'] } : {},
    )
    if (reply.code === undefined) return reply
  }
}
