/** The hosts of an instance in its virtual machine: the same network, layers and files as on the machine's own kernel. */

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Shell } from 'zx/core'
import { quoteWord } from '../../../runner/value/words.ts'
import { explain, LabError } from '../errors.ts'
import { hostFingerprint, machineArgv, writeHost, type HostRow } from '../host.ts'
import { readIfThere } from '../files.ts'
import { layerDir, type Layers, type Step } from '../layers.ts'
import { ipBatch, namespaceLines, nodeLines, routerLines, runLines } from '../network.ts'
import { controllerName, hostDir, instancePaths, namespaceFile, namespaceName, type InstancePaths } from '../paths.ts'
import type { HostSpec, InstanceSpec, LinkSpec, RouterSpec } from '../spec.ts'
import { enteringWords, loginEnv } from '../visitor.ts'
import { bootMachine, endMachine, inMachine, isMachineRunning, machineIdentity, machineTaps, noteThatKvmFails, resumeMachine, saveMachine } from './machine.ts'
import { commandLink } from './recipe.ts'

const bringUpTimeout = '300s'
const enterFile = '/run/playline-lab/enter'

/** The instance's name in the virtual machine: the same whatever instance it is of, so that a saved one serves each. */
export const insideInstance = 'machine'
const inside = instancePaths(insideInstance)

/** Whether the instance was made with a virtual machine. */
export const isInMachine = (paths: InstancePaths): boolean => existsSync(markFile(paths))

/** The argv that runs a command as root on a host in the virtual machine. */
export const inMachineHost = (paths: InstancePaths, host: string, argv: readonly string[], options: { terminal?: boolean } = {}): string[] =>
  inMachine(paths, [enterFile, host, ...argv], options)

/** Whether the virtual machine runs, was made from this very description, and all its hosts listen. */
export async function isMachineHealthy($: Shell, spec: InstanceSpec, paths: InstancePaths, layers: Layers, filesDir: string): Promise<boolean> {
  if (!isMachineRunning(paths) || readIfThere(markFile(paths)) !== fingerprint(spec, layers, filesDir)) return false
  const rows = await machineRows(
    $,
    paths,
    spec.hosts.map((host) => host.name),
  )
  return rows.every((row) => row.initPid !== undefined && row.isListening)
}

/** Starts the virtual machine and all hosts in it: as it was saved, or from its boot on. The instance has to be empty. */
export async function startInMachine(
  $: Shell,
  spec: InstanceSpec,
  paths: InstancePaths,
  layers: Layers,
  filesDir: string,
  withKvm: boolean,
  step: Step,
  log: (line: string) => void,
): Promise<void> {
  const controller = spec.routers.find((router) => router.name === controllerName)!
  await runLines($, controllerLines(spec.instance, controller))
  for (const host of spec.hosts) writeHost(paths, host)
  const made = fingerprint(spec, layers, filesDir)
  const start = async (usesKvm: boolean): Promise<void> => {
    const saved = join(layerDir('vm-state', [made, await machineIdentity($, filesDir, usesKvm)].join('\n')), 'memory')
    if (existsSync(saved) && (await resume($, paths, filesDir, usesKvm, saved, step, log))) return
    await step('start the virtual machine', () => bootMachine(paths, filesDir, usesKvm))
    const words = await step(`start ${spec.hosts.map((host) => host.name).join(', ')} in it, and wait for them to boot`, () =>
      startHosts($, spec, paths, layers, controller),
    )
    for (const line of words) log(line)
    await save($, paths, saved, step, log)
  }
  try {
    await start(withKvm)
  } catch (error) {
    if (!withKvm) throw error
    // KVM is offered on some machines that are virtual themselves, and fails there at the first instruction that it has to emulate.
    log(`with an emulated processor then, because: ${explain(error)}`)
    await endMachine(paths)
    await start(false)
    await noteThatKvmFails($)
  }
  writeFileSync(markFile(paths), made)
}

/** Goes on with what was saved. What cannot be resumed is removed, and is no error. */
async function resume(
  $: Shell,
  paths: InstancePaths,
  filesDir: string,
  withKvm: boolean,
  saved: string,
  step: Step,
  log: (line: string) => void,
): Promise<boolean> {
  try {
    await step('resume the virtual machine as it was saved with all hosts', () => resumeMachine($, paths, filesDir, withKvm, saved))
    return true
  } catch (error) {
    log(`it boots anew, because: ${explain(error)}`)
    rmSync(dirname(saved), { recursive: true, force: true })
    await endMachine(paths)
    return false
  }
}

