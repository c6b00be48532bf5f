# shellcheck shell=bash
# No server but the bound of all (src/tftpideal.c): a core that does nothing but answer one client.
exec "$ROOT/../bin/tftpideal" 10.78.0.1 "$(stat -c %s "$WWW/os/bench/f80m.bin")"
