#!/bin/bash
# SPDX-License-Identifier: MIT
# raw.sh — detect.window = "raw" against an own reading of what Tranalyzer's tcpWin and pcapd do: the same directions
# alarm, with as many low segments, and the same packets are extracted.
#
# TCPWIND, COMPOSE and WHENCE name the programs.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
. "$here/../support/golden.sh"

for tool in tshark python3; do
    command -v "$tool" >/dev/null || skip_all "no $tool here"
done

settings=(-o detect.window=raw -o extract.before=none -o extract.direction=alarmed -o extract.after=0)

analyse() { # CAPTURE FOLDER
    "$TCPWIND" -q -r "$1" -w "$2" "${settings[@]}" 2>/dev/null # one that breaks off is analysed up to there
    local -a files
    mapfile -t files < <(compgen -G "$2/*.pcap" | sort)
    : >"$2.extracted"
    [ ${#files[@]} -eq 0 ] || "$WHENCE" "$1" "${files[@]}" >"$2.extracted"
}

agrees() { # CAPTURE FOLDER PREFIX
    python3 "$here/../support/check_raw.py" "$@" "$2.extracted"
}

for name in episode-ends port-reuse two-episodes scales fast-open reordered; do
    compose "$name" "$dir/$name.pcap"
done
alarmed=0
for file in "$here"/../captures/*.pcap "$dir"/*.pcap "${SHARED:-$here/../../../shared}"/captures/*.pcap*; do
    [ -e "$file" ] || continue
    name=${file##*/}
    analyse "$file" "$dir/out/$name"
    holds "$name: the same as read with tshark" agrees "$file" "$dir/out/$name" "${name%.*}"
    [ ! -s "$dir/out/$name.extracted" ] || alarmed=$((alarmed + 1))
done
holds "there was something to compare" test "$alarmed" -ge 4

# The check itself: it must see a low segment too many, and a packet too few.
out=$dir/out/stall.pcap
cp "$out.extracted" "$dir/extracted"
sed 's/-[0-9]*$//' "$dir/extracted" >"$out.extracted"
holds "packets that are missing are seen" eval '! agrees "$here/../captures/stall.pcap" "$out" stall >/dev/null'
cp "$dir/extracted" "$out.extracted"
awk -F '\t' -v OFS='\t' 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "tcpWinThCnt") n = i }
    NR > 1 && $n > 0 { $n++ } { print }' "$out/stall_flows.tsv" >"$dir/table" && mv "$dir/table" "$out/stall_flows.tsv"
holds "a low segment too many is seen" eval '! agrees "$here/../captures/stall.pcap" "$out" stall >/dev/null'

finish
