/** The recipes of the layers, as bash. Each is run with `-euo pipefail`, as root, in namespaces of its own. */

const packages = [
  'systemd systemd-sysv dbus udev kmod procps sudo python3 ca-certificates',
  'openssh-server openssh-client',
  'firewalld nftables iptables ipset conntrack iproute2 iputils-ping net-tools tcpdump',
  'apt-utils dpkg-dev dnf createrepo-c rpm',
].flatMap((line) => line.split(' '))

/** What the playbooks install; kept as files in each host, because hosts have no way to an archive. */
const offered = ['libreswan', 'frr', 'frr-pythontools']

// They look after hardware, the clock, other people's consoles or the disk: nothing that a host of the lab has.
const maskedUnits = [
  'systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udev-trigger.service',
  'systemd-timesyncd.service systemd-logind.service systemd-networkd.service systemd-networkd.socket',
  'systemd-resolved.service systemd-modules-load.service systemd-journal-flush.service systemd-pstore.service',
  'systemd-hwdb-update.service systemd-boot-system-token.service systemd-binfmt.service systemd-random-seed.service',
  'getty@tty1.service console-getty.service getty.target e2scrub_reap.service e2scrub_all.timer fstrim.timer',
  'apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer logrotate.timer systemd-tmpfiles-clean.timer',
  'sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount dev-mqueue.mount',
  'sys-fs-fuse-connections.mount systemd-remount-fs.service',
  'proc-sys-fs-binfmt_misc.automount systemd-update-utmp.service systemd-update-utmp-runlevel.service',
].flatMap((line) => line.split(' '))

/** Stand-ins for the packages of Enterprise Linux that the article installs: name, version, what it requires. */
const stubs = ['libreswan 4.5', 'libreswan 4.6', 'frr 7.5.1 libyang', 'libyang 1.0']

/**
 * Builds a root of Debian packages, which takes minutes. What makes a host of the lab out of it is another layer, so
 * that a change there costs seconds.
 * Arguments: the new root, a file with apt options, the release's name, apt source lines.
 */
export const debianRecipe = String.raw`
root=$1 options=$2 release=$3
shift 3

# The hook downloads while mmdebstrap still has its package lists, which are those that the root was just made from.
mmdebstrap --mode=root --variant=minbase --include=${packages.join(',')} --aptopt="$options" \
  --dpkgopt=force-unsafe-io \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook='mkdir -p "$1/srv/playline-lab/apt/partial"' \
  --customize-hook='APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -y --download-only --no-install-recommends -o APT::Sandbox::User=root -o Dir::Cache::archives="$1/srv/playline-lab/apt/" install ${offered.join(' ')}' \
  "$release" "$root" "$@"

rm -rf "$root/srv/playline-lab/apt/partial" "$root/srv/playline-lab/apt/lock"
# Both name the machine's mirrors and proxies; a host of the lab has its own archive and nothing else.
rm -f "$root/etc/apt/apt.conf.d/99mmdebstrap" "$root/etc/apt/sources.list"
rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id"
# Nobody uses these device nodes: each host mounts its own /dev.
find "$root/dev" -mindepth 1 -delete
`

