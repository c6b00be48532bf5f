# shellcheck shell=bash
# machines.sh : libvirtd and the two machines it defines, powered off with an empty disk. libvirtd runs in the rack's
# namespace with its folders bound over the system's in a private mount namespace (`ip netns exec` makes one), so it
# neither sees nor leaves anything on this computer. What it finds out about QEMU is kept in the tests' cache.
# Sourced by rack.sh.

start_libvirt() {
    local lv=$STATE/libvirt bind='' pair
    mkdir -p "$lv"/{etc,varlib,run,log,pool} "$CACHE/libvirt" /etc/libvirt /var/lib/libvirt /run/libvirt \
        /var/log/libvirt /var/cache/libvirt
    cat >"$lv/etc/qemu.conf" <<CONF
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
remember_owner = 0
swtpm_user = "root"
swtpm_group = "root"
CONF
    cat >"$lv/etc/libvirtd.conf" <<CONF
unix_sock_dir = "$lv/run"
auth_unix_rw = "none"
unix_sock_group = "root"
log_outputs = "2:file:$STATE/log/libvirtd.log"
CONF
    # The user that libvirt's Debian build insists on, without its package (which would start services).
    (cat /etc/passwd; echo 'libvirt-qemu:x:0:0::/:/bin/false') >"$lv/passwd"
    (cat /etc/group; echo 'libvirt-qemu:x:0:') >"$lv/group"
    for pair in "$lv/etc /etc/libvirt" "$lv/varlib /var/lib/libvirt" "$lv/run /run/libvirt" \
        "$lv/log /var/log/libvirt" "$CACHE/libvirt /var/cache/libvirt" \
        "$lv/passwd /etc/passwd" "$lv/group /etc/group"; do
        bind+="mount --bind $pair; "
    done
    # The machines are emulated whatever this computer has: without a usable /dev/kvm, finding out about QEMU takes
    # one second instead of ten, and what is cached stays valid.
    : >"$lv/no-kvm"
    [ ! -e /dev/kvm ] || bind+="mount --bind $lv/no-kvm /dev/kvm; mount -o remount,bind,ro /dev/kvm; "
    spawn libvirtd "$NS_RACK" bash -ec "$bind exec libvirtd -f /etc/libvirt/libvirtd.conf -p '$lv/libvirtd.pid'"
}

# Processor of a node, as libvirt XML: the same for all, since hosts of one cluster that differ are found out. It has SVM, so
# that /dev/kvm appears, and RDRAND, for which tools would else wait.
NODE_CPU="<cpu mode='custom' match='exact' check='none'><model>qemu64</model><feature policy='require' name='rdrand'/></cpu>"

# Firmware of a node: kvm-01 is a BIOS machine, kvm-02 a UEFI machine.
node_firmware() {
    case $1 in
    kvm-01) echo "<loader readonly='yes' type='rom'>$SEABIOS</loader><bios useserial='yes'/>" ;;
    *) echo "<loader readonly='yes' type='pflash'>$OVMF_CODE</loader><nvram template='$OVMF_VARS'>$STATE/disk/$1.vars.fd</nvram>" ;;
    esac
}

# The UEFI machine has a TPM, two disks and two ports: its second disk is blank, its second port is plugged into the switch and
# belongs to nobody's network until a story says whose it is. Firmware boots from neither unless the first fails.
node_more() {
    [ "$1" != kvm-01 ] || return 0
    cat <<XML
<disk type='file' device='disk'><driver name='qemu' type='raw' cache='unsafe'/><source file='$STATE/disk/$1-b.img'/>
<target dev='vdb' bus='virtio'/><serial>HNDISK$2B</serial><boot order='3'/></disk>
<interface type='ethernet'><mac address='$(node_mac_b "$1")'/><target dev='$1-b' managed='no'/><model type='virtio'/><driver>
<host csum='off' gso='off' tso4='off' tso6='off' ecn='off' ufo='off' mrg_rxbuf='off'/>
<guest csum='off' tso4='off' tso6='off' ecn='off' ufo='off'/></driver><rom enabled='no'/></interface>
<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
XML
}

# The BIOS machine boots by the card's own iPXE, the UEFI machine by the firmware's own PXE.
node_rom() { [ "$1" = kvm-01 ] || echo "<rom enabled='no'/>"; }

define_machine() {
    local node=$1 number xml=$STATE/$1.xml
    number=$(printf '%02d' "$(node_number "$node")")
    truncate -s 6G "$STATE/disk/$node.img" "$STATE/disk/$node-b.img"
    sed -e "s|@NAME@|$node|g; s|@UUID@|$(node_uuid "$node")|g; s|@MAC@|$(node_mac "$node")|" \
        -e "s|@SERIAL@|HN00$number|; s|@DISKSERIAL@|HNDISK$number|; s|@DISK@|$STATE/disk/$node.img|" \
        -e "s|@SERIALHOST@|$SERIAL_MACHINES|; s|@SERIALPORT@|$(node_serial "$node")|" \
        -e "s|@CONSOLE@|$DIR/console-$node.log|; s|@CPU@|$NODE_CPU|; s|@ROM@|$(node_rom "$node")|" \
        -e "s|@FIRMWARE@|$(node_firmware "$node")|; s|@MORE@|$(node_more "$node" "$number" | tr '\n' ' ')|" \
        "$RACK_DIR/machine.xml" >"$xml"
    virsh_rack define "$xml" >/dev/null
}

# The pool holds virtual media that a BMC downloads.
start_machines() {
    local node
    mkdir -p "$STATE/disk"
    wait_for_service 90 libvirtd virsh_rack version
    virsh_rack pool-create-as default dir --target "$STATE/libvirt/pool" >/dev/null
    for node in "${NODES[@]}"; do define_machine "$node"; done
}
