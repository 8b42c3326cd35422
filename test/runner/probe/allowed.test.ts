import t from 'tap'
import { readOnlyFault } from '../../../runner/probe/allowed.ts'

/** Words separated by spaces; a word in quotes may hold some. What stands in brackets before them are scratch folders. */
function faultOf(line: string): ReturnType<typeof readOnlyFault> {
  const [, folders, command = ''] = /^(?:\[(.*?)\] )?(.*)$/s.exec(line)!
  return faultOfWords(
    [...command.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2]!),
    folders?.split(' '),
  )
}

function faultOfWords(argv: readonly string[], scratchFolders?: readonly string[]): ReturnType<typeof readOnlyFault> {
  return readOnlyFault({ argv: argv as readonly [string, ...string[]], ...(scratchFolders && { scratchFolders }) })
}

const ALLOWED = `
systemctl show --no-pager --property=LoadState,ActiveState -- frr.service
systemctl show -p LoadState -- frr
systemctl is-active ipsec
systemctl is-enabled -- ipsec.service
systemctl list-unit-files --no-legend --no-pager --plain
systemctl cat frr
systemctl status frr --no-pager -n 5
/usr/bin/systemctl show frr
journalctl --unit frr --lines 20 --no-pager --output cat
journalctl -u frr -n 20 --since=-5min -o cat
busctl --system call org.fedoraproject.FirewallD1 /org/fedoraproject/FirewallD1 org.fedoraproject.FirewallD1.zone getZoneSettings2 s public
busctl --system call org.fedoraproject.FirewallD1 /org/fedoraproject/FirewallD1 org.fedoraproject.FirewallD1.zone queryPort ssss public 500 udp x
busctl get-property org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager Version
sysctl -n net.ipv4.ip_forward
sysctl -a
sysctl -ne net.ipv4.conf.all.rp_filter kernel.hostname
dpkg-query --show --showformat=x -- frr libreswan
dpkg -s frr
apt-cache policy frr
apt-cache madison frr
apt-mark showhold
apt-get --simulate --yes -oDir::Log::Planner=/dev/null install frr=8.4.4-1 frr-pythontools
apt-get -s -oDir::Log::Planner=/dev/null purge frr:amd64
rpm -q --qf '%{NAME} %{EVR}' -- libreswan
rpm -qa
rpm --query --queryformat x libreswan
[/var/log /var/lib/dnf] dnf -C repoquery --installed libreswan
[/var/log /var/lib/dnf] dnf -q -C list --installed
[/var/log /var/lib/dnf] dnf --version
[/var/log /var/lib/dnf] yum --cacheonly info frr
firewall-cmd --state
firewall-cmd --permanent --zone=public --list-all
firewall-cmd --zone public --query-port=500/udp
firewall-cmd --get-default-zone
firewall-cmd --info-zone=public
firewall-cmd --check-config
firewall-cmd --direct --get-all-rules
firewall-offline-cmd --zone=public --list-ports
vtysh -c 'show bgp summary json'
vtysh -d bgpd -c 'show ip route' -c 'show version'
ipsec trafficstatus
ipsec status
ipsec whack --trafficstatus
ipsec whack --status
ipsec --version
ipsec auto --status
ip -j addr show dev ens3
ip addr
ip -j -d link show
ip route get 172.16.0.1
ip -n blue route list
ip xfrm state
ip xfrm policy list
ip netns list
ip netns identify 5
ss -tlnp
ss -H -u -a state all
ping -c 1 -W 2 172.16.0.10
ping -c1 -I vti1 172.16.0.10
stat -c %a /etc/passwd
cat -- -file
head -c 10 /dev/zero
tail -n 20 /var/log/frr.log
readlink -f /etc/localtime
test -e /etc/hosts
ls -la /etc
find /srv -executable
find /etc -maxdepth 1 -type f -name '*.conf' -newer /x -printf '%p\\0'
find / -L
grep -r pattern /etc
getent passwd frr
printenv HOME
file --mime-type --mime-encoding /etc/motd
sha224sum /etc/motd
sha384sum /etc/motd
ssh-keygen -l -f /home/a/.ssh/id_rsa.pub
id -un frr
uname -a
hostname
hostname -f
nft list ruleset
nft -j list table inet firewalld
nft 'list ruleset'
conntrack -L -p udp
which vtysh
date +%s
date -u -d @0 +%F
iptables -t nat -S
iptables -L -n -v
crontab -l -u root
`

