# shellcheck shell=bash
# nginx, one worker. NGX_SENDFILE=off, NGX_W=WORKERS
mkdir -p "$STATE/t"
cat >"$STATE/n.conf" <<J
user root; worker_processes ${NGX_W:-1}; pid $STATE/pid; error_log $STATE/err;
events { worker_connections 1024; }
http { access_log off; sendfile ${NGX_SENDFILE:-on}; tcp_nopush on; keepalive_requests 1000000;
 default_type application/octet-stream;
 client_body_temp_path $STATE/t/b; proxy_temp_path $STATE/t/p; fastcgi_temp_path $STATE/t/f;
 uwsgi_temp_path $STATE/t/u; scgi_temp_path $STATE/t/s;
 server { listen 10.78.0.1:80; root $WWW; } }
J
exec "$ROOT/nginx/usr/sbin/nginx" -c "$STATE/n.conf" -g 'daemon off;'
