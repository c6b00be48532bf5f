#!/bin/bash
# perfdhcp-cross.sh NAME|LAUNCHER RATE SECONDS : the same service under ISC's perfdhcp, which sends at a fixed rate whatever
# comes back; always relayed, because it sets giaddr. A second opinion on our own load generator.
set -eu
kit=$(cd "$(dirname "$0")" && pwd)
data=$(realpath -m "${BENCH_DATA:-$kit/../../cache/bench}")
prefix=${BENCH_NS:-hb}
launcher=$1
[ -f "$launcher" ] || launcher=$kit/servers/$1.sh
export STATE=$data/work/state-$prefix-Y WWW=$data/work/www SERVERS=$kit/servers ROOT=$data/root
rm -rf "$STATE"
mkdir -p "$STATE"
"$kit/ns.sh" up Y
trap '"$kit/ns.sh" down Y' EXIT
setsid nice -n -10 taskset -c "${SCPU:-1}" ip netns exec "$prefix-s-Y" bash "$launcher" >"$STATE/stdout" 2>&1 &
server=$!
for _ in $(seq 30); do
    ip netns exec "$prefix-c-Y" "$data/bin/dhcpload" -m relay -s 10.78.0.1 -g 10.96.0.1 -k 1 -N 1 -t 1 |
        grep -q 'done=1 ' && break
done
nice -n -10 taskset -c "${CCPU:-0}" ip netns exec "$prefix-c-Y" perfdhcp -4 -l 10.96.0.1 -r "$2" -R 100000 -p "$3" -d 1 \
    -x t -g single 10.78.0.1 >"$STATE/perf.txt" 2>&1 || true
grep -E 'Rate|sent packets|received packets|drops:|min delay|avg delay|max delay|std dev' "$STATE/perf.txt"
kill -- "-$server" 2>/dev/null || kill "$server" 2>/dev/null || true
wait "$server" 2>/dev/null || true
