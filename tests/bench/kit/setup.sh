#!/bin/bash
# setup.sh : makes the benchmark kit ready, as root on Debian 12 (about 30 s): packages, peers, load generators, files to
# serve. Peers that would begin to serve on their own are unpacked under the cache, never installed.
set -eu
kit=$(cd "$(dirname "$0")" && pwd)
data=$(realpath -m "${BENCH_DATA:-$kit/../../cache/bench}")
packages=(gcc libc6-dev iproute2 iputils-ping ethtool procps strace python3 kea-dhcp4-server kea-admin dnsmasq-base wrk)
unpacked=(atftpd tftpd-hpa nginx nginx-common isc-dhcp-server)
mkdir -p "$data"/{bin,root,work/www/os/bench,logs,debs}

is_installed() { dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q ^ii; }

install_packages() {
    local package missing=()
    for package in "${packages[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    # Debian starts a service when its package is installed; a policy says no while we install (and only then).
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod +x /usr/sbin/policy-rc.d
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    if command -v systemctl >/dev/null; then
        systemctl disable kea-dhcp4-server >/dev/null 2>&1 || true
    fi
}

unpack_peers() {
    local package
    cd "$data/debs"
    for package in "${unpacked[@]}"; do
        [ -d "$data/root/$package" ] && continue
        apt-get download -qq "$package"
        dpkg -x "$package"_*.deb "$data/root/$package"
    done
}

compile() {
    local source program
    for source in "$kit"/src/*.c; do
        program=$data/bin/$(basename "$source" .c)
        [ "$program" -nt "$source" ] || gcc -O2 -o "$program" "$source" -lm
    done
}

random_file() { # NAME SIZE
    [ -f "$data/work/www/os/bench/$1" ] || head -c "$2" /dev/urandom >"$data/work/www/os/bench/$1"
}

install_packages
unpack_peers
compile
random_file f1m.bin 1M
random_file f80m.bin 80M
random_file f1g.bin 1G
[ -f "$data/work/www/os/bench/ks.cfg" ] || head -c 3000 /dev/urandom | base64 -w0 >"$data/work/www/os/bench/ks.cfg"
