#!/bin/bash
# setup.sh : everything the tests and the virtual rack need on Debian 12, as root. Safe to run again: when nothing
# is missing it takes a fraction of a second. Debian packages are listed in packages.txt beside each user; Python
# tools go into a virtual environment in the git-ignored cache. No service is left running or enabled by it.
set -eu
cd "$(dirname "$0")"
CACHE=$PWD/cache
# sushy-tools: the Redfish BMC; pykickstart: ksvalidator; cs and sushy: third-party CloudStack and Redfish clients.
PIP=(sushy-tools==2.2.0 bcrypt pykickstart cs sushy)
# In an environment of its own, for its size (65 MB): the appliance runs ansible-playbook in stories.
ANSIBLE=(ansible-core==2.17.14)

die() { echo "setup: $*" >&2; exit 1; }

wanted() { sed 's/#.*//' rack/packages.txt standin/packages.txt 2>/dev/null | xargs -n1; }

missing() {
    wanted | sort -u | while read -r package; do
        dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q ^ii || echo "$package"
    done
}

# Debian starts a service when its package is installed; a policy says no while we install (and only then).
no_services() {
    [ -e /usr/sbin/policy-rc.d ] && return
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
}

# A service that no_services kept from starting must not start at the next boot either.
disable_new_services() {
    command -v systemctl >/dev/null || return 0
    systemctl disable chrony openvswitch-switch libvirtd libvirt-guests openipmi ipmievd >/dev/null 2>&1 || true
}

install_packages() {
    local list
    mapfile -t list < <(missing)
    [ ${#list[@]} -eq 0 ] && return
    [ "$(id -u)" = 0 ] || die "run as root: packages are missing: ${list[*]}"
    echo "setup: installing ${list[*]}"
    no_services
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q >"$CACHE/apt.log" 2>&1 || die "apt-get update failed: see $CACHE/apt.log"
    apt-get install -y -q --no-install-recommends "${list[@]}" >>"$CACHE/apt.log" 2>&1 ||
        die "apt-get install failed: see $CACHE/apt.log"
    disable_new_services
}

# System site packages, because python3-libvirt is Debian's (building it needs headers); hence Debian's Python too.
make_venv() { # NAME PACKAGE...
    local venv=$CACHE/$1 stamp
    shift
    stamp="$*"
    [ "$(cat "$venv/hinode-stamp" 2>/dev/null)" = "$stamp" ] && return
    echo "setup: making $venv ($*)"
    rm -rf "$venv"
    /usr/bin/python3 -m venv --system-site-packages "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check "$@" >"$CACHE/pip.log" 2>&1 ||
        die "pip failed: see $CACHE/pip.log"
    echo "$stamp" >"$venv/hinode-stamp"
}

check_rust() {
    command -v cargo >/dev/null || [ -x "$HOME/.cargo/bin/cargo" ] ||
        die "no Rust: install rustup as the README says, then run this again (rust-toolchain.toml names the version)"
}

mkdir -p "$CACHE"
install_packages
make_venv venv "${PIP[@]}"
make_venv ansible "${ANSIBLE[@]}"
check_rust
