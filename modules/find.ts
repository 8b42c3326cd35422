/** Files and folders below paths, by name, age, size and content. */
import { Float, RegexError, compilePython, file, isKnown, param, query, read, z } from '../runner/module.ts'
import type { FileState, Probe, ProbeTree, StateOf } from '../runner/module.ts'
import { ageSeconds, globToPattern, sizeBytes } from './shared/find.ts'

/** Files above this size are not looked into. */
const MAX_CONTENT_BYTES = 16 * 1024 * 1024

function pattern(): z.ZodType<string | undefined> {
  return param
    .string()
    .optional()
    .superRefine((text, context) => {
      try {
        if (text !== undefined) compilePython(text)
      } catch (error) {
        if (!(error instanceof RegexError)) throw error
        context.addIssue({ code: 'custom', message: error.message })
      }
    })
}

const params = () =>
  z
    .object({
      paths: param.list(param.path()).describe('The folders to look in.'),
      patterns: param
        .list(param.string())
        .default([])
        .describe('Names: patterns with * and ?, or with use_regex Python regular expressions. One of them has to fit.'),
      excludes: param.list(param.string()).optional().describe('Names that are left out; in the form of patterns.'),
      use_regex: param.bool().default(false).describe('Whether patterns and excludes are regular expressions.'),
      file_type: z.enum(['any', 'directory', 'file', 'link']).default('file').describe('What to look for.'),
      contains: pattern().describe(
        'Only files with a line that begins with this Python regular expression; with read_whole_file, files in which it finds something.',
      ),
      read_whole_file: param.bool().default(false).describe('Whether contains is about a file as a whole.'),
      recurse: param.bool().default(false).describe('Look in the folders below as well.'),
      depth: param.int(0).optional().describe('With recurse: how deep.'),
      hidden: param.bool().default(false).describe('Find names that begin with a dot as well.'),
      follow: param.bool().default(false).describe('With recurse: follow links to folders.'),
      age: param
        .string()
        .refine((text) => ageSeconds(text) !== undefined, 'failed to process age: write a number with s, m, h, d or w')
        .optional()
        .describe('At least this old (5d), or with a minus at most (-1h): s, m, h, d, w.'),
      age_stamp: z.enum(['atime', 'ctime', 'mtime']).default('mtime').describe('Which time age is about.'),
      size: param
        .string()
        .refine((text) => sizeBytes(text) !== undefined, 'failed to process size: write a number with b, k, m, g or t')
        .optional()
        .describe('Files at least this large (10m), or with a minus at most: b, k, m, g, t.'),
      get_checksum: param.bool().default(false).describe('Whether the SHA-1 of each file is wanted.'),
    })
    .strict()
    .superRefine((p, context) => {
      if (!p.use_regex) return
      for (const name of ['patterns', 'excludes'] as const)
        for (const each of p[name] ?? []) {
          try {
            compilePython(each)
          } catch (error) {
            if (!(error instanceof RegexError)) throw error
            context.addIssue({ code: 'custom', path: [name], message: error.message })
          }
        }
    })
type Params = z.output<ReturnType<typeof params>>

/** As `find` prints it. */
interface Entry {
  readonly path: string
  readonly type: string
  /** Of a link: what it leads to. */
  readonly leadsTo: string
  readonly mode: string
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly inode: number
  readonly dev: number
  readonly nlink: number
  readonly atime: number
  readonly mtime: number
  readonly ctime: number
  readonly pw_name: string
  readonly gr_name: string
  readonly depth: number
}
interface Listing {
  readonly problem: string | undefined
  readonly entries: readonly Entry[]
}

type Probes = {
  readonly listings: Record<string, Probe<Listing>>
  readonly now?: Probe<number>
  readonly contents?: Record<string, Probe<FileState>>
  readonly checksums?: Record<string, Probe<string | undefined>>
}
type State = StateOf<Probes>

const FORMAT = '%y %Y %m %U %G %s %i %D %n %A@ %T@ %C@ %u %g %d %p\\0'

function listing(path: string, p: Params): Probe<Listing> {
  const deepest = p.recurse ? (p.depth === undefined || p.depth === 0 ? [] : ['-maxdepth', String(p.depth + 1)]) : ['-maxdepth', '1']
  const folder = path === '/' ? path : path.replace(/\/+$/, '')
  // Where links are followed they are told as what they lead to, but for their kind.
  const printed = p.follow ? ['(', '-xtype', 'l', '-printf', FORMAT.replace('%y %Y', 'l %y'), '-o', '-printf', FORMAT, ')'] : ['-printf', FORMAT]
  const argv = ['find', p.follow ? '-L' : '-H', folder, ...deepest, ...printed] as [string, ...string[]]
  return query(`query:find:${argv.slice(1).join(' ')}`, argv, ({ stdout, stderr }) => listingOf(stdout, stderr), {
    label: folder,
    okExitCodes: [0, 1],
    timeoutMs: 300_000,
    maxBytes: 64 * 1024 * 1024,
    tellsOf: [`file:${folder}`, `file:${folder}/*`],
  })
}

