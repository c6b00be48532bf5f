# shellcheck shell=bash disable=SC2154  # run: appliance.sh
# unknown.sh : a machine of no rack file, booted from a person's own medium with an address of its own choice. Its console
# says who it is and what to do, whether iPXE or GRUB runs on it. That it then boots its own disk is seen of iPXE alone:
# on a busy computer an emulated GRUB measures its clock wrong, and its minute can last ten. Sourced by machine.sh.

# Without the control sequences that a console puts between the words.
on_screen() { sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' "$run/console-fw-$1.log" | tr -d '\r\n' | grep -aFq -- "$2"; }

shows_itself() { # CASE MAC WHAT-COMES-LAST
    local number=${2: -1}
    check "$1 is shown a screen" boots "$1" "$3" 'standin:|Linux version'
    check "$1 is shown its MAC" on_screen "$1" "$2"
    check "$1 is shown its serial number" on_screen "$1" "serial = \"HNFW0$number\""
    check "$1 is shown its UUID" on_screen "$1" "uuid = \"11111111-2222-3333-4444-00000000010$number\""
    check "$1 is told what to do" on_screen "$1" 'add it to the rack file'
}

unknown_story() {
    shows_itself unknown-bios 52:54:00:77:02:06 'Booting from SAN device 0x80|Boot from SAN device 0x80 failed'
    shows_itself unknown-uefi 52:54:00:77:02:07 'ESC, or a minute'
}
