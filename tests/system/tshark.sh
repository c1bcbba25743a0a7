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
for tool in tshark mergecap editcap capinfos; do
    command -v "$tool" >/dev/null || skip_all "no $tool here"
done
. "$here/../support/golden.sh"

# Analyse a case; its capture goes to capture/CASE, what was extracted to extracted/CASE, in one format.
analyse() { # CASE
    local name=$1 out=$dir/$1 file
    compose "$name" "$dir/$name.pcap"
    read_case "$name" "$dir" "$out"
    [ -e "$out/${name}_flows.tsv" ] || return
    mkdir -p "$dir/capture/$name" "$dir/extracted/$name"
    editcap "$dir/$name.pcap" "$dir/capture/$name/whole.pcapng" 2>/dev/null # one that breaks off: up to there
    for file in "$out"/*.pcap; do
        [ ! -e "$file" ] || editcap "$file" "$dir/extracted/$name/${file##*/}ng" 2>/dev/null
    done
}

# What tshark says of the packets of KIND/CASE/*, line by line with the case in front. It takes longer to start than to
# read any of them, and so reads all at once.
read_all() { # KIND OPTION...
    local files=("$dir/$1"/*/*.pcapng)
    mergecap -a -I none -w "$dir/$1/all" "${files[@]}" || return
    awk -F '\t' -v OFS='\t' '
        NR == FNR { n = split($1, path, "/"); name[NR] = path[n - 1]; last[NR] = sum += $2; next }
        { while ($1 > last[at + 1]) at++; $1 = name[at + 1]; print }' \
        <(capinfos -T -r -c "${files[@]}") <(tshark -r "$dir/$1/all" -T fields -e frame.number "${@:2}" 2>/dev/null)
}

payloads() { # KIND
    read_all "$1" -o ip.defragment:FALSE -o ipv6.defragment:FALSE -e frame.len -e tcp.payload >"$dir/payloads.$1"
    same "$1: tshark has read every packet" "$(capinfos -T -r -c "$dir/$1/all" | cut -f 2)" "$(wc -l <"$dir/payloads.$1")"
}

# Each direction with zero windows, and their number: "sport dport n". The ports tell the connections of a case apart.
seen_by_tshark() { # CASE
    awk -v name="$1" '$1 == name { n[$2 " " $3]++ } END { for (way in n) print way, n[way] }' "$dir/zero_windows"
}

seen_by_us() { # FLOWS
    awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { n[$at["srcPort"] " " $at["dstPort"]] += $at["tcpWinZero"] }
        END { for (way in n) if (n[way]) print way, n[way] }' "$1"
}

# How many zero windows more the first has; "-" where some way has less there.
more() { # TSHARK US
    awk 'FILENAME == ARGV[1] { n[$1, $2] = $3; more += $3; next }
        { more -= $3; if ($3 > n[$1, $2]) less = 1 }
        END { print less ? "-" : more + 0 }' "$1" "$2"
}

compare() { # CASE
    local name=$1 out=$dir/$1 allowed=0
    [ ! -e "$golden/$name/tshark" ] || read -r allowed _ <"$golden/$name/tshark"
    seen_by_tshark "$name" >"$out/tshark"
    seen_by_us "$out/${name}_flows.tsv" >"$out/us"
    same "$name: zero windows that only tshark sees" "$allowed" "$(more "$out/tshark" "$out/us")"
    [ ! -e "$golden/$name/extracted" ] || holds "$name: what was extracted has the payload it had" \
        awk -F '\t' -v name="$name" '$1 != name { next } NR == FNR { n[$0]++; next } n[$0]-- <= 0 { exit 1 }' \
        "$dir/payloads.capture" "$dir/payloads.extracted"
}

# Where all segments count (raw) and where some connections are filtered out or not written, there is nothing to compare.
for name in $(cd "$golden" && printf '%s\n' */ | tr -d /); do
    grep -qsE 'detect.window=raw|ring.snaplen|-f |flow.tunnel|output.flows' "$golden/$name/options" || analyse "$name"
done
read_all capture -Y tcp.analysis.zero_window -E occurrence=l -e tcp.srcport -e tcp.dstport >"$dir/zero_windows"
payloads capture
payloads extracted
for name in $(cd "$dir/capture" && printf '%s\n' */ | tr -d /); do
    compare "$name"
done
finish
