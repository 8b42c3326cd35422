/**
 * The whole of `playbooks/site.yml` with real ESP and BGP, and then one fault after the other: `verify.yml` has to name the layer
 * that it breaks, and where to look. On the machine's kernel where that has ESP, else in the lab's virtual machine.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { processesIn } from '../lab/cgroup.ts'
import { down, shOnHost, up } from '../lab/index.ts'
import { cacheDir, instanceNamespaces, instancePaths } from '../lab/paths.ts'
import { holdSeconds, rehearseFailover, rehearseRekey, shortLifetimes } from '../lab/rehearse.ts'
import { LabCloud } from '../support/lab-cloud.ts'
import { filesWith, watchCommandLines } from '../support/leaks.ts'
import { playline, type Finished } from '../support/playline.ts'

const instance = 'proof'
const environment = { PLAYLINE_LAB: instance }
const site = ['playbooks/site.yml', '-i', 'inventories/lab']

t.setTimeout(4_200_000)
t.before(() => up({ instance, kernel: 'esp' }))
t.teardown(() => down(instance))

const sh = (host: string, script: string): Promise<string> => shOnHost(instance, host, script)

/** Ends a process, unless its parent's end has ended it already. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It is gone.
  }
}

const verify = (...options: string[]): Promise<Finished> => playline(['playbooks/verify.yml', '-i', 'inventories/lab', ...options], environment)

const cloud = new LabCloud(instance)
/** What the empty cloud has: the prerequisites. */
let prerequisites: Readonly<Record<string, number>> = {}

t.test('on an empty cloud and bare hosts a check shows the whole site, and writes nothing', async (t) => {
  prerequisites = await cloud.left()
  const { exitCode, stdout } = await playline([...site, '--check'], environment)
  t.equal(exitCode, 0, stdout.slice(-2000))
  t.same(cloud.writes(), [])
  for (const task of ['make the IPSec connection', 'write the tunnels', 'configure BGP', 'open the firewall']) t.match(stdout, new RegExp(`TASK \\[.*${task}`))
})

t.test('the site comes up from nothing, packets pass both ways, and no secret is seen on the way', async (t) => {
  const since = new Date()
  const commandLines = watchCommandLines()
  const first = await playline([...site, '-vvv'], environment)
  const seen = [...commandLines.end(), first.stdout, first.stderr]
  t.equal(first.exitCode, 0, first.stdout.slice(-2000))
  const secrets = await cloud.secrets()
  t.equal(secrets.length, 2)
  for (const secret of secrets) {
    t.notOk(
      seen.some((text) => text.includes(secret)),
      'neither in what is printed nor in the list of processes',
    )
    t.same(filesWith(secret, since), [], 'nor in a file that has changed since')
  }
  const traffic = await sh('cpe', 'ipsec trafficstatus')
  t.equal(traffic.match(/type=ESP/g)?.length, 2, traffic)
  const summary = JSON.parse(await sh('cpe', "vtysh -c 'show bgp ipv4 unicast summary json'")) as { peers: Record<string, unknown> }
  const peer = { state: 'Established', pfxRcd: 2, pfxSnt: 1 }
  t.match(summary.peers, { '10.10.10.2': peer, '10.10.10.6': peer })
  t.match(await sh('onprem-vm', 'ping -c3 172.16.0.93'), / 3 received/)
  t.match(await sh('oci-vm', 'ping -c3 10.0.85.10'), / 3 received/)
})

t.test('a second run changes nothing', async (t) => {
  cloud.writes()
  const { stdout, exitCode } = await playline(site, environment)
  t.equal(exitCode, 0, stdout.slice(-2000))
  for (const host of ['seoul', 'chuncheon', 'cpe']) t.match(stdout, new RegExp(`${host} +: ok=\\d+ +changed=0 `))
  t.same(cloud.writes(), [])
})

