/** Writing files of the controller so that nobody ever reads half of one. */
import { randomBytes } from 'node:crypto'
import { closeSync, fchmodSync, fchownSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export interface Attributes {
  /** Permission bits; without them a new file has what the umask leaves. */
  readonly mode?: number
  /** Whether a file that is there keeps its permissions, owner and group. */
  readonly keepsThoseThere?: boolean
}

/**
 * Replaces a file in one rename, or makes it; the folder above has to be there.
 *
 * @throws {Error} what the system says; then the file is as it was, and nothing is left behind.
 */
export function replaceFile(file: string, content: Buffer | string, { mode, keepsThoseThere = false }: Attributes): void {
  const before = keepsThoseThere ? statSync(file, { throwIfNoEntry: false }) : undefined
  const temporary = path.join(path.dirname(file), `.playline-${randomBytes(12).toString('hex')}`)
  const handle = openSync(temporary, 'wx', before ? 0o600 : mode)
  try {
    try {
      writeFileSync(handle, content, { flush: true })
      // Whose it is comes first: a change of owner clears set-id bits.
      if (before) fchownSync(handle, before.uid, before.gid)
      const permissions = before ? before.mode & 0o7777 : mode
      if (permissions !== undefined) fchmodSync(handle, permissions)
    } finally {
      closeSync(handle)
    }
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
