#!/bin/bash
# SPDX-License-Identifier: MIT
# changed.sh — capture files that become shorter or longer while tcpwind reads them: it says so, and what was read counts.
#
# TCPWIND and GENERATE name the programs.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"

for tool in tshark capinfos; do
    command -v $tool >/dev/null || skip_all "no $tool here"
done
[ -x "${TCPWIND:=}" ] && [ -x "${GENERATE:=}" ] || skip_all "no programs '$TCPWIND' and '$GENERATE'"
dir=$(mktemp -d) || exit 1
trap 'kill -KILL "${tcpwind:-}" 2>/dev/null; rm -rf "$dir"' EXIT

"$GENERATE" --flows 40000 --at-once 5000 --packets 1000000 --snaplen 96 --stalls 0.05 "$dir/load.pcap" || exit 1
packets=$(json "$dir/load.pcap.json" 'd["packets"]')
size=$(stat -c %s "$dir/load.pcap")

bytes_read() { # by the process
    awk '$1 == "rchar:" { n = $2 } END { print n + 0 }' "/proc/$tcpwind/io" 2>/dev/null
}

# Read a copy of the load, and stop half way; on a fast machine some times later than on a slow one.
begin() { # NAME
    file=$dir/$1.pcap out=$dir/$1
    cp "$dir/load.pcap" "$file"
    "$TCPWIND" -q -r "$file" -w "$out" 2>"$dir/stderr" &
    tcpwind=$!
    while kill -0 $tcpwind 2>/dev/null && [ "$(bytes_read)" -lt $((10 << 20)) ]; do
        :
    done
    kill -STOP $tcpwind
    at=$(bytes_read)
}

end() { # its exit status is ours
    kill -CONT $tcpwind
    wait $tcpwind
}

total() {
    json "$out/${out##*/}_report.json" 'd["packets"]["total"]'
}

between() { # LEAST MOST NUMBER
    [ "$1" -le "$3" ] && [ "$3" -le "$2" ]
}

# The output is whole: files of packets that others can read, a report that agrees with them.
is_whole() {
    local written
    written=$(for pcap in "$out"/*.pcap; do tshark -r "$pcap" -T fields -e frame.number || echo broken; done 2>/dev/null | wc -l)
    [ "$written" -eq "$(json "$out/${out##*/}_report.json" 'd["extract"]["packets"]')" ]
}

says_why() { # WORDS
    grep -qE "$1" "$dir/stderr" || { cat "$dir/stderr"; false; }
}

begin shrunk
holds "half way it is stopped" between $((10 << 20)) $((size - 1)) "$at"
truncate -s $((at / 3)) "$file"
end
same "shorter than what was read: exit status" 1 $?
holds "shorter than what was read: a message says so" says_why "shrunk.pcap: (became shorter while it was read|truncated dump file)"
holds "shorter than what was read: the packets up to there" between 1 $((packets - 1)) "$(total)"
holds "shorter than what was read: the output is whole" is_whole

begin cut
truncate -s $(((at + size) / 2)) "$file"
capinfos -c "$file" 2>&1 | grep -q 'cut short' || truncate -s +1 "$file" # it happened to end with a packet
end
same "cut off ahead: exit status" 1 $?
holds "cut off ahead: a message says so" says_why "cut.pcap: truncated dump file"
holds "cut off ahead: the packets up to there" between $((packets / 4)) $((packets - 1)) "$(total)"
holds "cut off ahead: the output is whole" is_whole

begin grown
holds "half way it is stopped again" between $((10 << 20)) $((size - 1)) "$at"
tail -c +25 "$dir/load.pcap" >>"$file"
end
same "longer: exit status" 0 $?
holds "longer: no packet of before is missing" test "$(total)" -ge "$packets"
holds "longer: the output is whole" is_whole
finish
