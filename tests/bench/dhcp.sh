#!/bin/bash
# dhcp.sh : the product's own DHCP service with a pool in each of the kit's networks, for the benchmark kit.
exec "${BENCH_DHCP:-$(dirname "$0")/../../target/release/examples/bench_dhcp}"
