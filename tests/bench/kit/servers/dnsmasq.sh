# shellcheck shell=bash
# dnsmasq 2.90 DHCP; DNSMASQ_X: one more flag
exec dnsmasq -k --conf-file=/dev/null --port=0 --user=root --interface=d0 --interface=u0 --bind-interfaces \
    --pid-file="$STATE/pid" --log-facility="$STATE/log" --quiet-dhcp --dhcp-lease-max=1000000 \
    --dhcp-range=10.80.1.0,10.81.255.250,255.240.0.0,1h --dhcp-range=10.96.1.0,10.97.255.250,255.240.0.0,1h \
    --dhcp-leasefile="$STATE/leases" --dhcp-boot=ipxe.efi,,10.78.0.1 --dhcp-option=6,10.78.0.1 --dhcp-authoritative \
    ${DNSMASQ_X:+"$DNSMASQ_X"}
