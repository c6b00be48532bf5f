#!/bin/bash
# The stand-in installer's own test: from a blank disk to an answering sshd in QEMU, once as BIOS and once as UEFI machine.
# usage: try.sh [bios|uefi|refusals]...    (as root; needs packages.txt). Kernel and initrd are given to QEMU directly: no firmware network boot here.
# Each phase has a deadline; everything made (namespace si-try, processes, files) goes away at the end. STANDIN_KEEP=1 keeps the files.
# Also tried: a kickstart with an unknown command, and one whose package does not exist: both must leave the disk untouched.
# The UEFI machine gets one download cut off half-way. How kickstarts are read is tried by try-reading.sh, without a machine.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
run=$(mktemp -d -p /var/tmp si-try.XXXXXX)
ns=si-try-$$
mac=52:54:00:77:00:01
node=10.77.10.21
INSTALL_LIMIT=400 # seconds; three times what a busy machine needed
BOOT_LIMIT=300
passed=0 failed=0
pids=()

ok() { passed=$((passed + 1)); echo "ok    $1"; }
bad() { failed=$((failed + 1)); echo "FAIL  $1"; }
check() { if "${@:2}" >"$run/check.out" 2>&1; then ok "$1"; else bad "$1"; tail -5 "$run/check.out" | sed 's/^/      /'; fi; }

