#!/bin/bash
# SPDX-License-Identifier: MIT
# stop.sh — how tcpwind ends and begins again: signals under load, programs that hang, a second one on the same folder.
#
# TCPWIND and STALL name the programs. Skipped where no network namespace can be made or a tool is missing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
. "$here/../support/namespace.sh"

for tool in ip tcpdump tcpreplay python3; do
    command -v "$tool" >/dev/null || skip_all "no $tool here"
done
[ -x "$TCPWIND" ] || skip_all "no program $TCPWIND"
enter_namespace "$@" || skip_all "no network namespace can be made"
dir=$(mktemp -d) || exit 1
trap 'leave_namespace; rm -rf "$dir"' EXIT
make_pair || exit 1
stall=$here/../captures/stall.pcap
packets=$(tcpdump -nn -r "$stall" 2>/dev/null | wc -l)

start() { # FOLDER [OPTION...]: tcpwind on tw0 until it captures
    out=$1
    shift
    : >"$dir/stderr" # of the one before
    "$TCPWIND" -i tw0 -w "$out" -o extract.max_rate=0 "$@" >"$dir/stdout" 2>"$dir/stderr" &
    tcpwind=$!
    await grep -q 'capturing on tw0' "$dir/stderr" || { cat "$dir/stderr"; exit 1; }
}

replay() { # OPTION...
    far tcpreplay -q -K -i tw1 "$@" "$stall" >"$dir/tcpreplay" 2>&1
}

final() { # EXPRESSION
    json "$out/tcpwind_report.json" "$1"
}

whole_and_finished() {
    [ -z "$(find "$out" -name '*.part')" ] || return 1
    local file
    for file in "$out"/tcpwind-*Z-*.pcap; do
        tcpdump -nn -r "$file" 2>&1 >/dev/null | grep -q truncated && return 1
    done
    return 0
}

# What the kernel holds when the signal comes is worked on, however much it is.
under_load() {
    local loops=200
    start "$dir/load"
    kill -STOP "$tcpwind"
    replay --topspeed --loop "$loops"
    kill -TERM "$tcpwind"
    replay --topspeed --loop "$loops" & # what comes later is not waited for
    kill -CONT "$tcpwind"
    wait "$tcpwind"
    same "SIGTERM under load: exit status" 0 $?
    wait $!
    holds "SIGTERM under load: what had come is worked on ($(final 'd["packets"]["tcp"]') of $((packets * loops)))" \
        test "$(final 'd["packets"]["tcp"]')" -ge $((packets * loops))
    same "SIGTERM under load: the report is complete" True "$(final 'd["complete"]')"
    holds "SIGTERM under load: files are whole and finished" whole_and_finished
}

