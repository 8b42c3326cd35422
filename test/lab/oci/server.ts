/** One HTTP server that the unmodified SDK talks to: each region at `/REGION/20160918/…`. It listens on loopback only. */
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { computeOperations } from './compute.ts'
import { ServiceError } from './errors.ts'
import { FEDERATION_PATH, federate } from './federation.ts'
import type { Headends } from './headends.ts'
import { identityOperations } from './identity.ts'
import { networkOperations } from './network.ts'
import type { Answer, Call, Cloud, Operation } from './operation.ts'
import { verifySignature, type Keys, type MutableKeys } from './signature.ts'
import { isAlive, Store, type Body, type Clock, type Lifetimes } from './store.ts'

const operations = [...networkOperations, ...computeOperations, ...identityOperations]
const apiVersion = '20160918'
const retryTokenLifeMs = 86_400_000

export interface EmulatorOptions {
  readonly keys: Keys
  readonly regions: readonly string[]
  readonly compartments: readonly string[]
  readonly headends: Headends
  readonly clock?: Clock
  readonly lifetimes?: Lifetimes
  /** Called after each operation that may have changed something, before it is answered. */
  readonly changed?: (cloud: Cloud) => Promise<void>
  /** Called with what came in and how it was answered. */
  readonly logged?: (line: Logged) => void
  /** 0: any that is free. */
  readonly port?: number
}

/** Something that goes wrong, once or always, with an operation. */
export interface Fault {
  /** As `createDrg`. */
  readonly operation: string
  /** Which calls of it since the fault is there, from 1 on; default: all. */
  readonly nth?: readonly number[]
  readonly status?: number
  readonly code?: string
  readonly delayMs?: number
  /** The connection is cut, before or after the work was done. */
  readonly cut?: 'before' | 'after'
  /** What was made or removed comes into this state and no other; `nothing`: it stays where it is. */
  readonly becomes?: string
  /** What is answered instead of a body, or of the items of a list: older, in another order, with fields that nobody knows. */
  readonly rewrite?: (body: unknown) => unknown
}

/** What came in, for tests and for the log. */
export interface Logged {
  readonly operation: string
  readonly method: string
  readonly status: number
  /** Why it was refused, where the caller is told less. */
  readonly reason: string | undefined
}

/** A running emulator. */
export interface Emulator {
  readonly endpoint: string
  readonly cloud: Cloud
  readonly log: readonly Logged[]
  readonly faults: Fault[]
  /** Who may sign. */
  readonly keys: MutableKeys
  /** The most items on a page, whatever the caller asks for. */
  pageSize: number
  close(): Promise<void>
}

