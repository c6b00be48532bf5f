# shellcheck shell=bash
# shellcheck source=nginx.sh
NGX_SENDFILE=off . "$SERVERS"/nginx.sh
