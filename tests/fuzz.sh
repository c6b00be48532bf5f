#!/bin/bash
# fuzz.sh [--seconds N] [--keep] [TARGET...] : fuzzes every target (tests/fuzz/src/bin/*.rs), or those named, N seconds each
# (20 if not said), beginning with the corpus kept in tests/fuzz/corpus. What is found new stays in tests/cache/fuzz; --keep
# then merges what reaches new code into the kept corpus. A crash's input is left there too, and its path printed.
#
# Built here with the flags that cargo-fuzz gives, but without a sanitizer: the code is safe Rust, so what the address
# sanitizer looks for cannot be, and the pinned stable toolchain does. `cargo fuzz run TARGET` works as well, with nightly.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fuzz=$here/fuzz cache=$here/cache/fuzz
triple=x86_64-unknown-linux-gnu
seconds=20 keep='' targets=()
while [ $# -gt 0 ]; do
    case $1 in
    --seconds) seconds=$2 && shift 2 ;;
    --keep) keep=1 && shift ;;
    -*) echo "usage: fuzz.sh [--seconds N] [--keep] [TARGET...]" >&2 && exit 2 ;;
    *) targets+=("$1") && shift ;;
    esac
done
if [ ${#targets[@]} -eq 0 ]; then
    for file in "$fuzz"/src/bin/*.rs; do
        targets+=("$(basename "$file" .rs)")
    done
fi

counters=(level=4 inline-8bit-counters pc-table trace-compares)
export RUSTFLAGS="-Cpasses=sancov-module ${counters[*]/#/-Cllvm-args=-sanitizer-coverage-}"
# The versions of the product: cargo only adds what the frame itself needs.
cp "$here/../Cargo.lock" "$fuzz/Cargo.lock"
began=$SECONDS
(cd "$fuzz" && cargo build --quiet --release --bins --target "$triple" --target-dir "$cache/target")
echo "fuzz: built in $((SECONDS - began)) s"

# Inputs are packets and heads of requests: none is larger. A leak shows as memory that grows past the limit.
common=(-max_len=4096 -rss_limit_mb=512 -timeout=5 -print_final_stats=1 -verbosity=0)
failed=0
for target in "${targets[@]}"; do
    program=$cache/target/$triple/release/$target kept=$fuzz/corpus/$target
    found=$cache/corpus/$target log=$cache/$target.log
    mkdir -p "$found" "$kept"
    if "$program" "${common[@]}" -max_total_time="$seconds" -artifact_prefix="$cache/$target-" "$found" "$kept" \
        >"$log" 2>&1; then
        echo "fuzz: $target ok, $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s," \
            "peak $(sed -n 's/^stat::peak_rss_mb: *//p' "$log") MB"
    else
        failed=1
        echo "fuzz: $target FAILED; the end of $log:"
        tail -n 25 "$log"
    fi
    [ -z "$keep" ] || "$program" -merge=1 -max_len=4096 -verbosity=0 "$kept" "$found" >>"$log" 2>&1
done
exit "$failed"
