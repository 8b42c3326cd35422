/** The project's folder, from the sources as from `dist`. */
import { existsSync } from 'node:fs'
import path from 'node:path'

function findRoot(folder: string): string {
  return existsSync(path.join(folder, 'package.json')) ? folder : findRoot(path.dirname(folder))
}

export const ROOT = findRoot(import.meta.dirname)
