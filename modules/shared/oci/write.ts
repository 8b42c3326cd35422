/** Writes of the cloud that several modules do alike. */
import { call } from '../../../runner/module.ts'
import type { CloudAccount, CloudReply, CloudService, Step, StepReply } from '../../../runner/module.ts'

/** Resources come and go within minutes; Oracle gives no bound. */
const LIFECYCLE_MS = 600_000
/** Somebody else may write in between, again and again. */
const MAX_VERSIONS = 5

type Steps<R> = Generator<Step, R, StepReply>

/** A call; gives the service's answer. */
export function* ask(
  account: CloudAccount,
  service: CloudService,
  operation: string,
  request: Readonly<Record<string, unknown>>,
  more: { okCodes?: readonly string[]; states?: readonly string[] } = {},
): Steps<CloudReply> {
  const { okCodes, states } = more
  const reply = yield call({
    account,
    service,
    operation,
    request,
    ...(okCodes && { okCodes }),
    ...(states && { until: { states, withinMs: LIFECYCLE_MS } }),
  })
  return reply.cloud!
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
