/**
 * Where instances get a token for their certificate. The key that they make for the session signs from then on.
 * https://docs.oracle.com/en-us/iaas/Content/Identity/Tasks/callingservicesfrominstances.htm
 */
import { createPublicKey, randomBytes, X509Certificate } from 'node:crypto'
import { ServiceError } from './errors.ts'
import { verifySignature, type MutableKeys, type SignedRequest } from './signature.ts'

const TOKEN_LIFE_S = 1200

/** The path of the one operation, below that of the region. */
export const FEDERATION_PATH = '/v1/x509'

interface FederationRequest {
  readonly certificate: string
  readonly publicKey: string
  readonly intermediateCertificates: readonly string[]
}

/** Gives the token's answer, and takes its key among those that may sign. @throws {ServiceError} 401. */
export function federate(request: SignedRequest, keys: MutableKeys, nowMs: number): { readonly token: string } {
  const refuse = (why: string): never => {
    throw new ServiceError(401, 'NotAuthenticated', 'The service cannot verify the certificate', why)
  }
  const { certificate, publicKey, intermediateCertificates } = JSON.parse(request.body.toString()) as FederationRequest
  const der = (base64: string): Buffer => Buffer.from(base64, 'base64')
  const leaf = new X509Certificate(der(certificate))
  const issuer = intermediateCertificates.map((each) => new X509Certificate(der(each))).find((each) => leaf.checkIssued(each) && leaf.verify(each.publicKey))
  if (!issuer) refuse('no intermediate certificate has issued that of the instance')
  const tenancy = /opc-tenant:(\S+)/.exec(leaf.subject)?.[1] ?? refuse('the certificate names no tenancy')
  verifySignature(request, new Map([[`${tenancy}/fed-x509/${leaf.fingerprint.toLowerCase()}`, leaf.publicKey]]), nowMs)
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { sub: leaf.subject, tenant: tenancy, exp: Math.floor(nowMs / 1000) + TOKEN_LIFE_S, jti: randomBytes(8).toString('hex') }
  const token = [part({ alg: 'RS256', typ: 'JWT' }), part(claims), randomBytes(32).toString('base64url')].join('.')
  keys.set(`ST$${token}`, createPublicKey({ key: der(publicKey), format: 'der', type: 'spki' }))
  return { token }
}
