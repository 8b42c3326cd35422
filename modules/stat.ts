/** What is at a path. */
import { file, Float, isKnown, orUnknown, param, query, read, z } from '../runner/module.ts'
import type { FileState, Probe, ProbeTree, QueryReply, StateOf } from '../runner/module.ts'
import { followLinks, knownState, onlyPath, withoutEndingSlash } from './shared/target.ts'
import type { ByPath } from './shared/target.ts'

const SUMS = { md5: 'md5sum', sha1: 'sha1sum', sha224: 'sha224sum', sha256: 'sha256sum', sha384: 'sha384sum', sha512: 'sha512sum' } as const

const params = () =>
  z
    .object({
      path: param.pathOrEmpty().describe('The path. At an empty one there is nothing; one that ends in a slash is a folder, or a link to one.'),
      follow: param.bool().default(false).describe('Where it is a link, say what it leads to.'),
      get_checksum: param.bool().default(true).describe('Whether the checksum of a file is wanted.'),
      checksum_algorithm: z
        .enum(Object.keys(SUMS) as (keyof typeof SUMS)[])
        .default('sha1')
        .describe('How the checksum is made.'),
      get_attributes: param.bool().default(true).describe('Whether the attributes that lsattr shows are wanted.'),
      get_mime: param.bool().default(true).describe('Whether the type of the content is wanted, as file(1) tells it.'),
      get_md5: param.bool().default(false).describe('Whether the MD5 of a file is wanted as well.'),
    })
    .strict()
type Params = z.output<ReturnType<typeof params>>

/** What only a query tells. */
interface Details {
  readonly type: string
  readonly uid: number
  readonly gid: number
  readonly atime: number
  readonly mtime: number
  readonly ctime: number
  readonly size: number
  readonly inode: number
  readonly dev: number
  readonly nlink: number
  readonly blocks: number
  readonly block_size: number
  readonly device_type: number
}

interface Attributes {
  readonly version: string
  readonly flags: string
}

interface Mime {
  readonly mimetype: string
  readonly charset: string
}

type Probes = {
  readonly file: Record<string, Probe<FileState>>
  readonly details: Probe<Details | null>
  /** What who reads may do with it. */
  readonly access: { readonly readable: Probe<boolean>; readonly writeable: Probe<boolean>; readonly executable: Probe<boolean> }
  /** Where a link leads in the end. */
  readonly source?: Probe<string>
  readonly checksum?: Probe<string | null>
  readonly attributes?: Probe<Attributes | null>
  readonly mime?: Probe<Mime>
  readonly md5?: Probe<string | null>
}
type State = StateOf<Probes>

function* probe(p: Params): Generator<ProbeTree, Probes | Record<string, never>, never> {
  if (p.path === '') return {}
  const path = withoutEndingSlash(p.path)
  const first: { file: ByPath<FileState> } = yield treeFor(p, path)
  const now = knownState(first.file, path)
  if (now?.type !== 'link') return withChecksum(p, path, now)
  const end = yield* followLinks(path, 'none')
  if (p.follow || namesFolder(p)) return withChecksum(p, end.path, end.state)
  return { ...treeFor(p, path), source: about(path, 'realpath', ['readlink', '-f', path], (reply) => reply.stdout.replace(/\n$/, '')) }
}

const namesFolder = ({ path }: Params): boolean => path.endsWith('/')

function treeFor(p: Params, path: string): Probes {
  const named = withoutEndingSlash(p.path)
  return {
    file: { [path]: file(path, 'none') },
    details: about(path, 'details', ['stat', '-c', '%F|%u|%g|%.9X|%.9Y|%.9Z|%s|%i|%d|%h|%b|%o|%t|%T', path], detailsOf),
    access: { readable: may(path, '-r'), writeable: may(path, '-w'), executable: may(path, '-x') },
    // Of a link these two tell of the link, even where it is followed.
    ...(p.get_attributes && { attributes: about(named, 'attributes', ['lsattr', '-vd', p.path], attributesOf) }),
    ...(p.get_mime && { mime: about(named, 'mime', ['file', '--mime-type', '--mime-encoding', p.path], mimeOf) }),
  }
}

