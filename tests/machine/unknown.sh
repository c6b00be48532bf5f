# shellcheck shell=bash disable=SC2154  # run, here: appliance.sh
# unknown.sh : two machines of no rack file while a person keeps the pool open. The network boots them, BIOS and UEFI, to a
# screen that says who they are and what to do; a key, and they boot their own disks. A kernel on the console would be a
# failure. Sourced by machine.sh.

# Without the control sequences that a console puts between the words.
on_screen() { sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' "$run/console-fw-$1.log" | tr -d '\r\n' | grep -aFq -- "$2"; }

# boots_itself CASE KEY UNTIL : as `boots`, and a key is pressed when the screen has come to an end.
boots_itself() {
    "$here/rack/firmware.sh" "$1" "$run" --seconds "$PATIENCE" --key "$2" --until "$3" --abort 'standin:|Linux version'
}

shows_itself() { # CASE MAC WHAT-COMES-LAST HOW-ITS-DISK-BEGINS
    local number=${2: -2}
    check "$1 boots over the network to a screen, and from there to its own disk" boots_itself "$1" "$3" "$4"
    check "$1 is shown its MAC" on_screen "$1" "mac = \"$2\""
    check "$1 is shown its serial number" on_screen "$1" "serial = \"HNFW$number\""
    check "$1 is shown its UUID" on_screen "$1" "uuid = \"11111111-2222-3333-4444-0000000001$number\""
    check "$1 is told what to do" on_screen "$1" 'add it to the rack file'
    check "$1 is listed with its address of the pool" grep -Eq "$2.*10\.77\.10\.10[0-9]" <(hinode status)
}

unknown_story() {
    check "the pool is opened" hinode discover management --minutes 60
    shows_itself unknown-bios 52:54:00:77:02:06 'A key, or a minute' 'Booting from SAN device 0x80|Boot from SAN device 0x80 failed'
    shows_itself unknown-uefi 52:54:00:77:02:07 'ESC, or a minute' 'no disk of this machine holds a boot loader'
}
