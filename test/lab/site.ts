/**
 * The site of the article: an on-premises network with a CPE, Oracle's side with a DRG and a virtual machine behind it,
 * and the internet between them. All addresses are the article's; they exist in the instance's namespaces only.
 * What the cloud's resources say of these networks (routes, security lists, tunnels) is programmed later, by `oci/lab`.
 */

import { oracleFiles } from './oracle.ts'
import { controllerName } from './paths.ts'
import type { HostSpec, RouterSpec } from './spec.ts'

const internetName = 'igw'
/** The host that is Oracle's gateway. */
export const drgName = 'drg'

const controllerAddress = '198.51.100.10'
/** Addresses for the ends of tunnels on Oracle's side: the article's two, and those that further tunnels get. */
export const headends = ['193.122.99.212', '146.56.44.93', '203.0.113.11', '203.0.113.12'] as const
const drgAddress = '203.0.113.2'
const drgVcnAddress = '172.16.0.1'
const onPremisesGateway = '10.0.0.1'
const jumboMtuBytes = 9000
const internetMtuBytes = 1500

/** The routing table of `drg` for what its virtual network sends to the Internet: the main one has the tunnels' routes too. */
export const internetTable = 300

/** A virtual network card of the cloud: where its private address is plugged in. */
export interface Card {
  readonly address: string
  /** The node that is its network, and the device there. */
  readonly router: string
  readonly device: string
}

export const cards: readonly Card[] = [
  { address: '10.0.236.153', router: internetName, device: 'p-cpe' },
  { address: '10.0.85.10', router: internetName, device: 'p-onprem' },
  { address: '172.16.0.93', router: drgName, device: 'vcn' },
]

/** What a host's network starts with, whatever the machine's own settings are: a new namespace inherits those. */
export const hostSysctls = {
  'net.ipv4.ip_forward': '0',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
  'net.ipv4.conf.all.accept_redirects': '1',
  'net.ipv4.conf.default.accept_redirects': '1',
  'net.ipv4.conf.all.send_redirects': '1',
  'net.ipv4.conf.default.send_redirects': '1',
}

// Oracle's network does not check reverse paths here: the two tunnels carry one flow's two directions.
const routerSysctls = {
  ...hostSysctls,
  'net.ipv4.ip_forward': '1',
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
}

/**
 * The internet gateway: both clouds' public addresses with 1:1 NAT, and the on-premises network. As in the cloud, no two cards of
 * that network share a wire: each packet between them passes here, where it is routed and filtered.
 */
const internet: RouterSpec = {
  name: internetName,
  sysctls: { ...routerSysctls, 'net.ipv4.conf.default.proxy_arp': '1' },
  setup: [],
  ruleset: `
    table ip nat {
      chain prerouting {
        type nat hook prerouting priority dstnat;
        ip daddr 144.24.84.145 dnat to 10.0.236.153
        ip daddr 129.154.61.29 dnat to 10.0.85.10
        ip daddr 146.56.156.213 dnat to 172.16.0.93
      }
      chain postrouting {
        type nat hook postrouting priority srcnat;
        ip saddr 10.0.236.153 oifname { "ctl", "drg" } snat to 144.24.84.145
        ip saddr 10.0.85.10 oifname { "ctl", "drg" } snat to 129.154.61.29
        ip saddr 172.16.0.93 oifname "ctl" snat to 146.56.156.213
      }
      # Between the two clouds the Internet carries public addresses only.
      chain internet {
        type filter hook prerouting priority raw;
        iifname "drg" ip daddr { 10.0.0.0/8, 172.16.0.0/12 } drop
      }
      chain between {
        type filter hook forward priority filter;
        iifname "p-*" oifname "drg" ip daddr 172.16.0.0/12 drop
      }
    }`,
  links: [],
}

