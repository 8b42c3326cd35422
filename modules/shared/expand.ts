/** Paths in which `~` and variables of the environment stand for what they are on the host. */
import { query } from '../../runner/module.ts'
import type { ProbeTree } from '../../runner/module.ts'

const VARIABLE = /\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})/g

/**
 * A path as Python's `expandvars` and `expanduser` make it on the host; what is not set stays as it is written. A path with
 * neither `$` nor `~` in it costs no read.
 */
export function* expandPath(path: string): Generator<ProbeTree, string, never> {
  const names = [...new Set([...path.matchAll(VARIABLE)].map((match) => match[1] ?? match[2]!))]
  let expanded = path
  if (names.length > 0) {
    const values = (yield Object.fromEntries(names.map((name) => [name, environmentVariable(name)]))) as unknown as Record<string, string | null>
    expanded = path.replaceAll(VARIABLE, (written: string, plain?: string, braced?: string) => values[(plain ?? braced)!] ?? written)
  }
  const tilde = /^~([A-Za-z0-9_.-]*)(?=\/|$)/.exec(expanded)
  if (!tilde) return expanded
  const probe = tilde[1] === '' ? environmentVariable('HOME') : homeOf(tilde[1]!)
  const { home } = (yield { home: probe }) as unknown as { home: string | null }
  return home === null ? expanded : home + expanded.slice(tilde[0].length)
}

function environmentVariable(name: string) {
  return query(`query:environment:${name}`, ['printenv', name], (reply) => (reply.exitCode === 0 ? reply.stdout.replace(/\n$/, '') : null), {
    okExitCodes: [0, 1],
  })
}

function homeOf(user: string) {
  return query(`query:home:${user}`, ['getent', 'passwd', user], (reply) => (reply.exitCode === 0 ? (reply.stdout.split(':')[5] ?? null) : null), {
    okExitCodes: [0, 2],
  })
}
