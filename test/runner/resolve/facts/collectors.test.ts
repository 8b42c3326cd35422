import t from 'tap'
import { COLLECTORS, giverOf, readFacts, withNeeded, type Wish } from '../../../../runner/resolve/facts/index.ts'
import { toJson } from '../../../../runner/value/convert.ts'
import { readOnlyFault } from '../../../../runner/probe/allowed.ts'
import type { QueryRead } from '../../../../runner/contract/resource.ts'
import { askHost, type FactHost } from '../../../support/fact-host.ts'

const WISH: Wish = { factPath: '/etc/ansible/facts.d', python: undefined, environment: {}, nowSeconds: 1_700_000_000, timeoutMs: 10_000 }

async function factsOf(host: FactHost, ...names: string[]): Promise<Record<string, unknown>> {
  const facts = await readFacts(withNeeded(names.map(giverOf)), WISH, askHost(host))
  const all = new Map([...facts.values()].flatMap((each) => [...each]))
  return Object.fromEntries([...all].map(([name, value]) => [name, JSON.parse(toJson(value)) as unknown]))
}

t.test('every collector can be asked for, and reads only', async (t) => {
  const asked: QueryRead[] = []
  // A host that answers every program with nonsense: nothing may throw.
  const nonsense = ': \u0000 x=\n1: eth0@if2: <>\n inet\n - [\n'
  const facts = await readFacts(withNeeded(COLLECTORS), WISH, (queries) => {
    asked.push(...queries)
    return Promise.resolve(queries.map(() => ({ exitCode: 0, stdout: nonsense, stderr: nonsense })))
  })
  t.equal(facts.size, COLLECTORS.length)
  for (const query of asked) t.equal(readOnlyFault(query), undefined, query.argv.join(' '))
  const nothing = await readFacts(withNeeded(COLLECTORS), WISH, (queries) => Promise.resolve(queries.map(() => undefined)))
  t.equal(nothing.size, COLLECTORS.length)
  const given = COLLECTORS.flatMap((each) => each.gives)
  t.equal(new Set(given).size, given.length, 'a fact has one collector')
})

t.test('equal files are read once, and programs once', async (t) => {
  const asked: QueryRead[] = []
  await readFacts(withNeeded(COLLECTORS), WISH, askHost({}, asked))
  const argv = asked.map((query) => JSON.stringify(query.argv))
  t.equal(new Set(argv).size, argv.length)
  t.ok(argv.length < 40, `${argv.length} programs for all facts`)
  const files = asked.find(({ argv }) => argv[2]?.includes('grep'))!.argv
  t.notOk(files.includes('/etc/alpine-release'), 'a pattern has it already')
})

