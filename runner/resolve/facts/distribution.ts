/**
 * Which distribution a host has: Ansible's names and versions, from the files by which it tells them. The rows below are tried
 * in their order; the first whose file says what it should decides the name.
 */
import type { Value } from '../../value/value.ts'
import type { Collector, Facts, HostView } from './collector.ts'

const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  RedHat: [
    'RedHat',
    'RHEL',
    'Fedora',
    'CentOS',
    'Scientific',
    'SLC',
    'Ascendos',
    'CloudLinux',
    'PSBM',
    'OracleLinux',
    'OVS',
    'OEL',
    'Amazon',
    'Virtuozzo',
    'XenServer',
    'Alibaba',
    'EulerOS',
    'openEuler',
    'AlmaLinux',
    'Rocky',
    'TencentOS',
    'EuroLinux',
    'Kylin Linux Advanced Server',
  ],
  Debian: [
    'Debian',
    'Ubuntu',
    'Raspbian',
    'Neon',
    'KDE neon',
    'Linux Mint',
    'SteamOS',
    'Devuan',
    'Kali',
    'Cumulus Linux',
    'Pop!_OS',
    'Parrot',
    'Pardus GNU/Linux',
    'Uos',
    'Deepin',
    'OSMC',
  ],
  Suse: ['SuSE', 'SLES', 'SLED', 'openSUSE', 'openSUSE Tumbleweed', 'SLES_SAP', 'SUSE_LINUX', 'openSUSE Leap'],
  Archlinux: ['Archlinux', 'Antergos', 'Manjaro'],
  Mandrake: ['Mandrake', 'Mandriva'],
  Gentoo: ['Gentoo', 'Funtoo'],
  ClearLinux: ['Clear Linux OS', 'Clear Linux Mix'],
}
const FAMILY_OF = new Map(Object.entries(FAMILIES).flatMap(([family, names]) => names.map((name) => [name, family] as const)))

/** What a file of a distribution tells; undefined where it is another's. */
type Told = Readonly<Record<string, string>> | undefined

interface Source {
  readonly path: string
  readonly variety: string
  /** An empty file is enough. */
  readonly emptyToo?: true
  readonly read: (text: string, context: { readonly host: HostView; readonly path: string; readonly variety: string; readonly guess: Guess }) => Told
}

/** What `os-release` and the files named after a release say before any row is tried. */
interface Guess {
  /** As `os-release` calls it. */
  readonly id: string
  readonly version: string
  readonly codename: string
}

const OS_RELEASE = '/etc/os-release'

const SOURCES: readonly Source[] = [
  { path: '/etc/altlinux-release', variety: 'Altlinux', read: named('ALT') },
  { path: '/etc/oracle-release', variety: 'OracleLinux', read: named('Oracle Linux') },
  { path: '/etc/slackware-version', variety: 'Slackware', read: slackware },
  { path: '/etc/centos-release', variety: 'CentOS', read: centos },
  { path: '/etc/redhat-release', variety: 'RedHat', read: named('Red Hat') },
  { path: '/etc/vmware-release', variety: 'VMwareESX', emptyToo: true, read: () => ({}) },
  { path: '/etc/openwrt_release', variety: 'OpenWrt', read: distribFile('OpenWrt') },
  { path: OS_RELEASE, variety: 'Amazon', read: amazon },
  { path: '/etc/system-release', variety: 'Amazon', read: amazon },
  { path: '/etc/alpine-release', variety: 'Alpine', read: (text) => ({ distribution_version: text }) },
  { path: '/etc/arch-release', variety: 'Archlinux', emptyToo: true, read: () => ({}) },
  { path: OS_RELEASE, variety: 'Archlinux', read: (text) => (text.includes('Arch Linux') ? {} : undefined) },
  { path: OS_RELEASE, variety: 'SUSE', read: suse },
  { path: '/etc/SuSE-release', variety: 'SUSE', read: oldSuse },
  { path: OS_RELEASE, variety: 'Debian', read: debian },
  { path: '/etc/lsb-release', variety: 'Debian', read: debian },
  { path: '/etc/lsb-release', variety: 'Mandriva', read: distribFile('Mandriva') },
  { path: '/etc/sourcemage-release', variety: 'SMGL', read: named('Source Mage GNU/Linux') },
  { path: '/usr/lib/os-release', variety: 'ClearLinux', read: clearLinux },
  { path: '/etc/coreos/update.conf', variety: 'Coreos', read: coreos },
  { path: OS_RELEASE, variety: 'Flatcar', read: flatcar },
  { path: OS_RELEASE, variety: 'NA', read: anyOther },
]