# Started as root with run.user: it keeps nothing of it but the right to open a capture, and the folders are the user's.
another_user() {
    if [ "$(id -u)" -ne 0 ] || ! grep -q ' 4294967295$' /proc/self/uid_map; then
        echo "skipped: not root, so it cannot become another user"
        return
    fi
    local folder=$dir/user out
    mkdir "$folder"
    chmod 755 "$dir" "$folder"
    out=$folder/lib/tcpwind
    cat >"$folder/conf" <<END
capture: { interface = "tw0"; };
run: { user = "nobody"; };
pcap: { directory = "$out"; };
report: { directory = "$folder/run/tcpwind"; interval = 0; };
END
    umask 077
    "$TCPWIND" -c "$folder/conf" >"$dir/stdout" 2>"$dir/stderr" &
    tcpwind=$!
    umask 022
    await test -S "$folder/run/tcpwind/control" || cat "$dir/stderr"
    same "another user: it is that, with the right to open captures, which has no effect" \
        "65534 0000000000002000 0000000000000000 0000000000000000" \
        "$(awk '/^(Uid|Cap(Prm|Eff|Amb))/ { printf "%s%s", s, $2; s = " " }' "/proc/$tcpwind/status")"
    same "another user: the folders are its own" "nobody 750 nobody 755" \
        "$(stat -c '%U %a' "$out" "$folder/run/tcpwind" | xargs)"
    sed -i 's/"tw0"/"any"/' "$folder/conf"
    same "another user: it can open another capture" reloaded \
        "$("${TCPWIND%/*}/tcpwindctl" reload "$folder/run/tcpwind" 2>&1)"
    sed -i "s|$out|/usr/nowhere/tcpwind|" "$folder/conf"
    same "another user: and no folder elsewhere" \
        "pcap.directory: /usr/nowhere/tcpwind: Permission denied: not writable inside the service's sandbox: add ReadWritePaths= and restart" \
        "$("${TCPWIND%/*}/tcpwindctl" reload "$folder/run/tcpwind" 2>&1)"
    kill -TERM "$tcpwind"
    wait "$tcpwind"
    same "another user: exit status" 0 $?
}

# A process that holds packets leaves no image of its memory behind.
no_core() {
    local core=$dir/core
    case $(cat /proc/sys/kernel/core_pattern) in
    '|'* | */*) echo "skipped: cores of this system go elsewhere" && return ;;
    esac
    mkdir "$core"
    ulimit -S -c unlimited
    env -C "$core" sleep 60 &
    await grep -q '^sleep$' "/proc/$!/comm"
    kill -SEGV $! && wait $! 2>/dev/null
    [ -n "$(ls "$core")" ] || { echo "skipped: no process leaves a core here" && return; }
    rm "$core"/*
    out=$dir/coreless
    : >"$dir/stderr"
    env -C "$core" "$TCPWIND" -i tw0 -w "$out" >"$dir/stdout" 2>"$dir/stderr" &
    tcpwind=$!
    await grep -q 'capturing on tw0' "$dir/stderr"
    kill -SEGV "$tcpwind"
    wait "$tcpwind" 2>/dev/null
    same "it leaves no core" "" "$(ls "$core")"
}

hanging_program() {
    local before
    printf '#!/bin/sh\necho x >>%s/begun\nsleep 300\n' "$dir" >"$dir/hang"
    chmod +x "$dir/hang"
    : >"$dir/begun"
    start "$dir/hanging" -o pcap.max_packets=10 -o pcap.on_close="$dir/hang"
    replay --pps=5000 --loop 4
    await eval '[ "$(find "$out" -name "tcpwind-*Z-*.pcap" | wc -l)" -ge 40 ]'
    holds "a program hangs: files are finished all the same" test "$(find "$out" -name 'tcpwind-*Z-*.pcap' | wc -l)" -ge 40
    same "a program hangs: it runs four times at once" 4 "$(wc -l <"$dir/begun")"
    before=$SECONDS
    kill -TERM "$tcpwind"
    wait "$tcpwind"
    same "a program hangs: exit status" 0 $?
    holds "a program hangs: the end waits some seconds at most" test $((SECONDS - before)) -le 10
    holds "a program hangs: it is said" grep -q 'pcap.on_close: programs still run' "$dir/stderr"

    start "$dir/twice" -o pcap.max_packets=10 -o pcap.on_close="$dir/hang"
    replay --pps=5000
    sleep 0.3
    kill -TERM "$tcpwind"
    await grep -q 'final report' "$dir/stdout" || true
    kill -TERM "$tcpwind"
    wait "$tcpwind" 2>/dev/null
    holds "a second signal ends it at once" test $? -ge 128
    leave_programs
}

# The helper gives up its programs some time after tcpwind has ended; none may outlive the test.
leave_programs() {
    await eval '! pgrep -f "$dir/hang" >/dev/null' || await eval '! pgrep -f "$dir/hang" >/dev/null'
    holds "programs that hang are ended" eval '! pgrep -f "$dir/hang" >/dev/null'
}

failing_program() {
    printf '#!/bin/sh\nexit 3\n' >"$dir/fail"
    chmod +x "$dir/fail"
    start "$dir/failing" -o pcap.max_packets=10 -o pcap.on_close="$dir/fail"
    replay --pps=5000
    sleep 1.5
    kill -TERM "$tcpwind"
    wait "$tcpwind"
    same "a program fails: exit status" 0 $?
    same "a program fails: it is said once" 1 "$(grep -c 'exit status 3; further failures are counted' "$dir/stderr")"
    holds "a program fails: and counted" grep -qE 'pcap.on_close: [0-9]+ of [0-9]+ runs failed' "$dir/stderr"
    rm "$dir/fail"
    start "$dir/failing" -o pcap.on_close="$dir/fail"
    replay --pps=5000
    kill -TERM "$tcpwind"
    wait "$tcpwind"
    same "a program is not there: exit status" 0 $?
    holds "a program is not there: it is said" grep -q 'not started: No such file' "$dir/stderr"
}

two_of_them() {
    start "$dir/one" -o report.directory="$dir/report"
    timeout 20 "$TCPWIND" -i tw0 -w "$dir/one" -o report.directory="$dir/other" >/dev/null 2>"$dir/second"
    same "a second one on the folder: exit status" 1 $?
    holds "a second one on the folder: it is said" grep -q 'another tcpwind writes files of this name' "$dir/second"
    timeout 20 "$TCPWIND" -i tw0 -w "$dir/two" -o report.directory="$dir/report" >/dev/null 2>"$dir/second"
    same "a second one on the folder of reports: exit status" 1 $?
    holds "a second one on the folder of reports: it is said" grep -q 'another tcpwind reports into this folder' "$dir/second"
    "$TCPWIND" -r "$stall" -w "$dir/one" >/dev/null 2>"$dir/second"
    same "an analysis into the folder: exit status" 1 $?
    replay --pps=5000
    kill -TERM "$tcpwind"
    wait "$tcpwind"
    same "the first one: exit status" 0 $?
    same "the first one has written all" "$packets" "$(final 'd["extract"]["packets"]')"
}

begins_again() {
    start "$dir/again"
    replay --pps=5000
    kill -TERM "$tcpwind"
    wait "$tcpwind"
    start "$dir/again"
    same "begun again: flows and ring are empty, and the first report says so" "0 0 True" \
        "$(json "$out/status.json" '"%d %d %s" % (d["flows"]["total"], d["ring"]["packets"], d["uptime_s"] < 5)')"
    replay --pps=5000
    kill -TERM "$tcpwind"
    wait "$tcpwind"
    same "begun again: numbers go on" "1 2" \
        "$(find "$out" -name 'tcpwind-*Z-*.pcap' | sed 's/.*Z-0*\([0-9]*\).*/\1/' | sort -n | xargs)"
    same "begun again: the logs go on" "4 1 4" \
        "$(grep -c '"event": *"alarm",' "$out/tcpwind_alarms.jsonl") $(grep -c '^%' "$out/tcpwind_flows.tsv") $(grep -vc '^%' "$out/tcpwind_flows.tsv")"
}

under_load
failing_program
two_of_them
begins_again
another_user
is_sanitized "$TCPWIND" || no_core
hanging_program
finish