t.test('network', async (t) => {
  const net = '/sys/class/net'
  const host: FactHost = {
    files: {
      '/sbin/ip': 'x',
      [`${net}/lo/`]: '',
      [`${net}/lo/address`]: '00:00:00:00:00:00\n',
      [`${net}/lo/mtu`]: '65536\n',
      [`${net}/lo/type`]: '772\n',
      [`${net}/lo/operstate`]: 'unknown\n',
      [`${net}/lo/flags`]: '0x9\n',
      [`${net}/ens3/`]: '',
      [`${net}/ens3/address`]: '52:54:00:00:00:01\n',
      [`${net}/ens3/mtu`]: '9000\n',
      [`${net}/ens3/type`]: '1\n',
      [`${net}/ens3/operstate`]: 'up\n',
      [`${net}/ens3/speed`]: '10000\n',
      [`${net}/ens3/flags`]: '0x1103\n',
      [`${net}/ens3/device`]: { target: '../../../0000:00:03.0' },
      [`${net}/ens3/device/driver/module`]: { target: '../../../../module/virtio_net' },
      [`${net}/br-x/`]: '',
      [`${net}/br-x/address`]: '52:54:00:00:00:02\n',
      [`${net}/br-x/bridge`]: '',
      [`${net}/br-x/bridge/bridge_id`]: '8000.525400000002\n',
      [`${net}/br-x/bridge/stp_state`]: '0\n',
      [`${net}/br-x/brif/veth1`]: { target: '../../veth1/brport' },
      [`${net}/br-x/operstate`]: 'down\n',
      [`${net}/bond0/`]: '',
      [`${net}/bond0/bonding`]: '',
      [`${net}/bond0/bonding/slaves`]: 'eth1 eth2\n',
      [`${net}/bond0/bonding/mode`]: 'active-backup 1\n',
      [`${net}/bond0/bonding/miimon`]: '100\n',
      [`${net}/bond0/bonding/lacp_rate`]: 'slow 0\n',
      [`${net}/tun0/`]: '',
      [`${net}/tun0/type`]: '65534\n',
      [`${net}/tun0/mtu`]: '1500\n',
    },
    programs: {
      'ip addr show': [
        '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000',
        '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00',
        '    inet 127.0.0.1/8 scope host lo',
        '    inet6 ::1/128 scope host ',
        '2: ens3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9000',
        '    inet 10.0.0.5/24 brd 10.0.0.255 scope global dynamic ens3',
        '    inet 10.0.0.6/24 brd 10.0.0.255 scope global secondary ens3:1',
        '    inet6 2001:db8::5/64 scope global dynamic ',
        '    inet6 fe80::1/64 scope link ',
        '5: tun0: <POINTOPOINT,UP> mtu 1500',
        '    inet 10.8.0.1 peer 10.8.0.2/32 scope global tun0',
        '    inet6 fd00::1 peer fd00::2/128 scope global ',
        '',
      ].join('\n'),
      'ip -4 route get 8.8.8.8': '8.8.8.8 via 10.0.0.1 dev ens3 src 10.0.0.5 uid 0 \n    cache \n',
      'ip -6 route get 2404:6800:400a:800::1012': '2404:6800:400a:800::1012 from :: via fe80::ff dev ens3 proto ra src 2001:db8::5 metric 1024 pref medium\n',
    },
  }
  const facts = await factsOf(host, 'interfaces')
  t.strictSame((facts['interfaces'] as string[]).sort(), ['bond0', 'br-x', 'ens3', 'ens3_1', 'lo', 'tun0'])
  t.strictSame(facts['all_ipv4_addresses'], ['10.0.0.5', '10.0.0.6', '10.8.0.1'])
  t.strictSame(facts['all_ipv6_addresses'], ['2001:db8::5', 'fe80::1', 'fd00::1'])
  t.strictSame(facts['default_ipv4'], {
    gateway: '10.0.0.1',
    interface: 'ens3',
    address: '10.0.0.5',
    broadcast: '10.0.0.255',
    netmask: '255.255.255.0',
    network: '10.0.0.0',
    prefix: '24',
    macaddress: '52:54:00:00:00:01',
    mtu: 9000,
    type: 'ether',
    alias: 'ens3',
  })
  t.match(facts['default_ipv6'], { gateway: 'fe80::ff', interface: 'ens3', address: '2001:db8::5', prefix: '64', scope: 'global', mtu: 9000, type: 'ether' })
  const second = { address: '10.0.0.6', broadcast: '10.0.0.255', netmask: '255.255.255.0', network: '10.0.0.0', prefix: '24' }
  t.strictSame(facts['ens3'], {
    device: 'ens3',
    macaddress: '52:54:00:00:00:01',
    mtu: 9000,
    active: true,
    module: 'virtio_net',
    type: 'ether',
    pciid: '0000:00:03.0',
    speed: 10000,
    promisc: true,
    ipv4: { address: '10.0.0.5', broadcast: '10.0.0.255', netmask: '255.255.255.0', network: '10.0.0.0', prefix: '24' },
    ipv6: [
      { address: '2001:db8::5', prefix: '64', scope: 'global' },
      { address: 'fe80::1', prefix: '64', scope: 'link' },
    ],
    ipv4_secondaries: [second],
  })
  t.strictSame(facts['ens3_1'], { ipv4_secondaries: [second] })
  t.strictSame(facts['lo'], {
    device: 'lo',
    mtu: 65536,
    active: true,
    type: 'loopback',
    promisc: false,
    ipv4: { address: '127.0.0.1', broadcast: '', netmask: '255.0.0.0', network: '127.0.0.0', prefix: '8' },
    ipv6: [{ address: '::1', prefix: '128', scope: 'host' }],
  })
  t.match(facts['br_x'], { type: 'bridge', interfaces: ['veth1'], id: '8000.525400000002', stp: false, active: false })
  t.match(facts['bond0'], { type: 'bonding', slaves: ['eth1', 'eth2'], mode: 'active-backup', miimon: '100', lacp_rate: 'slow' })
  t.match(facts['tun0'], {
    type: 'tunnel',
    ipv4: { address: '10.8.0.1', broadcast: '', netmask: '255.255.255.255', network: '10.8.0.1', prefix: '32' },
    ipv6: [{ address: 'fd00::1', prefix: '128', scope: 'global' }],
  })
  t.strictSame(await factsOf({ ...host, files: {} }, 'interfaces'), {}, 'without ip(8) there are none')
})

