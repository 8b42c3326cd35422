/** The virtual machine of an instance: started, commanded, looked at. It ends with the instance's cgroup. */

import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Shell } from 'zx/core'
import { quoteWord } from '../../../runner/value/words.ts'
import { joinCgroup, makeCgroup, processesIn } from '../cgroup.ts'
import { lastLines, LabError } from '../errors.ts'
import { readIfThere } from '../files.ts'
import { identityFile, knownHostsFile } from '../keys.ts'
import { controllerNamespaceFile, type InstancePaths } from '../paths.ts'
import { toolPath } from '../shell.ts'
import { until } from '../wait.ts'
import { commandLink } from './recipe.ts'

const bootTimeoutMs = 180_000
const memory = '3G'

/** Devices of the controller's namespace that are the virtual machine's network cards: the hosts' internet, and the lab's own link. */
export const machineTaps = { internet: 'eth0', command: 'machine' } as const

const machineCgroup = (paths: InstancePaths): string => join(paths.cgroup, 'machine')

/** Whether the instance's hosts are in a virtual machine, and that one is running. */
export const isMachineRunning = (paths: InstancePaths): boolean => processesIn(machineCgroup(paths)).length > 0

/** Starts QEMU in the controller's namespace and waits until the lab can command what runs in it. */
export async function startMachine(paths: InstancePaths, filesDir: string, withKvm: boolean): Promise<void> {
  const consoleFile = join(paths.stateDir, 'machine-console.log')
  const log = openSync(join(paths.stateDir, 'machine.log'), 'a', 0o600)
  makeCgroup(machineCgroup(paths))
  const machine = spawn(
    'sh',
    [
      '-c',
      `${joinCgroup(machineCgroup(paths))} && exec "$@"`,
      'sh',
      ...['nsenter', `--net=${controllerNamespaceFile(paths.instance)}`, 'qemu-system-x86_64'],
      ...(withKvm ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', 'tcg,thread=multi,tb-size=1024', '-cpu', 'max']),
      ...['-M', 'pc', '-smp', '2', '-m', memory, '-nodefaults', '-display', 'none', '-no-reboot', '-serial', `file:${consoleFile}`],
      ...['-kernel', join(filesDir, 'kernel'), '-initrd', join(filesDir, 'initrd')],
      // panic=-1 with -no-reboot: a machine that cannot go on ends, and whoever waits for it is told.
      ...['-append', 'console=ttyS0 panic=-1 quiet mitigations=off tsc=reliable net.ifnames=0 random.trust_cpu=on'],
      ...['-drive', `file=${join(filesDir, 'disk')},format=raw,if=virtio,readonly=on`],
      ...Object.values(machineTaps).flatMap((tap) => [
        ...['-netdev', `tap,id=${tap},ifname=${tap},script=no,downscript=no`],
        ...['-device', `virtio-net-pci,netdev=${tap},romfile=`],
      ]),
      ...['-device', 'virtio-rng-pci'],
    ],
    { stdio: ['ignore', log, log], detached: true, cwd: '/', env: { PATH: toolPath } },
  )
  let hasEnded = false
  machine.once('error', () => (hasEnded = true))
  machine.once('exit', () => (hasEnded = true))
  machine.unref()
  closeSync(log)
  const words = () => lastLines(`${readIfThere(join(paths.stateDir, 'machine.log'))}\n${readIfThere(consoleFile)}`.trim(), 10)
  await until(
    'the virtual machine to boot',
    bootTimeoutMs,
    () => {
      if (hasEnded) throw new LabError(`the virtual machine ended while it booted:\n${words()}`)
      return readIfThere(consoleFile).includes('playline-lab: listening')
    },
    words,
  )
}

/** The argv that runs a command as root in the virtual machine. */
export function inMachine(paths: InstancePaths, argv: readonly string[], options: { terminal?: boolean } = {}): string[] {
  const settings = {
    IdentityFile: identityFile,
    IdentitiesOnly: 'yes',
    UserKnownHostsFile: knownHostsFile,
    StrictHostKeyChecking: 'yes',
    ConnectTimeout: '20',
    ServerAliveInterval: '20',
    // One login for all commands: it costs a second where the processor is emulated.
    ControlMaster: 'auto',
    ControlPath: join(paths.stateDir, 'machine.ssh'),
    ControlPersist: '600',
    LogLevel: 'ERROR',
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const command = argv.map(quoteWord).join(' ')
  return [
    ...['nsenter', `--net=${controllerNamespaceFile(paths.instance)}`, 'ssh', '-F', 'none', ...(options.terminal ? ['-t'] : []), ...flags],
    ...[`root@${commandLink.machine}`, command],
  ]
}

/** Whether QEMU can use the machine's processor, and need not emulate one. */
export async function hasKvm($: Shell): Promise<boolean> {
  const tried = await $({ input: 'quit\n', nothrow: true })`qemu-system-x86_64 -accel kvm -M none -nodefaults -display none -monitor stdio`
  return tried.exitCode === 0
}
