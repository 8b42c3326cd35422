/** Reads of files: many at once where that is safe, one by one where a name or a race makes it unsafe. */
import { createHash } from 'node:crypto'
import { Content } from '../../contract/content.ts'
import type { FileRead, FileStat, FileState } from '../../contract/resource.ts'
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { ReadOutcome } from '../port.ts'
import { FILE_GROUP_MAX_PATH_BYTES, FILE_GROUP_MAX_PATHS, FILE_GROUP_TIMEOUT_MS, FILE_MAX_BYTES, FRAME_MAX_BYTES, RUNAWAY_BYTES } from './limits.ts'
import { fileUnreadable, overLimit } from './problems.ts'
import { quote, quoteAll } from './quote.ts'
import type { Unit } from './unit.ts'

/** All that was found out about a path; every read of it is answered from here. */
export type FileFacts =
  | { readonly kind: 'absent' }
  | { readonly kind: 'problem'; readonly problem: Diagnostic }
  | { readonly kind: 'there'; readonly stat: Stat; readonly target?: string; readonly sha256?: string; readonly bytes?: Buffer }

interface Stat extends FileStat {
  readonly mode: number
  readonly owner: string
  readonly group: string
}

/** What is wanted of one path, by all reads of it together. */
export interface FileWish {
  readonly path: string
  readonly content: FileRead['content']
  readonly maxBytes: number
  readonly settle: (facts: FileFacts) => void
}

const RANK = { none: 0, digest: 1, bytes: 2 } as const

/** The most demanding of the reads of one path. */
export function mostDemanding(reads: readonly FileRead[]): Pick<FileWish, 'content' | 'maxBytes'> {
  let content: FileRead['content'] = 'none'
  let maxBytes = 0
  for (const read of reads) {
    if (RANK[read.content] > RANK[content]) content = read.content
    if (read.content === 'bytes') maxBytes = Math.max(maxBytes, read.maxBytes ?? FILE_MAX_BYTES)
  }
  return { content, maxBytes }
}

/** What a read is answered: exactly what it asked for, even where another read of the path asked for more. */
export function fileOutcome(read: FileRead, facts: FileFacts): ReadOutcome {
  if (facts.kind === 'absent') return { reply: { state: { type: 'absent' } } }
  if (facts.kind === 'problem') return { problem: facts.problem }
  const { mode, owner, group, ...stat } = facts.stat
  const octal = (mode & 0o7777).toString(8).padStart(4, '0')
  const state = ((): FileState => {
    switch (typeOf(facts.stat)) {
      case 'file':
        return { type: 'file', mode: octal, owner, group, content: contentFor(read, facts) }
      case 'directory':
        return { type: 'directory', mode: octal, owner, group }
      case 'link':
        return { type: 'link', target: facts.target ?? '', owner, group }
      case 'other':
        return { type: 'other', mode: octal, owner, group }
    }
  })()
  return { reply: { state, stat } }
}

/** Where only the stat was asked for, the digest is the empty string: nothing is known of the content. */
function contentFor(read: FileRead, facts: FileFacts & { kind: 'there' }): Content {
  if (read.content === 'none') return Content.digest('', facts.stat.sizeBytes)
  if (facts.bytes === undefined) return Content.digest(facts.sha256 ?? '', facts.stat.sizeBytes)
  const content = Content.of(facts.bytes)
  if (read.content === 'bytes' && facts.bytes.length <= (read.maxBytes ?? FILE_MAX_BYTES)) return content
  return Content.digest(content.sha256, content.sizeBytes)
}

function typeOf(stat: Stat): 'file' | 'directory' | 'link' | 'other' {
  const type = stat.mode & 0o170000
  return type === 0o100000 ? 'file' : type === 0o040000 ? 'directory' : type === 0o120000 ? 'link' : 'other'
}

