# shellcheck shell=bash
exec "$ROOT/atftpd/usr/sbin/atftpd" --daemon --no-fork --user root.root --bind-address 10.78.0.1 --maxthread 1000 \
    --logfile /dev/null --verbose=0 "$WWW"
