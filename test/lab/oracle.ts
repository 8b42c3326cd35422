/**
 * Oracle's side of the article: Libreswan with both tunnels and FRR with Oracle's ASN, as files for the host `drg`.
 * The proposals and addresses mirror the article's oci-ipsec.conf and bgpd.conf.
 */

import { preSharedKey } from './keys.ts'
import type { FileSpec } from './spec.ts'

const customerAddress = '144.24.84.145'

interface Tunnel {
  readonly number: 1 | 2
  readonly headend: string
  readonly mark: number
  readonly insideAddress: string
  readonly customerInsideAddress: string
}

/** The tunnels, as Oracle's side has them. */
export const tunnels: readonly Tunnel[] = [
  {
    number: 1,
    headend: '193.122.99.212',
    mark: 5,
    insideAddress: '10.10.10.2',
    customerInsideAddress: '10.10.10.1',
  },
  {
    number: 2,
    headend: '146.56.44.93',
    mark: 6,
    insideAddress: '10.10.10.6',
    customerInsideAddress: '10.10.10.5',
  },
]

/** Everything that makes a host of the `oracle` layer into Oracle's gateway. Reads, or makes, the pre-shared keys. */
export const oracleFiles = (): FileSpec[] => [
  { path: '/etc/ipsec.conf', content: ipsecConf },
  { path: '/etc/ipsec.d/oci.conf', content: tunnels.flatMap((tunnel) => [connection(tunnel, 1), connection(tunnel, 2)]).join('\n') },
  { path: '/etc/ipsec.d/oci.secrets', content: tunnels.map(secret).join(''), mode: 0o600 },
  { path: '/etc/frr/frr.conf', content: frrConf, mode: 0o640, owner: 'frr:frr' },
]

// IKEv1 is off in current releases of Libreswan until this says otherwise; the article's tunnels are IKEv1.
const ipsecConf = `config setup
\tikev1-policy=accept
include /etc/ipsec.d/*.conf
`

/**
 * One for each version of IKE, which the other end chooses; the two of a tunnel share its mark and interface. They accept any
 * address, so that Libreswan makes an instance for who comes, and forgets it with its last SA: it would keep the policy of a
 * connection of its own, and refuse it to the other version.
 */
const connection = (tunnel: Tunnel, ikeVersion: 1 | 2): string => `conn Tunnel-${tunnel.number}-v${ikeVersion}
\tleft=${tunnel.headend}
\tleftid=${tunnel.headend}
\tright=%any
\trightid=${customerAddress}
\tauthby=secret
\tleftsubnet=0.0.0.0/0
\trightsubnet=0.0.0.0/0
\tauto=add
\tmark=${tunnel.mark}/0xffffffff
\tvti-interface=vti${tunnel.number}
\tvti-routing=no
\tleftvti=${tunnel.insideAddress}/30
\tikev2=${ikeVersion === 2 ? 'yes' : 'no'}
\tike=aes_cbc256-sha2_384;modp1536
\tphase2alg=aes_gcm256;modp1536
\tencapsulation=yes
\tikelifetime=28800s
\tsalifetime=3600s
`

const secret = (tunnel: Tunnel): string => `${tunnel.headend} ${customerAddress}: PSK "${preSharedKey(tunnel.number)}"\n`

// 172.16.1.0/24 is the article's private subnet. No host of it exists here, and BGP advertises only what is in the
// routing table, so the table gets a route that drops.
const frrConf = `frr defaults traditional
hostname drg
log syslog informational
service integrated-vtysh-config
ip route 172.16.1.0/24 blackhole
router bgp 31898
 bgp router-id 10.10.10.2
 no bgp ebgp-requires-policy
 timers bgp 6 18
${tunnels.map((tunnel) => ` neighbor ${tunnel.customerInsideAddress} remote-as 65000`).join('\n')}
 address-family ipv4 unicast
  network 172.16.0.0/24
  network 172.16.1.0/24
 exit-address-family
`