/** The units for these wishes, in their order as far as groups allow. */
export function fileUnits(wishes: readonly FileWish[]): Unit[] {
  const units: Unit[] = []
  let group: FileWish[] = []
  let groupBytes = 0
  const closeGroup = () => {
    if (group.length > 1) units.push(groupUnit(group))
    else units.push(...group.map(singleUnit))
    group = []
    groupBytes = 0
  }
  for (const wish of wishes) {
    if (standsAlone(wish.path)) {
      units.push(singleUnit(wish))
      continue
    }
    if (group.length === FILE_GROUP_MAX_PATHS || groupBytes + wish.path.length * 3 > FILE_GROUP_MAX_PATH_BYTES) closeGroup()
    group.push(wish)
    groupBytes += wish.path.length * 3
  }
  closeGroup()
  return units
}

/**
 * sha256sum writes names with a backslash or a newline in them in ways that differ; files of the kernel say that they are
 * empty, so their bytes cannot be told apart by size.
 */
function standsAlone(path: string): boolean {
  return /[\\\n]/.test(path) || /^\/(proc|sys)\//.test(path)
}

/** No path may look like an option. */
function safe(path: string): string {
  return path.startsWith('/') ? path : `./${path}`
}

function kindLetter(content: FileRead['content']): 'n' | 'd' | 'b' {
  return content === 'none' ? 'n' : content === 'digest' ? 'd' : 'b'
}

function singleUnit(wish: FileWish): Unit {
  const problem = (diagnostic: Diagnostic) => wish.settle({ kind: 'problem', problem: diagnostic })
  return {
    script: `O ${kindLetter(wish.content)} ${wish.maxBytes} ${quote(safe(wish.path))} </dev/null\n`,
    what: `reading ${wish.path}`,
    timeoutMs: FILE_GROUP_TIMEOUT_MS,
    maxBytes: wish.maxBytes,
    refuse: (diagnostic) => {
      problem(diagnostic)
      return []
    },
    async collect({ stdout, stderr }) {
      const errors = stderr.next(FRAME_MAX_BYTES)
      errors.catch(() => {})
      const facts = await (async (): Promise<FileFacts> => {
        const first = await stdout.next(FRAME_MAX_BYTES)
        if (first.word.startsWith('!')) return absentOrProblem(wish.path, first.word.slice(1))
        const stat = parseStat(first.payload.toString('utf8'))
        if (!stat) return { kind: 'problem', problem: fileUnreadable(wish.path, first.payload.toString('utf8')) }
        const type = typeOf(stat)
        if (type !== 'link' && (type !== 'file' || wish.content === 'none')) return { kind: 'there', stat }
        const second = await stdout.next(Math.max(FRAME_MAX_BYTES, wish.maxBytes + 1), RUNAWAY_BYTES)
        const said = (await errors).payload.toString('utf8').trim()
        if (second.word !== '0') return absentOrProblem(wish.path, said.slice(said.lastIndexOf(': ') + 2))
        if (type === 'link') return { kind: 'there', stat, target: withoutNewline(second.payload) }
        if (wish.content === 'digest' || stat.sizeBytes > wish.maxBytes) return { kind: 'there', stat, sha256: second.payload.toString('latin1', 0, 64) }
        // The file grew while it was read, or is one of the kernel's.
        if (second.sizeBytes > wish.maxBytes) return { kind: 'problem', problem: overLimit(wish.path, wish.maxBytes) }
        return { kind: 'there', stat, bytes: second.payload }
      })()
      await errors
      wish.settle(facts)
      return []
    },
  }
}

/**
 * A group is believed only where everything adds up: as many stat lines as files, a digest for each, and bytes of exactly
 * those digests. A file that changes or goes away meanwhile breaks that; then the files are asked for one by one.
 */
