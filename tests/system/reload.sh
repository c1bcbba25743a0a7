#!/bin/bash
# SPDX-License-Identifier: MIT
# reload.sh — a running tcpwind under replayed traffic reads good and bad configurations again and again.
#
# TCPWIND names the program, with tcpwindctl beside it. RELOADS says how many. Skipped where no network namespace can be
# made or a tool is missing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
. "$here/../support/namespace.sh"

for tool in ip tcpdump tcpreplay python3; do
    command -v "$tool" >/dev/null || skip_all "no $tool here"
done
ctl=${TCPWIND%/*}/tcpwindctl
[ -x "$TCPWIND" ] && [ -x "$ctl" ] || skip_all "no programs $TCPWIND and $ctl"
enter_namespace "$@" || skip_all "no network namespace can be made"
dir=$(mktemp -d) || exit 1
trap 'leave_namespace; rm -rf "$dir"' EXIT
make_pair || exit 1
reloads=${RELOADS:-100}

configure() { # FILTER THRESHOLD RING [MORE]
    cat >"$dir/conf" <<END
capture: { interface = "tw0"; filter = "$1"; };
detect: { threshold = $2; };
ring: { size = "$3 MiB"; };
extract: { max_rate = 0; };
pcap: { directory = "$dir/out"; };
report: { directory = "$dir/run"; interval = 0; };
${4-}
END
}

refused() { # TEXT: the reload fails and says so
    "$ctl" reload "$dir/run" >"$dir/answer" 2>&1 && return 1
    grep -qF "$1" "$dir/answer" || { cat "$dir/answer"; return 1; }
}

# Each of them keeps every packet of the replay. Good ones change the capture, the engine, or nothing.
good_reload() { # NUMBER
    case $(($1 % 4)) in
    0) configure "" 1 16 ;;
    1) configure "tcp" 1 16 ;;
    2) configure "tcp" 1 20 ;;
    3) configure "ip" 1 16 ;;
    esac
    "$ctl" reload "$dir/run" >"$dir/answer" 2>&1 || { cat "$dir/answer"; return 1; }
}

bad_reload() { # NUMBER
    case $(($1 % 3)) in
    0) configure "tcp prot" 1 16 && refused "$dir/conf:1: capture.filter: " ;;
    1) configure "" '"many"' 16 && refused "$dir/conf:2: detect.threshold" ;;
    2) configure "" 1 16 'run: { user = "nobody"; };' && refused "run.user" ;;
    esac
}

# KiB, with the same settings each time, and one capture; but for the writer's queue, 64 MiB that are touched as far as it
# was ever filled, which comes by chance.
resident() {
    good_reload 0
    sleep 0.3
    awk '/^[0-9a-f]+-/ { is_private = $2 ~ /p$/ } $1 == "Size:" { size = $2 }
        $1 == "Rss:" && !(is_private && size == 65536) { sum += $2 } END { print sum }' "/proc/$tcpwind/smaps"
}

has_written() { # BYTES
    [ "$(du -sb "$dir/out" | cut -f1)" -ge "$1" ]
}

start() {
    rm -rf "$dir/out"
    "$TCPWIND" -q -c "$dir/conf" >"$dir/stdout" 2>"$dir/stderr" &
    tcpwind=$!
    await test -S "$dir/run/control" || { cat "$dir/stderr"; exit 1; }
}

stop() {
    kill "$tcpwind"
    wait "$tcpwind"
}

configure "" 1 16
start
packets=$(tcpdump -nn -r "$here/../captures/stall.pcap" 2>/dev/null | wc -l)
loops=$((reloads * 12))
far tcpreplay -q -K --pps=20000 --loop "$loops" -i tw1 "$here/../captures/stall.pcap" >"$dir/tcpreplay" 2>&1 &
replay=$!
good=0 bad=0 n=0 memory=0 from=0
lap=40000000 # bytes written: the ring, of 20 MiB at most, has been gone through by then
while kill -0 "$replay" 2>/dev/null || [ "$n" -lt "$reloads" ]; do
    if [ $((n % 3)) -eq 2 ]; then
        bad_reload "$n" && bad=$((bad + 1))
    else
        good_reload "$n" && good=$((good + 1))
    fi
    n=$((n + 1))
    if [ "$memory" -eq 0 ] && [ "$n" -ge $((reloads / 2)) ] && has_written "$lap"; then
        memory=$(resident) from=$n
    fi
done
wait "$replay"
sleep 0.3
grown=$(($(resident) - memory))
same "every reload ended as it should" "$n" $((good + bad))
most=2000
is_sanitized "$TCPWIND" && most=300000 # what was freed is kept for a while
holds "memory does not grow by it: $grown KiB in $((n - from)) reloads" test "$from" -gt 0 -a "$grown" -lt "$most"
stop
same "exit status" 0 $?
report=$dir/out/tcpwind_report.json
same "the kernel dropped nothing" 0 "$(json "$report" 'd["capture"]["dropped_kernel"]')"
same "every packet was taken, once" $((packets * loops)) "$(json "$report" 'd["packets"]["tcp"]')"
same "every stall is an alarm" $((2 * loops)) "$(json "$report" 'd["alarms"]["total"]')"
same "written and lost packets are all packets" $((packets * loops)) \
    "$(json "$report" 'd["extract"]["packets"] + sum(d["extract"]["lost"].values())')"

# Two captures side by side while packets come as fast as they can: each is taken from one of them, once.
configure "" 1000000 16 # no alarm
start
loops=$((reloads * 40)) n=0
far tcpreplay -q -K --topspeed --loop "$loops" -i tw1 "$here/../captures/stall.pcap" >"$dir/tcpreplay" 2>&1 &
replay=$!
while kill -0 "$replay" 2>/dev/null; do
    good_reload $((n % 2)) || echo "not reloaded"
    sleep 0.1 # the other capture has to take over before it is replaced itself
    n=$((n + 1))
done
sleep 0.3
stop
report=$dir/out/tcpwind_report.json
dropped=$(json "$report" 'd["capture"]["dropped_kernel"]')
if [ "$dropped" -eq 0 ]; then
    same "at full rate, $n reloads, $(grep -o '[0-9.]* pps' "$dir/tcpreplay"): every packet was taken, once" \
        $((packets * loops)) "$(json "$report" 'd["packets"]["tcp"]')"
else
    holds "at full rate, $n reloads: this machine was too slow ($dropped dropped), but none was taken twice" \
        test "$(json "$report" 'd["packets"]["tcp"]')" -le $((packets * loops))
fi

# Another folder, where there are numbers already, and back.
in_folder() { # FOLDER
    configure "tcp" 1 16
    sed -i "s|directory = \"$dir/out\"|directory = \"$1\"|" "$dir/conf"
    "$ctl" reload "$dir/run" >"$dir/answer" 2>&1 || { cat "$dir/answer"; return 1; }
}

replay_once() {
    far tcpreplay -q -K --pps=5000 -i tw1 "$here/../captures/stall.pcap" >"$dir/tcpreplay" 2>&1
    sleep 0.2
}

finished() { # FOLDER: the numbers of its files
    find "$1" -name 'tcpwind-*.pcap' ! -type l | sed 's/.*Z-0*\([0-9]*\).*/\1/' | sort -n | xargs
}

mkdir "$dir/other"
: >"$dir/other/tcpwind-20240101T000000Z-000041.pcap"
configure "tcp" 1 16
start
replay_once
holds "a folder whose numbers are ahead" in_folder "$dir/other"
replay_once
holds "and back, and on, and back" eval \
    'in_folder "$dir/out" && replay_once && in_folder "$dir/other" && in_folder "$dir/out" && in_folder "$dir/other" &&
        in_folder "$dir/out" && replay_once'
stop
same "another folder: numbers of the first one go on" "1 2 3" "$(finished "$dir/out")"
same "another folder: and those of the other" "41 42" "$(finished "$dir/other")"
same "another folder: every packet is in one of them" $((4 * packets)) \
    "$(for file in "$dir"/out/tcpwind-*Z-*.pcap "$dir"/other/tcpwind-*-000042.pcap; do
        tcpdump -nn -r "$file" 2>/dev/null
    done | wc -l)"
same "another folder: nothing is unfinished" "" "$(find "$dir" -name '*.part')"
finish
