/** What the running system is like: its policies, its first process, its command line, its load. */
import { firstVersion } from '../../contract/reading-scripts.ts'
import { Dict, Float, type Value } from '../../value/value.ts'
import { hasProgram, program, programPaths, type Collector } from './collector.ts'

const SELINUX_LIBRARY = [
  '/lib/libselinux.so.1',
  '/lib64/libselinux.so.1',
  '/usr/lib/libselinux.so.1',
  '/usr/lib64/libselinux.so.1',
  '/lib/*/libselinux.so.1',
  '/usr/lib/*/libselinux.so.1',
]

/** `selinux_python_present` stands for what Ansible itself goes by: the library of SELinux. */
export const selinux: Collector = {
  subset: 'selinux',
  gives: ['selinux', 'selinux_python_present'],
  alteredBy: ['file:/etc/selinux/config', 'package:*', 'query:*'],
  reads: () => ({
    files: ['/sys/fs/selinux/enforce', '/sys/fs/selinux/policyvers', '/etc/selinux/config', '/proc/self/mounts'],
    paths: SELINUX_LIBRARY,
  }),
  facts: (host) => {
    if (!SELINUX_LIBRARY.some((path) => host.paths(path).length > 0))
      return { selinux: Dict.of({ status: 'Missing selinux Python library' }), selinux_python_present: false }
    // Where its file system is read only, as in a container, programs are to behave as if there were none.
    const enabled = host.lines('/proc/self/mounts').some((line) => /^\S+ \S+ selinuxfs rw\b/.test(line))
    if (!enabled) return { selinux: Dict.of({ status: 'disabled' }), selinux_python_present: true }
    const configured = (name: string): string | undefined =>
      host
        .lines('/etc/selinux/config')
        .map((line) => line.trim())
        .findLast((line) => line.startsWith(`${name}=`))
        ?.slice(name.length + 1)
        .trim()
    const enforce = host.text('/sys/fs/selinux/enforce')
    const version = host.text('/sys/fs/selinux/policyvers')
    return {
      selinux: Dict.of({
        status: 'enabled',
        policyvers: version === undefined ? 'unknown' : Number(version),
        config_mode: configured('SELINUX')?.toLowerCase() ?? 'unknown',
        mode: enforce === '1' ? 'enforcing' : enforce === '0' ? 'permissive' : 'unknown',
        type: configured('SELINUXTYPE') ?? 'unknown',
      }),
      selinux_python_present: true,
    }
  },
}

const APPARMOR = '/sys/kernel/security/apparmor'

export const apparmor: Collector = {
  subset: 'apparmor',
  gives: ['apparmor'],
  alteredBy: 'nothing',
  reads: () => ({ paths: [APPARMOR] }),
  facts: (host) => ({ apparmor: Dict.of({ status: host.exists(APPARMOR) ? 'enabled' : 'disabled' }) }),
}

const ROOTS = program('stat', '-L', '-c', '%i %d', '/', '/proc/1/root/.')
const ROOT_TYPE = program('stat', '-f', '-c', '%T', '/')

export const chroot: Collector = {
  subset: 'chroot',
  gives: ['is_chroot'],
  alteredBy: 'nothing',
  reads: () => ({ queries: [ROOTS, ROOT_TYPE] }),
  facts: (host) => {
    const [own, first] = (host.reply(ROOTS)?.stdout ?? '').split('\n')
    if (first) return { is_chroot: own !== first }
    // Without a look at the first process: the number that a file system's root has.
    const type = host.output(ROOT_TYPE) ?? ''
    const inode = type.includes('btrfs') ? '256' : type.includes('xfs') ? '128' : '2'
    return { is_chroot: own!.split(' ')[0] !== inode }
  },
}

export const fips: Collector = {
  subset: 'fips',
  gives: ['fips'],
  alteredBy: ['query:*'],
  reads: () => ({ files: ['/proc/sys/crypto/fips_enabled'] }),
  facts: (host) => ({ fips: host.text('/proc/sys/crypto/fips_enabled') === '1' }),
}

/** Where Ansible looks for Python; it is only asked for its version. A host without it does not have these facts. */
const INTERPRETERS = ['/usr/bin/python3', '/usr/libexec/platform-python', '/usr/bin/python']
const interpreters = (python: string | undefined): string[] => (python === undefined ? INTERPRETERS : [python])

export const python: Collector = {
  subset: 'python',
  gives: ['python'],
  alteredBy: ['package:*'],
  reads: (wish) => ({ queries: [firstVersion(interpreters(wish.python))] }),
  facts: (host, wish) => {
    const found = pythonOf(host.output(firstVersion(interpreters(wish.python))))
    if (!found) return {}
    const [major, minor, micro] = found.version
    return {
      python: Dict.of({
        version: Dict.of({ major, minor, micro, releaselevel: 'final', serial: 0 }),
        version_info: [...found.version, 'final', 0],
        executable: found.path,
        has_sslcontext: true,
        type: 'cpython',
      }),
    }
  },
}

