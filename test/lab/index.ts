/**
 * The rehearsal lab, for tests: real hosts with systemd, sshd and firewalld, in namespaces of this machine.
 *
 * @example
 * await up({ instance: 'mytest', hosts: [] })
 * const host = await scratchHost({ instance: 'mytest', name: 'one', kind: 'debian' })
 * const { exitCode } = await execOnHost('mytest', 'one', ['systemctl', 'is-active', 'firewalld'])
 * await down('mytest')
 */

import { connectFile } from './connect.ts'
import { enterHost, scriptOnHost } from './enter.ts'
import { downInstance, upInstance, type Log } from './instance.ts'
import { hostKey, identityFile, knownHostsFile } from './keys.ts'
import { instancePaths } from './paths.ts'
import { makeScratchHost, removeScratchHost, scratchHostKey, type ScratchOptions } from './scratch.ts'
import { siteHosts, siteRouters } from './site.ts'
import type { HostSpec, KernelWish } from './spec.ts'
import type { EnterOptions, ExecResult } from './visitor.ts'

export { siteHosts } from './site.ts'
export type { HostSpec } from './spec.ts'
export type { EnterOptions, ExecResult, Log, ScratchOptions }

export interface UpOptions {
  /** 1 to 12 of a-z, 0-9 and -. Tests take a name of their own, so that they can run beside each other. */
  readonly instance: string
  /** Default: all of the article's. `[]` makes the controller only; scratch hosts can then be added. */
  readonly hosts?: readonly HostSpec[]
  /** `esp`: a kernel with ESP, the machine's own where it has it, and else a virtual machine's. Default: the machine's own as it is. */
  readonly kernel?: KernelWish
  readonly log?: Log
}

/** All that an ssh client needs to reach a host of an instance. */
export interface HostConnection {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly user: string
  readonly identityFile: string
  readonly knownHostsFile: string
  /** The host's public key, as in known_hosts: type and base64. */
  readonly hostKey: string
  /** The argv whose standard input and output are the TCP connection; for ssh, a ProxyCommand. */
  readonly proxyCommand: readonly string[]
}

/** Makes the instance, or mends it; returns when its hosts have booted. Cold, this builds the roots: minutes. */
export async function up(options: UpOptions): Promise<void> {
  const hosts = options.hosts ?? siteHosts()
  await upInstance({ instance: options.instance, routers: siteRouters(hosts), hosts, kernel: options.kernel ?? 'own' }, options.log ?? (() => {}))
}

/** Removes the instance with all its hosts; one that is not up is no error. */
export async function down(instance: string, log: Log = () => {}): Promise<void> {
  await downInstance(instance, log)
}

/** Runs a command as root on a host. The exit code is the command's; a time-out (default 2 minutes) throws. */
export async function execOnHost(instance: string, host: string, argv: readonly string[], options: EnterOptions = {}): Promise<ExecResult> {
  return enterHost(instancePaths(instance), host, argv, options)
}

/** Runs a script of bash as root on a host and gives what it prints; one that fails is an error. */
export const shOnHost = (instance: string, host: string, script: string): Promise<string> => scriptOnHost(instancePaths(instance), host, script)

/** Adds a fresh host to an instance that is up: its own network, reached from the controller, wired to nothing else. */
export async function scratchHost(options: ScratchOptions): Promise<HostConnection> {
  const address = await makeScratchHost(options)
  return connectionOf(options.instance, options.name, address, scratchHostKey)
}

/** How to reach a host of the site. */
export const siteConnection = (instance: string, host: HostSpec): HostConnection => connectionOf(instance, host.name, host.address, host.hostKey ?? host.name)

/** Removes a scratch host; one that is not there is no error. */
export const removeHost = (instance: string, name: string): Promise<void> => removeScratchHost(instance, name)

function connectionOf(instance: string, name: string, address: string, key: string): HostConnection {
  const port = 22
  return {
    name,
    address,
    port,
    user: 'opc',
    identityFile,
    knownHostsFile,
    hostKey: hostKey(key).publicKey.split(' ').slice(0, 2).join(' '),
    proxyCommand: [connectFile, instance, address, String(port)],
  }
}
