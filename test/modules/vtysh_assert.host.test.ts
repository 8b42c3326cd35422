/** For real: FRR 8.4 of the lab's archive on a scratch host, its neighbour a second zebra and bgpd in a network namespace there. Needs root. */
import t from 'tap'
import module from '../../modules/vtysh_assert.ts'
import { ask } from '../support/drive.ts'
import { scratch } from '../support/scratch.ts'

const host = await scratch(t, { kind: 'debian', firewalld: false })

/** The article's CPE, which dials; `policy` is what its text forgets at first. */
const configuration = (policy: string) => `cat > /etc/frr/frr.conf <<'CONF'
router bgp 65000
 bgp router-id 10.10.10.1
 no bgp network import-check
 timers bgp 3 9
 neighbor 10.10.10.2 remote-as 31898
 neighbor 10.10.10.2 timers connect 2
 neighbor 10.10.10.6 remote-as 31898
 address-family ipv4 unicast
  network 10.0.0.0/16
  ${policy}
 exit-address-family
route-map ALLOW-ALL permit 100
CONF
systemctl restart frr`

await host.sh(`
apt-get -qq install -y frr > /dev/null
sed -i 's/^bgpd=no/bgpd=yes/' /etc/frr/daemons
ip link add tunnel type veth peer name other
ip netns add peer
ip link set other netns peer
ip addr add 10.10.10.1/30 dev tunnel
ip link set tunnel up
ip -n peer addr add 10.10.10.2/30 dev other
ip -n peer link set other up
ip -n peer link set lo up
install -d -o frr -g frr /run/peer
cat > /run/peer/bgpd.conf <<'CONF'
router bgp 31898
 bgp router-id 10.10.10.2
 no bgp ebgp-requires-policy
 no bgp network import-check
 timers bgp 3 9
 neighbor 10.10.10.1 remote-as 65000
 neighbor 10.10.10.1 passive
 address-family ipv4 unicast
  network 172.16.0.0/24
  network 172.16.1.0/24
 exit-address-family
CONF
touch /run/peer/zebra.conf
chown frr:frr /run/peer/*.conf
daemon() { systemd-run --quiet --unit=peer-$1 ip netns exec peer /usr/lib/frr/$1 --config_file /run/peer/$1.conf --pid_file /run/peer/$1.pid --socket /run/peer/zserv.api --vty_socket /run/peer --vty_port 0; }
daemon zebra
until test -S /run/peer/zserv.api; do sleep 0.1; done
daemon bgpd
`)

const wish = {
  address: '10.10.10.2',
  remote_as: 31898,
  received: { prefixes: ['172.16.0.0/24', '172.16.1.0/24'] },
  sent: { prefixes: ['10.0.0.0/16'] },
}

t.test('without a policy the session is established and carries nothing', async (t) => {
  await host.sh(configuration(''))
  t.strictSame((await ask(module, { neighbors: [{ address: '10.10.10.2' }], timeout: 60 }, host)).missing, [])
  t.match(await ask(module, { neighbors: [wish], timeout: 3 }, host), {
    missing: [/no prefix is accepted: it has no inbound policy/, /no prefix is sent: it has no outbound policy/],
  })
})

t.test('with one it carries the prefixes', async (t) => {
  await host.sh(configuration('neighbor 10.10.10.2 route-map ALLOW-ALL in\n  neighbor 10.10.10.2 route-map ALLOW-ALL out'))
  const { missing, result } = await ask(module, { neighbors: [{ ...wish, sent: { at_least: 1 }, up_for_seconds: 2 }], timeout: 60 }, host)
  t.strictSame(missing, [])
  t.match(result, { neighbors: { '10.10.10.2': { state: 'Established', received: 2 } } })
  t.match(await ask(module, { neighbors: [{ address: '10.10.10.6' }], timeout: 0 }, host), { missing: [/^10\.10\.10\.6: \w+, was never Established/] })
})

t.test('and says why it ended', async (t) => {
  await host.sh('systemctl stop peer-bgpd')
  t.match(await ask(module, { neighbors: [wish], timeout: 2 }, host), {
    missing: [/^10\.10\.10\.2: (Active|Idle|Connect) since \d+ s, not Established \(last reset: .+\)$/],
  })
  await host.sh('systemctl stop frr')
  t.match(await ask(module, { neighbors: [wish], timeout: 0 }, host), { missing: [/^FRR does not answer: /] })
})
