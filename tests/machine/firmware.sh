# shellcheck shell=bash disable=SC2154  # run, here, target: appliance.sh
# firmware.sh : the seven ways in which firmware starts an installer, against the appliance itself, each once into the
# stand-in's userland. These machines have no BMC in the rack: they are nodes of the rack file, armed by a program of
# the tests while the appliance is stopped, and switched on by rack/firmware.sh. Without an arm, one BIOS and one UEFI
# machine must end at their (empty) disk. Sourced by machine.sh.

FIRMWARE_CASES=(bios-ipxe uefi-rom uefi-pxe uefi-http secboot)
# And what asks for an address without being firmware.
FIRMWARE_CLIENTS=(udhcpc dhclient)
# The same over IPv6 alone.
FIRMWARE_CASES6=(uefi-pxe6 uefi-http6)
# The same beside another DHCP server: proxy.sh.
PROXY_CASES=(proxy-bios proxy-uefi)

# The profile of a case: unsigned iPXE as first loader where the firmware loads over TFTP or HTTP and lets it.
firmware_profile() { case $1 in uefi-pxe | uefi-http | uefi-http6) echo kvm-ipxe ;; *) echo kvm ;; esac; }

# The rack file of the demo with a pool, which nobody opens yet, and a node more for each of them.
firmware_rack() {
    local count=0 number name
    sed '/^\[network.management\]/a dhcp = "pool"\npool = "10.77.10.100-10.77.10.109"' "$run/rack.toml"
    sed -n '/^\[os.standin\]/,/^$/p' "$run/rack.toml" | sed 's/^\[os.standin\]/[os.standin-ipxe]\nloader = "ipxe"/'
    sed -n '/^\[profile.kvm\]/,/^$/p' "$run/rack.toml" | sed 's/^\[profile.kvm\]/[profile.kvm-ipxe]/; s/^os = .*/os = "standin-ipxe"/'
    for name in "${FIRMWARE_CASES[@]}" "${FIRMWARE_CLIENTS[@]}" "${FIRMWARE_CASES6[@]}" "${PROXY_CASES[@]}"; do
        count=$((count + 1))
        number=$(printf %02d $count)
        cat <<NODE

[[node]]
name = "fw-$name"
slot = "u1$number"
bmc = { address = "10.77.9.$((30 + count))", credential = "bmc" }
mac = "52:54:00:77:01:$number"
port = "tor0:fw-$name"
profile = "$(firmware_profile "$name")"
address = "10.77.10.$((30 + count))"
$(case $name in proxy-*) ;; *) echo "address6 = \"fd00:77:0:10::$((30 + count))\"" ;; esac)
serial = "HNFW$number"
uuid = "11111111-2222-3333-4444-0000000001$number"
disk = "virtio-HNFWDISK$number"
NODE
    done
}

# boots CASE UNTIL ABORT : switches it on, and off as soon as its console says the one or the other.
boots() { "$here/rack/firmware.sh" "$1" "$run" --seconds "$PATIENCE" --until "$2" --abort "$3"; }

to_its_disk() {
    check "$1, not armed, ends at its own disk" boots "$1" "$2" 'standin:|Linux version'
    check "$1 was served no installer" no events "fw-$1" served
}

not_armed_story() {
    to_its_disk bios-ipxe 'Booting from SAN device 0x80|Boot from SAN device 0x80 failed'
    to_its_disk uefi-pxe 'no disk of this machine holds a boot loader'
}

# The store lets one process in: the appliance stops meanwhile.
arm_cases() {
    kill "$appliance_pid"
    wait "$appliance_pid" 2>/dev/null
    "$target/debug/arm-for-test" --data "$run/data" "${@/#/fw-}"
    restart_appliance
}
arm_firmware() {
    capture_armed
    arm_cases "${FIRMWARE_CASES[@]}" "${FIRMWARE_CASES6[@]}"
}

to_installer() {
    check "$1 boots into the stand-in installer" boots "$1" 'standin: .* got the kickstart' 'standin: .* ERROR|Kernel panic'
    check "$1 was served its boot script once" once "fw-$1" "boot script of the installer served"
    check "$1 was served its kickstart once" once "fw-$1" "kickstart served"
}

# as_client CLIENT MAC COMMAND... : runs a DHCP client on a port of its own in the management VLAN.
as_client() {
    local port=fw-$1 mac=$2
    shift 2
    ip link add "$port" netns "$ns-rack" type veth peer name "$port-eth" netns "$ns-cloud"
    ip -n "$ns-cloud" link set "$port-eth" address "$mac" up
    ip netns exec "$ns-cloud" ethtool -K "$port-eth" tx off >/dev/null
    ip -n "$ns-rack" link set "$port" up
    ovs-vsctl --db="unix:$run/rack/ovs/db.sock" --timeout=10 add-port tor0 "$port" tag=10
    ip netns exec "$ns-cloud" "$@"
}
dhclient_once() {
    local files=(-lf "$run/dhclient.leases" -pf "$run/dhclient.pid" -sf /bin/true)
    as_client dhclient 52:54:00:77:01:07 dhclient -4 -1 "${files[@]}" fw-dhclient-eth &&
        wait_until 10 "dhclient to be in the background" test -s "$run/dhclient.pid" && kill "$(cat "$run/dhclient.pid")"
}

clients_story() {
    check "udhcpc is given an address" as_client udhcpc 52:54:00:77:01:06 \
        busybox udhcpc -i fw-udhcpc-eth -n -q -f -t 5 -T 3 -s /bin/true
    check "dhclient is given an address" dhclient_once
}

# The stand-in has no DHCPv6 client: it comes up with the command line that says ip=dhcp6, says so, and stays.
to_userland_over_ipv6() {
    check "$1 boots into the stand-in installer over IPv6 alone" boots "$1" 'standin: .* ip=dhcp6' 'Kernel panic'
    check "$1 was given its IPv6 address" events "fw-$1" "fd00:77:0:10::3"
    check "$1 was given no IPv4 address" no events "fw-$1" "10.77.10.3"
    check "$1 was served its boot script once" once "fw-$1" "boot script of the installer served"
}

firmware_story() {
    local name
    clients_story
    for name in "${FIRMWARE_CASES[@]}"; do to_installer "$name"; done
    for name in "${FIRMWARE_CASES6[@]}"; do to_userland_over_ipv6 "$name"; done
}
