# shellcheck shell=bash disable=SC2154  # run, ns, here: appliance.sh
# capture.sh : keeps what machines ask of the appliance, if HINODE_CAPTURE names a folder: a pcap of every DHCP, TFTP and
# HTTP packet, of either family, that comes in by the management interface, the moments at which nodes were armed, the rack file and the
# versions of the firmware. `captures/extract.py` makes the test data of it. Sourced by appliance.sh.
capture=${HINODE_CAPTURE:-}
capture_pid=''

# Only what comes in, and of TCP only what goes to the web server: acknowledgements are small.
CAPTURED='udp dst port 67 or udp dst port 69 or udp dst port 4011 or udp dst port 547 or tcp dst port 80'
SPEAKERS=(seabios ipxe-qemu ipxe ovmf shim-signed grub-efi-amd64-signed busybox-static isc-dhcp-client
    curl python3-requests dnf linux-image-amd64)

start_capture() {
    [ -n "$capture" ] || return 0
    mkdir -p "$capture"
    : >"$capture/armed"
    # A package that is not installed has no version to note.
    dpkg-query -W -f '${Package} ${Version}\n' "${SPEAKERS[@]}" >"$capture/versions" 2>/dev/null || true
    ip netns exec "$ns-app" tcpdump -i eth-mgmt -Q in -U -w "$capture/rack.pcap" "$CAPTURED" 2>"$capture/tcpdump.log" &
    capture_pid=$!
    wait_until 10 "tcpdump to listen" grep -q listening "$capture/tcpdump.log"
}

# capture_armed : from here on the nodes of the firmware stories may be installed.
capture_armed() { [ -z "$capture" ] || date +%s.%N >>"$capture/armed"; }

stop_capture() {
    [ -n "$capture_pid" ] || return 0
    kill "$capture_pid" 2>/dev/null || true
    wait "$capture_pid" 2>/dev/null || true
    capture_pid=''
    cp "$run/rack.toml" "$capture/rack.toml"
    (cd "$cache/standin" && find . -type f -printf '%P\n' | sort) >"$capture/tree"
}
