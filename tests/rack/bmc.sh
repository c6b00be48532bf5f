# shellcheck shell=bash
# bmc.sh : one sushy-tools process a node is its BMC: Redfish over HTTPS (TLS 1.2, self-signed certificate), basic
# authentication, power and boot device acted out by libvirt. Each sees only its own machine. Sourced by rack.sh.

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

# A 401 is an answer: the BMC is there and guards itself.
bmc_answers() {
    local code
    code=$(in_ns "$NS_APP" curl -sk -m 5 -o /dev/null -w '%{http_code}' "https://$(node_bmc "$1")/redfish/v1/Systems")
    [ "$code" = 401 ]
}

start_bmcs() {
    local node
    for node in "${NODES[@]}"; do start_bmc "$node"; done
}

await_bmcs() {
    local node
    for node in "${NODES[@]}"; do wait_for_service 60 "bmc-$node" bmc_answers "$node"; done
}
