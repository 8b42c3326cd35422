/** Processors, memory, firmware and uptime. */
import { Dict, type Value } from '../../value/value.ts'
import { hasProgram, program, programPaths, type Collector, type Facts, type HostView } from './collector.ts'

// --- processors ----------------------------------------------------------------------------------------------------------

const CPU_KEYS = new Set(['model name', 'Processor', 'vendor_id', 'cpu', 'Vendor', 'processor'])

export const processors: Collector = {
  subset: 'hardware',
  gives: ['processor', 'processor_count', 'processor_cores', 'processor_vcpus', 'processor_nproc', 'processor_threads_per_core'],
  needs: ['architecture'],
  alteredBy: 'nothing',
  reads: () => ({ files: ['/proc/cpuinfo', '/proc/self/status', '/sys/hypervisor/type'], paths: ['/proc/xen'] }),
  facts: (host, _wish, known) => (host.text('/proc/cpuinfo') === undefined ? {} : processorFacts(host, known('architecture'))),
}

function processorFacts(host: HostView, architecture: string): Facts {
  const words: string[] = []
  const seen = { vendor_id: 0, 'model name': 0, processor: 0 }
  let count = 0
  let socket = '0'
  let core = '0'
  let coresGiven: number | undefined
  /** Cores by socket, threads by core, as the kernel tells them. */
  const sockets = new Map<string, number>()
  const cores = new Map<string, number>()
  let paravirtual = false
  const isXen = host.exists('/proc/xen') || host.lines('/sys/hypervisor/type')[0]?.trim() === 'xen'
  for (const line of host.lines('/proc/cpuinfo')) {
    const at = line.indexOf(':')
    const key = (at < 0 ? line : line.slice(0, at)).trim()
    const value = at < 0 ? '' : line.slice(at + 1).trim()
    // A paravirtual Xen guest lacks this flag, and counts its processors otherwise.
    if (isXen && key === 'flags' && !value.includes('vme')) paravirtual = true
    if (CPU_KEYS.has(key)) {
      words.push(value)
      count++
      if (key in seen) seen[key as keyof typeof seen]++
    } else if (key === 'physical id') {
      socket = value
      if (!sockets.has(socket)) sockets.set(socket, 1)
    } else if (key === 'core id') {
      core = value
      // As Ansible does: the number of a core is looked for among the sockets.
      if (!sockets.has(core)) cores.set(core, 1)
    } else if (key === 'cpu cores') sockets.set(socket, Number(value))
    else if (key === 'siblings') cores.set(core, Number(value))
    else if (key === '# processors') coresGiven = Number(value)
    else if (key === 'ncpus active') count = Number(value)
  }
  if (seen.vendor_id > 0 && seen.vendor_id === seen['model name']) count = seen.vendor_id
  if (/^(?:armv|aarch|ppc)/.test(architecture)) count = seen.processor
  if (architecture === 's390x') return { processor: words, processor_cores: coresGiven }
  if (paravirtual) return { processor: words, processor_count: count, processor_cores: count, processor_threads_per_core: 1, processor_vcpus: count }
  const processorCount = sockets.size > 0 ? sockets.size : count
  const processorCores = [...sockets.values()][0] || 1
  const threads = Math.floor(([...cores.values()][0] ?? 1) / processorCores)
  return {
    processor: words,
    processor_count: processorCount,
    processor_cores: processorCores,
    processor_threads_per_core: threads,
    processor_vcpus: threads * processorCount * processorCores,
    processor_nproc: allowedProcessors(host) ?? seen.processor,
  }
}

/** On how many processors a program may run: `0-3,8`. */
function allowedProcessors(host: HostView): number | undefined {
  const list = host
    .lines('/proc/self/status')
    .find((line) => line.startsWith('Cpus_allowed_list:'))
    ?.split(/\s+/)[1]
  if (!list) return undefined
  return list
    .split(',')
    .map((part) => part.split('-').map(Number))
    .reduce((sum, [from = 0, to = from]) => sum + to - from + 1, 0)
}

