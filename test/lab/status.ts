/** The table that `status` shows. */

import { existsSync, readdirSync } from 'node:fs'
import type { Shell } from 'zx/core'
import { failedUnits, hostStatus } from './host.ts'
import { instancePaths, namespaceName } from './paths.ts'
import { shellIn } from './shell.ts'

/** The lines of the table, and whether there is an instance with every host alive and listening. */
export async function describeInstance(instance: string, expected: readonly string[]): Promise<{ isUp: boolean; lines: string[] }> {
  const paths = instancePaths(instance)
  const present = existsSync(paths.hostsDir) ? readdirSync(paths.hostsDir).sort() : []
  if (present.length === 0) return { isUp: false, lines: [`the lab "${instance}" is down`] }
  const $ = shellIn(undefined)
  const names = [...expected, ...present.filter((name) => !expected.includes(name))]
  const rows = await Promise.all(
    names.map(async (name) => {
      const { initPid, isListening, isReady } = hostStatus(paths, name)
      const isAlive = initPid !== undefined
      return {
        isUp: isAlive && isListening && isReady,
        cells: [
          name,
          isAlive ? (isReady ? 'up' : 'booting') : 'down',
          isAlive ? String(initPid) : '-',
          isListening ? 'listening' : '-',
          isAlive ? String((await failedUnits(paths, name)).length) : '-',
          isAlive ? await addresses($, namespaceName(instance, name)) : '-',
        ],
      }
    }),
  )
  const table = [['HOST', 'STATE', 'INIT', 'SSHD', 'FAILED UNITS', 'ADDRESSES'], ...rows.map((row) => row.cells)]
  return { isUp: rows.every((row) => row.isUp), lines: align(table) }
}

async function addresses($: Shell, namespace: string): Promise<string> {
  const { stdout } = await $`ip -n ${namespace} -4 -brief address show scope global`
  return (
    stdout
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => line.trim().split(/\s+/))
      .map(([device, , ...rest]) => `${device?.split('@')[0]} ${rest.join(' ')}`)
      .join(', ') || '-'
  )
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
