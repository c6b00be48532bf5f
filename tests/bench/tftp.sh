#!/bin/bash
# tftp.sh : the product's own TFTP service, for the benchmark kit.
. "$(dirname "$0")/launch.sh" tftp
