#!/bin/bash
# import.sh LOG ROUNDS GIB : what `hinode media import` of an image costs, beside sha256sum over the same image. The image is
# put into the data folder, as by scp, and imported in place. Appends one JSON object a round and program to LOG:
#   cpu_s_per_GB  of the appliance and its command together; of sha256sum
#   peak_mb       the most memory that the appliance ever had (VmHWM)
#   copied_mb     what the import took on the disk beside the image
# Started by tests/bench.sh, which built the binary, and by tests/all.sh with the one that stories kill (HINODE). Everything
# it makes is gone when it ends.
set -eu
log=$1 rounds=$2 gib=$3
top=$(cd "$(dirname "$0")/../.." && pwd)
hinode=${HINODE:-$top/target/release/hinode}
work=$(mktemp -d "${BENCH_DATA:-$top/tests/cache}/bench-import.XXXXXX")
appliance=''

finish() {
    [ -z "$appliance" ] || { kill "$appliance" && wait "$appliance"; } || true
    rm -rf "$work"
}
trap finish EXIT

make_image() {
    local tree=$work/tree name
    mkdir -p "$tree/images/pxeboot" "$tree/BaseOS/Packages"
    for name in images/pxeboot/vmlinuz images/pxeboot/initrd.img images/install.img; do
        head -c 64M /dev/urandom >"$tree/$name"
    done
    # Files as large as a distribution's are few; these are as many as it takes.
    for name in $(seq $((gib * 4))); do
        head -c 255M /dev/zero >"$tree/BaseOS/Packages/$name"
    done
    printf '[release]\nname = Bench\nshort = Bench\nversion = 1\n[tree]\narch = x86_64\n[checksums]\n' >"$tree/.treeinfo"
    (cd "$tree" && sha256sum images/pxeboot/* images/install.img | sed 's/^\([0-9a-f]*\)  \(.*\)/\2 = sha256:\1/') \
        >>"$tree/.treeinfo"
    xorriso -as mkisofs -quiet -R -V Bench -o "$work/image.iso" "$tree" 2>"$work/xorriso.log" ||
        { cat "$work/xorriso.log" >&2; exit 1; }
    rm -rf "$tree"
}

cpu() { # PID : CPU seconds of a process so far, its ended threads with it
    awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) / hz }' "/proc/$1/stat"
}

timed() { # COMMAND... : its CPU seconds; what it says is kept in a file
    local TIMEFORMAT='%3U %3S'
    { time "$@" >>"$work/said" 2>&1; } 2>&1 | awk '{ print $1 + $2 }'
}

held() { # MiB on the disk, without images under their own names
    du -s --block-size=1K --exclude='*.iso' "$work/data" | awk '{ print $1 / 1024 }'
}

note() { # SRV ROUND FIELDS
    echo "{\"row\": \"import\", \"srv\": \"$1\", \"round\": $2, $3}" >>"$log"
}

one_round() { # ROUND
    local before after command theirs peak copied id
    theirs=$(timed sha256sum "$work/image.iso")
    note sha256sum "$1" "\"cpu_s_per_GB\": $(awk "BEGIN { print $theirs / $gb }")"
    ln "$work/image.iso" "$work/data/media/image.iso"
    copied=$(held)
    before=$(cpu "$appliance")
    command=$(timed "$hinode" --data "$work/data" media import "$work/data/media/image.iso" --sha256 "$digest")
    after=$(cpu "$appliance")
    peak=$(awk '/^VmHWM/ { print $2 / 1024 }' "/proc/$appliance/status")
    copied=$(held | awk "{ print \$1 - $copied }")
    id=$("$hinode" --data "$work/data" media list --json | sed 's/.*"id":"\([^"]*\)".*/\1/')
    [ "$(stat -c %i "$work/data/media/$id.iso")" = "$(stat -c %i "$work/image.iso")" ] ||
        { echo "import.sh: the image was copied" >&2; exit 1; }
    "$hinode" --data "$work/data" media remove "$id" >/dev/null
    note ours "$1" "\"cpu_s_per_GB\": $(awk "BEGIN { print ($after - $before + $command) / $gb }"), \"peak_mb\": $peak, \
\"copied_mb\": $copied"
}

make_image
mkdir "$work/data"
"$hinode" --data "$work/data" serve >"$work/serve.log" 2>&1 &
appliance=$!
for _ in $(seq 100); do
    [ -S "$work/data/hinode.sock" ] && break
    sleep 0.1
done
[ -S "$work/data/hinode.sock" ] || { cat "$work/serve.log" >&2; exit 1; }
gb=$(stat -c %s "$work/image.iso" | awk '{ print $1 / 1e9 }')
digest=$(sha256sum "$work/image.iso" | cut -d' ' -f1)
for round in $(seq "$rounds"); do
    one_round "$round"
done
