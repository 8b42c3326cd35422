/** Oracle's gateway before there is a tunnel, as files for the host `drg`. */

import type { FileSpec } from './spec.ts'

/** Where the connections and secrets of tunnels are, a file a tunnel. */
export const connectionsDir = '/etc/ipsec.d'

/** Oracle's autonomous system, in all commercial regions but one. https://docs.oracle.com/en-us/iaas/Content/Network/Tasks/managingIPsec.htm */
export const oracleAsn = 31898

/** Everything that makes a host of the `oracle` layer into Oracle's gateway. */
export const oracleFiles = (): FileSpec[] => [
  { path: '/etc/ipsec.conf', content: ipsecConf },
  { path: '/etc/frr/frr.conf', content: frrConf, mode: 0o640, owner: 'frr:frr' },
]

// IKEv1 is off in current releases of Libreswan until this says otherwise; the article's tunnels are IKEv1.
const ipsecConf = `config setup
\tikev1-policy=accept
include ${connectionsDir}/*.conf
`

const frrConf = `frr defaults traditional
hostname drg
log syslog informational
service integrated-vtysh-config
router bgp ${oracleAsn}
 bgp router-id 203.0.113.2
 no bgp ebgp-requires-policy
 timers bgp 6 18
`
