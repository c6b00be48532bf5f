# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared by the files of installer.d
# The installed system's own configuration, from the kickstart: fstab, names, time, users, keys, services, the installer's network profile.
# The final network is the kickstart's own business (%post). Leaves out SELinux, firewall, languages and keyboards.

configure_system() {
    write_fstab
    rm -f "$T/etc/machine-id"
    tr -d - </proc/sys/kernel/random/uuid >"$T/etc/machine-id"
    echo "${KS[hostname]:-localhost.localdomain}" >"$T/etc/hostname"
    grep -qs '^127.0.0.1' "$T/etc/hosts" || printf '127.0.0.1 localhost localhost.localdomain\n::1 localhost localhost.localdomain\n' >"$T/etc/hosts"
    cp /etc/resolv.conf "$T/etc/resolv.conf" 2>/dev/null
    set_time
    set_users
    set_services
    write_profiles
    write_arrays
    write_crypttab
    grep -qE '(^| )inst.nosave=(all_ks|all)( |$)' /proc/cmdline || { cp "$KS_FILE" "$T/root/anaconda-ks.cfg"; cp "$KS_FILE" "$T/root/original-ks.cfg"; }
    say "system configured"
}

write_fstab() {
    local where source check
    for where in $(printf '%s\n' "${!DEVICE_OF[@]}" | sort); do
        source=${DEVICE_OF[$where]} check='0 0'
        case $source in /dev/mapper/*) ;; *) source=UUID=$(uuid_of "$source") ;; esac
        case $where in
        swap) echo "$source none swap defaults 0 0" ;;
        /*) echo "$source $where ${FSTYPE_OF[$where]} ${OPTIONS_OF[$where]:-defaults} $check" ;;
        esac
    done >"$T/etc/fstab"
}

set_time() {
    local server
    if [ -n "${KS[timezone]:-}" ]; then
        [ -e "$T/usr/share/zoneinfo/${KS[timezone]}" ] || fail "timezone ${KS[timezone]} does not exist"
        ln -sfn "../usr/share/zoneinfo/${KS[timezone]}" "$T/etc/localtime"
        echo "${KS[timezone]}" >"$T/etc/timezone"
    fi
    [ ${#NTP[@]} -gt 0 ] || return 0
    {
        for server in "${NTP[@]}"; do echo "server $server iburst"; done
        printf 'driftfile /var/lib/chrony/drift\nmakestep 1.0 3\nrtcsync\nlogdir /var/log/chrony\n'
    } >"$T/etc/chrony.conf"
}

set_users() {
    local line entry name password flags
    if [ -n "${KS[rootpw_plain]:-}" ]; then
        chroot "$T" chpasswd <<<"root:${KS[rootpw]}" || fail "root's password was refused"
    else
        sed -i "s|^root:[^:]*:|root:${KS[rootpw]}:|" "$T/etc/shadow"
    fi
    [ -z "${KS[root_ssh]:-}" ] || { mkdir -p "$T/etc/ssh/sshd_config.d"; echo "PermitRootLogin yes" >"$T/etc/ssh/sshd_config.d/01-permitrootlogin.conf"; }
    for line in "${USERS[@]}"; do
        again "$line"
        options user "name groups iscrypted plaintext password gecos homedir shell uid gid lock"
        name=${O[name]} password=${O[password]:-'!'} flags=-e
        chroot "$T" getent group wheel >/dev/null || chroot "$T" groupadd -r wheel
        run chroot "$T" useradd -m -s "${O[shell]:-/bin/bash}" ${O[groups]:+-G "${O[groups]}"} ${O[gecos]:+-c "${O[gecos]}"} "$name"
        [ -n "${O[iscrypted]:-}" ] || [ "$password" = '!' ] || flags=''
        chroot "$T" chpasswd $flags <<<"$name:$password" || fail "password of $name was refused"
    done
    for entry in "${SSHKEYS[@]}"; do authorize "${entry%% *}" "${entry#* }"; done
}

# authorize USER KEY
authorize() {
    local home
    home=$(awk -F: -v user="$1" '$1 == user { print $6 }' "$T/etc/passwd")
    [ -n "$home" ] || fail "sshkey: no user $1"
    mkdir -p "$T$home/.ssh"
    echo "$2" >>"$T$home/.ssh/authorized_keys"
    chmod 700 "$T$home/.ssh"
    chmod 600 "$T$home/.ssh/authorized_keys"
    chroot "$T" chown -R "$1:" "$home/.ssh"
}

# A service that does not exist is an error in Anaconda, too.
set_services() {
    local unit units=${KS[enabled]:-}
    # shellcheck disable=SC2086  # a list of words
    [ -z "${units//,/}" ] || run chroot "$T" systemctl enable ${units//,/ }
    units=${KS[disabled]:-}
    for unit in ${units//,/ }; do
        chroot "$T" systemctl disable "$unit" >>/tmp/program.log 2>&1 || say "service $unit is not there to be disabled"
    done
}

# As Anaconda, each `network` line leaves a NetworkManager profile on the target; matched by MAC, for names differ there.
write_profiles() {
    local entry device onboot proto mac auto dir=$T/etc/NetworkManager/system-connections
    mkdir -p "$dir"
    for entry in "${NETWORKS[@]}"; do
        read -r device onboot proto <<<"$entry"
        case $device in
        *:*:*) mac=$device ;;
        bootif | link) mac=$(cat /sys/class/net/eth0/address) ;;
        *) mac=$(cat "/sys/class/net/$device/address" 2>/dev/null) || fail "network: no device $device" ;;
        esac
        [ "$proto" = dhcp ] || fail "network: the stand-in knows --bootproto=dhcp only; the final network belongs into %post"
        auto=true
        case $onboot in no | off | false | 0) auto=false ;; esac
        printf '[connection]\nid=%s\nuuid=%s\ntype=ethernet\nautoconnect=%s\n\n[ethernet]\nmac-address=%s\n\n[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=disabled\n' \
            "installer-${mac//:/}" "$(cat /proc/sys/kernel/random/uuid)" "$auto" "$mac" >"$dir/installer-${mac//:/}.nmconnection"
        chmod 600 "$dir/installer-${mac//:/}.nmconnection"
    done
}

save_logs() {
    grep -qE '(^| )inst.nosave=(logs|all)( |$)' /proc/cmdline && return
    mkdir -p "$T/var/log/anaconda"
    cp /tmp/*.log "$T/var/log/anaconda/" 2>/dev/null
}

close_target() {
    local where
    sync
    for where in run dev sys proc; do umount -l "$T/$where" 2>/dev/null; done
    while read -r where; do umount "$T$where" 2>>/tmp/program.log || say "$where was busy; written, but not cleanly unmounted"; done \
        < <(printf '%s\n' "${!DEVICE_OF[@]}" | grep '^/' | sort -r)
    sync
    say "target closed"
}
