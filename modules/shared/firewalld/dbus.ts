/**
 * Reads what `busctl call` prints: a signature, then the values. (`--json` came with systemd 240; Enterprise Linux 8 has 239.)
 *
 * @example parseBusctl('a{sv} 2 "short" s "Public" "ports" a(ss) 1 "500" "udp"') // [{ short: 'Public', ports: [['500', 'udp']] }]
 */
export function parseBusctl(text: string): unknown[] {
  const tokens = tokensIn(text)
  const signature = tokens.shift() ?? ''
  const values: unknown[] = []
  for (let at = 0; at < signature.length;) {
    const end = typeEnd(signature, at)
    values.push(take(signature.slice(at, end), tokens))
    at = end
  }
  if (tokens.length > 0) throw new Error(`busctl printed more than its signature says: ${tokens[0]!}`)
  return values
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' }

/** Words, and strings in double quotes with C's escapes. */
function tokensIn(text: string): string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/gs)].map(([whole, quoted]) => (quoted === undefined ? whole : unescape(quoted)))
}

/** Escaped octal digits are bytes of UTF-8. */
function unescape(text: string): string {
  const bytes: Buffer[] = []
  for (const [whole, octal, hex, letter] of text.matchAll(/\\([0-7]{3})|\\x([0-9a-fA-F]{2})|\\(.)|[^\\]+/gs)) {
    if (octal !== undefined) bytes.push(Buffer.from([Number.parseInt(octal, 8)]))
    else if (hex !== undefined) bytes.push(Buffer.from([Number.parseInt(hex, 16)]))
    else bytes.push(Buffer.from(letter === undefined ? whole : (ESCAPES[letter] ?? letter)))
  }
  return Buffer.concat(bytes).toString('utf8')
}

/** Where the complete type that begins at `start` ends. */
function typeEnd(signature: string, start: number): number {
  const first = signature[start]
  if (first === 'a') return typeEnd(signature, start + 1)
  if (first !== '(' && first !== '{') return start + 1
  let at = start + 1
  while (signature[at] !== ')' && signature[at] !== '}') {
    if (at >= signature.length) throw new Error(`'${signature}' is no signature of D-Bus`)
    at = typeEnd(signature, at)
  }
  return at + 1
}

function take(type: string, tokens: string[]): unknown {
  if (type.startsWith('a{')) {
    const [key, value] = membersOf(type.slice(1))
    return Object.fromEntries(Array.from({ length: Number(next(tokens)) }, () => [String(take(key!, tokens)), take(value!, tokens)]))
  }
  if (type.startsWith('a')) return Array.from({ length: Number(next(tokens)) }, () => take(type.slice(1), tokens))
  if (type.startsWith('(')) return membersOf(type).map((member) => take(member, tokens))
  if (type === 'v') return take(next(tokens), tokens)
  const token = next(tokens)
  if (type === 'b') return token === 'true'
  return 'ynqiuxtdh'.includes(type) ? Number(token) : token
}

function membersOf(type: string): string[] {
  const members: string[] = []
  for (let at = 1; at < type.length - 1; at = typeEnd(type, at)) members.push(type.slice(at, typeEnd(type, at)))
  return members
}

function next(tokens: string[]): string {
  const token = tokens.shift()
  if (token === undefined) throw new Error('busctl printed less than its signature says')
  return token
}
