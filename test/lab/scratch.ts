/** Scratch hosts: single fresh hosts for a test, reached from the controller and wired to nothing else. */

import { mkdirSync, rmdirSync, writeFileSync, readFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { LabError } from './errors.ts'
import { removeHost, startHost, waitForHost } from './host.ts'
import { layerDirs } from './layers.ts'
import { controllerName, controllerNamespaceFile, hostDir, instancePaths, workCgroup, type InstancePaths } from './paths.ts'
import { shellIn } from './shell.ts'
import { hostSysctls } from './site.ts'
import type { HostKind, HostSpec } from './spec.ts'

/** All scratch hosts have one host key: they take turns at their addresses, and known_hosts has to stay true. */
export const scratchHostKey = 'scratch'

const gateway = '198.18.0.1'
const firstNumber = 2
const lastNumber = 65

const addressOf = (number: number): string => `198.18.0.${number}`

/** Every address that a scratch host can have. */
export const scratchAddresses = (): string[] => Array.from({ length: lastNumber - firstNumber + 1 }, (_, index) => addressOf(firstNumber + index))

export interface ScratchOptions {
  readonly instance: string
  /** 1 to 20 of a-z, 0-9 and -; unique in the instance. */
  readonly name: string
  readonly kind: HostKind
  /** Whether firewalld is enabled, and running when the host is handed over. Default: true. */
  readonly firewalld?: boolean
}

/** Makes a scratch host and waits until it has booted; gives its address. The instance has to be up. */
export async function makeScratchHost(options: ScratchOptions): Promise<string> {
  const paths = instancePaths(options.instance)
  if (!/^[a-z0-9-]{1,20}$/.test(options.name)) {
    throw new LabError(`"${options.name}" cannot name a scratch host: use 1 to 20 of a-z, 0-9 and -`)
  }
  if (!existsSync(controllerNamespaceFile(options.instance))) {
    throw new LabError(`the lab "${options.instance}" is not up: call up({ instance: '${options.instance}' }) first`)
  }
  claimName(paths, options.name)
  const $ = shellIn(workCgroup(paths))
  try {
    const number = claimNumber(paths)
    writeFileSync(join(hostDir(paths, options.name), 'number'), String(number))
    const host = scratchSpec(options, number)
    await waitForHost(paths, await startHost($, paths, layerDirs(), host))
    return host.address
  } catch (error) {
    await removeScratchHost(options.instance, options.name)
    throw error
  }
}

/** Removes a scratch host; one that is not there is no error. */
export async function removeScratchHost(instance: string, name: string): Promise<void> {
  const paths = instancePaths(instance)
  const file = join(hostDir(paths, name), 'number')
  const number = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  await removeHost(shellIn(undefined), paths, name)
  if (number) rmdirSync(join(paths.claimsDir, number))
}

function scratchSpec({ name, kind, firewalld = true }: ScratchOptions, number: number): HostSpec {
  const address = addressOf(number)
  const peerDevice = `s${number}`
  const units = ['ssh.service', ...(firewalld ? ['firewalld.service'] : [])]
  return {
    name,
    kind,
    address,
    aliases: [],
    hostKey: scratchHostKey,
    sysctls: hostSysctls,
    links: [
      {
        device: 'ens3',
        peer: controllerName,
        peerDevice,
        mtuBytes: 1500,
        setup: [`addr add ${address} peer ${gateway}/32 dev ens3`],
        peerSetup: [`addr add ${gateway} peer ${address}/32 dev ${peerDevice}`],
      },
    ],
    enabledUnits: units,
    activeUnits: units,
    files: [],
  }
}

/** mkdir either makes the folder or fails: two processes cannot both have it. */
function claimName(paths: InstancePaths, name: string): void {
  if (!tryMkdir(hostDir(paths, name))) {
    throw new LabError(`the lab "${paths.instance}" has a host "${name}" already: choose another name, or remove it first`)
  }
}

function claimNumber(paths: InstancePaths): number {
  for (let number = firstNumber; number <= lastNumber; number++) {
    if (tryMkdir(join(paths.claimsDir, String(number)))) return number
  }
  throw new LabError(`the lab "${paths.instance}" has ${lastNumber - firstNumber + 1} scratch hosts, the most it can have: remove some`)
}

function tryMkdir(dir: string): boolean {
  try {
    mkdirSync(dir, { mode: 0o700 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