const RELEASE_FILES = ['/etc/*-release', '/etc/*_release', '/etc/*-version', '/etc/*_version']
const FILES = [...new Set([...SOURCES.map(({ path }) => path), ...RELEASE_FILES])]
const BASE_PRODUCT = '/etc/products.d/baseproduct'

export const distribution: Collector = {
  subset: 'distribution',
  gives: [
    'distribution',
    'distribution_version',
    'distribution_major_version',
    'distribution_minor_version',
    'distribution_release',
    'distribution_file_path',
    'distribution_file_variety',
    'distribution_file_parsed',
    'distribution_file_search_string',
    'os_family',
  ],
  alteredBy: 'nothing',
  reads: () => ({ files: FILES, paths: [...SOURCES.filter((each) => each.emptyToo).map(({ path }) => path), BASE_PRODUCT] }),
  facts: (host) => {
    const facts = distributionOf(host)
    const name = typeof facts['distribution'] === 'string' ? facts['distribution'] : ''
    return { ...facts, os_family: FAMILY_OF.get(name) ?? name }
  },
}

function distributionOf(host: HostView): Facts {
  const guess = guessOf(host)
  const guessed: Record<string, Value> = {
    distribution: guessedName(guess.id),
    distribution_version: guess.version || 'NA',
    distribution_release: guess.codename,
    distribution_major_version: (guess.version || 'NA').split('.')[0]!,
  }
  for (const { path, variety, emptyToo, read } of SOURCES) {
    const file = { distribution: variety, distribution_file_path: path, distribution_file_variety: variety }
    if (emptyToo) {
      if (host.exists(path)) return { ...guessed, ...file }
      continue
    }
    const text = host.text(path)
    const told = text === undefined ? undefined : read(text.replace(/^['"\\]+|['"\\]+$/g, ''), { host, path, variety, guess })
    if (told) return { ...guessed, ...file, distribution_file_parsed: true, ...told }
  }
  return guessed
}

function guessedName(id: string): string {
  if (id === '') return 'OtherLinux'
  if (id === 'amzn') return 'Amazon'
  return id === 'rhel' ? 'Redhat' : id[0]!.toUpperCase() + id.slice(1).toLowerCase()
}

function guessOf(host: HostView): Guess {
  const release = osRelease(host.text(OS_RELEASE) ?? host.text('/usr/lib/os-release') ?? '')
  const file = releaseFile(host)
  const written = (release.get('id') ?? file?.id ?? '').toLowerCase().replaceAll(' ', '_')
  const id = written === 'ol' ? 'oracle' : written === 'opensuse-leap' ? 'opensuse' : written
  const versions = [release.get('version_id') ?? '', file?.version ?? '', contentOf(release.get('pretty_name') ?? '')?.version ?? '']
  const isDebian = id === 'debian' || (release.get('id_like') ?? '').split(/\s+/).includes('debian')
  if (isDebian) versions.push(host.text('/etc/debian_version') ?? '')
  let version = versions.find((each) => each !== '') ?? ''
  if (id === 'centos' || id === 'debian') {
    version = ''
    for (const each of versions) if (dots(each) > dots(version) || version === '') version = each
    if (id === 'centos') version = version.split('.').slice(0, 2).join('.')
  }
  const codename = release.get('version_codename') ?? release.get('ubuntu_codename') ?? inBrackets(release.get('version')) ?? file?.codename
  return { id, version, codename: codename ?? 'NA' }
}

const dots = (version: string): number => version.split('.').length

/** `12 (bookworm)`, `14.04, Trusty Tahr`. */
function inBrackets(version: string | undefined): string | undefined {
  const found = /\((\D+)\)|,\s*(\D+)/.exec(version ?? '')
  return found?.[1] ?? found?.[2]
}

/** The assignments of a shell, by their names in small letters. */
function osRelease(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const found = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S*))/.exec(line)
      return found ? [[found[1]!.toLowerCase(), found[2]?.replaceAll(/\\(.)/g, '$1') ?? found[3] ?? found[4] ?? '']] : []
    }),
  )
}

const IGNORED = new Set(['debian_version', 'lsb-release', 'oem-release', 'os-release', 'system-release', 'plesk-release', 'iredmail-release'])