/** Only what is known to be a regular file is read: a pipe has no end, and a disk a late one. */
function withChecksum(p: Params, path: string, there: FileState | undefined): Probes {
  if (there?.type !== 'file') return treeFor(p, path)
  const sum = (algorithm: keyof typeof SUMS) =>
    about(path, algorithm, [SUMS[algorithm], path], (reply) => (reply.exitCode === 0 ? reply.stdout.replace(/^\\/, '').split(' ', 1)[0]! : null))
  return { ...treeFor(p, path), ...(p.get_checksum && { checksum: sum(p.checksum_algorithm) }), ...(p.get_md5 && { md5: sum('md5') }) }
}

function may(path: string, flag: string): Probe<boolean> {
  return about(path, `test${flag}`, ['test', flag, path], (reply) => reply.exitCode === 0)
}

/** A query about one path; exit code 1 says that it is not there, or has no such thing. */
function about<T>(path: string, what: string, argv: readonly [string, ...string[]], parse: (reply: QueryReply) => T): Probe<T> {
  return query(`query:${what}:${path}`, argv, parse, { okExitCodes: [0, 1, 127], timeoutMs: 300_000, tellsOf: [`file:${path}`] })
}

function detailsOf(reply: QueryReply): Details | null {
  const [type, ...fields] = reply.stdout.trim().split('|')
  if (reply.exitCode !== 0 || fields.length !== 13) return null
  const [uid, gid, atime, mtime, ctime, size, inode, dev, nlink, blocks, block_size] = fields.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return {
    type: type!,
    uid,
    gid,
    atime,
    mtime,
    ctime,
    size,
    inode,
    dev,
    nlink,
    blocks,
    block_size,
    device_type: deviceNumber(Number.parseInt(fields[11]!, 16), Number.parseInt(fields[12]!, 16)),
  }
}

/** As Linux packs major and minor into one number. */
function deviceNumber(major: number, minor: number): number {
  return Number((BigInt(minor) & 0xffn) | ((BigInt(major) & 0xfffn) << 8n) | ((BigInt(minor) & ~0xffn) << 12n) | ((BigInt(major) & ~0xfffn) << 32n))
}

/** Where there is no file(1), or it cannot tell, both are `unknown`. */
function mimeOf(reply: QueryReply): Mime {
  const [mimetype, charset] = reply.stdout.slice(reply.stdout.lastIndexOf(':') + 1).split(';')
  if (reply.exitCode !== 0 || charset === undefined) return { mimetype: 'unknown', charset: 'unknown' }
  return { mimetype: mimetype!.trim(), charset: charset.split('=')[1]?.trim() ?? 'unknown' }
}

function attributesOf(reply: QueryReply): Attributes | null {
  const [version, flags] = reply.stdout.trim().split(/\s+/)
  return reply.exitCode === 0 && flags !== undefined ? { version: version!, flags: flags.replaceAll('-', '') } : null
}

const ATTRIBUTE_NAMES: Readonly<Record<string, string>> = {
  A: 'noatime', a: 'append', c: 'compressed', C: 'nocow', d: 'nodump', D: 'dirsync', e: 'extents', E: 'encrypted', h: 'blocksize', i: 'immutable', I: 'indexed',
  j: 'journalled', N: 'inline', s: 'zero', S: 'synchronous', t: 'notail', T: 'blockroot', u: 'undelete', X: 'compressedraw', Z: 'compresseddirty',
} // prettier-ignore

