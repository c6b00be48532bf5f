# A host key made here, ready beside the delivered one; prints its public half. May run again: it makes one only once.
set -eu
cd /etc/ssh
[ -f hinode_new_key ] || ssh-keygen -q -t ed25519 -N '' -C "$(hostname)" -f hinode_new_key
cat hinode_new_key.pub
