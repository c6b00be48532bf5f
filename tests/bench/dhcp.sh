#!/bin/bash
# dhcp.sh : the product's own DHCP service, for the benchmark kit.
. "$(dirname "$0")/launch.sh" dhcp