/** The runner's place. It has no way out of the lab: a play that needs the real internet fails here. */
const controller = (isSite: boolean): RouterSpec => ({
  name: controllerName,
  sysctls: hostSysctls,
  setup: [],
  links: isSite
    ? [
        {
          device: 'eth0',
          peer: internetName,
          peerDevice: 'ctl',
          mtuBytes: internetMtuBytes,
          setup: [`addr add ${controllerAddress}/24 dev eth0`, 'route add default via 198.51.100.1'],
          peerSetup: ['addr add 198.51.100.1/24 dev ctl'],
        },
      ]
    : [],
})

const onPremises = (name: string, { address: privateAddress, device: peerDevice }: Card, publicAddress: string): HostSpec => ({
  name,
  kind: 'debian',
  address: publicAddress,
  aliases: [privateAddress],
  sysctls: hostSysctls,
  links: [
    {
      device: 'ens3',
      peer: internetName,
      peerDevice,
      mtuBytes: jumboMtuBytes,
      setup: [`addr add ${privateAddress}/16 dev ens3`, `route add default via ${onPremisesGateway}`],
      peerSetup: [
        `addr add ${onPremisesGateway}/32 dev ${peerDevice}`,
        `route add ${privateAddress}/32 dev ${peerDevice}`,
        // Answers for the network's other cards are not put off.
        `ntable change name arp_cache dev ${peerDevice} proxy_delay 0`,
      ],
    },
  ],
  enabledUnits: ['ssh.service', 'firewalld.service'],
  activeUnits: ['ssh.service', 'firewalld.service'],
  files: [],
})

const cpe = onPremises('cpe', cards[0]!, '144.24.84.145')
const onPremisesVm = onPremises('onprem-vm', cards[1]!, '129.154.61.29')

/** Oracle's gateway and the virtual network behind it, without any tunnel. */
const drg = (): HostSpec => ({
  name: drgName,
  kind: 'debian',
  layer: 'oracle',
  address: headends[0],
  aliases: [...headends.slice(1), drgAddress, drgVcnAddress],
  sysctls: routerSysctls,
  links: [
    {
      device: 'ens3',
      peer: internetName,
      peerDevice: 'drg',
      mtuBytes: jumboMtuBytes,
      setup: [
        `addr add ${drgAddress}/24 dev ens3`,
        ...headends.map((address) => `addr add ${address}/32 dev ens3`),
        ...[`route add default via 203.0.113.1`, `route add default via 203.0.113.1 table ${internetTable}`],
      ],
      peerSetup: [
        'addr add 203.0.113.1/24 dev drg',
        ...headends.map((address) => `route add ${address}/32 via ${drgAddress}`),
        `route add 172.16.0.0/24 via ${drgAddress}`,
      ],
    },
  ],
  enabledUnits: ['ssh.service', 'ipsec.service', 'frr.service'],
  activeUnits: ['ssh.service', 'ipsec.service', 'frr.service'],
  files: oracleFiles(),
})

const ociVm: HostSpec = {
  name: 'oci-vm',
  kind: 'debian',
  address: '146.56.156.213',
  aliases: ['172.16.0.93'],
  sysctls: hostSysctls,
  links: [
    {
      device: 'ens3',
      peer: drgName,
      peerDevice: 'vcn',
      mtuBytes: jumboMtuBytes,
      setup: ['addr add 172.16.0.93/24 dev ens3', `route add default via ${drgVcnAddress}`],
      peerSetup: [`addr add ${drgVcnAddress}/24 dev vcn`],
    },
  ],
  enabledUnits: ['ssh.service'],
  activeUnits: ['ssh.service'],
  files: [],
}

/** Their names, without what making them takes. */
export const siteHostNames = ['cpe', 'onprem-vm', drgName, 'oci-vm'] as const

/** The article's four hosts. `drg` comes before `oci-vm`, which is wired to it. */
export const siteHosts = (): HostSpec[] => [cpe, onPremisesVm, drg(), ociVm]

/** The routers that those hosts need; the controller is always there. */
export const siteRouters = (hosts: readonly HostSpec[]): RouterSpec[] => {
  const isSite = hosts.some((host) => host.links.some((link) => link.peer !== controllerName))
  return isSite ? [internet, controller(true)] : [controller(false)]
}
