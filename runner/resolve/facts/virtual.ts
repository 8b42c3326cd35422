/** Whether a host is a virtual machine or a container, or has such. What is found first decides the type; all is listed. */
import type { Collector, Facts, HostView } from './collector.ts'

const DMI = '/sys/devices/virtual/dmi/id'
const CONTAINERS = ['docker', 'lxc', 'podman', 'openvz', 'containerd']

export const virtualization: Collector = {
  subset: 'virtual',
  gives: ['virtualization_type', 'virtualization_role', 'virtualization_tech_guest', 'virtualization_tech_host'],
  alteredBy: 'nothing',
  reads: () => ({
    files: [
      '/proc/1/cgroup',
      '/proc/1/environ',
      '/run/systemd/container',
      '/proc/xen/capabilities',
      `${DMI}/product_name`,
      `${DMI}/sys_vendor`,
      `${DMI}/product_family`,
      `${DMI}/bios_vendor`,
      '/proc/self/status',
      '/proc/cpuinfo',
      '/proc/modules',
    ],
    paths: ['/proc/vz', '/proc/lve', '/proc/bc', '/.dockerenv', '/.dockerinit', '/proc/xen', '/rhev/', '/dev/kvm'],
  }),
  facts: (host) => {
    const found = new Found()
    containers(host, found)
    machines(host, found)
    processors(host, found)
    hypervisors(host, found)
    return found.facts()
  },
}

class Found {
  readonly #guest = new Set<string>()
  readonly #host = new Set<string>()
  #type: string | undefined
  #role: string | undefined

  guest(tech: string, type = tech): void {
    this.#guest.add(tech)
    this.decide(type, 'guest')
  }

  host(tech: string): void {
    this.#host.add(tech)
    this.decide(tech, 'host')
  }

  isGuestOf(techs: readonly string[]): boolean {
    return techs.some((tech) => this.#guest.has(tech))
  }

  /** Listed, but deciding nothing. */
  alsoGuest(tech: string): void {
    this.#guest.add(tech)
  }

  alsoHost(tech: string): void {
    this.#host.add(tech)
  }

  decide(type: string, role: string): void {
    if (this.#type !== undefined) return
    this.#type = type
    this.#role = role
  }

  facts(): Facts {
    return {
      virtualization_type: this.#type ?? 'NA',
      virtualization_role: this.#role ?? 'NA',
      virtualization_tech_guest: [...this.#guest],
      virtualization_tech_host: [...this.#host],
    }
  }
}

function containers(host: HostView, found: Found): void {
  for (const line of host.lines('/proc/1/cgroup')) {
    if (/\/docker(\/|-[0-9a-f]+\.scope)/.test(line)) found.guest('docker')
    if (/\/lxc\/|\/machine\.slice\/machine-lxc/.test(line)) found.guest('lxc')
    if (line.includes('/system.slice/containerd.service')) found.guest('containerd')
  }
  for (const variable of (host.text('/proc/1/environ') ?? '').split('\0')) {
    if (variable.includes('container=lxc')) found.guest('lxc')
    if (variable.includes('container=podman')) found.guest('podman')
    if (/^container=./.test(variable)) found.guest('container')
  }
  if (host.exists('/proc/vz') && !host.exists('/proc/lve')) {
    if (host.exists('/proc/bc')) found.host('openvz')
    else found.guest('openvz')
  }
  const byInit = host.text('/run/systemd/container')
  if (byInit !== undefined) found.guest(byInit)
  if (host.exists('/.dockerenv') || host.exists('/.dockerinit')) found.guest('docker')
  if (byInit !== undefined || found.isGuestOf(CONTAINERS)) found.alsoGuest('container')
  if (host.exists('/proc/xen')) {
    if ((host.text('/proc/xen/capabilities') ?? '').includes('control_d')) found.host('xen')
    else found.decide('xen', 'guest')
  }
}

/** What the firmware says, in the order in which it decides. */
function machines(host: HostView, found: Found): void {
  const dmi = (name: string): string => host.text(`${DMI}/${name}`) ?? ''
  const [product, vendor, family, bios] = [dmi('product_name'), dmi('sys_vendor'), dmi('product_family'), dmi('bios_vendor')]
  const rows: readonly (readonly [boolean, string])[] = [
    [['KVM', 'KVM Server', 'Bochs', 'AHV'].includes(product), 'kvm'],
    [vendor === 'oVirt', 'oVirt'],
    [vendor === 'Red Hat' && family === 'RHV', 'RHV'],
    [vendor === 'Red Hat' && family !== 'RHV' && product === 'RHEV Hypervisor', 'RHEV'],
    [['VMware Virtual Platform', 'VMware7,1'].includes(product), 'VMware'],
    [['OpenStack Compute', 'OpenStack Nova'].includes(product), 'openstack'],
    [bios === 'Xen', 'xen'],
    [bios === 'innotek GmbH', 'virtualbox'],
    [['Amazon EC2', 'DigitalOcean', 'Hetzner'].includes(bios), 'kvm'],
    [['QEMU', 'Amazon EC2', 'DigitalOcean', 'Google', 'Scaleway', 'Nutanix'].includes(vendor), 'kvm'],
    [vendor === 'KubeVirt', 'KubeVirt'],
    [vendor === 'Microsoft Corporation', 'VirtualPC'],
    [vendor === 'Parallels Software International Inc.', 'parallels'],
    [vendor === 'OpenStack Foundation', 'openstack'],
  ]
  for (const [holds, tech] of rows) if (holds) found.guest(tech)
}

function processors(host: HostView, found: Found): void {
  const vserver = host.lines('/proc/self/status').find((line) => /^VxID:\s+\d+/.test(line))
  if (vserver !== undefined) {
    if (/^VxID:\s+0/.test(vserver)) found.host('linux_vserver')
    else found.guest('linux_vserver')
  }
  for (const line of host.lines('/proc/cpuinfo')) {
    if (/^model name.*QEMU Virtual CPU/.test(line)) found.guest('kvm')
    else if (/^vendor_id.*User Mode Linux|^model name.*UML/.test(line)) found.guest('uml')
    else if (/^machine.*CHRP IBM pSeries .emulated by qemu./.test(line)) found.guest('kvm')
    else if (/^vendor_id.*PowerVM Lx86/.test(line)) found.guest('powervm_lx86')
    else if (/^vendor_id.*IBM\/S390/.test(line)) {
      found.alsoGuest('PR/SM')
      found.decide('PR/SM', 'LPAR')
    }
  }
}

function hypervisors(host: HostView, found: Found): void {
  const modules = new Set(host.lines('/proc/modules').map((line) => line.split(' ')[0]!))
  if (modules.has('kvm')) found.host('kvm')
  if (modules.has('vboxdrv')) found.host('virtualbox')
  if (modules.has('virtio')) {
    found.alsoHost('kvm')
    found.decide('kvm', 'guest')
  }
  const product = host.text(`${DMI}/product_name`) ?? ''
  if (product.startsWith('VMware')) found.guest('VMware')
  if (product.includes('BHYVE')) found.guest('bhyve')
  if (host.exists('/dev/kvm')) found.host('kvm')
}
