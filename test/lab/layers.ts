/**
 * The file systems that hosts are made of, built once and kept: `debian`, `base` over it, and one of the thin layers
 * `oracle` and `el` over that.
 * A layer's folder carries a hash of its recipe, so a changed recipe is a new layer; it gets its name only when it is
 * complete, so half of one is never used.
 */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Shell } from 'zx/core'
import { sourceLine } from './apt-sources.ts'
import { processesIn } from './cgroup.ts'
import { lastLines, LabError } from './errors.ts'
import { withLock } from './lock.ts'
import { installMissing, machineDownloadOptions, machineSources } from './machine.ts'
import { readIfThere } from './files.ts'
import { cacheDir, cacheLockFile, instancePaths, knownInstances } from './paths.ts'
import { baseRecipe, debianRecipe, elRecipe, oracleRecipe } from './recipes.ts'

const layersDir = join(cacheDir, 'layers')
const buildTimeoutMs = 900_000

/** The folders of the layers. */
export interface Layers {
  readonly debian: string
  readonly base: string
  readonly oracle: string
  readonly el: string
}

/** Says how long a step took. */
export type Step = <T>(what: string, work: () => Promise<T>) => Promise<T>

/** Where each layer is, or will be. */
export function layerDirs(): Layers {
  const debian = layerDir('debian', debianRecipe)
  const base = layerDir('base', debian + overlayScript(baseRecipe))
  return {
    debian,
    base,
    oracle: layerDir('oracle', base + overlayScript(oracleRecipe)),
    el: layerDir('el', base + overlayScript(elRecipe)),
  }
}

const areLayersBuilt = (layers: Layers = layerDirs()): boolean => Object.values(layers).every((dir: string) => existsSync(dir))

/** Builds the layers that are missing; another process that wants the same waits. */
export async function ensureLayers($: Shell, step: Step, log: (line: string) => void): Promise<Layers> {
  const layers = layerDirs()
  if (areLayersBuilt(layers)) return layers
  return withLock(
    cacheLockFile,
    {
      what: `the lab's cache ${cacheDir}`,
      waitMs: 2 * buildTimeoutMs,
      onWait: (holder) => log(`waiting for process ${holder}, which is building the same roots`),
    },
    async () => {
      removeLeftovers()
      if (!existsSync(layers.debian)) {
        await step('build the root of Debian packages (once; one to three minutes)', () => buildDebian($, layers.debian))
      }
      const overlays = [
        { name: 'base', recipe: baseRecipe, lower: layers.debian },
        { name: 'oracle', recipe: oracleRecipe, lower: `${layers.base}:${layers.debian}` },
        { name: 'el', recipe: elRecipe, lower: `${layers.base}:${layers.debian}` },
      ] as const
      for (const { name, recipe, lower } of overlays) {
        if (existsSync(layers[name])) continue
        await step(`build the layer "${name}"`, () => buildLayer($, layers[name], overlayScript(recipe), [lower]))
      }
      removeStale(layers)
      return layers
    },
  )
}

/** The folder of what is built from these inputs. */
export const layerDir = (name: string, inputs: string): string => join(layersDir, `${name}-${createHash('sha256').update(inputs).digest('hex').slice(0, 12)}`)

async function buildDebian($: Shell, dir: string): Promise<void> {
  await installMissing($, { forBuilding: true })
  const { codename, sources } = await machineSources($)
  const inputs = join(layersDir, '.new-inputs')
  mkdirSync(inputs, { recursive: true })
  writeFileSync(join(inputs, 'apt.conf'), await machineDownloadOptions($), { mode: 0o600 })
  let keys = 0
  const keyFile = (key: string) => {
    const file = join(inputs, `key-${keys++}.asc`)
    writeFileSync(file, `${key}\n`)
    return file
  }
  try {
    const lines = sources.map((source) => sourceLine(source, keyFile))
    await buildLayer($, dir, debianRecipe, [join(inputs, 'apt.conf'), codename, ...lines])
  } finally {
    rmSync(inputs, { recursive: true })
  }
}

/**
 * Runs a build script with the new layer's folder and `args` as arguments. The script has its own mount and process
 * namespaces: when it ends, or is killed together with us, no mount and no process of it is left.
 */
export async function buildLayer($: Shell, dir: string, script: string, args: readonly string[]): Promise<void> {
  const name = dir.slice(layersDir.length + 1)
  const temporary = join(layersDir, `.new-${name}`)
  const logDir = join(cacheDir, 'log')
  const log = join(logDir, `${name}.log`)
  const file = join(logDir, `${name}.sh`)
  mkdirSync(temporary, { recursive: true })
  mkdirSync(logDir, { recursive: true })
  // A file, not standard input: what the script runs may read that. And no TMPDIR: a folder of this machine is none of the root's.
  writeFileSync(file, script)
  const namespaces = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc']
  const result = await $({ timeout: buildTimeoutMs, nothrow: true })`
    exec env -u TMPDIR setpriv --pdeathsig KILL unshare ${namespaces} bash -euo pipefail ${file} ${temporary} ${args} > ${log} 2>&1`
  if (result.exitCode !== 0) {
    throw new LabError(`building ${name} failed; the whole story is in ${log}, its end is:\n${lastLines(readFileSync(log, 'utf8'), 20)}`)
  }
  renameSync(temporary, dir)
}

/**
 * Wraps a recipe that changes a root, so that what it changes becomes a layer over the lower ones. The overlay's upper folder
 * is on a tmpfs and is copied from there: the cache may be on a file system that cannot be an upper folder.
 */
const overlayScript = (recipe: string): string => `
layer=$1 lower=$2
scratch=$layer.scratch
mkdir "$scratch"
mount -t tmpfs -o size=2g tmpfs "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
mount -t overlay -o "lowerdir=$lower,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$scratch/root"
root=$scratch/root
${recipe}
umount --recursive "$scratch/root"
cp -a "$scratch/upper/." "$layer/"
umount "$scratch"
rmdir "$scratch"
`

/** What a killed build has left. Its mounts were in its own namespace and are gone with it. */
function removeLeftovers(): void {
  if (!existsSync(layersDir)) return
  for (const name of readdirSync(layersDir).filter((each) => each.startsWith('.new-'))) removeTree(join(layersDir, name))
}

/** The instances with a host that is made of what is in the folder. */
export const usersOf = (dir: string): string[] =>
  knownInstances().filter((instance) =>
    // A host's overlay is in its own mount namespace, and so in its own mount table.
    processesIn(instancePaths(instance).cgroup).some((pid) => readIfThere(`/proc/${pid}/mountinfo`).includes(dir)),
  )

/** Layers of earlier recipes, unless a running host is made of them or another checkout may be about to make one. */
function removeStale(layers: Layers): void {
  const current = [layers.debian, layers.base, layers.oracle, layers.el]
  const dayMs = 86_400_000
  for (const name of readdirSync(layersDir)) {
    const dir = join(layersDir, name)
    if (current.includes(dir) || name.startsWith('.')) continue
    const isInUse = usersOf(dir).length > 0
    if (!isInUse && Date.now() - statSync(dir).ctimeMs > dayMs) removeTree(dir)
  }
}

/** Removes a root, but never through a mount: below one there could be the machine's own /dev. */
export function removeTree(dir: string): void {
  const mount = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .find((path) => path.startsWith(`${dir}/`))
  if (mount) throw new LabError(`${dir} is not removed while ${mount} is mounted below it: say "umount ${mount}", then try again`)
  rmSync(dir, { recursive: true, force: true })
}