/** Saves the machine for the next `up`; the one before, of other files or hosts, goes. What cannot be saved boots again, and is no error. */
async function save($: Shell, paths: InstancePaths, saved: string, step: Step, log: (line: string) => void): Promise<void> {
  try {
    await step('save it for the next time', async () => {
      const [dir, layersDir] = [dirname(saved), dirname(dirname(saved))]
      const others = readdirSync(layersDir).filter((name) => name.startsWith('vm-state-') && join(layersDir, name) !== dir)
      for (const name of others) rmSync(join(layersDir, name), { recursive: true, force: true })
      mkdirSync(dir, { recursive: true, mode: 0o700 })
      await saveMachine($, paths, saved)
    })
  } catch (error) {
    log(`it is not saved, because: ${explain(error)}`)
  }
}

/** Makes the hosts in a machine that has booted; gives lines of the units that failed. */
async function startHosts($: Shell, spec: InstanceSpec, paths: InstancePaths, layers: Layers, controller: RouterSpec): Promise<string[]> {
  const $vm = $({ timeout: bringUpTimeout })
  await $vm`tar -C ${paths.stateDir} -cf - hosts | ${inMachine(paths, ['sh', '-c', 'mkdir -p "$1" && tar -C "$1" -xf -', 'sh', inside.stateDir])}`
  const others = spec.routers.filter((router) => router !== controller)
  const script = [
    ...enterLines(),
    ...others.flatMap((router) => routerLines(inside.instance, router, layers.debian)),
    ...controller.links.flatMap(uplinkLines),
    ...spec.hosts.flatMap((host) => [...nodeLines(inside.instance, host), ...launchLines(layers, host)]),
    ...spec.hosts.flatMap(waitLines),
  ]
  // A file, not standard input: what the script runs may read that.
  const run = inMachine(paths, ['sh', '-c', 'cat >/run/playline-lab/up && exec bash -euo pipefail /run/playline-lab/up </dev/null'])
  const { stdout } = await $vm({ input: `${script.join('\n')}\n` })`${run}`
  return stdout.split('\n').filter(Boolean)
}

/** What `status` shows of each host, asked in one go. */
export async function machineRows($: Shell, paths: InstancePaths, hosts: readonly string[]): Promise<HostRow[]> {
  const script = hosts.map(
    (host) => `
init=$(${enterFile} --init ${host} 2>/dev/null)
if [ -z "$init" ]; then echo "${host}||||"; else
  listening=$(nsenter --net=${namespaceFile(inside.instance, host)} ss -Hltn 'sport = :22' | wc -l)
  failed=$(${enterFile} ${host} systemctl --failed --plain --no-legend --no-pager | awk '{print $1}' | tr '\\n' ' ')
  addresses=$(ip -n ${namespaceName(inside.instance, host)} -4 -brief address show scope global | tr '\\n' ';')
  echo "${host}|$init|$listening|$failed|$addresses"
fi`,
  )
  const { stdout } = await $`${inMachine(paths, ['bash', '-c', script.join('\n')])}`
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line): HostRow => {
      const [name = '', init = '', listening = '', failed = '', addresses = ''] = line.split('|')
      return {
        name,
        initPid: init === '' ? undefined : Number(init),
        isListening: Number(listening) > 0,
        isReady: isInMachine(paths),
        failedUnits: failed.split(' ').filter(Boolean),
        addresses: addresses.split(';').filter(Boolean),
      }
    })
}

const markFile = (paths: InstancePaths): string => join(paths.stateDir, 'machine')

const fingerprint = (spec: InstanceSpec, layers: Layers, filesDir: string): string =>
  [filesDir, JSON.stringify(spec.routers), ...spec.hosts.map((host) => hostFingerprint(layers, host))].join('\n')

