/** The package manager, and what the Linux Standard Base says of the distribution. */
import { Dict } from '../../value/value.ts'
import { hasProgram, program, programPaths, type Collector, type HostView } from './collector.ts'

/** Of those that are there, the last counts. */
const MANAGERS: readonly (readonly [path: string, name: string])[] = [
  ['/usr/bin/rpm-ostree', 'atomic_container'],
  ['/usr/bin/yum', 'yum'],
  ['/usr/bin/dnf', 'dnf'],
  ['/usr/bin/apt-get', 'apt'],
  ['/usr/bin/zypper', 'zypper'],
  ['/usr/sbin/urpmi', 'urpmi'],
  ['/usr/bin/pacman', 'pacman'],
  ['/bin/opkg', 'opkg'],
  ['/usr/pkg/bin/pkgin', 'pkgin'],
  ['/opt/local/bin/pkgin', 'pkgin'],
  ['/opt/tools/bin/pkgin', 'pkgin'],
  ['/opt/local/bin/port', 'macports'],
  ['/usr/local/bin/brew', 'homebrew'],
  ['/opt/homebrew/bin/brew', 'homebrew'],
  ['/sbin/apk', 'apk'],
  ['/usr/sbin/pkg', 'pkgng'],
  ['/usr/sbin/swlist', 'swdepot'],
  ['/usr/bin/emerge', 'portage'],
  ['/usr/sbin/pkgadd', 'svr4pkg'],
  ['/usr/bin/pkg', 'pkg5'],
  ['/usr/bin/xbps-install', 'xbps'],
  ['/usr/local/sbin/pkg', 'pkgng'],
  ['/usr/bin/swupd', 'swupd'],
  ['/usr/sbin/sorcery', 'sorcery'],
  ['/usr/bin/installp', 'installp'],
  ['/QOpenSys/pkgs/bin/yum', 'yum'],
]
const OSTREE = '/run/ostree-booted'
const RPM_OWNS_APT = program('rpm', '-q', '--whatprovides', '/usr/bin/apt-get')

export const packageManager: Collector = {
  subset: 'pkg_mgr',
  gives: ['pkg_mgr'],
  needs: ['distribution', 'distribution_major_version', 'os_family'],
  alteredBy: 'nothing',
  reads: () => ({ paths: [...MANAGERS.map(([path]) => path), OSTREE, '/usr/bin/rpm'] }),
  // On a host with both, rpm knows whether this is the apt that handles its packages.
  readsMore: (host) => (host.exists('/usr/bin/rpm') && host.exists('/usr/bin/apt-get') ? [RPM_OWNS_APT] : []),
  facts: (host, _wish, known) => {
    const name = preferred(host, known('os_family'), known('distribution'), Number(known('distribution_major_version')))
    return { pkg_mgr: name === 'apt' && host.reply(RPM_OWNS_APT)?.exitCode === 0 ? 'apt_rpm' : name }
  },
}

/** Where several are installed, the one that the distribution itself uses. */
function preferred(host: HostView, family: string, distribution: string, major: number): string {
  const has = (name: string): boolean => MANAGERS.some(([path, each]) => each === name && host.exists(path))
  // On ALT Linux this path belongs to another program.
  const found = MANAGERS.filter(([path]) => family !== 'Altlinux' || path !== '/usr/bin/pkg').findLast(([path]) => host.exists(path))?.[1] ?? 'unknown'
  if (family === 'RedHat') {
    if (host.exists(OSTREE)) return 'atomic_container'
    const dnfSince = distribution === 'Fedora' ? 23 : distribution === 'Amazon' ? 2022 : 8
    const name = Number.isNaN(major) || major >= dnfSince ? 'dnf' : 'yum'
    return dnfSince === 8 || Number.isNaN(major) || has(name) ? name : found
  }
  if (family === 'Debian') return 'apt'
  return family === 'Altlinux' && found === 'apt' ? 'apt_rpm' : found
}

const LSB_RELEASE = program('lsb_release', '-a')
const LSB_FILE = '/etc/lsb-release'

export const lsb: Collector = {
  subset: 'lsb',
  gives: ['lsb'],
  alteredBy: ['package:*', `file:${LSB_FILE}`],
  reads: () => ({ files: [LSB_FILE], paths: programPaths('lsb_release'), queries: [LSB_RELEASE] }),
  facts: (host) => {
    const asked = hasProgram(host, 'lsb_release') ? host.output(LSB_RELEASE) : undefined
    const told =
      asked === undefined
        ? valuesOf(host.text(LSB_FILE) ?? '', '=', {
            id: 'DISTRIB_ID',
            release: 'DISTRIB_RELEASE',
            description: 'DISTRIB_DESCRIPTION',
            codename: 'DISTRIB_CODENAME',
          })
        : valuesOf(asked, ':', { id: 'Distributor ID', release: 'Release', description: 'Description', codename: 'Codename' })
    const release = told.get('release')
    if (release !== undefined) told.set('major_release', release.split('.')[0]!)
    return { lsb: new Dict([...told].map(([name, value]) => [name, value.replace(/^['"\\]+|['"\\]+$/g, '')])) }
  },
}

function valuesOf(text: string, separator: string, names: Readonly<Record<string, string>>): Map<string, string> {
  const values = new Map<string, string>()
  for (const line of text.split('\n')) {
    const at = line.indexOf(separator)
    const name = Object.entries(names).find(([, written]) => at >= 0 && line.slice(0, at).includes(written))?.[0]
    if (name !== undefined) values.set(name, line.slice(at + 1).trim())
  }
  return values
}
