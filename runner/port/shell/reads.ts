/** Turns the reads of one call into units: equal reads once, files together. */
import type { FileRead, QueryRead, QueryReply, HostRead } from '../../contract/resource.ts'
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { ReadOutcome } from '../port.ts'
import { fileOutcome, fileUnits, mostDemanding, type FileWish } from './files.ts'
import { QUERY_MAX_BYTES, QUERY_TIMEOUT_MS, RUNAWAY_BYTES } from './limits.ts'
import { describe, overLimit, queryFailed, words } from './problems.ts'
import { quoteAll } from './quote.ts'
import type { Unit } from './unit.ts'

/** The units, and the outcomes in the order of the reads once every unit was settled. */
export function planReads(reads: readonly HostRead[]): { readonly units: Unit[]; outcomes(): ReadOutcome[] } {
  const outcomes: (ReadOutcome | undefined)[] = reads.map(() => undefined)
  const files = new Map<string, { read: FileRead; index: number }[]>()
  const queries = new Map<string, { read: QueryRead; index: number }[]>()
  for (const [index, read] of reads.entries()) {
    if (read.kind === 'file') append(files, read.path, { read, index })
    else append(queries, JSON.stringify([read.argv, read.scratchFolders]), { read, index })
  }
  const wishes = [...files].map(([path, asked]): FileWish => {
    return {
      path,
      ...mostDemanding(asked.map(({ read }) => read)),
      settle: (facts) => {
        for (const { read, index } of asked) outcomes[index] = fileOutcome(read, facts)
      },
    }
  })
  const units = fileUnits(wishes)
  for (const asked of queries.values()) {
    units.push(
      queryUnit(
        asked.map(({ read }) => read),
        (reply) => {
          for (const { read, index } of asked) outcomes[index] = queryOutcome(read, reply)
        },
        (problem) => {
          for (const { index } of asked) outcomes[index] = { problem }
        },
      ),
    )
  }
  return {
    units,
    outcomes: () =>
      outcomes.map((outcome, index) => {
        if (!outcome) throw new Error(`read ${index} was not settled`)
        return outcome
      }),
  }
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

/** What came back, with the true sizes: each read compares them with its own limit. */
interface RawReply extends QueryReply {
  readonly stdoutBytes: number
  readonly stderrBytes: number
}

/** One query for equal reads: the longest time and the largest size that any of them allows. */
function queryUnit(reads: readonly QueryRead[], settle: (reply: RawReply) => void, refuse: (problem: Diagnostic) => void): Unit {
  const { argv, scratchFolders } = reads[0]!
  const maxBytes = Math.max(...reads.map((read) => read.maxBytes ?? QUERY_MAX_BYTES))
  return {
    script: `Q ${quoteAll(scratchFolders === undefined ? argv : dropping(scratchFolders, argv))} </dev/null\n`,
    what: describe(argv),
    timeoutMs: Math.max(...reads.map((read) => read.timeoutMs ?? QUERY_TIMEOUT_MS)),
    maxBytes,
    refuse: (problem) => {
      refuse(problem)
      return []
    },
    async collect({ stdout, stderr }) {
      const [out, err] = await Promise.all([stdout.next(maxBytes, RUNAWAY_BYTES), stderr.next(maxBytes, RUNAWAY_BYTES)])
      settle({
        exitCode: Number(out.word),
        stdout: out.payload.toString('utf8'),
        stderr: err.payload.toString('utf8'),
        stdoutBytes: out.sizeBytes,
        stderrBytes: err.sizeBytes,
      })
      return []
    },
  }
}

/** In a mount namespace of its own, an overlay in memory over each folder: `$0` has the folders, `$@` is the program. */
const OVERLAY = [
  'mount -t tmpfs tmpfs /dev/shm || exit',
  'for d in $0; do test -d "$d" || continue',
  'n=$((n+1)); mkdir /dev/shm/u$n /dev/shm/w$n',
  'mount -t overlay overlay -o "lowerdir=$d,upperdir=/dev/shm/u$n,workdir=/dev/shm/w$n" "$d" || exit',
  'done',
].join('; ')
const DROPPING = `if unshare -m sh -c '${OVERLAY}' "$0" 2>/dev/null; then exec unshare -m sh -c '${OVERLAY}; exec "$@"' "$0" "$@"; fi; exec "$@"`

function dropping(folders: readonly string[], argv: readonly string[]): readonly string[] {
  return ['sh', '-c', DROPPING, folders.join(' '), ...argv]
}

function queryOutcome(read: QueryRead, reply: RawReply): ReadOutcome {
  const { exitCode, stdout, stderr } = reply
  if (!(read.okExitCodes ?? [0]).includes(exitCode)) return { problem: queryFailed(read.argv, exitCode, words(stderr, stdout)) }
  const limit = read.maxBytes ?? QUERY_MAX_BYTES
  if (reply.stdoutBytes > limit || reply.stderrBytes > limit) return { problem: overLimit(describe(read.argv), limit) }
  return { reply: { exitCode, stdout, stderr } }
}
