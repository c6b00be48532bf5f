# shellcheck shell=bash disable=SC2154  # run, ns: appliance.sh
# kills.sh : the appliance is killed with SIGKILL and started again on its data, three times during one install of
# kvm-01: while the loader fetches kernel and initrd, in the middle of the packages, and when the installer has just
# reported success. The install goes on, once. Sourced by machine.sh.

booting() { events kvm-01 "boot script of the installer served"; }
# Some MiB of the packages are there: kernel, initrd and installer image, which come before them, have 35 MiB together.
downloading() { says kvm-01 'standin: .* downloading ' && [ $(($(job_of kvm-01 served) + 0)) -gt $((48 << 20)) ]; }
asked_again() { [ "$(grep -ac 'boot/ipxe\.\.\.' "$run/console-kvm-01.log")" -ge 2 ]; }
# The appliance's line at 50 Mbit/s, so that there is a middle of the download on any computer; and as it was.
slow_line() { ip netns exec "$ns-app" tc qdisc add dev eth-mgmt root tbf rate 50mbit burst 256kb latency 200ms; }
fast_line() { ip netns exec "$ns-app" tc qdisc del dev eth-mgmt root; }
installed() { events kvm-01 "installed; the arm is spent"; }

kills_story() {
    stands kvm-01 id '' && hinode up kvm-01
    hope_of kvm-01 "kvm-01 fetches its boot script" booting || return
    kill_appliance
    check "killed while the loader fetches the kernel, it is back" answers
    hope_of kvm-01 "kvm-01's loader asks again what to boot" asked_again || return
    check "the line is slow from here" slow_line
    hope_of kvm-01 "kvm-01 downloads packages" downloading || return
    kill_appliance
    check "and fast again" fast_line
    check "killed amid the packages, it is back" answers
    hope_of kvm-01 "the installer's download goes on where it broke" says kvm-01 'downloads were interrupted' || return
    hope_of kvm-01 "kvm-01 reports success" installed || return
    kill_appliance
    check "killed at the report of success, it is back" answers
    hope "kvm-01's job ends" is_over kvm-01 || return
    check "it was brought up" stands kvm-01 stage "done"
    check "it is registered" no stands kvm-01 host ''
    check "it was armed once" once kvm-01 "armed for one install"
    check "the kickstart was served once" once kvm-01 "kickstart served"
    check "it was installed once" once kvm-01 "installed; the arm is spent"
    check "the history is unbroken over three kills" hinode events --verify
    check "it tells of every start" [ "$(counted rack "started, epoch")" -ge 4 ]
    virsh destroy kvm-01 >/dev/null
}
