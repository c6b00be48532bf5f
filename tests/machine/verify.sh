# shellcheck shell=bash disable=SC2154,SC2016  # run, ns: appliance.sh; what kvm-01 is told is expanded there
# verify.sh : kvm-01, installed, registered and handed over to Ansible, is broken on purpose over SSH, one subject after
# the other; each time `hinode node verify` must name exactly that subject, and nothing once it is mended. Sourced by
# machine.sh.
#
# Not broken here: offloads (the emulated card cannot do them), libvirt, signatures and files of packages, SELinux, tuned,
# kdump, firewalld (the stand-in has none of these). Their checks are seen to fail in the appliance's own tests.

# on COMMAND : runs it on kvm-01, over one connection: an emulated processor takes seconds for a key exchange.
on() {
    ip netns exec "$ns-app" ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=yes -o "UserKnownHostsFile=$run/known_hosts" -o LogLevel=ERROR \
        -o ControlMaster=auto -o "ControlPath=$run/ssh-%C" -o ControlPersist=60 -i "$run/data/ssh_key" root@10.77.10.21 "$@"
}

# What is wrong on kvm-01 now, sorted; each subject once.
wrongs() {
    hinode node verify kvm-01 --json 2>/dev/null | python3 -c '
import json, sys
look = json.load(sys.stdin)
print(" ".join(sorted({check["what"] for check in look["checks"] if check["verdict"] == "wrong"})) or "nothing")'
}
shows() {
    local seen
    seen=$(wrongs)
    [ "$seen" = "$*" ] || { echo "it shows: $seen" >&2; return 1; }
}

# broken WHAT SUBJECTS BREAK MEND : exactly these subjects are shown, sorted.
broken() {
    on "$3" || { fail "$1: could not be broken"; return; }
    # shellcheck disable=SC2086  # a list of words
    check "$1: it shows $2" shows $2
    on "$4" || fail "$1: could not be mended"
}

break_names_and_network() {
    broken "another host name" "host-name name-resolves" 'hostname other' 'hostname "$(cat /etc/hostname)"'
    broken "the IPv6 address is gone" address \
        'ip -6 addr del fd00:77:0:10::21/64 dev cloudbr0' 'ip -6 addr add fd00:77:0:10::21/64 dev cloudbr0 nodad'
    broken "the way to the appliance takes small frames only" full-frames \
        'ip route add 10.77.10.1/32 dev cloudbr0 mtu lock 1400' 'ip route del 10.77.10.1/32'
    broken "a bridge of another MTU" mtu 'ip link set cloudbr1 mtu 1400' 'ip link set cloudbr1 mtu 1500'
}

break_routes_and_settings() {
    broken "no default router" router 'ip route del default' 'ip route add default via 10.77.10.254'
    broken "a strange default router of IPv6" router \
        'ip -6 route add default via fd00:77:0:10::99' 'ip -6 route del default via fd00:77:0:10::99'
    broken "packets of guests go nowhere" sysctl 'sysctl -qw net.ipv4.ip_forward=0' 'sysctl -qw net.ipv4.ip_forward=1'
    broken "root has a password" passwords \
        'cp -p /etc/shadow /run/shadow && sed -i "s/^root:[^:]*/root:x/" /etc/shadow' 'cat /run/shadow > /etc/shadow'
}

break_the_rest() {
    # Mended only when it follows the appliance's clock again: a look before that is right to name the clock.
    broken "chrony stands still" "clock service" 'systemctl stop chronyd' 'systemctl start chronyd && chronyc waitsync 60 0 0 1 > /dev/null'
    broken "an extra listener" listening \
        'mkdir -p /run/sshd && /usr/sbin/sshd -p 2222 -o PidFile=/run/extra.pid' 'kill "$(cat /run/extra.pid)"'
    broken "a failed unit" failed-units \
        'systemd-run --quiet --unit=broken /bin/false; until systemctl -q is-failed broken; do sleep 0.1; done' 'systemctl reset-failed broken'
    broken "a kernel that was not booted, a package gone, another version, a machine id of nobody" "installed kernel machine-id os-version" \
        'touch /boot/vmlinuz-9.9.9 && cp /etc/machine-id /usr/lib/os-release /var/lib/hinode-standin/packages /run/ &&
         echo uninitialized > /etc/machine-id && sed -i s/^VERSION_ID=.*/VERSION_ID=2/ /usr/lib/os-release &&
         sed -i /^edk2-ovmf/d /var/lib/hinode-standin/packages' \
        'rm /boot/vmlinuz-9.9.9 && cat /run/machine-id > /etc/machine-id && cat /run/os-release > /usr/lib/os-release &&
         cat /run/packages > /var/lib/hinode-standin/packages'
}

# Last: NetworkManager would put the port back at once, and when it starts again it looks after everything else too.
break_bridge() {
    broken "a bridge loses its port" "bridge service vlan" \
        'systemctl stop NetworkManager && ls /sys/class/net/cloudbr1/brif > /run/port && ip link set "$(cat /run/port)" nomaster' \
        'ip link set "$(cat /run/port)" master cloudbr1 && systemctl start NetworkManager'
}

# The installed inventory as Ansible reads it, by a script as an operator would write it.
ansible() { (cd "$run" && "$cache/ansible/bin/$1" -i "$run/inventory" "${@:2}"); }
handed_over() {
    printf '#!/bin/sh\nexec "%s" --data "%s" inventory "$@"\n' "$hinode" "$run/data" >"$run/inventory"
    chmod +x "$run/inventory"
    check "Ansible reads the inventory: kvm-01 is installed" grep -q kvm-01 <(ansible ansible-inventory --graph hinode_installed)
    check "and its host id at the controller is in it" grep -q "$(job_of kvm-01 host)" <(ansible ansible-inventory --host kvm-01)
    check "the playbook of its profile was run for it" events kvm-01 "machine/playbook.yml was run, and all of it worked"
    check "on the node itself" [ "$(on cat /root/played)" = kvm-01.rack.test ]
    check "the manifest has the bridge's key file as it was written" \
        grep -q '/cloudbr0.nmconnection as-written' <(hinode node manifest kvm-01)
    check "and every package" [ "$(hinode node manifest kvm-01 | grep -c '^package ')" = 5 ]
}

# By itself, or after the story that installs it and switches it off.
is_installed() { stands kvm-01 stage "done"; }
reported() { hinode node report kvm-01 >/dev/null 2>&1; }
runs() { on true 2>/dev/null; }

verify_story() {
    is_installed || hinode up kvm-01
    off kvm-01 && is_installed && virsh start kvm-01 >/dev/null
    hope_of kvm-01 "kvm-01 reports that it is installed" events kvm-01 "installed; the arm is spent" || return
    hope_of kvm-01 "kvm-01 is verified" reported || return
    hope_of kvm-01 "kvm-01 is brought up" is_installed || return
    hinode inventory --known-hosts >"$run/known_hosts"
    hope "one may log in to it" runs || return
    hope "nothing is wrong with it" shows nothing || { hinode node verify kvm-01; return; }
    check "its report has both looks" [ "$(hinode node report kvm-01 | grep -c registration)" = 2 ]
    handed_over
    local began=$SECONDS
    break_names_and_network
    break_routes_and_settings
    break_the_rest
    break_bridge
    hope "mended, nothing is wrong with it any more" shows nothing || hinode node verify kvm-01
    on -O exit 2>/dev/null
    echo "      breaking and mending took $((SECONDS - began)) s"
}
