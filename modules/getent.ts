/** The host's databases of accounts, hosts and services. */
import { param, query, read, z } from '../runner/module.ts'
import type { Probe } from '../runner/module.ts'

const params = () =>
  z
    .object({
      database: param.nonEmptyString().describe('The database: passwd, group, hosts, services, …'),
      key: param.string().optional().describe('What to look for; without it, the whole database, where it can be listed.'),
      service: param.nonEmptyString().optional().describe('Ask only this service of nsswitch.conf.'),
      split: param.nonEmptyString().optional().describe('What stands between fields; known for the common databases.'),
      fail_key: param.bool().default(true).describe('Whether a key that is not there fails the task.'),
    })
    .strict()
type Params = z.output<ReturnType<typeof params>>

/** Databases whose fields have colons between them; the others have white space. */
const WITH_COLONS = new Set(['passwd', 'shadow', 'group', 'gshadow'])

interface Answer {
  readonly exitCode: number
  readonly lines: readonly string[]
}
type Probes = { readonly answer: Probe<Answer> }

function probe(p: Params): Probes {
  const argv = ['getent', p.database, ...(p.key === undefined ? [] : [p.key]), ...(p.service === undefined ? [] : ['-s', p.service])] as [string, ...string[]]
  return {
    answer: query(`query:getent:${argv.slice(1).join(' ')}`, argv, (reply) => ({ exitCode: reply.exitCode, lines: reply.stdout.split('\n').filter((line) => line !== '') }), {
      okExitCodes: [0, 1, 2, 3],
      tellsOf: ['file:/etc/*'],
    }), // prettier-ignore
  }
}

function facts({ lines, exitCode }: Answer, p: Params): Record<string, unknown> {
  const separator = p.split ?? (WITH_COLONS.has(p.database) ? ':' : undefined)
  const found: Record<string, unknown> = {}
  const seen = new Map<string, number>()
  if (exitCode !== 0) return p.key === undefined ? {} : { [p.key]: null }
  for (const line of lines) {
    const [name, ...fields] = separator === undefined ? line.trim().split(/\s+/) : line.split(separator)
    const key = name!
    // What there is twice is kept as a list of its values.
    const times = (seen.get(key) ?? 0) + 1
    seen.set(key, times)
    const value = times === 1 ? fields : times === 2 ? [found[key], fields] : [...(found[key] as unknown[]), fields]
    Object.defineProperty(found, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return found
}

export default read({
  summary: "Reads the host's databases of accounts, hosts and services.",
  params,
  examples: [
    { name: 'Who is the routing daemon?', args: 'database: passwd\nkey: frr\nfail_key: false' },
    { name: 'All groups', args: 'database: group' },
    { name: 'The ports of services', args: 'database: services\nsplit: " "' },
  ],
  returns: { ansible_facts: 'getent_DATABASE: a mapping from each key to the list of its fields, or null where there is no such key.' },

  probe,
  missing: ({ answer: { exitCode } }, p) => {
    if (exitCode === 1) return ['Missing arguments, or database unknown.']
    if (exitCode === 2 && p.fail_key) return ['One or more supplied key could not be found in the database.']
    if (exitCode === 3) return ['Enumeration not supported on this database.']
    return []
  },
  result: ({ state, params: p, missing }) => missing.length > 0 ? {} : ({ ansible_facts: { [`getent_${p.database}`]: facts(state.answer, p) }, ...(state.answer.exitCode === 2 && { msg: 'One or more supplied key could not be found in the database.' }) }), // prettier-ignore
})
