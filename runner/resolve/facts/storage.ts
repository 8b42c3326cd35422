/** Block devices and mounted file systems. */
import { Dict, type Value } from '../../value/value.ts'
import { hasProgram, program, programPaths, type Collector, type HostView } from './collector.ts'

// --- block devices -------------------------------------------------------------------------------------------------------

const DISK = '/sys/block'
const LINK_FOLDERS = { ids: '/dev/disk/by-id', uuids: '/dev/disk/by-uuid', labels: '/dev/disk/by-label' } as const
const DISK_FILES = [
  'device/vendor',
  'device/model',
  'device/sas_address',
  'device/sas_device_handle',
  'device/serial',
  'removable',
  'size',
  'queue/discard_granularity',
  'queue/rotational',
  'queue/scheduler',
  'queue/logical_block_size',
  'queue/hw_sector_size',
  'holders/*/dm/name',
]
const PARTITION_FILES = ['start', 'size', 'queue/logical_block_size', 'queue/hw_sector_size', 'holders/*/dm/name']
const PCI = program('lspci', '-D')

export const blockDevices: Collector = {
  subset: 'hardware',
  gives: ['devices', 'device_links'],
  alteredBy: ['query:*'],
  reads: () => ({
    files: [...DISK_FILES.map((file) => `${DISK}/*/${file}`), ...PARTITION_FILES.map((file) => `${DISK}/*/*/${file}`)],
    paths: [
      `${DISK}/*`,
      `${DISK}/*/*/start`,
      `${DISK}/*/holders/*`,
      `${DISK}/*/*/holders/*`,
      `${DISK}/*/slaves/*`,
      ...Object.values(LINK_FOLDERS).map((folder) => `${folder}/*`),
    ],
    folders: [DISK],
    queries: [PCI],
  }),
  facts: (host) => {
    const links = deviceLinks(host)
    const devices = host.entries(DISK).map((name): [Value, Value] => [name, disk(host, name, links)])
    return { devices: new Dict(devices), device_links: new Dict([...links].map(([kind, names]) => [kind, new Dict(names)])) }
  },
}

type Links = ReadonlyMap<string, ReadonlyMap<string, string[]>>

/** By kind and by device: the names that lead to it, and the devices that are made of it. */
function deviceLinks(host: HostView): Links {
  const links = new Map<string, Map<string, string[]>>()
  const add = (names: Map<string, string[]>, device: string, name: string): void => void names.set(device, [...(names.get(device) ?? []), name].sort())
  for (const [kind, folder] of Object.entries(LINK_FOLDERS)) {
    const names = new Map<string, string[]>()
    for (const path of host.paths(`${folder}/*`)) {
      const target = host.link(path)
      if (target !== undefined) add(names, baseName(target), baseName(path))
    }
    links.set(kind, names)
  }
  const masters = new Map<string, string[]>()
  for (const path of host.paths(`${DISK}/*/slaves/*`)) add(masters, baseName(path), path.split('/')[3]!)
  links.set('masters', masters)
  return links
}

function disk(host: HostView, name: string, links: Links): Dict {
  const folder = `${DISK}/${name}`
  const text = (file: string): string | undefined => host.text(`${folder}/${file}`)
  const sectors = text('size')
  const wwn = links
    .get('ids')!
    .get(name)
    ?.find((each) => each.startsWith('wwn-'))
  const address = /.+\/([a-f0-9]{4}:[a-f0-9]{2}:[0|1][a-f0-9]\.[0-7])\//.exec(host.link(folder) ?? '')?.[1]
  const partitions = host
    .paths(`${folder}/*/start`)
    .map((path) => path.split('/')[4]!)
    .filter((each) => each.startsWith(name))
  return Dict.of({
    virtual: 1,
    links: linksOf(name, links),
    vendor: text('device/vendor') ?? null,
    model: text('device/model') ?? null,
    sas_address: text('device/sas_address') ?? null,
    sas_device_handle: text('device/sas_device_handle') ?? null,
    serial: text('device/serial'),
    removable: text('removable') ?? null,
    support_discard: text('queue/discard_granularity') ?? null,
    wwn: wwn?.slice('wwn-'.length),
    partitions: new Dict(partitions.map((each) => [each, partition(host, folder, each, links)])),
    rotational: text('queue/rotational') ?? null,
    scheduler_mode: /\[(.*)\]/.exec(text('queue/scheduler') ?? '')?.[1] ?? '',
    sectors: sectors ?? 0,
    sectorsize: text('queue/logical_block_size') ?? text('queue/hw_sector_size') ?? 512,
    size: humanSize(Number(sectors ?? 0) * 512),
    host: address === undefined ? '' : (pciName(host, address) ?? ''),
    holders: holders(host, folder),
  })
}

