# Root may log in by password from the controller's addresses only. $from and $password are set above.
set -eu
mkdir -p /etc/ssh/sshd_config.d
cat > /etc/ssh/sshd_config.d/00-hinode-register.conf <<END
Match Address $from
  PermitRootLogin yes
  PasswordAuthentication yes
Match all
END
sshd -t
printf 'root:%s\n' "$password" | chpasswd
