# From here on the passphrase made here opens the disks, and the delivered one opens nothing. May run again, also after a
# power cut in its middle: at every point one of the two opens. Set above: $delivered (empty if it is gone), $made.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
umask 077
keys=$(mktemp -d /run/hinode-locks.XXXXXX)
trap 'rm -rf "$keys"' EXIT
printf %s "$delivered" > "$keys/delivered"
printf %s "$made" > "$keys/made"

mapped=$(lsblk -nrso NAME,TYPE "$(findmnt -no SOURCE /)" | awk '$2 == "crypt" { print $1 }')
[ -n "$mapped" ] || { echo 'the root file system is not on an encrypted device' >&2; exit 1; }
device=$(cryptsetup status "$mapped" | sed -n 's/^ *device: *//p')
opens() { [ -s "$keys/$1" ] && cryptsetup open --test-passphrase --batch-mode --key-file "$keys/$1" "$device" 2> /dev/null; }

if ! opens made; then
  opens delivered || { echo "neither the delivered passphrase nor that of the appliance's store opens $device" >&2; exit 1; }
  cryptsetup luksAddKey --batch-mode --key-file "$keys/delivered" "$device" "$keys/made"
  opens made
fi
if opens delivered; then cryptsetup luksRemoveKey --batch-mode "$device" "$keys/delivered"; fi
if opens delivered; then echo "the delivered passphrase still opens $device" >&2; exit 1; fi
sync
