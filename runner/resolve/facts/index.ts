/** All collectors, by what they give and by the subsets that playbooks ask for. */
import type { QueryRead, QueryReply } from '../../contract/resource.ts'
import { fail } from '../../diagnostic/diagnostic.ts'
import type { Value } from '../../value/value.ts'
import { HostView, queriesOf, type Collector, type Wish } from './collector.ts'
import { distribution } from './distribution.ts'
import { firmware, logicalVolumes, memory, processors, uptime } from './hardware.ts'
import { local } from './local.ts'
import { fibreChannel, iscsi, nameServers, network, nvme } from './network.ts'
import { lsb, packageManager } from './packages.ts'
import { fullName, ownNames, platform } from './platform.ts'
import { dateTime, env, hostKeys, user } from './session.ts'
import { blockDevices, mounts } from './storage.ts'
import { apparmor, capabilities, chroot, commandLine, fips, loadAverage, python, pythonVersion, selinux, serviceManager } from './system.ts'
import { virtualization } from './virtual.ts'

export type { Collector, Wish } from './collector.ts'

export const COLLECTORS: readonly Collector[] = [
  platform,
  ownNames,
  fullName,
  pythonVersion,
  distribution,
  lsb,
  selinux,
  apparmor,
  chroot,
  fips,
  python,
  capabilities,
  packageManager,
  serviceManager,
  commandLine,
  dateTime,
  env,
  loadAverage,
  hostKeys,
  user,
  virtualization,
  processors,
  memory,
  firmware,
  blockDevices,
  uptime,
  logicalVolumes,
  mounts,
  nameServers,
  fibreChannel,
  network,
  iscsi,
  nvme,
  local,
]

const GIVER = new Map(COLLECTORS.flatMap((collector) => collector.gives.map((name) => [name, collector] as const)))
const GIVER_OF_OTHERS = COLLECTORS.find((collector) => collector.givesOthers)!

/** The collector that gives a fact; for a name that none has, the one whose names the host decides. */
export function giverOf(name: string): Collector {
  return GIVER.get(name) ?? GIVER_OF_OTHERS
}

/** The names of facts that are known without asking a host. */
export const FACT_NAMES: readonly string[] = [...GIVER.keys()]

// --- subsets -------------------------------------------------------------------------------------------------------------

/** Ansible's collectors, with further names by which each of them may be asked for. */
const SUBSETS: Readonly<Record<string, readonly string[]>> = {
  apparmor: [],
  caps: ['system_capabilities', 'system_capabilities_enforced'],
  chroot: ['is_chroot'],
  cmdline: [],
  date_time: [],
  distribution: ['distribution_version', 'distribution_release', 'distribution_major_version', 'os_family'],
  dns: [],
  env: [],
  facter: [],
  fibre_channel_wwn: [],
  fips: [],
  hardware: ['processor', 'processor_cores', 'processor_count', 'mounts', 'devices'],
  iscsi: [],
  loadavg: [],
  local: [],
  lsb: [],
  network: ['interfaces', 'default_ipv4', 'default_ipv6', 'all_ipv4_addresses', 'all_ipv6_addresses'],
  nvme: [],
  ohai: [],
  pkg_mgr: [],
  platform: ['system', 'kernel', 'kernel_version', 'machine', 'python_version', 'architecture', 'machine_id'],
  python: [],
  selinux: [],
  service_mgr: [],
  ssh_pub_keys: ['ssh_host_pub_keys', 'ssh_host_key_dsa_public', 'ssh_host_key_rsa_public', 'ssh_host_key_ecdsa_public', 'ssh_host_key_ed25519_public'],
  user: ['user_id', 'user_uid', 'user_gid', 'user_gecos', 'user_dir', 'user_shell', 'real_user_id', 'effective_user_id', 'effective_group_ids'],
  virtual: ['virtualization_type', 'virtualization_role', 'virtualization_tech_guest', 'virtualization_tech_host'],
}
const MINIMUM = 'apparmor caps cmdline date_time distribution dns env fips local lsb pkg_mgr platform python selinux service_mgr ssh_pub_keys user'.split(' ')
/** What Ansible's collectors ask of each other: these come along. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  pkg_mgr: ['distribution'],
  service_mgr: ['platform', 'distribution'],
  network: ['distribution', 'platform'],
  hardware: ['platform'],
}
const NAMES = new Map(Object.entries(SUBSETS).flatMap(([subset, names]) => [subset, ...names].map((name) => [name, subset] as const)))

/**
 * The collectors of `gather_subset`: names of subsets and facts, `!` in front excludes, `all` and `min` stand for several. The
 * minimum is always there, unless `!min` takes it away.
 *
 * @throws {DiagnosticError} BAD_ARGUMENT for a name that Ansible does not have.
 */
