#!/bin/bash
# SPDX-License-Identifier: MIT
# live.sh — tcpwind -i beside real transfers that stall, against what tcpdump and tshark see of them.
#
# TCPWIND and STALL name the programs. Skipped where no network namespace can be made or a tool is missing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
. "$here/../support/namespace.sh"

for tool in ip tcpdump tshark python3 setpriv; do
    command -v "$tool" >/dev/null || skip_all "no $tool here"
done
[ -x "$TCPWIND" ] || skip_all "no program $TCPWIND"
enter_namespace "$@" || skip_all "no network namespace can be made"
dir=$(mktemp -d) || exit 1
trap 'leave_namespace; rm -rf "$dir"' EXIT
make_pair || exit 1

start() { # FOLDER [OPTION...]: tcpwind on tw0 until it captures
    local out=$1
    shift
    mkdir "$out" || exit 1
    "$TCPWIND" -i tw0 -w "$out" "$@" >"$out/stdout" 2>"$out/stderr" &
    tcpwind=$!
    await grep -q 'capturing on tw0' "$out/stderr" || { cat "$out/stderr"; exit 1; }
}

# stop SIGNAL: its exit status is ours.
stop() {
    kill "-$1" "$tcpwind"
    wait "$tcpwind"
}

start_tcpdump() { # FILE
    tcpdump -i tw0 --immediate-mode -Z root -s 262144 --time-stamp-precision=nano -w "$1" tcp 2>"$dir/tcpdump" &
    tcpdump=$!
    await grep -q 'listening on' "$dir/tcpdump" || exit 1
}

stop_tcpdump() {
    sleep 0.3
    kill -INT "$tcpdump"
    wait "$tcpdump"
}

# Say "watching"; then by how many seconds the log's first alarm was written after the packet that raised it.
alarm_delay() { # LOG
    python3 - "$1" <<'PYTHON'
import datetime, json, os, sys, time

def first_alarm(log):
    try:
        raised = next(e["time"] for e in map(json.loads, open(log)) if e["event"] == "alarm")
        return os.stat(log).st_mtime, raised
    except (OSError, StopIteration, ValueError):
        return None # no log, no alarm, half a line

print("watching", flush=True)
until = time.time() + 30
while not (found := first_alarm(sys.argv[1])) and time.time() < until:
    time.sleep(0.01)
if found:
    raised = datetime.datetime.fromisoformat(found[1][:26] + "+00:00") # Python takes six digits of a second
    print(round(found[0] - raised.timestamp(), 3))
PYTHON
}

below() { # NUMBER LIMIT
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a < b) }'
}

# The bytes of all packets of the transfers, or of one direction: "src" the receiver's, "dst" the sender's. Two sockets
# on one interface need not see the packets of both directions in the same order, as each may be on a processor of its own.
frames() { # FILE [DIRECTION]
    tcpdump -nn -t -xx -r "$1" tcp ${2-} port 5001 2>/dev/null
}

is_another_file() { # FILE INODE
    [ -s "$1" ] && [ "$(stat -c %i "$1")" != "$2" ]
}

