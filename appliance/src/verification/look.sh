# What this system is, as KEY=VALUE lines. Reads only. Set above: $packages, $services, $pings (ADDRESS:BYTES ...), $tls.
# storage.sh and settings.sh go on where it ends.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL

# Those that answer nobody take seconds: all at once, and they are waited for at the end.
for target in $pings; do
  (
    address=${target%:*} bytes=${target##*:}
    if ping -nq -M do -c 2 -i 0.2 -W 1 -s "$bytes" "$address" > /dev/null 2>&1; then echo "ping=$address full"
    elif ping -nq -c 2 -i 0.2 -W 1 "$address" > /dev/null 2>&1; then echo "ping=$address small"
    else echo "ping=$address none"; fi
  ) &
done

. /etc/os-release
echo "id=$ID"
echo "version=$VERSION_ID"
echo "serial=$(cat /sys/class/dmi/id/product_serial)"
echo "boot_id=$(cat /proc/sys/kernel/random/boot_id)"
echo "machine_id=$(cat /etc/machine-id)"
echo "kernel=$(uname -r)"
default=$(grubby --default-kernel 2> /dev/null)
[ -n "$default" ] || default=$(ls /boot/vmlinuz-* 2> /dev/null | grep -v rescue | sort -V | tail -n 1)
echo "kernel_default=${default##*/vmlinuz-}"
fqdn=$(hostname -f 2> /dev/null)
echo "fqdn=$fqdn"
[ -z "$fqdn" ] || getent ahosts "$fqdn" | awk '!seen[$1]++ { print "resolves=" $1 }'
[ -c /dev/kvm ] && echo "kvm=yes"
awk -F': *' '/^model name/ && !m++ { print "cpu_model=" $2 } /^flags/ && !f++ { print "cpu_flags=" $2 }' /proc/cpuinfo

for link in /dev/disk/by-id/*; do
  [ -e "$link" ] && echo "disk=${link##*/} $(readlink -f "$link")"
done
for disk in $(lsblk -nrso NAME,TYPE "$(findmnt -no SOURCE /)" | awk '$2 == "disk" { print $1 }'); do
  echo "rootdisk=/dev/$disk"
done
for array in /sys/block/md*/md; do
  [ -d "$array" ] || continue
  name=${array%/md}
  echo "array=${name##*/} $(cat "$array/level") $(cat "$array/array_state") $(cat "$array/degraded" 2> /dev/null)"
done

mapped=$(lsblk -nrso NAME,TYPE "$(findmnt -no SOURCE /)" | awk '$2 == "crypt" { print $1 }')
if [ -n "$mapped" ]; then
  device=$(cryptsetup status "$mapped" | sed -n 's/^ *device: *//p')
  cryptsetup luksDump "$device" |
    awk -v device="$device" '/^[^ \t]/ { part = $1 } /^  [0-9]+:/ { n[part]++ } END { print "crypt=" device " " n["Keyslots:"] + 0 " " n["Tokens:"] + 0 }'
  clevis luks list -d "$device" | sed 's/^/lock=/'
fi

esp=bios
if [ -d /sys/firmware/efi ]; then
  esp=none
  ! mountpoint -q /boot/efi2 || if diff -rq /boot/efi/EFI /boot/efi2/EFI > /dev/null 2>&1; then esp=same; else esp=differs; fi
fi
echo "esp=$esp"

for link in /sys/class/net/*; do
  [ -d "$link" ] || continue
  if [ -d "$link/bonding" ]; then
    up=
    for port in $(cat "$link/bonding/slaves"); do
      [ "$(cat "$link/lower_$port/bonding_slave/mii_status")" != up ] || up="$up $port"
    done
    echo "bond=${link##*/} $(cut -d' ' -f1 "$link/bonding/mode")$up"
  fi
  echo "link=${link##*/} $(cat "$link/mtu")"
  if [ -d "$link/bridge" ]; then
    echo "bridge=${link##*/} $(cat "$link/carrier" 2> /dev/null) $(ls "$link/brif" | tr '\n' ' ')"
    echo "stp=${link##*/} $(cat "$link/bridge/stp_state")"
  fi
  [ -e "$link/device" ] || continue
  offloads=$(ethtool -k "${link##*/}" 2> /dev/null | awk '/^(large-receive-offload|rx-gro-hw): on/ { print $1 }' | tr '\n' ' ')
  # The card's own address: a bond gives its ports one of them.
  mac=$(ethtool -P "${link##*/}" 2> /dev/null | awk '/^Permanent address: [^n]/ && $3 != "00:00:00:00:00:00" { print $3 }')
  echo "nic=${mac:-$(cat "$link/address")} ${link##*/} $offloads"