function partition(host: HostView, disk: string, name: string, links: Links): Dict {
  const folder = `${disk}/${name}`
  const sectors = host.text(`${folder}/size`) ?? 0
  return Dict.of({
    links: linksOf(name, links),
    start: host.text(`${folder}/start`) ?? 0,
    sectors,
    sectorsize: host.text(`${folder}/queue/logical_block_size`) ?? host.text(`${folder}/queue/hw_sector_size`) ?? 512,
    size: humanSize(Number(sectors) * 512),
    uuid: links.get('uuids')!.get(name)?.[0] ?? null,
    holders: holders(host, folder),
  })
}

function linksOf(device: string, links: Links): Dict {
  return new Dict([...links].map(([kind, names]) => [kind, names.get(device) ?? []]))
}

function holders(host: HostView, folder: string): Value[] {
  return host
    .paths(`${folder}/holders/*`)
    .filter((path) => baseName(path).startsWith('dm-'))
    .map((path) => host.text(`${path}/dm/name`) ?? baseName(path))
}

function pciName(host: HostView, address: string): string | undefined {
  const line = host
    .output(PCI)
    ?.split('\n')
    .find((each) => each.startsWith(`${address} `))
  return line?.slice(address.length + 1)
}

const SIZES = [
  ['YB', 80],
  ['ZB', 70],
  ['EB', 60],
  ['PB', 50],
  ['TB', 40],
  ['GB', 30],
  ['MB', 20],
  ['KB', 10],
] as const

/** `256.00 GB`. */
function humanSize(bytes: number): string {
  const [unit, power] = SIZES.find(([, each]) => bytes >= 2 ** each) ?? (['Bytes', 0] as const)
  return `${(bytes / 2 ** power).toFixed(2)} ${unit}`
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

// --- mounts --------------------------------------------------------------------------------------------------------------

const UUIDS = program('lsblk', '--list', '--noheadings', '--paths', '--output', 'NAME,UUID', '--exclude', '2')

export const mounts: Collector = {
  subset: 'hardware',
  gives: ['mounts'],
  alteredBy: ['query:*', 'unit:*', 'file:/etc/fstab'],
  reads: () => ({
    files: ['/etc/mtab', '/proc/mounts', '/proc/self/mountinfo'],
    paths: programPaths('findmnt'),
    queries: [UUIDS],
  }),
  readsMore: (host, wish) => [sizes(mountTable(host), wish.timeoutMs)],
  facts: (host, wish) => {
    const table = mountTable(host)
    const size = new Map(
      (host.reply(sizes(table, wish.timeoutMs))?.stdout ?? '').split('\n').flatMap((line): [string, number[]][] => {
        const found = /^(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (.*)$/.exec(line)
        return found ? [[found[7]!, found.slice(1, 7).map(Number)]] : []
      }),
    )
    const uuids = new Map<string, string>()
    for (const line of (host.output(UUIDS) ?? '').split('\n')) {
      const found = /^\s*(.*\S)\s+(\S+)\s*$/.exec(line)
      if (found && !uuids.has(found[1]!)) uuids.set(found[1]!, found[2]!)
    }
    return {
      mounts: table.map(({ mount, device, type, options }) => {
        const found = size.get(mount)
        return Dict.of({ mount, device, fstype: type, options, ...(found && statistics(found)), uuid: uuids.get(device) ?? 'N/A' })
      }),
    }
  },
}

/** Block size, fragment size, blocks, those available, inodes, those free. */
function statistics([blockSize = 0, fragmentSize = 0, blocks = 0, available = 0, inodes = 0, inodesFree = 0]: readonly number[]): Record<string, number> {
  return {
    size_total: fragmentSize * blocks,
    size_available: fragmentSize * available,
    block_size: blockSize,
    block_total: blocks,
    block_available: available,
    block_used: blocks - available,
    inode_total: inodes,
    inode_available: inodesFree,
    inode_used: inodes - inodesFree,
  }
}

function sizes(table: readonly Mount[], timeoutMs: number): ReturnType<typeof program> {
  return { ...program('stat', '-f', '-c', '%s %S %b %a %c %d %n', '--', ...table.map(({ mount }) => mount)), timeoutMs }
}

interface Mount {
  readonly mount: string
  readonly device: string
  readonly type: string
  readonly options: string
}

/** What is mounted from a device or from another host; of two on one folder, the last. */
function mountTable(host: HostView): Mount[] {
  const lines = host.text('/etc/mtab') === undefined ? host.lines('/proc/mounts') : host.lines('/etc/mtab')
  // A file system of which only a part is mounted there.
  const bound = new Set(
    hasProgram(host, 'findmnt')
      ? host.lines('/proc/self/mountinfo').flatMap((line) => {
          const [, , , root, mount] = line.split(' ')
          return root === '/' || mount === undefined ? [] : [unescaped(mount)]
        })
      : [],
  )
  const table = new Map<string, Mount>()
  for (const line of lines) {
    const [device, mount, type, options] = line.split(/\s+/).map(unescaped)
    if (options === undefined || type === 'none' || !/^[/\\]|:\//.test(device!)) continue
    table.set(mount!, { mount: mount!, device: device!, type: type!, options: bound.has(mount!) ? `${options},bind` : options })
  }
  return [...table.values()]
}

/** Spaces and the like stand as octal numbers. */
function unescaped(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
