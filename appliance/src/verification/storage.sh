# Storage besides the disks of its own, after look.sh and like it. Set above: $mounts. settings.sh goes on.
for point in $mounts; do
  (
    # What is mounted when somebody looks is mounted now; a server that does not answer is not waited for.
    timeout -s KILL 40 stat -t "$point/." > /dev/null 2>&1
    awk -v point="$point" '$2 == point && $3 != "autofs" { line = $2 " " $3 " " $1 " " $4 } END { if (line) print "mount=" line }' /proc/self/mounts
  ) &
done
echo "virt_use_nfs=$(getsebool virt_use_nfs 2> /dev/null | awk '{ print $NF }')"
echo "initiator=$(sed -n 's/^InitiatorName=//p' /etc/iscsi/initiatorname.iscsi 2> /dev/null)"
for connection in /sys/class/iscsi_connection/connection*; do
  [ -d "$connection" ] || continue
  session=${connection##*/connection}
  session=/sys/class/iscsi_session/session${session%%:*}
  echo "session=$(cat "$session/targetname") $(cat "$connection/persistent_address") $(cat "$connection/persistent_port") $(cat "$session/state")"
done
# NAA and EUI-64 names, as multipath has them: one line a path.
for disk in /sys/block/sd*; do
  wwid=$(cat "$disk/device/wwid" 2> /dev/null)
  case $wwid in
    naa.*) echo "lun=3${wwid#naa.} ${disk##*/}" ;;
    eui.*) echo "lun=2${wwid#eui.} ${disk##*/}" ;;
  esac
done
# MAJOR:MINOR A|F of each path, as the kernel has it (drivers/md/dm-mpath.c).
for map in /sys/block/dm-*/dm; do
  wwid=$(cat "$map/uuid" 2> /dev/null)
  case $wwid in mpath-*) ;; *) continue ;; esac
  paths=$(dmsetup status "$(cat "$map/name")" | tr ' ' '\n' |
    awk 'is_path { n[$1]++; is_path = 0 } /^[0-9]+:[0-9]+$/ { is_path = 1 } END { print n["A"] + 0, n["F"] + 0 }')
  echo "multipath=${wwid#mpath-} $paths"
done

