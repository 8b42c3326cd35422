/** One host: made, looked at, entered and removed. */

import type { ChildProcess, StdioOptions } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Shell } from 'zx/core'
import { processesIn, removeCgroup } from './cgroup.ts'
import { lastLines, LabError } from './errors.ts'
import { readIfThere } from './files.ts'
import { hostInit, hostMachine } from './host-init.ts'
import { authorizedKey, hostKey } from './keys.ts'
import { launch } from './launch.ts'
import type { Layers } from './layers.ts'
import { cardLines, makeNode, removeNamespace } from './network.ts'
import { hostCgroup, hostDir, namespaceFile, namespaceName, type InstancePaths } from './paths.ts'
import type { FileSpec, HostSpec } from './spec.ts'
import { collect, enteringWords, notRunning, spawnVisitor, type EnterOptions, type ExecResult } from './visitor.ts'
import { until } from './wait.ts'

const listenTimeoutMs = 60_000
const bootTimeoutMs = 120_000
const sshPort = 22

/** What a look at a host finds. */
export interface HostStatus {
  readonly name: string
  /** systemd's process id, as the machine sees it; undefined when the host is not running. */
  readonly initPid: number | undefined
  readonly isListening: boolean
  readonly isReady: boolean
}

/** A line of what `status` shows. */
export interface HostRow extends HostStatus {
  readonly failedUnits: readonly string[]
  /** Lines such as `ens3 UP 10.0.0.1/16`. */
  readonly addresses: readonly string[]
}

/** A host between its start and the end of its boot. */
export interface StartingHost {
  readonly spec: HostSpec
  readonly fingerprint: string
  /** Whether it has ended instead of booting. */
  readonly hasEnded: () => boolean
}

/** Makes the host's network and files and starts it; does not wait. The name must be free. */
export async function startHost($: Shell, paths: InstancePaths, layers: Layers, host: HostSpec): Promise<StartingHost> {
  const dir = hostDir(paths, host.name)
  await makeNode($, paths.instance, host)
  writeHost(paths, host)
  mkdirSync(join(dir, 'disk'), { recursive: true })
  const cgroup = hostCgroup(paths, host.name)
  const hasEnded = launch(cgroup, join(dir, 'console.log'), machineArgv(paths, layers, host, cgroup))
  return { spec: host, fingerprint: hostFingerprint(layers, host), hasEnded }
}

/** The command that is the machine under a host (`hostMachine`). */
export const machineArgv = (paths: InstancePaths, layers: Layers, host: HostSpec, cgroup: string): string[] => {
  const dir = hostDir(paths, host.name)
  return [
    ...['nsenter', `--net=${namespaceFile(paths.instance, host.name)}`, 'unshare', '--mount', '--propagation', 'private'],
    ...['bash', join(dir, 'machine'), host.name, lowerLayers(layers, host), dir, cgroup],
  ]
}

/** Waits until the host has booted and its units are active, then marks it ready. Gives the units that failed. */
export async function waitForHost(paths: InstancePaths, starting: StartingHost): Promise<string[]> {
  const host = starting.spec
  const dir = hostDir(paths, host.name)
  const consoleTail = () => lastLines(readIfThere(join(dir, 'console.log')), 10)
  const isListening = () => {
    if (starting.hasEnded()) throw new LabError(`${host.name} ended while it booted:\n${consoleTail()}`)
    return hostStatus(paths, host.name).isListening
  }
  await until(`sshd of ${host.name} to listen`, listenTimeoutMs, isListening, consoleTail)
  // `--wait` ends when all that systemd had to start is started; before it listens on its bus, it says "offline".
  await until(`${host.name} to boot`, bootTimeoutMs, async () => {
    const { stdout } = await enter(paths, host.name, ['systemctl', 'is-system-running', '--wait'])
    return ['running', 'degraded'].includes(stdout.toString().trim())
  })
  const states = await enter(paths, host.name, ['systemctl', 'is-active', ...host.activeUnits])
  const words = states.stdout.toString().trim().split('\n')
  const inactive = host.activeUnits.filter((_, index) => words[index] !== 'active')
  if (inactive.length > 0) {
    const { stdout } = await enter(paths, host.name, ['systemctl', '--no-pager', 'status', ...inactive])
    throw new LabError(`${host.name} booted without ${inactive.join(', ')}:\n${lastLines(stdout.toString(), 20)}`)
  }
  const failed = await failedUnits(paths, host.name)
  writeFileSync(join(dir, 'ready'), starting.fingerprint)
  return failed
}

/** Whether the host is alive, listens and was made from this very description. */
export function isHealthy(paths: InstancePaths, layers: Layers, host: HostSpec): boolean {
  const status = hostStatus(paths, host.name)
  if (!status.initPid || !status.isListening) return false
  if (readIfThere(join(hostDir(paths, host.name), 'ready')) !== hostFingerprint(layers, host)) return false
  const devices = readIfThere(`/proc/${status.initPid}/net/dev`)
  return host.links.every((link) => devices.includes(`${link.device}:`))
}

/** A look at a host from outside: costs a few reads of /proc and starts nothing. */
export function hostStatus(paths: InstancePaths, host: string): HostStatus {
  const initPid = findInit(paths, host)
  return {
    name: host,
    initPid,
    isListening: initPid !== undefined && isListening(initPid),
    isReady: existsSync(join(hostDir(paths, host), 'ready')),
  }
}

