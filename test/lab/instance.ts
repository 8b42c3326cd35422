/** A whole instance: made from its description, looked at, and removed by what is found of it. */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Shell } from 'zx/core'
import { makeCgroup, removeCgroup, removeEmptyCgroup } from './cgroup.ts'
import { writeConnect } from './connect.ts'
import { LabError } from './errors.ts'
import { isHealthy, removeHost, startHost, waitForHost, type StartingHost } from './host.ts'
import { carriesTunnels, describeIpsec, probeIpsec } from './kernel.ts'
import { writeKnownHosts } from './keys.ts'
import { ensureLayers, removeTree, usersOf, type Layers, type Step } from './layers.ts'
import { withLock } from './lock.ts'
import { installMissing, raiseInotifyLimit, requireRoot } from './machine.ts'
import { makeRouter, removeNamespace } from './network.ts'
import { cacheDir, cacheLockFile, instanceNamespaces, instancePaths, labCgroup, namespaceFile, visitorCgroup, workCgroup, type InstancePaths } from './paths.ts'
import { ensureMachineFiles, machineKey } from './vm/files.ts'
import { isMachineHealthy, startInMachine } from './vm/hosts.ts'
import { hasKvm } from './vm/machine.ts'
import { isCloudRunning, startCloud } from './oci/lab/process.ts'
import { commandLink } from './vm/recipe.ts'
import { scratchHostKey, scratchAddresses } from './scratch.ts'
import { shellIn } from './shell.ts'
import { drgName, siteHosts } from './site.ts'
import type { HostSpec, InstanceSpec, RouterSpec } from './spec.ts'

/** Long enough for another `up` to build the roots. */
const upWaitMs = 1_800_000
const downWaitMs = 30_000

export type Log = (line: string) => void

/** Makes the instance, or mends it: what is healthy stays as it is. Returns when every host has booted. */
export async function upInstance(spec: InstanceSpec, log: Log): Promise<void> {
  requireRoot()
  const paths = instancePaths(spec.instance)
  const step = timedSteps(log)
  await withLock(
    paths.lockFile,
    {
      what: `the lab "${spec.instance}"`,
      waitMs: upWaitMs,
      onWait: (holder) => log(`waiting for process ${holder}, which is at work on the lab "${spec.instance}"`),
    },
    async () => {
      // Not in the instance's cgroup: a half-installed package would be worse than a late one.
      const installed = await installMissing(shellIn(undefined))
      if (installed.length > 0) log(`installed ${installed.join(', ')}`)
      const inotifyBefore = raiseInotifyLimit()
      if (inotifyBefore) log(`raised this machine's fs.inotify.max_user_instances from ${inotifyBefore}: a host needs ten`)
      makeEmptyInstance(paths)
      const $ = shellIn(workCgroup(paths))
      const layers = await ensureLayers($, step, log)
      writeKeys()
      writeConnect()
      const ipsec = await probeIpsec($)
      log(describeIpsec(ipsec))
      const needsMachine = spec.kernel === 'esp' && !carriesTunnels(ipsec)
      if (needsMachine && process.arch !== 'x64') log('there is a virtual machine for x86-64 only: the hosts stay on this kernel, and no tunnel comes up')
      const made = await (needsMachine && process.arch === 'x64' ? upInMachine : upOnOwnKernel)($, spec, paths, layers, step, log)
      if (spec.hosts.some((host) => host.name === drgName)) await upCloud(paths, made.includes(drgName), step, log)
    },
  )
}

/** The cloud around the hosts. It is made anew where the host that is its gateway was, and knows nothing of before. */
async function upCloud(paths: InstancePaths, isGatewayNew: boolean, step: Step, log: Log): Promise<void> {
  if (!isGatewayNew && isCloudRunning(paths)) {
    log('already up: the cloud')
    return
  }
  await step('start the cloud: its emulator, with the prerequisites', () => startCloud(paths))
}

/** On this machine's kernel, host by host; gives the names of those that were made. Without ESP, IKE gets as far as its first phase, and no tunnel comes up. */
async function upOnOwnKernel($: Shell, spec: InstanceSpec, paths: InstancePaths, layers: Layers, step: Step, log: Log): Promise<string[]> {
  if (!areRoutersUp(paths, spec.routers)) {
    await step('wire the network', async () => {
      await removeParts(paths)
      makeEmptyInstance(paths)
      for (const router of spec.routers) await makeRouter($, spec.instance, router, layers.debian)
      writeFileSync(routersMark(paths), routersFingerprint(spec.routers))
    })
  }
  const toMake = hostsToMake(paths, layers, spec.hosts)
  const kept = spec.hosts.filter((host) => !toMake.includes(host))
  if (kept.length > 0) log(`already up: ${kept.map((host) => host.name).join(', ')}`)
  if (toMake.length > 0) {
    const starting: StartingHost[] = []
    await step(`start ${toMake.map((host) => host.name).join(', ')}`, async () => {
      for (const host of [...toMake].reverse()) await removeHost($, paths, host.name)
      for (const host of toMake) starting.push(await startHost($, paths, layers, host))
    })
    await step('wait for them to boot', async () => {
      const failed = await Promise.all(starting.map((host) => waitForHost(paths, host)))
      toMake.forEach((host, index) => {
        if (failed[index]?.length) log(`${host.name}: failed units: ${failed[index].join(', ')}`)
      })
    })
  }
  return toMake.map((host) => host.name)
}

