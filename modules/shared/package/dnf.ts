/** dnf and rpm. The formats are those of dnf 4.14 and rpm 4.18, seen on Debian's build of them. */
import { query, run } from '../../../runner/module.ts'
import type { QueryReply } from '../../../runner/module.ts'
import type { Call, Manager, PackageOptions, PackageProbes, Simulation, Spec, Verb } from './manager.ts'

const INSTALL_TIMEOUT_MS = 1_800_000

/**
 * `frr-7.5.1` may be a package of that name, or `frr` in version 7.5.1; only what is installed or offered tells. A version
 * begins with a digit.
 */
function spec(text: string): Spec {
  const cuts = [...text.matchAll(/-(?=\d)/g)].map(({ index }) => index).reverse()
  const readings = cuts.map((at) => ({ name: text.slice(0, at), version: text.slice(at + 1) })).slice(0, 2)
  return {
    text,
    names: [...readings.map(({ name }) => name).slice(0, 1), text, ...readings.map(({ name }) => name).slice(1)],
    accepts(name, installed) {
      const version = readings.find((reading) => reading.name === name)?.version
      const bare = installed.replace(/^\d+:/, '')
      return name === text || (version !== undefined && (bare === version || bare.startsWith(`${version}-`) || installed === version))
    },
  }
}

function installed(names: readonly string[]): PackageProbes {
  const argv = ['rpm', '--query', '--queryformat', '%{NAME}\\t%{EVR}\\n', '--', ...names] as const
  return Object.fromEntries(
    names.map((name) => [
      name,
      query(
        `package:${name}`,
        argv as readonly [string, ...string[]],
        (reply) =>
          reply.stdout
            .split('\n')
            .map((line) => line.split('\t'))
            .findLast(([found]) => found === name)?.[1] ?? null,
        // rpm's exit code is the number of names that are not installed.
        { label: name, okExitCodes: Array.from({ length: names.length + 1 }, (_, count) => Math.min(count, 255)) },
      ),
    ]),
  )
}

/** `dnf install` leaves an older version of what is installed alone, so `latest` takes two calls. */
function calls(specs: readonly Spec[], state: 'present' | 'latest' | 'absent', isInstalled: (spec: Spec) => boolean): Call[] {
  const call = (verb: Verb, which: readonly Spec[]): Call[] => (which.length === 0 ? [] : [{ verb, specs: which.map(({ text }) => text) }])
  if (state === 'absent') return call('remove', specs)
  if (state === 'present') return call('install', specs)
  return [
    ...call(
      'install',
      specs.filter((each) => !isInstalled(each)),
    ),
    ...call('upgrade', specs.filter(isInstalled)),
  ]
}

function options({ install_recommends, enablerepo, disablerepo }: PackageOptions): string[] {
  return [
    ...(install_recommends === undefined ? [] : [`--setopt=install_weak_deps=${install_recommends ? 'True' : 'False'}`]),
    ...disablerepo.map((repository) => `--disablerepo=${repository}`),
    ...enablerepo.map((repository) => `--enablerepo=${repository}`),
  ]
}

function words(call: Call, given: PackageOptions): string[] {
  return [...options(given), call.verb, '--', ...call.specs]
}

function simulationArgv(call: Call, given: PackageOptions): readonly [string, ...string[]] {
  return ['dnf', '--cacheonly', '--assumeno', ...words(call, given)]
}

function readSimulation(call: Call, reply: QueryReply, given: PackageOptions): Simulation {
  const said = `${reply.stdout}\n${reply.stderr}`
  const unmatched = [...said.matchAll(/^No match for argument: (\S+)$/gm)].map((match) => match[1]!)
  const notFound = Object.fromEntries(
    call.specs.filter((text) => unmatched.includes(text)).map((text) => [text, { words: `No match for argument: ${text}`, providers: [] }]),
  )
  const noCache = /no cache for '([^']*)'/.exec(said)
  // dnf downgrades without being asked twice.
  const downgrades = !given.allow_downgrade && /^Downgrading:$/m.test(reply.stdout)
  const changes = downgrades ? {} : changesIn(reply.stdout)
  const nothing = Object.keys(changes).length === 0
  const refused =
    reply.exitCode !== 0 && nothing && unmatched.length === 0
      ? downgrades
        ? reply.stdout.slice(reply.stdout.indexOf('Downgrading:')).split('\n\n', 1)[0]
        : errorIn(said)
      : undefined
  return { ...call, changes, notFound, refused, neverUpdated: noCache ? `dnf has never fetched the repository '${noCache[1]!}'` : undefined }
}

/** From the table of a transaction: sections (`Installing:`, `Removing dependent packages:`), in them rows of name, architecture, version, … */
function changesIn(text: string): Record<string, string | null> {
  const changes: Record<string, string | null> = {}
  let section: 'comes' | 'goes' | undefined
  let longName = ''
  for (const line of text.slice(Math.max(0, text.indexOf('\n====='))).split('\n')) {
    if (line.startsWith('Transaction Summary')) break
    const heading = /^(Installing|Upgrading|Downgrading|Reinstalling|Removing|Skipping)\b.*:$/.exec(line)
    if (heading) {
      section = heading[1] === 'Removing' ? 'goes' : heading[1] === 'Skipping' ? undefined : 'comes'
      continue
    }
    if (section === undefined || !line.startsWith(' ')) continue
    const replaced = /^\s+replacing\s+(\S+)\.\w+\s/.exec(line)
    if (replaced) {
      changes[replaced[1]!] ??= null
      continue
    }
    // A name that is too long for its column stands on a line of its own.
    const cells = `${longName} ${line}`.trim().split(/\s+/)
    longName = cells.length === 1 ? cells[0]! : ''
    if (cells.length >= 3) changes[cells[0]!] = section === 'goes' ? null : cells[2]!
  }
  return changes
}

function errorIn(said: string): string {
  const from = said.indexOf('Error:')
  return (from === -1 ? said : said.slice(from)).trim()
}

export const dnf: Manager = {
  name: 'dnf',
  spec,
  installed,
  calls,
  simulate: (call, given) =>
    query(`query:package-plan:${words(call, given).join(' ')}`, simulationArgv(call, given), (reply) => readSimulation(call, reply, given), {
      okExitCodes: [0, 1],
      timeoutMs: 120_000,
      // Its logs, and the history that it opens to know who asked for a package.
      scratchFolders: ['/var/log', '/var/lib/dnf'],
      // dnf fetches a repository that it has not seen yet by itself.
      tellsOf: ['file:/etc/yum.repos.d/*', 'file:/etc/dnf/*'],
    }),
  simulateAsStep: (call, given) => run(simulationArgv(call, given), { okExitCodes: [0, 1], environment: { LC_ALL: 'C' } }),
  readSimulation,
  // The cached lists are used however old they are: so a run installs what was shown.
  carryOut: (call, given) =>
    run(['dnf', '--assumeyes', '--setopt=metadata_expire=never', ...words(call, given)], { environment: { LC_ALL: 'C.UTF-8' }, timeoutMs: INSTALL_TIMEOUT_MS }),
  update: (given) => run(['dnf', '--assumeyes', '--quiet', ...options(given), 'makecache', '--refresh']),
}
