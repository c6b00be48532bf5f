# shellcheck shell=bash
# shellcheck source=isc.sh
ISC_PING=false . "$SERVERS"/isc.sh
