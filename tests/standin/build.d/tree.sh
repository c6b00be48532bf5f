#!/bin/bash
# tree.sh OUT TARGET RPMS IMAGES: lays out the install tree in OUT/tree as a Rocky Linux medium has it, with .treeinfo and checksums.
# The EFI programs are Debian's signed shim and GRUB. Leaves out ISO images, efiboot.img and AppStream.
set -euo pipefail
tree=$1/tree rpms=$3 images=$4
mkdir -p "$tree"/{images/pxeboot,EFI/BOOT}
cp -al "$rpms/BaseOS" "$tree/BaseOS"
ln "$images/vmlinuz" "$images/initrd.img" "$tree/images/pxeboot/"
ln "$images/install.img" "$tree/images/"
cp /usr/lib/shim/shimx64.efi.signed "$tree/EFI/BOOT/BOOTX64.EFI"
cp /usr/lib/shim/mmx64.efi.signed "$tree/EFI/BOOT/mmx64.efi"
cp /usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed "$tree/EFI/BOOT/grubx64.efi"
chmod -R a+rX "$tree"

cd "$tree"
now=$(date +%s)
{
    echo "[checksums]"
    for file in BaseOS/repodata/repomd.xml images/install.img images/pxeboot/initrd.img images/pxeboot/vmlinuz; do
        echo "$file = sha256:$(sha256sum "$file" | cut -d' ' -f1)"
    done
    cat <<INFO

[general]
arch = x86_64
family = $STANDIN_NAME
name = $STANDIN_NAME $STANDIN_VERSION
packagedir = BaseOS/Packages
platforms = x86_64
repository = BaseOS
timestamp = $now
variant = BaseOS
variants = BaseOS
version = $STANDIN_VERSION

[header]
type = productmd.treeinfo
version = 1.2

[images-x86_64]
initrd = images/pxeboot/initrd.img
kernel = images/pxeboot/vmlinuz

[release]
name = $STANDIN_NAME
short = hinode-standin
version = $STANDIN_VERSION

[stage2]
mainimage = images/install.img

[tree]
arch = x86_64
build_timestamp = $now
platforms = x86_64
variants = BaseOS

[variant-BaseOS]
id = BaseOS
name = BaseOS
packages = BaseOS/Packages
repository = BaseOS
type = variant
uid = BaseOS
INFO
} >.treeinfo
