# shellcheck shell=bash
exec "$ROOT/tftpd-hpa/usr/sbin/in.tftpd" -L -a 10.78.0.1:69 -u root -s "$WWW"
