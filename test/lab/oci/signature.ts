/**
 * Request signatures, verified as strictly as the service does: required headers, digest, length, skew, key.
 * https://docs.oracle.com/en-us/iaas/Content/API/Concepts/signingrequests.htm
 */
import { createHash, verify, type KeyObject } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { ServiceError } from './errors.ts'

const MAX_SKEW_MS = 300_000
const ALWAYS = ['(request-target)', 'host']
const WITH_BODY = ['content-type', 'content-length', 'x-content-sha256']

export interface SignedRequest {
  readonly method: string
  /** Path and query, as sent. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** The public keys that may sign, by key id: `TENANCY/USER/FINGERPRINT`, or `ST$TOKEN`. */
export type Keys = ReadonlyMap<string, KeyObject>
export type MutableKeys = Map<string, KeyObject>

/** @throws {ServiceError} 401 NotAuthenticated; the reason is for the log, the service itself tells none. */
export function verifySignature(request: SignedRequest, keys: Keys, nowMs: number): void {
  const refuse = (why: string): never => {
    throw new ServiceError(401, 'NotAuthenticated', 'The required information to complete authentication was not provided or was incorrect.', why)
  }
  const header = (name: string): string | undefined => {
    const value = request.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
  const authorization = header('authorization') ?? refuse('no authorization')
  if (!authorization.startsWith('Signature ')) refuse('no signature')
  const fields = new Map([...authorization.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]))
  const keyId = fields.get('keyId') ?? ''
  const key = keys.get(keyId) ?? refuse(`unknown key ${keyId}`)
  if (fields.get('algorithm') !== 'rsa-sha256') refuse('not rsa-sha256')
  if (fields.get('version') !== '1') refuse('not version 1')

  const signed = (fields.get('headers') ?? '').toLowerCase().split(' ')
  const hasBody = ['post', 'put', 'patch'].includes(request.method.toLowerCase())
  for (const name of [...ALWAYS, ...(hasBody ? WITH_BODY : [])]) if (!signed.includes(name)) refuse(`${name} is not signed`)
  const dateName = signed.includes('x-date') ? 'x-date' : signed.includes('date') ? 'date' : refuse('no date is signed')
  const sentMs = Date.parse(header(dateName) ?? '')
  if (!(Math.abs(nowMs - sentMs) <= MAX_SKEW_MS)) refuse(`${dateName} is ${header(dateName)}`)
  if (hasBody) {
    if (header('x-content-sha256') !== createHash('sha256').update(request.body).digest('base64')) refuse('the digest is not that of the body')
    if (Number(header('content-length')) !== request.body.length) refuse('the length is not that of the body')
  }

  const text = signed
    .map((name) =>
      name === '(request-target)'
        ? `${name}: ${request.method.toLowerCase()} ${request.target}`
        : `${name}: ${header(name) ?? refuse(`${name} is signed and not there`)}`,
    )
    .join('\n')
  if (!verify('sha256', Buffer.from(text), key, Buffer.from(fields.get('signature') ?? '', 'base64'))) refuse('the signature does not match')
}
