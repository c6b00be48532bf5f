#!/bin/bash
# rack.sh : the virtual rack. A real switch (Open vSwitch), two machines (QEMU under libvirt), their Redfish BMCs
# (sushy-tools) and a clock, in network namespaces of their own; nothing listens outside them.
#
#   rack.sh up DIR [--bmc-password FILE] [--owner PID]
#       builds it in DIR; what an earlier rack of the same prefix left behind is removed first, unless the process
#       named as its owner is still alive. The password of the BMC user `admin` is read from FILE (default: made up,
#       left in DIR/rack/bmc-password).
#   rack.sh down [DIR]        removes everything, also after a crash or half an `up`; logs and consoles stay in DIR
#   rack.sh console DIR NODE  follows the serial console (DIR/console-NODE.log)
#   rack.sh sol DIR NODE      the same over IPMI, as a third-party client reads it from the BMC; ~. ends it
#   rack.sh port DIR NODE     what the switch says of the node's port
#   rack.sh virsh DIR ARGS    a libvirt command against the rack's libvirtd
set -eu
cd "$(dirname "$0")"
# shellcheck source=lib.sh
. ./lib.sh
# shellcheck source=network.sh
. ./network.sh
# shellcheck source=machines.sh
. ./machines.sh
# shellcheck source=bmc.sh
. ./bmc.sh
SEABIOS=/usr/share/seabios/bios-256k.bin
OVMF_CODE=/usr/share/OVMF/OVMF_CODE_4M.fd
OVMF_VARS=/usr/share/OVMF/OVMF_VARS_4M.fd
RECORD=/run/hinode-$PREFIX

usage() { sed -n '5,14s/^# \{0,1\}//p' rack.sh >&2; exit 2; }

# use DIR : from here on DIR and STATE are set.
use() {
    [ -n "${1:-}" ] || usage
    DIR=$(realpath -m "$1")
    STATE=$DIR/rack
}

refuse_if_owned() {
    local owner dir
    [ -e "$RECORD" ] || return 0
    read -r owner dir <"$RECORD"
    if [ "$owner" != 0 ] && [ "$owner" != "${1:-}" ] && kill -0 "$owner" 2>/dev/null; then
        die "a rack named $PREFIX is in use by process $owner (in $dir): end it, or set HINODE_NS to another prefix"
    fi
}

gone() { [ -z "$(pids_in "$1")" ]; }

# Everything of a rack lives in its namespaces: whoever runs there is ours to end.
clear_rack() {
    local ns pids
    for signal in TERM KILL; do
        for ns in "${NAMESPACES[@]}"; do
            mapfile -t pids < <(pids_in "$ns")
            [ ${#pids[@]} -eq 0 ] || kill -$signal "${pids[@]}" 2>/dev/null || true
        done
        for ns in "${NAMESPACES[@]}"; do wait_for 5 "processes in $ns to end" gone "$ns" 2>/dev/null || true; done
    done
    for ns in "${NAMESPACES[@]}"; do
        [ ! -e "/run/netns/$ns" ] || ip netns del "$ns"
    done
    rm -f "$RECORD"
}

choose_password() {
    if [ -n "$BMC_PASSWORD_FILE" ]; then
        [ -s "$BMC_PASSWORD_FILE" ] || die "no BMC password in $BMC_PASSWORD_FILE"
        (umask 077 && cp "$BMC_PASSWORD_FILE" "$STATE/bmc-password")
    else
        (umask 077 && openssl rand -hex 8 >"$STATE/bmc-password")
    fi
    BMC_PASSWORD_FILE=$STATE/bmc-password
    # IPMI takes 20 (IPMI 2.0, 22.30); with 20, ipmi_sim refuses its own user.
    [ "$(tr -d '\n' <"$BMC_PASSWORD_FILE" | wc -c)" -le 19 ] || die "the BMC password has more than 19 bytes"
}

up() {
    local owner=0
    BMC_PASSWORD_FILE=
    use "${1:-}"
    shift
    while [ $# -gt 0 ]; do
        case $1 in
        --bmc-password) BMC_PASSWORD_FILE=$(realpath "$2") ;;
        --owner) owner=$2 ;;
        *) usage ;;
        esac
        shift 2
    done
    [ "$(id -u)" = 0 ] || die "run as root (namespaces)"
    exec 9>"/run/hinode-$PREFIX.lock"
    flock -w 60 9 || die "another rack.sh is at work on $PREFIX"
    refuse_if_owned "$owner"
    clear_rack
    rm -rf "$STATE"
    mkdir -p "$STATE/log"
    echo "$owner $DIR" >"$RECORD"
    choose_password
    timed "switch and wires" start_network
    start_libvirt
    start_bmcs
    start_clock
    timed "machines defined" start_machines
    timed "BMCs answer" await_bmcs
}

down() {
    [ -n "${1:-}" ] && use "$1"
    exec 9>"/run/hinode-$PREFIX.lock"
    flock -w 60 9 || die "another rack.sh is at work on $PREFIX"
    clear_rack
    if [ -n "${STATE:-}" ]; then rm -rf "$STATE"/{disk,ovs,libvirt,chrony} "$STATE"/bmc-*; fi
}

port() {
    [ -n "${1:-}" ] || usage
    ovs --columns=name,vlan_mode,tag,trunks list port "$1"
    ovs --columns=admin_state,link_state,mac_in_use,statistics list interface "$1"
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
up) timed "rack up" up "$@" ;;
down) timed "rack down" down "$@" ;;
console) use "${1:-}"; exec tail -n +1 -F "$DIR/console-${2:?NODE}.log" ;;
sol) use "${1:-}"; ipmi "${2:?NODE}" sol activate ;;
port) use "${1:-}"; port "${2:-}" ;;
virsh) use "${1:-}"; shift; virsh_rack "$@" ;;
*) usage ;;
esac
