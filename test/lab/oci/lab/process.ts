/** The emulator of an instance: started with it, in a process of its own, and ended with it. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { processesIn, removeCgroup } from '../../cgroup.ts'
import { lastLines, LabError } from '../../errors.ts'
import { readIfThere } from '../../files.ts'
import { launch } from '../../launch.ts'
import { cacheDir, packageRoot, type InstancePaths } from '../../paths.ts'
import { until } from '../../wait.ts'

/** It programs the network and looks at Libreswan on the way, on a processor that may be emulated. */
const startTimeoutMs = 120_000

const cloudCgroup = (paths: InstancePaths): string => join(paths.cgroup, 'cloud')

/** What the emulator writes: where it listens (inventories/lab reads it), and a line of JSON for each call. */
export function cloudFiles({ stateDir }: InstancePaths): { folder: string; endpoint: string; log: string } {
  const folder = join(stateDir, 'oci')
  return { folder, endpoint: join(folder, 'endpoint'), log: join(folder, 'log') }
}

export const isCloudRunning = (paths: InstancePaths): boolean => existsSync(cloudFiles(paths).endpoint) && processesIn(cloudCgroup(paths)).length > 0

/** Ends it; what it knew is gone. */
async function endCloud(paths: InstancePaths): Promise<void> {
  await removeCgroup(cloudCgroup(paths))
  rmSync(cloudFiles(paths).folder, { recursive: true, force: true })
}

/** Starts an emulator with the prerequisites and nothing else; ends when the lab is as it says. */
export async function startCloud(paths: InstancePaths): Promise<void> {
  await endCloud(paths)
  const files = cloudFiles(paths)
  const main = join(packageRoot(), 'dist/test/lab/oci/lab/main.js')
  const hasEnded = launch(cloudCgroup(paths), join(paths.stateDir, 'oci.log'), [
    ...['env', `PLAYLINE_LAB_CACHE=${cacheDir}`, process.execPath, main, paths.instance],
  ])
  const lastWords = (): string => lastLines(readIfThere(join(paths.stateDir, 'oci.log')), 15)
  await until(
    "the cloud's emulator to be ready",
    startTimeoutMs,
    () => {
      if (hasEnded()) throw new LabError(`the cloud's emulator ended:\n${lastWords()}`)
      return existsSync(files.endpoint)
    },
    lastWords,
  )
}