/** The controller's own namespace stays outside; its link into the site ends in the virtual machine. */
function controllerLines(instance: string, controller: RouterSpec): string[] {
  const namespace = namespaceName(instance, controller.name)
  const [uplink] = controller.links
  if (!uplink || controller.links.length > 1) throw new LabError('in a virtual machine the controller has one link, to the site')
  return [
    ...namespaceLines(instance, controller),
    ...Object.values(machineTaps).flatMap((tap) => [`ip -n ${namespace} tuntap add dev ${tap} mode tap`, `ip -n ${namespace} link set ${tap} up`]),
    `ip -n ${namespace} link set ${machineTaps.internet} mtu ${uplink.mtuBytes}`,
    ...ipBatch(instance, controller.name, [`addr add ${commandLink.lab}/${commandLink.prefixLength} dev ${machineTaps.command}`, ...uplink.setup]),
  ]
}

/** The other end of that link: the virtual machine's first network card, in the namespace of the controller's peer. */
function uplinkLines(link: LinkSpec): string[] {
  const namespace = namespaceName(inside.instance, link.peer)
  return [
    `ip link set eth0 netns ${namespace}`,
    `ip -n ${namespace} link set eth0 name ${link.peerDevice} mtu ${link.mtuBytes}`,
    `ip -n ${namespace} link set ${link.peerDevice} up`,
    ...ipBatch(inside.instance, link.peer, link.peerSetup),
  ]
}

/** A program in the virtual machine: `enter HOST COMMAND…` as root in all of a host's namespaces; `enter --init HOST` tells its systemd. */
function enterLines(): string[] {
  // The process id is the program's to fill in.
  const entering = enteringWords('PID').map(quoteWord).join(' ').replace('PID', '"$pid"')
  const login = Object.entries(loginEnv).map(([name, value]) => `${name}=${value}`)
  return [
    `cat > ${enterFile} <<'ENTER'`,
    `#!/bin/bash
tell=; if [ "$1" = --init ]; then tell=1; shift; fi
host=$1; shift
pid=$(cat "${inside.hostsDir}/$host/machine.pid" 2>/dev/null)
# systemd is the process that its own namespace calls 1: below its machine.
until [ -z "$pid" ] || grep -q $'^NSpid:\\t[0-9]*\\t1$' "/proc/$pid/status" 2>/dev/null; do
  # The list ends without a line break: what read answers does not tell whether it has read something.
  child=; read -r child _ 2>/dev/null < "/proc/$pid/task/$pid/children"; pid=$child
done
if [ -z "$pid" ]; then echo "$host is not running" >&2; exit 3; fi
if [ -n "$tell" ]; then echo "$pid"; exit; fi
exec ${entering} env -i ${login.join(' ')} \${TERM:+"TERM=$TERM"} "$@"`,
    'ENTER',
    `chmod 755 ${enterFile}`,
  ]
}

function launchLines(layers: Layers, host: HostSpec): string[] {
  const dir = hostDir(inside, host.name)
  const cgroup = `/sys/fs/cgroup/${host.name}`
  return [
    `mkdir -p ${dir}/disk ${cgroup}`,
    `( echo "$BASHPID" > ${cgroup}/cgroup.procs; echo "$BASHPID" > ${dir}/machine.pid`,
    `  exec setsid ${machineArgv(inside, layers, host, cgroup).join(' ')} ) </dev/null >>${dir}/console.log 2>&1 &`,
  ]
}

/** Waits until the host has booted with its units; prints a line of those that failed. The whole script has a limit on its time. */
function waitLines(host: HostSpec): string[] {
  const enter = `${enterFile} ${host.name}`
  return [
    `until nsenter --net=${namespaceFile(inside.instance, host.name)} ss -Hltn 'sport = :22' | grep . >/dev/null; do sleep 0.2; done`,
    `until ${enter} systemctl is-system-running --wait 2>/dev/null | grep -Ex 'running|degraded' >/dev/null; do sleep 0.2; done`,
    `${enter} systemctl is-active --quiet ${host.activeUnits.join(' ')} || { ${enter} systemctl --no-pager status ${host.activeUnits.join(' ')} >&2; exit 1; }`,
    `failed=$(${enter} systemctl --failed --plain --no-legend --no-pager | cut -d' ' -f1 | tr '\\n' ' ')`,
    `[ -z "$failed" ] || echo "${host.name}: failed units: $failed"`,
  ]
}
