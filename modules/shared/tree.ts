/** Owner, group and mode of everything below a folder. */
import { query, run } from '../../runner/module.ts'
import type { Probe, Step, StepReply } from '../../runner/module.ts'
import { chmodMode, withoutSetId } from './attributes.ts'
import type { Wanted } from './attributes.ts'
import { applyMode } from './mode.ts'
import { join } from './target.ts'

interface TreeEntry {
  readonly type: 'file' | 'directory' | 'link' | 'other'
  readonly mode: string
  readonly owner: string
  readonly group: string
}
/** Everything below a folder, by path from there. */
export type Tree = Readonly<Record<string, TreeEntry>>

const TYPES: Readonly<Record<string, TreeEntry['type']>> = { f: 'file', d: 'directory', l: 'link' }

/** Reads what is below a folder; links are not followed. */
export function tree(path: string): Probe<Tree> {
  return query(
    `query:tree:${path}`,
    ['find', path, '-mindepth', '1', '-printf', '%y %m %u %g %P\\0'],
    (reply) => {
      // A folder that a dry run has only foreseen: nothing is in it but what is foreseen as well.
      if (reply.stdout === '' && reply.stderr.trimEnd().endsWith('No such file or directory')) return {}
      if (reply.exitCode !== 0) throw new Error(`find could not read all of ${path}: ${reply.stderr.trim()}`)
      const entries: Record<string, TreeEntry> = {}
      for (const record of reply.stdout.split('\0')) {
        const found = /^(\S+) (\S+) (\S+) (\S+) ([\s\S]*)$/.exec(record)
        if (found) entries[found[5]!] = { type: TYPES[found[1]!] ?? 'other', mode: found[2]!.padStart(4, '0'), owner: found[3]!, group: found[4]! }
      }
      return entries
    },
    { label: path, okExitCodes: [0, 1], timeoutMs: 120_000, maxBytes: 32 * 1024 * 1024, tellsOf: [`file:${path}/*`] },
  )
}

/** The same tree with the wishes applied to each entry; the mode of a link is no one's. */
export function plannedTree(before: Tree, wanted: Wanted): Tree {
  return Object.fromEntries(Object.entries(before).map(([path, entry]) => [path, plannedEntry(entry, wanted)]))
}

function plannedEntry(entry: TreeEntry, wanted: Wanted): TreeEntry {
  const owned = { ...entry, owner: wanted.owner ?? entry.owner, group: wanted.group ?? entry.group }
  if (entry.type === 'link') return owned
  const changesHands = owned.owner !== entry.owner || owned.group !== entry.group
  const mode = changesHands && entry.type !== 'directory' ? withoutSetId(entry.mode) : entry.mode
  return { ...owned, mode: wanted.mode === undefined ? mode : applyMode(wanted.mode, mode, entry.type === 'directory') }
}

/** As many paths go on one command line. */
const PATHS_A_STEP = 200

/** One command for all entries that need the same. */
export function* treeSteps(folder: string, before: Tree, after: Tree): Generator<Step, void, StepReply> {
  const chown = new Map<string, string[]>()
  const chmod = new Map<string, string[]>()
  for (const [name, now] of Object.entries(before)) {
    const path = join(folder, name)
    const next = after[name]!
    const account = `${next.owner === now.owner ? '' : next.owner}${next.group === now.group ? '' : `:${next.group}`}`
    if (account !== '') add(chown, account, path)
    if (next.type !== 'link' && (next.mode !== now.mode || (account !== '' && next.mode[0] !== '0')))
      add(chmod, chmodMode(next.mode, next.type === 'directory'), path)
  }
  for (const [account, paths] of chown) for (const chunk of chunks(paths)) yield run(['chown', '-h', account, ...chunk])
  for (const [mode, paths] of chmod) for (const chunk of chunks(paths)) yield run(['chmod', mode, ...chunk])
}

function add(groups: Map<string, string[]>, key: string, path: string): void {
  const group = groups.get(key)
  if (group) group.push(path)
  else groups.set(key, [path])
}

function chunks(paths: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(paths.length / PATHS_A_STEP) }, (_, index) => paths.slice(index * PATHS_A_STEP, (index + 1) * PATHS_A_STEP))
}
