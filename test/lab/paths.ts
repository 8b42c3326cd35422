/**
 * Where the lab keeps things and what it calls them.
 *
 * Everything that is alive belongs to an instance: its folder in /run, its cgroup and its namespaces all carry the
 * instance's name, so that `down` finds them without a memory of what was made. Everything that is worth keeping
 * (roots, keys) is in the cache folder, shared by all instances.
 */

import { readdirSync, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cgroupRoot } from './cgroup.ts'
import { LabError } from './errors.ts'

const runDir = '/run/playline-lab'
const namespaceDir = '/run/netns'

/** The folder of roots, keys and executables that outlives `down`. Env `PLAYLINE_LAB_CACHE` moves it. */
export const cacheDir: string = process.env['PLAYLINE_LAB_CACHE'] || '/var/lib/playline-lab'

/** Held while the cache is being built or removed. Not in the cache, for the same reason as an instance's lock. */
export const cacheLockFile: string = join(runDir, '.locks', `cache${cacheDir.replaceAll('/', '.')}`)

/** The instance that the command line means: env `PLAYLINE_LAB`, else `site`. */
export const defaultInstance = (): string => process.env['PLAYLINE_LAB'] || 'site'

/** The names and folders of one instance. */
export interface InstancePaths {
  readonly instance: string
  /** Mode 0700, removed last by `down`: while it exists, the instance may have live parts. */
  readonly stateDir: string
  readonly hostsDir: string
  /** One empty folder per address in use by a scratch host; mkdir is the claim. */
  readonly claimsDir: string
  readonly cgroup: string
  /** Outside the state folder: a lock file that `down` removed could be held twice. */
  readonly lockFile: string
}

export function instancePaths(instance: string): InstancePaths {
  if (!/^[a-z0-9-]{1,12}$/.test(instance)) {
    throw new LabError(`"${instance}" cannot name a lab instance: use 1 to 12 of a-z, 0-9 and -, for example site`)
  }
  const stateDir = join(runDir, instance)
  return {
    instance,
    stateDir,
    hostsDir: join(stateDir, 'hosts'),
    claimsDir: join(stateDir, 'claims'),
    cgroup: join(labCgroup(), instance),
    lockFile: join(runDir, '.locks', instance),
  }
}

/** The folder of one host of an instance. */
export const hostDir = (paths: InstancePaths, host: string): string => join(paths.hostsDir, host)

/** The cgroup that holds one host's processes and nothing else. */
export const hostCgroup = (paths: InstancePaths, host: string): string => join(paths.cgroup, `host-${host}`)

/** The cgroup of the commands that `up` itself runs, so that `down` can end them after a crash. */
export const workCgroup = (paths: InstancePaths): string => join(paths.cgroup, 'work')

/** The cgroup of what enters a living instance: the ssh connections' proxies and `exec`. */
export const visitorCgroup = (paths: InstancePaths): string => join(paths.cgroup, 'visitors')

/** `ip netns` name of a host or router. */
export const namespaceName = (instance: string, node: string): string => `pl-${instance}-${node}`

/** The file that holds a network namespace open. */
export const namespaceFile = (instance: string, node: string): string => join(namespaceDir, namespaceName(instance, node))

/** The namespace from which the playbook runner reaches the hosts. */
export const controllerName = 'controller'

/** The file that holds it open. */
export const controllerNamespaceFile = (instance: string): string => namespaceFile(instance, controllerName)

/** The parent cgroup of every instance. */
export const labCgroup = (): string => join(cgroupRoot(), 'playline-lab')

/** Names of all instances that may have live parts, found by their state folders and by their cgroups. */
export function knownInstances(): string[] {
  const found = [runDir, labCgroup()].flatMap((dir) =>
    existsSync(dir)
      ? readdirSync(dir, { withFileTypes: true })
          .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
          .map((entry) => entry.name)
      : [],
  )
  return [...new Set(found)].sort()
}

/** Names of the instance's network namespaces, as they stand in /run/netns. */
export function instanceNamespaces(instance: string): string[] {
  const prefix = `pl-${instance}-`
  // An instance `a` must not claim `pl-a-b-cpe` of an instance `a-b`: the longest instance name wins.
  const longer = knownInstances().filter((other) => other.startsWith(`${instance}-`))
  return (existsSync(namespaceDir) ? readdirSync(namespaceDir) : [])
    .filter((name) => name.startsWith(prefix))
    .filter((name) => !longer.some((other) => name.startsWith(`pl-${other}-`)))
}

/** The folder of the checkout, from sources and from what is built. */
export function packageRoot(): string {
  let dir = import.meta.dirname
  while (!existsSync(join(dir, 'package.json'))) {
    if (dir === dirname(dir)) throw new LabError(`no package.json above ${import.meta.dirname}: run the lab from a checkout`)
    dir = dirname(dir)
  }
  return dir
}
