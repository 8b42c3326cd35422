/** apt-get and dpkg. The formats are those of apt 2.6 and dpkg 1.21 (Debian 12), seen there. */
import { query, run } from '../../../runner/module.ts'
import type { QueryReply } from '../../../runner/module.ts'
import type { Call, Manager, PackageOptions, PackageProbes, Simulation, Spec } from './manager.ts'

/** Questions of packages are answered by their defaults, and needrestart only lists what it would restart. */
const ENVIRONMENT = { DEBIAN_FRONTEND: 'noninteractive', APT_LISTCHANGES_FRONTEND: 'none', NEEDRESTART_MODE: 'l', LC_ALL: 'C.UTF-8' }
/** A configuration file that someone changed is kept; without a terminal dpkg draws no progress. */
const QUIET_DPKG = ['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold', '-o', 'Dpkg::Use-Pty=0']
const LOCK_TIMEOUT = ['-o', 'DPkg::Lock::Timeout=60']
/** Fetching and unpacking may take long on a small machine. */
const INSTALL_TIMEOUT_MS = 1_800_000

function spec(text: string): Spec {
  const [name = '', version] = text.split('=', 2)
  const pattern =
    version === undefined
      ? undefined
      : new RegExp(
          `^${version
            .split('*')
            .map((part) => part.replace(/[.+~:?^$(){}|[\]\\-]/g, '\\$&'))
            .join('.*')}$`,
        )
  return { text, names: [name], accepts: (_, installed) => pattern?.test(installed) ?? true }
}

function installed(names: readonly string[]): PackageProbes {
  const argv = ['dpkg-query', '--show', '--showformat=${binary:Package}\\t${db:Status-Abbrev}\\t${Version}\\n', '--', ...names] as const
  return Object.fromEntries(
    names.map((name) => [
      name,
      query(`package:${name}`, argv as readonly [string, ...string[]], (reply) => installedVersion(name, reply), { label: name, okExitCodes: [0, 1] }),
    ]),
  )
}

/** A row is `libc6:amd64⇥ii ⇥2.36-9`; the second letter of the status tells whether it is installed. */
function installedVersion(name: string, reply: QueryReply): string | null {
  const rows = reply.stdout
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([, status]) => status?.[1] === 'i')
  const row = rows.find(([found]) => found === name) ?? rows.find(([found]) => found?.split(':', 1)[0] === name)
  return row?.[2] ?? null
}

function calls(specs: readonly Spec[], state: 'present' | 'latest' | 'absent'): Call[] {
  return state === 'absent' ? [{ verb: 'remove', specs: specs.map(({ names }) => names[0]!) }] : [{ verb: 'install', specs: specs.map(({ text }) => text) }]
}

function words({ verb, specs }: Call, options: PackageOptions): string[] {
  const removing = verb === 'remove'
  return [
    ...(!removing && options.install_recommends !== undefined ? [options.install_recommends ? '--install-recommends' : '--no-install-recommends'] : []),
    ...(!removing && options.allow_downgrade ? ['--allow-downgrades'] : []),
    ...(removing && options.purge ? ['--purge'] : []),
    ...(options.autoremove ? ['--auto-remove'] : []),
    removing ? 'remove' : 'install',
    '--',
    ...specs,
  ]
}

/** Even a simulation writes the planner's protocol, `/var/log/apt/eipp.log.xz`, where it is not told otherwise. */
const NO_PLANNER_LOG = '-oDir::Log::Planner=/dev/null'

function simulationArgv(call: Call, options: PackageOptions): readonly [string, ...string[]] {
  return ['apt-get', '--simulate', '--assume-yes', '--quiet', '-oDebug::NoLocking=1', NO_PLANNER_LOG, ...words(call, options)]
}

