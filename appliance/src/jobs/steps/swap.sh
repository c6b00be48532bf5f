# From here on the key made here is the host key. May run again.
set -eu
cd /etc/ssh
if [ -f hinode_new_key ]; then
  cp -p hinode_key.pub ssh_host_ed25519_key.pub
  mv hinode_new_key ssh_host_ed25519_key
  sync
fi