t.test('processors', async (t) => {
  const facts = async (cpuinfo: string, machine = 'x86_64', more: FactHost['files'] = {}): Promise<unknown[]> => {
    const found = await factsOf(
      {
        files: { '/proc/cpuinfo': cpuinfo, '/proc/self/status': 'Cpus_allowed_list:\t0-2,5\n', ...more },
        programs: { 'uname -s -n -r -m': `Linux h 6.1 ${machine}\n` },
      },
      'processor',
    )
    return ['count', 'cores', 'threads_per_core', 'vcpus', 'nproc'].map((name) => found[`processor_${name}`])
  }
  const intel = (processor: number, socket: number, core: number): string =>
    `processor\t: ${processor}\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\nphysical id\t: ${socket}\nsiblings\t: 4\ncore id\t\t: ${core}\ncpu cores\t: 2\nflags\t\t: fpu vme\n\n`
  const four = [0, 1, 2, 3].map((each) => intel(each, 0, each % 2)).join('')
  t.strictSame(await facts(four), [1, 2, 2, 4, 4])
  t.strictSame(await facts(four + [4, 5, 6, 7].map((each) => intel(each, 1, each % 2)).join('')), [2, 2, 2, 8, 4])
  t.strictSame(await facts('processor\t: 0\nBogoMIPS\t: 50\n\nprocessor\t: 1\nBogoMIPS\t: 50\n', 'aarch64'), [2, 1, 1, 2, 4])
  t.strictSame(await facts(four.replaceAll(' vme', ''), 'x86_64', { '/proc/xen': '' }), [4, 4, 1, 4, undefined], 'paravirtual Xen')
  t.strictSame((await factsOf({ files: { '/proc/cpuinfo': intel(0, 0, 0) } }, 'processor'))['processor'], ['0', 'GenuineIntel', 'Xeon'])
})

t.test('virtualization', async (t) => {
  const table: readonly (readonly [FactHost['files'], string, string, string[], string[]])[] = [
    [{}, 'NA', 'NA', [], []],
    [{ '/sys/devices/virtual/dmi/id/sys_vendor': 'QEMU\n' }, 'kvm', 'guest', ['kvm'], []],
    [{ '/sys/devices/virtual/dmi/id/product_name': 'VMware7,1\n' }, 'VMware', 'guest', ['VMware'], []],
    [{ '/sys/devices/virtual/dmi/id/bios_vendor': 'innotek GmbH\n' }, 'virtualbox', 'guest', ['virtualbox'], []],
    [{ '/sys/devices/virtual/dmi/id/sys_vendor': 'Amazon EC2\n', '/dev/kvm': '' }, 'kvm', 'guest', ['kvm'], ['kvm']],
    [{ '/.dockerenv': '' }, 'docker', 'guest', ['docker', 'container'], []],
    [{ '/proc/1/environ': 'TERM=x\0container=lxc\0' }, 'lxc', 'guest', ['lxc', 'container'], []],
    [{ '/run/systemd/container': 'systemd-nspawn\n' }, 'systemd-nspawn', 'guest', ['systemd-nspawn', 'container'], []],
    [{ '/proc/1/cgroup': '0::/system.slice/docker-0a1b.scope\n' }, 'docker', 'guest', ['docker', 'container'], []],
    [{ '/proc/xen': '', '/proc/xen/capabilities': 'control_d\n' }, 'xen', 'host', [], ['xen']],
    [{ '/proc/xen': '' }, 'xen', 'guest', [], []],
    [{ '/proc/modules': 'kvm 1 0 - Live\nvboxdrv 1 0 - Live\n' }, 'kvm', 'host', [], ['kvm', 'virtualbox']],
    [{ '/proc/modules': 'virtio 1 0 - Live\n' }, 'kvm', 'guest', [], ['kvm']],
    [{ '/proc/vz': '', '/proc/bc': '' }, 'openvz', 'host', [], ['openvz']],
  ]
  for (const [files, type, role, guest, host] of table) {
    t.strictSame(
      await factsOf({ files: files ?? {} }, 'virtualization_type'),
      { virtualization_type: type, virtualization_role: role, virtualization_tech_guest: guest, virtualization_tech_host: host },
      JSON.stringify(files),
    )
  }
})

