#!/bin/bash
# target.sh OUT: Debian's root file system that everything of the stand-in is taken from, unpruned, in OUT/root.
# Leaves out manuals, translations, recommended packages, and the making of Debian's own initrd.
set -euo pipefail
packages=(
    linux-image-cloud-amd64 systemd-sysv dbus udev kmod procps passwd login sudo openssl curl
    network-manager iproute2 iputils-ping ethtool openssh-server chrony
    lvm2 mdadm cryptsetup-bin clevis clevis-luks clevis-tpm2 fdisk xfsprogs e2fsprogs dosfstools gdisk parted dmidecode pciutils
    grub-pc-bin grub2-common cpio zstd xz-utils busybox-static
)
TMPDIR=$1 mmdebstrap --variant=minbase \
    --aptopt='Apt::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/etc/kernel/postinst.d/initramfs-tools' \
    --include="$(IFS=,; echo "${packages[*]}")" bookworm "$1/root"