/** What the first file that is named after a release says in its first line. */
function releaseFile(host: HostView): { id: string; version?: string; codename?: string } | undefined {
  const paths = RELEASE_FILES.flatMap((pattern) => host.paths(pattern)).sort()
  for (const path of paths) {
    const name = path.slice('/etc/'.length)
    const id = /^(\w+)[-_](?:release|version)$/.exec(name)?.[1]
    const line = host.lines(path)[0]
    if (id === undefined || IGNORED.has(name) || line === undefined) continue
    const content = contentOf(line)
    return { id: line.toLowerCase().includes('cloudlinux') ? 'cloudlinux' : id, ...content }
  }
  return undefined
}

/** `NAME release VERSION (CODENAME)`. */
function contentOf(line: string): { version?: string; codename?: string } | undefined {
  const found = /^(.+?)(?: *release)? *(\d[\d.+\-a-z]*?)(?: *LTS)? *(?:\((.*)\)[^)]*)?$/.exec(line.trim())
  return found ? { ...(found[2] !== undefined && { version: found[2] }), ...(found[3] !== undefined && { codename: found[3] }) } : undefined
}

// --- the rows ------------------------------------------------------------------------------------------------------------

function named(search: string): Source['read'] {
  return (text, { variety }) =>
    text.includes(search) ? { distribution: variety, distribution_file_search_string: search } : { distribution: text.split(/\s+/)[0]! }
}

/** A file with `DISTRIB_…="…"`. */
function distribFile(name: string): Source['read'] {
  return (text) =>
    text.includes(name)
      ? {
          ...versionIn(/DISTRIB_RELEASE="(.*)"/, text),
          ...releaseIn(/DISTRIB_CODENAME="(.*)"/, text),
        }
      : undefined
}

function slackware(text: string): Told {
  return text.includes('Slackware') ? versionIn(/(\w+[.]\w+\+?)/, text) : undefined
}

function centos(text: string): Told {
  if (text.includes('CentOS Stream')) return { distribution_release: 'Stream' }
  return text.includes('TencentOS Server') ? { distribution: 'TencentOS' } : undefined
}

function amazon(text: string, { path }: { path: string }): Told {
  if (!text.includes('Amazon')) return undefined
  if (path !== OS_RELEASE) return { distribution_version: text.split(/\s+/).find((word) => /^\d+$/.test(word)) ?? 'NA' }
  const version = /VERSION_ID="(.*)"/.exec(text)?.[1]
  if (version === undefined) return {}
  const [major = '', minor = 'NA'] = version.split('.')
  return { distribution_version: version, distribution_major_version: major, distribution_minor_version: minor }
}

function suse(text: string, { host }: { host: HostView }): Told {
  const lower = text.toLowerCase()
  if (!lower.includes('suse')) return undefined
  const told: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const name = /^NAME=(.*)/.exec(line)?.[1]
    if (name !== undefined) told['distribution'] = name.replace(/^"+|"+$/g, '')
    const version = /^VERSION_ID="?([0-9]+\.?[0-9]*)"?/.exec(line)?.[1]
    if (version !== undefined) Object.assign(told, wholeVersion(version))
    const minor = /^VERSION_ID="?[0-9]+\.?([0-9]*)"?/.exec(line)?.[1]
    if (minor !== undefined && lower.includes('open')) told['distribution_release'] = minor
    // Without a minor number it is the first release.
    else if (minor !== undefined && lower.includes('enterprise')) told['distribution_release'] = minor || '0'
  }
  return { ...told, ...forSap(host) }
}

function oldSuse(text: string, { host, guess }: { host: HostView; guess: Guess }): Told {
  const lower = text.toLowerCase()
  if (!lower.includes('suse')) return undefined
  const first = text.split('\n')[0]!.split(/\s+/)[0]!
  if (lower.includes('open')) return { distribution: first, ...releaseIn(/CODENAME *= *([^\n]+)/, text), ...forSap(host) }
  if (!lower.includes('enterprise')) return forSap(host)
  const level = /PATCHLEVEL = ([0-9]+)/.exec(text)?.[1]
  return {
    ...(text.includes('Server') ? { distribution: 'SLES' } : text.includes('Desktop') ? { distribution: 'SLED' } : {}),
    ...(level !== undefined && { distribution_release: level, distribution_version: `${guess.version}.${level}` }),
    ...forSap(host),
  }
}