function readSimulation(call: Call, reply: QueryReply): Simulation {
  if (reply.exitCode === 0) return { ...call, changes: changesIn(reply.stdout), notFound: {}, refused: undefined, neverUpdated: undefined }
  const errors = reply.stderr.split('\n').filter((line) => line.startsWith('E: '))
  const notFound: Record<string, { words: string; providers: readonly string[] }> = {}
  for (const text of call.specs) {
    const name = text.split('=', 1)[0]!
    const about = errors.filter((line) => isAbout(line, name, text.slice(name.length + 1)))
    if (about.length > 0) notFound[text] = { words: about.join('\n'), providers: providersIn(reply, name) }
  }
  const refused = Object.keys(notFound).length > 0 ? undefined : refusalIn(reply, errors)
  return { ...call, changes: {}, notFound, refused, neverUpdated: undefined }
}

/** `Inst frr [8.4.3] (8.4.4 Debian:12/stable [amd64])`, `Remv frr [8.4.4]`, `Purg frr [8.4.4]`. */
function changesIn(text: string): Record<string, string | null> {
  const changes: Record<string, string | null> = {}
  for (const line of text.split('\n')) {
    const inst = /^Inst (\S+) (?:\[\S+\] )?\((\S+)/.exec(line)
    const gone = /^(?:Remv|Purg) (\S+)/.exec(line)
    if (inst) changes[inst[1]!] = inst[2]!
    else if (gone && changes[gone[1]!] === undefined) changes[gone[1]!] = null
  }
  return changes
}

/** Whether an error says that a name, or a version of it, is not to be had. */
function isAbout(line: string, name: string, version: string): boolean {
  if (line.startsWith('E: Version ')) return line === `E: Version '${version}' for '${name}' was not found`
  return (
    /Unable to locate package|has no installation candidate|Couldn't find any package by/.test(line) &&
    (line.endsWith(` ${name}`) || line.includes(`'${name}'`))
  )
}

/** `Package X is a virtual package provided by:`, then a line for each: its name, its version, remarks. */
function providersIn({ stdout, stderr }: QueryReply, name: string): string[] {
  const lines = `${stdout}\n${stderr}`.split('\n')
  const start = lines.indexOf(`Package ${name} is a virtual package provided by:`)
  if (start === -1) return []
  const rows = lines.slice(start + 1)
  const end = rows.findIndex((line) => !line.startsWith('  '))
  return [...new Set(rows.slice(0, end === -1 ? undefined : end).map((line) => line.trim().split(/\s/, 1)[0]!))].sort()
}

/** The unmet dependencies that apt lists on stdout, and its errors. */
function refusalIn({ stdout }: QueryReply, errors: readonly string[]): string {
  const from = stdout.indexOf('The following packages have unmet dependencies:')
  return [...(from === -1 ? [] : [stdout.slice(from).trim()]), ...errors].join('\n')
}

export const apt: Manager = {
  name: 'apt',
  spec,
  installed,
  calls,
  simulate: (call, options) =>
    query(`query:package-plan:${words(call, options).join(' ')}`, simulationArgv(call, options), (reply) => readSimulation(call, reply), {
      okExitCodes: [0, 100],
    }),
  simulateAsStep: (call, options) => run(simulationArgv(call, options), { okExitCodes: [0, 100], environment: { LC_ALL: 'C' } }),
  readSimulation,
  carryOut: (call, options) =>
    run(['apt-get', '--assume-yes', '--quiet', ...LOCK_TIMEOUT, ...QUIET_DPKG, ...words(call, options)], {
      environment: ENVIRONMENT,
      timeoutMs: INSTALL_TIMEOUT_MS,
    }),
  update: () => run(['apt-get', '--quiet', ...LOCK_TIMEOUT, 'update'], { environment: ENVIRONMENT }),
  // Without a server's list `apt-cache policy` names dpkg's own status file alone.
  hasNoLists: query(
    'query:apt-lists',
    ['apt-cache', 'policy'],
    (reply) => !reply.stdout.split('\n').some((line) => /^\s+-?\d+ (?!\/var\/lib\/dpkg\/status$)\S/.test(line)),
  ),
  listsYoungerThan: (seconds) =>
    query(
      `query:apt-lists-younger-than:${seconds}`,
      ['find', '/var/lib/apt/periodic/update-success-stamp', '/var/lib/apt/lists', '-maxdepth', '0', '-mmin', `-${Math.ceil(seconds / 60)}`],
      (reply) => reply.stdout.trim() !== '',
      { okExitCodes: [0, 1] },
    ),
}
