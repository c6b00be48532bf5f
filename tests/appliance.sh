# shellcheck shell=bash
# appliance.sh : sourced by demo.sh and the machine stories. Builds the appliance and the stand-in, starts the virtual
# rack ($run is its folder), the CloudStack simulator and the appliance in their namespaces, and takes them down again.
here=${here:?set by the caller: the tests folder}
top=$(dirname "$here")
cache=${HINODE_CACHE:-$here/cache}
target=${CARGO_TARGET_DIR:-$top/target}
hinode=$target/debug/hinode
ns=${HINODE_NS:-hn}
appliance_pid='' cloud_pid='' run=''
# shellcheck source=machine/capture.sh
. "$here/machine/capture.sh"

# hinode ARGS... : the command line against the running appliance.
hinode() { "$hinode" --data "$run/data" "$@"; }

# wait_until SECONDS WHAT COMMAND... : polls; says what did not happen.
wait_until() {
    local until=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ $SECONDS -lt $until ] || { echo "waited in vain for $what" >&2; return 1; }
        sleep 0.2
    done
}

prepare_appliance() {
    (cd "$top" && cargo build --quiet --locked --bin hinode --bin cloudstack-sim)
    "$here/standin/build.sh" "$cache/standin"
}

start_rack() {
    run=$(mktemp -d "/var/tmp/$ns-rack.XXXXXX")
    mkdir "$run/data"
    (umask 077 && head -c 12 /dev/urandom | base64 | tr -d '/+=\n' >"$run/bmc-password")
    (umask 077 && echo "API-rack:$(head -c 24 /dev/urandom | base64 | tr -d '/+=\n')" >"$run/cloud-keys")
    "$here/rack/rack.sh" up "$run" --bmc-password "$run/bmc-password" --owner $$
    start_capture
}

start_cloud() {
    ip netns exec "$ns-cloud" "$target/debug/cloudstack-sim" --listen 10.77.10.5:8080 --keys "$run/cloud-keys" \
        --state "$run/cloud-state" >"$run/cloud.log" 2>&1 &
    cloud_pid=$!
}

start_appliance() {
    PATH=$cache/ansible/bin:$PATH ip netns exec "$ns-app" "$hinode" --data "$run/data" serve >>"$run/appliance.log" 2>&1 &
    appliance_pid=$!
    wait_until 30 "the appliance's API ($run/appliance.log)" test -S "$run/data/hinode.sock"
}

# The stand-in as an operator gets an operating system: the image of a medium. Made anew when the tree is.
medium() {
    local image=$cache/Standin-1-x86_64-dvd.iso
    if ! [ "$image" -nt "$cache/standin/.treeinfo" ]; then
        xorriso -as mkisofs -quiet -R -J -joliet-long -V Standin-1-x86_64-dvd -o "$image.new" "$cache/standin" >&2 &&
            mv "$image.new" "$image"
    fi
    hinode media import "$image" --sha256 "$(sha256sum "$image" | cut -d' ' -f1)" >&2 || return
    hinode media list --json | sed -n 's/^{"id":"\([^"]*\)".*/\1/p'
}

# The example rack and the secrets it names. Its operating system comes out of an image; what is captured comes from a
# folder, since a folder of the same names is what replays it.
load_rack() {
    local source
    if [ -n "$capture" ]; then source="tree = \"$cache/standin\""; else source="media = \"$(medium)\""; fi
    sed "s|^tree = .*|$source|" "$top/docs/examples/virtual-rack.toml" >"$run/rack.toml"
    hinode apply "$run/rack.toml"
    sed 's/^/admin:/' "$run/bmc-password" | hinode secret set bmc
    hinode secret set cloudstack <"$run/cloud-keys"
}

# Ends what was started, by process id; keeps the folder if something failed.
stop_rack() {
    local status=$? pid
    stop_capture
    for pid in $appliance_pid $cloud_pid; do
        kill "$pid" 2>/dev/null || continue
        wait "$pid" 2>/dev/null || true
    done
    "$here/rack/rack.sh" down "$run" >/dev/null || true
    if [ $status = 0 ]; then rm -rf "$run"; else echo "logs and consoles stay in $run" >&2; fi
    return $status
}
