import { RegexError, compilePython, file, param, query, read, z } from '../runner/module.ts'
import type { FileState, Probe, ProbeTree, PythonMatch, PythonRegex, StateOf } from '../runner/module.ts'
import { fileResult } from './shared/destination.ts'
import { tcpConnect, tcpGreeting, tcpSockets } from './shared/tcp.ts'
import type { Socket } from './shared/tcp.ts'

/** A file whose content is searched may be this big. */
const MAX_SEARCHED_BYTES = 16 * 1024 * 1024

const ACTIVE_STATES = ['ESTABLISHED', 'FIN_WAIT1', 'FIN_WAIT2', 'SYN_RECV', 'SYN_SENT', 'TIME_WAIT'] as const

const params = () =>
  z
    .object({
      host: param
        .nonEmptyString()
        .refine((text) => /^[\w.:%-]+$/.test(text) && !text.startsWith('-'), 'not a name or an address')
        .default('127.0.0.1')
        .describe('The name or address whose port is meant, as seen from the host.'),
      port: param.int(1, 65_535).optional().describe('The TCP port. Not together with `path`.'),
      path: param.path().optional().describe('The file or folder on the host. Links are followed.'),
      state: z
        .enum(['absent', 'drained', 'present', 'started', 'stopped'])
        .default('started')
        .describe(
          '`started` or `present`: the port takes connections, the file exists (and matches). `stopped` (of a port) or `absent`: not so. `drained`: nothing is connected to the port.',
        ),
      search_regex: z
        .string()
        .min(1)
        .optional()
        .describe("A regular expression in Python's syntax, searched for in the content of `path`, or in what the port says; ^ and $ match at each line."),
      timeout: param.int(0, 86_400).default(300).describe('Seconds after which it fails. With neither `port` nor `path` it waits just so long.'),
      delay: param.int(0, 86_400).default(0).describe('Seconds before the first look; they count to `timeout`.'),
      sleep: param.number(0.1, 3_600).default(1).describe('Seconds between two looks.'),
      connect_timeout: param.int(1, 300).default(5).describe('Seconds that one attempt to connect may take.'),
      msg: param.string().optional().describe('What it says when it fails, instead of what is missing.'),
      exclude_hosts: param.list(z.string()).default([]).describe('With `drained`: addresses whose connections do not count.'),
      active_connection_states: param
        .list(z.string())
        .default([...ACTIVE_STATES])
        .describe('With `drained`: states of TCP that count as connected.'),
    })
    .strict()
    .superRefine((p, context) => {
      const issue = (path: string, message: string) => context.addIssue({ code: 'custom', message, path: [path] })
      const onlyOfPort = (state: string) => `state=${state} should only be used for checking a port in the wait_for module`
      if (p.port !== undefined && p.path !== undefined) issue('path', 'port and path parameter can not both be passed to wait_for')
      if (p.state === 'stopped' && p.path !== undefined) issue('state', onlyOfPort('stopped'))
      if (p.state === 'drained' && p.port === undefined) issue('state', onlyOfPort('drained'))
      if (p.exclude_hosts.length > 0 && p.state !== 'drained') issue('exclude_hosts', 'exclude_hosts should only be with state=drained')
      if (p.search_regex === undefined) return
      if (p.path === undefined && p.port === undefined) issue('search_regex', 'it is searched for in `path` or in what `port` says, and neither is given')
      const problem = searched(p.search_regex, '')
      if (typeof problem === 'string') issue('search_regex', `Invalid regular expression: ${problem}`)
    })
type Params = z.output<ReturnType<typeof params>>

function compile(pattern: string): PythonRegex {
  return compilePython(pattern, { multiline: true, ascii: true })
}

/** The match, null where there is none, or the sentence of why the pattern or the text cannot be used. */
function searched(pattern: string, text: string): PythonMatch | null | string {
  try {
    return compile(pattern).search(text)
  } catch (error) {
    if (error instanceof RegexError) return error.message
    throw error
  }
}

/** What a group matched; null, too, where that cannot be known. */
function groupOf(match: PythonMatch, number: number): string | null {
  try {
    return match.group(number)
  } catch (error) {
    if (error instanceof RegexError) return null
    throw error
  }
}

