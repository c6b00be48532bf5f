# shellcheck shell=bash disable=SC2154  # run, here, target: appliance.sh
# firmware.sh : the five ways in which firmware starts an installer, against the appliance itself, each once into the
# stand-in's userland. These machines have no BMC in the rack: they are nodes of the rack file, armed by a program of
# the tests while the appliance is stopped, and switched on by rack/firmware.sh. Without an arm, one BIOS and one UEFI
# machine must end at their (empty) disk. Sourced by machine.sh.

FIRMWARE_CASES=(bios-ipxe uefi-rom uefi-pxe uefi-http secboot)

# The profile of a case: unsigned iPXE as first loader where the firmware loads over TFTP or HTTP and lets it.
firmware_profile() { case $1 in uefi-pxe | uefi-http) echo kvm-ipxe ;; *) echo kvm ;; esac; }

# The rack file of the demo, and five nodes more.
firmware_rack() {
    local number=0 name
    cat "$run/rack.toml"
    sed -n '/^\[os.standin\]/,/^$/p' "$run/rack.toml" | sed 's/^\[os.standin\]/[os.standin-ipxe]\nloader = "ipxe"/'
    sed -n '/^\[profile.kvm\]/,/^$/p' "$run/rack.toml" | sed 's/^\[profile.kvm\]/[profile.kvm-ipxe]/; s/^os = .*/os = "standin-ipxe"/'
    for name in "${FIRMWARE_CASES[@]}"; do
        number=$((number + 1))
        cat <<NODE

[[node]]
name = "fw-$name"
slot = "u1$number"
bmc = { address = "10.77.9.3$number", credential = "bmc" }
mac = "52:54:00:77:01:0$number"
port = "tor0:fw-$name"
profile = "$(firmware_profile "$name")"
address = "10.77.10.3$number"
serial = "HNFW0$number"
uuid = "11111111-2222-3333-4444-00000000010$number"
disk = "virtio-HNFWDISK0$number"
NODE
    done
}

# boots CASE UNTIL ABORT : switches it on, and off as soon as its console says the one or the other.
boots() { "$here/rack/firmware.sh" "$1" "$run" --seconds "$PATIENCE" --until "$2" --abort "$3"; }

to_its_disk() {
    check "$1, not armed, ends at its own disk" boots "$1" "$2" 'standin:|Linux version'
    check "$1 was served no installer" no events "fw-$1" served
}

not_armed_story() {
    to_its_disk bios-ipxe 'Booting from SAN device 0x80|Boot from SAN device 0x80 failed'
    to_its_disk uefi-pxe 'no disk of this machine holds a boot loader'
}

# The store lets one process in: the appliance stops meanwhile.
arm_firmware() {
    kill "$appliance_pid"
    wait "$appliance_pid" 2>/dev/null
    "$target/debug/arm-for-test" --data "$run/data" "${FIRMWARE_CASES[@]/#/fw-}"
    restart_appliance
}

to_installer() {
    check "$1 boots into the stand-in installer" boots "$1" 'standin: .* got the kickstart' 'standin: .* ERROR|Kernel panic'
    check "$1 was served its boot script once" once "fw-$1" "boot script of the installer served"
    check "$1 was served its kickstart once" once "fw-$1" "kickstart served"
}

firmware_story() {
    local name
    for name in "${FIRMWARE_CASES[@]}"; do to_installer "$name"; done
}
