/** Paths in which `~` and variables of the environment stand for what they are on the host. */
import type { ProbeTree } from '../contract/kinds.ts'
import { query, type QueryReply } from '../contract/resource.ts'

const VARIABLE = /\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})/g

/**
 * A path as Python's `expandvars` and `expanduser` make it on the host; what is not set stays as it is written. A path with
 * neither `$` nor `~` in it costs no read. `environment` is what the host's own is overruled by.
 */
export function* expandPath(path: string, environment: Readonly<Record<string, string>> = {}): Generator<ProbeTree, string, never> {
  const names = [...new Set([...path.matchAll(VARIABLE)].map((match) => match[1] ?? match[2]!))].filter((name) => !Object.hasOwn(environment, name))
  const asked =
    names.length === 0 ? {} : ((yield Object.fromEntries(names.map((name) => [name, environmentVariable(name)]))) as unknown as Record<string, string | null>)
  const values: Readonly<Record<string, string | null>> = { ...asked, ...environment }
  const expanded = path.replaceAll(VARIABLE, (written: string, plain?: string, braced?: string) => values[(plain ?? braced)!] ?? written)
  const tilde = /^~([A-Za-z0-9_.-]*)(?=\/|$)/.exec(expanded)
  if (!tilde) return expanded
  if (tilde[1] === '' && environment['HOME'] !== undefined) return environment['HOME'] + expanded.slice(1)
  const probe = tilde[1] === '' ? environmentVariable('HOME') : homeOf(tilde[1]!)
  const { home } = (yield { home: probe }) as unknown as { home: string | null }
  return home === null ? expanded : home + expanded.slice(tilde[0].length)
}

/** The folder that relative paths begin at. */
export function* workingFolder(): Generator<ProbeTree, string, never> {
  const { folder } = (yield { folder: query('query:working-folder', ['pwd'], lineOf) }) as unknown as { folder: string }
  return folder
}

function environmentVariable(name: string) {
  return query(`query:environment:${name}`, ['printenv', name], (reply) => (reply.exitCode === 0 ? lineOf(reply) : null), { okExitCodes: [0, 1] })
}

function homeOf(user: string) {
  return query(`query:home:${user}`, ['getent', 'passwd', user], (reply) => (reply.exitCode === 0 ? (reply.stdout.split(':')[5] ?? null) : null), {
    okExitCodes: [0, 2],
  })
}

function lineOf({ stdout }: QueryReply): string {
  return stdout.replace(/\n$/, '')
}