/** The address for ssh to a host that was made; undefined when there is none. */
export const hostAddress = (paths: InstancePaths, host: string): string | undefined => readIfThere(join(hostDir(paths, host), 'address')).trim() || undefined

/** Names of the units that failed on a running host. */
export async function failedUnits(paths: InstancePaths, host: string): Promise<string[]> {
  const { stdout } = await enter(paths, host, ['systemctl', '--failed', '--plain', '--no-legend', '--no-pager'])
  return stdout
    .toString()
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter(Boolean)
}

/** Ends the host and removes all of it. A host that is half there, or not at all, is no error. */
export async function removeHost($: Shell, paths: InstancePaths, host: string): Promise<void> {
  await removeCgroup(hostCgroup(paths, host))
  await removeNamespace($, namespaceName(paths.instance, host))
  rmSync(hostDir(paths, host), { recursive: true, force: true })
}

/** Runs a command as root in all of a host's namespaces and collects what it says. */
function enter(paths: InstancePaths, host: string, argv: readonly string[], options: EnterOptions = {}): Promise<ExecResult> {
  return collect(spawnInHost(paths, host, argv, 'pipe'), `"${argv.join(' ')}" on ${host}`, options)
}

/** Starts a command as root in all of a host's namespaces. */
export function spawnInHost(paths: InstancePaths, host: string, argv: readonly string[], stdio: StdioOptions): ChildProcess {
  const initPid = findInit(paths, host)
  if (initPid === undefined) throw notRunning(paths, host)
  // Its parent, ended, takes the command along.
  return spawnVisitor(paths, [...enteringWords(String(initPid)), 'setpriv', '--pdeathsig', 'KILL', '--', ...argv], stdio)
}

/** The layers of a host, as overlayfs wants them. */
const lowerLayers = (layers: Layers, host: HostSpec): string =>
  [host.layer && layers[host.layer], host.kind === 'el' && layers.el, layers.base, layers.debian].filter(Boolean).join(':')

/** Changes whenever the host would come out different. */
export function hostFingerprint(layers: Layers, host: HostSpec): string {
  const inputs = JSON.stringify([host, lowerLayers(layers, host), hostMachine, hostInit])
  return createHash('sha256').update(inputs).digest('hex')
}

/** systemd is the process that its own namespace calls 1; the launcher above it is in the same cgroup. */
function findInit(paths: InstancePaths, host: string): number | undefined {
  return processesIn(hostCgroup(paths, host)).find((pid) => /^NSpid:\t\d+\t1$/m.test(readIfThere(`/proc/${pid}/status`)))
}

/** Whether a TCP socket listens on the ssh port in the process's network, by the kernel's own table. */
function isListening(pid: number): boolean {
  const port = sshPort.toString(16).toUpperCase().padStart(4, '0')
  const listening = new RegExp(`^ *\\d+: [0-9A-F]+:${port} [0-9A-F]+:0000 0A `, 'm')
  return listening.test(readIfThere(`/proc/${pid}/net/tcp`))
}

/** Writes the host's folder: its first program, its address, and the files that make a copy of the root into this host. */
export function writeHost(paths: InstancePaths, host: HostSpec): void {
  const dir = hostDir(paths, host.name)
  const tree = join(dir, 'files')
  mkdirSync(tree, { recursive: true })
  writeFileSync(join(dir, 'machine'), hostMachine)
  writeFileSync(join(dir, 'init'), hostInit)
  writeFileSync(
    join(dir, 'network'),
    host.links
      .flatMap(cardLines)
      .map((line) => `${line}\n`)
      .join(''),
  )
  writeFileSync(join(dir, 'address'), `${host.address}\n`)
  const { privateKey, publicKey } = hostKey(host.hostKey ?? host.name)
  const files: FileSpec[] = [
    { path: '/etc/hostname', content: `${host.name}\n` },
    { path: '/etc/hosts', content: `127.0.0.1 localhost\n127.0.1.1 ${host.name}\n` },
    { path: '/etc/machine-id', content: `${createHash('md5').update(host.name).digest('hex')}\n`, mode: 0o444 },
    { path: '/etc/ssh/ssh_host_ed25519_key', content: privateKey, mode: 0o600 },
    { path: '/etc/ssh/ssh_host_ed25519_key.pub', content: `${publicKey}\n` },
    { path: '/home/opc/.ssh/authorized_keys', content: `${authorizedKey()}\n`, mode: 0o600, owner: 'opc:opc' },
    ...host.files,
  ]
  for (const file of files) {
    const path = join(tree, file.path)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, file.content)
    chmodSync(path, file.mode ?? 0o644)
  }
  for (const unit of host.enabledUnits) enableUnit(tree, unit)
  const owners = files.flatMap((file) => (file.owner ? [`${file.owner} ${file.path}\n`] : []))
  writeFileSync(join(dir, 'owners'), owners.join(''))
}

/** Does what `systemctl enable` does, without the half second per host that running it takes. */
function enableUnit(tree: string, unit: string): void {
  const links = [join('etc/systemd/system/multi-user.target.wants', unit)]
  // The units' own Alias= lines.
  if (unit === 'firewalld.service') links.push('etc/systemd/system/dbus-org.fedoraproject.FirewallD1.service')
  if (unit === 'ssh.service') links.push('etc/systemd/system/sshd.service')
  for (const link of links) {
    mkdirSync(join(tree, dirname(link)), { recursive: true })
    symlinkSync(`/lib/systemd/system/${unit}`, join(tree, link))
  }
}