t.test('the first process, and who manages services', async (t) => {
  const table: readonly (readonly [FactHost['files'], string])[] = [
    [{ '/proc/1/comm': 'systemd\n' }, 'systemd'],
    [{ '/proc/1/comm': 'bash\n', '/usr/bin/systemctl': 'x', '/run/systemd/system/': '' }, 'systemd'],
    [{ '/proc/1/comm': 'init\n', '/sbin/openrc': 'x' }, 'openrc'],
    [{ '/proc/1/comm': 'init\n', '/sbin/initctl': 'x', '/etc/init/': '' }, 'upstart'],
    [{ '/proc/1/comm': 'sh\n', '/bin/systemctl': 'x', '/sbin/init': { target: '/lib/systemd/systemd' } }, 'systemd'],
    [{ '/proc/1/comm': 'init\n', '/etc/init.d/': '' }, 'sysvinit'],
    [{ '/proc/1/comm': 'runit-init\n' }, 'runit'],
    [{ '/proc/1/comm': 'procd\n' }, 'openwrt_init'],
    [{}, 'service'],
  ]
  for (const [files, manager] of table) t.equal((await factsOf({ files: files ?? {} }, 'service_mgr'))['service_mgr'], manager, JSON.stringify(files))
})

t.test('security modules', async (t) => {
  t.strictSame(await factsOf({}, 'selinux'), { selinux: { status: 'Missing selinux Python library' }, selinux_python_present: false })
  const files = { '/usr/lib64/libselinux.so.1': 'x', '/etc/selinux/config': '# SELINUX=x\nSELINUX=permissive\nSELINUXTYPE=targeted\n' }
  t.match(await factsOf({ files }, 'selinux'), { selinux: { status: 'disabled' }, selinux_python_present: true })
  const enabled = {
    ...files,
    '/proc/self/mounts': 'selinuxfs /sys/fs/selinux selinuxfs rw,nosuid 0 0\n',
    '/sys/fs/selinux/enforce': '1',
    '/sys/fs/selinux/policyvers': '33',
  }
  t.strictSame((await factsOf({ files: enabled }, 'selinux'))['selinux'], {
    status: 'enabled',
    policyvers: 33,
    config_mode: 'permissive',
    mode: 'enforcing',
    type: 'targeted',
  })
  t.match(await factsOf({ files: { ...enabled, '/proc/self/mounts': 'selinuxfs /sys/fs/selinux selinuxfs ro 0 0\n' } }, 'selinux'), {
    selinux: { status: 'disabled' },
  })
  t.match(await factsOf({ files: { '/sys/kernel/security/apparmor': '' } }, 'apparmor'), { apparmor: { status: 'enabled' } })
  t.match(await factsOf({ files: { '/proc/sys/crypto/fips_enabled': '1\n' } }, 'fips'), { fips: true })
})