# One transfer; all that it left behind is compared.
stalled_transfer() { # NAME ADDRESS SIGNAL
    local out=$dir/$1 full=$dir/$1.pcap delay before
    start_tcpdump "$full"
    start "$out"
    alarm_delay "$out/tcpwind_alarms.jsonl" >"$dir/delay" &
    local watcher=$!
    await grep -q watching "$dir/delay"
    transfer "$STALL" "$dir/receiver" "$2" 2 1.2
    wait "$watcher"
    delay=$(tail -n +2 "$dir/delay")
    holds "$1: the alarm is in the log within a second ($delay s)" below "$delay" 1

    before=$(stat -c %i "$out/status.json" 2>/dev/null)
    kill -USR1 "$tcpwind"
    holds "$1: a report comes on SIGUSR1" await is_another_file "$out/status.json" "$before"
    same "$1: that report says that it is not the last" False "$(json "$out/status.json" 'd["complete"]')"

    stop_tcpdump
    stop "$3"
    same "$1: exit status after SIG$3" 0 $?

    local report=$out/tcpwind_report.json zero
    same "$1: the final report is complete" True "$(json "$report" 'd["complete"]')"
    same "$1: the source" "interface tw0 EN10MB" \
        "$(json "$report" '"%(type)s %(name)s %(link_type)s" % d["source"]')"
    zero=$(tshark -r "$full" -Y tcp.analysis.zero_window 2>/dev/null | wc -l)
    same "$1: zero windows as tshark counts them" "$zero" "$(json "$report" 'd["window"]["zero_segments"]')"
    holds "$1: at least both stalls have an alarm" test "$(json "$report" 'd["alarms"]["total"]')" -ge 2
    same "$1: alarms in the log as in the report" "$(json "$report" 'd["alarms"]["total"]')" \
        "$(count_events alarm "$out/tcpwind_alarms.jsonl")"
    same "$1: every alarm ends" "$(count_events alarm "$out/tcpwind_alarms.jsonl")" \
        "$(count_events alarm_end "$out/tcpwind_alarms.jsonl")"
    same "$1: one extraction" 1 "$(count_events extract_end "$out/tcpwind_alarms.jsonl")"
    same "$1: one flow" 1 "$(json "$report" 'd["flows"]["total"]')"
    same "$1: nothing dropped, nothing lost" "0 0 0 0" \
        "$(json "$report" '"%d %d %d %d" % (d["capture"]["dropped_kernel"], d["capture"]["dropped_interface"],
            sum(d["extract"]["lost"].values()), sum(d["output"]["lost"].values()))')"
    same "$1: TCP packets as tcpdump counts them" "$(frames "$full" | grep -c '^IP')" \
        "$(json "$report" 'd["packets"]["tcp"]')"

    holds "$1: the first packet that was kept is the SYN" \
        grep -q 'Flags \[S\],' <(frames "$out"/tcpwind-*-000001.pcap | head -n 1)
    local direction
    for direction in src dst; do
        frames "$full" "$direction" >"$dir/wanted"
        frames "$out"/tcpwind-*-000001.pcap "$direction" >"$dir/found"
        holds "$1: every packet of the flow ($direction port 5001) was kept, once, in order" cmp "$dir/wanted" "$dir/found"
    done
    same "$1: no file is unfinished" "" "$(find "$out" -name '*.part')"
    same "$1: the flow table has both directions" 2 "$(grep -vc '^%' "$out/tcpwind_flows.tsv")"
}

# The recorded transfer again and again as fast as it goes; what the kernel dropped is in `dropped`.
replay_once() { # FOLDER LOOPS
    start "$1" -o extract.max_rate=0 -o ring.size='"64 MiB"'
    far tcpreplay -q -K --topspeed --loop "$2" -i tw1 "$here/../captures/stall.pcap" >"$dir/tcpreplay" 2>&1
    sleep 0.5
    stop INT
    status=$?
    dropped=$(json "$1/tcpwind_report.json" 'd["capture"]["dropped_kernel"] + d["capture"]["dropped_interface"]')
}

# Every replayed transfer is a flow, and each of its stalls an alarm. Who gets no processor for a quarter of a second has
# lost packets at this rate, whatever the program: that does not happen three times.
replay() {
    local loops=500 packets attempt status dropped
    packets=$(tcpdump -nn -r "$here/../captures/stall.pcap" 2>/dev/null | wc -l)
    for attempt in 1 2 3; do
        replay_once "$dir/replay$attempt" "$loops"
        [ "$dropped" != 0 ] || break
    done
    local report=$dir/replay$attempt/tcpwind_report.json
    same "replay: exit status" 0 "$status"
    same "replay: nothing dropped at $(grep -o '[0-9.]* pps' "$dir/tcpreplay")" 0 "$dropped"
    same "replay: every packet is counted" $((packets * loops)) "$(json "$report" 'd["packets"]["tcp"]')"
    same "replay: every transfer is a flow" "$loops" "$(json "$report" 'd["flows"]["total"]')"
    same "replay: every stall is an alarm" $((2 * loops)) "$(json "$report" 'd["alarms"]["total"]')"
    same "replay: what was written and what was lost add up to all packets" $((packets * loops)) \
        "$(json "$report" 'd["extract"]["packets"] + sum(d["extract"]["lost"].values())')"
}

refusals() {
    "$TCPWIND" -i nothere0 -w "$dir/nothere" >/dev/null 2>"$dir/stderr"
    same "an interface that does not exist: exit status" 1 $?
    holds "an interface that does not exist: it is named" grep -q nothere0 "$dir/stderr"
    setpriv --ambient-caps -net_raw,-net_admin --bounding-set -net_raw,-net_admin "$TCPWIND" -i tw0 -w "$dir/denied" >/dev/null 2>"$dir/stderr"
    same "without privilege: exit status" 1 $?
    holds "without privilege: it says so" grep -qiE 'permission|permitted|privilege|root|CAP_NET_RAW' "$dir/stderr"
}

stalled_transfer IPv4 192.0.2.2 INT
stalled_transfer IPv6 2001:db8::2 TERM
if command -v tcpreplay >/dev/null; then
    replay
fi
refusals
finish