function listingOf(stdout: string, stderr: string): Listing {
  const [root, ...entries] = stdout.split('\0').slice(0, -1).map(entryOf)
  if (root === undefined || (root.type !== 'd' && root.leadsTo !== 'd')) return { problem: 'is not a directory', entries: [] }
  return { problem: stderr === '' ? undefined : stderr.trim().split('\n')[0], entries }
}

function entryOf(record: string): Entry {
  const found = /^(\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) ([\s\S]*)$/.exec(record)
  if (!found) throw new Error(`find printed '${record}'`)
  const number = (index: number) => Number(found[index])
  return {
    type: found[1]!,
    leadsTo: found[2]!,
    mode: found[3]!.padStart(4, '0'),
    uid: number(4),
    gid: number(5),
    size: number(6),
    inode: number(7),
    dev: number(8),
    nlink: number(9),
    atime: number(10),
    mtime: number(11),
    ctime: number(12),
    pw_name: /^\d+$/.test(found[13]!) ? '' : found[13]!,
    gr_name: /^\d+$/.test(found[14]!) ? '' : found[14]!,
    depth: number(15),
    path: found[16]!.replace(/\/+/g, '/'),
  }
}

function* probe(p: Params): Generator<ProbeTree, Probes, never> {
  const first = {
    listings: Object.fromEntries(p.paths.map((path) => [path, listing(path, p)])),
    ...(p.age !== undefined && { now: query('query:now', ['date', '+%s.%N'], (reply) => Number(reply.stdout)) }),
  }
  if (p.contains === undefined && !p.get_checksum) return first
  const state: State = yield first
  const found = p.paths.flatMap((path) => (isKnown(state.listings, path) ? chosen(state.listings[path]!, state.now, p) : [])).filter(({ type }) => type === 'f')
  return {
    ...first,
    ...(p.contains !== undefined && { contents: Object.fromEntries(found.map(({ path }) => [path, contentOf(path)])) }),
    ...(p.get_checksum && { checksums: Object.fromEntries(found.map(({ path }) => [path, checksumOf(path)])) }),
  }
}

function contentOf(path: string): Probe<FileState> {
  return { ...file(path), read: { kind: 'file', path, content: 'bytes', maxBytes: MAX_CONTENT_BYTES } }
}

function checksumOf(path: string): Probe<string | undefined> {
  return query(
    `query:sha1:${path}`,
    ['sha1sum', path],
    (reply) => (reply.exitCode === 0 ? reply.stdout.replace(/^\\/, '').split(' ', 1)[0] : undefined),
    { okExitCodes: [0, 1], timeoutMs: 300_000, tellsOf: [`file:${path}`] },
  ) // prettier-ignore
}

/** What fits but for its content, in Ansible's order: of each folder first what is no folder, then folders, then what is in those. */
function chosen({ entries }: Listing, now: number | undefined, p: Params): Entry[] {
  return ordered(entries).filter((entry) => {
    const name = entry.path.slice(entry.path.lastIndexOf('/') + 1)
    if (p.depth !== undefined && p.depth > 0 && entry.depth > p.depth) return false
    if (name.startsWith('.') && !p.hidden) return false
    if (p.file_type !== 'any' && entry.type !== { directory: 'd', file: 'f', link: 'l' }[p.file_type]) return false
    return isNamed(name, p) && isOld(entry, now, p) && isLarge(entry, p)
  })
}

function ordered(entries: readonly Entry[]): Entry[] {
  const below = new Map<string, Entry[]>()
  for (const entry of entries) {
    const folder = entry.path.slice(0, entry.path.lastIndexOf('/'))
    const siblings = below.get(folder)
    if (siblings) siblings.push(entry)
    else below.set(folder, [entry])
  }
  const walk = (folder: string): Entry[] => {
    const own = below.get(folder) ?? []
    const isFolder = (entry: Entry) => entry.type === 'd' || (entry.type === 'l' && entry.leadsTo === 'd')
    const folders = own.filter(isFolder)
    return [...own.filter((entry) => !isFolder(entry)), ...folders, ...folders.flatMap(({ path }) => walk(path))]
  }
  const [first] = entries
  return first === undefined ? [] : walk(first.path.slice(0, first.path.lastIndexOf('/')))
}

