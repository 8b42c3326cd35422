/**
 * The recipe of the virtual machine in which the hosts run where the machine's own kernel has no ESP: a kernel of Debian's, a
 * small initramfs that finds the disk, and a read-only disk that holds the layers. As bash, run with `-euo pipefail`.
 */

/** Drivers that the initramfs loads to find the disk and to stack the layers. */
const diskModules = ['virtio_pci', 'virtio_blk', 'ext4', 'overlay']

/** What the hosts use. Inside them no module can be loaded, and not all of these load themselves. */
const networkModules = [
  'virtio_net virtio_rng veth bridge tun dummy',
  'esp4 ip_vti xfrm_user xfrm_interface af_key gcm ctr cbc authenc echainiv seqiv sha256_generic sha512_generic',
  'nf_tables nft_ct nft_chain_nat nft_nat nft_masq nft_reject nft_reject_inet nft_fib_inet nft_log nft_limit nf_conntrack ip_set',
]

/** Where the disk is mounted in the virtual machine. */
const disk = '/image'

/** Addresses of the link on which the lab commands the virtual machine; the hosts have no part in it. */
export const commandLink = { lab: '10.255.255.1', machine: '10.255.255.2', prefixLength: 30 } as const

/**
 * Makes `kernel`, `initrd` and `disk` in the folder that is the first argument. The others: the layers' folders, topmost first,
 * the last being the one with all programs; before them a file with the ssh host key and one with the key that may log in.
 */
export const vmRecipe = String.raw`
out=$1 hostkey=$2 authorized=$3
shift 3
for layer; do programs=$layer; done
work=$out/work
mkdir -p "$work/packages" "$work/tree" "$work/initrd/bin" "$work/initrd/lib" "$work/stage/modules/usr/lib" "$work/stage/layers"

cd "$work/packages"
kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-\S*\)$/\1/p' | head -n 1)
apt-get -o APT::Sandbox::User=root download "$kernel" busybox-static
for package in *.deb; do dpkg-deb --extract "$package" "$work/tree"; done
mv "$work/tree"/boot/vmlinuz-* "$out/kernel"
mv "$work/tree/lib/modules" "$work/stage/modules/usr/lib/modules"
release=$(ls "$work/stage/modules/usr/lib/modules")

# The layers' own programs: the machine need not have any for modules.
mount --bind "$work/stage/modules" "$programs/mnt"
chroot "$programs" depmod -b /mnt/usr "$release"
for module in ${diskModules.join(' ')}; do chroot "$programs" modprobe -d /mnt/usr -S "$release" --show-depends "$module"; done |
  sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' > "$work/modules"
while read -r module; do
  cp "$programs$module" "$work/initrd/lib/"
  basename "$module" >> "$work/initrd/modules"
done < "$work/modules"
umount "$programs/mnt"

find "$work/tree" -path '*/bin/busybox' -exec cp {} "$work/initrd/bin/busybox" \;
ln -s busybox "$work/initrd/bin/sh"
install -m 600 "$hostkey" "$work/initrd/hostkey"
install -m 600 "$authorized" "$work/initrd/authorized"
lower=
for layer; do lower=$lower:${disk}/layers/$(basename "$layer"); done
cat > "$work/initrd/init" <<INIT
#!/bin/sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs devtmpfs /dev
while read -r module; do insmod /lib/\$module; done < /modules
tries=0; while [ ! -b /dev/vda ] && [ \$tries -lt 200 ]; do sleep 0.05; tries=\$((tries+1)); done
mount -t ext4 -o ro,noload /dev/vda ${disk}
mount -t tmpfs -o mode=755 tmpfs /own; mkdir /own/upper /own/work
mount -t overlay -o "lowerdir=${disk}/modules$lower,upperdir=/own/upper,workdir=/own/work" overlay /root
mkdir -p "/root$(dirname "$1")" /root/run
mount --bind ${disk}/layers "/root$(dirname "$1")"
mkdir -p /root/root/.ssh
cp /authorized /root/root/.ssh/authorized_keys; chmod 700 /root/root/.ssh
cp /hostkey /root/etc/ssh/ssh_host_ed25519_key; chmod 600 /root/etc/ssh/ssh_host_ed25519_key
cp /start /root/sbin/lab-start
mount --move /dev /root/dev; mount --move /proc /root/proc; mount --move /sys /root/sys
exec switch_root /root /sbin/lab-start
INIT
cat > "$work/initrd/start" <<'START'
#!/bin/bash
# Process 1 of the virtual machine. systemd runs in the hosts, not here.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
modprobe --all ${networkModules.join(' ')}
echo 1024 > /proc/sys/fs/inotify/max_user_instances
ip link set lo up
ip link set eth1 up
ip addr add ${commandLink.machine}/${commandLink.prefixLength} dev eth1
mkdir -p /run/sshd
/usr/sbin/sshd -o UsePAM=no -o PermitRootLogin=prohibit-password
# Each ping, and each tcpdump, has the kernel patch its code for packets' timestamps, once more when it is the last to end; where
# the processor is emulated, another processor may go on with the code of before, for ever. So one is always there.
ping -q -i 86400 127.0.0.1 </dev/null >/dev/null 2>&1 &
echo playline-lab: listening
while :; do wait; sleep 5; done
START
chmod 755 "$work/initrd/init" "$work/initrd/start"
mkdir "$work"/initrd/{proc,sys,dev,root,own} "$work/initrd${disk}"
(cd "$work/initrd" && find . | ./bin/busybox cpio -o -H newc) | gzip -1 > "$out/initrd"
chmod 600 "$out/initrd"

for layer; do
  mkdir "$work/stage/layers/$(basename "$layer")"
  mount --bind "$layer" "$work/stage/layers/$(basename "$layer")"
done
size=$(du -sm "$work/stage" | cut -f1)
truncate -s $((size * 13 / 10 + 200))M "$out/disk"
mkfs.ext4 -q -O ^has_journal -m 0 -d "$work/stage" "$out/disk"
for layer; do umount "$work/stage/layers/$(basename "$layer")"; done
cd /
rm -r "$work"
`
