# shellcheck shell=bash disable=SC2154  # run, here, hinode: appliance.sh
# lib.sh : what the machine stories share. Results are lines of a file, so that stories told side by side in subshells
# are counted too. Sourced by machine.sh.

# Seconds that one machine may need for one step: an idle computer needs a fifth of it. A story whose hope is in vain ends.
PATIENCE=${HINODE_PATIENCE:-400}

pass() { echo "ok    $1" | tee -a "$run/results"; }
fail() { echo "FAIL  $1" | tee -a "$run/results"; }

check() { # WHAT COMMAND... : one line of the result
    local what=$1
    shift
    if "$@"; then pass "$what"; else fail "$what" && return 1; fi
}

# hope WHAT COMMAND... : waits until it is so, within PATIENCE; one line of the result.
hope() {
    local what=$1
    shift
    if wait_until "$PATIENCE" "$what" "$@"; then pass "$what"; else fail "$what" && return 1; fi
}

# hope_of NODE WHAT COMMAND... : the same, of a node whose job is at it: a job that is over will not do it any more.
hope_of() {
    local node=$1 what=$2
    shift 2
    if wait_until "$PATIENCE" "$what" so_or_over "$node" "$@" && [ "$came" = yes ]; then pass "$what"; else
        fail "$what (the job of $node: $(job_of "$node" stage) $(job_of "$node" why))" && return 1
    fi
}
so_or_over() {
    came=yes
    "${@:2}" && return
    came=no
    is_over "$1"
}

summary() {
    local passed failed
    passed=$(grep -c '^ok' "$run/results")
    failed=$(grep -c '^FAIL' "$run/results")
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

# Last of all, whatever happened. The status decides whether the folder stays.
end_stories() {
    local status=$?
    if [ -n "$run" ]; then
        (exit $status)
        stop_rack
    fi
    exit $status
}

no() { ! "$@"; }
virsh() { "$here/rack/rack.sh" virsh "$run" "$@"; }
says() { grep -aEq -- "$2" "$run/console-$1.log" 2>/dev/null; }
image() { echo "$run/rack/disk/$1.img"; }
off() { [ "$(virsh domstate "$1")" = "shut off" ]; }

# events NODE-OR-JOB TEXT : whether one of its events says so; counted TEXT tells how many.
# grep reads to the end: one that stops early has the pipe fail.
events() { hinode events --of "$1" | grep -F -- "$2" >/dev/null; }
counted() { hinode events --of "$1" | grep -Fc -- "$2"; }
once() { [ "$(counted "$1" "$2")" = 1 ]; }

# The numbers of a node's last job, and how it stands.
job_of() { hinode status --json | python3 -c '
import json, sys
node = next(n for n in json.load(sys.stdin)["nodes"] if n["name"] == sys.argv[1])
job = node["job"] or {}
print({"id": job.get("id"), "stage": job.get("stage"), "arm": node.get("arm"), "host": node.get("cloud_host"),
       "served": job.get("served"), "why": (job.get("failure") or {}).get("text")}[sys.argv[2]] or "")' "$@"; }
is_over() { case $(job_of "$1" stage) in done | failed) ;; *) return 1 ;; esac; }
stands() { [ "$(job_of "$1" "$2")" = "$3" ]; }
why_says() { job_of "$1" why | grep -Eq -- "$2" || { echo "it says: $(job_of "$1" why)" >&2; return 1; }; }

# The switch port of a node.
vlan_is() { "$here/rack/rack.sh" port "$run" "$1" | grep -Eq "^tag +: $2\$"; }
sent_frames() { "$here/rack/rack.sh" port "$run" "$1" | grep -Eq 'rx_packets=[1-9]'; }

# The appliance dies as in a power cut of itself alone, and comes back on the same data.
kill_appliance() {
    kill -9 "$appliance_pid"
    wait "$appliance_pid" 2>/dev/null
    restart_appliance
}
restart_appliance() { start_appliance && wait_until 30 "the appliance to answer" answers; }
answers() { hinode status >/dev/null 2>&1; }