function isNamed(name: string, p: Params): boolean {
  const fits = (text: string) =>
    p.use_regex ? compilePython(text).matchAt(name) !== null : compilePython(globToPattern(text), { dotAll: true }).matchWhole(name) !== null
  return (p.patterns.length === 0 || p.patterns.some(fits)) && !(p.excludes ?? []).some(fits)
}

function isOld(entry: Entry, now: number | undefined, p: Params): boolean {
  if (p.age === undefined || now === undefined) return true
  const age = ageSeconds(p.age)!
  const is = now - entry[p.age_stamp]
  return age >= 0 ? is >= age : is <= -age
}

function isLarge(entry: Entry, p: Params): boolean {
  if (p.size === undefined || entry.type !== 'f') return true
  const size = sizeBytes(p.size)!
  return size >= 0 ? entry.size >= size : entry.size <= -size
}

function holds(state: State, entry: Entry, p: Params): boolean {
  if (p.contains === undefined || p.file_type !== 'file') return true
  const there = state.contents?.[entry.path]
  // What is no text is not looked into.
  const text = there?.type === 'file' ? there.content.text : undefined
  if (text === undefined) return false
  const expression = compilePython(p.contains)
  if (p.read_whole_file) return expression.search(text) !== null
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).some((line) => expression.matchAt(line) !== null)
}

function about(entry: Entry): Record<string, unknown> {
  const mode = entry.type === 'l' ? 0o777 : Number.parseInt(entry.mode, 8)
  const is = (letter: string) => entry.type === letter
  const may = (bit: number) => (mode & bit) !== 0
  const { path, uid, gid, size, inode, dev, nlink, atime, mtime, ctime, gr_name, pw_name } = entry
  return {
    ...{ path, mode: entry.type === 'l' ? '0777' : entry.mode },
    ...{ isdir: is('d'), ischr: is('c'), isblk: is('b'), isreg: is('f'), isfifo: is('p'), islnk: is('l'), issock: is('s') },
    ...{ uid, gid, size, inode, dev, nlink, gr_name, pw_name },
    ...{ atime: new Float(atime), mtime: new Float(mtime), ctime: new Float(ctime) },
    ...{ wusr: may(0o200), rusr: may(0o400), xusr: may(0o100), wgrp: may(0o020), rgrp: may(0o040), xgrp: may(0o010) },
    ...{ woth: may(0o002), roth: may(0o004), xoth: may(0o001), isuid: may(0o4000), isgid: may(0o2000) },
  }
}

export default read({
  summary: 'Finds files and folders below paths, by name, age, size and content.',
  params,
  aliases: { paths: ['name', 'path'], patterns: ['pattern'], excludes: ['exclude'] },
  examples: [
    { name: 'Old logs', args: 'paths: /var/log\nage: 4w\nsize: 10m\nrecurse: true' },
    { name: 'Connections of IPsec', args: "paths: /etc/ipsec.d\npatterns: ['*.conf', '*.secrets']" },
    { name: 'Folders by an expression', args: "paths: [/srv, /opt]\nfile_type: directory\nuse_regex: true\npatterns: '^v\\d+$'" },
  ],
  returns: {
    files: 'What was found, each with path, mode, size, owner, times and checksum under the names of stat.',
    matched: 'How many.',
    examined: 'How many were looked at.',
    skipped_paths: 'Paths that could not be looked in, with the reason.',
    msg: 'Whether all paths were looked in.',
  },
  notes: [
    'Variables of the host and ~ in paths are not expanded.',
    'With follow, what is told of a link is what it leads to.',
    'Files above 16 MiB and files that are no UTF-8 text contain nothing.',
  ],

  probe,
  result: ({ state, params: p }) => {
    const skipped = Object.fromEntries(
      p.paths.flatMap((path) => {
        const { problem } = state.listings[path]!
        return problem === undefined ? [] : [[path, problem === 'is not a directory' ? `'${path}' ${problem}` : problem]]
      }),
    )
    const files = p.paths.flatMap((path) =>
      chosen(state.listings[path]!, state.now, p)
        .filter((entry) => holds(state, entry, p))
        .map((entry) => ({ ...about(entry), ...(p.get_checksum && entry.type === 'f' && { checksum: state.checksums?.[entry.path] }) })),
    )
    return {
      files,
      matched: files.length,
      examined: p.paths.reduce((count, path) => count + state.listings[path]!.entries.length, 0),
      skipped_paths: skipped,
      msg: Object.keys(skipped).length > 0 ? 'Not all paths examined, check warnings for details' : 'All paths examined',
    }
  },
})
