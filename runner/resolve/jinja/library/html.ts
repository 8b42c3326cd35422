/** HTML as Jinja2 and MarkupSafe handle it. */

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ["'", '&#39;'],
  ['"', '&#34;'],
])

const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', '\u00a0'],
  ['copy', '©'],
  ['reg', '®'],
  ['hellip', '…'],
  ['ndash', '–'],
  ['mdash', '—'],
  ['laquo', '«'],
  ['raquo', '»'],
  ['euro', '€'],
])

export function escapeHtml(text: string): string {
  return text.replace(/[&<>'"]/g, (character) => ENTITIES.get(character)!)
}

/** Entities by number, and the common ones by name, as characters. */
function unescapeHtml(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(\w+));/g, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return NAMED.get(name) ?? whole
    const code = decimal === undefined ? parseInt(hex!, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
  })
}

/** Removes comments and tags, makes white space single, and reads entities. */
export function striptags(text: string): string {
  let out = ''
  let at = 0
  while (at < text.length) {
    const open = text.indexOf('<', at)
    if (open < 0) break
    const isComment = text.startsWith('<!--', open)
    const close = isComment ? text.indexOf('-->', open + 4) : text.indexOf('>', open)
    if (close < 0) break
    out += text.slice(at, open)
    at = close + (isComment ? 3 : 1)
  }
  out += text.slice(at)
  return unescapeHtml(
    out
      .split(/\s+/)
      .filter((word) => word !== '')
      .join(' '),
  )
}

export interface UrlizeOptions {
  readonly limit: number | undefined
  readonly nofollow: boolean
  readonly target: string | undefined
  readonly rel: string | undefined
  readonly extraSchemes: readonly string[]
}

const WEB =
  /^(?:(?:https?:\/\/|www\.)(?:[\w%-]+\.)*(?:[a-z]{2,63}|xn--[\w%]{2,59})|(?:[\w%-]{2,63}\.)+(?:com|net|int|edu|gov|org|info|mil)|https?:\/\/(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\]))(?::\d{1,5})?(?:[/?#]\S*)?$/i
const MAIL = /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>.]+$/

/** Makes links of the URLs and mail addresses in text. */
export function urlize(text: string, options: UrlizeOptions): string {
  const rel = new Set((options.rel ?? '').split(/\s+/).filter((word) => word !== ''))
  if (options.nofollow) rel.add('nofollow')
  rel.add('noopener')
  const attributes = ` rel="${escapeHtml([...rel].sort().join(' '))}"${options.target === undefined ? '' : ` target="${escapeHtml(options.target)}"`}`
  const shorten = (url: string): string => (options.limit !== undefined && url.length > options.limit ? `${url.slice(0, options.limit)}...` : url)
  return escapeHtml(text)
    .split(/(\s+)/)
    .map((word) => {
      const head = /^(?:[(<]|&lt;)+/.exec(word)?.[0] ?? ''
      const rest = word.slice(head.length)
      const tail = /(?:[).,>\n]|&gt;)+$/.exec(rest)?.[0] ?? ''
      const middle = rest.slice(0, rest.length - tail.length)
      if (WEB.test(middle)) {
        const href = /^https?:\/\//i.test(middle) ? middle : `https://${middle}`
        return `${head}<a href="${href}"${attributes}>${shorten(middle)}</a>${tail}`
      }
      if (MAIL.test(middle.replace(/^mailto:/, '')))
        return `${head}<a href="mailto:${middle.replace(/^mailto:/, '')}">${middle.replace(/^mailto:/, '')}</a>${tail}`
      if (options.extraSchemes.some((scheme) => middle !== scheme && middle.startsWith(scheme))) {
        return `${head}<a href="${middle}"${attributes}>${middle}</a>${tail}`
      }
      return word
    })
    .join('')
}