t.test('names of the host', async (t) => {
  const names = async (uname: string, own: string | number): Promise<unknown[]> => {
    const facts = await factsOf({ programs: { 'uname -s -n -r -m': `Linux ${uname} 6.1 x86_64\n`, script: own } }, 'fqdn')
    return ['hostname', 'nodename', 'fqdn', 'domain'].map((name) => facts[name])
  }
  t.strictSame(await names('web1', '127.0.1.1 web1.example.com web1\n'), ['web1', 'web1', 'web1.example.com', 'example.com'])
  t.strictSame(await names('web1', '10.0.0.1 web1 web1.example.com\n'), ['web1', 'web1', 'web1.example.com', 'example.com'], 'an alias with dots is preferred')
  t.strictSame(await names('web1.example.com', 2), ['web1', 'web1.example.com', 'web1.example.com', 'example.com'], 'no resolver')
  t.strictSame(await names('web1', '127.0.0.1 localhost\n'), ['web1', 'web1', 'localhost', ''])
})

t.test('the machine', async (t) => {
  const facts = (machine: string, byte: string): Promise<Record<string, unknown>> =>
    factsOf({ programs: { 'uname -s -n -r -m': `Linux h 6.1 ${machine}\n`, 'head -c 5 /bin/sh': `\u007fELF${byte}` } }, 'machine')
  t.match(await facts('x86_64', '\u0002'), { machine: 'x86_64', architecture: 'x86_64', userspace_bits: '64', userspace_architecture: 'x86_64' })
  t.match(await facts('x86_64', '\u0001'), { architecture: 'x86_64', userspace_bits: '32', userspace_architecture: 'i386' })
  t.match(await facts('i686', '\u0001'), { architecture: 'i386', userspace_architecture: 'i386' })
  t.match(await facts('aarch64', '\u0002'), { architecture: 'aarch64', userspace_architecture: undefined })
})

t.test('date and time', async (t) => {
  const now = '2023%n11%nTuesday%n2%n46%n14%n23%n13%n20%n1700000000%nCET%n+0100%n123456789'.replaceAll('%n', '\n')
  const key = 'date +%Y%n%m%n%A%n%w%n%W%n%d%n%H%n%M%n%S%n%s%n%Z%n%z%n%N'
  const facts = async (programs: FactHost['programs']): Promise<Record<string, unknown>> =>
    (await factsOf({ programs: { [key]: now, ...programs } }, 'date_time'))['date_time'] as Record<string, unknown>
  const january = `@${Math.floor(1_700_000_000 / 31_557_600) * 31_557_600}`
  const half = `@${Math.floor(1_700_000_000 / 31_557_600) * 31_557_600 + 15_778_800}`
  const north = await facts({ [`date -d ${january} +%z %Z`]: '+0100 CET\n', [`date -d ${half} +%z %Z`]: '+0200 CEST\n' })
  t.match(north, {
    date: '2023-11-14',
    time: '23:13:20',
    epoch: '1700000000',
    iso8601: '2023-11-14T22:13:20Z',
    iso8601_micro: '2023-11-14T22:13:20.123456Z',
    iso8601_basic: '20231114T231320123456',
    weekday: 'Tuesday',
    tz: 'CET',
    tz_dst: 'CEST',
    tz_offset: '+0100',
  })
  t.equal(
    (await facts({ [`date -d ${january} +%z %Z`]: '+1100 AEDT\n', [`date -d ${half} +%z %Z`]: '+1000 AEST\n' }))['tz_dst'],
    'AEDT',
    'south of the equator',
  )
  t.equal((await facts({}))['tz_dst'], 'CET', 'where date tells nothing')
})

