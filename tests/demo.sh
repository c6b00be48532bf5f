#!/bin/bash
# demo.sh [--keep] : two dark machines with empty disks become registered KVM hosts, in the virtual rack.
#
# Does its own set-up on a fresh Debian 12 as root: packages, build, the stand-in install tree (cached), the rack. Then
# runs `hinode up --watch` until both nodes are registered, and says where to look. --keep leaves everything running
# until Enter is pressed; otherwise it is all taken down. What is installed is a stand-in, not Rocky Linux.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=appliance.sh
. "$here/appliance.sh"
keep=${1:-}
passed=0 failed=0

check() { # WHAT COMMAND... : one line of the result
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1)) && echo "ok    $what"
    else
        failed=$((failed + 1)) && echo "FAIL  $what"
    fi
}

registered() { hinode status --json | grep -q "\"name\":\"$1\".*\"cloud_host\":\"" ; }
trunked() { "$here/rack/rack.sh" port "$run" "$1" | grep -q 'native-untagged'; }
no_dhcp() { [ "$(hinode events | grep -c 'given to')" = 0 ]; }
within() { [ "$1" -le "$2" ]; }

# Processor time of the appliance in ten seconds without work, in hundredths of a second.
appliance_idle() {
    local before after
    before=$(awk '{ print $14 + $15 }' "/proc/$appliance_pid/stat")
    sleep 10
    after=$(awk '{ print $14 + $15 }' "/proc/$appliance_pid/stat")
    echo $((after - before))
}

"$here/setup.sh"
prepare_appliance
started=$SECONDS
start_rack
trap stop_rack EXIT
start_cloud
start_appliance
load_rack

check "no node got an address before its port was moved" no_dhcp
if hinode up --watch; then ok=true; else ok=false; fi
took=$((SECONDS - started))
check "bring-up of both nodes" $ok
for node in kvm-01 kvm-02; do
    check "$node is registered with the cloud controller" registered $node
    check "$node's port carries its service VLANs" trunked $node
done
check "the history is unbroken" hinode events --verify
idle=$(appliance_idle)
check "the appliance, idle, takes less than 2 % of a core (it took $idle hundredths of a second in 10 s)" within "$idle" 19
memory=$(awk '/VmHWM/ { print int($2 / 1024) }' "/proc/$appliance_pid/status")
check "the appliance stayed under 64 MiB (it took $memory MiB)" within "$memory" 63
echo "      from the first namespace to the last check of a node it took $took s (480 s is what two idle cores may take)"

echo
echo "Look at: $run/console-kvm-01.log, $run/appliance.log, and the history:"
echo "  $hinode --data $run/data events --of kvm-01"
hinode events --of kvm-01 | tail -n 25
if [ "$keep" = --keep ]; then
    echo
    read -rp "Everything is running; press Enter to take it down. "
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
