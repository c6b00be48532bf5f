# shellcheck shell=bash
# launch.sh : what the launchers share. Sourced with the service's name by tftp.sh, http.sh and dhcp.sh, which the benchmark
# kit runs inside the server's namespace (contract: kit/README.md). tests/bench.sh built the binary.
top=$(dirname "${BASH_SOURCE[0]}")/../..
# More clients than the usual 1,024 file descriptors allow are the point of some rows.
ulimit -n 16384
exec "${BENCH_SERVE:-$top/target/release/examples/bench_serve}" "$1"