export const pythonVersion: Collector = {
  subset: 'platform',
  gives: ['python_version'],
  alteredBy: ['package:*'],
  reads: (wish) => ({ queries: [firstVersion(interpreters(wish.python))] }),
  facts: (host, wish) => ({ python_version: pythonOf(host.output(firstVersion(interpreters(wish.python))))?.version.join('.') }),
}

function pythonOf(output: string | undefined): { readonly path: string; readonly version: readonly [number, number, number] } | undefined {
  const found = /^(\S+)\nPython (\d+)\.(\d+)\.(\d+)/.exec(output ?? '')
  return found ? { path: found[1]!, version: [Number(found[2]), Number(found[3]), Number(found[4])] } : undefined
}

const CAPABILITIES = program('capsh', '--print')

export const capabilities: Collector = {
  subset: 'caps',
  gives: ['system_capabilities', 'system_capabilities_enforced'],
  alteredBy: ['package:*'],
  reads: () => ({ queries: [CAPABILITIES] }),
  facts: (host) => {
    const output = host.output(CAPABILITIES)
    if (output === undefined) return { system_capabilities: 'N/A', system_capabilities_enforced: 'N/A' }
    const current = output.split('\n').findLast((line) => line.startsWith('Current:'))
    if (current === undefined) return { system_capabilities: [], system_capabilities_enforced: 'NA' }
    if (current.slice('Current:'.length).trim() === '=ep') return { system_capabilities: [], system_capabilities_enforced: 'False' }
    const names = (current.split('=')[1] ?? '').split(',').map((name) => name.trim())
    return { system_capabilities: names, system_capabilities_enforced: 'True' }
  },
}

export const commandLine: Collector = {
  subset: 'cmdline',
  gives: ['cmdline', 'proc_cmdline'],
  alteredBy: 'nothing',
  reads: () => ({ files: ['/proc/cmdline'] }),
  facts: (host) => {
    const text = host.text('/proc/cmdline')
    if (text === undefined) return {}
    const last = new Dict()
    const all = new Dict()
    // Quotes hold a word together and stay in it.
    for (const word of text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []) {
      const at = word.indexOf('=')
      const [name, value] = at < 0 ? [word, true] : [word.slice(0, at), word.slice(at + 1)]
      last.set(name, value)
      const before = all.get(name)
      all.set(name, before === undefined || at < 0 ? value : Array.isArray(before) ? [...before, value] : [before, value])
    }
    return { cmdline: last, proc_cmdline: all }
  },
}

export const loadAverage: Collector = {
  subset: 'loadavg',
  gives: ['loadavg'],
  alteredBy: 'nothing',
  reads: () => ({ files: ['/proc/loadavg'] }),
  facts: (host) => {
    const words = host.text('/proc/loadavg')?.split(' ').slice(0, 3).map(Number)
    if (words?.length !== 3) return {}
    const [one, five, fifteen] = words.map((number): Value => new Float(number))
    return { loadavg: Dict.of({ '1m': one, '5m': five, '15m': fifteen }) }
  },
}

/** Names of a first process that have a better known one. */
const INIT_NAMES: Readonly<Record<string, string>> = { procd: 'openwrt_init', 'runit-init': 'runit', svscan: 'svc', 'openrc-init': 'openrc' }
const SYSTEMD_RUNS = ['/run/systemd/system/', '/dev/.run/systemd/', '/dev/.systemd/']

export const serviceManager: Collector = {
  subset: 'service_mgr',
  gives: ['service_mgr'],
  needs: ['distribution'],
  alteredBy: 'nothing',
  reads: () => ({
    files: ['/proc/1/comm'],
    paths: [...SYSTEMD_RUNS, '/sbin/init', '/etc/init/', '/sbin/openrc', '/etc/init.d/', ...programPaths('systemctl', 'initctl')],
  }),
  facts: (host, _wish, known) => {
    const first = (host.text('/proc/1/comm') ?? host.link('/sbin/init'))?.split('/').at(-1)
    // Many systems call it init; what ends in `sh` is a shell in a container.
    if (first !== undefined && first !== 'init' && !first.endsWith('sh')) return { service_mgr: INIT_NAMES[first] ?? first }
    if (known('distribution') === 'OpenWrt') return { service_mgr: 'openwrt_init' }
    const hasSystemd = hasProgram(host, 'systemctl')
    if (hasSystemd && SYSTEMD_RUNS.some((path) => host.exists(path))) return { service_mgr: 'systemd' }
    if (hasProgram(host, 'initctl') && host.exists('/etc/init/')) return { service_mgr: 'upstart' }
    if (host.exists('/sbin/openrc')) return { service_mgr: 'openrc' }
    if (hasSystemd && host.link('/sbin/init')?.split('/').at(-1) === 'systemd') return { service_mgr: 'systemd' }
    return { service_mgr: host.exists('/etc/init.d/') ? 'sysvinit' : 'service' }
  },
}
