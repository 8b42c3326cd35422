/** The virtual machine of an instance: started, commanded, looked at. It ends with the instance's cgroup. */

import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Shell } from 'zx/core'
import { quoteWord } from '../../../runner/value/words.ts'
import { processesIn, removeCgroup } from '../cgroup.ts'
import { lastLines, LabError } from '../errors.ts'
import { readIfThere } from '../files.ts'
import { identityFile, knownHostsFile } from '../keys.ts'
import { launch } from '../launch.ts'
import { cacheDir, controllerNamespaceFile, type InstancePaths } from '../paths.ts'
import { until } from '../wait.ts'
import { withMonitor } from './qmp.ts'
import { commandLink } from './recipe.ts'

const bootTimeoutMs = 180_000
/** With the machine's own processor it is a matter of seconds, where that works at all. */
const kvmBootTimeoutMs = 45_000
const saveTimeoutMs = 60_000
const memory = '3G'

/** Devices of the controller's namespace that are the virtual machine's network cards: the hosts' internet, and the lab's own link. */
export const machineTaps = { internet: 'eth0', command: 'machine' } as const

const machineCgroup = (paths: InstancePaths): string => join(paths.cgroup, 'machine')

const consoleFile = (paths: InstancePaths): string => join(paths.stateDir, 'machine-console.log')
const logFile = (paths: InstancePaths): string => join(paths.stateDir, 'machine.log')
const monitorFile = (paths: InstancePaths): string => join(paths.stateDir, 'machine.qmp')

const lastWords = (paths: InstancePaths): string => lastLines(`${readIfThere(logFile(paths))}\n${readIfThere(consoleFile(paths))}`.trim(), 10)

/** Whether the instance's hosts are in a virtual machine, and that one is running. */
export const isMachineRunning = (paths: InstancePaths): boolean => processesIn(machineCgroup(paths)).length > 0

/** Ends the machine, and nothing else of the instance. */
export async function endMachine(paths: InstancePaths): Promise<void> {
  await removeCgroup(machineCgroup(paths))
  for (const file of [monitorFile(paths), consoleFile(paths)]) rmSync(file, { force: true })
}

/** Starts QEMU in the controller's namespace and waits until the lab can command what runs in it. */
export async function bootMachine(paths: InstancePaths, filesDir: string, withKvm: boolean): Promise<void> {
  const hasEnded = startQemu(paths, filesDir, withKvm, [])
  await until(
    'the virtual machine to boot',
    withKvm ? kvmBootTimeoutMs : bootTimeoutMs,
    () => {
      if (hasEnded()) throw new LabError(`the virtual machine ended while it booted:\n${lastWords(paths)}`)
      // QEMU stops the machine then, and goes on itself.
      if (readIfThere(logFile(paths)).includes('KVM internal error')) throw new LabError(`KVM could not go on:\n${lastWords(paths)}`)
      return readIfThere(consoleFile(paths)).includes('playline-lab: listening')
    },
    () => lastWords(paths),
  )
}

/** Writes the running machine's memory to a file, from which `resumeMachine` goes on. It holds what the hosts know, their secrets too. */
export async function saveMachine($: Shell, paths: InstancePaths, file: string): Promise<void> {
  await $`${inMachine(paths, ['sh', '-c', 'sync; echo 3 > /proc/sys/vm/drop_caches'])}`
  // The connection would be the other's, and broken.
  await $({ nothrow: true })`${sshArgv(paths, ['-O', 'exit'])}`
  const unfinished = `${file}.${process.pid}`
  await withMonitor(monitorFile(paths), async (ask) => {
    await ask('stop')
    try {
      await ask('migrate-set-parameters', { 'max-bandwidth': 2 ** 33 })
      await ask('migrate', { uri: `exec:umask 077; exec cat > ${quoteWord(unfinished)}` })
      await until('the memory to be written', saveTimeoutMs, async () => {
        const { status, 'error-desc': why } = (await ask('query-migrate')) as { status: string; 'error-desc'?: string }
        if (status === 'failed') throw new LabError(`the memory could not be written: ${why ?? 'no reason given'}`)
        return status === 'completed'
      })
      renameSync(unfinished, file)
    } finally {
      rmSync(unfinished, { force: true })
      await ask('cont')
    }
  })
}

