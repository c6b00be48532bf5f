# libvirt as the controller's agent uses it: one daemon that listens for TLS itself. It would fail without certificates, and
# they come with the registration, whose set-up adds -l; until then it listens to nobody. The distribution's argument
# would end it after two minutes, for no socket starts it again.
mkdir -p /etc/pki/CA /etc/pki/libvirt/private /etc/libvirt
cat > /etc/libvirt/libvirtd.conf <<'END_OF_FILE'
listen_tls = 1
listen_tcp = 0
tls_port = "16514"
tcp_port = "16509"
auth_tls = "none"
auth_tcp = "none"
key_file = "/etc/pki/libvirt/private/serverkey.pem"
cert_file = "/etc/pki/libvirt/servercert.pem"
ca_file = "/etc/pki/CA/cacert.pem"
host_uuid = "{{ system.host_uuid }}"
END_OF_FILE
cat > /etc/libvirt/qemu.conf <<'END_OF_FILE'
security_driver = "none"
user = "root"
group = "root"
vnc_listen = "0.0.0.0"
END_OF_FILE
echo 'remote_mode = "legacy"' > /etc/libvirt/libvirt.conf
echo 'LIBVIRTD_ARGS=""' > /etc/sysconfig/libvirtd
for unit in \
{%- for unit in system.masked %}
  {{ unit }}{% if !loop.last %} \{% endif %}
{%- endfor %}
do
  ln -sf /dev/null "/etc/systemd/system/$unit"
done
