# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared by the files of installer.d
# Packages: choosing by name, group and environment; downloading with libdnf's requests; unpacking.
# An RPM's payload is unpacked as rpm would lay it down, owners from a list in standin-base. Leaves out dependencies and scriptlets.
PACKAGE_DIR=$T/var/cache/hinode-standin
CHOSEN=()

# %packages: every name must exist, or the installation fails as Anaconda's does. kernel and grub2 come by themselves, as there.
choose_packages() {
    local i line name missing='' ignore=''
    for i in "${!SECTION_TYPE[@]}"; do
        [ "${SECTION_TYPE[i]}" = packages ] || continue
        split "${SECTION_HEAD[i]}"
        options %packages "exclude-weakdeps inst-langs retries timeout ignoremissing nocore excludedocs"
        ignore=${O[ignoremissing]:-}
    done
    declare -gA WANTED=([kernel]=1 [grub2]=1)
    for line in "${PACKAGE_LINES[@]}"; do
        line=${line%%#*}
        line=${line//[[:space:]]/}
        case $line in
        '' | -*) ;;
        @*) want_group "${line#@}" || missing+=" $line" ;;
        *) WANTED[$line]=1 ;;
        esac
    done
    for line in "${PACKAGE_LINES[@]}"; do
        case $line in -*) unset "WANTED[${line#-}]" ;; esac
    done
    for name in "${!WANTED[@]}"; do grep -q "^$name " "$INDEX" || { missing+=" $name"; unset "WANTED[$name]"; }; done
    [ -z "$missing" ] || [ -n "$ignore" ] || fail "packages and groups that no repository has:$missing"
    CHOSEN=("${!WANTED[@]}")
    say "${#CHOSEN[@]} packages chosen: ${CHOSEN[*]}"
}

# want_group NAME|^ENVIRONMENT: its mandatory and default packages, by comps.
want_group() {
    local group name list
    case $1 in
    ^*)
        list=$(comps_list environment "${1#^}" groupid)
        [ -n "$list" ] || return 1
        for group in $list; do want_group "$group" || return 1; done
        ;;
    *)
        list=$(comps_list group "$1" packagereq)
        [ -n "$list" ] || return 1
        for name in $list; do WANTED[$name]=1; done
        ;;
    esac
}

# comps_list group|environment ID TAG: the texts of TAG inside it.
comps_list() {
    cat "$META"/*/comps.xml 2>/dev/null | awk -F'[<>]' -v kind="$1" -v id="$2" -v tag="$3" '
        $2 == kind { inside = 1; mine = 0 } $2 == "/" kind { inside = 0 }
        inside && $2 == "id" { mine = $3 == id }
        inside && mine && $2 ~ "^" tag && $0 !~ /type="optional"/ { print $3 }'
}

# Row 14: all of them first, three at a time over kept connections; a broken one goes on where it stopped, ten times at most.
download_packages() {
    local name nevra url sum bytes offset try total=0
    mkdir -p "$PACKAGE_DIR"
    for name in "${CHOSEN[@]}"; do
        read -r _ nevra url sum bytes offset < <(grep "^$name " "$INDEX")
        echo "$sum  $PACKAGE_DIR/$nevra.rpm" >>/tmp/sums
        echo "$nevra $offset $url" >>/tmp/unpack
        total=$((total + bytes))
    done
    say "downloading ${#CHOSEN[@]} packages, $((total / 1048576)) MiB"
    for try in 1 2 3 4 5 6 7 8 9 10; do
        list_missing >/tmp/download
        [ -s /tmp/download ] || { say "all packages downloaded and checked"; return; }
        [ "$try" -eq 1 ] || { say "downloads were interrupted; try $try of 10"; sleep 1; }
        curl --silent --show-error --fail --location --parallel --parallel-max 3 --continue-at - --user-agent "$LIBDNF_AGENT" \
            --config /tmp/download 2>/tmp/download.err
        cat /tmp/download.err >>/tmp/packaging.log
    done
    list_missing >/tmp/download
    [ ! -s /tmp/download ] || { show_tail /tmp/download.err; fail "a package is missing or differs from its sum: $(grep -m 1 url /tmp/download)"; }
}

# curl's configuration for the packages that are not there whole; one as long as it should be, but wrong, starts anew.
list_missing() {
    local nevra url file
    sha256sum -c /tmp/sums >/tmp/sums.result 2>/dev/null
    while read -r nevra _ url; do
        file=$PACKAGE_DIR/$nevra.rpm
        grep -q "^$file: OK" /tmp/sums.result && continue
        [ ! -e "$file" ] || [ "$(stat -c %s "$file")" -lt "$(awk -v n="$nevra" '$2 == n { print $5 }' "$INDEX")" ] || rm -f "$file"
        printf 'url = "%s"\noutput = "%s"\n' "$url" "$file"
    done </tmp/unpack
}

unpack_packages() {
    local nevra offset list=$T/var/lib/hinode-standin/packages
    mkdir -p "$(dirname "$list")"
    while read -r nevra offset _; do
        say "unpacking $nevra"
        tail -c "+$((offset + 1))" "$PACKAGE_DIR/$nevra.rpm" | payload |
            (cd "$T" && cpio -idmu --quiet -C 65536 2>>/tmp/packaging.log) || { show_tail /tmp/packaging.log; fail "$nevra could not be unpacked"; }
        rm "$PACKAGE_DIR/$nevra.rpm"
        echo "$nevra" >>"$list"
    done </tmp/unpack
    rmdir "$PACKAGE_DIR"
    set_owners
    [ -x "$T/usr/lib/systemd/systemd" ] || fail "the packages hold no systemd: nothing could start"
    say "packages unpacked"
}

# The decompressor that the payload's first bytes ask for; an empty package has none to speak of.
payload() {
    local magic
    magic=$(dd bs=1 count=4 2>/dev/null | od -An -tx1 | tr -d ' \n')
    case $magic in
    28b52ffd) { printf '\x28\xb5\x2f\xfd'; cat; } | zstd -dc ;;
    1f8b0800) { printf '\x1f\x8b\x08\x00'; cat; } | gzip -dc ;;
    *) echo "payload begins with $magic" >>/tmp/packaging.log; return 1 ;;
    esac
}

# cpio carries no owners; see list_owners in build.d/lean.sh. chown takes special bits away, so chmod follows.
set_owners() {
    local mode uid gid path
    [ -r "$T/usr/lib/hinode-standin/owners" ] || return 0
    while read -r mode uid gid path; do
        [ -e "$T/$path" ] || continue
        busybox chown "$uid:$gid" "$T/$path"
        busybox chmod "$mode" "$T/$path"
    done <"$T/usr/lib/hinode-standin/owners"
}