t.test('disks and mounts', async (t) => {
  const host: FactHost = {
    files: {
      '/sys/block/sda': { target: '../devices/pci0000:00/0000:00:1f.2/ata1/block/sda' },
      '/sys/block/sda/size': '41943040\n',
      '/sys/block/sda/removable': '0\n',
      '/sys/block/sda/queue/scheduler': 'none [mq-deadline]\n',
      '/sys/block/sda/queue/logical_block_size': '512\n',
      '/sys/block/sda/queue/rotational': '1\n',
      '/sys/block/sda/device/model': 'QEMU HARDDISK   \n',
      '/sys/block/sda/device/vendor': 'ATA     \n',
      '/sys/block/sda/sda1/start': '2048\n',
      '/sys/block/sda/sda1/size': '2097152\n',
      '/sys/block/sda/sda1/holders/dm-0': { target: '../../../dm-0' },
      '/sys/block/sda/sda1/holders/dm-0/dm/name': 'vg-root\n',
      '/sys/block/dm-0': { target: '../devices/virtual/block/dm-0' },
      '/sys/block/dm-0/size': '1024\n',
      '/sys/block/dm-0/slaves/sda1': { target: '../../../sda1' },
      '/dev/disk/by-uuid/aaaa-bbbb': { target: '../../sda1' },
      '/dev/disk/by-id/wwn-0x5000': { target: '../../sda' },
      '/etc/mtab': '/dev/sda1 / ext4 rw,relatime 0 0\nproc /proc proc rw 0 0\nnas:/export /mnt/my\\040files nfs4 rw 0 0\n/dev/sda1 /srv/bound ext4 rw 0 0\n',
      '/proc/self/mountinfo': '25 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n30 25 8:1 /var/data /srv/bound rw - ext4 /dev/sda1 rw\n',
      '/usr/bin/findmnt': 'x',
    },
    programs: {
      'lspci -D': '0000:00:1f.2 SATA controller: Intel AHCI\n',
      'lsblk --list --noheadings --paths --output NAME,UUID --exclude 2': '/dev/sda\n/dev/sda1 aaaa-bbbb\n',
      'stat -f -c %s %S %b %a %c %d %n -- / /mnt/my files /srv/bound': '4096 4096 1000 400 500 300 /\n1048576 1048576 10 5 0 0 /mnt/my files\n',
    },
  }
  const facts = await factsOf(host, 'devices', 'mounts')
  const devices = facts['devices'] as Record<string, Record<string, unknown>>
  t.match(devices['sda'], {
    model: 'QEMU HARDDISK',
    vendor: 'ATA',
    host: 'SATA controller: Intel AHCI',
    size: '20.00 GB',
    sectors: '41943040',
    scheduler_mode: 'mq-deadline',
    wwn: '0x5000',
    holders: [],
    partitions: { sda1: { start: '2048', size: '1.00 GB', uuid: 'aaaa-bbbb', holders: ['vg-root'], sectorsize: 512 } },
  })
  t.match(devices['dm-0'], { host: '', size: '512.00 KB', model: null })
  t.match(facts['device_links'], { uuids: { sda1: ['aaaa-bbbb'] }, ids: { sda: ['wwn-0x5000'] }, masters: { sda1: ['dm-0'] }, labels: {} })
  t.strictSame(facts['mounts'], [
    {
      mount: '/',
      device: '/dev/sda1',
      fstype: 'ext4',
      options: 'rw,relatime',
      size_total: 4096000,
      size_available: 1638400,
      block_size: 4096,
      block_total: 1000,
      block_available: 400,
      block_used: 600,
      inode_total: 500,
      inode_available: 300,
      inode_used: 200,
      uuid: 'aaaa-bbbb',
    },
    {
      mount: '/mnt/my files',
      device: 'nas:/export',
      fstype: 'nfs4',
      options: 'rw',
      size_total: 10485760,
      size_available: 5242880,
      block_size: 1048576,
      block_total: 10,
      block_available: 5,
      block_used: 5,
      inode_total: 0,
      inode_available: 0,
      inode_used: 0,
      uuid: 'N/A',
    },
    { mount: '/srv/bound', device: '/dev/sda1', fstype: 'ext4', options: 'rw,bind', uuid: 'aaaa-bbbb' },
  ])
})

