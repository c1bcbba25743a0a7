#!/bin/bash
# SPDX-License-Identifier: MIT
# tshark.sh — the golden cases, with an empty window and what was extracted, as tshark sees them.
#
# tshark calls every segment with a window of 0 a zero window that has none of SYN, FIN and RST, whether or not it says
# anything about the window. Where it sees others, the file tests/golden/CASE/tshark says how many more, and why.
#
# TCPWIND, COMPOSE and WHENCE name the programs.
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
command -v tshark >/dev/null || skip_all "no tshark here"
. "$here/../support/golden.sh"

# Each direction with zero windows, and their number: "sport dport n". The ports tell the connections of a case apart.
seen_by_tshark() { # FILE
    tshark -r "$1" -Y tcp.analysis.zero_window -T fields -E occurrence=l -e tcp.srcport -e tcp.dstport 2>/dev/null |
        sort | uniq -c | awk '{ print $2, $3, $1 }'
}

seen_by_us() { # FLOWS
    awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { n[$at["srcPort"] " " $at["dstPort"]] += $at["tcpWinZero"] }
        END { for (way in n) if (n[way]) print way, n[way] }' "$1" | sort
}

# How many zero windows more the first has; "-" where some way has less there.
more() { # TSHARK US
    awk 'FILENAME == ARGV[1] { n[$1, $2] = $3; more += $3; next }
        { more -= $3; if ($3 > n[$1, $2]) less = 1 }
        END { print less ? "-" : more + 0 }' "$1" "$2"
}

payloads() { # FILE...
    local file
    for file in "$@"; do
        tshark -r "$file" -o ip.defragment:FALSE -o ipv6.defragment:FALSE -T fields -e frame.len -e tcp.payload
    done 2>/dev/null
}

compare() { # CASE
    local name=$1 out=$dir/$1 allowed=0
    compose "$name" "$dir/$name.pcap"
    read_case "$name" "$dir" "$out"
    [ -e "$out/${name}_flows.tsv" ] || return
    [ ! -e "$golden/$name/tshark" ] || read -r allowed _ <"$golden/$name/tshark"
    seen_by_tshark "$dir/$name.pcap" >"$out/tshark"
    seen_by_us "$out/${name}_flows.tsv" >"$out/us"
    same "$name: zero windows that only tshark sees" "$allowed" "$(more "$out/tshark" "$out/us")"
    [ ! -e "$golden/$name/extracted" ] || holds "$name: what was extracted has the payload it had" \
        awk 'NR == FNR { n[$0]++; next } n[$0]-- <= 0 { exit 1 }' \
        <(payloads "$dir/$name.pcap") <(payloads "$out"/*.pcap)
}

# Where all segments count (raw) and where some connections are filtered out or not written, there is nothing to compare.
for name in $(cd "$golden" && printf '%s\n' */ | tr -d /); do
    grep -qsE 'detect.window=raw|ring.snaplen|-f |flow.tunnel|output.flows' "$golden/$name/options" || compare "$name"
done
finish
