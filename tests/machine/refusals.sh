# shellcheck shell=bash disable=SC2154  # run: appliance.sh
# refusals.sh : kvm-02 carries data, is another machine than the rack file says, or dies amid its install. What is on
# its disk is compared byte by byte with a copy. Each job is the node's next one, without a word about wiping: as long as
# `%pre` refused before any write, the node counts as unused. Sourced by machine.sh.

untouched() { cmp "$(image kvm-02)" "$run/before.img"; }
blank() { cmp -n "$(stat -c %s "$(image kvm-02)")" "$(image kvm-02)" /dev/zero; }

# The rack file with another serial number for kvm-02.
expect_serial() {
    sed "s/^serial = \"HN0002\"/serial = \"$1\"/" "$run/rack.toml" >"$run/rack-$1.toml"
    hinode apply "$run/rack-$1.toml"
}

# ends_badly WHAT ARM REGEX : the job fails, saying so, and the machine is off.
ends_badly() {
    hope "$1: the job ends" is_over kvm-02 || return
    check "$1: it failed" stands kvm-02 stage failed
    check "$1: it says what is wrong" why_says kvm-02 "$2"
    check "$1: its arm is over" stands kvm-02 arm broken
}

carries_data() {
    mkfs.ext4 -q -F "$(image kvm-02)"
    cp --sparse=always "$(image kvm-02)" "$run/before.img"
    check "bring-up of a machine whose disk carries data begins" hinode up kvm-02
    ends_badly "disk with data" 'vda has ext4; to allow wiping it: hinode up kvm-02 --wipe HN0002' || return
    hope "disk with data: the machine powers off" off kvm-02 || return
    check "disk with data: not a byte of it was changed" untouched
    rm -f "$run/before.img"
}

another_serial() {
    truncate -s 0 "$(image kvm-02)" && truncate -s 6G "$(image kvm-02)"
    expect_serial HN9999
    check "bring-up of a machine with another serial number begins, its disk being another" hinode up kvm-02
    ends_badly "other serial number" "serial is 'HN0002', armed for 'HN9999'" || return
    hope "other serial number: the machine powers off" off kvm-02 || return
    check "other serial number: its disk is blank" blank
    expect_serial HN0002
}

fetched_kickstart() { events "$(job_of kvm-02 id)" "kickstart served"; }
# Lines of the stand-in's own, as its serial console gave them away over IPMI.
shows_console() { hinode job "$(job_of kvm-02 id)" | grep -Eq '^ +\| [0-9:]{8} standin: '; }
tells_console() { hinode events --json --of "$(job_of kvm-02 id)" | grep '"job.failed"' | grep -Eq '"console":\[.*standin: '; }
installers() { grep -ac 'standin: .* STAND-IN installer, not Anaconda' "$run/console-kvm-02.log"; }
dies() { virsh destroy kvm-02 >/dev/null && virsh start kvm-02 >/dev/null; }

dies_amid() {
    local before
    check "bring-up of a machine that will die begins" hinode up kvm-02
    hope_of kvm-02 "it fetches its kickstart" fetched_kickstart || return
    before=$(installers)
    check "it loses power and comes back" dies
    ends_badly "install cut off" "rebooted before the installer reported; last requests: .*/ks/" || return
    check "install cut off: it shows what the installer said last on the console" shows_console
    check "install cut off: so does its event" tells_console
    hope "install cut off: the machine is sent to its own disk" says kvm-02 'no disk of this machine holds a boot loader|booting .* from disk' || return
    check "install cut off: no installer ran again" [ "$(installers)" = "$before" ]
    check "install cut off: the kickstart was served once" once "$(job_of kvm-02 id)" "kickstart served"
    virsh destroy kvm-02 >/dev/null
    check "install cut off: a second try is refused before anything is touched" refused_again
}
refused_again() {
    hinode up kvm-02 && wait_until 30 "the refusal" is_over kvm-02 && why_says kvm-02 'hinode up .* --wipe' && off kvm-02
}

refusals_story() {
    carries_data && another_serial && dies_amid
}
