# shellcheck shell=bash
# ISC dhcpd. ISC_PING=false, ISC_X: more statements
cat >"$STATE/d.conf" <<J
authoritative; default-lease-time 3600; max-lease-time 3600; ping-check ${ISC_PING:-true}; log-facility local7; ${ISC_X:-}
subnet 10.80.0.0 netmask 255.240.0.0 { range 10.80.1.0 10.80.16.250; option routers 10.80.0.1; next-server 10.78.0.1;
 filename "ipxe.efi"; }
subnet 10.78.0.0 netmask 255.255.255.0 { }
subnet 10.96.0.0 netmask 255.240.0.0 { range 10.96.1.0 10.96.16.250; option routers 10.96.0.1; next-server 10.78.0.1;
 filename "ipxe.efi"; }
J
: >"$STATE/leases"
exec "$ROOT/isc-dhcp-server/usr/sbin/dhcpd" -4 -f -q --no-pid -user root -group root -cf "$STATE/d.conf" \
    -lf "$STATE/leases" d0 u0
