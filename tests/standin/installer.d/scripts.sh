# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared by the files of installer.d
# The kickstart's scripts: %pre, %pre-install, %post (in the target or not) and %onerror, with --interpreter, --log, --erroronfail.
# What a failure does is Anaconda's: logged only; with --erroronfail %pre and %post wait for ever, %pre-install is an error.
SCRIPT=0

run_scripts() {
    local i
    for i in "${!SECTION_TYPE[@]}"; do
        [ "${SECTION_TYPE[i]}" = "$1" ] && run_script "$1" "${SECTION_HEAD[i]}" "${SECTION_BODY[i]}"
    done
}

# run_script TYPE HEAD BODY
run_script() {
    local type=$1 interpreter log status file root=/
    split "$2"
    options "%$type" "interpreter log erroronfail nochroot"
    interpreter=${O[interpreter]:-/bin/sh} log=${O[log]:-}
    [ "$type" != post ] || [ -n "${O[nochroot]:-}" ] || root=$T
    SCRIPT=$((SCRIPT + 1))
    file=/tmp/ks-script-$SCRIPT
    mkdir -p "$root/tmp"
    printf '%s' "$3" >"$root$file"
    chmod 700 "$root$file"
    [ -z "$log" ] || mkdir -p "$root$(dirname "$log")"
    log=${log:+$root$log}
    log=${log:-/tmp/ks-script-$SCRIPT.log}
    if [ "$root" = / ]; then
        "$interpreter" "$file" </dev/null >"$log" 2>&1
    else
        chroot "$root" "$interpreter" "$file" </dev/null >"$log" 2>&1
    fi
    status=$?
    rm -f "$root$file"
    say "%$type script $SCRIPT ended with $status"
    [ $status -eq 0 ] || script_failed "$type" "$log"
}

script_failed() {
    show_tail "$2" 12
    [ -n "${O[erroronfail]:-}" ] || return 0
    case $1 in
    pre) hang "%pre --erroronfail failed: Anaconda never reaches %onerror here" ;;
    post) hang "%post --erroronfail failed: Anaconda 9 shows a dialog" ;;
    pre-install) fail "%pre-install --erroronfail failed" ;;
    esac
}

# Called once by fail(); a script that fails in here is only logged.
run_onerror() {
    run_scripts onerror
}