type Tree = {
  readonly sockets?: Probe<readonly Socket[]>
  readonly connection?: Probe<string | undefined>
  /** What the port says by itself. */
  readonly greeting?: Probe<string | undefined>
  readonly file?: Probe<FileState>
  /** Where the file itself does not settle it: whether the path leads to something, and the text that is there. */
  readonly exists?: Probe<boolean>
  readonly content?: Probe<string | undefined>
}
type State = StateOf<Tree>

/** Names of the host itself: its own sockets tell, and nobody is connected to. */
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1', '0.0.0.0', '::'])

function* probe(p: Params): Generator<ProbeTree, Tree, never> {
  if (p.port !== undefined) {
    if (p.search_regex !== undefined && wantsIt(p)) return { greeting: tcpGreeting(p.host, p.port, p.connect_timeout) }
    if (p.state === 'drained' || LOOPBACK.has(p.host)) return { sockets: tcpSockets() }
    return { connection: tcpConnect(p.host, p.port, p.connect_timeout) }
  }
  if (p.path === undefined) return {}
  // A file that a task before this one would write is there in a dry run, too.
  const first: { file: Probe<FileState> } = {
    file: {
      ...file(p.path, p.search_regex === undefined ? 'none' : 'bytes'),
      read: { kind: 'file', path: p.path, content: p.search_regex === undefined ? 'none' : 'bytes', maxBytes: MAX_SEARCHED_BYTES },
    },
  }
  const seen = (yield first) as StateOf<typeof first>
  if (seen.file.type !== 'link' && missing(seen, p).length === 0) return first
  // What is not so yet may come about by a program: that is live, and only then.
  return p.search_regex === undefined
    ? { ...first, exists: query(`live:exists ${p.path}`, ['test', '-e', p.path], (reply) => reply.exitCode === 0, { okExitCodes: [0, 1] }) }
    : {
        ...first,
        content: query(`live:content ${p.path}`, ['cat', '--', p.path], (reply) => (reply.exitCode === 0 ? reply.stdout : undefined), {
          okExitCodes: [0, 1],
          maxBytes: MAX_SEARCHED_BYTES,
        }),
      }
}

const wantsIt = (p: Params) => p.state === 'started' || p.state === 'present'

function missing(state: State, p: Params): readonly string[] {
  const sentence = p.port !== undefined ? ofPort(state, p, p.port) : p.path !== undefined ? ofPath(state, p, p.path) : undefined
  return sentence === undefined ? [] : [sentence]
}

/** As Ansible words it. */
function timedOut(p: Params): string {
  if (p.msg !== undefined) return p.msg
  const what = p.path ?? `${p.host}:${p.port}`
  if (!wantsIt(p)) return `Timeout when waiting for ${what} to ${p.path !== undefined ? 'be absent.' : p.state === 'drained' ? 'drain' : 'stop.'}`
  if (p.search_regex !== undefined) return `Timeout when waiting for search string ${p.search_regex} in ${what}`
  return `Timeout when waiting for ${p.path === undefined ? '' : 'file '}${what}`
}

function ofPort({ sockets, connection, greeting }: State, p: Params, port: number): string | undefined {
  const where = `${p.host}:${port}`
  if (p.search_regex !== undefined && wantsIt(p)) {
    if (greeting === undefined) return `${where} takes no connections`
    const match = searched(p.search_regex, greeting)
    return typeof match === 'string' ? match : match === null ? `${where} says nothing that matches ${p.search_regex}` : undefined
  }
  if (p.state === 'drained') {
    const active = activeOn(sockets ?? [], p, port)
    return active.length === 0
      ? undefined
      : `${active.length} ${active.length === 1 ? 'connection' : 'connections'} to ${where} (from ${[...new Set(active.map(({ remoteAddress }) => remoteAddress))].slice(0, 10).join(', ')})`
  }
  const why = sockets === undefined ? connection : listens(sockets, p.host, port) ? undefined : 'nothing listens there'
  if (wantsIt(p)) return why === undefined ? undefined : `${where} takes no connections: ${why}`
  return why === undefined ? `${where} still takes connections` : undefined
}

const ANY = new Set(['0.0.0.0', '::'])

