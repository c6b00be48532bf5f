# shellcheck shell=bash
# shellcheck source=dnsmasq.sh
DNSMASQ_X=--no-ping . "$SERVERS"/dnsmasq.sh