function groupUnit(wishes: readonly FileWish[]): Unit {
  const oneByOne = (some: readonly FileWish[]) => some.map(singleUnit)
  const kinds = wishes.map((wish) => (wish.content === 'bytes' ? `b${wish.maxBytes}` : kindLetter(wish.content)))
  const maxBytes = wishes.reduce((sum, wish) => sum + wish.maxBytes, 0)
  return {
    script: `K='${kinds.join(' ')}'; G ${quoteAll(wishes.map((wish) => safe(wish.path)))} </dev/null\n`,
    what: `reading ${wishes.length} files`,
    timeoutMs: FILE_GROUP_TIMEOUT_MS,
    maxBytes,
    refuse: () => oneByOne(wishes),
    async collect({ stdout, stderr }) {
      const errors = stderr.next(FRAME_MAX_BYTES)
      errors.catch(() => {})
      const again: FileWish[] = []

      const presence = lines((await stdout.next(FRAME_MAX_BYTES)).payload)
      const there: FileWish[] = []
      for (const [index, wish] of wishes.entries()) {
        const mark = presence[index] ?? '?'
        if (mark === '=') there.push(wish)
        else if (mark === '-') wish.settle({ kind: 'absent' })
        else if (mark.startsWith('!') && !/^![0-9a-f]+$/.test(mark)) wish.settle(absentOrProblem(wish.path, mark.slice(1)))
        else again.push(wish)
      }
      if (!presence.includes('=')) {
        await errors
        return oneByOne(again)
      }

      const statLines = lines((await stdout.next(FRAME_MAX_BYTES)).payload)
      const stats = statLines.map(parseStat)
      const targets: string[] = []
      for (const line of statLines) if (line.startsWith('a')) targets.push(withoutNewline((await stdout.next(FRAME_MAX_BYTES)).payload))
      const plan = (await stdout.next(FRAME_MAX_BYTES)).word
      const reads = /[db]/.test(plan)
      const digests = reads ? lines((await stdout.next(FRAME_MAX_BYTES)).payload).map((line) => line.replace(/^\\/, '').slice(0, 64)) : []
      const bytes = reads ? await stdout.next(maxBytes, RUNAWAY_BYTES) : undefined
      await errors

      const readable = plan.replaceAll(/[^db]/g, '').length
      if (stats.length !== there.length || plan.length !== there.length || digests.length !== readable || stats.includes(undefined)) {
        return oneByOne([...again, ...there])
      }
      let offset = 0
      for (const [index, wish] of there.entries()) {
        const stat = stats[index]!
        switch (plan[index]) {
          case 'l':
            wish.settle({ kind: 'there', stat, target: targets.shift()! })
            break
          case 'x':
            wish.settle({ kind: 'problem', problem: fileUnreadable(wish.path, 'Permission denied') })
            break
          case 'd':
            wish.settle({ kind: 'there', stat, sha256: digests.shift()! })
            break
          case 'b': {
            const part = bytes!.payload.subarray(offset, offset + stat.sizeBytes)
            offset += stat.sizeBytes
            if (createHash('sha256').update(part).digest('hex') === digests.shift()) wish.settle({ kind: 'there', stat, bytes: part })
            else again.push(wish)
            break
          }
          default:
            wish.settle({ kind: 'there', stat })
        }
      }
      return oneByOne(again)
    },
  }
}

/** A path without its parent is absent; one that may not be looked at is not. */
function absentOrProblem(path: string, reason: string): FileFacts {
  if (reason === 'No such file or directory' || reason === 'Not a directory') return { kind: 'absent' }
  return { kind: 'problem', problem: fileUnreadable(path, reason) }
}

function parseStat(line: string): Stat | undefined {
  const [mode, size, uid, gid, links, atime, mtime, owner, group] = line.split(':')
  if (group === undefined || !/^[0-9a-f]+$/.test(mode!)) return undefined
  return {
    mode: parseInt(mode!, 16),
    sizeBytes: Number(size),
    uid: Number(uid),
    gid: Number(gid),
    links: Number(links),
    atimeSeconds: Number(atime),
    mtimeSeconds: Number(mtime),
    owner: owner === 'UNKNOWN' ? uid! : owner!,
    group: group === 'UNKNOWN' ? gid! : group,
  }
}

function lines(payload: Buffer): string[] {
  const text = payload.toString('utf8')
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

function withoutNewline(payload: Buffer): string {
  return payload.toString('utf8').replace(/\n$/, '')
}
