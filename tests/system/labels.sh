#!/bin/bash
# SPDX-License-Identifier: MIT
# labels.sh — countries and organisations out of databases made here, and what becomes of broken ones.
#
# TCPWIND names the program.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
capture=$here/../captures/stall.pcap

command -v python3 >/dev/null || skip_all "no python3 here"
[ -x "${TCPWIND:=}" ] || skip_all "no program '$TCPWIND'"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

analyse() { # [OPTION...]
    "$TCPWIND" -q -r "$capture" -w "$dir/out" "$@" 2>"$dir/stderr"
}

column() { # NAME: of the first line
    awk -F '\t' -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) n = i } NR == 2 { print $n }' \
        "$dir/out/stall_flows.tsv"
}

# says NAME COUNTRY ORGANISATION: what the four places say of the address that the first line of the table is from.
says() {
    same "$1: the flow table" "$2, $3" "$(column srcIPCC), $(column srcIPOrg)"
    same "$1: an alarm" "$2, $3" "$(python3 -c 'import json, sys
alarm = json.loads(open(sys.argv[1]).readline())
end = next(alarm[end] for end in ("receiver", "sender") if alarm[end]["ip"] == sys.argv[2])
print(end["country"] or "-", end["organisation"] or "-", sep=", ")' "$dir/out/stall_alarms.jsonl" "$source")"
    same "$1: the report" "$2, $3" "$(python3 -c 'import json, sys
top = json.load(open(sys.argv[1]))["top"]["packets"]
host = next(host for host in top if host["ip"] == sys.argv[2])
print(host["country"] or "-", host["organisation"] or "-", sep=", ")' "$dir/out/stall_report.json" "$source")"
}

analyse
same "without a database: exit status" 0 $?
source=$(column srcIP)
says "a range has its name" - documentation

printf 'no database\n' >"$dir/broken"
for file in "$dir/broken" "$dir/missing" "$dir"; do
    analyse -o "label.country=$file"
    same "a database that cannot be used is no failure" 0 $?
    holds "it is said" grep -q "label.country: $file: .*; going on without" "$dir/stderr"
    says "the ranges have their names" - documentation
done

if perl -MMaxMind::DB::Writer::Tree -e 1 2>/dev/null; then
    printf '%s/32\tSE\n' "$source" | perl "$here/../support/make_mmdb.pl" country "$dir/country"
    printf '%s/32\tAlpha\tand <Beta>\n' "$source" | perl "$here/../support/make_mmdb.pl" organisation "$dir/names"
    analyse -o "label.country=$dir/country"
    if grep -q 'libmaxminddb' "$dir/stderr"; then
        echo "# $(cat "$dir/stderr")"
    else
        says "a country alone" SE documentation
        analyse -o "label.country=$dir/country" -o "label.organisation=$dir/names"
        same "a name that would end a field" 'Alpha\x09and <Beta>' "$(column srcIPOrg)"
        holds "the text report has it" grep -q 'SE Alpha?and <Bet' "$dir/out/stall_report.txt"
        head -c 400 "$dir/country" >"$dir/cut"
        analyse -o "label.country=$dir/cut"
        holds "a database cut short is said to be" grep -q "label.country: $dir/cut: .*; going on without" "$dir/stderr"
    fi
else
    echo "# no writer of databases here (libmaxmind-db-writer-perl)"
fi

finish