// --- memory --------------------------------------------------------------------------------------------------------------

export const memory: Collector = {
  subset: 'hardware',
  gives: ['memory_mb', 'memtotal_mb', 'memfree_mb', 'swaptotal_mb', 'swapfree_mb'],
  alteredBy: ['query:*', 'unit:*'],
  reads: () => ({ files: ['/proc/meminfo'] }),
  facts: (host) => {
    const lines = host.lines('/proc/meminfo')
    if (lines.length === 0) return {}
    const megabytes = new Map(lines.map((line) => [line.split(':')[0]!, Math.floor(Number(/:\s*(\d+)/.exec(line)?.[1] ?? 0) / 1024)]))
    const [total, free, buffers, cached] = ['MemTotal', 'MemFree', 'Buffers', 'Cached'].map((name) => megabytes.get(name) ?? 0) as [
      number,
      number,
      number,
      number,
    ]
    const [swapTotal, swapFree, swapCached] = ['SwapTotal', 'SwapFree', 'SwapCached'].map((name) => megabytes.get(name) ?? 0) as [number, number, number]
    const available = cached + free + buffers
    return {
      memtotal_mb: total,
      memfree_mb: free,
      swaptotal_mb: swapTotal,
      swapfree_mb: swapFree,
      memory_mb: Dict.of({
        real: Dict.of({ total, used: total - free, free }),
        nocache: Dict.of({ free: available, used: total - available }),
        swap: Dict.of({ total: swapTotal, free: swapFree, used: swapTotal - swapFree, cached: swapCached }),
      }),
    }
  },
}

// --- firmware ------------------------------------------------------------------------------------------------------------

const DMI = '/sys/devices/virtual/dmi/id'

/** Facts, with the file's name in sysfs and dmidecode's keyword. */
const DMI_NAMES: Readonly<Record<string, readonly [file: string, keyword: string]>> = {
  bios_date: ['bios_date', 'bios-release-date'],
  bios_vendor: ['bios_vendor', 'bios-vendor'],
  bios_version: ['bios_version', 'bios-version'],
  board_asset_tag: ['board_asset_tag', 'baseboard-asset-tag'],
  board_name: ['board_name', 'baseboard-product-name'],
  board_serial: ['board_serial', 'baseboard-serial-number'],
  board_vendor: ['board_vendor', 'baseboard-manufacturer'],
  board_version: ['board_version', 'baseboard-version'],
  chassis_asset_tag: ['chassis_asset_tag', 'chassis-asset-tag'],
  chassis_serial: ['chassis_serial', 'chassis-serial-number'],
  chassis_vendor: ['chassis_vendor', 'chassis-manufacturer'],
  chassis_version: ['chassis_version', 'chassis-version'],
  form_factor: ['chassis_type', 'chassis-type'],
  product_name: ['product_name', 'system-product-name'],
  product_serial: ['product_serial', 'system-serial-number'],
  product_uuid: ['product_uuid', 'system-uuid'],
  product_version: ['product_version', 'system-version'],
  system_vendor: ['sys_vendor', 'system-manufacturer'],
}

/** Types of a chassis by their number in the SMBIOS specification, table 17, in Ansible's spelling. */
const FORM_FACTORS =
  'Unknown,Other,Unknown,Desktop,Low Profile Desktop,Pizza Box,Mini Tower,Tower,Portable,Laptop,Notebook,Hand Held,Docking Station,All In One,Sub Notebook,Space-saving,Lunch Box,Main Server Chassis,Expansion Chassis,Sub Chassis,Bus Expansion Chassis,Peripheral Chassis,RAID Chassis,Rack Mount Chassis,Sealed-case PC,Multi-system,CompactPCI,AdvancedTCA,Blade,Blade Enclosure,Tablet,Convertible,Detachable,IoT Gateway,Embedded PC,Mini PC,Stick PC'.split(
    ',',
  )

