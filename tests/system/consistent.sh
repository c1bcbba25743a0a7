#!/bin/bash
# SPDX-License-Identifier: MIT
# consistent.sh — with whatever settings a capture is read, flow table, alarms, report and pcap files agree with each other.
#
# TCPWIND, COMPOSE and WHENCE name the programs. Skipped where the program that compares is not at hand.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
. "$here/../support/golden.sh"
shared=${SHARED:-$here/../../../shared}

check=$shared/reference/consistent.py
[ -e "$check" ] || skip_all "no $check"
command -v python3 >/dev/null || skip_all "no python3 here"

cases
for name in "${names[@]}"; do
    [ ! -e "$golden/$name/packets" ] || compose "$name" "$dir/$name.pcap"
done
captures=("$dir"/*.pcap "$here"/../captures/*.pcap "$shared"/captures/*.pcap*)

# agree NAME [OPTION...]: read every capture with these options; one that breaks off is analysed up to there.
agree() {
    local out=$dir/out/$1 name=$1 file status bad=0
    shift
    for file in "${captures[@]}"; do
        [ -e "$file" ] || continue
        "$TCPWIND" -q -r "$file" -w "$out" "$@" 2>"$dir/stderr"
        status=$?
        if [ $status -gt 1 ]; then
            cat "$dir/stderr"
            bad=1
        fi
    done
    same "$name: every run ends in order" 0 $bad
    holds "$name: all files agree" python3 "$check" "$out"
    last=$out
}

agree default
agree ip -o flow.protocols=ip
agree raw -o detect.window=raw -o extract.before=none -o extract.direction=alarmed
agree raw-ip -o detect.window=raw -o detect.threshold=8192 -o flow.protocols=ip -o pcap.split=flow
agree inverted -o extract.invert=true
agree inverted-ip -o extract.invert=true -o flow.protocols=ip -o pcap.split=flow
agree split -o pcap.split=flow -o detect.threshold=20000
agree opposite -o extract.direction=opposite -o detect.threshold=10000 -o extract.after=1 -o detect.cooldown=1
agree flows --flows 1,3-5
agree flows-and-packets --flows 1-10 --packets 2-5 -o flow.protocols=ip
agree alarmed -o output.flows=alarmed -o detect.threshold=30000
agree no-flows -o output.flows=none -o detect.threshold=30000
agree no-alarms -o output.alarms=false -o detect.threshold=30000
agree small-table -o pcap.max_packets=10 -o detect.threshold=30000 -o flow.max=16 -o ring.size=1048576
agree most-bytes -o extract.max_bytes=1500 -o detect.threshold=30000 -o detect.min_duration=0.5 -o detect.min_segments=3
agree tunnels -o flow.vlan=false -o flow.tunnel=true -o flow.protocols=ip -o pcap.max_size=64000 -o detect.threshold=30000

# The check itself: it must see a packet too many.
table=$last/stall_flows.tsv
awk -F '\t' -v OFS='\t' 'NR == 2 { $23++ } { print }' "$table" >"$dir/table" && mv "$dir/table" "$table"
holds "a packet too many is seen" eval '! python3 "$check" "$last" >/dev/null'

finish