function result(state: State, p: Params): Record<string, unknown> {
  if (p.path === '') return { changed: false, stat: { exists: false } }
  const path = onlyPath(state.file)
  const there = state.file[path]!
  if (there.type === 'absent' || (namesFolder(p) && there.type !== 'directory')) return { changed: false, stat: { exists: false } }
  const details = (key: keyof Details) => orUnknown(() => state.details?.[key])
  const time = (key: 'atime' | 'mtime' | 'ctime') => orUnknown(() => state.details && new Float(state.details[key]))
  const mode = there.type === 'link' ? 0o777 : Number.parseInt(there.mode, 8)
  const isType = (type: string) => (there.type === 'other' ? orUnknown(() => state.details?.type.startsWith(type) === true) : false)
  return {
    changed: false,
    stat: {
      exists: true,
      path: p.path,
      mode: there.type === 'link' ? '0777' : there.mode,
      isdir: there.type === 'directory',
      isreg: there.type === 'file',
      islnk: there.type === 'link',
      ischr: isType('character'),
      isblk: isType('block'),
      isfifo: isType('fifo'),
      issock: isType('socket'),
      pw_name: orUnknown(() => there.owner),
      gr_name: orUnknown(() => there.group),
      size: there.type === 'file' ? there.content.sizeBytes : details('size'),
      ...Object.fromEntries((['uid', 'gid', 'inode', 'dev', 'nlink', 'blocks', 'block_size', 'device_type'] as const).map((key) => [key, details(key)])),
      ...Object.fromEntries((['atime', 'mtime', 'ctime'] as const).map((key) => [key, time(key)])),
      ...permissions(mode),
      ...Object.fromEntries((['readable', 'writeable', 'executable'] as const).map((key) => [key, orUnknown(() => state.access[key])])),
      ...(there.type === 'link' && { lnk_target: there.target, lnk_source: orUnknown(() => state.source) }),
      ...(there.type === 'file' && p.get_checksum && { checksum: checksum(state, p, there) }),
      ...(there.type === 'file' && p.get_md5 && { md5: orUnknown(() => state.md5 ?? undefined) }),
      ...(p.get_mime && { mimetype: orUnknown(() => state.mime?.mimetype), charset: orUnknown(() => state.mime?.charset) }),
      ...(p.get_attributes && attributes(state)),
    },
  }
}

function permissions(mode: number): Record<string, boolean> {
  const bits = {
    rusr: 0o400,
    wusr: 0o200,
    xusr: 0o100,
    rgrp: 0o040,
    wgrp: 0o020,
    xgrp: 0o010,
    roth: 0o004,
    woth: 0o002,
    xoth: 0o001,
    isuid: 0o4000,
    isgid: 0o2000,
  }
  return Object.fromEntries(Object.entries(bits).map(([name, bit]) => [name, (mode & bit) !== 0]))
}

/** A predicted file has a content whose checksum is known; of a real one a program tells. */
function checksum(state: State, p: Params, there: FileState & { type: 'file' }): unknown {
  const { content } = there
  if (p.checksum_algorithm === 'sha1' && content.sha1 !== undefined) return content.sha1
  if (p.checksum_algorithm === 'sha256' && content.sha256 !== '') return content.sha256
  return orUnknown(() => state.checksum ?? undefined)
}

function attributes(state: State): Record<string, unknown> {
  if (!isKnown(state, 'attributes'))
    return { attributes: orUnknown(() => state.attributes), attr_flags: orUnknown(() => state.attributes), version: orUnknown(() => state.attributes) }
  const found = state.attributes
  if (!found) return { attributes: [], attr_flags: '', version: null }
  return { attributes: Array.from(found.flags, (flag) => ATTRIBUTE_NAMES[flag] ?? flag), attr_flags: found.flags, version: found.version }
}

export default read({
  summary: 'Says what is at a path.',
  params,
  aliases: {
    path: ['dest', 'name'],
    checksum_algorithm: ['checksum', 'checksum_algo'],
    get_attributes: ['attr', 'attributes'],
    get_mime: ['mime', 'mime_type', 'mime-type'],
  },
  examples: [
    { name: 'Is FRR configured?', args: 'path: /etc/frr/frr.conf' },
    { name: 'Where does the link lead?', args: 'path: /etc/sysctl.d/99-sysctl.conf\nfollow: true\nget_checksum: false\nget_attributes: false' },
  ],
  returns: {
    stat: 'What is there: exists, and if so path, isdir, isreg, islnk, mode, size, uid, gid, pw_name, gr_name, atime, mtime, ctime, inode, dev, nlink, checksum, lnk_source, lnk_target, readable, writeable, executable and more.',
  },

  probe,
  result: ({ state, params: p }) => result(state as State, p),
})
