#!/bin/bash
# Tries how the stand-in installer reads kickstarts, without a machine: what it takes, and what it refuses with which words.
# usage: try-reading.sh    (any user). The files under test are sourced; what they call from base.sh is replaced here.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
passed=0 failed=0

# shellcheck disable=SC2317  # called by the sourced files
read_kickstart() (
    say() { :; }
    refuse() { echo "refused: $*"; exit; }
    export WORDS_FILE=$run/words
    # shellcheck source=/dev/null
    . "$here/installer.d/kickstart.sh" && . "$here/installer.d/commands.sh"
    read_sections "$run/ks" after-pre
    read_commands
    echo "taken: ${#SECTION_TYPE[@]} ${PACKAGE_LINES[*]-} ${SSHKEYS[*]-}"
)

# check SENTENCE PATTERN LINE...: the least kickstart with these lines added gives an answer like PATTERN.
check() {
    printf '%s\n' 'rootpw --lock' bootloader 'part / --size=1' "${@:3}" >"$run/ks"
    judge "$1" "$2"
}
judge() {
    if read_kickstart 2>&1 | tee "$run/out" | grep -qE "$2"; then
        passed=$((passed + 1)) && echo "ok    $1"
    else
        failed=$((failed + 1)) && echo "FAIL  $1: $(cat "$run/out")"
    fi
}

check "the least one is taken" '^taken: 0'
check "quotes keep words together" '^taken: .*root ssh-ed25519 AAAA a b$' 'sshkey --username=root "ssh-ed25519 AAAA a b"'
check "a comment ends the line" '^taken: 0' 'zerombr # --hard'
# shellcheck disable=SC2016  # no expansion is the point
check "a dollar sign stays a dollar sign" '^taken: .*root \$6\$x\$HOME$' "sshkey --username=root \"\$6\$x\$HOME\""
check "sections and package names are found" '^taken: 2 kernel ' %packages kernel %end '%post --nochroot' true %end
check "a line in a script is no command" '^taken: 1' %post 'frobnicate --hard' %end
check "an unknown command is refused" 'refused: line 4: command autopart is unknown' autopart
check "an unknown option is refused" 'refused: line 4: option --hard of zerombr' 'zerombr --hard'
check "an unknown section is refused" 'refused: line 4: section %certificate' %certificate %end
check "a section without end is refused" 'refused: section %packages has no %end' %packages kernel
check "a quote left open is refused" 'refused: line 4: a quote is left open' 'timezone "Asia/Tokyo'
check "a missing include is refused" 'refused: line 4: %include /nowhere' '%include /nowhere'
check "an option that a command needs is asked for" 'refused: line 4: url without --url' url
check "a key that is not there is refused" 'refused: line 4: sshkey without a key' 'sshkey --username=root'
check "clearpart --linux is refused" 'refused: line 4: the stand-in knows clearpart --all' 'clearpart --linux'
echo zerombr >"$run/included"
check "an include is read in its place" '^taken: 0' "%include $run/included"
printf '%s\n' 'rootpw --lock' bootloader >"$run/ks"
judge "a kickstart without a root file system is refused" 'refused: no part or logvol for /'
printf '%s\n' bootloader 'part / --size=1' >"$run/ks"
judge "a kickstart without rootpw is refused" 'refused: no rootpw'
printf 'rootpw --lock\r\nbootloader\r\npart / --size=1\r\n' >"$run/ks"
judge "line ends of another system are taken" '^taken: 0'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
