# shellcheck shell=bash
# network.sh : the wires. Namespaces, a private Open vSwitch (userspace datapath, so no kernel module) as top-of-rack
# switch, one access veth a VLAN for everything that is no machine, one tap a machine. Sourced by rack.sh.
#
# Checksums: the userspace datapath does not complete partial ones, so transmit offload is off on both ends of a veth
# (and virtio offloads are off in the machines); with it on, DHCP works and TCP never connects.

make_namespaces() {
    local ns
    for ns in "${NAMESPACES[@]}"; do
        ip netns add "$ns"
        in_ns "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
        ip -n "$ns" link set lo up
    done
}

start_switch() {
    export OVS_RUNDIR=$STATE/ovs OVS_LOGDIR=$STATE/log OVS_DBDIR=$STATE/ovs OVS_SYSCONFDIR=$STATE/ovs
    mkdir -p "$STATE/ovs"
    ovsdb-tool create "$STATE/ovs/conf.db" /usr/share/openvswitch/vswitch.ovsschema
    in_ns "$NS_RACK" ovsdb-server -vconsole:off "$STATE/ovs/conf.db" --remote="punix:$STATE/ovs/db.sock" \
        --pidfile="$STATE/ovsdb.pid" --detach --log-file="$STATE/log/ovsdb.log" \
        --unixctl="$STATE/ovs/ovsdb.ctl" 9>&-
    ovs --no-wait init
    in_ns "$NS_RACK" ovs-vswitchd -vconsole:off "unix:$STATE/ovs/db.sock" --pidfile="$STATE/vswitchd.pid" --detach \
        --log-file="$STATE/log/vswitchd.log" --unixctl="$STATE/ovs/vswitchd.ctl" 9>&-
    # The bridge's own port is the switch's management interface, in the BMC VLAN.
    ovs add-br "$BRIDGE" -- set bridge "$BRIDGE" datapath_type=netdev -- set port "$BRIDGE" tag="$VLAN_BMC"
    ip -n "$NS_RACK" addr add "$OVSDB_ADDR/24" dev "$BRIDGE"
    ip -n "$NS_RACK" link set "$BRIDGE" up
    ovs-appctl -t "$STATE/ovs/ovsdb.ctl" ovsdb-server/add-remote "ptcp:6640:$OVSDB_ADDR"
}

# connect NAMESPACE INTERFACE SWITCH-PORT VLAN ADDRESS... : an access port of the switch ends in a namespace.
connect() {
    local ns=$1 interface=$2 port=$3 vlan=$4 address
    shift 4
    ip link add "$port" netns "$NS_RACK" type veth peer name "$interface" netns "$ns"
    in_ns "$NS_RACK" ethtool -K "$port" tx off >/dev/null
    in_ns "$ns" ethtool -K "$interface" tx off >/dev/null
    for address; do ip -n "$ns" addr add "$address/24" dev "$interface"; done
    ip -n "$NS_RACK" link set "$port" up
    ip -n "$ns" link set "$interface" up
    ovs add-port "$BRIDGE" "$port" tag="$vlan"
}

# wire_serial_ports : between the machines and the BMCs, and not through the switch.
wire_serial_ports() {
    ip link add serial netns "$NS_RACK" type veth peer name serial netns "$NS_BMC"
    ip -n "$NS_RACK" addr add "$SERIAL_MACHINES/30" dev serial
    ip -n "$NS_BMC" addr add "$SERIAL_BMCS/30" dev serial
    ip -n "$NS_RACK" link set serial up
    ip -n "$NS_BMC" link set serial up
}

# add_tap NAME VLAN : where a machine is plugged in. The tap outlives the machine, as a switch port does.
add_tap() {
    ip -n "$NS_RACK" tuntap add dev "$1" mode tap
    ip -n "$NS_RACK" link set "$1" up
    ovs add-port "$BRIDGE" "$1" tag="$2"
}

start_network() {
    local node bmcs=()
    for node in "${NODES[@]}"; do bmcs+=("$(node_bmc "$node")"); done
    make_namespaces
    start_switch
    connect "$NS_APP" eth-mgmt v-app-mgmt "$VLAN_MGMT" "$APP_MGMT"
    in_ns "$NS_APP" sysctl -qw net.ipv6.conf.eth-mgmt.disable_ipv6=0
    ip -n "$NS_APP" addr add "$APP_MGMT6/64" dev eth-mgmt nodad
    connect "$NS_APP" eth-bmc v-app-bmc "$VLAN_BMC" "$APP_BMC"
    connect "$NS_BMC" eth0 v-bmc "$VLAN_BMC" "${bmcs[@]}"
    connect "$NS_CLOUD" eth0 v-cloud "$VLAN_MGMT" "$CLOUD_ADDR"
    wire_serial_ports
    for node in "${NODES[@]}"; do add_tap "$node" "$VLAN_PARKING"; done
    add_tap kvm-02-b "$VLAN_PARKING"
    wait_for 10 "the switch to pass frames" in_ns "$NS_APP" \
        ovs-vsctl --db="tcp:$OVSDB_ADDR:6640" --timeout=2 br-exists "$BRIDGE"
}

# The clock of the appliance, served to the nodes. -x: it never touches the clock of this computer.
start_clock() {
    cat >"$STATE/chrony.conf" <<CONF
local stratum 8
allow 10.77.10.0/24
bindaddress $APP_MGMT
bindcmdaddress /
cmdport 0
pidfile $STATE/chrony/chronyd.pid
user root
CONF
    mkdir -p "$STATE/chrony"
    spawn chrony "$NS_APP" chronyd -d -x -f "$STATE/chrony.conf"
}
