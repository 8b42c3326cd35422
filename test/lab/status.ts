/** The table that `status` shows. */

import { existsSync, readdirSync } from 'node:fs'
import type { Shell } from 'zx/core'
import { failedUnits, hostStatus, type HostRow } from './host.ts'
import { readIfThere } from './files.ts'
import { cloudFiles, isCloudRunning } from './oci/lab/process.ts'
import { instancePaths, namespaceName, type InstancePaths } from './paths.ts'
import { shellIn } from './shell.ts'
import { isInMachine, machineRows } from './vm/hosts.ts'
import { isMachineRunning } from './vm/machine.ts'

/** The lines of the table, and whether there is an instance with its cloud, and every host alive and listening. */
export async function describeInstance(instance: string, expected: readonly string[]): Promise<{ isUp: boolean; lines: string[] }> {
  const paths = instancePaths(instance)
  const present = existsSync(paths.hostsDir) ? readdirSync(paths.hostsDir).sort() : []
  if (present.length === 0) return { isUp: false, lines: [`the lab "${instance}" is down`] }
  const $ = shellIn(undefined)
  const names = [...expected, ...present.filter((name) => !expected.includes(name))]
  const found =
    isInMachine(paths) && isMachineRunning(paths) ? await machineRows($, paths, names) : await Promise.all(names.map((name) => ownRow($, paths, name)))
  const rows = found.map(({ name, initPid, isListening, isReady, failedUnits: failed, addresses }) => ({
    isUp: initPid !== undefined && isListening && isReady,
    cells: [
      name,
      initPid === undefined ? 'down' : isReady ? 'up' : 'booting',
      initPid === undefined ? '-' : String(initPid),
      isListening ? 'listening' : '-',
      initPid === undefined ? '-' : String(failed.length),
      addresses.map(shortAddress).join(', ') || '-',
    ],
  }))
  const table = [['HOST', 'STATE', 'INIT', 'SSHD', 'FAILED UNITS', 'ADDRESSES'], ...rows.map((row) => row.cells)]
  const isCloudUp = isCloudRunning(paths)
  return {
    isUp: isCloudUp && rows.every((row) => row.isUp),
    lines: [...align(table), '', `the cloud: ${isCloudUp ? readIfThere(cloudFiles(paths).endpoint).trim() : 'down'}`],
  }
}

/** A host on the machine's own kernel. */
async function ownRow($: Shell, paths: InstancePaths, name: string): Promise<HostRow> {
  const status = hostStatus(paths, name)
  if (status.initPid === undefined) return { ...status, failedUnits: [], addresses: [] }
  const { stdout } = await $`ip -n ${namespaceName(paths.instance, name)} -4 -brief address show scope global`
  return { ...status, failedUnits: await failedUnits(paths, name), addresses: stdout.split('\n').filter(Boolean) }
}

/** `ens3@if5 UP 10.0.0.1/16` → `ens3 10.0.0.1/16`. */
function shortAddress(line: string): string {
  const [device, , ...addresses] = line.trim().split(/\s+/)
  return `${device?.split('@')[0]} ${addresses.join(' ')}`
}

function align(table: string[][]): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
