#!/bin/bash
# SPDX-License-Identifier: MIT
# file.sh — tcpwind -r on the recorded transfers, and on other captures where there are any, against tshark.
#
# TCPWIND names the program.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
captures=$here/../captures
public=$here/../../../shared/captures

for tool in tcpdump tshark python3; do
    command -v "$tool" >/dev/null || skip_all "no $tool here"
done
[ -x "${TCPWIND:=}" ] || skip_all "no program '$TCPWIND'"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

read_file() { # FILE FOLDER [OPTION...]
    local file=$1 out=$2
    shift 2
    "$TCPWIND" -q -r "$file" -w "$out" "$@" 2>"$dir/stderr"
}

# All frames of the files of a folder, or of a capture, one line each.
frames() { # FILE...
    local file
    for file in "$@"; do
        tshark -r "$file" -T fields -e frame.time_epoch -e frame.len -e tcp.seq_raw -e tcp.ack_raw -e tcp.checksum
    done 2>/dev/null
}

# What a report says that may differ between two runs.
without_run() { # FILE
    python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
for key in "pid", "uptime_s", "memory": del d[key]
print(json.dumps(d))' "$1"
}

recorded() { # NAME: a capture of one connection that stalls twice
    local file=$captures/$1.pcap out=$dir/$1 report=$dir/$1/$1_report.json
    read_file "$file" "$out"
    same "$1: exit status" 0 $?
    same "$1: two alarms, two ends, one extraction" "2 2 1" "$(for event in alarm alarm_end extract_end; do
        count_events $event "$out/$1_alarms.jsonl"
    done | xargs)"
    same "$1: zero windows as tshark counts them" \
        "$(tshark -r "$file" -Y tcp.analysis.zero_window 2>/dev/null | wc -l)" \
        "$(json "$report" 'd["window"]["zero_segments"]')"
    holds "$1: every packet of the connection is extracted, as it was" \
        cmp <(frames "$file") <(frames "$out"/"$1"-*.pcap)
    same "$1: the report lists every file" "$(cd "$out" && echo ./*.pcap)" \
        "./$(json "$report" '" ./".join(d["extract"]["files"])')"

    mkdir "$dir/again" && read_file "$file" "$dir/again"
    holds "$1: a second run writes the same report" \
        cmp <(without_run "$report") <(without_run "$dir/again/$1_report.json")
    holds "$1: a second run writes the same files" eval \
        'for f in "$out"/*.pcap "$out"/*.jsonl "$out"/*.tsv; do cmp "$f" "$dir/again/${f##*/}" || break; done'
    rm -r "$dir/again"
}

pipes_and_pieces() {
    "$TCPWIND" -q -j -r - -w "$dir/stdin" <"$captures/stall.pcap" >"$dir/stdout"
    same "from standard input: alarms in the JSON on standard output" 2 "$(json "$dir/stdout" 'd["alarms"]["total"]')"
    holds "from standard input: the same packets" \
        cmp <(frames "$dir/stall"/*.pcap) <(frames "$dir/stdin"/*.pcap)

    head -c 100000 "$captures/stall.pcap" >"$dir/broken.pcap"
    read_file "$dir/broken.pcap" "$dir/broken"
    same "a file that breaks off: exit status" 1 $?
    same "a file that breaks off: it is said" True \
        "$(json "$dir/broken/broken_report.json" 'd["source"]["truncated"]')"
    read_file "$dir/nothere.pcap" "$dir/nothere"
    same "a file that is not there: exit status" 1 $?
    "$TCPWIND" -r "$captures/stall.pcap" "$dir/nowhere.pcap" -w "$dir/part" >"$dir/stdout" 2>/dev/null
    same "a second file that is not there: exit status" 1 $?
    same "a second file that is not there: the report is not complete" False \
        "$(json "$dir/part/stall_report.json" 'd["complete"]')"
    holds "a second file that is not there: the text says so" grep -q "not all of the input" "$dir/stdout"
}

# An alarm belongs to the file whose packet raised it, be it the last one there.
one_after_the_other() {
    local number
    number=$(tshark -r "$captures/stall.pcap" -Y tcp.analysis.zero_window -T fields -e frame.number 2>/dev/null | head -n 1)
    tcpdump -r "$captures/stall.pcap" -c "$number" -w "$dir/one.pcap" 2>/dev/null
    "$TCPWIND" -q -r "$dir/one.pcap" "$captures/stall6.pcap" -w "$dir/both"
    same "a second file: the first one's alarm is called its own" "$dir/one.pcap" \
        "$(python3 -c 'import json, sys; print(json.loads(next(open(sys.argv[1])))["file"])' "$dir/both/one_alarms.jsonl")"
}

# Other people's captures. tshark calls every segment with a window of 0 a zero window, we only those that are considered.
others() {
    local file name out
    for file in "$public"/*.pcap*; do
        name=$(basename "${file%.pcap*}")
        out=$dir/others/$name
        read_file "$file" "$out"
        holds "$name: is read without a crash" test $? -le 1
        [ ! -f "$out/${name}_report.json" ] || holds "$name: no zero window that tshark does not see" \
            test "$(json "$out/${name}_report.json" 'd["window"]["zero_segments"]')" -le \
            "$(tshark -r "$file" -Y tcp.analysis.zero_window 2>/dev/null | wc -l)"
    done
}

recorded stall
recorded stall6
pipes_and_pieces
one_after_the_other
mkdir "$dir/others"
[ ! -d "$public" ] || others
finish