clean_up() {
    local pid
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
    wait 2>/dev/null
    ip netns del "$ns" 2>/dev/null
    if [ -n "${STANDIN_KEEP:-}" ]; then echo "kept: $run"; else rm -rf "$run"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

in_ns() { ip netns exec "$ns" "$@"; }

start_server() {
    ip netns add "$ns"
    ip -n "$ns" link set lo up
    ip -n "$ns" tuntap add dev node mode tap
    ip -n "$ns" addr add 10.77.10.1/24 dev node
    ip -n "$ns" link set node up
    mkdir -p "$run/www/os" "$run/www/ks"
    "$here/build.sh" "$run/www/os/standin" || exit 1
    ip netns exec "$ns" python3 "$here/try-server.py" 10.77.10.1 "$run/www" "$run/http.log" 2>"$run/server.err" &
    pids+=($!)
    ip netns exec "$ns" dnsmasq --no-daemon --conf-file=/dev/null --port=0 --interface=node --bind-interfaces --no-ping --log-dhcp \
        --dhcp-range=10.77.10.100,10.77.10.150,255.255.255.0,10m --dhcp-host="$mac,10.77.10.101" \
        --dhcp-leasefile="$run/leases" --log-facility="$run/dhcp.log" >"$run/dnsmasq.err" 2>&1 &
    pids+=($!)
}

make_kickstart() {
    ssh-keygen -q -t ed25519 -N '' -f "$run/id"
    ssh-keygen -q -t ed25519 -N '' -f "$run/host"
    echo "$node $(cut -d' ' -f1,2 "$run/host.pub")" >"$run/known_hosts"
    hash=$(openssl passwd -6 -salt saltsalt standin)
    sed -e "s|@@SSH_KEY@@|$(cat "$run/id.pub")|; s|@@ROOT_HASH@@|$hash|; s|@@MAC@@|$mac|" \
        -e "/@@HOST_KEY@@/{r $run/host" -e 'd}' "$here/sample.ks" >"$run/www/ks/TOKEN"
    sed '/^zerombr/i frobnicate --hard' "$run/www/ks/TOKEN" >"$run/www/ks/UNKNOWN"
    sed 's/^edk2-ovmf/no-such-package/; s/^bootloader.*/&\nlogging --host=10.77.10.1/' "$run/www/ks/TOKEN" >"$run/www/ks/MISSING"
}

# machine FIRMWARE [QEMU ARGUMENT...]: starts QEMU with the console in console.log; its pid is in $machine.
machine() {
    local firmware=$1 cpu=max flash=()
    shift
    # shellcheck disable=SC2054  # QEMU's own commas
    if [ "$firmware" = uefi ]; then
        cpu=qemu64,+rdrand
        cp -n /usr/share/OVMF/OVMF_VARS_4M.fd "$run/vars.fd"
        flash=(-drive if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd
            -drive "if=pflash,format=raw,unit=1,file=$run/vars.fd")
    fi
    : >"$run/console.log"
    ip netns exec "$ns" qemu-system-x86_64 -accel tcg,thread=multi,tb-size=128 -machine q35 -cpu "$cpu" -smp 2 -m 1024 -display none -nodefaults \
        -smbios type=1,serial=HN0001,uuid=11111111-2222-3333-4444-000000000001 -serial "file:$run/console.log" -action reboot=shutdown,shutdown=pause \
        -netdev tap,id=n,ifname=node,script=no,downscript=no,vnet_hdr=off \
        -device "virtio-net-pci,netdev=n,mac=$mac,romfile=" -device virtio-rng-pci \
        -drive "if=none,id=d,format=raw,file=$run/disk.img,cache=unsafe" -device virtio-blk-pci,drive=d,serial=HNDISK01,bootindex=1 \
        "${flash[@]}" "$@" 2>"$run/qemu.err" &
    machine=$!
    pids+=("$machine")
}

# install FIRMWARE TOKEN LIMIT PATTERN: runs the installer until the console shows PATTERN or QEMU ends.
install() {
    local tree=$run/www/os/standin url=http://10.77.10.1 end=$((SECONDS + $3)) start=$SECONDS
    rm -f "$run/disk.img" "$run/vars.fd"
    truncate -s 6G "$run/disk.img"
    : >"$run/http.log"
    machine "$1" -kernel "$tree/images/pxeboot/vmlinuz" -initrd "$tree/images/pxeboot/initrd.img" -append "inst.ks=$url/ks/$2 \
inst.stage2=$url/os/standin inst.repo=$url/os/standin inst.ks.sendmac inst.ks.sendsn BOOTIF=01-${mac//:/-} ip=dhcp inst.text \
inst.noninteractive inst.nosave=all_ks console=tty0 console=ttyS0,115200n8 mitigations=off"
    while [ $SECONDS -lt $end ] && kill -0 "$machine" 2>/dev/null; do
        grep -qE "$4" "$run/console.log" && break
        sleep 0.5
    done
    echo "      $1 $2: $((SECONDS - start)) s, $(processor_time) s of processor"
}

# What the machine has used of the processors; unlike the time on the wall it does not depend on what runs beside.
processor_time() { awk '{ print int(($14 + $15) / 100) }' "/proc/$machine/stat" 2>/dev/null; }

stop_machine() {
    kill "$machine" 2>/dev/null
    wait "$machine" 2>/dev/null
}

remote() {
    in_ns ssh -n -F /dev/null -i "$run/id" -o BatchMode=yes -o ConnectTimeout=10 -o StrictHostKeyChecking=yes \
        -o UserKnownHostsFile="$run/known_hosts" "root@$node" "$@"
}

wait_for_ssh() {
    local end=$((SECONDS + BOOT_LIMIT)) start=$SECONDS
    until remote true 2>"$run/ssh.err"; do
        [ $SECONDS -lt $end ] && kill -0 "$machine" 2>/dev/null || return 1
        sleep 1
    done
    echo "      ssh answers after $((SECONDS - start)) s, $(processor_time) s of processor"
}

# The requests of rows 0 to 15, in order; neighbouring metadata files and RPMs count as one line, for their order is free.
requests() {
    grep -v '^#\|^agent' "$run/http.log" | awk -F'\t' '{
        path = $3
        if (path ~ /repodata\/[0-9a-f]+-/) path = "metadata"
        if (path ~ /\.rpm$/) path = "rpms"
        line = $1 " " $2 " " path " " $4
        if (line != last) print line
        last = line }'
}
expected_requests() {
    cat <<LIST
curl GET /os/standin/.treeinfo 200
curl GET /os/standin/images/install.img 200
curl GET /os/standin/images/updates.img 404
curl GET /os/standin/images/product.img 404
curl GET /ks/TOKEN 200
curl POST /report/TOKEN?pre 200
anaconda GET /os/standin/.treeinfo 200
libdnf GET /os/standin/BaseOS/repodata/repomd.xml 200
libdnf GET metadata 200
anaconda GET /os/standin/BaseOS/repodata/repomd.xml 200
curl POST /report/TOKEN?partitioned 200
libdnf GET rpms 200
${1:+libdnf GET rpms 206
}curl POST /report/TOKEN?installed 200
LIST
}
same_requests() { diff <(expected_requests "$@") <(requests); }
logged() { grep -qP "$1" "$run/http.log"; }
vendor_class() { grep -q 'vendor class: anaconda-Linux .* x86_64' "$run/dhcp.log"; }

check_requests() {
    check "$1: DHCP vendor class is the installer's" vendor_class
    if [ "$1" = uefi ]; then
        check "$1: requests come in the order of the contract, a broken download goes on" same_requests broken
    else
        check "$1: requests come in the order of the contract" same_requests
    fi
    check "$1: every request of stage 1 names the architecture" logged '^curl\tGET\t/os/standin/.treeinfo\t200\tX-Anaconda-Architecture=x86_64'
    check "$1: the kickstart request carries MAC and serial" \
        logged "^curl\tGET\t/ks/TOKEN\t200\t.*MAC-0=eth0 $mac\tX-System-Serial-Number=HN0001"
    check "$1: the first repomd.xml is asked for without cache" logged '^libdnf\tGET\t.*repomd.xml\t200\tCache-Control=no-cache'
}

