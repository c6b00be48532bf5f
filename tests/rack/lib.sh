# shellcheck shell=bash disable=SC2034
# lib.sh : names and addresses of the virtual rack, and the few helpers its scripts share. Sourced, never run.
# A second rack can stand beside the first: HINODE_NS is the prefix of its namespaces (addresses may repeat, the
# namespaces keep them apart).
PREFIX=${HINODE_NS:-hn}
NS_RACK=$PREFIX-rack   # the switch, libvirtd and the machines
NS_APP=$PREFIX-app     # the appliance, and chrony beside it
NS_BMC=$PREFIX-bmc     # one address a BMC
NS_CLOUD=$PREFIX-cloud # the cloud controller
NAMESPACES=("$NS_RACK" "$NS_APP" "$NS_BMC" "$NS_CLOUD")

VLAN_BMC=9 VLAN_MGMT=10 VLAN_PARKING=999
BRIDGE=tor0
OVSDB_ADDR=10.77.9.2
APP_BMC=10.77.9.1 APP_MGMT=10.77.10.1 APP_MGMT6=fd00:77:0:10::1 CLOUD_ADDR=10.77.10.5

# The machines' serial ports and their BMCs, which read them: a wire on the board, apart from every network.
SERIAL_MACHINES=169.254.77.1 SERIAL_BMCS=169.254.77.2

NODES=(kvm-01 kvm-02)
FIRMWARE_CASES=(bios-ipxe uefi-rom uefi-pxe uefi-http secboot)
STRANGER_CASES=(unknown-bios unknown-uefi)
FIRMWARE_CASES6=(uefi-pxe6 uefi-http6)
PROXY_CASES=(proxy-bios proxy-uefi)

RACK_DIR=$(dirname "${BASH_SOURCE[0]}")
CACHE=$(realpath -m "$RACK_DIR/../cache")
VENV=$CACHE/venv

node_number() { echo $((10#${1##*-})); }
node_mac() { printf '52:54:00:77:00:%02d' "$(node_number "$1")"; }
node_mac_b() { printf '52:54:00:77:03:%02d' "$(node_number "$1")"; }
node_uuid() { printf '11111111-2222-3333-4444-%012d' "$(node_number "$1")"; }
node_serial() { echo $((9000 + $(node_number "$1"))); }
node_bmc() { echo "10.77.9.$((10 + $(node_number "$1")))"; }

die() { echo "rack: $*" >&2; exit 1; }

# in_ns NAMESPACE COMMAND...
in_ns() { ip netns exec "$@"; }

# wait_for SECONDS WHAT COMMAND... : polls until COMMAND succeeds; after SECONDS says what was waited for, and fails.
wait_for() {
    local until=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt "$until" ] || { echo "rack: waited in vain for $what" >&2; return 1; }
        sleep 0.1
    done
}

# timed LABEL COMMAND... : runs it and prints how long it took.
timed() {
    local label=$1 from=${EPOCHREALTIME/./} took
    shift
    "$@"
    took=$(((${EPOCHREALTIME/./} - from) / 100000))
    printf 'rack: %-20s %3d.%d s\n' "$label" $((took / 10)) $((took % 10))
}

# spawn NAME NAMESPACE COMMAND... : starts a background process of the rack; log and pid are kept in $STATE.
spawn() {
    local name=$1 ns=$2
    shift 2
    setsid ip netns exec "$ns" "$@" >>"$STATE/log/$name.log" 2>&1 </dev/null 9>&- &
    echo $! >"$STATE/$name.pid"
}

running() { kill -0 "$(cat "$STATE/$1.pid")" 2>/dev/null; }

# wait_for_service SECONDS NAME COMMAND... : as wait_for, for a spawned process; if that ends, its last words are shown.
wait_for_service() {
    local name=$2
    wait_for "$1" "$name" ready_or_dead "$name" "${@:3}" && running "$name" && return
    tail -n 5 "$STATE/log/$name.log" >&2
    return 1
}

ready_or_dead() {
    ! running "$1" || "${@:2}"
}

# pids_in NAMESPACE : every process that runs in it.
pids_in() { ip netns pids "$1" 2>/dev/null || true; }

ovs() { ovs-vsctl --db="unix:$STATE/ovs/db.sock" --timeout=10 "$@"; }
virsh_rack() { virsh -q -c "qemu+unix:///system?socket=$STATE/libvirt/run/libvirt-sock" "$@"; }
