#!/bin/bash
# firmware.sh : boots one machine without a BMC over the network of a rack that is up, by one of eleven paths, and ends
# when its serial console says so. It shows that firmware as it is in the field takes what we serve.
#
#   firmware.sh CASE DIR --until REGEX [--abort REGEX] [--key REGEX] [--seconds N]
#
#   bios-ipxe  SeaBIOS, the card's iPXE        uefi-pxe   OVMF's own PXE over TFTP
#   uefi-rom   OVMF, the card's iPXE           uefi-http  OVMF's HTTP boot
#   secboot    OVMF with Microsoft's keys enrolled and enforced
#   unknown-bios, unknown-uefi   as bios-ipxe and uefi-pxe, but of no rack file
#   uefi-pxe6  OVMF's own PXE over IPv6        uefi-http6 OVMF's HTTP boot over IPv6
#   proxy-bios, proxy-uefi   as bios-ipxe and uefi-pxe, for a network where another server gives the addresses
#
# The switch takes no IPv4 from uefi-pxe6 and uefi-http6: what they reach, they reach over IPv6.
# The machine is N of 01..11 in that order: MAC 52:54:00:77:01:N (an unknown one: 02:N), serial HNFWN, its port is
# fw-CASE in the management VLAN. Once its console matches --key, ESC is pressed. Exit: 0 matched, 1 not (deadline, --abort
# matched, or the machine ended). The console stays in DIR/console-fw-CASE.log.
set -eu
cd "$(dirname "$0")"
# shellcheck source=lib.sh
. ./lib.sh
# shellcheck source=network.sh
. ./network.sh

usage() { sed -n '5,14s/^# \{0,1\}//p' firmware.sh >&2; exit 2; }

parse() {
    CASE=${1:-} DIR=$(realpath -m "${2:-/nonexistent}") UNTIL='' ABORT='' KEY='' LIMIT=300
    STATE=$DIR/rack NUMBER=0
    local kind=01 known
    case $CASE in unknown-*) kind=02 ;; esac
    for known in "${FIRMWARE_CASES[@]}" "${STRANGER_CASES[@]}" "${FIRMWARE_CASES6[@]}" "${PROXY_CASES[@]}"; do
        NUMBER=$((NUMBER + 1))
        [ "$known" != "$CASE" ] || break
    done
    [ "$known" = "$CASE" ] || usage
    NUMBER=$(printf %02d $NUMBER)
    MAC=52:54:00:77:$kind:$NUMBER
    [ -S "$STATE/ovs/db.sock" ] || die "no rack is up in $DIR"
    shift 2
    while [ $# -gt 1 ]; do
        case $1 in
        --until) UNTIL=$2 ;;
        --abort) ABORT=$2 ;;
        --key) KEY=$2 ;;
        --seconds) LIMIT=$2 ;;
        *) usage ;;
        esac
        shift 2
    done
    if [ -z "$UNTIL" ] || [ $# -gt 0 ]; then usage; fi
}

# ovmf CODE VARS : the two flash chips; the variables are a fresh copy.
ovmf() {
    cp "/usr/share/OVMF/$2" "$STATE/fw-$CASE.vars.fd"
    MACHINE+=(-drive "if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/$1"
        -drive "if=pflash,format=raw,unit=1,file=$STATE/fw-$CASE.vars.fd")
}

# What differs between them: machine type, firmware, and who drives the card before an operating system does.
choose_firmware() {
    local plain=(-machine q35)
    NIC_ROM=,romfile= PROCESSORS=2
    case $CASE in
    bios-ipxe | unknown-bios | proxy-bios) MACHINE=(-machine "q35,graphics=off") NIC_ROM= ;;
    uefi-rom) MACHINE=("${plain[@]}") NIC_ROM=; ovmf OVMF_CODE_4M.fd OVMF_VARS_4M.fd ;;
    uefi-pxe | unknown-uefi | proxy-uefi) MACHINE=("${plain[@]}"); ovmf OVMF_CODE_4M.fd OVMF_VARS_4M.fd ;;
    uefi-http | uefi-http6)
        MACHINE=("${plain[@]}" -fw_cfg "name=opt/org.tianocore/IPv4PXESupport,string=n"
            -fw_cfg "name=opt/org.tianocore/IPv6PXESupport,string=n")
        ovmf OVMF_CODE_4M.fd OVMF_VARS_4M.fd
        ;;
    uefi-pxe6)
        MACHINE=("${plain[@]}" -fw_cfg "name=opt/org.tianocore/IPv4PXESupport,string=n")
        ovmf OVMF_CODE_4M.fd OVMF_VARS_4M.fd
        ;;
    secboot)
        # One processor: system management mode stops all of them each time, which doubles the way to GRUB.
        PROCESSORS=1
        MACHINE=(-machine "q35,smm=on" -global "driver=cfi.pflash01,property=secure,value=on")
        ovmf OVMF_CODE_4M.ms.fd OVMF_VARS_4M.ms.fd
        ;;
    esac
}