function forSap(host: HostView): Record<string, string> {
  return host.link(BASE_PRODUCT)?.endsWith('SLES_SAP.prod') ? { distribution: 'SLES_SAP' } : {}
}

function debian(text: string, { host, path }: { host: HostView; path: string }): Told {
  const codename = releaseIn(/VERSION_CODENAME="?([^"]+)"?/, text)
  const version = versionIdIn(text)
  if (text.includes('Debian') || text.includes('Raspbian')) {
    const minor = host
      .lines('/etc/debian_version')
      .map((line) => /(\d+)\.(\d+)/.exec(line)?.[2])
      .findLast((found) => found !== undefined)
    return { ...releaseIn(/PRETTY_NAME=[^(]+ \(?([^)]+?)\)/, text), ...(minor !== undefined && { distribution_minor_version: minor }) }
  }
  if (text.includes('Ubuntu')) return { distribution: 'Ubuntu' }
  if (text.includes('SteamOS')) return { distribution: 'SteamOS' }
  if ((path === '/etc/lsb-release' || path === OS_RELEASE) && (text.includes('Kali') || text.includes('Parrot')))
    return { distribution: text.includes('Kali') ? 'Kali' : 'Parrot', ...releaseIn(/DISTRIB_RELEASE=(.*)/, text) }
  if (text.includes('Devuan')) {
    const whole = version?.['distribution_version']
    return {
      distribution: 'Devuan',
      ...releaseIn(/PRETTY_NAME="?[^("]+ \(?([^) "]+)\)?/, text),
      ...(whole !== undefined && { distribution_version: whole, distribution_major_version: whole }),
    }
  }
  if (text.includes('Cumulus')) {
    const whole = /VERSION_ID=(.*)/.exec(text)?.[1]
    return { distribution: 'Cumulus Linux', ...(whole !== undefined && wholeVersion(whole)), ...releaseIn(/VERSION="(.*)"/, text) }
  }
  if (text.includes('Mint')) return { distribution: 'Linux Mint', ...version }
  if (/UOS|[Uu]os/.test(text)) return { distribution: 'Uos', ...codename, ...version }
  if (/[Dd]eepin/.test(text)) return { distribution: 'Deepin', ...codename, ...version }
  return undefined
}

function clearLinux(text: string): Told {
  const name = /NAME="(.*)"/.exec(text)?.[1]
  if (name?.includes('Clear Linux') === false) return undefined
  const version = /VERSION_ID=(.*)/.exec(text)?.[1]
  return {
    ...(name !== undefined && { distribution: name }),
    ...(version !== undefined && { distribution_version: version, distribution_major_version: version }),
    ...releaseIn(/ID=(.*)/, text),
  }
}

function coreos(text: string, { guess }: { guess: Guess }): Told {
  if (guess.id !== 'coreos') return undefined
  return releaseIn(/^GROUP="?(.*?)"?$/m, text)
}

function flatcar(text: string, { guess }: { guess: Guess }): Told {
  if (guess.id !== 'flatcar') return undefined
  const version = /VERSION=(.*)/.exec(text)?.[1]?.replaceAll('"', '')
  return version === undefined ? {} : wholeVersion(version)
}

function anyOther(text: string, { guess }: { guess: Guess }): Told {
  const value = (name: string): string | undefined => new RegExp(`^${name}=(.*)`, 'm').exec(text)?.[1]?.replace(/^"+|"+$/g, '')
  const [name, version] = [value('NAME'), value('VERSION')]
  return { ...(name !== undefined && { distribution: name }), ...(version !== undefined && guess.version === '' && { distribution_version: version }) }
}

function versionIn(pattern: RegExp, text: string): Record<string, string> {
  const found = pattern.exec(text)?.[1]
  return found === undefined ? {} : { distribution_version: found }
}

function releaseIn(pattern: RegExp, text: string): Record<string, string> {
  const found = pattern.exec(text)?.[1]
  return found === undefined ? {} : { distribution_release: found }
}

function versionIdIn(text: string): Record<string, string> | undefined {
  const version = /VERSION_ID="(.*)"/.exec(text)?.[1]
  return version === undefined ? undefined : wholeVersion(version)
}

function wholeVersion(version: string): Record<string, string> {
  return { distribution_version: version, distribution_major_version: version.split('.')[0]! }
}
