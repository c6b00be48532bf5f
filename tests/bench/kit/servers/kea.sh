# shellcheck shell=bash
# Kea 2.2 as Debian 12 has it: memfile, persisted, one thread (2.2's default). KEA_MT=true, KEA_PERSIST=false, KEA_SOCK=udp
cat >"$STATE/kea.json" <<J
{"Dhcp4":{"interfaces-config":{"interfaces":["d0","u0"],"dhcp-socket-type":"${KEA_SOCK:-raw}"},
"lease-database":{"type":"memfile","persist":${KEA_PERSIST:-true},"name":"$STATE/leases.csv","lfc-interval":3600},
"multi-threading":{"enable-multi-threading":${KEA_MT:-false},"thread-pool-size":${KEA_THREADS:-2}},
"valid-lifetime":3600,"next-server":"10.78.0.1","boot-file-name":"ipxe.efi",
"option-data":[{"name":"domain-name-servers","data":"10.78.0.1"}],
"subnet4":[{"id":1,"subnet":"10.80.0.0/12","interface":"d0","pools":[{"pool":"10.80.1.0-10.81.255.250"}],
"option-data":[{"name":"routers","data":"10.80.0.1"}]},
{"id":2,"subnet":"10.96.0.0/12","pools":[{"pool":"10.96.1.0-10.97.255.250"}],
"option-data":[{"name":"routers","data":"10.96.0.1"}]}],
"loggers":[{"name":"kea-dhcp4","severity":"WARN","output_options":[{"output":"$STATE/kea.log"}]}]}}
J
export KEA_PIDFILE_DIR=$STATE KEA_LOCKFILE_DIR=$STATE
exec kea-dhcp4 -c "$STATE/kea.json"
