/** What the lab needs from the machine it runs on: root, and a few programs from Debian's packages. */

import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Shell } from 'zx/core'
import { debianSources, parseSources, parseSourcesList, type AptSource } from './apt-sources.ts'
import { LabError } from './errors.ts'
import { toolEnv, toolPath } from './shell.ts'

const packagesByCommand: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  flock: 'util-linux',
  setpriv: 'util-linux',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  socat: 'socat',
}
/** Needed only while a root is being built. */
const buildPackagesByCommand: Readonly<Record<string, string>> = { mmdebstrap: 'mmdebstrap' }
/** Needed only for the virtual machine. */
const vmPackagesByCommand: Readonly<Record<string, string>> = { 'qemu-system-x86_64': 'qemu-system-x86', 'mkfs.ext4': 'e2fsprogs' }

const aptTimeout = '600s'
// Someone else's apt may be at work; it is waited for.
const aptOptions = ['-o', 'DPkg::Lock::Timeout=300', '-q', '-y']

/** Throws unless we are root: everything below makes namespaces and mounts. */
export function requireRoot(): void {
  if (process.getuid?.() !== 0) throw new LabError('the lab makes namespaces and mounts: run it as root')
}

/** Installs the packages of those programs that are missing; gives their names. */
export async function installMissing($: Shell, options: { forBuilding?: boolean; forVm?: boolean } = {}): Promise<string[]> {
  const wanted = { ...packagesByCommand, ...(options.forBuilding && buildPackagesByCommand), ...(options.forVm && vmPackagesByCommand) }
  const missing = Object.entries(wanted).filter(([command]) => !isInstalled(command))
  const packages = [...new Set(missing.map(([, name]) => name))]
  if (packages.length === 0) return []
  if (!isInstalled('apt-get')) {
    throw new LabError(`the lab needs ${missing.map(([command]) => command).join(', ')}: install them by hand, this machine has no apt`)
  }
  const $apt = $({ timeout: aptTimeout, env: { ...toolEnv, DEBIAN_FRONTEND: 'noninteractive' } })
  await $apt`apt-get ${aptOptions} update`
  await $apt`apt-get ${aptOptions} install --no-install-recommends ${packages}`
  return packages
}

/** Fetches apt's lists where there are none. */
export async function updatePackageLists($: Shell): Promise<void> {
  const { stdout } = await $`apt-cache policy busybox-static`
  if (!/Candidate: \d/.test(stdout)) await $({ timeout: aptTimeout })`apt-get ${aptOptions} update`
}

const inotifyFile = '/proc/sys/fs/inotify/max_user_instances'
const wantedInotifyInstances = 1024

/**
 * Raises the limit on inotify instances, which the machine's root shares with the root of every host: one host uses up
 * to ten, and the kernel's default of 128 ends a dozen hosts later in a systemd that cannot start. Gives what there
 * was when something was changed. It is the only setting of the machine that the lab touches.
 */
export function raiseInotifyLimit(): number | undefined {
  const current = Number(readFileSync(inotifyFile, 'utf8'))
  if (current >= wantedInotifyInstances) return undefined
  writeFileSync(inotifyFile, String(wantedInotifyInstances))
  return current
}

/** Debian's archives for this machine's release, as the machine has them. */
export async function machineSources($: Shell): Promise<{ codename: string; sources: AptSource[] }> {
  const codename = /^VERSION_CODENAME="?([\w-]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  if (!codename) throw new LabError('the lab builds its hosts from Debian packages, but /etc/os-release names no Debian release')
  const configured = readSources()
  const known = async () => debianSources(configured, (await $`apt-get indextargets`).stdout, codename)
  let sources = await known()
  if (sources.length === 0) {
    // apt knows an archive's origin only once it has its Release file.
    await $({ timeout: aptTimeout })`apt-get ${aptOptions} update`
    sources = await known()
  }
  if (sources.length === 0) {
    throw new LabError(`none of this machine's apt sources is Debian's archive for ${codename}: add one to /etc/apt/sources.list.d, then try again`)
  }
  return { codename, sources }
}

/** The machine's settings for downloads (proxies, certificates, logins by file), as text for an apt.conf. */
export async function machineDownloadOptions($: Shell): Promise<string> {
  const { stdout } = await $`apt-config dump --no-empty --format ${'%F "%v";%n'} Acquire`
  const isDownload = /^Acquire::(https?|ftp|Retries|ForceIPv|Check-|Queue-)/i
  return (
    stdout
      .split('\n')
      .filter((line) => isDownload.test(line))
      // Absolute, or they would be looked for in the root that is being built.
      .concat('Dir::Etc::netrc "/etc/apt/auth.conf";', 'Dir::Etc::netrcparts "/etc/apt/auth.conf.d";')
      .concat('Acquire::Languages "none";', '')
      .join('\n')
  )
}

const isInstalled = (command: string): boolean => toolPath.split(':').some((dir) => dir && existsSync(join(dir, command)))

function readSources(): AptSource[] {
  const dir = '/etc/apt/sources.list.d'
  const files = ['/etc/apt/sources.list', ...(existsSync(dir) ? readdirSync(dir).map((name) => join(dir, name)) : [])]
  return files
    .filter((file) => existsSync(file))
    .flatMap((file) => {
      const text = readFileSync(file, 'utf8')
      if (file.endsWith('.sources')) return parseSources(text)
      return file.endsWith('.list') ? parseSourcesList(text) : []
    })
}
