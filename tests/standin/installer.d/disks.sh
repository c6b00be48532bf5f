# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared by the files of installer.d
# Disks: by-id links, ignoredisk, zerombr, clearpart, reqpart, part, volgroup, logvol, file systems, mounts under the target; arrays: raid.sh.
# GPT only, one growing partition a disk; what is already there: kept.sh. A power cut leaves a half-written disk: the next install clears it.
declare -A DISK_ARGS DISK_COUNT DISK_GROW PV FSTYPE_OF DEVICE_OF OPTIONS_OF
USABLE=()

# There is no udev: the links that it would make, for disks with a serial number.
link_disks() {
    local dir name serial part
    mkdir -p /dev/disk/by-id
    for dir in /sys/block/vd*; do
        [ -e "$dir" ] || continue
        name=${dir##*/}
        serial=$(cat "$dir/serial" 2>/dev/null)
        [ -n "$serial" ] || continue
        ln -sfn "../../$name" "/dev/disk/by-id/virtio-$serial"
        for part in "$dir/$name"[0-9]*; do
            [ -e "$part" ] && ln -sfn "../../${part##*/}" "/dev/disk/by-id/virtio-$serial-part${part##*"$name"}"
        done
        say "disk $name: serial $serial, $(($(cat "$dir/size") / 2048)) MiB"
    done
}

# Prints the kernel name of a disk given as sda, /dev/sda or any link; fails if there is none.
kernel_name() {
    local path=$1
    case $path in /*) ;; *) path=/dev/$path ;; esac
    [ -b "$path" ] || return 1
    basename "$(realpath "$path")"
}

choose_disks() {
    local item name
    for item in ${KS[only_use]//,/ }; do
        name=$(kernel_name "$item") || fail "ignoredisk: disk $item does not exist"
        USABLE+=("$name")
    done
    if [ ${#USABLE[@]} -eq 0 ]; then
        for item in /sys/block/[vsn]*; do [[ ${item##*/} == sr* ]] || USABLE+=("${item##*/}"); done
    fi
    [ ${#USABLE[@]} -gt 0 ] || fail "no usable disk"
    say "disks that may be written: ${USABLE[*]}"
}

usable() { [[ " ${USABLE[*]} " == *" $1 "* ]]; }

# clearpart --all on a disk: everything on it goes, a new GPT comes.
clear_disk() {
    local disk=$1 part
    for part in "/dev/$disk"*; do
        busybox swapoff "$part" 2>/dev/null
        lvm pvs --noheadings -o vg_name "$part" 2>/dev/null | while read -r group; do
            [ -z "$group" ] || run lvm vgchange -an "$group"
        done
    done
    stop_arrays "$disk"
    for part in "/dev/$disk"[0-9]*; do [ ! -b "$part" ] || run wipefs -a "$part"; done
    run wipefs -a "/dev/$disk"
    run sgdisk -o "/dev/$disk"
    say "disk $disk cleared"
}

clear_disks() {
    local disk item drives=' '
    for item in ${KS[clear_drives]//,/ }; do
        disk=$(kernel_name "$item") || fail "clearpart: disk $item does not exist"
        usable "$disk" || fail "clearpart: disk $item is not among those of ignoredisk"
        drives+="$disk "
    done
    for disk in "${USABLE[@]}"; do
        [ "$drives" = ' ' ] || [[ $drives == *" $disk "* ]] || continue
        if [ -z "$(blkid -p -o value -s PTTYPE "/dev/$disk")" ] && [ -z "${KS[zerombr]:-}" ]; then
            fail "disk $disk has no partition table and the kickstart no zerombr: Anaconda would ask"
        fi
        [ "${KS[clear]:-}" != all ] || [ -z "${KS[initlabel]:-}" ] || clear_disk "$disk"
    done
}

# plan_part DISK SIZE_MIB|grow TYPE MOUNT FSTYPE: adds a partition to the plan; MOUNT may be pv.N, swap, or empty.
plan_part() {
    local disk=$1 size=$2 type=$3 end=0 number device
    number=$((${DISK_COUNT[$disk]:-0} + 1))
    DISK_COUNT[$disk]=$number
    if [ "$size" = grow ]; then
        [ -z "${DISK_GROW[$disk]:-}" ] || fail "the stand-in grows one partition a disk; $disk has two"
        DISK_GROW[$disk]=yes
    else
        end=+${size}M
    fi
    device=/dev/$disk$number
    [[ $disk != *[0-9] ]] || device=/dev/${disk}p$number
    DISK_ARGS[$disk]+=" -n $number:0:$end -t $number:$type"
    case $4 in
    '') ;;
    pv.*) PV[$4]=$device ;;
    raid.*) MEMBER[$4]=$device ;;
    *) DEVICE_OF[$4]=$device FSTYPE_OF[$4]=$5 ;;
    esac
}

plan_required() {
    local disk=$1
    [ -n "${KS[reqpart]:-}" ] || return 0
    case $FIRMWARE in
    bios) plan_part "$disk" 1 ef02 '' '' ;;
    uefi) plan_part "$disk" 500 ef00 /boot/efi vfat ;;
    esac
    [ -z "${KS[add_boot]:-}" ] || plan_part "$disk" 1024 8300 /boot xfs
}

