# shellcheck shell=bash disable=SC2154  # run, hinode: appliance.sh
# trial.sh : kvm-02, switched off and with data on its disk, is tried: the stand-in installer boots over the network, looks,
# reports, and switches it off again. Its disk is compared byte by byte with a copy, its port stands where it stood. Sourced
# by machine.sh.

is_judged_bad() { ! hinode trial kvm-02 --show >"$run/trial.txt"; }
shown() { grep -Eq -- "$1" "$run/trial.txt" || { cat "$run/trial.txt" >&2; return 1; }; }

trial_story() {
    local stood
    mkfs.ext4 -q -F "$(image kvm-02)"
    cp --sparse=always "$(image kvm-02)" "$run/tried.img"
    stood=$("$here/rack/rack.sh" port "$run" kvm-02 | grep -E '^tag ')
    check "the trial of a machine whose disk carries data begins" hinode trial kvm-02
    hope "trial: its job ends" is_over kvm-02 || return
    check "trial: it reached its end" stands kvm-02 stage "done" || { why_says kvm-02 nothing; return; }
    hope "trial: the machine is off again" off kvm-02 || return
    check "trial: not a byte of its disk was changed" cmp "$(image kvm-02)" "$run/tried.img"
    check "trial: its port stands where it stood" [ "$("$here/rack/rack.sh" port "$run" kvm-02 | grep -E '^tag ')" = "$stood" ]
    # The processor of this machine is older than any Enterprise Linux takes.
    check "trial: the machine is not good enough" is_judged_bad
    check "trial: it saw the first disk" shown 'disk vda: 6 GiB, serial number HNDISK02, '
    check "trial: and the second" shown 'HNDISK02B'
    check "trial: it saw the port that it boots from, with carrier" shown '^good .*52:54:00:77:00:02'
    check "trial: it names what the processor lacks" shown '^WRONG +processor +x86-64-v1 .*lacks .*sse4_2.*asked: x86-64-v2'
    rm -f "$run/tried.img"
    truncate -s 0 "$(image kvm-02)" && truncate -s 6G "$(image kvm-02)"
}
