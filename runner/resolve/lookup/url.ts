/** `url`: what a web server answers, as lines or as a text. */
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { print } from '../../value/print.ts'
import { truth } from '../../value/truth.ts'
import { Dict } from '../../value/value.ts'
import type { Value } from '../../value/value.ts'
import { fetched, lookupFailed, type Lookup } from './context.ts'
import { listify } from './lists.ts'

const MAX_REDIRECTS = 10
const MAX_BODY_BYTES = 64 * 1024 * 1024
const DEFAULT_TIMEOUT_SECONDS = 10

export const url: Lookup = (terms, options, context) =>
  listify(terms).flatMap((term, index) => fetched(['url', index, print(term), print(new Dict(options))], context, () => answer(print(term), options)))

async function answer(address: string, options: Dict): Promise<readonly Value[]> {
  const text = await get(address, options, MAX_REDIRECTS)
  if (options.has('split_lines') && !truth(options.get('split_lines')!)) return [text]
  const lines = text.split(/\r\n|\r|\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

async function get(address: string, options: Dict, redirects: number): Promise<string> {
  if (!URL.canParse(address)) return lookupFailed(`Failed lookup url for ${address} : <urlopen error unknown url type>`)
  const target = new URL(address)
  if (target.protocol !== 'http:' && target.protocol !== 'https:') return lookupFailed(`Failed lookup url for ${address} : only http and https are supported`)
  const reply = await send(target, options).catch((error: unknown) =>
    lookupFailed(`Failed lookup url for ${address} : <urlopen error ${error instanceof Error ? error.message : String(error)}>`),
  )
  const { statusCode = 0, statusMessage = '' } = reply
  const { location } = reply.headers
  if (statusCode >= 300 && statusCode < 400 && location !== undefined && print(options.get('follow_redirects') ?? 'urllib2') !== 'none') {
    reply.resume()
    return redirects > 0 ? get(new URL(location, target).href, options, redirects - 1) : lookupFailed(`${address} redirects more than ${MAX_REDIRECTS} times`)
  }
  if (statusCode >= 400) {
    reply.resume()
    return lookupFailed(`Received HTTP error for ${address} : HTTP Error ${statusCode}: ${statusMessage}`)
  }
  return body(reply, address)
}

function send(target: URL, options: Dict): Promise<IncomingMessage> {
  const timeout = Number(print(options.get('timeout') ?? DEFAULT_TIMEOUT_SECONDS)) * 1000
  const checks = !options.has('validate_certs') || truth(options.get('validate_certs')!)
  const user = options.get('username') ?? null
  const given = options.get('headers')
  const headers: Record<string, string> = { 'User-Agent': print(options.get('http_agent') ?? 'ansible-httpget') }
  if (given instanceof Dict) for (const [name, value] of given) headers[print(name)] = print(value)
  if (user !== null) headers['Authorization'] = `Basic ${Buffer.from(`${print(user)}:${print(options.get('password') ?? '')}`).toString('base64')}`
  return new Promise((resolve, reject) => {
    const request =
      target.protocol === 'https:' ? requestHttps(target, { headers, timeout, rejectUnauthorized: checks }) : requestHttp(target, { headers, timeout })
    request.on('response', resolve)
    request.on('timeout', () => request.destroy(new Error('timed out')))
    request.on('error', reject)
    request.end()
  })
}

async function body(reply: IncomingMessage, address: string): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of reply) {
    size += (chunk as Buffer).length
    if (size > MAX_BODY_BYTES) return lookupFailed(`${address} answers more than ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}
