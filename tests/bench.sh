#!/bin/bash
# bench.sh [--quick] [ROW...] : the boot services beside the servers they replace, as root on an otherwise idle Debian 12.
# Every row of tests/bench/goals.tsv, or those whose names begin with a word given; prints one table with ratios and
# verdicts, and ends with 1 if a goal is missed. About 27 minutes; --quick is a smoke run of seconds a row, without verdict.
# docs/performance.md holds the last whole table.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
kit=$here/bench/kit
data=$(realpath -m "${BENCH_DATA:-$here/cache/bench}")
rounds=9 quick='' wanted=()
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=1 && rounds=1 ;;
    -*) echo "usage: bench.sh [--quick] [ROW...]" >&2 && exit 2 ;;
    *) wanted+=("$1") ;;
    esac
    shift
done
[ "$(id -u)" = 0 ] || { echo "bench: run it as root: it makes network namespaces" >&2; exit 1; }
"$kit/setup.sh"
(cd "$top" && cargo build --quiet --release --locked -p pxe -p templates -p appliance --bin hinode \
    --example bench_serve --example bench_dhcp --example bench_render)
log=$data/logs/$(date +%Y%m%d-%H%M%S).jsonl

is_wanted() { # ROW
    local word
    [ ${#wanted[@]} -gt 0 ] || return 0
    for word in "${wanted[@]}"; do
        [[ $1 == "$word"* ]] && return 0
    done
    return 1
}

row() { # ROW KIND SECONDS ARGUMENT... : one row; 0.5 s a round when quick
    local row=$1 kind=$2 secs=$3
    shift 3
    is_wanted "$row" || return 0
    [ -z "$quick" ] || secs=0.5
    echo "--- $row"
    "$kit/ab.py" "$kind" --row "$row" --log "$log" -r "$rounds" -t "$secs" "$@"
}

tftp=ours=$here/bench/tftp.sh
row tftp-w1 tftp 2 -w 1 -n 32 tftp-dnsmasq "$tftp"
row tftp-w16 tftp 2 -w 16 -n 32 tftp-atftpd tftp-dnsmasq "$tftp"
row tftp-rtt tftp 2 -w 16 -n 1 --delay 1000 tftp-atftpd tftp-dnsmasq tftp-ideal "$tftp"
row tftp-1000 tftp 4 -r 1 -w 16 -n 1000 "$tftp"

dhcp=ours=$here/bench/dhcp.sh
row dhcp-relay dhcp 2 -m relay -k 42 kea dnsmasq-noping "$dhcp"
row dhcp-nodes dhcp 20 -m direct -k 42 -c 42 --rto 15000 --noprobe --pxe --nodes kea "$dhcp"
# After the pool's look for other DHCP servers, which is the first two seconds of the service (pxe/src/neighbours/foreign).
row dhcp-rack dhcp 20 -m direct -k 42 -c 42 --rto 15000 --noprobe --pxe --settle 2.2 kea "$dhcp"
for leases in 10 100 1000 10000; do
    row "dhcp-leases-$leases" dhcp 20 -r 3 -m relay -k 42 -c "$leases" "$dhcp"
done

http=ours=$here/bench/http.sh
row http-1g http 2.5 nginx "$http"
row http-small http 2 --wrk -u /os/bench/ks.cfg nginx "$http"
for clients in 1 48 500; do
    row "http-clients-$clients" http 2.5 -r 3 -n "$clients" "$http"
done

mkdir -p "$data/logs"
if is_wanted import; then
    echo "--- import"
    BENCH_DATA=$data "$here/bench/import.sh" "$log" "${quick:-3}" $((quick ? 1 : 4))
fi
if is_wanted render; then
    echo "--- render"
    "$top/target/release/examples/bench_render" | tee -a "$log"
fi

[ -f "$log" ] || { echo "bench: no row begins with ${wanted[*]}" >&2; exit 2; }
echo
echo "$(date +%F), $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), Linux $(uname -r), load" \
    "$(cut -d' ' -f1-3 /proc/loadavg)"
echo
"$kit/table.py" "$log" || [ -n "$quick" ]
