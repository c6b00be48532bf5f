# shellcheck shell=bash disable=SC2154  # run, ns: appliance.sh
# kept.sh : kvm-01, installed by the story before, is installed anew, and what lies on its volume of images stays. The
# controller does not know it any more, as after a host was drained and removed. Sourced by machine.sh.

on_node() { ip netns exec "$ns-cloud" ssh -n -F /dev/null -i "$run/node-key" -o BatchMode=yes -o ConnectTimeout=10 \
    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "root@$1" "${@:2}"; }
answers_ssh_as_root() { on_node 10.77.10.21 true 2>/dev/null; }

# The appliance's own key, as ssh wants it: readable by its owner alone.
take_key() { install -m 600 "$run/data/ssh_key" "$run/node-key"; }

forget_hosts() {
    kill "$cloud_pid" && wait "$cloud_pid" 2>/dev/null
    rm -rf "$run/cloud-state"
    start_cloud
}

image_of_a_guest='head -c 3000000 /dev/urandom >/var/lib/libvirt/images/guest.img && sync && sha256sum </var/lib/libvirt/images/guest.img'
sum_of_it='sha256sum </var/lib/libvirt/images/guest.img'
is_empty() { [ -z "$(on_node 10.77.10.21 'ls /var/lib/libvirt/images')" ]; }
is_as_it_was() { [ "$(on_node 10.77.10.21 "$sum_of_it")" = "$1" ]; }
started_before() { [ "$(on_node 10.77.10.21 'stat -c %W /var/log')" -gt "$1" ]; }

kept_story() {
    local sum began
    stands kvm-01 stage "done" || { fail "kept: kvm-01 is up (tell the story kills before)" && return; }
    take_key
    virsh domstate kvm-01 | grep -q running || virsh start kvm-01 >/dev/null
    hope "kept: the host runs" answers_ssh_as_root || return
    check "kept: it has no images yet" is_empty
    sum=$(on_node 10.77.10.21 "$image_of_a_guest") began=$(on_node 10.77.10.21 'date +%s')
    check "kept: the controller forgets it" forget_hosts
    check "kept: it is to be installed anew, but for its images" hinode up kvm-01 --wipe HN0001 --keep-images
    hope "kept: its job ends" is_over kvm-01 || return
    check "kept: it was brought up again" stands kvm-01 stage "done"
    check "kept: the image of its guest is as it was" is_as_it_was "$sum"
    check "kept: its other volumes were made anew" started_before "$began"
    virsh destroy kvm-01 >/dev/null
}
