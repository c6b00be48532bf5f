#!/bin/bash
# all.sh : every test, with its own set-up on a fresh Debian 12 as root. Ends with a line `N passed, N failed`.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
cd "$top" || exit 1
passed=0 failed=0

run() { # WHAT COMMAND... : counts one
    local what=$1 began=$SECONDS
    shift
    echo "--- $what"
    if "$@"; then
        passed=$((passed + 1)) && echo "ok    $what ($((SECONDS - began)) s)"
    else
        failed=$((failed + 1)) && echo "FAIL  $what ($((SECONDS - began)) s)"
    fi
}

run "set-up" "$here/setup.sh"
run "formatted" cargo fmt --all --check
run "lints" cargo clippy --quiet --workspace --all-targets --locked -- -D warnings
run "budgets" cargo run --quiet --locked --bin budget
run "the appliance that stories kill" cargo build --quiet --locked --bin hinode
run "unit tests and stories" cargo test --quiet --workspace --locked
run "fuzzed for 20 s a target" "$here/fuzz.sh"
# In a build that is not optimised: what it costs is its digest, which comes optimised.
import_image() {
    local log
    log=$(mktemp)
    HINODE=$top/target/debug/hinode "$here/bench/import.sh" "$log" 1 4 && "$here/bench/kit/table.py" "$log"
    local status=$?
    rm -f "$log"
    return $status
}
run "an image of 4 GiB imported, beside sha256sum" import_image
run "shell scripts" bash -c 'shellcheck -x -P SCRIPTDIR tests/*.sh tests/machine/*.sh tests/rack/*.sh tests/standin/*.sh tests/bench/*.sh tests/bench/kit/*.sh tests/bench/kit/servers/*.sh .ci/run'
run "the demo: two nodes from dark to registered" "$here/demo.sh"
run "stories on real firmware" "$here/machine.sh"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