const REFUSED = `

-
rm -rf /
sh -c 'echo hi'
bash
sudo id
env id
xargs rm
tee /etc/passwd
/opt/own/cat /etc/passwd
/tmp/systemctl show x
./cat /etc/passwd
constructor
toString
systemctl
systemctl start frr
systemctl restart frr
systemctl enable frr
systemctl daemon-reload
systemctl set-property frr x=y
systemctl edit frr
systemctl kill frr
systemctl show frr --force
systemctl --host=other show frr
systemctl -H other show frr
systemctl -p show restart frr
journalctl --vacuum-size=1M
journalctl --vac=1
journalctl --rotate
journalctl --rot
journalctl --flush
journalctl --sync
journalctl --cursor-file=/etc/x
journalctl -f
journalctl -fu frr
busctl call org.x /o org.x.I setZone s x
busctl --system call org.x /o org.x.I setZone s get
busctl --system call org.x /o org.x.I addPort s get
busctl call org.x /o org.x.I getZone
busctl set-property org.x /o org.x.I P s x
busctl --host=other --system call a b c getX
busctl monitor
sysctl -w net.ipv4.ip_forward=1
file -C -m /srv/magic
ssh-keygen -f /home/a/.ssh/id_rsa
ssh-keygen -l -f /x -p
sysctl net.ipv4.ip_forward=1
sysctl -n net.ipv4.ip_forward=1
sysctl -n -- net.ipv4.ip_forward=1
sysctl -p
sysctl --system
sysctl --load=/x
sysctl -qp
dpkg -i x.deb
dpkg --purge frr
apt-cache gencaches
apt-cache -o APT::Update::Pre-Invoke::=id policy
apt-get install frr
apt-get -s install frr
apt-get update
apt-get -s update
apt-get -s -oDir::Log::Planner=/dev/null update
apt-get -s -o Debug::NoLocking=1 -oDir::Log::Planner=/dev/null -oDPkg::Pre-Invoke::=id install x
apt-get -s -oDir::Log::Planner=/dev/null install ./file.deb
apt-get -s -oDir::Log::Planner=/dev/null install /tmp/file.deb
apt-get -oDir::Log::Planner=/dev/null -y install frr
apt-get -s -oDir::Log::Planner=/dev/null clean
apt-mark hold frr
apt-mark auto frr
rpm -i x.rpm
rpm -e frr
rpm -E '%(id)'
rpm -q --eval '%(id)'
rpm -q --pipe 'tee /x' frr
rpm -q --define 'x %(id)' frr
rpm --import key
rpm --rebuilddb
[/var/log /var/lib/dnf] dnf list
[/var/log /var/lib/dnf] dnf install frr
[/var/log /var/lib/dnf] dnf -C install frr
dnf -C repoquery frr
[/var/log] dnf -C repoquery frr
[/var/log /var/lib/dnf] dnf -C -y upgrade
[/var/log /var/lib/dnf] dnf -C --setopt=pluginpath=/x list
[/var/log /var/lib/dnf] dnf makecache
[/var/log /var/lib/dnf] dnf -C module enable x
[/var/log /var/lib/dnf] yum repoquery frr
firewall-cmd
firewall-cmd --permanent
firewall-cmd --reload
firewall-cmd --permanent --zone=public --add-port=500/udp
firewall-cmd --zone=public --list-all --add-port=500/udp
firewall-cmd --list-all --reload
firewall-cmd --set-default-zone=public
firewall-cmd --runtime-to-permanent
firewall-cmd --direct --passthrough ipv4 -F
firewall-cmd --zone --list-all --panic-on
firewall-cmd --new-zone-from-file=/x --list-all
firewall-offline-cmd --add-service=ssh
vtysh
vtysh -c 'configure terminal'
vtysh -c 'show version' -c 'clear bgp *'
vtysh -c 'clear bgp *' -c 'show version'
vtysh -c show
vtysh -b
vtysh -f /etc/frr/frr.conf
vtysh -w
ipsec start
ipsec restart
ipsec auto --add x
ipsec auto --up x
ipsec auto --status --up x
ipsec whack
ipsec whack --initiate --name x
ipsec whack --shutdown
ipsec whack --status --shutdown
ipsec whack --trafficstatus --delete --name x
ipsec --status --start
ipsec initnss
ipsec showhostkey
ip addr add 10.0.0.1/8 dev x
ip link set x up
ip link del x
ip route flush table main
ip route add default via 10.0.0.1
ip netns exec x id
ip netns add x
ip -all netns exec id
ip -b /tmp/batch
ip -batch /tmp/batch addr
ip xfrm state flush
ip xfrm state deleteall
ip xfrm monitor
ip monitor
ip vrf exec x id
ss -K dst 10.0.0.1
ss --kill
ss --ki
ss -tK
ss -D /etc/x
ss --diag=/etc/x
ping 10.0.0.1
ping -f -c 1 10.0.0.1
ping -c 1 -f 10.0.0.1
tail -f /var/log/x
tail -F /x
tail --follow /x
tail --fol /x
find / -delete
find / -name x -exec rm {} +
find / -execdir rm {} +
find / -ok rm {} +
find / -okdir rm {} +
find / -fprint /etc/x
find / -fprintf /etc/x y
find / -fprint0 /etc/x
find / -fls /etc/x
hostname newname
hostname -F /etc/x
hostname -b x
hostname --file=/x
nft flush ruleset
nft list ruleset ; flush ruleset
nft 'list ruleset; flush ruleset'
nft -f /etc/x
nft -i
nft 'flush ruleset'
conntrack -D
conntrack -F
conntrack -L -z
conntrack -E
conntrack -L -D
conntrack --flush
date 010100002030
date -s now
date --set=now
iptables -F
iptables -L -Z
iptables -LZ
iptables -A INPUT -j DROP
iptables -S -A INPUT
crontab -r
crontab /x
crontab -l -r
command -v id
`

t.test('what only reads is allowed', async (t) => {
  for (const line of ALLOWED.split('\n').filter(Boolean)) t.equal(faultOf(line)?.summary, undefined, line)
})

t.test('everything else is refused', async (t) => {
  for (const line of REFUSED.split('\n')) t.match(faultOf(line), { code: 'PROBE_FAILED', severity: 'error', summary: /is not on the read-only list$/ }, line)
  t.match(faultOfWords(['vtysh', '-c', 'show version\nconfigure terminal']), { code: 'PROBE_FAILED' }, 'a newline begins another command')
  t.match(faultOfWords(['nft', 'list', 'ruleset\nflush ruleset']), { code: 'PROBE_FAILED' })
  t.match(faultOfWords(['']), { code: 'PROBE_FAILED' })
})

t.test('what is said of it', async (t) => {
  t.same(faultOfWords(['systemctl', 'restart', 'frr']), {
    code: 'PROBE_FAILED',
    severity: 'error',
    summary: "'systemctl restart frr' is not on the read-only list",
    hint: 'The program is on the list, but not with these arguments.',
  })
  t.match(faultOfWords(['rm', 'x']), { hint: 'A module reads only with programs that are known not to alter the host.' })
})
