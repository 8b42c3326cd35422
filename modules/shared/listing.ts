/** What is in a folder, by its paths: told before it goes. */
import { query } from '../../runner/module.ts'
import type { Probe } from '../../runner/module.ts'
import { dirname } from './target.ts'

export interface Listing {
  readonly files: readonly string[]
  readonly directories: readonly string[]
}

/** The outer entries before the inner ones, folder by folder. What is too large, or takes too long, is left untold. */
export function listing(folder: string): Probe<Listing | undefined> {
  return {
    ...query(`query:listing:${folder}`, ['find', folder, '-mindepth', '1', '-printf', '%Y%p\\0'], (reply) => parse(folder, reply.stdout), {
      maxBytes: 1024 * 1024,
      tellsOf: [`file:${folder}/*`],
    }),
    optional: true,
  }
}

function parse(folder: string, stdout: string): Listing {
  const within = new Map<string, { path: string; isFolder: boolean }[]>()
  for (const record of stdout.split('\0').filter((each) => each !== '')) {
    const path = record.slice(1)
    const siblings = within.get(dirname(path))
    const entry = { path, isFolder: record.startsWith('d') }
    if (siblings) siblings.push(entry)
    else within.set(dirname(path), [entry])
  }
  const files: string[] = []
  const directories: string[] = []
  const walk = (at: string): void => {
    const entries = within.get(at) ?? []
    for (const { path, isFolder } of entries) (isFolder ? directories : files).push(path)
    for (const { path, isFolder } of entries) if (isFolder) walk(path)
  }
  walk(folder)
  return { files, directories }
}
