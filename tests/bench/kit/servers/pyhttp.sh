# shellcheck shell=bash
cd "$WWW" || exit
exec python3 -m http.server -b 10.78.0.1 80 >/dev/null 2>&1
