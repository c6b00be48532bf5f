# shellcheck shell=bash disable=SC2154  # run, ns: appliance.sh
# proxy.sh : the site has a DHCP server of its own (dnsmasq), which keeps an address for each machine and knows nothing of
# booting; the appliance says what is booted, on ports 67 and 4011, and gives no address. Two machines are installed in
# spite of two servers, BIOS and UEFI. Sourced by machine.sh.
SITE_SERVER=10.77.10.5
SITE_LOG=site-dhcp.log

# The rack file of the other stories, but for whose the addresses are.
proxy_rack() {
    sed -e 's/^dhcp = "pool"/dhcp = "proxy"\ndhcp_servers = ["'$SITE_SERVER'"]/' -e '/^pool = /d' "$run/rack.toml"
}

# Quotes every packet in its log. Its addresses are those of the rack file.
start_site_server() {
    ip netns exec "$ns-cloud" dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --user=root --pid-file= \
        --interface=eth0 --bind-interfaces --leasefile-ro --log-dhcp --log-facility="$run/$SITE_LOG" \
        --dhcp-range=10.77.10.0,static --dhcp-host=52:54:00:77:01:10,10.77.10.40 --dhcp-host=52:54:00:77:01:11,10.77.10.41 &
    site_server_pid=$!
    wait_until 10 "the site's DHCP server" grep -q 'DHCP, static leases only' "$run/$SITE_LOG"
}
stop_site_server() {
    kill "$site_server_pid" 2>/dev/null
    wait "$site_server_pid" 2>/dev/null
}
site_gave() { grep -Eq "DHCPACK.* $1 " "$run/$SITE_LOG"; }

share_the_network() {
    proxy_rack >"$run/rack-proxy.toml" && hinode apply "$run/rack-proxy.toml" && arm_cases "${PROXY_CASES[@]}"
}

proxy_story() {
    check "the site's own DHCP server gives addresses and no boot file" start_site_server
    check "the appliance says what is booted, and nodes are armed" share_the_network
    to_installer proxy-bios
    check "it has the address that the site's server gave" site_gave 10.77.10.40
    to_installer proxy-uefi
    check "it has the address that the site's server gave" site_gave 10.77.10.41
    check "the site's server is not told of as a foreign one" no grep -q 'FOREIGN DHCP SERVER' "$run/appliance.log"
    stop_site_server
}
