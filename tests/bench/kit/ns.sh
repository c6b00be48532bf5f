#!/bin/bash
# ns.sh up SLOT [ONE_WAY_DELAY_US] | down SLOT : an isolated server and client, with the same addresses in every slot.
#   PREFIX-s-SLOT (server): d0 10.80.0.1/12, one wire with the clients; u0 10.78.0.1/24, the routed link
#   PREFIX-c-SLOT (client): d0 without address, for DHCP broadcasts; u0 10.78.0.2/24 and all of 10.96.0.0/12
# With a delay, u0 goes through a bridge in userspace in PREFIX-r-SLOT, which adds twice the delay to the round trip (CI
# kernels have no netem). MTU 1500. PREFIX is BENCH_NS, or hb.
set -eu
kit=$(cd "$(dirname "$0")" && pwd)
data=$(realpath -m "${BENCH_DATA:-$kit/../../cache/bench}")
slot=$2 delay=${3:-}
prefix=${BENCH_NS:-hb}
server=$prefix-s-$slot client=$prefix-c-$slot relay=$prefix-r-$slot
pid_file=$data/work/l2delay-$prefix-$slot.pid

in_ns() { ip netns exec "$@"; }

down() {
    if [ -f "$pid_file" ]; then
        kill "$(cat "$pid_file")" 2>/dev/null || true
        rm -f "$pid_file"
    fi
    for name in "$server" "$client" "$relay"; do
        ip netns del "$name" 2>/dev/null || true
    done
}

add() { # NAMESPACE
    ip netns add "$1"
    ip -n "$1" link set lo up
    in_ns "$1" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.ip_forward=0
    in_ns "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 2>/dev/null || true
}

# The delaying bridge reads whole frames from packet sockets: no offload may leave a frame or checksum to be made later.
routed_link_with_delay() {
    add "$relay"
    ip link add u0 netns "$server" type veth peer name ra netns "$relay"
    ip link add u0 netns "$client" type veth peer name rb netns "$relay"
    local space end
    while read -r space end; do
        ip -n "$space" link set "$end" txqueuelen 10000 up
        in_ns "$space" ethtool -K "$end" tx off rx off tso off gso off gro off sg off >/dev/null 2>&1 </dev/null || true
    done <<<"$server u0
$client u0
$relay ra
$relay rb"
    setsid nice -n "${NICE:--10}" ip netns exec "$relay" "$data/bin/l2delay" ra rb "$delay" </dev/null >"$data/work/l2delay-$slot.log" 2>&1 &
    echo $! >"$pid_file"
}

up() {
    mkdir -p "$data/work"
    down
    add "$server"
    add "$client"
    ip link add d0 netns "$server" type veth peer name d0 netns "$client"
    if [ -n "$delay" ]; then
        routed_link_with_delay
    else
        ip link add u0 netns "$server" type veth peer name u0 netns "$client"
    fi
    ip -n "$server" addr add 10.80.0.1/12 dev d0
    ip -n "$server" addr add 10.78.0.1/24 dev u0
    ip -n "$client" addr add 10.78.0.2/24 dev u0
    ip -n "$client" addr add 10.96.0.1/12 dev u0
    for name in "$server" "$client"; do
        ip -n "$name" link set d0 up
        ip -n "$name" link set u0 up
    done
    # Every client of a load has an address of its own: the client's namespace owns the whole range.
    ip -n "$client" route add local 10.96.0.0/12 dev lo
    ip -n "$server" route add 10.96.0.0/12 via 10.78.0.2
    in_ns "$client" sysctl -qw net.ipv4.conf.d0.rp_filter=0
    in_ns "$server" ping -c1 -W2 -q 10.78.0.2 >/dev/null
}

case $1 in
up) up ;;
down) down ;;
*) echo "usage: ns.sh up SLOT [ONE_WAY_DELAY_US] | down SLOT" >&2 && exit 2 ;;
esac
