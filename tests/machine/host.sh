# shellcheck shell=bash disable=SC2154  # run, hinode: appliance.sh
# host.sh : a machine like those of a real rack: two disks as RAID1, encrypted and bound to its TPM, two ports as a bond, the
# storage VLAN with an address of its own, bridges for the cloud controller. It is installed out of the medium's image by
# the stand-in, registered, verified twice. Then its first disk is taken away, and it starts from the other one. Sourced by
# machine.sh.

# The rack file with kvm-02 as such a host. Its second port is the operator's: the switch is set here as the manual asks.
host_rack() {
    sed -e '/^name = "kvm-02"/,/^cloud = / {
            s/^profile = .*/profile = "host"\nbond_macs = ["52:54:00:77:03:02"]\naddresses = { storage = "10.77.30.22" }/
            s/^disk = .*/disks = ["virtio-HNDISK02", "virtio-HNDISK02B"]/
            s/^cloud = .*//
        }' "$run/rack.toml"
    cat <<'TOML'

[network.storage]
role = "storage"
vlan = 30
subnet = "10.77.30.0/24"

[profile.host]
os = "standin"
disk = { mirrored = true, encrypt = { tpm2 = true }, boot = "512 MiB", root = "2 GiB", swap = "256 MiB", log = "512 MiB", images = "512 MiB" }
bond = { mode = "active-backup" }
bridges = [
  { name = "cloudbr0", network = "management", traffic = ["management"] },
  { name = "cloudbr1", network = "service", traffic = ["guest"] },
]
kernel_args = ["mitigations=off", "no_timer_check"]
TOML
}

answers_ssh() { ip netns exec "$ns-cloud" timeout 5 bash -c 'head -c 4 <>/dev/tcp/10.77.10.22/22 | grep -q SSH-' 2>/dev/null; }
loses_its_first_disk() { virsh destroy kvm-02 && virsh detach-disk kvm-02 vda --config && no answers_ssh && virsh start kvm-02; }

tells_of_lost_disk() {
    ! hinode node verify kvm-02 >"$run/lost.txt" && grep -q 'no such disk' "$run/lost.txt" && grep -q '1 missing' "$run/lost.txt"
}

is_up() { stands kvm-02 stage "done"; }

host_story() {
    host_rack >"$run/rack-host.toml"
    check "a host with two disks and a bond is planned" hinode apply "$run/rack-host.toml"
    ovs-vsctl --db="unix:$run/rack/ovs/db.sock" --timeout=10 set port kvm-02-b tag=10 trunks=30,200 vlan_mode=native-untagged
    # Whatever an earlier story left on it goes.
    check "its bring-up begins" hinode up kvm-02 --wipe HN0002
    hope "mirrored host: its job ends" is_over kvm-02 || return
    check "mirrored host: it is installed and verified" is_up || { why_says kvm-02 nothing; return; }
    check "mirrored host: it loses power and its first disk" loses_its_first_disk >/dev/null
    hope "mirrored host: it starts from its second disk" answers_ssh
    check "mirrored host: its report tells of the disk that is gone" tells_of_lost_disk
    virsh destroy kvm-02 >/dev/null
}
