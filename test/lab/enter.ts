/** Commands on a host, wherever the instance's hosts are: on the machine's own kernel or in its virtual machine. */

import type { ChildProcess, StdioOptions } from 'node:child_process'
import { spawnInHost } from './host.ts'
import { layerDirs } from './layers.ts'
import type { InstancePaths } from './paths.ts'
import { LabError } from './errors.ts'
import { collect, notRunning, spawnVisitor, type EnterOptions, type ExecResult } from './visitor.ts'
import { inMachineHost, insideInstance, isInMachine } from './vm/hosts.ts'
import { inMachine, isMachineRunning } from './vm/machine.ts'

/** Starts a command as root on a host; `terminal` where it is a person's. */
export function spawnOnHost(paths: InstancePaths, host: string, argv: readonly string[], stdio: StdioOptions, terminal = false): ChildProcess {
  if (!isInMachine(paths)) return spawnInHost(paths, host, argv, stdio)
  if (!isMachineRunning(paths)) throw notRunning(paths, host)
  return spawnVisitor(paths, inMachineHost(paths, host, argv, { terminal }), stdio)
}

/** Runs a command as root on a host and collects what it says. */
export async function enterHost(paths: InstancePaths, host: string, argv: readonly string[], options: EnterOptions = {}): Promise<ExecResult> {
  return collect(spawnOnHost(paths, host, argv, 'pipe'), `"${argv.join(' ')}" on ${host}`, options)
}

/** Runs lines of bash where the instance's routers are; they are made for its name there and for the root with all programs. */
export async function runInRouters(paths: InstancePaths, lines: (instance: string, rootDir: string) => readonly string[]): Promise<void> {
  const isVirtual = isInMachine(paths)
  const text = lines(isVirtual ? insideInstance : paths.instance, layerDirs().debian).join('\n')
  const bash = ['bash', '-euo', 'pipefail', '-s']
  const child = spawnVisitor(paths, isVirtual ? inMachine(paths, bash) : bash, 'pipe')
  const { exitCode, stderr } = await collect(child, 'a change of the routers', { stdin: `${text}\n` })
  if (exitCode !== 0) throw new LabError(`the routers could not be changed: exit ${exitCode}\n${text}\n${stderr.toString()}`)
}

/** Runs a script of bash as root on a host and gives what it prints; one that fails is an error. */
export async function scriptOnHost(paths: InstancePaths, host: string, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await enterHost(paths, host, ['bash', '-euc', script])
  if (exitCode !== 0) throw new LabError(`exit ${exitCode} on ${host}: ${script}\n${stdout.toString()}${stderr.toString()}`)
  return stdout.toString()
}
