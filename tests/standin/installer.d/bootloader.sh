# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared by the files of installer.d
# The boot loader on the disk: GRUB in the BIOS boot partition, or Debian's signed shim and GRUB at the removable path of the ESP.
# Leaves out boot entries in UEFI variables (so --leavebootorder changes nothing), passwords, and a boot menu with old kernels.

# The kernel arguments of the installed system: root, the kickstart's --append, and the consoles we run with (as Anaconda keeps them).
kernel_arguments() {
    local root=${DEVICE_OF[/]} word line
    case $root in /dev/mapper/*) ;; *) root=UUID=$(uuid_of "$root") ;; esac
    line="root=$root ro$(container_arguments) ${KS[append]:-}"
    for word in $(</proc/cmdline); do
        case $word in console=*) [[ " $line " == *" $word "* ]] || line+=" $word" ;; esac
    done
    echo "$line"
}

uuid_of() { blkid -p -o value -s UUID "$1"; }

write_grub_config() {
    local kernel prefix=/boot
    kernel=$(basename "$(ls "$T"/boot/vmlinuz-*)")
    kernel=${kernel#vmlinuz-}
    [ -z "${DEVICE_OF[/boot]:-}" ] || prefix=''
    mkdir -p "$T/boot/grub"
    {
        [ "$FIRMWARE" = uefi ] || printf 'serial --unit=0 --speed=115200\nterminal_output serial\n'
        echo "set timeout=${KS[timeout]}"
        echo "menuentry '$PRODUCT $VERSION' {"
        echo "  echo 'standin: GRUB from disk'"
        echo "  linux $prefix/vmlinuz-$kernel $(kernel_arguments)"
        echo "  initrd $prefix/initrd-$kernel.img"
        echo "}"
    } >"$T/boot/grub/grub.cfg"
}

install_bootloader() {
    local disk boot=${DEVICE_OF[/boot]:-${DEVICE_OF[/]}} prefix=/boot/grub dir
    for dir in proc sys dev run; do mkdir -p "$T/$dir"; run mount -o rbind "/$dir" "$T/$dir"; done
    write_grub_config
    if [ "$FIRMWARE" = uefi ]; then
        [ -n "${DEVICE_OF[/boot/efi]:-}" ] || fail "UEFI, but no EFI system partition"
        [ -z "${DEVICE_OF[/boot]:-}" ] || prefix=/grub
        run cp -r "$T/usr/lib/hinode-standin/efi/EFI" "$T/boot/efi/"
        mkdir -p "$T/boot/efi/EFI/debian" # where Debian's signed GRUB looks
        # shellcheck disable=SC2016  # GRUB expands it
        printf 'search --no-floppy --fs-uuid --set=root %s\nset prefix=($root)%s\nconfigfile ($root)%s/grub.cfg\n' \
            "$(uuid_of "$boot")" "$prefix" "$prefix" >"$T/boot/efi/EFI/debian/grub.cfg"
    else
        for disk in $(boot_disks); do
            run chroot "$T" grub-install --target=i386-pc --no-floppy --modules="part_gpt" \
                --install-modules="normal linux serial terminal echo xfs ext2 lvm mdraid1x part_gpt search search_fs_uuid test all_video gzio" "/dev/$disk"
            say "boot loader on $disk"
        done
    fi
    say "boot loader for $FIRMWARE installed"
}