const dmidecode = (keyword: string): ReturnType<typeof program> => program('dmidecode', '-s', keyword)

export const firmware: Collector = {
  subset: 'hardware',
  gives: Object.keys(DMI_NAMES),
  alteredBy: 'nothing',
  reads: () => ({
    files: Object.values(DMI_NAMES).map(([file]) => `${DMI}/${file}`),
    paths: [`${DMI}/product_name`, ...programPaths('dmidecode')],
  }),
  // Old kernels do not tell; then the program reads the tables itself.
  readsMore: (host) =>
    host.exists(`${DMI}/product_name`) || !hasProgram(host, 'dmidecode') ? [] : Object.values(DMI_NAMES).map(([, keyword]) => dmidecode(keyword)),
  facts: (host) => {
    const decoded = (keyword: string): string | undefined =>
      host
        .output(dmidecode(keyword))
        ?.split('\n')
        .filter((line) => !line.startsWith('#'))
        .join('')
    const inSysfs = host.exists(`${DMI}/product_name`)
    return Object.fromEntries(
      Object.entries(DMI_NAMES).map(([name, [file, keyword]]) => {
        const value = inSysfs ? host.text(`${DMI}/${file}`) : decoded(keyword)
        return [name, value === undefined ? 'NA' : name === 'form_factor' && inSysfs ? (FORM_FACTORS[Number(value)] ?? `unknown (${value})`) : value]
      }),
    )
  },
}

export const uptime: Collector = {
  subset: 'hardware',
  gives: ['uptime_seconds'],
  alteredBy: 'nothing',
  reads: () => ({ files: ['/proc/uptime'] }),
  facts: (host) => {
    const text = host.text('/proc/uptime')
    return { uptime_seconds: text === undefined ? undefined : Math.trunc(Number(text.split(' ')[0])) }
  },
}

// --- logical volumes -----------------------------------------------------------------------------------------------------

const lvm = (name: 'vgs' | 'lvs' | 'pvs'): ReturnType<typeof program> => program(name, '--noheadings', '--nosuffix', '--units', 'g', '--separator', ',')

export const logicalVolumes: Collector = {
  subset: 'hardware',
  gives: ['lvm'],
  alteredBy: ['query:*', 'package:*'],
  reads: () => ({
    files: ['/proc/self/status', '/sys/block/*/dm/name'],
    paths: programPaths('vgs'),
    queries: [lvm('vgs'), lvm('lvs'), lvm('pvs')],
  }),
  facts: (host) => {
    const asRoot = host.lines('/proc/self/status').some((line) => /^Uid:\s+0\s/.test(line))
    if (!asRoot || !hasProgram(host, 'vgs')) return { lvm: 'N/A' }
    const rows = (name: 'vgs' | 'lvs' | 'pvs'): string[][] =>
      (host.reply(lvm(name))?.stdout ?? '')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.trim().split(','))
    const table = (name: 'vgs' | 'lvs' | 'pvs', entry: (row: string[]) => [Value, Value]): Dict => new Dict(rows(name).map(entry))
    return {
      lvm: Dict.of({
        lvs: table('lvs', (row) => [row[0]!, Dict.of({ size_g: row[3], vg: row[1] })]),
        vgs: table('vgs', (row) => [row[0]!, Dict.of({ size_g: row.at(-2), free_g: row.at(-1), num_lvs: row[2], num_pvs: row[1] })]),
        pvs: table('pvs', (row) => [mapperName(host, row[0]!), Dict.of({ size_g: row[4], free_g: row[5], vg: row[1] })]),
      }),
    }
  },
}

/** `/dev/dm-0` under its name. */
function mapperName(host: HostView, device: string): string {
  const found = /^\/dev\/(dm-\d+)$/.exec(device)
  const name = found && host.text(`/sys/block/${found[1]!}/dm/name`)
  return name ? `/dev/mapper/${name}` : device
}
