/**
 * Host keys: what `known_hosts` files (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT") say of a host, and what that means for the key
 * that a host showed. ssh2 accepts any key unless it is told; this is what tells it.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DiagnosticError, type Diagnostic } from '../../diagnostic/diagnostic.ts'

/** One line that names the host. */
export interface KnownKey {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly marker: 'revoked' | 'cert-authority' | undefined
  /** `ssh-ed25519`, … */
  readonly type: string
  readonly blob: Buffer
  /** False where the line names the host without the port that is used: good for a key that matches, silent otherwise. */
  readonly exactPort: boolean
}

export interface HostName {
  /** The name that keys are filed under: HostKeyAlias, or the host's own name or address. */
  readonly name: string
  readonly port: number
}

/** Larger than any real file: a limit on memory. */
const MAX_FILE_BYTES = 16 * 1024 * 1024

/** All lines of these files that name the host. A file that does not exist holds none. */
export function knownKeys(host: HostName, files: readonly string[]): KnownKey[] {
  const exact = filedName(host)
  return files.flatMap((file) =>
    readLines(file).flatMap((text, index): KnownKey[] => {
      const entry = parseLine(text)
      if (!entry) return []
      const exactPort = matches(entry.hosts, exact)
      if (!exactPort && !(host.port !== 22 && matches(entry.hosts, host.name.toLowerCase()))) return []
      return [{ file, line: index + 1, marker: entry.marker, type: entry.type, blob: entry.blob, exactPort }]
    }),
  )
}

/**
 * The host key algorithms to offer: those of keys that are known first, so that a host of which only an ed25519 key is
 * known shows that one.
 */
export function orderedAlgorithms(known: readonly KnownKey[], supported: readonly string[]): string[] {
  const types = new Set(known.filter((key) => key.marker === undefined).map((key) => key.type))
  const isKnown = (algorithm: string) => types.has(/^rsa-sha2-/.test(algorithm) ? 'ssh-rsa' : algorithm)
  return [...supported.filter(isKnown), ...supported.filter((algorithm) => !isKnown(algorithm))]
}

export type Verdict =
  | { readonly kind: 'known' }
  /** No line names the host: `accept-new` may write it down. */
  | { readonly kind: 'unknown'; readonly problem: Diagnostic }
  | { readonly kind: 'changed' | 'revoked'; readonly problem: Diagnostic }

/** What the known keys mean for a key that the host showed. `described` is how messages name the host. */
export function judge(described: string, host: HostName, blob: Buffer, known: readonly KnownKey[], files: readonly string[]): Verdict {
  const type = keyType(blob)
  const shown = `${type} key ${fingerprint(blob)}`
  const same = known.filter((key) => key.blob.equals(blob))
  const revoked = same.find((key) => key.marker === 'revoked')
  if (revoked) {
    return {
      kind: 'revoked',
      problem: {
        code: 'HOST_KEY_REVOKED',
        severity: 'error',
        summary: `${described}: the host key is revoked`,
        detail: `The host showed its ${shown}, which ${revoked.file}:${revoked.line} revokes.`,
        hint: 'Do not connect until it is clear who holds this key.',
      },
    }
  }
  if (same.some((key) => key.marker === undefined)) return { kind: 'known' }
  const others = known.filter((key) => key.marker === undefined && key.exactPort)
  const old = others.find((key) => key.type === type) ?? others[0]
  if (old) {
    return {
      kind: 'changed',
      problem: {
        code: 'HOST_KEY_CHANGED',
        severity: 'error',
        summary: `${described}: the host key is not the one that is known`,
        detail: `The host showed its ${shown}; ${old.file}:${old.line} has the ${old.type} key ${fingerprint(old.blob)}. Either the host was set up anew, or someone is in between.`,
        hint: `Where the host was set up anew: ssh-keygen -f ${old.file} -R '${filedName(host)}'`,
      },
    }
  }
  const authority = known.find((key) => key.marker === 'cert-authority')
  return {
    kind: 'unknown',
    problem: {
      code: 'HOST_KEY_UNKNOWN',
      severity: 'error',
      summary: `${described}: the host key is not known`,
      detail:
        `The host showed its ${shown}; no line in ${files.join(', ') || 'any known_hosts file'} names '${filedName(host)}'.` +
        (authority ? ` (${authority.file}:${authority.line} trusts a certificate authority; host certificates are not supported.)` : ''),
      hint: `Compare the fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then: ${scanCommand(host, type)} >> ${files[0] ?? '~/.ssh/known_hosts'}`,
    },
  }
}

