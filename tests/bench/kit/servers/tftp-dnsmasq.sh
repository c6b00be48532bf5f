# shellcheck shell=bash
exec dnsmasq -k --conf-file=/dev/null --port=0 --user=root --interface=u0 --bind-interfaces --pid-file="$STATE/pid" \
    --log-facility="$STATE/log" --quiet-tftp --enable-tftp --tftp-root="$WWW" --tftp-max=1000
