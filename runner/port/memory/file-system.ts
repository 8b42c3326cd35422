/** A tree of files in memory, with the rules of a POSIX file system as far as a module can see them. No permissions. */

export type Entry =
  | { readonly type: 'file'; bytes: Buffer; mode: string; owner: string; group: string; mtimeSeconds: number }
  | { readonly type: 'directory'; mode: string; owner: string; group: string; mtimeSeconds: number }
  | { readonly type: 'link'; target: string; owner: string; group: string; mtimeSeconds: number }

/** An error number's name and the words that programs print for it. */
export class FileSystemError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'FileSystemError'
  }
}

const MAX_LINKS = 40

export class FileSystem {
  /** By absolute path, without links in its folders; `/` is always there. */
  readonly entries = new Map<string, Entry>()

  constructor(owner: string) {
    this.entries.set('/', { type: 'directory', mode: '0755', owner, group: owner, mtimeSeconds: 0 })
  }

  /** The entry at a path, or undefined; links in folders are followed, a link at the end is the entry itself. */
  look(path: string): Entry | undefined {
    const real = this.locate(path)
    return real === undefined ? undefined : this.entries.get(real)
  }

  /** Likewise, with a link at the end followed. */
  follow(path: string): Entry | undefined {
    const real = this.real(path)
    return real === undefined ? undefined : this.entries.get(real)
  }

  /** Puts an entry at a path, whose folder has to be there; what was there is replaced. */
  set(path: string, entry: Entry): void {
    const real = this.locate(path)
    if (real === undefined) throw new FileSystemError('No such file or directory')
    this.entries.set(real, entry)
  }

  /** The entry at a path, made where it is not there. */
  makeFolder(path: string, attributes: { mode: string; owner: string; group: string; mtimeSeconds: number }): void {
    const real = this.locate(path)
    if (real === undefined) throw new FileSystemError('No such file or directory')
    if (this.entries.has(real)) throw new FileSystemError('File exists')
    this.entries.set(real, { type: 'directory', ...attributes })
  }

  /** Takes an entry away, with all that is under it. */
  remove(path: string): void {
    const real = this.locate(path)
    if (real === undefined) return
    for (const each of this.under(real)) this.entries.delete(each)
    this.entries.delete(real)
  }

  /** Moves an entry with all that is under it onto a path; what was there is replaced. */
  move(from: string, to: string): void {
    const source = this.locate(from)
    const target = this.locate(to)
    if (source === undefined || !this.entries.has(source) || target === undefined) throw new FileSystemError('No such file or directory')
    if (target === source) return
    if (target.startsWith(`${source}/`)) throw new FileSystemError('Invalid argument')
    const moving = [source, ...this.under(source)].map((path): [string, Entry] => [target + path.slice(source.length), this.entries.get(path)!])
    this.remove(source)
    this.remove(target)
    for (const [path, entry] of moving) this.entries.set(path, entry)
  }

  /** All real paths below a real path. */
  under(real: string): string[] {
    const prefix = real === '/' ? '/' : `${real}/`
    return [...this.entries.keys()].filter((path) => path !== real && path.startsWith(prefix))
  }

  /** The real path of a path whose last part need not exist; undefined where its folder does not. */
  locate(path: string, depth = 0): string | undefined {
    const parts = path.split('/').filter((part) => part !== '' && part !== '.')
    const last = parts.pop()
    if (last === undefined) return '/'
    const folder = parts.length === 0 ? '/' : this.real(`/${parts.join('/')}`, depth)
    if (folder === undefined || this.entries.get(folder)?.type !== 'directory') return undefined
    if (last === '..') return parentOf(folder)
    return folder === '/' ? `/${last}` : `${folder}/${last}`
  }

  /** The real path of what a path leads to in the end. */
  real(path: string, depth = 0): string | undefined {
    if (depth > MAX_LINKS) throw new FileSystemError('Too many levels of symbolic links')
    const located = this.locate(path, depth)
    if (located === undefined) return undefined
    const entry = this.entries.get(located)
    if (entry?.type !== 'link') return located
    return this.real(entry.target.startsWith('/') ? entry.target : `${parentOf(located)}/${entry.target}`, depth + 1)
  }
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')))
}
