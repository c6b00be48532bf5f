#!/bin/bash
# lean.sh OUT TARGET: OUT/root is what gets installed: TARGET pruned by prune.txt, named hinode-standin, with our files laid over it.
# Leaves out (deliberately): Perl, Python, apt, dpkg, locales, firmware, and every kernel module a node of the rack has no use for.
set -euo pipefail
# shellcheck source=/dev/null
. "$STANDIN_SOURCE/build.d/pack.sh"
out=$1 target=$2/root root=$1/root
kernel=$(ls "$target/lib/modules")

prune() {
    local pattern
    grep -v '^#' "$STANDIN_SOURCE/prune.txt" | while read -r pattern; do
        # shellcheck disable=SC2086  # a pattern is meant
        rm -rf $pattern
    done
}

# The name it goes by, and what Enterprise Linux 9 has and Debian spells differently.
christen() {
    rm -f etc/os-release usr/lib/os-release
    printf '%s\n' "NAME=\"$STANDIN_NAME\"" "VERSION=\"$STANDIN_VERSION\"" ID=hinode-standin 'ID_LIKE=debian' \
        "VERSION_ID=\"$STANDIN_VERSION\"" "PRETTY_NAME=\"$STANDIN_NAME $STANDIN_VERSION (not Rocky Linux)\"" >usr/lib/os-release
    ln -s ../usr/lib/os-release etc/os-release
    echo "$STANDIN_NAME release $STANDIN_VERSION" >etc/system-release
    ln -sf bash usr/bin/sh
    : >etc/machine-id
    ln -sf /proc/self/mounts etc/mtab
    rename_unit ssh sshd
    rename_unit chrony chronyd
    mv etc/chrony/chrony.conf etc/chrony.conf
    ln -s ../chrony.conf etc/chrony/chrony.conf
    printf '[main]\nplugins=keyfile\n' >etc/NetworkManager/NetworkManager.conf
    printf '%s\n' "$STANDIN_NAME $STANDIN_VERSION (a stand-in, not Rocky Linux) \n \l" >etc/issue
    sed -i '/pam_systemd.so/d' etc/pam.d/common-session # a login then starts no session manager, which takes seconds here
    sed -i '/pam_motd.so/d; /pam_mail.so/d' etc/pam.d/sshd
}

# A unit takes the name it has on Enterprise Linux 9; it is enabled as there.
rename_unit() {
    local dir=usr/lib/systemd/system
    rm -f "etc/systemd/system/$2.service" "etc/systemd/system/multi-user.target.wants/$1.service"
    sed "s/^Alias=.*/Alias=$1.service/" "$dir/$1.service" >"$dir/$2.service"
    rm "$dir/$1.service"
    ln -s "/$dir/$2.service" "etc/systemd/system/multi-user.target.wants/$2.service"
}

# Units that cost seconds of an emulated processor and that no check looks at.
mask_units() {
    local unit
    for unit in systemd-{hostnamed,sysusers,journal-flush,pstore,binfmt,rfkill,hwdb-update,journal-catalog-update,update-done,firstboot,update-utmp}.service \
        systemd-{update-utmp-runlevel,machine-id-commit,network-generator}.service systemd-rfkill.socket \
        lvm2-monitor.service lvm2-lvmpolld.socket blk-availability.service polkit.service \
        proc-sys-fs-binfmt_misc.automount console-getty.service getty@tty1.service ldconfig.service \
        {dev-hugepages,dev-mqueue,sys-kernel-debug,sys-kernel-tracing,sys-fs-fuse-connections}.mount \
        modprobe@{configfs,drm,fuse,efi_pstore,dm_mod,loop}.service; do
        ln -sf /dev/null "etc/systemd/system/$unit"
    done
}

# Keeps only the named modules and what they need. kvm_amd is there for udev to load where the processor has SVM.
keep_modules() {
    local modules=usr/lib/modules/$kernel keep module file
    keep="virtio_pci virtio_blk virtio_net virtio_rng virtio_console virtio_balloon xfs ext4 dm-mod dm-crypt xts algif_skcipher raid1 dm-snapshot vfat nls_cp437 nls_ascii
        nls_iso8859-1 8021q bonding bridge br_netfilter loop overlay nf_tables nft_chain_nat nft_ct iptable_filter ip_tables tun
        vhost_net kvm kvm-amd efivarfs autofs4 ipv6 dmi-sysfs qemu_fw_cfg e1000 button"
    mkdir "$modules.new"
    for module in $keep; do
        modprobe -d . -S "$kernel" --show-depends "$module" 2>/dev/null | awk '$1=="insmod"{print $2}' || true
    done | sort -u | sed 's#^.*/lib/modules/[^/]*/##' | while read -r file; do
        mkdir -p "$modules.new/$(dirname "$file")"
        cp "$modules/$file" "$modules.new/$file"
    done
    cp "$modules"/modules.{order,builtin,builtin.modinfo} "$modules.new/"
    rm -rf "$modules"
    mv "$modules.new" "$modules"
    depmod -b . "$kernel"
}

# The small initrd that the installed system boots with; its root is packed from the unpruned target.
boot_initrd() {
    local tree=$out/initrd
    new_root "$tree"
    cp "$target/usr/bin/busybox" "$tree/bin/busybox"
    ln -s busybox "$tree/bin/sh"
    pack_modules "$target" "$tree" virtio_pci virtio_blk dm-mod dm-crypt xts algif_skcipher raid1 xfs ext4
    pack_programs "$target" "$tree" lvm mdadm
    pack_locks "$tree"
    install -m 755 "$STANDIN_SOURCE/disk-init" "$tree/init"
    pack_initrd "$tree" "$root/boot/initrd-$kernel.img"
    rm -rf "$tree"
}

# What opens an encrypted volume group by the machine's TPM: clevis, its pins, and the library that tpm2-tools load by name.
pack_locks() {
    pack_programs "$target" "$1" bash cryptsetup jose clevis clevis-decrypt clevis-decrypt-{sss,tpm2} clevis-luks-unlock \
        clevis-luks-common-functions tpm2_createprimary tpm2_load tpm2_unseal tpm2_flushcontext tpm2_pcrread
    copy_with_links "$target" "$1" "$(find "$target/usr/lib" -name 'libtss2-tcti-device.so.0' -printf '/usr/lib/%P\n')"
}

# cpio inside an RPM carries no owners (rpm takes them from its header), so what is not plainly root's is listed for the installer.
list_owners() {
    mkdir -p usr/lib/hinode-standin
    find . -xdev ! -type l \( ! -uid 0 -o ! -gid 0 -o -perm /7000 \) -printf '%m %U %G %P\n' >usr/lib/hinode-standin/owners
}

cp -a --reflink=auto "$target" "$root"
cd "$root"
prune
christen
mask_units
keep_modules
boot_initrd
cp -a "$STANDIN_SOURCE/overlay/." "$STANDIN_SOURCE/agent/." .
chown -R 0:0 usr/share/cloudstack-common usr/bin/cloudstack-* 2>/dev/null || true
mkdir -p usr/lib/hinode-standin/efi/EFI/BOOT proc sys dev run tmp
cp /usr/lib/shim/shimx64.efi.signed usr/lib/hinode-standin/efi/EFI/BOOT/BOOTX64.EFI
cp /usr/lib/shim/mmx64.efi.signed usr/lib/hinode-standin/efi/EFI/BOOT/mmx64.efi
cp /usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed usr/lib/hinode-standin/efi/EFI/BOOT/grubx64.efi
list_owners
