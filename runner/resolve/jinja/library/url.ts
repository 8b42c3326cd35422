/** URLs in parts, as Python's `urlsplit` takes them apart. */
import { refuseValue } from '../runtime/callable.ts'

export interface UrlParts {
  readonly fragment: string
  readonly hostname: string | null
  readonly netloc: string
  readonly password: string | null
  readonly path: string
  readonly port: number | null
  readonly query: string
  readonly scheme: string
  readonly username: string | null
}

/** The parts of a URL, or undefined where its brackets are wrong. A port is not looked at. */
export function splitUrlIfAny(text: string): { readonly scheme: string; readonly netloc: string } | undefined {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1] ?? ''
  const netloc = /^\/\/([^/?#]*)/.exec(scheme === '' ? text : text.slice(scheme.length + 1))?.[1] ?? ''
  if (netloc.includes('[') !== netloc.includes(']')) return undefined
  return { scheme: scheme.toLowerCase(), netloc }
}

export function splitUrl(given: string): UrlParts {
  let rest = given.replace(/^[\0-\x20]+/, '').replace(/[\t\r\n]/g, '')
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const found = pattern.exec(rest)
    if (found !== null) rest = rest.slice(found[0].length)
    return found
  }
  const scheme = take(/^([a-zA-Z][a-zA-Z0-9+.-]*):/)?.[1]?.toLowerCase() ?? ''
  const netloc = take(/^\/\/([^/?#]*)/)?.[1] ?? ''
  const [beforeFragment = '', ...fragments] = rest.split('#')
  const [path = '', ...queries] = beforeFragment.split('?')
  const at = netloc.lastIndexOf('@')
  const login = at < 0 ? '' : netloc.slice(0, at)
  const [username = '', ...passwords] = login.split(':')
  const address = netloc.slice(at + 1)
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(address)
  const [plainHost = '', plainPort] = address.includes(':') ? [address.slice(0, address.indexOf(':')), address.slice(address.indexOf(':') + 1)] : [address]
  const host = bracketed === null ? plainHost : bracketed[1]!
  const portText = bracketed === null ? plainPort : bracketed[2]
  return {
    fragment: fragments.join('#'),
    hostname: host === '' ? null : host.toLowerCase(),
    netloc,
    password: passwords.length > 0 ? passwords.join(':') : null,
    path,
    port: portText === undefined || portText === '' ? null : portNumber(portText),
    query: queries.join('?'),
    scheme,
    username: at < 0 ? null : username,
  }
}

function portNumber(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text)) return refuseValue(`Port could not be cast to integer value as '${text}'`)
  return port <= 65535 ? port : refuseValue('Port out of range 0-65535')
}

/** Undoes percent-encoding, and `+` for a space; bytes that are no UTF-8 become the replacement character. */
export function unquoteUrl(text: string): string {
  const bytes = (encoded: string): string => Buffer.from(encoded.replaceAll('%', ''), 'hex').toString('utf8')
  return text.replaceAll('+', ' ').replace(/(?:%[0-9a-fA-F]{2})+/g, bytes)
}
