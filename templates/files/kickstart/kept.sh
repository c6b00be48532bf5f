# Images are kept: the volumes of an earlier install are on the disk, and each partition is known for what it is, or
# nothing is written.
disk=$(readlink -f {{ disks.first }})
lost() { refuse "the images of {{ name }} cannot be kept: $1; nothing was written"; }
for volume in{% for volume in disks.volumes %} {{ volume.name }}{% endfor %}; do
  within 60 lvs --noheadings -o lv_name "vg_sys/$volume" > /dev/null || lost "there is no volume vg_sys/$volume, or LVM does not answer"
done
[ "$(within 60 vgs --noheadings -o pv_count vg_sys | tr -d ' ')" = 1 ] || lost "vg_sys is on more than one partition"
group=$(within 60 vgs --noheadings -o pv_name vg_sys | tr -d ' ')
esp= loader= boot=
for part in $(lsblk -nrpo NAME,TYPE "$disk" | sed -n 's/ part$//p'); do
  case $(within 60 blkid -p -o value -s PART_ENTRY_TYPE "$part"):$(within 60 blkid -p -o value -s TYPE "$part") in
    c12a7328-f81f-11d2-ba4b-00a0c93ec93b:*) esp="$esp $part" ;;
    21686148-6449-6e6f-744e-656564454649:*) loader="$loader $part" ;;
    *:xfs) boot="$boot $part" ;;
    *) [ "$part" = "$group" ] || lost "$part is nothing that the layout has" ;;
  esac
done
case "$group" in "$disk"*) ;; *) lost "vg_sys is on $group, not on $disk" ;; esac
one() { [ $# = 1 ] || lost "it has ${*:-no partition} where one belongs"; }
one $boot
if [ -d /sys/firmware/efi ]; then
  one $esp
  echo "part /boot/efi --fstype=efi --onpart=${esp# } --noformat" > /tmp/hinode-kept.ks
else
  one $loader
  echo "part biosboot --fstype=biosboot --onpart=${loader# } --noformat" > /tmp/hinode-kept.ks
fi
echo "part /boot --fstype=xfs --onpart=${boot# }" >> /tmp/hinode-kept.ks
echo "part pv.01 --onpart=$group --noformat" >> /tmp/hinode-kept.ks
