#!/bin/bash
# SPDX-License-Identifier: MIT
# sums.sh — flow table, report and alarms of captures agree with each other, with capinfos and with tshark -z conv,tcp;
# community ids are those of the specification.
#
# TCPWIND names the program.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"

for tool in capinfos tshark python3; do
    command -v "$tool" >/dev/null || skip_all "no $tool here"
done
[ -x "${TCPWIND:=}" ] || skip_all "no program '$TCPWIND'"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

agrees() { # CAPTURE FOLDER PREFIX
    python3 "$here/../support/check_sums.py" "$@"
}

for file in "$here"/../captures/*.pcap "${SHARED:-$here/../../../shared}"/captures/*.pcap*; do
    [ -e "$file" ] || continue
    name=${file##*/} prefix=${file##*/}
    prefix=${prefix%.*}
    "$TCPWIND" -q -r "$file" -w "$dir/$name" 2>/dev/null # one that breaks off is analysed up to there
    holds "$name: the sums agree" agrees "$file" "$dir/$name" "$prefix"
    "$TCPWIND" -q -r "$file" -w "$dir/$name.ip" -o flow.protocols=ip 2>/dev/null
    holds "$name: the community ids" python3 "$here/../support/check_community.py" "$file" "$dir/$name.ip/${prefix}_flows.tsv"
done

# The check itself: it must see a packet too many.
table=$dir/stall.pcap/stall_flows.tsv
awk -F '\t' -v OFS='\t' 'NR == 2 { $23++ } { print }' "$table" >"$table.new" && mv "$table.new" "$table"
holds "a packet too many is seen" eval '! agrees "$here/../captures/stall.pcap" "$dir/stall.pcap" stall >/dev/null'

table=$dir/stall.pcap.ip/stall_flows.tsv
sed 's/1:[A-Za-z0-9]/1:#/' "$table" >"$table.new" && mv "$table.new" "$table"
holds "a wrong community id is seen" eval '! python3 "$here/../support/check_community.py" \
    "$here/../captures/stall.pcap" "$table" >/dev/null'

finish
