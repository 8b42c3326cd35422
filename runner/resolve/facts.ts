/** What a host says of itself, without Python: read when a template first asks. */
import type { QueryReply, HostRead } from '../contract/resource.ts'
import { Dict, type Value } from '../value/value.ts'

/** Facts by their name under `ansible_facts`; as variables they have `ansible_` in front. */
export const FACT_NAMES = [
  'architecture',
  'distribution',
  'distribution_major_version',
  'distribution_version',
  'hostname',
  'kernel',
  'nodename',
  'os_family',
  'pkg_mgr',
  'service_mgr',
  'system',
] as const

/** The variable names that lead to facts. */
export const FACT_VARIABLES: ReadonlySet<string> = new Set(['ansible_facts', ...FACT_NAMES.map((name) => `ansible_${name}`)])

/** The reads that all facts are made of; one round trip. */
export const FACT_READS: readonly HostRead[] = [
  { kind: 'query', argv: ['cat', '/etc/os-release'], okExitCodes: [0, 1] },
  { kind: 'query', argv: ['cat', '/etc/debian_version'], okExitCodes: [0, 1] },
  { kind: 'query', argv: ['uname', '-s', '-n', '-r', '-m'] },
  { kind: 'query', argv: ['cat', '/proc/1/comm'], okExitCodes: [0, 1] },
]

const DISTRIBUTIONS: Readonly<Record<string, readonly [name: string, family: string]>> = {
  debian: ['Debian', 'Debian'],
  ubuntu: ['Ubuntu', 'Debian'],
  raspbian: ['Raspbian', 'Debian'],
  ol: ['OracleLinux', 'RedHat'],
  rhel: ['RedHat', 'RedHat'],
  centos: ['CentOS', 'RedHat'],
  rocky: ['Rocky', 'RedHat'],
  almalinux: ['AlmaLinux', 'RedHat'],
  fedora: ['Fedora', 'RedHat'],
  amzn: ['Amazon', 'RedHat'],
  sles: ['SLES', 'Suse'],
  alpine: ['Alpine', 'Alpine'],
  arch: ['Archlinux', 'Archlinux'],
}

/** The replies to `FACT_READS`, in their order, as facts. */
export function factsFrom(replies: readonly QueryReply[]): Dict {
  const [osRelease, debianVersion, uname, init] = replies.map((reply) => reply.stdout)
  const release = new Map(
    (osRelease ?? '').split('\n').flatMap((line): [string, string][] => {
      const match = /^([A-Z_]+)=(["']?)(.*)\2$/.exec(line.trim())
      return match ? [[match[1]!, match[3]!]] : []
    }),
  )
  const id = release.get('ID') ?? ''
  const [name, family] = DISTRIBUTIONS[id] ?? [release.get('NAME') ?? id, id]
  const versionId = release.get('VERSION_ID') ?? ''
  const version = family === 'Debian' && id === 'debian' ? (debianVersion ?? '').trim() || versionId : versionId
  const major = version.split('.')[0] ?? ''
  // `uname -s -n -r -m` prints in the fixed order of uname(1): system, node, release, machine.
  const [system = '', nodename = '', kernel = '', architecture = ''] = (uname ?? '').trim().split(/\s+/)
  const facts: Record<(typeof FACT_NAMES)[number], Value> = {
    architecture,
    distribution: name,
    distribution_major_version: major,
    distribution_version: version,
    hostname: nodename.split('.')[0] ?? '',
    kernel,
    nodename,
    os_family: family,
    pkg_mgr:
      family === 'Debian'
        ? 'apt'
        : family === 'RedHat'
          ? Number(major) >= 8 || id === 'fedora'
            ? 'dnf'
            : 'yum'
          : family === 'Suse'
            ? 'zypper'
            : family === 'Alpine'
              ? 'apk'
              : 'unknown',
    service_mgr: (init ?? '').trim() || 'unknown',
    system,
  }
  return Dict.of(facts)
}
