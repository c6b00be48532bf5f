#!/bin/bash
# durab.sh NAME|LAUNCHER : runs a DHCP server under strace and counts the calls that make leases durable during 20 exchanges.
set -eu
kit=$(cd "$(dirname "$0")" && pwd)
data=$(realpath -m "${BENCH_DATA:-$kit/../../cache/bench}")
prefix=${BENCH_NS:-hb}
launcher=$1
[ -f "$launcher" ] || launcher=$kit/servers/$1.sh
export STATE=$data/work/state-$prefix-Z WWW=$data/work/www SERVERS=$kit/servers ROOT=$data/root
rm -rf "$STATE"
mkdir -p "$STATE"
load() { ip netns exec "$prefix-c-Z" "$data/bin/dhcpload" -m relay -s 10.78.0.1 -g 10.96.0.1 -k 1 "$@"; }
"$kit/ns.sh" up Z
trap '"$kit/ns.sh" down Z' EXIT
ip netns exec "$prefix-s-Z" setsid strace -f -qq -e trace=fsync,fdatasync,msync,write,pwrite64,rename,sync_file_range \
    -o "$STATE/strace.txt" bash "$launcher" >"$STATE/stdout" 2>&1 &
traced=$!
# The exchange before the count also waits until it serves.
for _ in $(seq 30); do
    load -N 1 -t 1 | grep -q 'done=1 ' && break
done
before=$(wc -l <"$STATE/strace.txt")
load -N 20 -t 8 -b 500 | cut -d' ' -f1-4
sleep 0.3
echo "$1, calls during 20 exchanges:"
tail -n +"$((before + 1))" "$STATE/strace.txt" | grep -oE '\b(fsync|fdatasync|msync|write|pwrite64|rename|sync_file_range)\(' |
    sort | uniq -c | tr '\n' ' '
echo
kill -- "-$traced" 2>/dev/null || kill "$traced" 2>/dev/null || true
wait "$traced" 2>/dev/null || true
