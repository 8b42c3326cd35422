/** What the virtual machine is started from, built once and kept with the layers. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Shell } from 'zx/core'
import { authorizedKey, hostKey } from '../keys.ts'
import { buildLayer, layerDir, type Layers, type Step } from '../layers.ts'
import { withLock } from '../lock.ts'
import { updatePackageLists } from '../machine.ts'
import { cacheDir, cacheLockFile } from '../paths.ts'
import { vmRecipe } from './recipe.ts'

const buildWaitMs = 900_000

/** The name of the virtual machine's host key among the lab's. */
export const machineKey = 'machine'

/** The folder with `kernel`, `initrd` and `disk`; its name changes with what they are made from. */
export async function ensureMachineFiles($: Shell, layers: Layers, step: Step, log: (line: string) => void): Promise<string> {
  const stacked = [layers.oracle, layers.base, layers.debian]
  const { privateKey } = hostKey(machineKey)
  const dir = layerDir('vm', [vmRecipe, ...stacked, privateKey, authorizedKey()].join('\0'))
  if (existsSync(dir)) return dir
  return withLock(
    cacheLockFile,
    { what: `the lab's cache ${cacheDir}`, waitMs: buildWaitMs, onWait: (holder) => log(`waiting for process ${holder}, which is building the same files`) },
    async () => {
      if (existsSync(dir)) return dir
      const inputs = mkdtempSync(join(tmpdir(), 'playline-vm-'))
      try {
        const [key, authorized] = [join(inputs, 'key'), join(inputs, 'authorized')]
        writeFileSync(key, privateKey, { mode: 0o600 })
        writeFileSync(authorized, `${authorizedKey()}\n`)
        await step('build the virtual machine (once; half a minute)', async () => {
          await updatePackageLists($)
          await buildLayer($, dir, vmRecipe, [key, authorized, ...stacked])
        })
      } finally {
        rmSync(inputs, { recursive: true })
      }
      return dir
    },
  )
}
