/** Reads the XML that firewalld writes: elements with attributes; text, comments and the declaration mean nothing to it. */

export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
}

const TAG =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[[\s\S]*?\]\]>|<!DOCTYPE[^>]*>|<(\/?)([A-Za-z_][\w.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** The root element. Throws where elements are not closed in their order. */
export function parseXml(text: string): Element {
  const root = { name: '', attributes: {}, children: [] as Element[] }
  const open: (Element & { children: Element[] })[] = [root]
  for (const [, closing, name, attributes, empty] of text.matchAll(TAG)) {
    if (name === undefined) continue
    if (closing === '/') {
      if (open.length < 2 || open.pop()!.name !== name) throw new Error(`it is not well-formed XML: </${name}> closes nothing`)
      continue
    }
    const element = { name, attributes: attributesIn(attributes ?? ''), children: [] as Element[] }
    open.at(-1)!.children.push(element)
    if (empty !== '/') open.push(element)
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error('it is not well-formed XML')
  return root.children[0]!
}

function attributesIn(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, name, double, single]) => [name!, unescape(double ?? single ?? '')]),
  )
}

function unescape(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal?: string, hex?: string, name?: string) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
    return ENTITIES[name!] ?? whole
  })
}