/** Makes `$root`, as Debian's packages left it, into a host of the lab: its archives, its user, its units. */
export const baseRecipe = String.raw`
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
cat > "$root/tmp/inside" <<'INSIDE'
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8

cd /srv/playline-lab/apt
apt-ftparchive packages . > Packages
apt-ftparchive release . > Release.new
mv Release.new Release
echo 'deb [trusted=yes] file:/srv/playline-lab/apt ./' > /etc/apt/sources.list
apt-get update

# Debian's rpm keeps its database in the home folder of whoever asks; on Enterprise Linux there is one.
mkdir -p /etc/rpm
echo '%_dbpath /var/lib/rpm' > /etc/rpm/macros.lab
rpm --initdb
work=$(mktemp -d)
while read -r name version requires; do
  cat > "$work/$name.spec" <<SPEC
Name: $name
Version: $version
Release: 1
Summary: Stand-in for $name in the rehearsal lab
License: Apache-2.0
BuildArch: noarch
${'$'}{requires:+Requires: $requires}
%description
It has the name and the version of the real package, and one file.
%install
mkdir -p %{buildroot}/usr/share/playline-lab
echo "$name $version" > %{buildroot}/usr/share/playline-lab/$name
%files
/usr/share/playline-lab/$name
SPEC
  rpmbuild -bb --quiet --define "_topdir $work" --define "_rpmdir /srv/playline-lab/rpm" "$work/$name.spec" < /dev/null
done <<'STUBS'
${stubs.join('\n')}
STUBS
rm -r "$work"
createrepo_c --quiet /srv/playline-lab/rpm
mkdir -p /etc/yum.repos.d /etc/dnf/vars
printf '[lab]\nname=Rehearsal lab\nbaseurl=file:///srv/playline-lab/rpm\nenabled=1\ngpgcheck=0\n' > /etc/yum.repos.d/lab.repo
# dnf takes it from the package that owns the release; no package does here.
echo 8 > /etc/dnf/vars/releasever
ln -s dnf /usr/bin/yum
dnf --quiet makecache

useradd --create-home --uid 1000 --shell /bin/bash opc
install -d -m 700 -o opc -g opc /home/opc/.ssh
echo 'opc ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/opc
chmod 440 /etc/sudoers.d/opc
cat > /etc/ssh/sshd_config.d/lab.conf <<'SSHD'
HostKey /etc/ssh/ssh_host_ed25519_key
UseDNS no
GSSAPIAuthentication no
# The runner opens many connections at once, as it may; the defaults are for strangers on the internet.
MaxStartups 200
MaxSessions 100
SSHD

for unit in ${maskedUnits.join(' ')}; do ln -sf /dev/null "/etc/systemd/system/$unit"; done
systemctl disable ssh.service firewalld.service nftables.service
systemctl set-default multi-user.target
ln -sf /etc/machine-id /var/lib/dbus/machine-id
: > /etc/machine-id
echo 'nameserver 127.0.0.1' > /etc/resolv.conf
# Newer than /usr: systemd would otherwise bring every host "up to date" when it boots.
touch /etc/.updated /var/.updated
INSIDE
chroot "$root" bash /tmp/inside
rm "$root/tmp/inside"
`

/** Changes `$root` into Oracle's side: with Libreswan and FRR installed, and enabled by whoever makes the host. */
export const oracleRecipe = String.raw`
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
export DEBIAN_FRONTEND=noninteractive
chroot "$root" apt-get install -y ${offered.join(' ')}
chroot "$root" systemctl disable ipsec.service frr.service
sed -i 's/^bgpd=no/bgpd=yes/' "$root/etc/frr/daemons"
`

/** Changes `$root` into what looks like Enterprise Linux 8 to someone who asks which package manager there is. */
export const elRecipe = String.raw`
# dpkg's database goes too: without it nothing can be mistaken for a Debian package.
rm -f "$root"/usr/bin/apt "$root"/usr/bin/apt-* "$root"/usr/bin/dpkg "$root"/usr/bin/dpkg-*
rm -rf "$root/etc/apt" "$root/var/lib/apt" "$root/var/lib/dpkg" "$root/etc/debian_version" "$root/srv/playline-lab/apt"
cat > "$root/usr/lib/os-release" <<'RELEASE'
NAME="Oracle Linux Server"
VERSION="8.10"
ID="ol"
ID_LIKE="fedora"
VARIANT="Server"
VARIANT_ID="server"
VERSION_ID="8.10"
PLATFORM_ID="platform:el8"
PRETTY_NAME="Oracle Linux Server 8.10"
CPE_NAME="cpe:/o:oracle:linux:8:10:server"
RELEASE
echo 'Oracle Linux Server release 8.10' > "$root/etc/oracle-release"
echo 'Red Hat Enterprise Linux release 8.10 (Ootpa)' > "$root/etc/redhat-release"
ln -sf redhat-release "$root/etc/system-release"
`
