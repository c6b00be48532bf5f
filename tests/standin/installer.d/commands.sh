# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared by the files of installer.d
# The kickstart's commands: each is checked and remembered here, and carried out later by the file that does the deed.
# Commands that mean nothing in the stand-in are named one by one and said on the console; any other is an error.
PARTS=() VOLUMES=() GROUPS_LINES=() USERS=() SSHKEYS=() REPOS=() NTP=() NETWORKS=()

read_commands() {
    local entry
    for entry in "${COMMANDS[@]}"; do
        LINE=${entry%% *}
        split "${entry#* }"
        read_command
    done
    [ -n "${KS[root]:-}" ] || refuse "no part or logvol for /"
    [ -n "${KS[rootpw]:-}" ] || refuse "no rootpw"
    [ -n "${KS[bootloader]:-}" ] || refuse "no bootloader"
    say "kickstart read: ${#COMMANDS[@]} commands, ${#SECTION_TYPE[@]} sections"
}

read_command() {
    local command=${WORDS[0]}
    case $command in
    text | cmdline | eula | firstboot | skipx | lang | keyboard | selinux | firewall | firewalld | logging | sshpw)
        say "line $LINE: $command is accepted and means nothing in the stand-in" ;;
    url) options url "url noverifyssl proxy"; need url url; KS[url]=${O[url]} ;;
    repo) options repo "name baseurl cost install includepkgs excludepkgs noverifyssl"; need repo name; need repo baseurl; REPOS+=("${O[name]} ${O[baseurl]}") ;;
    network) read_network ;;
    timezone) options timezone "utc isUtc"; KS[timezone]=${ARGS[0]:-} ;;
    timesource) options timesource "ntp-server ntp-disable"; [ -z "${O[ntp-server]:-}" ] || NTP+=("${O[ntp-server]}") ;;
    services) options services "enabled disabled"; KS[enabled]+=",${O[enabled]:-}"; KS[disabled]+=",${O[disabled]:-}" ;;
    reboot | poweroff | shutdown | halt) options "$command" "eject kexec"; KS[end]=$command ;;
    rootpw) read_rootpw ;;
    user) options user "name groups iscrypted plaintext password gecos homedir shell uid gid lock"; need user name; USERS+=("$LINE") ;;
    sshkey)
        options sshkey username
        need sshkey username
        [ -n "${ARGS[0]:-}" ] || refuse "line $LINE: sshkey without a key"
        SSHKEYS+=("${O[username]} ${ARGS[0]}") ;;
    *) read_storage ;;
    esac
}

read_network() {
    options network "device bootproto activate no-activate onboot noipv4 noipv6 hostname ip netmask gateway nameserver bindto nodefroute mtu ipv6"
    [ -z "${O[hostname]:-}" ] || KS[hostname]=${O[hostname]}
    [ -z "${O[device]:-}" ] || NETWORKS+=("${O[device]} ${O[onboot]:-yes} ${O[bootproto]:-dhcp}")
}

read_rootpw() {
    options rootpw "lock iscrypted plaintext allow-ssh"
    KS[rootpw]=${ARGS[0]:-'!'}
    [ -z "${O[lock]:-}" ] || KS[rootpw]='!'
    [ -n "${O[iscrypted]:-}${O[lock]:-}" ] || KS[rootpw_plain]=yes
    KS[root_ssh]=${O[allow-ssh]:-}
}

read_storage() {
    local command=${WORDS[0]}
    case $command in
    ignoredisk) options ignoredisk "only-use drives"; KS[only_use]=${O[only-use]:-}; KS[ignored]=${O[drives]:-} ;;
    zerombr) options zerombr ''; KS[zerombr]=yes ;;
    clearpart)
        options clearpart "all none linux initlabel disklabel drives list"
        [ -n "${O[all]:-}${O[none]:-}" ] || refuse "line $LINE: the stand-in knows clearpart --all and --none only"
        [ "${O[disklabel]:-gpt}" = gpt ] || refuse "line $LINE: the stand-in makes GPT only"
        KS[clear]=${O[all]:+all} KS[initlabel]=${O[initlabel]:-} KS[clear_drives]=${O[drives]:-}
        ;;
    reqpart) options reqpart add-boot; KS[reqpart]=yes; KS[add_boot]=${O[add-boot]:-} ;;
    part | partition)
        options part "size grow maxsize ondisk ondrive onpart noformat fstype label asprimary fsoptions $ENCRYPTED"
        remember_root
        PARTS+=("$LINE") ;;
    raid) read_raid ;;
    volgroup) options volgroup "pesize useexisting noformat"; GROUPS_LINES+=("$LINE") ;;
    logvol)
        options logvol "vgname name size grow maxsize useexisting noformat fstype label fsoptions"
        need logvol name
        need logvol vgname
        remember_root
        VOLUMES+=("$LINE") ;;
    bootloader)
        options bootloader "append timeout location boot-drive leavebootorder iscrypted password"
        KS[bootloader]=yes KS[append]=${O[append]:-} KS[timeout]=${O[timeout]:-1} KS[boot_drive]=${O[boot-drive]:-} ;;
    *) refuse "line $LINE: command $command is unknown to the stand-in" ;;
    esac
}

remember_root() { [ "${ARGS[0]:-}" != / ] || KS[root]=yes; }

# Splits command line number $1 again, for the file that carries it out.
again() {
    local entry
    for entry in "${COMMANDS[@]}"; do
        [ "${entry%% *}" != "$1" ] || { LINE=$1; split "${entry#* }"; return; }
    done
}
