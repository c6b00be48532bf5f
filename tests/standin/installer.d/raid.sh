# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared by the files of installer.d
# Software RAID: the kickstart's `raid` lines, as arrays of md(4). RAID1 only, of partitions that `part raid.NAME` made.
# A power cut leaves half an array: the next install clears the disks.
RAIDS=()
declare -A MEMBER # partition of raid.NAME

read_raid() {
    options raid "level device fstype fsoptions label $ENCRYPTED"
    need raid level
    need raid device
    case ${O[level]} in RAID1 | raid1 | 1) ;; *) refuse "line $LINE: the stand-in makes RAID1 only" ;; esac
    [ ${#ARGS[@]} -ge 3 ] || refuse "line $LINE: raid needs a mount point and two partitions"
    remember_root
    RAIDS+=("$LINE")
}

# Each array starts at once, without waiting for its first synchronisation: a blank copy of a blank disk is no worse.
make_arrays() {
    local line member devices mount
    for line in "${RAIDS[@]}"; do
        again "$line"
        options raid "level device fstype fsoptions label $ENCRYPTED"
        mount=${ARGS[0]} devices=()
        for member in "${ARGS[@]:1}"; do
            [ -n "${MEMBER[$member]:-}" ] || fail "line $line: $member is no partition"
            devices+=("${MEMBER[$member]}")
        done
        mkdir -p /dev/md
        run mdadm --create "/dev/md/${O[device]}" --run --assume-clean --homehost=any --metadata=1.2 --name="${O[device]}" \
            --level=1 --raid-devices="${#devices[@]}" "${devices[@]}"
        case $mount in
        pv.*)
            PV[$mount]=/dev/md/${O[device]}
            encrypt_group "$mount" ;;
        *)
            DEVICE_OF[$mount]=/dev/md/${O[device]} FSTYPE_OF[$mount]=${O[fstype]:-xfs}
            OPTIONS_OF[$mount]=${O[fsoptions]:-defaults} ;;
        esac
        say "array ${O[device]} of ${devices[*]}"
    done
}

# Stops what an earlier install left on a disk, and forgets its members, before the disk is cleared.
stop_arrays() {
    local disk=$1 part holder
    for part in "/sys/block/$disk/$disk"*; do
        for holder in "$part"/holders/md*; do
            [ ! -e "$holder" ] || run mdadm --stop "/dev/${holder##*/}"
        done
        [ ! -e "$part" ] || mdadm --zero-superblock "/dev/${part##*/}" >>/tmp/program.log 2>&1
    done
}

# The disks that a boot loader goes to: all that hold a part of /boot.
boot_disks() {
    local boot=${DEVICE_OF[/boot]:-${DEVICE_OF[/]}} slave
    case $boot in
    /dev/md/*)
        for slave in "/sys/block/$(basename "$(realpath "$boot")")"/slaves/*; do
            basename "$(dirname "$(realpath "$slave")")"
        done ;;
    *) kernel_name "${KS[boot_drive]:-${USABLE[0]}}" || fail "bootloader: disk ${KS[boot_drive]} does not exist" ;;
    esac
}

# So that the arrays have their names on the installed system, and somebody to tell when one is no longer whole.
write_arrays() {
    [ ${#RAIDS[@]} -gt 0 ] || return 0
    mkdir -p "$T/etc/mdadm"
    { echo "MAILADDR root"; mdadm --detail --scan; } >"$T/etc/mdadm/mdadm.conf"
}
