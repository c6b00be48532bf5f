#!/bin/bash
# http.sh : the product's own HTTP service, for the benchmark kit.
. "$(dirname "$0")/launch.sh" http
