/** `filetree`: all that is in folders of the controller, with what it takes to make the same elsewhere. */
import { lstatSync, readFileSync, readlinkSync, statSync, type Stats } from 'node:fs'
import path from 'node:path'
import { namesIn } from '../../disk/names-in.ts'
import { print } from '../../value/print.ts'
import { Dict, Float, type Value } from '../../value/value.ts'
import type { Lookup } from './context.ts'
import { findPath } from './find.ts'
import { listify } from './lists.ts'

/** What is at one path of several folders is that of the first. Names of owners are those of the controller. */
export const filetree: Lookup = (terms, _options, context) => {
  const folders = listify(terms).map((term) => {
    const name = print(term)
    const folder = path.posix.dirname(`${name}.`)
    const above = findPath(folder, 'files', context) ?? path.join(context.folder, folder)
    return `${above}/${name.slice(name.lastIndexOf('/') + 1)}`
  })
  const found = new Map<string, Dict>()
  const names = { users: namesOf('/etc/passwd'), groups: namesOf('/etc/group') }
  for (const root of folders) {
    for (const relative of below(root, '')) {
      const entry = found.has(relative) ? undefined : about(root, relative, names)
      if (entry) found.set(relative, entry)
    }
  }
  return [...found.values()]
}

/** The paths below a folder: of each level the folders and then the rest, and what is in the folders after that. */
function below(root: string, relative: string): string[] {
  const names = namesIn(path.join(root, relative)).map((name) => (relative === '' ? name : `${relative}/${name}`))
  const isFolder = (name: string): boolean => statSync(path.join(root, name), { throwIfNoEntry: false })?.isDirectory() === true
  const folders = names.filter(isFolder)
  const walked = folders.filter((name) => !lstatSync(path.join(root, name)).isSymbolicLink())
  return [...folders, ...names.filter((name) => !folders.includes(name)), ...walked.flatMap((name) => below(root, name))]
}

interface Names {
  readonly users: ReadonlyMap<number, string>
  readonly groups: ReadonlyMap<number, string>
}

function about(root: string, relative: string, { users, groups }: Names): Dict | undefined {
  const absolute = path.join(root, relative)
  const stat = lstatSync(absolute)
  const kind = kindOf(stat, absolute)
  if (!kind) return undefined
  return Dict.of({
    root,
    path: relative,
    ...kind,
    uid: stat.uid,
    gid: stat.gid,
    owner: users.get(stat.uid) ?? stat.uid,
    group: groups.get(stat.gid) ?? stat.gid,
    mode: `0${(stat.mode & 0o7777).toString(8).padStart(3, '0')}`,
    size: stat.size,
    mtime: new Float(stat.mtimeMs / 1000),
    ctime: new Float(stat.ctimeMs / 1000),
  })
}

function kindOf(stat: Stats, absolute: string): Record<string, Value> | undefined {
  if (stat.isSymbolicLink()) return { state: 'link', src: readlinkSync(absolute) }
  if (stat.isDirectory()) return { state: 'directory' }
  return stat.isFile() ? { state: 'file', src: absolute } : undefined
}

/** Names by number, from a table such as /etc/passwd. */
function namesOf(table: string): ReadonlyMap<number, string> {
  const rows = readFileSync(table, 'utf8').split('\n').reverse()
  return new Map(rows.map((row) => row.split(':')).map(([name, , id]) => [Number(id), name!]))
}
