/** Interfaces, addresses, the way out, and who resolves names. */
import { Dict, type Value } from '../../value/value.ts'
import { hasProgram, program, programPaths, type Collector, type Facts, type HostView } from './collector.ts'

const NET = '/sys/class/net'
/** The numbers of `ARPHRD_…`. */
const TYPES: Readonly<Record<string, string>> = { '1': 'ether', '32': 'infiniband', '512': 'ppp', '772': 'loopback', '65534': 'tunnel' }

const ADDRESSES = program('ip', 'addr', 'show')
/** Addresses far away: what is asked is which way a packet there would take. */
const FAR4 = '8.8.8.8'
const FAR6 = '2404:6800:400a:800::1012'
const ROUTE4 = program('ip', '-4', 'route', 'get', FAR4)
const ROUTE6 = program('ip', '-6', 'route', 'get', FAR6)

const FILES = [
  'address',
  'mtu',
  'operstate',
  'type',
  'speed',
  'flags',
  'bridge/bridge_id',
  'bridge/stp_state',
  'bonding/slaves',
  'bonding/mode',
  'bonding/miimon',
  'bonding/lacp_rate',
  'bonding/primary',
  'bonding/all_slaves_active',
  'bonding_slave/perm_hwaddr',
]
const PATHS = ['bridge', 'brif/*', 'bonding', 'bonding_slave', 'device', 'device/driver/module']

export const network: Collector = {
  subset: 'network',
  gives: ['interfaces', 'default_ipv4', 'default_ipv6', 'all_ipv4_addresses', 'all_ipv6_addresses'],
  givesOthers: true,
  alteredBy: ['query:*', 'unit:*', 'live:*'],
  reads: () => ({
    files: FILES.map((file) => `${NET}/*/${file}`),
    paths: [...PATHS.map((path) => `${NET}/*/${path}`), `${NET}/*/`, ...programPaths('ip')],
    folders: [NET],
    queries: [ADDRESSES, ROUTE4, ROUTE6],
  }),
  facts: (host) => (hasProgram(host, 'ip') ? networkFacts(host) : {}),
}

function networkFacts(host: HostView): Facts {
  const wayOut4 = wayOut(host.output(ROUTE4), FAR4)
  const wayOut6 = wayOut(host.output(ROUTE6), FAR6)
  const interfaces = new Map<string, Dict>()
  const all4: string[] = []
  const all6: string[] = []
  const addresses = addressLines(host.output(ADDRESSES) ?? '')
  for (const device of host.entries(NET)) {
    if (!host.exists(`${NET}/${device}/`)) continue
    const found = deviceFacts(host, device)
    interfaces.set(device, found)
    const properties = {
      macaddress: host.text(`${NET}/${device}/address`) ?? '',
      mtu: found.get('mtu'),
      type: found.get('type') ?? 'unknown',
    }
    const lines = addresses.get(device) ?? []
    for (const secondary of [false, true]) {
      for (const words of lines.filter((each) => each.includes('secondary') === secondary)) {
        if (words[0] === 'inet') {
          const address = address4(words)
          const label = words.at(-1)!
          if (label !== device) interfaces.set(label, new Dict())
          const labelled = interfaces.get(label)!
          if (!secondary && !labelled.has('ipv4')) labelled.set('ipv4', Dict.of(address))
          else append(labelled, 'ipv4_secondaries', Dict.of(address))
          if (secondary && label !== device) append(found, 'ipv4_secondaries', Dict.of(address))
          if (wayOut4.get('address') === address.address) {
            for (const [name, value] of Object.entries({ ...address, ...properties, alias: label })) if (value !== undefined) wayOut4.set(name, value)
          }
          if (!address.address.startsWith('127.')) all4.push(address.address)
        } else {
          const address = address6(words)
          append(found, 'ipv6', Dict.of(address))
          if (wayOut6.get('address') === address.address) {
            for (const [name, value] of Object.entries({ ...address, ...properties })) if (value !== undefined) wayOut6.set(name, value)
          }
          if (address.address !== '::1') all6.push(address.address)
        }
      }
    }
  }
  const named = [...interfaces].map(([name, value]): [string, Value] => [name.replaceAll(':', '_'), value])
  return {
    ...Object.fromEntries(named.map(([name, value]) => [name.replaceAll('-', '_'), value])),
    interfaces: named.map(([name]) => name),
    default_ipv4: wayOut4,
    default_ipv6: wayOut6,
    all_ipv4_addresses: all4,
    all_ipv6_addresses: all6,
  }
}

function append(dict: Dict, name: string, value: Value): void {
  const list = dict.get(name)
  if (Array.isArray(list)) list.push(value)
  else dict.set(name, [value])
}

/** What the kernel says of a device. */
function deviceFacts(host: HostView, device: string): Dict {
  const folder = `${NET}/${device}`
  const text = (file: string): string | undefined => host.text(`${folder}/${file}`)
  const has = (path: string): boolean => host.exists(`${folder}/${path}`)
  const words = (file: string): string[] => (text(file) ?? '').split(/\s+/).filter((word) => word !== '')
  const address = text('address')
  const state = text('operstate')
  const module = host.link(`${folder}/device/driver/module`)
  const type = text('type')
  const flags = text('flags')
  const mtu = text('mtu')
  const speed = text('speed')
  const attached = host.link(`${folder}/device`)
  return Dict.of({
    device,
    macaddress: address === '00:00:00:00:00:00' ? undefined : address,
    mtu: mtu === undefined ? undefined : Number(mtu),
    active: state === undefined ? undefined : state !== 'down',
    module: module && baseName(module),
    type: type === undefined ? undefined : (TYPES[type] ?? 'unknown'),
    ...(has('bridge') && {
      type: 'bridge',
      interfaces: host.paths(`${folder}/brif/*`).map(baseName),
      id: text('bridge/bridge_id') ?? '',
      stp: text('bridge/stp_state') === '1',
    }),
    ...(has('bonding') && {
      type: 'bonding',
      slaves: words('bonding/slaves'),
      mode: words('bonding/mode')[0],
      miimon: words('bonding/miimon')[0],
      lacp_rate: words('bonding/lacp_rate')[0],
      ...(text('bonding/primary') !== undefined && { primary: text('bonding/primary'), all_slaves_active: text('bonding/all_slaves_active') === '1' }),
    }),
    ...(has('bonding_slave') && { perm_macaddress: text('bonding_slave/perm_hwaddr') ?? '' }),
    pciid: attached && baseName(attached),
    speed: speed === undefined ? undefined : Number(speed),
    promisc: flags === undefined ? undefined : (Number(flags) & 0x100) > 0,
  })
}

