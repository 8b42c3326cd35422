/**
 * The site of the article: an on-premises network with a CPE, Oracle's side with a DRG and a virtual machine behind it,
 * and the internet between them. All addresses are the article's; they exist in the instance's namespaces only.
 */

import { oracleFiles, tunnels } from './oracle.ts'
import { controllerName } from './paths.ts'
import type { HostSpec, RouterSpec } from './spec.ts'

const internetName = 'igw'

const controllerAddress = '198.51.100.10'
const headends = tunnels.map(({ headend }) => headend)
const drgAddress = '203.0.113.2'
const drgVcnAddress = '172.16.0.1'
const jumboMtuBytes = 9000
const internetMtuBytes = 1500

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
 * The internet gateway: both clouds' public addresses, 1:1 NAT, and the on-premises network as a bridge.
 * The rule is the article's VCN route rule: what the on-premises network sends to 172.16.0.0/16 goes to the CPE.
 */
const internet: RouterSpec = {
  name: internetName,
  sysctls: routerSysctls,
  setup: [
    `link add br0 mtu ${jumboMtuBytes} type bridge`,
    'link set br0 up',
    'addr add 10.0.0.1/16 dev br0',
    'rule add iif br0 to 172.16.0.0/16 lookup 100',
    'route add 172.16.0.0/16 via 10.0.236.153 table 100',
  ],
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
        ip saddr 10.0.236.153 oifname != "br0" snat to 144.24.84.145
        ip saddr 10.0.85.10 oifname != "br0" snat to 129.154.61.29
        ip saddr 172.16.0.93 oifname "ctl" snat to 146.56.156.213
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

const onPremises = (name: string, privateAddress: string, publicAddress: string, peerDevice: string): HostSpec => ({
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
      setup: [`addr add ${privateAddress}/16 dev ens3`, 'route add default via 10.0.0.1'],
      peerSetup: [`link set ${peerDevice} master br0`],
    },
  ],
  enabledUnits: ['ssh.service', 'firewalld.service'],
  activeUnits: ['ssh.service', 'firewalld.service'],
  files: [],
})

const cpe = onPremises('cpe', '10.0.236.153', '144.24.84.145', 'p-cpe')
const onPremisesVm = onPremises('onprem-vm', '10.0.85.10', '129.154.61.29', 'p-onprem')

/** Oracle's gateway, ready to answer: the lab configures it, no playbook does. */
const drg = (): HostSpec => ({
  name: 'drg',
  kind: 'debian',
  layer: 'oracle',
  address: headends[0]!,
  aliases: [...headends.slice(1), drgAddress, drgVcnAddress],
  sysctls: routerSysctls,
  links: [
    {
      device: 'ens3',
      peer: internetName,
      peerDevice: 'drg',
      mtuBytes: jumboMtuBytes,
      setup: [`addr add ${drgAddress}/24 dev ens3`, ...headends.map((address) => `addr add ${address}/32 dev ens3`), 'route add default via 203.0.113.1'],
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
      peer: 'drg',
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
export const siteHostNames = ['cpe', 'onprem-vm', 'drg', 'oci-vm'] as const

/** The article's four hosts. `drg` comes before `oci-vm`, which is wired to it. */
export const siteHosts = (): HostSpec[] => [cpe, onPremisesVm, drg(), ociVm]

/** The routers that those hosts need; the controller is always there. */
export const siteRouters = (hosts: readonly HostSpec[]): RouterSpec[] => {
  const isSite = hosts.some((host) => host.links.some((link) => link.peer !== controllerName))
  return isSite ? [internet, controller(true)] : [controller(false)]
}
