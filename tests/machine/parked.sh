# shellcheck shell=bash disable=SC2154  # run, ns: appliance.sh
# parked.sh : who gets an address. kvm-01 is switched on by hand while its port stands in the parking VLAN: its firmware
# asks, the frames reach the switch, and nobody answers; the bring-up moves the port, and the same firmware gets its
# lease. A machine that is not in the rack file asks in the management VLAN, gets nothing, and is shown.
# Sourced by machine.sh.

gave_up() { says kvm-01 'No configuration methods succeeded|No more network devices|No bootable device'; }
was_given() { events kvm-01 "given to 52:54:00:77:00:01"; }

# udhcpc on a port of the management VLAN, with a MAC that the rack file does not have.
stranger_asks() {
    local switch_side=stranger
    ip link add $switch_side netns "$ns-rack" type veth peer name stranger-eth netns "$ns-cloud"
    ip -n "$ns-cloud" link set stranger-eth address 52:54:00:77:02:01 up
    ip netns exec "$ns-cloud" ethtool -K stranger-eth tx off >/dev/null
    ip -n "$ns-rack" link set $switch_side up
    ovs-vsctl --db="unix:$run/rack/ovs/db.sock" --timeout=10 add-port tor0 $switch_side tag=10
    ip netns exec "$ns-cloud" busybox udhcpc -i stranger-eth -n -q -f -t 3 -T 2 -s /bin/true
}

parked_story() {
    check "kvm-01's port stands in the parking VLAN" vlan_is kvm-01 999
    virsh start kvm-01 >/dev/null
    check "an unknown machine in the management VLAN gets no address" no stranger_asks
    check "it is shown as unknown" grep -q "unknown machine 52:54:00:77:02:01" <(hinode status)
    hope "kvm-01's firmware finds no DHCP server in the parking VLAN" gave_up || return
    check "though its frames reached the switch" sent_frames kvm-01
    check "the appliance heard nothing of it" no grep -q 52:54:00:77:00:01 "$run/appliance.log"
    check "no node was given an address" no was_given
}

refused_running() {
    hinode up kvm-01 && wait_until 30 "the refusal" is_over kvm-01 && why_says kvm-01 'is switched on.* with --power-off' &&
        no off kvm-01 && vlan_is kvm-01 999
}

# The machine runs, since somebody switched it on: only who says so has it switched off.
moved_story() {
    check "its bring-up is refused while it runs" refused_running
    check "kvm-01's bring-up begins" hinode up kvm-01 --power-off
    hope_of kvm-01 "its port is moved into the management VLAN" vlan_is kvm-01 10 || return
    hope_of kvm-01 "the same firmware is given its address now" was_given || return
}
