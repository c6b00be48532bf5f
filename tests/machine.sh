#!/bin/bash
# machine.sh [STORY...] : stories told on real firmware, a real switch, a real BMC protocol and a real kernel, in the
# virtual rack. Does its own set-up on a fresh Debian 12 as root; ends with a line `N passed, N failed`.
#
#   parked    a node gets no DHCP answer before its port is moved; an unknown machine gets none at all
#   kills     the appliance is killed three times during one install, which goes on as if nothing had happened
#   kept      the same node is installed anew, and the images of its guests stay
#   trial     a machine is looked at by an installer, which writes nothing, and is as it was before
#   refusals  a machine that is another one, or carries data, is not written to; an installer that dies is not repeated
#   verify    kvm-01 is broken on purpose, subject after subject, and verification names each
#   unknown   a machine of no rack file boots, from an open pool, to a screen that says who it is, then its own disk
#   proxy     beside a site's own DHCP server, which knows nothing of booting, a BIOS and a UEFI machine are installed
#   host      two disks as RAID1, encrypted and bound to a TPM, a bond, VLANs and bridges: installed and verified; it starts from either disk
#   firmware  seven firmware paths, two of them over IPv6 alone, reach the installer when armed, and their own disk when not
#
# At most two machines run at a time. What fails leaves its logs and consoles. HINODE_CAPTURE=FOLDER keeps what the
# machines ask (machine/capture.sh); so it does with demo.sh.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=appliance.sh
. "$here/appliance.sh"
for part in lib parked kills verify kept trial refusals unknown host firmware proxy; do
    # shellcheck source=/dev/null
    . "$here/machine/$part.sh"
done
stories=("$@")

wanted() { [ ${#stories[@]} = 0 ] || [[ " ${stories[*]} " == *" $1 "* ]]; }

set_the_stage() {
    start_rack && start_cloud && start_appliance && load_rack || return
    # Every node that is brought up here has a playbook run for it.
    sed -i "/^\[profile.kvm\]/a playbook = \"$here/machine/playbook.yml\"" "$run/rack.toml"
    firmware_rack >"$run/rack-firmware.toml" && mv "$run/rack-firmware.toml" "$run/rack.toml"
    hinode apply "$run/rack.toml"
}

# Side by side where neither needs the appliance to stop.
tell_stories() {
    local beside=''
    if wanted firmware; then not_armed_story & beside=$!; fi
    ! wanted parked || parked_story
    if [ -n "$beside" ]; then
        wait "$beside"
        check "nodes are armed for boot tests" arm_firmware
    fi
    ! wanted parked || moved_story
    ! wanted kills || kills_story
    ! wanted verify || verify_story
    ! wanted kept || kept_story
    if wanted firmware; then firmware_story & beside=$!; fi
    ! wanted trial || trial_story
    ! wanted refusals || refusals_story
    ! wanted unknown || unknown_story
    ! wanted host || host_story
    [ -z "$beside" ] || wait "$beside"
    # The last one: it changes whose the addresses are.
    ! wanted proxy || proxy_story
}

"$here/setup.sh" && prepare_appliance && (cd "$top" && cargo build --quiet --locked --bin arm-for-test) || exit 1
trap end_stories EXIT
if set_the_stage; then tell_stories; else fail "the rack is up and the appliance serves"; fi
summary