/** Writes a key down, as OpenSSH's `accept-new` does: one appended line, written at once. */
export function remember(host: HostName, blob: Buffer, file: string, hashed: boolean): void {
  const name = filedName(host)
  const line = `${hashed ? hash(name) : name} ${keyType(blob)} ${blob.toString('base64')}\n`
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    // Several processes may append at the same time; O_APPEND keeps their lines whole.
    appendFileSync(file, endsWithNewline(file) ? line : `\n${line}`, { mode: 0o600 })
  } catch (error) {
    throw new DiagnosticError({
      code: 'FILE_UNREADABLE',
      severity: 'error',
      summary: `cannot write the host key of '${name}' down in ${file}`,
      detail: (error as Error).message,
    })
  }
}

/** As OpenSSH prints it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** The type that a key says of itself; empty where it is no key. */
export function keyType(blob: Buffer): string {
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0
  return length > 0 && length <= 64 && blob.length >= 4 + length ? blob.toString('latin1', 4, 4 + length) : ''
}

/** The name in the file: with the port where it is not 22. */
function filedName(host: HostName): string {
  const name = host.name.toLowerCase()
  return host.port === 22 ? name : `[${name}]:${host.port}`
}

function scanCommand(host: HostName, type: string): string {
  const short = type === 'ssh-rsa' ? 'rsa' : /^ecdsa/.test(type) ? 'ecdsa' : type.replace(/^ssh-/, '')
  return `ssh-keyscan -t ${short}${host.port === 22 ? '' : ` -p ${host.port}`} ${host.name}`
}

interface Line {
  readonly marker: KnownKey['marker']
  readonly hosts: string
  readonly type: string
  readonly blob: Buffer
}

/** Undefined for comments and for lines that are no entry: OpenSSH passes over them too. */
function parseLine(text: string): Line | undefined {
  const fields = text.trim().split(/[ \t]+/)
  if (fields[0] === '' || fields[0]!.startsWith('#')) return undefined
  let marker: KnownKey['marker']
  if (fields[0]!.startsWith('@')) {
    const word = fields.shift()!
    if (word !== '@revoked' && word !== '@cert-authority') return undefined
    marker = word.slice(1) as KnownKey['marker']
  }
  const [hosts, type, key] = fields
  if (key === undefined) return undefined
  const blob = Buffer.from(key, 'base64')
  // The key says its type itself; a line that contradicts its key is not to be trusted.
  return keyType(blob) === type ? { marker, hosts: hosts!, type, blob } : undefined
}

/** Whether a line's first field names a host: hashed, or patterns with `*`, `?` and `!`. */
function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) {
    const [, version, salt, hashed] = hosts.split('|')
    return (
      version === '1' &&
      createHmac('sha1', Buffer.from(salt ?? '', 'base64'))
        .update(name)
        .digest('base64') === hashed
    )
  }
  let found = false
  for (const pattern of hosts.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!')
    if (!wildcard(negated ? pattern.slice(1) : pattern).test(name)) continue
    if (negated) return false
    found = true
  }
  return found
}

/** OpenSSH's patterns: `*` and `?`, nothing else. */
export function wildcard(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's')
}

function hash(name: string): string {
  const salt = randomBytes(20)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

function readLines(file: string): string[] {
  try {
    if (statSync(file).size > MAX_FILE_BYTES) throw new Error(`it is larger than ${MAX_FILE_BYTES} bytes`)
    return readFileSync(file, 'utf8').split('\n')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    // Passing over it could pass over a revoked key.
    throw new DiagnosticError({ code: 'FILE_UNREADABLE', severity: 'error', summary: `cannot read ${file}`, detail: message })
  }
}

function endsWithNewline(file: string): boolean {
  let handle
  try {
    handle = openSync(file, 'r')
  } catch {
    return true
  }
  try {
    const { size } = fstatSync(handle)
    const last = Buffer.alloc(1)
    return size === 0 || (readSync(handle, last, 0, 1, size - 1) === 1 && last[0] === 10)
  } finally {
    closeSync(handle)
  }
}
