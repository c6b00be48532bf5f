# shellcheck shell=bash
# bmc.sh : two processes a node are its BMC, each at the BMC's address and with the same user. sushy-tools: Redfish over
# HTTPS (TLS 1.2, self-signed certificate), basic authentication, power and boot device acted out by libvirt.
# OpenIPMI's ipmi_sim: IPMI 2.0 on UDP 623, for the serial console over LAN and nothing else. Each sees only its own
# machine. Sourced by rack.sh.

# The password comes in a file and is never in an argument list. Few rounds: every request pays for the hash.
make_htpasswd() {
    "$VENV/bin/python" -c '
import bcrypt, sys
password = open(sys.argv[1], "rb").read().rstrip(b"\n")
print("admin:" + bcrypt.hashpw(password, bcrypt.gensalt(4)).decode())' "$BMC_PASSWORD_FILE"
}

make_certificate() {
    local node=$1 folder=$2
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$node-bmc" \
        -addext "subjectAltName=IP:$(node_bmc "$node")" -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
}

start_bmc() {
    local node=$1 folder=$STATE/bmc-$1
    mkdir -p "$folder/tmp"
    make_certificate "$node" "$folder"
    (umask 077 && make_htpasswd >"$folder/htpasswd")
    cat >"$folder/sushy.conf" <<CONF
SUSHY_EMULATOR_LISTEN_IP = '$(node_bmc "$node")'
SUSHY_EMULATOR_LISTEN_PORT = 443
SUSHY_EMULATOR_SSL_CERT = '$folder/cert.pem'
SUSHY_EMULATOR_SSL_KEY = '$folder/key.pem'
SUSHY_EMULATOR_AUTH_FILE = '$folder/htpasswd'
SUSHY_EMULATOR_STATE_DIR = '$folder'
SUSHY_EMULATOR_LIBVIRT_URI = 'qemu+unix:///system?socket=$STATE/libvirt/run/libvirt-sock'
SUSHY_EMULATOR_ALLOWED_INSTANCES = ['$(node_uuid "$node")']
SUSHY_EMULATOR_BOOT_LOADER_MAP = {'UEFI': {'x86_64': '$OVMF_CODE'}, 'Legacy': {'x86_64': '$SEABIOS'}}
SUSHY_EMULATOR_SECURE_BOOT_DISABLED_NVRAM = '$OVMF_VARS'
CONF
    TMPDIR=$folder/tmp spawn "bmc-$node" "$NS_BMC" "$VENV/bin/sushy-emulator" --config "$folder/sushy.conf"
}

# The simulator knows cipher suite 3 only, and no Get Channel Cipher Suites.
ipmi_config() {
    cat <<CONF
name "$1"
set_working_mc 0x20
  startlan 1
    addr $(node_bmc "$1") 623
    priv_limit admin
    allowed_auths_admin md5
    guid $(node_uuid "$1" | tr -d -)
  endlan
  sol "tcp:$SERIAL_MACHINES:$(node_serial "$1")" 115200
  user 1 false "" "" user 10 none
  user 2 true "admin" "$(cat "$BMC_PASSWORD_FILE")" admin 10 md5
CONF
}

start_ipmi() {
    local node=$1 folder=$STATE/bmc-$1/ipmi
    mkdir -p "$folder/state"
    (umask 077 && ipmi_config "$node" >"$folder/lan.conf")
    printf '%s\n' 'mc_setbmc 0x20' 'mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr' \
        'mc_enable 0x20' >"$folder/commands"
    spawn "ipmi-$node" "$NS_BMC" ipmi_sim -n -c "$folder/lan.conf" -f "$folder/commands" -s "$folder/state"
}

# ipmi NODE ARGS... : a third-party client, from where the appliance is.
ipmi() {
    in_ns "$NS_APP" ipmitool -I lanplus -C 3 -H "$(node_bmc "$1")" -U admin -f "$STATE/bmc-password" "${@:2}"
}

# A 401 is an answer: the BMC is there and guards itself.
bmc_answers() {
    local code
    code=$(in_ns "$NS_APP" curl -sk -m 5 -o /dev/null -w '%{http_code}' "https://$(node_bmc "$1")/redfish/v1/Systems")
    [ "$code" = 401 ]
}

start_bmcs() {
    local node
    for node in "${NODES[@]}"; do
        start_bmc "$node"
        start_ipmi "$node"
    done
}

await_bmcs() {
    local node
    for node in "${NODES[@]}"; do
        wait_for_service 60 "bmc-$node" bmc_answers "$node"
        wait_for_service 60 "ipmi-$node" ipmi "$node" sol info
    done
}