const until = async (what: string, seconds: number, condition: () => Promise<boolean>): Promise<void> => {
  const deadlineMs = performance.now() + seconds * 1000
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${seconds} s for ${what}`)
    await delay(500)
  }
}

t.test('the gateway reboots: tunnels, BGP and firewall come back by themselves', async (t) => {
  const bootId = () => sh('cpe', 'stat -c %Y.%i /proc/1/ns/pid').catch(() => '')
  const before = await bootId()
  // The command ends with what it runs on.
  await sh('cpe', 'systemctl reboot').catch(() => undefined)
  await until('the gateway to boot again', 120, async () => !['', before].includes(await bootId()))
  await until('all that starts at boot', 120, async () => (await sh('cpe', 'systemctl is-system-running --wait || true')).trim() === 'running')
  const proof = await verify()
  t.equal(proof.exitCode, 0, proof.stdout.slice(-2000))
  const { stdout, exitCode } = await playline(site, environment)
  t.equal(exitCode, 0, stdout.slice(-2000))
  t.match(stdout, /cpe +: ok=\d+ +changed=0 /, 'nothing was left to do')
})

interface Variant {
  readonly variables: Readonly<Record<string, string | number>>
  readonly ike: RegExp
  readonly interfaces: RegExp
  readonly withRekey: boolean
}

const VTI = /^ vti[12]@\S+\n vti[12]@\S+\n$/
const XFRM = /^ ipsec[56]@\S+\n ipsec[56]@\S+\n$/

const VARIANTS: readonly Variant[] = [
  { variables: { ike_version: 2, frr_version: '7.5' }, ike: /^IKEv2 /, interfaces: VTI, withRekey: true },
  { variables: { ike_version: 2, interface_type: 'xfrm' }, ike: /^IKEv2 /, interfaces: XFRM, withRekey: false },
  { variables: { interface_type: 'xfrm' }, ike: /^IKEv1 /, interfaces: XFRM, withRekey: true },
  { variables: {}, ike: /^IKEv1 /, interfaces: VTI, withRekey: false },
]

t.test('the same gate passes with the successors of IKEv1 and VTI, with the form of older FRR, and with the article’s settings again', async (t) => {
  for (const variant of VARIANTS) {
    const given = Object.entries(variant.variables).map(([name, value]) => `${name}=${value}`)
    await t.test(given.join(', ') || 'the article’s settings', async (t) => {
      const variables = [...given.flatMap((each) => ['-e', each]), ...(variant.withRekey ? shortLifetimes : [])]
      const { stdout, exitCode } = await playline([...site, ...variables], environment)
      t.equal(exitCode, 0, stdout.slice(-2000))
      const algorithms = await sh('cpe', "ipsec whack --status | sed -n 's/.*Tunnel-[12]\":   \\(IKEv. algorithm newest.*\\)/\\1/p'")
      t.equal(algorithms.split('\n').filter((line) => variant.ike.test(line)).length, 2, algorithms)
      const interfaces = await sh('cpe', `for kind in vti xfrm; do ip -oneline link show type $kind; done | grep -v ip_vti0 | cut -d: -f2`)
      t.match(interfaces, variant.interfaces, 'and no other interface of a tunnel')
      if (!variant.withRekey) return
      const { ikeCount, espCount, lostCount, sentCount, gapSeconds } = await rehearseRekey(instance, (line) => t.comment(line))
      t.ok(ikeCount >= 2 && espCount >= 2 && sentCount > 20, `${ikeCount} IKE, ${espCount} ESP, ${sentCount} packets`)
      t.ok(lostCount <= 5 && gapSeconds < 3, `${lostCount} lost, ${gapSeconds} s the longest time without an answer`)
    })
  }
})

interface Fault {
  readonly name: string
  /** On the cpe, unless `on` says otherwise. */
  readonly break: string
  readonly heal: string
  readonly on?: string
  readonly layer: RegExp
  /** The cause and the variable to look at. */
  readonly says: RegExp
}

const RESTART = 'systemctl reset-failed ipsec; systemctl restart ipsec'
// systemd counts starts, and refuses one too many in a minute.
const RESTART_FRR = 'systemctl reset-failed frr; systemctl restart frr'
const ipsec = (name: string, change: string, layer: RegExp, says: RegExp): Fault => ({
  name,
  break: `${change}; ${RESTART}`,
  heal: `rm -rf /etc/ipsec.d; cp -a /root/good/ipsec.d /etc/ipsec.d; cp -a /root/good/ipsec.conf /etc/ipsec.conf; ${RESTART}`,
  layer,
  says,
})
const frr = (name: string, change: string, layer: RegExp, says: RegExp): Fault => ({
  name,
  break: `${change}; ${RESTART_FRR}`,
  heal: `cp -a /root/good/frr.conf /etc/frr/frr.conf; ${RESTART_FRR}`,
  layer,
  says,
})
const CONF = '/etc/ipsec.d/oci-ipsec.conf'
const SECRETS = '/etc/ipsec.d/oci-ipsec.secrets'

const FAULTS: readonly Fault[] = [
  {
    name: 'forwarding is off in the kernel',
    break: 'sysctl -qw net.ipv4.ip_forward=0',
    heal: 'sysctl -qw net.ipv4.ip_forward=1',
    layer: /forwarding in the kernel/,
    says: /net\.ipv4\.ip_forward is not 1.* Look at: gateway_sysctl/,
  },
  {
    name: 'firewalld rejects what is forwarded',
    break: 'firewall-cmd -q --zone=public --remove-forward',
    heal: 'firewall-cmd -q --zone=public --add-forward',
    layer: /reachability from onprem-vm to oci-vm/,
    says: /a firewall on the way rejects it\. Evidence: From 10\.0\.236\.153 icmp_seq=1 Packet filtered\. Look at: gateway_zone/,
  },
  {
    name: 'the path carries less than is promised',
    on: 'drg',
    break: 'ip link set ens3 mtu 1300',
    heal: 'ip link set ens3 mtu 9000',
    layer: /reachability of 1400 bytes/,
    says: /Look at: libreswan_mtu/,
  },
  frr('no outbound policy', "sed -i '/route-map BGP-ADVERTISE-OUT out/d' /etc/frr/frr.conf", /the BGP prefixes/, /no outbound policy.*Look at: the route-maps/),
  frr(
    'a prefix list that does not match',
    "sed -i 's,permit 10.0.0.0/16,permit 10.99.0.0/16,' /etc/frr/frr.conf",
    /the BGP prefixes/,
    /missing 10\.0\.0\.0\/16.*Look at: frr_networks/,
  ),
  frr(
    'another autonomous system',
    "sed -i 's/^router bgp 65000/router bgp 65001/' /etc/frr/frr.conf",
    /the BGP session/,
    /Look at: customer_asn and oracle_asn/,
  ),
  ipsec(
    'another address inside the tunnels',
    `sed -i 's,leftvti=10.10.10.1/30,leftvti=10.10.20.1/30,; s,leftvti=10.10.10.5/30,leftvti=10.10.20.5/30,' ${CONF}`,
    /the addresses inside the tunnel/,
    /Look at: the tunnels' inside_cpe/,
  ),
  ipsec(
    'proposals of phase 2 that do not match',
    `sed -i 's/phase2alg=.*/phase2alg=aes_cbc128-sha1;modp1536/' ${CONF}`,
    /ESP/,
    /NO_PROPOSAL_CHOSEN.*Look at: libreswan_phase2alg/,
  ),
  ipsec(
    'proposals of phase 1 that do not match',
    `sed -i 's/ike=.*/ike=aes_cbc256-sha2_256;modp2048/' ${CONF}`,
    /IKE/,
    /NO_PROPOSAL_CHOSEN.*Look at: libreswan_ike/,
  ),
  ipsec('another shared secret', `sed -i 's/PSK "./PSK "_/' ${SECRETS}`, /IKE/, /the shared secrets of the two ends differ.*Look at: libreswan_secrets_file/),
  ipsec(
    "the article's name for the file of secrets",
    `mv ${SECRETS} ${SECRETS.slice(0, -1)}`,
    /IKE/,
    /no preshared key found.*Look at: libreswan_secrets_file/,
  ),
  ipsec('IKEv1 is refused', 'sed -i /ikev1-policy/d /etc/ipsec.conf', /IKE/, /global ikev1-policy does not allow.*Look at: the task "accept IKEv1"/),
  {
    name: 'UDP 500 and 4500 are closed on the way',
    on: 'drg',
    break:
      "nft add table inet fault; nft 'add chain inet fault in { type filter hook input priority -300; }'; nft 'add rule inet fault in udp dport { 500, 4500 } drop'; ipsec auto --down headend-1; ipsec auto --down headend-2",
    heal: 'nft delete table inet fault',
    layer: /IKE/,
    says: /the other end does not answer.*Look at: the security lists and firewalls on the way/,
  },
]

t.test('each fault is named by its layer', async (t) => {
  await sh('cpe', 'mkdir /root/good; cp -a /etc/ipsec.d /etc/ipsec.conf /etc/frr/frr.conf /root/good/')
  let named = 0
  for (const fault of FAULTS) {
    await sh(fault.on ?? 'cpe', fault.break)
    // The other end does not know that the SAs are gone on this one.
    if (fault.on === 'drg' && fault.layer.test('IKE')) await sh('cpe', RESTART)
    const { stdout, exitCode } = await verify('-e', 'verify_seconds=20')
    const said = stdout.replaceAll(/\s+/g, ' ')
    const [, layer = ''] = /The first broken layer is (.*?)(?:[.] |: )/.exec(said) ?? []
    const isRight = exitCode === 2 && fault.layer.test(layer) && fault.says.test(said)
    t.ok(isRight, `${fault.name}: ${layer}`, { said: said.slice(-1500) })
    if (isRight) named++
    await sh(fault.on ?? 'cpe', fault.heal)
  }
  t.comment(`${FAULTS.length} faults tried, ${named} named rightly`)
})

interface Omission {
  /** The step of the article, as the verdict names it. */
  readonly step: string
  readonly host: 'seoul' | 'chuncheon'
  /** A task there that takes it back, or what does so behind everybody's back. */
  readonly undo: string | (() => Promise<void>)
  readonly layer: RegExp
}

const OMISSIONS: readonly Omission[] = [
  {
    step: 'the attachment of the virtual cloud network to it',
    host: 'seoul',
    undo: () => cloud.detach(),
    layer: /the BGP prefixes/,
  },
  {
    step: 'the route to the on-premises network',
    host: 'seoul',
    undo: "oci_route_rule: {vcn: VCN-SEOUL-HUB, subnet: '{{ oci_hub_subnets[0] }}', destination: 10.0.0.0/16, state: absent}",
    layer: /reachability/,
  },
  {
    step: 'the security rule for what comes from the on-premises network',
    host: 'seoul',
    undo: "oci_security_rule: {vcn: VCN-SEOUL-HUB, subnet: '{{ oci_hub_subnets[0] }}', peer: 10.0.0.0/16, state: absent}",
    layer: /reachability/,
  },
  {
    step: "the source/destination check of the gateway's card",
    host: 'chuncheon',
    undo: 'oci_vnic: {instance: Libreswan, skip_source_dest_check: false}',
    layer: /reachability/,
  },
  {
    step: 'the route to the virtual cloud network',
    host: 'chuncheon',
    undo: "oci_route_rule: {vcn: OnPremise-Libreswan, subnet: '{{ oci_onpremise_subnet }}', destination: 172.16.0.0/16, state: absent}",
    layer: /reachability/,
  },
  {
    step: "the security rules of the gateway's subnet",
    host: 'chuncheon',
    undo: "oci_security_rule: {vcn: OnPremise-Libreswan, subnet: '{{ oci_onpremise_subnet }}', protocol: udp, port: 4500, peer: 0.0.0.0/0, state: absent}",
    layer: /the addresses inside the tunnel|IKE|ESP/,
  },
]

t.test('each step in the cloud matters: without it no ping is answered, and the proof names it', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'playline-omission-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const undoTask = async (t: Test, host: Omission['host'], task: string): Promise<void> => {
    const account = host === 'seoul' ? 'oci_hub_account' : 'oci_onpremise_account'
    const file = join(dir, 'undo.yml')
    const defaults = `{${task.slice(0, task.indexOf(':'))}: "{{ ${account} }}"}`
    writeFileSync(file, `- hosts: ${host}\n  gather_facts: false\n  module_defaults: ${defaults}\n  tasks:\n    - ${task}\n`)
    const { stdout } = await playline([file, '-i', 'inventories/lab'], environment)
    t.match(stdout, new RegExp(`${host} +: ok=1 +changed=1 `), stdout.slice(-1000))
  }
  for (const { step, host, undo, layer } of OMISSIONS) {
    await (typeof undo === 'string' ? undoTask(t, host, undo) : undo())
    t.match(await sh('onprem-vm', 'ping -c1 -W2 172.16.0.93 || true'), / 0 received/, `${step}: no answer`)
    const { stdout, exitCode } = await verify('-e', 'verify_seconds=20')
    const said = stdout.replaceAll(/\s+/g, ' ')
    t.equal(exitCode, 2)
    const [, named = '', lacking = ''] =
      /The first broken layer is ([^.:]*)[.:](?:(?! The first broken layer).)*In the cloud, not as playbooks\/oci\.yml makes it: ([^.]*)\./.exec(said) ?? []
    t.match(named, layer, `${step}: ${named}`)
    t.equal(lacking, step, said.slice(-1500))
    const healed = await playline(['playbooks/oci.yml', '-i', 'inventories/lab'], environment)
    t.match(healed.stdout, new RegExp(`${host} +: ok=\\d+ +changed=1 `), healed.stdout.slice(-1000))
  }
  const { exitCode, stdout } = await verify()
  t.equal(exitCode, 0, stdout.slice(-2000))
})

t.test('one of two tunnels is broken: reachable, and not redundant', async (t) => {
  await sh('cpe', `sed -i '/193.122.99.212/s/PSK "./PSK "_/' ${SECRETS}; ${RESTART}`)
  const { stdout, exitCode } = await verify('-e', 'verify_seconds=30')
  t.equal(exitCode, 2)
  t.match(stdout, /The networks reach each other, and through Tunnel-2 alone\./)
  t.match(stdout.replaceAll(/\s+/g, ' '), /Reachable, but not redundant\. Tunnel-1 is broken at IKE: .*Look at: libreswan_secrets_file/)
  await sh('cpe', `cp -a /root/good/ipsec.d/. /etc/ipsec.d/; ${RESTART}`)
  const healed = await verify()
  t.equal(healed.exitCode, 0, healed.stdout.slice(-2000))
})

t.test('one tunnel is cut while packets flow: the other takes over within the hold time of BGP, and it comes back', async (t) => {
  const { from, to, outageSeconds } = await rehearseFailover(instance, (line) => t.comment(line))
  t.not(from, to)
  // The hold time runs from the last keepalive; the rest is for the routes, and for a slow processor.
  t.ok(outageSeconds > 1 && outageSeconds < holdSeconds + 10, `${outageSeconds} s`)
})

t.test('teardown leaves the prerequisites, and nothing else', async (t) => {
  const { exitCode, stdout } = await playline(['playbooks/teardown.yml', '-i', 'inventories/lab'], environment)
  t.equal(exitCode, 0, stdout.slice(-2000))
  t.same(await cloud.left(), prerequisites)
  t.equal(await sh('drg', 'ls /etc/ipsec.d/*.conf 2>/dev/null || true'), '', 'the other ends are gone')
  cloud.writes()
  const again = await playline(['playbooks/teardown.yml', '-i', 'inventories/lab'], environment)
  t.equal(again.exitCode, 0, again.stdout.slice(-2000))
  t.same(cloud.writes(), [])
})

t.test('up again keeps what is there, or mends it; down leaves nothing', async (t) => {
  const paths = instancePaths(instance)
  const bootedAt = () => sh('cpe', 'stat -c %Y /proc/1')
  const before = await bootedAt()
  await up({ instance, kernel: 'esp' })
  t.equal(await bootedAt(), before)
  // Whatever runs the hosts is killed: the virtual machine, or the hosts themselves. And a saved machine is of no use.
  const layersDir = join(cacheDir, 'layers')
  for (const name of readdirSync(layersDir).filter((each) => each.startsWith('vm-state-'))) writeFileSync(join(layersDir, name, 'memory'), 'torn')
  for (const pid of processesIn(paths.cgroup)) kill(pid)
  await up({ instance, kernel: 'esp' })
  t.not(await bootedAt(), before)
  await down(instance)
  t.strictSame([instanceNamespaces(instance), processesIn(paths.cgroup), existsSync(paths.stateDir)], [[], [], false])
})
