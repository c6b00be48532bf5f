#!/bin/bash
# images.sh OUT TARGET: the installer's kernel (OUT/vmlinuz), first stage (OUT/initrd.img) and second stage (OUT/install.img).
# The first stage stays small enough for GRUB over TFTP: busybox, curl and six modules; every tool is in the second, which comes by HTTP.
# Leaves out udev, Python, firmware files, and modules of machines that are not virtual.
set -euo pipefail
# shellcheck source=/dev/null
. "$STANDIN_SOURCE/build.d/pack.sh"
out=$1 target=$2/root

stamp() {
    printf '[Main]\nProduct=%s\nVersion=%s\nArch=x86_64\nStandIn=hinode\n' "$STANDIN_NAME" "$STANDIN_VERSION" >"$1/.buildstamp"
}

first_stage() {
    local tree=$out/stage1
    new_root "$tree"
    cp "$target/usr/bin/busybox" "$tree/bin/busybox"
    ln -s busybox "$tree/bin/sh"
    pack_programs "$target" "$tree" curl
    pack_modules "$target" "$tree" virtio_pci virtio_net virtio_rng loop squashfs overlay
    stamp "$tree"
    install -m 755 "$STANDIN_SOURCE/init" "$tree/init"
    install -m 755 "$STANDIN_SOURCE/udhcpc.script" "$tree/etc/udhcpc.script"
    pack_initrd "$tree" "$out/initrd.img"
    rm -rf "$tree"
}

second_stage() {
    local tree=$out/stage2 applet
    new_root "$tree"
    pack_programs "$target" "$tree" bash curl sgdisk parted mkfs.xfs mkfs.ext4 mkfs.vfat mkswap lvm mdadm cryptsetup dmsetup blkid wipefs lsblk \
        blockdev partprobe findmnt dmidecode ethtool ip cpio zstd gzip xz sha256sum openssl lspci chroot
    ln -s bash "$tree/bin/sh"
    for applet in lvs vgs pvs; do ln -s lvm "$tree/sbin/$applet"; done
    cp "$target/usr/bin/busybox" "$tree/bin/busybox"
    for applet in $("$target/usr/bin/busybox" --list); do
        [ -e "$tree/bin/$applet" ] || [ -e "$tree/sbin/$applet" ] || ln -s busybox "$tree/bin/$applet"
    done
    rm -f "$tree/bin/rpm" "$tree/bin/dpkg" "$tree/bin/dpkg-deb"
    pack_modules "$target" "$tree" virtio_blk dm-mod dm-crypt xts algif_skcipher raid1 xfs ext4 vfat nls_cp437 nls_ascii nls_iso8859-1 dmi-sysfs efivarfs
    mkdir -p "$tree"/etc/lvm "$tree"/usr/lib/standin "$tree"/mnt/sysimage "$tree"/usr/share/zoneinfo
    printf 'root:x:0:0:root:/root:/bin/bash\n' >"$tree/etc/passwd"
    printf 'root:x:0:\n' >"$tree/etc/group"
    stamp "$tree"
    install -m 755 "$STANDIN_SOURCE/installer" "$tree/usr/sbin/installer"
    install -m 644 "$STANDIN_SOURCE"/installer.d/*.sh "$tree/usr/lib/standin/"
    install -m 755 "$STANDIN_SOURCE"/installer.d/bin/* "$tree/usr/bin/"
    mksquashfs "$tree" "$out/install.img" -comp zstd -Xcompression-level 12 -noappend -quiet -no-progress
    rm -rf "$tree"
}

cp "$target"/boot/vmlinuz-* "$out/vmlinuz"
first_stage
second_stage
ls -la "$out"