/** Starts QEMU with a saved memory, and sets the clock of what runs in it. The files, the processor and the memory have to be the same as then. */
export async function resumeMachine($: Shell, paths: InstancePaths, filesDir: string, withKvm: boolean, file: string): Promise<void> {
  const hasEnded = startQemu(paths, filesDir, withKvm, ['-incoming', `exec:exec cat ${quoteWord(file)}`])
  await until('QEMU to listen', saveTimeoutMs, () => {
    if (hasEnded()) throw new LabError(`the virtual machine ended:\n${lastWords(paths)}`)
    return existsSync(monitorFile(paths))
  })
  await withMonitor(monitorFile(paths), async (ask) => {
    await until('the memory to be read', saveTimeoutMs, async () => {
      if (hasEnded()) throw new LabError(`the virtual machine ended:\n${lastWords(paths)}`)
      return ((await ask('query-status')) as { status: string }).status !== 'inmigrate'
    })
    await ask('cont')
  })
  await $`${inMachine(paths, ['date', '--set', `@${Date.now() / 1000}`])}`
}

function startQemu(paths: InstancePaths, filesDir: string, withKvm: boolean, more: readonly string[]): () => boolean {
  return launch(machineCgroup(paths), logFile(paths), [
    ...['nsenter', `--net=${controllerNamespaceFile(paths.instance)}`, 'qemu-system-x86_64', ...hardware(filesDir, withKvm)],
    ...['-serial', `file:${consoleFile(paths)}`, '-qmp', `unix:${monitorFile(paths)},server=on,wait=off`, ...more],
  ])
}

/** QEMU's options that are the same for each instance. */
const hardware = (filesDir: string, withKvm: boolean): string[] => [
  ...(withKvm ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', 'tcg,thread=multi,tb-size=1024', '-cpu', 'max']),
  ...['-M', 'pc', '-smp', '2', '-m', memory, '-nodefaults', '-display', 'none', '-no-reboot'],
  ...['-kernel', join(filesDir, 'kernel'), '-initrd', join(filesDir, 'initrd')],
  // panic=-1 with -no-reboot: a machine that cannot go on ends, and whoever waits for it is told.
  ...['-append', 'console=ttyS0 panic=-1 quiet mitigations=off tsc=reliable net.ifnames=0 random.trust_cpu=on'],
  ...['-drive', `file=${join(filesDir, 'disk')},format=raw,if=virtio,readonly=on`],
  ...Object.values(machineTaps).flatMap((tap) => [
    ...['-netdev', `tap,id=${tap},ifname=${tap},script=no,downscript=no`],
    ...['-device', `virtio-net-pci,netdev=${tap},romfile=`],
  ]),
  ...['-device', 'virtio-rng-pci'],
]

/** The argv that runs a command as root in the virtual machine. */
export function inMachine(paths: InstancePaths, argv: readonly string[], options: { terminal?: boolean } = {}): string[] {
  return [...sshArgv(paths, options.terminal ? ['-t'] : []), argv.map(quoteWord).join(' ')]
}

function sshArgv(paths: InstancePaths, more: readonly string[]): string[] {
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
  return ['nsenter', `--net=${controllerNamespaceFile(paths.instance)}`, 'ssh', '-F', 'none', ...more, ...flags, `root@${commandLink.machine}`]
}

/** What a saved memory fits only if it is the same: QEMU, the processor that it shows, and how it is started. */
export async function machineIdentity($: Shell, filesDir: string, withKvm: boolean): Promise<string> {
  const { stdout } = await $`qemu-system-x86_64 --version; grep -m2 -E '^(model name|flags)' /proc/cpuinfo`
  return [stdout, ...hardware(filesDir, withKvm)].join('\n')
}

/** Says of which processor, kernel and QEMU it was found that KVM is offered, and does not carry the lab's machine. */
const kvmFailsFile = join(cacheDir, 'kvm-fails')

/** Whether QEMU can use the machine's processor, and need not emulate one. */
export async function hasKvm($: Shell): Promise<boolean> {
  const tried = await $({ input: 'quit\n', nothrow: true })`qemu-system-x86_64 -accel kvm -M none -nodefaults -display none -monitor stdio`
  return tried.exitCode === 0 && readIfThere(kvmFailsFile) !== (await kvmIdentity($))
}

/** From now on `hasKvm` answers no on a machine like this one. */
export async function noteThatKvmFails($: Shell): Promise<void> {
  writeFileSync(kvmFailsFile, await kvmIdentity($))
}

async function kvmIdentity($: Shell): Promise<string> {
  const { stdout } = await $`uname -r; qemu-system-x86_64 --version; grep -m1 '^model name' /proc/cpuinfo`
  return stdout
}
