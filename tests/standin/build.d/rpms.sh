#!/bin/bash
# rpms.sh OUT LEAN: the RPM repository in OUT/BaseOS, made of LEAN's files: standin-base, kernel, grub2, cloudstack-agent, edk2-ovmf, mdadm, cryptsetup, tpm2-tools, clevis-dracut.
# zstd at level 3 is the quickest that a node can unpack. Leaves out dependencies, scriptlets and signatures.
set -euo pipefail
out=$1 root=$2/root work=$1/work
mkdir -p "$work" "$out/BaseOS/Packages"

# Which package a path belongs to: the first pattern that fits.
kernel='"/(boot|usr/lib/modules)(/|")'
grub='"/(usr/lib/grub|usr/lib/hinode-standin/efi|usr/bin/grub|usr/sbin/grub|etc/grub|etc/default/grub)'
agent='cloudstack'
(
    cd "$root"
    find . -mindepth 1 \( -type d -printf '%%dir %%attr(%m,%U,%G) "/%P"\n' \) -o \
        \( -type l -printf '"/%P"\n' \) -o \( -type f -printf '%%attr(%m,%U,%G) "/%P"\n' \)
) | grep -v '"/dev/' >"$work/all"
grep -E "$kernel" "$work/all" >"$work/kernel"
grep -E "$grub" "$work/all" >"$work/grub2"
grep -E "$agent" "$work/all" >"$work/cloudstack-agent"
grep -vE "$kernel|$grub|$agent" "$work/all" >"$work/standin-base"

subpackage() {
    printf '%%package -n %s\nSummary: %s\nAutoReqProv: no\n%%description -n %s\n%s\n' "$1" "$2" "$1" "$2"
    printf '%%files -n %s %s\n' "$1" "${3:+-f $3}"
}
{
    cat <<SPEC
%define _binary_payload w3.zstdio
%define __os_install_post %{nil}
%define debug_package %{nil}
%define _build_id_links none
%define _use_internal_dependency_generator 0
%define _source_filedigest_algorithm 8
AutoReqProv: no
Name: standin-base
Version: $STANDIN_VERSION
Release: 1
Summary: Root file system of the stand-in
License: various
BuildArch: x86_64
%description
Root file system of the stand-in system of Hinode's test rack, taken from Debian.
%files -f $work/standin-base
SPEC
    subpackage kernel "Kernel of the stand-in, with its modules and boot initrd" "$work/kernel"
    subpackage grub2 "GRUB and shim of the stand-in" "$work/grub2"
    subpackage cloudstack-agent "STAND-IN for the CloudStack agent: none of its code" "$work/cloudstack-agent"
    subpackage edk2-ovmf "Empty STAND-IN for the guest firmware: only its name counts"
    subpackage mdadm "Empty: the program is in standin-base"
    subpackage cryptsetup "Empty: the program is in standin-base"
    subpackage tpm2-tools "Empty: the programs are in standin-base"
    subpackage clevis-dracut "Empty: clevis is in standin-base, and STAND-IN for dracut beside it"
} >"$work/standin.spec"

rpmbuild -bb --quiet --define "_topdir $work" --define "_rpmdir $out/BaseOS/Packages" \
    --define '_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
    --buildroot "$root" --noclean --nocheck "$work/standin.spec"
createrepo_c -q -g "$STANDIN_SOURCE/comps.xml" "$out/BaseOS"
rm -rf "$work"
ls -la "$out/BaseOS/Packages"