function listens(sockets: readonly Socket[], host: string, port: number): boolean {
  const own = host === 'localhost' ? new Set(['127.0.0.1', '::1']) : new Set([host])
  return sockets.some(
    (socket) => socket.state === 'LISTEN' && socket.localPort === port && (own.has(socket.localAddress) || ANY.has(socket.localAddress) || ANY.has(host)),
  )
}

function activeOn(sockets: readonly Socket[], p: Params, port: number): Socket[] {
  return sockets.filter(
    (socket) =>
      socket.localPort === port &&
      p.active_connection_states.includes(socket.state) &&
      !p.exclude_hosts.includes(socket.remoteAddress) &&
      (ANY.has(p.host) || socket.localAddress === (p.host === 'localhost' ? '127.0.0.1' : p.host)),
  )
}

function ofPath(state: State, p: Params, path: string): string | undefined {
  if (p.search_regex === undefined) {
    const exists = state.exists ?? state.file?.type !== 'absent'
    if (wantsIt(p)) return exists ? undefined : `${path} does not exist`
    return exists ? `${path} still exists` : undefined
  }
  const text = textOf(state)
  const match = text === undefined ? null : searched(p.search_regex, text)
  if (typeof match === 'string') return match
  const found = match !== null
  if (wantsIt(p)) return found ? undefined : text === undefined ? `${path} cannot be read` : `${path} does not match ${p.search_regex}`
  return found ? `${path} still matches ${p.search_regex}` : undefined
}

function textOf({ file: found, content, greeting }: State): string | undefined {
  return content ?? greeting ?? (found?.type === 'file' ? found.content.text : undefined)
}

export default read({
  summary: 'Waits until a port takes connections or none, a file exists or not or matches, or just for a time.',
  params,
  aliases: {},
  examples: [
    { name: 'Until BGP listens', args: 'port: 179\ntimeout: 60' },
    { name: 'Until the other side takes connections', args: 'host: 172.16.0.93\nport: 22\ndelay: 5' },
    { name: 'Until the log says so', args: "path: /var/log/ipsec.log\nsearch_regex: 'IKE SA established'" },
    { name: 'Until the lock is gone', args: 'path: /run/update.lock\nstate: absent' },
    { name: 'Ten seconds', args: 'timeout: 10' },
  ],
  returns: {
    elapsed: 'seconds that it took',
    state: 'what was waited for; of a path that is there, what it is: file, directory, link or hard',
    mode: 'of a path that is there, as uid, gid, owner, group and size: see stat',
    match_groups: 'what the groups of `search_regex` matched; null for one in a repeat of which that is not known',
    match_groupdict: 'the same by name',
  },
  notes: [
    "For the host's own addresses (127.0.0.1, localhost, ::1, 0.0.0.0) its table of sockets is read; nobody is connected to, so no program sees a connection.",
    'For another host a connection is made from the host with bash; nothing is sent. With `search_regex` it listens until nothing comes for a second.',
    'A dry run looks once.',
  ],
  probe,
  missing,
  wait: (p) =>
    p.port === undefined && p.path === undefined
      ? { timeoutMs: p.timeout * 1000, intervalMs: 1000, delayMs: p.timeout * 1000 }
      : { timeoutMs: p.timeout * 1000, intervalMs: p.sleep * 1000, delayMs: p.delay * 1000 },
  timedOut,
  result: ({ state, params: p, stats, missing }) => {
    if (missing.length > 0) return {}
    const regex = p.search_regex === undefined ? undefined : compile(p.search_regex)
    const found = p.search_regex === undefined ? null : searched(p.search_regex, textOf(state) ?? '')
    // Of a port Ansible does not say what matched.
    const match = typeof found === 'string' || p.path === undefined ? null : found
    const there = state.file === undefined || state.file.type === 'absent' ? {} : fileResult(state.file, stats[p.path!])
    delete there['checksum']
    return {
      state: p.state,
      ...there,
      port: p.port ?? null,
      path: p.path ?? null,
      search_regex: p.search_regex ?? null,
      match_groups: match === null ? [] : Array.from({ length: regex!.groups }, (_, index) => groupOf(match, index + 1)),
      match_groupdict: match === null ? {} : Object.fromEntries([...regex!.names].map(([name, number]) => [name, groupOf(match, number)])),
    }
  },
})
