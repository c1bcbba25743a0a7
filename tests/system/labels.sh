#!/bin/bash
# SPDX-License-Identifier: MIT
# labels.sh — countries and organisations out of databases made here, what becomes of broken ones, and of those that are
# replaced while tcpwind runs.
#
# TCPWIND names the program, with tcpwindctl beside it. Parts are skipped where no network namespace can be made or a tool
# is missing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
. "$here/../support/namespace.sh"
capture=$here/../captures/stall.pcap

command -v python3 >/dev/null || skip_all "no python3 here"
[ -x "${TCPWIND:=}" ] || skip_all "no program '$TCPWIND'"
enter_namespace "$@"
isolated=$?
dir=$(mktemp -d) || exit 1
trap 'leave_namespace; rm -rf "$dir"' EXIT

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

# What a running tcpwind says of the source now, in a new report.
labelled() {
    rm -f "$dir/run/status.json"
    kill -USR1 "$tcpwind"
    await test -e "$dir/run/status.json"
    json "$dir/run/status.json" "[(h['country'], h['organisation']) for h in d['top']['packets'] if h['ip'] == '$source']"
}

is_labelled() { # COUNTRY ORGANISATION
    [ "$(labelled)" = "[('$1', '$2')]" ]
}

make_database() { # COUNTRY
    printf '%s/32\t%s\n' "$source" "$1" | perl "$here/../support/make_mmdb.pl" country "$dir/live"
}

configure() { # ORGANISATIONS
    cat >"$dir/conf" <<END
capture: { interface = "tw0"; };
label: { country = "$dir/live"; organisation = "$1"; };
pcap: { directory = "$dir/pcap"; };
report: { directory = "$dir/run"; interval = 0; };
END
}

reload() { # what is said goes to $dir/said
    "${TCPWIND%/*}/tcpwindctl" reload "$dir/run" >"$dir/said" 2>&1
}

running() {
    make_pair || return 1
    make_database SE
    configure ""
    "$TCPWIND" -c "$dir/conf" >/dev/null 2>"$dir/stderr" &
    tcpwind=$!
    await test -S "$dir/run/control" || return 1
    far tcpreplay -q --topspeed -i tw1 "$capture" >/dev/null 2>&1
    holds "running: a country" await is_labelled SE documentation
    make_database NO
    holds "running: a database that is replaced does not show at once" is_labelled SE documentation
    holds "running: reloaded" reload
    same "running: there is nothing to say of it" reloaded "$(cat "$dir/said")"
    holds "running: after a reload it shows" await is_labelled NO documentation
    printf 'no database\n' >"$dir/live"
    holds "running: a broken one does not stop the reload" reload
    holds "running: it is said to who reloads" grep -q "label.country: $dir/live: .*; going on with the one before" "$dir/said"
    holds "running: and in the log" grep -q "label.country: $dir/live: .*; going on with the one before" "$dir/stderr"
    holds "running: what was known before stays" is_labelled NO documentation
    rm "$dir/live"
    configure "$dir/nothere"
    holds "running: nor do files that are missing" reload
    same "running: each of them is said" 3 "$(wc -l <"$dir/said")"
    holds "running: still the same" is_labelled NO documentation
    make_database DK
    configure "$dir/names"
    holds "running: good ones again" reload
    holds "running: show" await is_labelled DK 'Alpha\tand <Beta>'
    kill "$tcpwind"
    wait "$tcpwind"
    same "running: exit status" 0 $?
}

if [ "$isolated" -ne 0 ] || ! command -v tcpreplay >/dev/null || [ ! -e "$dir/cut" ]; then
    echo "# no network namespace, tcpreplay, writer of databases or libmaxminddb here: nothing is replaced while running"
else
    running
fi

finish
