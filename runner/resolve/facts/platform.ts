/** The kernel, the machine and its names. */
import { ownName } from '../../contract/reading-scripts.ts'
import { program, type Collector } from './collector.ts'

const UNAME = program('uname', '-s', '-n', '-r', '-m')
const KERNEL_VERSION = program('uname', '-v')
/** The fifth byte of a program tells whether it is one of 32 or of 64 bits. */
const ELF_HEADER = program('head', '-c', '5', '/bin/sh')

export const platform: Collector = {
  subset: 'platform',
  gives: ['system', 'kernel', 'kernel_version', 'machine', 'architecture', 'userspace_architecture', 'userspace_bits'],
  alteredBy: 'nothing',
  reads: () => ({ queries: [UNAME, KERNEL_VERSION, ELF_HEADER] }),
  facts: (host) => {
    // uname(1) prints in its own order: system, node, release, machine.
    const [system = '', , kernel = '', machine = ''] = (host.output(UNAME) ?? '').trim().split(/\s+/)
    const bits = host.output(ELF_HEADER)?.[4] === '\u0001' ? '32' : '64'
    const isX86 = machine === 'x86_64' || /^i[3456]86$|^i86pc$/.test(machine)
    return {
      system,
      kernel,
      kernel_version: host.output(KERNEL_VERSION)?.trim(),
      machine,
      architecture: machine !== 'x86_64' && isX86 ? 'i386' : machine,
      userspace_architecture: isX86 ? (bits === '64' ? 'x86_64' : 'i386') : undefined,
      userspace_bits: bits,
    }
  },
}

const MACHINE_ID = ['/var/lib/dbus/machine-id', '/etc/machine-id']

export const ownNames: Collector = {
  subset: 'platform',
  gives: ['hostname', 'nodename', 'machine_id'],
  alteredBy: ['file:/etc/hostname', 'query:*', ...MACHINE_ID.map((path) => `file:${path}` as const)],
  reads: () => ({ files: MACHINE_ID, queries: [UNAME] }),
  facts: (host) => {
    const [, nodename = ''] = (host.output(UNAME) ?? '').trim().split(/\s+/)
    return { hostname: nodename.split('.')[0], nodename, machine_id: MACHINE_ID.flatMap((path) => host.lines(path).slice(0, 1))[0] }
  },
}

/** Apart from the rest, for it may ask a name server. */
export const fullName: Collector = {
  subset: 'platform',
  gives: ['fqdn', 'domain'],
  alteredBy: ['file:/etc/hostname', 'file:/etc/hosts', 'file:/etc/resolv.conf', 'query:*'],
  needs: ['nodename'],
  reads: () => ({ queries: [ownName()] }),
  facts: (host, _wish, known) => {
    const nodename = known('nodename')
    const [, ...names] = (host.output(ownName()) ?? '').split('\n')[0]!.trim().split(/\s+/)
    const fqdn = names.find((name) => name.includes('.')) ?? names[0] ?? nodename
    return { fqdn, domain: fqdn.split('.').slice(1).join('.') }
  },
}
