# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared by the files of installer.d
# Encryption: `--encrypted` of a volume group's partition or array, as LUKS2. What opens it at boot is the kickstart's business
# (%post). Its passphrase is cheap to try, for an emulated processor's sake: Anaconda leaves cryptsetup its own costs.
# Leaves out encrypted file systems outside a volume group. A power cut leaves half a container: the next install clears it.
ENCRYPTED="encrypted luks-version passphrase"
CONTAINERS=()

# encrypt_group PV: the device of that name becomes a container, if its line says so, and the name what is inside.
encrypt_group() {
    local pv=$1 device uuid
    [ -n "${O[encrypted]:-}" ] || return 0
    device=${PV[$pv]}
    [ "${O[luks-version]:-}" = luks2 ] || refuse "line $LINE: the stand-in makes LUKS2 only"
    [ -n "${O[passphrase]:-}" ] || fail "line $LINE: --encrypted without --passphrase: Anaconda would ask"
    printf %s "${O[passphrase]}" | run cryptsetup luksFormat --batch-mode --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file - "$device"
    uuid=$(cryptsetup luksUUID "$device")
    printf %s "${O[passphrase]}" | run cryptsetup open --key-file - "$device" "luks-$uuid"
    CONTAINERS+=("$uuid")
    PV[$pv]=/dev/mapper/luks-$uuid
    say "$pv is encrypted"
}

write_crypttab() {
    local uuid
    for uuid in "${CONTAINERS[@]}"; do echo "luks-$uuid UUID=$uuid none discard"; done >"$T/etc/crypttab"
}

# As Anaconda has it on the installed system's command line.
container_arguments() {
    local uuid
    for uuid in "${CONTAINERS[@]}"; do printf ' rd.luks.uuid=luks-%s' "$uuid"; done
}
