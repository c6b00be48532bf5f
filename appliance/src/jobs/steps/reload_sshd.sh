# sshd takes its new configuration: it starts itself anew, and for that time nobody listens. Waits until it does again.
systemctl reload sshd
sleep 1
waited=0
until ss -Hltn 'sport = :22' | grep -q .; do
  waited=$((waited + 1))
  [ $waited -lt 60 ] || { echo 'sshd does not listen again after a minute' >&2; exit 1; }
  sleep 1
done
