# A host key made here, ready beside the delivered one; prints its public half. May run again, also after the swap: the
# public half stays and says that it was made.
set -eu
cd /etc/ssh
if [ ! -f hinode_key.pub ]; then
  rm -f hinode_tmp hinode_tmp.pub
  ssh-keygen -q -t ed25519 -N '' -C "$(hostname)" -f hinode_tmp
  mv hinode_tmp hinode_new_key
  mv hinode_tmp.pub hinode_key.pub
fi
cat hinode_key.pub
