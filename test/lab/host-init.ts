/** The programs that make new namespaces into a host: the machine below it, and process 1 until that becomes systemd. */

/**
 * The machine: it has a disk and network cards, and boots the host, again whenever that reboots. It ends when the host halts.
 *
 * Arguments: the host's name, its lower layers as overlayfs wants them, its folder, its cgroup. The folder has `files` (a tree
 * to copy in), `owners` (lines "owner path"), `init` (`hostInit`), `network` (lines for `ip -batch`, for a boot after the first)
 * and `disk` (an empty folder to mount on). To be run in the host's network namespace and in a mount namespace of its own, so
 * that nothing is left to unmount when it is killed.
 */
export const hostMachine = String.raw`#!/bin/bash
set -euo pipefail
name=$1 lower=$2 dir=$3 cgroup=$4
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

# A tmpfs, whatever the file system of the machine: overlayfs cannot have its upper folder on an overlayfs.
mount -t tmpfs -o mode=755,size=1g playline-lab "$dir/disk"
mkdir "$dir/disk/upper" "$dir/disk/work" "$dir/disk/root"
root=$dir/disk/root
mount -t overlay -o "lowerdir=$lower,upperdir=$dir/disk/upper,workdir=$dir/disk/work" overlay "$root"
# tar and not cp: folders that the root has keep their owner and mode.
tar -C "$dir/files" -cf - . | tar -C "$root" --no-overwrite-dir -xpf -
while read -r owner path; do chroot "$root" chown "$owner" "$path"; done < "$dir/owners"

settings() { grep -rs '' /proc/sys/net/ipv4 /proc/sys/net/ipv6 /proc/sys/net/core /proc/sys/net/netfilter || true; }
settings > "$dir/disk/settings"

# What a machine does not know any more after a reboot: rules, security associations, settings, routes, devices that are no cards.
reset_network() {
  chroot "$root" nft flush ruleset
  ip xfrm state flush || true
  ip xfrm policy flush || true
  # It complains of the other end of each cable, whose namespace has no name here.
  ip -o link show 2>/dev/null | sed 's/^[0-9]*: \([^:@]*\).*/\1/' | while read -r device; do
    if [ "$device" = lo ] || ip -o link show dev "$device" type veth 2>/dev/null | grep . >/dev/null; then continue; fi
    # The kernel's own (tunl0, ip_vti0) stay.
    ip link delete "$device" 2>/dev/null || true
  done
  ip route flush table main type blackhole
  ip -batch "$dir/network"
  settings | diff "$dir/disk/settings" - | sed -n 's/^< //p' | while IFS=: read -r file value; do
    echo "$value" > "$file" || true
  done || true
}

while :; do
  # systemd has moved us along with its own.
  echo $$ > "$cgroup/cgroup.procs"
  status=0
  unshare --mount --pid --cgroup --uts --ipc --fork --propagation private bash "$dir/init" "$name" "$dir" || status=$?
  # reboot(2): to those outside, process 1 of a namespace that restarts was ended by SIGHUP.
  if [ $status != 129 ]; then exit $status; fi
  echo "$name reboots"
  reset_network
done
`

/**
 * The host's first program. Arguments: the host's name and its folder, where its root is mounted at `disk/root`.
 *
 * Everything is mounted here, in the host's own mount namespace, so that nothing is left to unmount when it ends.
 */
export const hostInit = String.raw`#!/bin/bash
set -euo pipefail
name=$1 dir=$2
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
hostname "$name"
root=$dir/disk/root

mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t tmpfs -o mode=755,nosuid,size=1m tmpfs "$root/dev"
while read -r device major minor; do mknod -m 666 "$root/dev/$device" c "$major" "$minor"; done <<'DEVICES'
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
DEVICES
mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue" "$root/dev/net"
mknod -m 666 "$root/dev/net/tun" c 10 200
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
mount -t tmpfs -o nosuid,nodev,size=64m tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755,nosuid,nodev,size=128m tmpfs "$root/run"
mount -t tmpfs -o mode=1777,size=512m tmpfs "$root/tmp"
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"

# The kernel's settings are the machine's, and read-only; those of the network belong to this host's namespace.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount -o remount,bind,ro "$root/proc/sys"
if [ -e "$root/proc/sysrq-trigger" ]; then
  mount --bind "$root/proc/sysrq-trigger" "$root/proc/sysrq-trigger"
  mount -o remount,bind,ro "$root/proc/sysrq-trigger"
fi
# The article sets one setting of the kernel itself. The host gets a file of its own in that place, to write and read.
if [ -e "$root/proc/sys/kernel/unknown_nmi_panic" ]; then
  echo 0 > "$dir/disk/unknown_nmi_panic"
  mount --bind "$dir/disk/unknown_nmi_panic" "$root/proc/sys/kernel/unknown_nmi_panic"
fi

cd "$root"
mkdir .old
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
# systemd asks this variable whether it is in a container; with "other" it leaves hardware alone.
export container=other LANG=C.UTF-8
unset TERM
exec setpriv --bounding-set -sys_module,-sys_time,-mac_admin,-mac_override,-sys_rawio /sbin/init systemd.show_status=0
`
