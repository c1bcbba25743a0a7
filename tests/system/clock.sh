#!/bin/bash
# SPDX-License-Identifier: MIT
# clock.sh — somebody sets the clock an hour forward and two hours back while tcpwind runs.
#
# TCPWIND, STALL and SETTIME_SO name the programs and what is preloaded. Skipped where no network namespace can be made
# or a tool is missing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
. "$here/../support/namespace.sh"

for tool in ip tcpdump python3; do
    command -v "$tool" >/dev/null || skip_all "no $tool here"
done
[ -x "$TCPWIND" ] && [ -e "${SETTIME_SO:=}" ] || skip_all "no program $TCPWIND, or nothing to preload"
! is_sanitized "$TCPWIND" || skip_all "a sanitizer wants to be preloaded first"
enter_namespace "$@" || skip_all "no network namespace can be made"
dir=$(mktemp -d) || exit 1
trap 'leave_namespace; rm -rf "$dir"' EXIT
make_pair || exit 1

set_clock() { # SECONDS: off by so much
    python3 -c 'import struct, sys
open(sys.argv[1], "r+b").write(struct.pack("=q", int(sys.argv[2])))' "$dir/offset" "$1"
}

now() { # EXPRESSION: of a fresh status
    "${TCPWIND%/*}/tcpwindctl" status --json "$dir/out" >"$dir/now" 2>/dev/null
    json "$dir/now" "$1"
}

stall() { # transfers until one stalls, until its alarm is there
    local before i
    before=$(now 'd["alarms"]["total"]')
    for ((i = 0; i < 5; i++)); do
        transfer "$STALL" "$dir/receiver" 192.0.2.2 3 0.3
        [ "$(now 'd["alarms"]["total"]')" -gt "$before" ] && return 0
    done
    return 1
}

# The sender's port of each packet that tcpdump shows.
ports() {
    sed -n 's/.*192\.0\.2\.1\.\([0-9]*\).*/\1/p'
}

# A connection that stays open and silent all the time.
hold_open() {
    far python3 -c 'import socket, time
s = socket.create_server(("192.0.2.2", 5009)); print("listening", flush=True)
c, _ = s.accept(); time.sleep(600)' >"$dir/holder" &
    await grep -q listening "$dir/holder"
    python3 -c 'import socket, time
s = socket.create_connection(("192.0.2.2", 5009)); print("open", flush=True); time.sleep(600)' >"$dir/held" &
    await grep -q open "$dir/held"
}

printf '\0\0\0\0\0\0\0\0' >"$dir/offset"
tcpdump -i tw0 --immediate-mode -Z root -w "$dir/all.pcap" tcp port 5001 2>"$dir/tcpdump" &
tcpdump=$!
await grep -q 'listening on' "$dir/tcpdump"
SETTIME=$dir/offset LD_PRELOAD=$SETTIME_SO "$TCPWIND" -i tw0 -w "$dir/out" -o pcap.max_packets=30 -o pcap.keep_files=1000 \
    >"$dir/stdout" 2>"$dir/stderr" &
tcpwind=$!
await grep -q 'capturing on tw0' "$dir/stderr" || { cat "$dir/stderr"; exit 1; }
hold_open
holds "a stall" stall
set_clock 3600
holds "an hour forward: a stall is seen" stall
sleep 2
same "an hour forward: no connection is timed out" 0 "$(now 'd["flows"]["ended"]["timeout"]')"
holds "an hour forward: the open one is still there" test "$(now 'd["flows"]["active"]')" -ge 1
set_clock -3600
holds "two hours back: a stall is seen" stall
sleep 2
same "two hours back: no connection is timed out" 0 "$(now 'd["flows"]["ended"]["timeout"]')"
set_clock 0
holds "and right again: a stall is seen" stall
sleep 0.3
kill -INT "$tcpdump"
wait "$tcpdump"
kill "$tcpwind"
wait "$tcpwind"
same "exit status" 0 $?
same "no number is there twice" "" "$(find "$dir/out" -name 'tcpwind-*Z-*.pcap' | sed 's/.*-//' | sort | uniq -d)"
same "files have the times of all three clocks" 3 "$(find "$dir/out" -name 'tcpwind-*Z-*.pcap' | sed 's/.*T\(..\)....Z.*/\1/' | sort -u | wc -l)"
for file in "$dir"/out/tcpwind-*Z-*.pcap; do
    tcpdump -nn -r "$file" 2>/dev/null
done | ports | sort >"$dir/found"
tcpdump -nn -r "$dir/all.pcap" 2>/dev/null | ports | sort | grep -wFf <(sort -u "$dir/found") >"$dir/wanted"
holds "every packet of the transfers that stalled is in a file, once ($(wc -l <"$dir/wanted"))" cmp "$dir/wanted" "$dir/found"
same "nothing was dropped or lost" "0 0" \
    "$(json "$dir/out/tcpwind_report.json" '"%d %d" % (d["capture"]["dropped_kernel"], sum(d["extract"]["lost"].values()))')"
holds "no stall is an hour long" python3 -c 'import json, sys
for line in open(sys.argv[1]):
    event = json.loads(line)
    assert not 60 < abs(event.get("duration_s", 0)), line' "$dir/out/tcpwind_alarms.jsonl"
finish