done
[ -e /proc/net/vlan/config ] && awk -F'|' 'NR > 2 { gsub(/ /, ""); print "vlan=" $1 " " $2 " " $3 }' /proc/net/vlan/config
for family in 4 6; do
  ip -o "-$family" route show | awk -v key="route$family" '{
    via = "-"
    for (i = 2; i < NF; i++) if ($i == "via") via = $(i + 1)
    print key "=" $1 " " via
  }'
done
awk '$1 == "nameserver" { print "dns=" $2 }
  $1 == "search" || $1 == "domain" { for (i = 2; i <= NF; i++) print "search=" $i }' /etc/resolv.conf
ip -o addr show | awk '$3 ~ /^inet6?$/ { print "address=" $2 " " $4 }'

echo "time=$(chronyc -n sources 2> /dev/null | awk '/^\^\*/ { print $2 }')"
echo "offset=$(chronyc -c tracking 2> /dev/null | cut -d, -f5)"

for unit in libvirtd.service libvirtd.socket virtqemud.service virtqemud.socket; do
  systemctl -q is-active "$unit" 2> /dev/null && echo "libvirt=$unit"
done
uuid=$(timeout 10 virsh -c qemu:///system capabilities 2> /dev/null | sed -n 's/.*<uuid>\(.*\)<.*/\1/p' | head -n 1)
[ -n "$uuid" ] || uuid=$(sed -n 's/^ *host_uuid *= *"\(.*\)".*/\1/p' /etc/libvirt/libvirtd.conf 2> /dev/null)
[ -n "$uuid" ] || uuid=$(cat /sys/class/dmi/id/product_uuid)
echo "host_uuid=$uuid"
if [ "$tls" = yes ]; then
  timeout 15 virsh -c "qemu+tls://$fqdn/system" version > /dev/null 2>&1 && echo "libvirt_tls=yes"
fi
echo "libvirt_version=$(libvirtd --version 2> /dev/null | awk '{ print $NF }')"
echo "qemu_version=$(/usr/libexec/qemu-kvm --version 2> /dev/null | awk 'NR == 1 { print $4 }')"

for package in $packages; do
  rpm -q "$package" > /dev/null 2>&1 || rpm -q --whatprovides "$package" > /dev/null 2>&1 || echo "missing=$package"
done
if rpm --version 2> /dev/null | grep -q '^RPM version'; then
  echo "rpm=yes"
  # One of the four tags has a signature of the header, or of header and payload (`rpm --querytags`).
  rpm -qa --qf '%{NEVRA} %|RSAHEADER?{y}:{%|DSAHEADER?{y}:{%|SIGPGP?{y}:{%|SIGGPG?{y}:{n}|}|}|}|\n' |
    awk '$1 !~ /^gpg-pubkey/ && $2 != "y" { print "unsigned=" $1 }' | head -n 20
  # Files that differ in content or are gone, but for configuration, which is meant to be changed.
  # shellcheck disable=SC2086
  timeout 90 rpm -V $packages 2> /dev/null |
    awk '($1 == "missing" || substr($1, 3, 1) == "5") && $2 != "c" { print "altered=" $NF }' | head -n 20
fi

for unit in $services; do
  echo "service=$unit $(systemctl is-active "$unit" 2> /dev/null) $(systemctl is-enabled "$unit" 2> /dev/null)"
done
systemctl list-units --failed --plain --no-legend --no-pager | awk '{ print "failed=" $1 }'
ss -Hlntup | awk '{ p = $7; sub(/^[^"]*"/, "", p); sub(/".*/, "", p); print "listen=" $1 " " $5 " " p }'
