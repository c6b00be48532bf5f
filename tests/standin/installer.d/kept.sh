# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared by the files of installer.d
# What an earlier install left and the kickstart uses again: `part --onpart`, `volgroup --useexisting`, `logvol
# --useexisting`; with --noformat the file system stays as it is. What is named and not there is an error before any write.
declare -A KEPT

use_existing() {
    local line
    for line in "${PARTS[@]}"; do
        again "$line"
        options part "size grow maxsize ondisk ondrive onpart noformat fstype label asprimary fsoptions"
        [ -z "${O[onpart]:-}" ] || use_partition
    done
    for line in "${VOLUMES[@]}"; do
        again "$line"
        options logvol "vgname name size grow maxsize useexisting noformat fstype label fsoptions"
        [ -z "${O[useexisting]:-}" ] || use_volume
    done
}

use_partition() {
    local mount=${ARGS[0]} part disk
    part=$(kernel_name "${O[onpart]}") || fail "line $LINE: partition ${O[onpart]} does not exist"
    disk=$(basename "$(dirname "$(realpath "/sys/class/block/$part")")")
    usable "$disk" || fail "line $LINE: ${O[onpart]} is not on a disk of ignoredisk"
    case $mount in
    pv.* | biosboot) [ -n "${O[noformat]:-}" ] || fail "line $LINE: the stand-in keeps $mount as it is, or makes it anew" ;;
    *) use_as "$mount" "/dev/$part" ;;
    esac
    say "$mount is /dev/$part, as it was"
}

use_volume() {
    local path=${O[vgname]}/${O[name]}
    run lvm lvchange -ay --noudevsync "$path"
    run lvm vgmknodes
    use_as "${ARGS[0]}" "/dev/mapper/${O[vgname]//-/--}-${O[name]//-/--}"
    say "${ARGS[0]} is volume $path${O[noformat]:+, with what is on it}"
}

use_as() {
    DEVICE_OF[$1]=$2 FSTYPE_OF[$1]=${O[fstype]:-xfs} OPTIONS_OF[$1]=${O[fsoptions]:-defaults}
    case $1 in
    swap) FSTYPE_OF[$1]=swap ;;
    /boot/efi) FSTYPE_OF[$1]=vfat ;;
    esac
    [ -z "${O[noformat]:-}" ] || KEPT[$1]=yes
}