/** The words of each line with an address, by device. */
function addressLines(output: string): Map<string, string[][]> {
  const lines = new Map<string, string[][]>()
  let device = ''
  for (const line of output.split('\n')) {
    const head = /^\d+: ([^:@\s]+)/.exec(line)
    if (head) device = head[1]!
    const words = line.trim().split(/\s+/)
    if (words[0] === 'inet' || words[0] === 'inet6') lines.set(device, [...(lines.get(device) ?? []), words])
  }
  return lines
}

type Address4 = Readonly<Record<'address' | 'broadcast' | 'netmask' | 'network' | 'prefix', string>>

/** `inet ADDRESS/PREFIX brd BROADCAST scope … LABEL`; one end of a line between two has no prefix there. */
function address4(words: readonly string[]): Address4 {
  const [address = '', prefix = '32'] = words[1]!.split('/')
  const broadcast = words[1]!.includes('/') && words[2] === 'brd' ? words[3]! : ''
  const mask = Number(prefix) === 0 ? 0 : (0xffffffff << (32 - Number(prefix))) >>> 0
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  return { address, broadcast, netmask: dotted(mask), network: dotted((number & mask) >>> 0), prefix }
}

function dotted(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')
}

/** `inet6 ADDRESS/PREFIX scope SCOPE`, or `inet6 ADDRESS peer OTHER/PREFIX scope SCOPE`. */
function address6(words: readonly string[]): { readonly address: string; readonly prefix: string; readonly scope: string } {
  if (words[2] === 'peer') return { address: words[1]!, prefix: words[3]!.split('/')[1] ?? '', scope: words[5] ?? '' }
  const [address = '', prefix = ''] = words[1]!.split('/')
  return { address, prefix, scope: words[3] ?? '' }
}

/** `ADDRESS via GATEWAY dev INTERFACE src OWN`. */
function wayOut(output: string | undefined, far: string): Dict {
  const found = new Dict()
  const words = (output ?? '').split('\n')[0]!.trim().split(/\s+/)
  if (words[0] !== far) return found
  for (const [index, word] of words.slice(0, -1).entries()) {
    const value = words[index + 1]!
    if (word === 'dev') found.set('interface', value)
    else if (word === 'src') found.set('address', value)
    else if (word === 'via' && value !== far) found.set('gateway', value)
  }
  return found
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export const nameServers: Collector = {
  subset: 'dns',
  gives: ['dns'],
  alteredBy: ['file:/etc/resolv.conf', 'unit:*', 'query:*'],
  reads: () => ({ files: ['/etc/resolv.conf'] }),
  facts: (host) => {
    const dns = new Dict()
    for (const line of host.lines('/etc/resolv.conf')) {
      const [keyword, ...words] = /^[#;]/.test(line) ? [] : line.trim().split(/\s+/)
      if (keyword === 'nameserver') for (const word of words) append(dns, 'nameservers', word)
      else if (keyword === 'domain' && words[0] !== undefined) dns.set('domain', words[0])
      else if (keyword === 'search' || keyword === 'sortlist') dns.set(keyword, words)
      else if (keyword === 'options') {
        const options = words.map((word): [Value, Value] => {
          const [name = '', value = ''] = word.split(/:(.*)/s)
          return [name, value === '' ? true : value]
        })
        dns.set('options', new Dict(options))
      }
    }
    return { dns }
  },
}

export const fibreChannel: Collector = {
  subset: 'fibre_channel_wwn',
  gives: ['fibre_channel_wwn'],
  alteredBy: 'nothing',
  reads: () => ({ files: ['/sys/class/fc_host/*/port_name'] }),
  facts: (host) => ({
    fibre_channel_wwn: host.paths('/sys/class/fc_host/*/port_name').flatMap((path) => host.lines(path).map((line) => line.trimEnd().slice(2))),
  }),
}

const ISCSI = '/etc/iscsi/initiatorname.iscsi'

export const iscsi: Collector = {
  subset: 'iscsi',
  gives: ['iscsi_iqn'],
  alteredBy: [`file:${ISCSI}`],
  reads: () => ({ files: [ISCSI] }),
  facts: (host) => ({
    iscsi_iqn:
      host
        .lines(ISCSI)
        .find((line) => line.startsWith('InitiatorName='))
        ?.slice('InitiatorName='.length) ?? '',
  }),
}

const NVME = '/etc/nvme/hostnqn'

export const nvme: Collector = {
  subset: 'nvme',
  gives: ['hostnqn'],
  alteredBy: [`file:${NVME}`],
  reads: () => ({ files: [NVME] }),
  facts: (host) => ({ hostnqn: host.lines(NVME).find((line) => line.startsWith('nqn.')) ?? '' }),
}