start_machine() {
    rm -f "$STATE/fw-$CASE.img"
    truncate -s 6G "$STATE/fw-$CASE.img"
    : >"$CONSOLE"
    mkfifo "$STATE/fw-$CASE.keys"
    exec 7<>"$STATE/fw-$CASE.keys"
    ip netns exec "$NS_RACK" qemu-system-x86_64 "${MACHINE[@]}" -accel tcg,thread=multi,tb-size=128 \
        -cpu qemu64,+rdrand -smp $PROCESSORS -m 1024 -display none -nodefaults -no-reboot -serial "file:$CONSOLE" -monitor stdio \
        -uuid "11111111-2222-3333-4444-0000000001$NUMBER" -smbios "type=1,serial=HNFW$NUMBER" \
        -netdev "tap,id=n,ifname=fw-$CASE,script=no,downscript=no,vnet_hdr=off" \
        -device "virtio-net-pci,netdev=n,mac=$MAC,bootindex=1$NIC_ROM" \
        -drive "if=none,id=d,format=raw,file=$STATE/fw-$CASE.img,cache=unsafe" \
        -device "virtio-blk-pci,drive=d,serial=HNFWDISK$NUMBER,bootindex=2" \
        <&7 >"$STATE/log/fw-$CASE.log" 2>&1 &
    MACHINE_PID=$!
}

# The flow goes before its port: the next port may get the number.
flows() { OVS_RUNDIR=$STATE/ovs ovs-ofctl "$1" "unix:$STATE/ovs/$BRIDGE.mgmt" "$2"; }

unplug() {
    [ -z "${MACHINE_PID:-}" ] || kill "$MACHINE_PID" 2>/dev/null || true
    wait
    case $CASE in *6) flows del-flows "in_port=fw-$CASE" || true ;; esac
    ovs --if-exists del-port "$BRIDGE" "fw-$CASE" || true
    ip -n "$NS_RACK" link del "fw-$CASE" 2>/dev/null || true
    rm -rf "$STATE/fw-$CASE".{img,vars.fd,keys}
}

says() { grep -aEq -- "$1" "$CONSOLE"; }

press_key() {
    [ -n "$KEY" ] && says "$KEY" || return 0
    echo "sendkey esc" >&7
    KEY=''
}

settled() {
    press_key
    if says "$UNTIL"; then VERDICT=matched
    elif [ -n "$ABORT" ] && says "$ABORT"; then VERDICT="aborted: the console matches $ABORT"
    elif ! kill -0 "$MACHINE_PID" 2>/dev/null; then VERDICT="the machine ended: $(tail -n 1 "$STATE/log/fw-$CASE.log")"
    else return 1
    fi
}

parse "$@"
CONSOLE=$DIR/console-fw-$CASE.log
VERDICT="deadline of $LIMIT s passed"
choose_firmware
trap unplug EXIT
trap 'exit 1' INT TERM
add_tap "fw-$CASE" $VLAN_MGMT
case $CASE in *6) flows add-flow "in_port=fw-$CASE,ip,actions=drop" ;; esac
start_machine
from=$SECONDS
wait_for "$LIMIT" "'$UNTIL' on the console of $CASE" settled || true
echo "firmware: $CASE: $VERDICT after $((SECONDS - from)) s"
[ "$VERDICT" = matched ] || { tail -c 2000 "$CONSOLE" | tr -d '\033' >&2; exit 1; }
