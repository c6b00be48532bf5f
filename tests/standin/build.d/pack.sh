#!/bin/bash
# Functions that pack a small root file system out of a larger one: programs with their libraries, kernel modules with theirs.
# Sourced by the other build scripts. Leaves out whatever a program opens by name at run time.

# An empty root with merged /usr.
new_root() {
    mkdir -p "$1"/usr/{bin,sbin,lib/x86_64-linux-gnu,lib64} "$1"/{proc,sys,dev,tmp,etc,run,mnt,root,var}
    local d
    for d in bin sbin lib lib64; do ln -s "usr/$d" "$1/$d"; done
    chmod 1777 "$1/tmp"
}

# pack_programs FROM TO PROGRAM...: copies each program, under its real name and its links, and the libraries it is linked with.
pack_programs() {
    local from=$1 to=$2 program path
    shift 2
    for program; do
        path=$(chroot "$from" sh -c "command -v $program") || { echo "no program $program in $from"; return 1; }
        copy_with_links "$from" "$to" "$path"
        # A script is linked with nothing.
        { chroot "$from" ldd "$path" 2>/dev/null || true; } | sed -n 's,^[^/]*\(/[^ ]*\).*,\1,p' | while read -r path; do
            copy_with_links "$from" "$to" "$path"
        done
    done
}

# Copies a file and every symbolic link that leads to it.
copy_with_links() {
    local from=$1 to=$2 path=$3 real
    real=$(chroot "$from" realpath "$path")
    mkdir -p "$to$(dirname "$real")" "$to$(dirname "$path")"
    [ -e "$to$real" ] || cp -p "$from$real" "$to$real"
    [ -e "$to$path" ] || ln -s "$real" "$to$path"
}

# pack_modules FROM TO MODULE...: copies modules and what they depend on into TO/mods, flat; mods/order is the order to load them in.
pack_modules() {
    local from=$1 to=$2 kernel module file
    shift 2
    kernel=$(ls "$from/lib/modules")
    mkdir -p "$to/mods"
    for module; do
        modprobe -d "$from" -S "$kernel" --show-depends "$module" 2>/dev/null | awk '$1=="insmod"{print $2}' || true
    done | awk '!seen[$0]++' | while read -r file; do
        cp "$file" "$to/mods/"
        basename "$file" >>"$to/mods/order"
    done
}

# pack_initrd ROOT FILE: writes ROOT as a compressed initial RAM file system.
pack_initrd() {
    (cd "$1" && find . | cpio -o -H newc --quiet --owner 0:0) | zstd -q -19 -f -o "$2"
}