/** In a virtual machine: all hosts are made anew where one is missing. Gives the names of those that were made. */
async function upInMachine($: Shell, spec: InstanceSpec, paths: InstancePaths, layers: Layers, step: Step, log: Log): Promise<string[]> {
  const installed = await installMissing(shellIn(undefined), { forVm: true })
  if (installed.length > 0) log(`installed ${installed.join(', ')}`)
  const withKvm = await hasKvm($)
  log(`so the hosts are in a virtual machine, whose kernel has both (${withKvm ? 'KVM' : 'without KVM: an emulated processor, several times slower'})`)
  const files = await ensureMachineFiles($, layers, step, log)
  if (await isMachineHealthy($, spec, paths, layers, files)) {
    log(`already up: ${spec.hosts.map((host) => host.name).join(', ')}`)
    return []
  }
  await removeParts(paths)
  makeEmptyInstance(paths)
  await startInMachine($, spec, paths, layers, files, withKvm, step, log)
  return spec.hosts.map((host) => host.name)
}

/**
 * Removes everything of the instance that is found by its name: processes, mounts, namespaces, cgroups, state. Needs no
 * memory of what was made, so it also clears up after a crash; when there is nothing, it does nothing.
 */
export async function downInstance(instance: string, log: Log): Promise<void> {
  requireRoot()
  const paths = instancePaths(instance)
  const options = { what: `the lab "${instance}"`, waitMs: downWaitMs }
  await withLock(paths.lockFile, options, async () => {
    const ended = await removeParts(paths)
    const wasUp = existsSync(paths.stateDir)
    removeTree(paths.stateDir)
    removeEmptyCgroup(labCgroup())
    log(wasUp || ended > 0 ? `the lab "${instance}" is down (${ended} processes ended)` : `the lab "${instance}" was not up`)
  })
}

/** Removes the roots, keys and programs. No host may be up. */
export async function purgeCache(): Promise<void> {
  await withLock(cacheLockFile, { what: `the lab's cache ${cacheDir}`, waitMs: downWaitMs }, async () => {
    const [user] = usersOf(`${cacheDir}/`)
    if (user) throw new LabError(`the cache is in use: say "PLAYLINE_LAB=${user} npm run lab -- down" first`)
    removeTree(cacheDir)
  })
}

/** The folders in which everything else of the instance is made, so that all of it is found. */
function makeEmptyInstance(paths: InstancePaths): void {
  mkdirSync(paths.hostsDir, { recursive: true, mode: 0o700 })
  mkdirSync(paths.claimsDir, { recursive: true, mode: 0o700 })
  makeCgroup(workCgroup(paths))
  makeCgroup(visitorCgroup(paths))
}

/** Everything but the state folder itself and the lock. */
async function removeParts(paths: InstancePaths): Promise<number> {
  const $ = shellIn(undefined)
  const ended = await removeCgroup(paths.cgroup)
  for (const mount of mountsBelow(paths.stateDir).reverse()) await $`umount --lazy ${mount}`
  await Promise.all(instanceNamespaces(paths.instance).map((name) => removeNamespace($, name)))
  for (const name of existsSync(paths.stateDir) ? readdirSync(paths.stateDir) : []) {
    rmSync(join(paths.stateDir, name), { recursive: true })
  }
  return ended
}

const mountsBelow = (dir: string): string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${dir}/`))

const routersMark = (paths: InstancePaths): string => join(paths.stateDir, 'routers')

const routersFingerprint = (routers: readonly RouterSpec[]): string => createHash('sha256').update(JSON.stringify(routers)).digest('hex')

const areRoutersUp = (paths: InstancePaths, routers: readonly RouterSpec[]): boolean =>
  existsSync(routersMark(paths)) &&
  readFileSync(routersMark(paths), 'utf8') === routersFingerprint(routers) &&
  routers.every((router) => existsSync(namespaceFile(paths.instance, router.name)))

/** The hosts that are not healthy, and those that are wired to one of them: its end of their link goes with it. */
function hostsToMake(paths: InstancePaths, layers: Layers, hosts: readonly HostSpec[]): HostSpec[] {
  const toMake: HostSpec[] = []
  for (const host of hosts) {
    const losesLink = host.links.some((link) => toMake.some((other) => other.name === link.peer))
    if (losesLink || !isHealthy(paths, layers, host)) toMake.push(host)
  }
  return toMake
}

function writeKeys(): void {
  const site = siteHosts().map((host) => ({ key: host.name, names: [host.address, ...host.aliases, host.name] }))
  writeKnownHosts([...site, { key: machineKey, names: [commandLink.machine] }, { key: scratchHostKey, names: scratchAddresses() }])
}

const timedSteps =
  (log: Log): Step =>
  async (what, work) => {
    const startMs = performance.now()
    log(`${what} …`)
    try {
      return await work()
    } catch (cause) {
      throw new LabError(`could not ${what}`, { cause })
    } finally {
      log(`${what}: ${((performance.now() - startMs) / 1000).toFixed(1)} s`)
    }
  }
