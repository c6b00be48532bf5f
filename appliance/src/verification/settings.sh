# How this system is set up, after look.sh and like it. Set above: $users, $sysctls. Programs that a system does not have say nothing.
echo "selinux=$(getenforce 2> /dev/null) $(sed -n 's/^SELINUX=//p' /etc/selinux/config 2> /dev/null)"
echo "cmdline=$(cat /proc/cmdline)"
for key in $sysctls; do
  echo "sysctl=$key $(sysctl -n "$key" 2> /dev/null | tr '\t\n' '  ')"
done
echo "tuned=$(timeout 10 tuned-adm active 2> /dev/null | sed -n 's/^Current active profile: *//p')"
echo "kdump=$(cat /sys/kernel/kexec_crash_loaded 2> /dev/null)"

firewall=$(timeout 10 firewall-cmd --state 2> /dev/null)
echo "firewall=${firewall:-not running}"
if [ "$firewall" = running ]; then
  for port in $(timeout 10 firewall-cmd --list-services) $(timeout 10 firewall-cmd --list-ports); do echo "opened=$port"; done
fi

for user in $users; do
  home=$(getent passwd "$user" | cut -d: -f6)
  [ -n "$home" ] || continue
  case $(timeout 10 sudo -n -l -U "$user" 2>&1) in
    *"NOPASSWD: ALL"*) sudo=all ;;
    *"not allowed to run sudo"*) sudo=none ;;
    *) sudo=some ;;
  esac
  echo "user=$user $sudo"
  awk -v user="$user" '!/^[[:space:]]*(#|$)/ { print "key=" user " " $0 }' "$home/.ssh/authorized_keys" 2> /dev/null | head -n 50
done
# A hash begins with neither, an account without any password has nothing there.
awk -F: '$2 !~ /^[!*]/ { print "password=" $1 } END { print "accounts=" NR }' /etc/shadow

wait
echo "complete=yes"