export function collectorsOf(subset: readonly string[]): ReadonlySet<Collector> {
  const everything = [...NAMES.keys()]
  const added = new Set<string>()
  const asked = new Set<string>()
  const excluded = new Set<string>()
  for (const name of ['min', ...subset]) {
    if (name === 'min') MINIMUM.forEach((each) => added.add(each))
    else if (name === 'all') everything.forEach((each) => added.add(each))
    else if (name === '!min') MINIMUM.forEach((each) => excluded.add(each))
    else if (name === '!all') everything.filter((each) => !MINIMUM.includes(each)).forEach((each) => excluded.add(each))
    else if (name.startsWith('!')) for (const each of [name.slice(1), ...(SUBSETS[name.slice(1)] ?? [])]) excluded.add(each)
    else if (NAMES.has(name)) {
      added.add(name)
      asked.add(name)
    } else fail('BAD_ARGUMENT', `Bad subset '${name}' given to Ansible. gather_subset options allowed: all, ${everything.sort().join(', ')}`)
  }
  const chosen = new Set([...added].filter((name) => !excluded.has(name) || asked.has(name)).map((name) => NAMES.get(name)!))
  for (const name of chosen) for (const each of REQUIRED[name] ?? []) chosen.add(each)
  return new Set(COLLECTORS.filter((collector) => chosen.has(collector.subset)))
}

// --- reading -------------------------------------------------------------------------------------------------------------

/** These collectors and those whose facts they need, the needed first. */
export function withNeeded(collectors: Iterable<Collector>): Collector[] {
  const wanted = new Set<Collector>()
  const add = (collector: Collector): void => {
    for (const name of collector.needs ?? []) add(giverOf(name))
    wanted.add(collector)
  }
  for (const collector of collectors) add(collector)
  return [...wanted]
}

/** Sends queries and answers their replies, in their order; undefined where there is none. */
export type Ask = (queries: readonly QueryRead[]) => Promise<readonly (QueryReply | undefined)[]>

/**
 * The facts of collectors, by collector. One round trip, and a second one for those that then know more to ask.
 */
export async function readFacts(collectors: readonly Collector[], wish: Wish, ask: Ask): Promise<Map<Collector, Map<string, Value>>> {
  const host = new HostView()
  const reads = collectors.map((collector) => collector.reads(wish))
  host.add(reads, await ask(queriesOf(reads)))
  const more = collectors.map((collector) => ({ queries: collector.readsMore?.(host, wish) ?? [] }))
  const further = queriesOf(more)
  if (further.length > 0) host.add(more, await ask(further))
  const known = new Map<string, string>()
  const facts = new Map<Collector, Map<string, Value>>()
  for (const collector of collectors) {
    const own = new Map<string, Value>()
    for (const [name, value] of Object.entries(collector.facts(host, wish, (name) => known.get(name) ?? ''))) {
      if (value === undefined) continue
      own.set(name, value)
      if (typeof value === 'string') known.set(name, value)
    }
    facts.set(collector, own)
  }
  return facts
}
