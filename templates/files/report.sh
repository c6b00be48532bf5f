report() { # PHASE DETAIL: true once the appliance took it (2xx); its answer is in $code
  code=$(curl -sS -m 10 -o /dev/null -w '%{http_code}' \
    --data-urlencode "phase=$1" --data-urlencode "detail=$2" \
    --data-urlencode "serial=$(cat /sys/class/dmi/id/product_serial)" \
    --data-urlencode "uuid=$(cat /sys/class/dmi/id/product_uuid)" \
    --data-urlencode "boot_id=$(cat /proc/sys/kernel/random/boot_id)" \
    '{{ report }}')
  case $code in 2??) return 0 ;; *) return 1 ;; esac
}
insist() { # PHASE DETAIL: again until it is taken. A no (4xx: the arm was taken back) will not become a yes
  until report "$1" "$2"; do
    case $code in 4??) return 1 ;; esac
    sleep 5
  done
}
