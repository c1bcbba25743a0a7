#!/bin/bash
# SPDX-License-Identifier: MIT
# flood.sh — floods of many kinds: memory stays within its limits, connections that were there before live through them
# with their handshakes, and what had to go is counted.
#
# TCPWIND names the program. FLOOD says how many packets a flood has.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"

command -v python3 >/dev/null || skip_all "no python3 here"
command -v tcpdump >/dev/null || skip_all "no tcpdump here"
[ -x "$TCPWIND" ] || skip_all "no program $TCPWIND"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

established=50 packets=${FLOOD:-200000} flows=5000

# Peak resident memory in KiB of tcpwind over a capture that is its standard input.
watched() { # FOLDER OPTION...
    local out=$1
    shift
    python3 -c 'import resource, subprocess, sys
status = subprocess.run(sys.argv[2:], stdin=sys.stdin).returncode
open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(status)' "$dir/rss" "$TCPWIND" -q -r - -w "$out" -o flow.max=$flows -o ring.size='"4 MiB"' \
        -o ring.handshakes='"256 KiB"' -o output.flows=none "$@"
}

survive() { # KIND FLOWS OF THE FLOOD
    local out=$dir/$1 report=$dir/$1/stdin_report.json
    python3 "$here/../support/flood_capture.py" "$1" $established "$packets" | watched "$out"
    same "$1: exit status" "0 0" "${PIPESTATUS[*]}"
    same "$1: every packet was taken" $((packets + 5 * established)) "$(json "$report" 'd["packets"]["total"]')"
    same "$1: every connection that was there before stalls, and alarms" "$established $established 0" \
        "$(json "$report" '"%d %d %d" % (d["alarms"]["total"], d["alarms"]["flows"], d["alarms"]["suppressed"])')"
    same "$1: flows" $(($2 + established)) "$(json "$report" 'd["flows"]["total"]')"
    same "$1: what had to go is counted" $(($2 + established > flows ? $2 + established - flows : 0)) \
        "$(json "$report" 'd["flows"]["ended"]["evicted"]')"
    holds "$1: the table stays within its limit" test "$(json "$report" 'd["flows"]["peak"]')" -le $flows
    same "$1: each handshake outlived the ring" "$((2 * established))" \
        "$(tcpdump -nn -r "$out"/stdin-*.pcap 'tcp[tcpflags] & tcp-syn != 0' 2>/dev/null | wc -l)"
}

survive syn "$packets"
memory=$(cat "$dir/rss")
survive scan "$packets"
survive ports "$packets" # 65 535, each evicted before it comes again
survive giant 1
if ! is_sanitized "$TCPWIND"; then
    packets=$((packets * 3))
    survive syn "$packets"
    grown=$(($(cat "$dir/rss") - memory))
    holds "three times the flood takes no more memory ($grown KiB more)" test "$grown" -le 4096
fi
finish
