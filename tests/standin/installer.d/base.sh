# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared by the files of installer.d
# The ground of stage 2: speaking on the console, running commands with their output kept, failing as Anaconda does.
# Every line on ttyS0 begins with `standin:`; logs have Anaconda's names below /tmp. Leaves out the graphical and tmux screens.
T=/mnt/sysimage
KS_FILE=/run/install/ks.cfg
ERROR_WAIT=20 # seconds between an error and the reboot; Anaconda waits 180
PRODUCT=$(sed -n 's/^Product=//p' /.buildstamp)
VERSION=$(sed -n 's/^Version=//p' /.buildstamp)
FIRMWARE=bios
[ ! -d /sys/firmware/efi ] || FIRMWARE=uefi


say() {
    local up
    read -r up _ </proc/uptime
    echo "standin: [$up] $*" >/dev/ttyS0
    echo "[$up] $*" >>/tmp/anaconda.log
}

# Prints the end of a log on the console, prefixed.
show_tail() {
    local line
    [ -s "$1" ] || return 0
    while read -r line; do echo "standin: |  $line" >/dev/ttyS0; done < <(tail -n "${2:-8}" "$1")
}

# Runs a command with its output in program.log; its failure is the installation's.
run() {
    echo "+ $*" >>/tmp/program.log
    "$@" >>/tmp/program.log 2>/tmp/program.err && { cat /tmp/program.err >>/tmp/program.log; return; }
    local status=$?
    show_tail /tmp/program.err
    cat /tmp/program.err >>/tmp/program.log
    fail "\`$*' ended with $status"
}

# An installation error: %onerror, a wait, a reboot. Never returns.
fail() {
    trap - EXIT
    say "ERROR: $*"
    run_onerror
    say "ERROR: rebooting in $ERROR_WAIT s (Anaconda would wait 180 s)"
    sync
    sleep "$ERROR_WAIT"
    say "REBOOT after an error"
    busybox reboot -f
    exec sleep 2147483647
}

# The kickstart cannot be read: Anaconda ends before its exit handler exists, so nothing reboots.
refuse() {
    trap - EXIT
    say "ERROR: kickstart: $*"
    hang "a kickstart error leaves Anaconda's screen dead"
}

# Where Anaconda waits for a person for ever.
hang() {
    trap - EXIT
    say "ERROR: $*; waiting for ever, as Anaconda does"
    exec sleep 2147483647
}

load_modules() {
    local module
    local name
    while read -r module; do
        name=${module%.ko}
        [ ! -d "/sys/module/${name//-/_}" ] || continue
        [ "$name:$FIRMWARE" != efivarfs:bios ] || continue
        busybox insmod "/mods/$module" 2>/dev/null || say "module $module was refused"
    done </mods/order
}

start_up() {
    trap 'fail "the installer itself ended unexpectedly"' EXIT
    mkdir -p /dev/pts /dev/shm /run/lock/lvm /run/lvm
    ln -sfn /proc/self/fd /dev/fd
    mount -t devpts devpts /dev/pts
    say "STAND-IN installer for $PRODUCT $VERSION, firmware $FIRMWARE; not Anaconda"
    load_modules
    [ $FIRMWARE = bios ] || mount -t efivarfs efivarfs /sys/firmware/efi/efivars 2>/dev/null
    printf 'activation { udev_sync=0 udev_rules=0 }\ndevices { obtain_device_list_from_udev=0 }\n' >/etc/lvm/lvm.conf
    link_disks
}

# Ends as the kickstart says; Anaconda's own default is to halt and ask, which unattended means a reboot.
finish() {
    trap - EXIT
    sync
    case ${KS[end]:-reboot} in
    reboot) say "REBOOT: installed"; busybox reboot -f ;;
    poweroff | shutdown) say "POWEROFF: installed"; busybox poweroff -f ;;
    halt) say "HALT: installed"; busybox halt -f ;;
    esac
    exec sleep 2147483647
}
