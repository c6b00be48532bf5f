# From here on the key made here is the host key. May run again.
set -eu
cd /etc/ssh
[ -f hinode_new_key ] || exit 0
cp -p hinode_new_key.pub ssh_host_ed25519_key.pub
mv hinode_new_key ssh_host_ed25519_key
rm -f hinode_new_key.pub
sync