sees() { { remote "$1" || true; } | tee "$run/seen" | grep -E "$2" || { cat "$run/seen"; false; }; }
check_system() {
    check "$1: it says hinode-standin" sees 'cat /etc/os-release' '^ID=hinode-standin$'
    check "$1: cloudbr0 has the address and the port" sees 'ip -br addr show cloudbr0; bridge link' "cloudbr0 .*UP .*$node/24"
    check "$1: the VLAN is a port of cloudbr1 and has carrier" sees 'bridge link' 'service.200.*master cloudbr1 state forwarding'
    check "$1: root, swap and images are logical volumes" sees 'findmnt -no SOURCE /; cat /proc/swaps; findmnt -no SOURCE /var/lib/libvirt/images' vg_sys-images
    check "$1: swap is on" sees 'tail -n 1 /proc/swaps' '^/dev'
    check "$1: no unit has failed" sees 'systemctl is-system-running --wait' '^running$'
    check "$1: chronyd runs" sees 'systemctl is-active chronyd' '^active$'
    check "$1: owners are those of the packages" sees 'stat -c %U:%G:%a /usr/lib/dbus-1.0/dbus-daemon-launch-helper' '^root:messagebus:4754$'
    check "$1: the kickstart is not left behind" sees 'ls /root' '^ks-post.log$'
    check "$1: no kickstart file" remote 'test ! -e /root/anaconda-ks.cfg'
    check "$1: rpm -qa finds edk2-ovmf" sees 'rpm -qa | grep -i ovmf' '^edk2-ovmf-'
    check "$1: root's password opens the door" in_ns sshpass -p standin ssh -F /dev/null -o PubkeyAuthentication=no \
        -o UserKnownHostsFile="$run/known_hosts" "root@$node" true
}

check_agent() {
    local util=/usr/share/cloudstack-common/scripts/util dir=/etc/cloudstack/agent
    check "$1: /dev/kvm is there, from kvm_amd" sees 'ls /dev/kvm && lsmod' '^kvm_amd'
    remote "sudo $util/keystore-setup $dir/agent.properties $dir/cloud.jks PASS 365 $dir/cloud.csr" >"$run/node.csr" 2>"$run/csr.err"
    check "$1: keystore-setup prints a certificate request" openssl req -in "$run/node.csr" -noout -verify -subject
    check "$1: cloudstack-setup-agent succeeds" remote "sudo cloudstack-setup-agent -m 10.77.10.1 -z 1 -p 1 -c 1 \
        -g 6af97b9f-15b8-3199-9771-8d8248d98157 -a -s --pubNic=cloudbr1 --prvNic=cloudbr0 --guestNic=cloudbr1 --hypervisor=kvm"
    check "$1: a bridge that is missing is refused" sees "cloudstack-setup-agent -m 10.77.10.1 -z 1 -p 1 -c 1 -g x -a \
        --pubNic=cloudbr9 --prvNic=cloudbr0 --guestNic=cloudbr1 --hypervisor=kvm 2>&1" 'cloudbr9 is not a bridge'
    sleep 6
    check "$1: the agent says so on port 8250, again and again" logged '^agent\t.* ping guid=6af97b9f'
}

try_firmware() {
    [ "$1" = bios ] || touch "$run/www/cut"
    install "$1" TOKEN "$INSTALL_LIMIT" 'standin: .*(ERROR|REBOOT)'
    stop_machine
    cp "$run/console.log" "$run/console-$1-install.log"
    check "$1: the installation ends with a reboot" grep 'REBOOT: installed' "$run/console.log"
    grep -a 'standin:.*ERROR\|standin: |' "$run/console.log"
    check_requests "$1"
    machine "$1"
    if wait_for_ssh; then
        ok "$1: the disk boots and sshd answers with the delivered host key"
        check_system "$1"
        [ "$1" = uefi ] || check_agent "$1"
    else
        bad "$1: the disk boots and sshd answers with the delivered host key"
        tail -n 15 "$run/console.log" "$run/ssh.err"
    fi
    cp "$run/console.log" "$run/console-$1-disk.log"
    stop_machine
}

blank() { [ -z "$(wipefs --noheadings "$run/disk.img")" ]; }
try_refusals() {
    install bios UNKNOWN 120 'standin: .*waiting for ever'
    stop_machine
    check "an unknown command stops the installation, with its line" grep 'line [0-9]*: command frobnicate is unknown' "$run/console.log"
    check "an unknown command: nothing is written" blank
    install bios MISSING 120 'standin: .*REBOOT after an error'
    stop_machine
    check "a missing package is named" grep 'ERROR: packages and groups that no repository has: no-such-package' "$run/console.log"
    check "a missing package: %onerror reports it" logged '^curl\tPOST\t/report/TOKEN\?failed\t200'
    check "a missing package: nothing is written" blank
}

start_server
make_kickstart
[ $# -gt 0 ] || set -- bios uefi refusals
for part; do
    case $part in
    refusals) try_refusals ;;
    bios | uefi) try_firmware "$part" ;;
    *) bad "there is no part $part" ;;
    esac
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