t.test('what files say', async (t) => {
  const files = {
    '/etc/resolv.conf': '# x\nnameserver 10.0.0.2 \nnameserver 10.0.0.3\nsearch a.example b.example\noptions ndots:2 rotate\ndomain a.example\n',
    '/proc/cmdline': 'ro root=/dev/sda1 console=tty0 console=ttyS0 x="a b" quiet\n',
    '/proc/loadavg': '0.50 1.00 2.25 1/100 999\n',
    '/etc/iscsi/initiatorname.iscsi': '# x\nInitiatorName=iqn.2020-01.example:1\n',
    '/etc/nvme/hostnqn': 'nqn.2014-08.org:x\n',
    '/etc/ssh/ssh_host_ed25519_key.pub': 'ssh-ed25519 AAAA root@x\n',
    '/etc/ssh_host_rsa_key.pub': 'ssh-rsa BBBB root@x\n',
    '/etc/lsb-release': 'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\nDISTRIB_DESCRIPTION="Ubuntu 22.04.3 LTS"\n',
    '/etc/machine-id': 'abc\n',
    '/proc/uptime': '12345.67 1\n',
    '/sys/devices/virtual/dmi/id/product_name': 'KVM\n',
    '/sys/devices/virtual/dmi/id/chassis_type': '17\n',
  }
  const facts = await factsOf(
    { files },
    'dns',
    'cmdline',
    'loadavg',
    'iscsi_iqn',
    'hostnqn',
    'ssh_host_key_rsa_public',
    'lsb',
    'machine_id',
    'uptime_seconds',
    'form_factor',
  )
  t.match(facts, {
    dns: { nameservers: ['10.0.0.2', '10.0.0.3'], search: ['a.example', 'b.example'], options: { ndots: '2', rotate: true }, domain: 'a.example' },
    cmdline: { ro: true, root: '/dev/sda1', console: 'ttyS0', x: '"a b"', quiet: true },
    proc_cmdline: { console: ['tty0', 'ttyS0'] },
    loadavg: { '1m': 0.5, '5m': 1, '15m': 2.25 },
    iscsi_iqn: 'iqn.2020-01.example:1',
    hostnqn: 'nqn.2014-08.org:x',
    ssh_host_key_ed25519_public: 'AAAA',
    ssh_host_key_ed25519_public_keytype: 'ssh-ed25519',
    lsb: { id: 'Ubuntu', release: '22.04', codename: 'jammy', description: 'Ubuntu 22.04.3 LTS', major_release: '22' },
    machine_id: 'abc',
    uptime_seconds: 12345,
    form_factor: 'Main Server Chassis',
    product_name: 'KVM',
    bios_date: 'NA',
  })
  t.notOk('ssh_host_key_rsa_public' in facts, 'the first folder that has keys counts')
  t.match(await factsOf({ files: { '/proc/cmdline': '' } }, 'cmdline'), {})
})

t.test('the user', async (t) => {
  const facts = await factsOf(
    {
      files: { '/proc/self/status': 'Uid:\t1000\t0\t0\t0\nGid:\t1000\t1000\t1000\t1000\n' },
      programs: { script: 'opc\nopc:x:1000:1000:Oracle,,,:/home/opc:/bin/bash\n' },
    },
    'user_id',
  )
  t.strictSame(facts, {
    user_id: 'opc',
    user_uid: 1000,
    user_gid: 1000,
    user_gecos: 'Oracle,,,',
    user_dir: '/home/opc',
    user_shell: '/bin/bash',
    real_user_id: 1000,
    effective_user_id: 0,
    real_group_id: 1000,
    effective_group_id: 1000,
  })
})

t.test('local facts', async (t) => {
  const piece = (name: string, kind: string, output: string, code = 0): string => `\0/etc/ansible/facts.d/${name}.fact\0${kind}\0${output}\0${code}\0`
  const facts = await factsOf(
    {
      programs: {
        'script /etc/ansible/facts.d':
          piece('json', 'r', '{"a": [1, 1.5]}\n') +
          piece('ini', 'r', '[general]\nName = x\n# c\nlong = a\n  b\n') +
          piece('empty', 'r', '') +
          piece('broken', 'r', 'no section\n') +
          piece('program', 'x', '{"b": true}\n') +
          piece('fails', 'x', '', 3),
      },
    },
    'local',
  )
  t.strictSame(facts['local'], {
    json: { a: [1, 1.5] },
    ini: { general: { name: 'x', long: 'a\nb' } },
    empty: {},
    broken: 'error loading facts as JSON or ini - please check content: /etc/ansible/facts.d/broken.fact',
    program: { b: true },
    fails: 'Failure executing fact script (/etc/ansible/facts.d/fails.fact), rc: 3, err: ',
  })
})