export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const clock = options.clock ?? { now: () => Date.now() }
  const cloud: Cloud = {
    store: new Store(clock, options.lifetimes ?? { transitionMs: 300, tombstoneMs: 60_000 }),
    headends: options.headends,
    compartments: new Set(options.compartments),
  }
  const log: Logged[] = []
  const keys: MutableKeys = new Map(options.keys)
  const emulator = { cloud, log, faults: [] as Fault[], keys, pageSize: 1000 }
  const counts = new Map<Fault, number>()
  const made = new Map<string, { readonly digest: string; readonly answer: Promise<Answer>; readonly atMs: number }>()

  const server = createServer((request, response) => {
    void serve(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined)
    })
  })

  /** Counts the call. */
  function isDue(fault: Fault): boolean {
    const count = (counts.get(fault) ?? 0) + 1
    counts.set(fault, count)
    return fault.nth?.includes(count) ?? true
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    response.setHeader('date', new Date(clock.now()).toUTCString())
    const method = request.method ?? 'GET'
    const target = request.url ?? '/'
    const found = route(method, new URL(target, 'http://emulator').pathname, options.regions)
    const name = found?.operation.name ?? `${method} ${target}`
    const fault = emulator.faults.filter((each) => each.operation === name).find(isDue)
    const note = (status: number, reason?: string): void => {
      const line = { operation: name, method, status, reason }
      log.push(line)
      options.logged?.(line)
    }
    try {
      if (fault?.delayMs !== undefined) await delay(fault.delayMs)
      if (fault?.cut === 'before') {
        note(0, 'cut before')
        request.socket.destroy()
        return
      }
      const signed = { method, target, headers: request.headers, body }
      if (isFederation(target, options.regions)) {
        send(response, request, 200, federate(signed, keys, clock.now()))
        return
      }
      verifySignature(signed, keys, clock.now())
      if (fault?.status !== undefined) throw new ServiceError(fault.status, fault.code ?? 'InternalServerError', 'injected')
      if (!found) throw new ServiceError(404, 'NotFound', `there is no ${method} ${target}`)
      const call = callOf(request, found, target, body)
      const answer = await once(found.operation, call, request, body)
      if (fault?.becomes !== undefined) {
        const subject = 'resource' in answer ? answer.resource : cloud.store.any(Object.values(call.path).at(-1))
        if (subject) cloud.store.divert(subject, fault.becomes === 'nothing' ? undefined : fault.becomes)
      }
      if (method !== 'GET') await options.changed?.(cloud)
      if (fault?.cut === 'after') {
        note(0, 'cut after')
        request.socket.destroy()
        return
      }
      note(200)
      answerWith(response, request, answer, call, fault?.rewrite)
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      note(error.status, error.reason)
      send(response, request, error.status, { code: error.code, message: error.message })
    }
  }

  /** A second POST with one retry token is answered with what the first has made, or makes. */
  async function once(operation: Operation, call: Call, request: IncomingMessage, body: Buffer): Promise<Answer> {
    const token = request.headers['opc-retry-token']
    if (operation.method !== 'POST' || typeof token !== 'string') return operation.run(cloud, call)
    const digest = createHash('sha256').update(body).digest('hex')
    const earlier = made.get(token)
    if (earlier && clock.now() - earlier.atMs < retryTokenLifeMs) {
      const answer = await earlier.answer
      if (earlier.digest !== digest || ('resource' in answer && !isAlive(answer.resource)))
        throw new ServiceError(409, 'InvalidatedRetryToken', 'The retry token was used for another request, or for a resource that is gone')
      return answer
    }
    const answer = Promise.resolve(operation.run(cloud, call))
    made.set(token, { digest, answer, atMs: clock.now() })
    try {
      return await answer
    } catch (error) {
      made.delete(token)
      throw error
    }
  }

  function answerWith(
    response: ServerResponse,
    request: IncomingMessage,
    answer: Answer,
    { query }: Call,
    rewrite: (body: unknown) => unknown = (body) => body,
  ): void {
    if ('nothing' in answer) send(response, request, 204, undefined)
    else if ('body' in answer) send(response, request, 200, rewrite(answer.body), answer.etag === undefined ? {} : { etag: answer.etag })
    else if ('resource' in answer) send(response, request, 200, rewrite(cloud.store.view(answer.resource)), { etag: answer.resource.etag })
    else {
      const items = rewrite(answer.items) as unknown[]
      const start = Number(Buffer.from(query.get('page') ?? '', 'base64url').toString() || 0)
      const size = Math.min(Number(query.get('limit') ?? emulator.pageSize), emulator.pageSize)
      const end = start + size
      const next = end < items.length ? { 'opc-next-page': Buffer.from(String(end)).toString('base64url') } : {}
      send(response, request, 200, items.slice(start, end), next)
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return Object.assign(emulator, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
}

const isFederation = (target: string, regions: readonly string[]): boolean => regions.some((region) => target === `/${region}${FEDERATION_PATH}`)

interface Found {
  readonly operation: Operation
  readonly region: string
  readonly path: Readonly<Record<string, string>>
}

function route(method: string, pathname: string, regions: readonly string[]): Found | undefined {
  const [, region = '', version, ...parts] = pathname.split('/').map(decodeURIComponent)
  if (!regions.includes(region) || version !== apiVersion) return undefined
  for (const operation of operations) {
    const pattern = operation.path.split('/').slice(1)
    if (operation.method !== method || pattern.length !== parts.length) continue
    const path: Record<string, string> = {}
    const fits = pattern.every((part, index) => {
      const name = /^\{(.*)\}$/.exec(part)?.[1]
      if (name === undefined) return part === parts[index]
      path[name] = parts[index]!
      return true
    })
    if (fits) return { operation, region, path }
  }
  return undefined
}

function callOf(request: IncomingMessage, { region, path }: Found, target: string, body: Buffer): Call {
  const ifMatch = request.headers['if-match']
  let parsed: Body = {}
  try {
    if (body.length > 0) parsed = JSON.parse(body.toString()) as Body
  } catch {
    throw new ServiceError(400, 'CannotParseRequest', 'Incorrectly formatted request')
  }
  return { region, path, query: new URL(target, 'http://emulator').searchParams, body: parsed, ifMatch }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function send(response: ServerResponse, request: IncomingMessage, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  const asked = request.headers['opc-request-id']
  const requestId = [typeof asked === 'string' ? asked : randomBytes(16).toString('hex'), randomBytes(16).toString('hex')].join('/')
  const text = body === undefined ? '' : JSON.stringify(body)
  response.writeHead(status, {
    ...(text !== '' && { 'content-type': 'application/json' }),
    'content-length': Buffer.byteLength(text),
    'opc-request-id': requestId,
    ...headers,
  })
  response.end(text)
}
