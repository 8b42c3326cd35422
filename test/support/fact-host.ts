/** A host as collectors of facts see it: its files, links and folders, and what programs answer, given as data. */
import type { QueryRead, QueryReply } from '../../runner/contract/resource.ts'
import { kindsOf, linesOf } from '../../runner/contract/reading-scripts.ts'
import type { Ask } from '../../runner/resolve/facts/index.ts'

export interface FactHost {
  /** Text by path. Links have a target: `{ target: '../a' }`; folders end with a slash. */
  readonly files?: Readonly<Record<string, string | { readonly target: string }>>
  /** Standard output, or the exit code alone, by the words of a query; for a script by `script ARGUMENTS`, where it is none of the two for files. */
  readonly programs?: Readonly<Record<string, string | number>>
}

/** Answers queries as the host would. */
export function askHost(host: FactHost, asked: QueryRead[] = []): Ask {
  return (queries) => {
    asked.push(...queries)
    return Promise.resolve(queries.map(({ argv }) => answer(argv, host)))
  }
}

export function answer(argv: readonly string[], { files = {}, programs = {} }: FactHost): QueryReply | undefined {
  const reply = (stdout: string, exitCode = 0): QueryReply => ({ exitCode, stdout, stderr: '' })
  const paths = Object.keys(files).sort()
  const matching = (patterns: readonly string[]): string[] =>
    patterns.flatMap((pattern) => paths.filter((path) => new RegExp(`^${pattern.replaceAll(/[.+]/g, String.raw`\$&`).replaceAll('*', '[^/]*')}$`).test(path)))
  if (argv[0] === 'sh') {
    const [, , script, , ...args] = argv
    if (script === linesOf([]).argv[2])
      return reply(
        matching(args)
          .flatMap((path) => {
            const text = files[path]
            return typeof text === 'string' && text !== ''
              ? text
                  .replace(/\n$/, '')
                  .split('\n')
                  .map((line) => `${path}:${line}\n`)
              : []
          })
          .join(''),
      )
    if (script === kindsOf([]).argv[2])
      return reply(
        matching(args)
          .map((path) => {
            const file = files[path]
            return typeof file === 'object'
              ? `symbolic link '${path}' -> '${file.target}'\n`
              : `${path.endsWith('/') ? 'directory' : 'regular file'} '${path}'\n`
          })
          .join(''),
      )
  }
  if (argv[0] === 'find') {
    const folders = argv.slice(1).filter((word) => word.startsWith('/'))
    const entries = folders.flatMap((folder) =>
      paths.filter((path) => path.startsWith(folder) && path.length > folder.length).map((path) => folder + path.slice(folder.length).split('/')[0]!),
    )
    return reply([...new Set(entries)].map((path) => `${path}\n`).join(''))
  }
  const key = argv[0] === 'sh' ? ['script', ...argv.slice(4)].join(' ') : argv.join(' ')
  const found = programs[key]
  return found === undefined ? undefined : typeof found === 'number' ? reply('', found) : reply(found)
}
