#!/bin/bash
# Builds the install tree of the stand-in: the tree that a node installs from in the virtual rack.
# usage: build.sh OUT_DIR    (as root; packages.txt lists what must be installed)
# Each part is cached by the content of what makes it ($HINODE_STANDIN_CACHE), so a second call only links.
# A stand-in it is: Debian's kernel and programs in RPMs of ours, under the name hinode-standin; no Rocky Linux inside.
# Leaves out: package signatures, weak dependencies, anything a KVM guest would need.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export STANDIN_SOURCE=$here STANDIN_NAME="Hinode stand-in" STANDIN_VERSION=1
cache=${HINODE_STANDIN_CACHE:-/var/cache/hinode-standin}
out=${1:?usage: build.sh OUT_DIR}

# The hash of the named sources (files or folders), of the release, and of what they are built on.
content() {
    local on=$1
    shift
    (
        cd "$here"
        echo "$on $STANDIN_NAME $STANDIN_VERSION"
        find "$@" -type f -printf '%m %p\n' | sort
        find "$@" -type f -print0 | sort -z | xargs -0 sha256sum
    ) | sha256sum | cut -c1-16
}

# Builds part $1 with hash $2 by build.d/$1.sh (further arguments: the parts it is made from), unless it is there.
part() {
    local name=$1 dir=$cache/$1-$2
    shift 2
    if [ ! -e "$dir/.complete" ]; then
        echo "stand-in: building $name" >&2
        rm -rf "$dir" && mkdir -p "$dir"
        "$here/build.d/$name.sh" "$dir" "$@" >"$dir.log" 2>&1 || {
            tail -20 "$dir.log" >&2
            echo "stand-in: $name was not built; the whole log is $dir.log" >&2
            exit 1
        }
        touch "$dir/.complete"
        forget "$name"
    fi
    echo "$dir"
}

# Keeps the three newest builds of a part.
forget() {
    local old
    find "$cache" -maxdepth 1 -name "$1-*" -type d -printf '%T@ %p\n' | sort -rn | tail -n +4 | cut -d' ' -f2- |
        while read -r old; do rm -rf "$old" "$old.log"; done
}

for tool in mmdebstrap rpmbuild createrepo_c mksquashfs cpio zstd modprobe; do
    command -v "$tool" >/dev/null || { echo "stand-in: $tool is missing; install what packages.txt lists" >&2; exit 1; }
done
if [ -e "$out" ] && [ ! -e "$out/.treeinfo" ]; then
    echo "stand-in: $out exists and is no install tree; remove it first" >&2
    exit 1
fi
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9

target_hash=$(content base build.d/target.sh)
lean_hash=$(content "$target_hash" build.d/lean.sh build.d/pack.sh prune.txt disk-init overlay agent)
rpms_hash=$(content "$lean_hash" build.d/rpms.sh comps.xml)
images_hash=$(content "$target_hash" build.d/images.sh build.d/pack.sh init installer installer.d udhcpc.script)
tree_hash=$(content "$rpms_hash $images_hash" build.d/tree.sh)

if [ ! -e "$cache/tree-$tree_hash/.complete" ]; then
    target=$(part target "$target_hash")
    lean=$(part lean "$lean_hash" "$target")
    rpms=$(part rpms "$rpms_hash" "$lean")
    images=$(part images "$images_hash" "$target")
    part tree "$tree_hash" "$target" "$rpms" "$images" >/dev/null
fi

rm -rf "$out"
mkdir -p "$(dirname "$out")"
cp -al "$cache/tree-$tree_hash/tree" "$out" 2>/dev/null || {
    rm -rf "$out"
    cp -a "$cache/tree-$tree_hash/tree" "$out"
}