# plan_parts fixed|growing: the `part` lines of that kind.
plan_parts() {
    local line disk size type kind
    for line in "${PARTS[@]}"; do
        again "$line"
        options part "size grow maxsize ondisk ondrive onpart noformat fstype label asprimary fsoptions $ENCRYPTED"
        [ -z "${O[onpart]:-}" ] || continue
        size=${O[size]:-} kind=fixed
        [ -z "${O[grow]:-}" ] || { size=grow kind=growing; }
        [ "$kind" = "$1" ] || continue
        [ -n "$size" ] || fail "line $line: part without --size"
        disk=${O[ondisk]:-${O[ondrive]:-${USABLE[0]}}}
        disk=$(kernel_name "$disk") || fail "line $line: disk $disk does not exist"
        usable "$disk" || fail "line $line: disk $disk is not among those of ignoredisk"
        case ${ARGS[0]}:${O[fstype]:-} in
        pv.*) type=8e00 ;;
        raid.*) type=fd00 ;;
        biosboot:* | *:biosboot) type=ef02 ARGS[0]='' ;;
        /boot/efi:*) type=ef00 O[fstype]=vfat ;;
        swap:*) type=8200 O[fstype]=swap ;;
        *) type=8300 ;;
        esac
        plan_part "$disk" "$size" "$type" "${ARGS[0]}" "${O[fstype]:-xfs}"
        OPTIONS_OF[${ARGS[0]:-none}]=${O[fsoptions]:-defaults}
    done
}

make_partitions() {
    local disk
    plan_required "${USABLE[0]}"
    plan_parts fixed
    plan_parts growing
    for disk in "${!DISK_ARGS[@]}"; do
        # shellcheck disable=SC2086  # a list of words
        run sgdisk ${DISK_ARGS[$disk]} "/dev/$disk"
        say "disk $disk: ${DISK_COUNT[$disk]} partitions"
    done
    link_disks
}

encrypt_parts() {
    local line
    for line in "${PARTS[@]}"; do
        again "$line"
        options part "size grow maxsize ondisk ondrive onpart noformat fstype label asprimary fsoptions $ENCRYPTED"
        case ${ARGS[0]:-} in
        pv.*) encrypt_group "${ARGS[0]}" ;;
        *) [ -z "${O[encrypted]:-}" ] || refuse "line $line: the stand-in encrypts volume groups only" ;;
        esac
    done
}

make_groups() {
    local line pv
    for line in "${GROUPS_LINES[@]}"; do
        again "$line"
        options volgroup "pesize useexisting noformat"
        [ -z "${O[useexisting]:-}" ] || continue
        set -- "${ARGS[@]}"
        local group=$1 devices=()
        shift
        for pv; do
            [ -n "${PV[$pv]:-}" ] || fail "volgroup $group: $pv is no partition"
            devices+=("${PV[$pv]}")
        done
        run lvm vgcreate -y -qq "$group" "${devices[@]}"
    done
}

# make_volumes fixed|growing
make_volumes() {
    local line kind amount key
    for line in "${VOLUMES[@]}"; do
        again "$line"
        options logvol "vgname name size grow maxsize useexisting noformat fstype label fsoptions"
        [ -z "${O[useexisting]:-}" ] || continue
        kind=fixed amount="-L ${O[size]:-1}m"
        [ -z "${O[grow]:-}" ] || { kind=growing amount="-l 100%FREE"; }
        [ "$kind" = "$1" ] || continue
        # shellcheck disable=SC2086  # two words
        run lvm lvcreate -y -qq -Wn -Zn $amount -n "${O[name]}" "${O[vgname]}"
        key=${ARGS[0]}
        DEVICE_OF[$key]=/dev/mapper/${O[vgname]//-/--}-${O[name]//-/--}
        FSTYPE_OF[$key]=${O[fstype]:-xfs}
        [ "$key" != swap ] || FSTYPE_OF[$key]=swap
        OPTIONS_OF[$key]=${O[fsoptions]:-defaults}
    done
}

format() {
    case $2 in
    xfs) run mkfs.xfs -q -f "$1" ;;
    ext4) run mkfs.ext4 -q -F "$1" ;;
    vfat | efi) run mkfs.vfat "$1" ;;
    swap) run mkswap "$1" ;;
    *) fail "file system $2 on $1 is unknown to the stand-in" ;;
    esac
}

mount_target() {
    local where
    while read -r where; do
        mkdir -p "$T$where"
        run mount -t "${FSTYPE_OF[$where]}" "${DEVICE_OF[$where]}" "$T$where"
    done < <(printf '%s\n' "${!DEVICE_OF[@]}" | grep '^/' | sort)
}

make_disks() {
    local where
    choose_disks
    clear_disks
    make_partitions
    encrypt_parts
    make_arrays
    make_groups
    make_volumes fixed
    make_volumes growing
    use_existing
    for where in "${!DEVICE_OF[@]}"; do [ -n "${KEPT[$where]:-}" ] || format "${DEVICE_OF[$where]}" "${FSTYPE_OF[$where]}"; done
    mount_target
    say "target mounted: $(printf '%s ' "${!DEVICE_OF[@]}")"
}
