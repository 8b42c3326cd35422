/**
 * cgroup2, as far as the lab needs it: a folder holds processes, and all of them can be ended at once.
 *
 * A hybrid machine (controllers on cgroup v1) has cgroup2 beside them, at /sys/fs/cgroup/unified; a current one has it
 * at /sys/fs/cgroup. The mount table tells which.
 */

import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LabError } from './errors.ts'
import { readIfThere } from './files.ts'
import { until } from './wait.ts'

const killWaitMs = 10_000

/** Where cgroup2 is mounted on this machine. */
export function cgroupRoot(): string {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [mount, type] = line.split(' - ')
    // Only a whole hierarchy will do: a host of the lab itself sees one too, its own.
    if (type?.startsWith('cgroup2 ') && mount) return mount.split(' ')[4] ?? '/sys/fs/cgroup'
  }
  throw new LabError('no cgroup2 is mounted: say "mount -t cgroup2 cgroup2 /sys/fs/cgroup", then try again')
}

/** Makes the cgroup and its parents. */
export function makeCgroup(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true })
  } catch {
    // Another instance went down and took the common parent with it, just as it was needed.
    mkdirSync(dir, { recursive: true })
  }
}

/** Removes the cgroup when it is empty. */
export function removeEmptyCgroup(dir: string): void {
  try {
    rmdirSync(dir)
  } catch {
    // Somebody is still in there.
  }
}

/** Shell text that moves the shell, and so all that it starts, into the cgroup. */
export const joinCgroup = (dir: string): string => `echo $$ > ${join(dir, 'cgroup.procs')}`

/** Ids of the processes in the cgroup and below it. */
export function processesIn(dir: string): number[] {
  return subtree(dir).flatMap((each) => readIds(join(each, 'cgroup.procs')))
}

/** Ends every process in the cgroup and removes it with all below it; returns how many processes there were. */
export async function removeCgroup(dir: string): Promise<number> {
  if (!existsSync(dir)) return 0
  const ended = new Set<number>()
  await until(`the processes in ${dir} to end`, killWaitMs, () => {
    for (const id of processesIn(dir)) ended.add(id)
    killAll(dir)
    return removeEmpty(dir)
  })
  // A cgroup can go while its dead still wait for their parent to take note of them.
  await until(`the processes of ${dir} to be reaped`, killWaitMs, () => ![...ended].some((id) => isOf(id, dir)))
  return ended.size
}

/** Whether there still is a process with this id that was in the cgroup; another may have got the id by now. */
function isOf(id: number, dir: string): boolean {
  return readIfThere(`/proc/${id}/cgroup`).includes(dir.slice(cgroupRoot().length))
}

function killAll(dir: string): void {
  try {
    // Atomic: nothing in the cgroup can fork its way out (Linux 5.14).
    writeFileSync(join(dir, 'cgroup.kill'), '1')
  } catch {
    for (const id of processesIn(dir)) {
      try {
        process.kill(id, 'SIGKILL')
      } catch {
        // It ended by itself.
      }
    }
  }
}

/** Removes the tree when no process is left in it; says whether it is gone. */
function removeEmpty(dir: string): boolean {
  try {
    for (const each of subtree(dir).reverse()) rmdirSync(each)
  } catch {
    return !existsSync(dir)
  }
  return true
}

/** The cgroup and all below it, parents first. */
function subtree(dir: string): string[] {
  try {
    const children = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    return [dir, ...children.flatMap((child) => subtree(join(dir, child.name)))]
  } catch {
    // It vanished while it was being read: systemd removes its own cgroups.
    return []
  }
}

function readIds(file: string): number[] {
  return readIfThere(file).split('\n').filter(Boolean).map(Number)
}
