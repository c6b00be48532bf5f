# What this system is, as KEY=VALUE lines. Reads only.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
. /etc/os-release
echo "id=$ID"
echo "version=$VERSION_ID"
echo "serial=$(cat /sys/class/dmi/id/product_serial)"
echo "boot_id=$(cat /proc/sys/kernel/random/boot_id)"
echo "fqdn=$(hostname -f)"
echo "root=$(findmnt -no SOURCE /)"
for link in /dev/disk/by-id/*; do
  [ -e "$link" ] && echo "disk=${link##*/} $(readlink -f "$link")"
done
for disk in $(lsblk -nrso NAME,TYPE "$(findmnt -no SOURCE /)" | awk '$2 == "disk" { print $1 }'); do
  echo "rootdisk=/dev/$disk"
done
[ -c /dev/kvm ] && echo "kvm=yes"
for bridge in /sys/class/net/*/bridge; do
  [ -d "$bridge" ] || continue
  device=${bridge%/bridge}
  echo "bridge=${device##*/} $(cat "$device/carrier" 2>/dev/null) $(ls "$device/brif" | tr '\n' ' ')"
done
for port in /sys/class/net/*; do
  [ -e "$port/device" ] || continue
  offloads=$(ethtool -k "${port##*/}" 2>/dev/null | awk '/^(large-receive-offload|rx-gro-hw): on/ { print $1 }' | tr '\n' ' ')
  echo "nic=$(cat "$port/address") ${port##*/} $offloads"
done
ip -4 -o addr show | awk '{ print "address=" $2 " " $4 }'
echo "time=$(chronyc -n sources 2>/dev/null | awk '/^\^\*/ { print $2 }')"
