#!/bin/bash
# SPDX-License-Identifier: MIT
# rotate.sh — files that come and go: rotation, retention, programs, kills, full disks, a folder that vanishes.
#
# TCPWIND and STALL name the programs. Skipped where no network namespace can be made or a tool is missing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
. "$here/../support/namespace.sh"

for tool in ip tcpdump python3; do
    command -v "$tool" >/dev/null || skip_all "no $tool here"
done
[ -x "$TCPWIND" ] || skip_all "no program $TCPWIND"
enter_namespace "$@" || skip_all "no network namespace can be made"
if [ -z "${TW_MOUNTS-}" ] && unshare -m true 2>/dev/null; then
    TW_MOUNTS=1 exec unshare -m bash "$0" "$@"
fi
dir=$(mktemp -d) || exit 1
trap 'leave_namespace; umount "$dir/disk" 2>/dev/null; rm -rf "$dir"' EXIT
make_pair || exit 1

start() { # FOLDER [OPTION...]: tcpwind on tw0 until it captures; its messages go to $dir/stderr
    local out=$1
    shift
    : >"$dir/stderr" # what the one before has said
    "$TCPWIND" -i tw0 -w "$out" -o report.directory="$dir/report" "$@" >"$dir/stdout" 2>"$dir/stderr" &
    tcpwind=$!
    await grep -q 'capturing on tw0' "$dir/stderr" || { cat "$dir/stderr"; exit 1; }
}

# stop SIGNAL: its exit status is ours.
stop() {
    kill "-$1" "$tcpwind"
    wait "$tcpwind" 2>/dev/null
}

stalls() { # [STOPS]: an IPv4 transfer that stalls
    transfer "$STALL" "$dir/receiver" 192.0.2.2 "${1-2}" 0.3
}

numbers() { # FOLDER: of its finished pcap files, in order
    find "$1" -name 'tcpwind-*.pcap' ! -name '*-current.pcap' | sed 's/.*Z-0*\([0-9]*\).*/\1/' | sort -n | tr '\n' ' '
}

last_number() { # FOLDER
    numbers "$1" | tr ' ' '\n' | grep . | tail -n 1
}

all_readable() { # FOLDER
    local file
    for file in "$1"/tcpwind-*Z-*.pcap; do
        [ -e "$file" ] || continue
        tcpdump -nn -r "$file" >/dev/null 2>"$dir/tcpdump" || { cat "$dir/tcpdump"; return 1; }
        ! grep -q truncated "$dir/tcpdump" || return 1
    done
}

follows() { # TEXT NUMBER COUNT: the text is that number and those before it
    [ "$1" = "$(seq -s ' ' $(($2 - $3 + 1)) "$2") " ]
}

retention() {
    local out=$dir/kept last=0 before file
    mkdir "$out"
    for file in notes tcpwind.pcap tcpwind-20240101T000000Z-000001.pcap.gz other-20240101T000000Z-000001.pcap; do
        echo foreign >"$out/$file"
    done
    printf '#!/bin/sh\necho "$1" >>%s/closed\n' "$dir" >"$dir/on_close"
    chmod +x "$dir/on_close"
    for run in 1 2; do
        start "$out" -o pcap.max_packets=1 -o pcap.keep_files=5 -o pcap.on_close="$dir/on_close"
        stalls 8
        stop TERM
        same "retention, run $run: exit status" 0 $?
        before=$last
        last=$(last_number "$out")
        holds "retention, run $run: fifty rotations ($last)" test $((last - before)) -ge 50
        holds "retention, run $run: just the five newest are there ($(numbers "$out"))" follows "$(numbers "$out")" "$last" 5
    done
    same "retention: foreign files are as they were" "foreign foreign foreign foreign" \
        "$(cat "$out"/notes "$out"/tcpwind.pcap "$out"/*.gz "$out"/other-* | tr '\n' ' ' | sed 's/ $//')"
    holds "retention: what is left is whole" all_readable "$out"
    same "retention: what was removed is counted" $((last - before)) \
        "$(json "$out/tcpwind_report.json" 'd["output"]["removed"]["files"]')"
    same "retention: the report lists what is left of its run" "$(cd "$out" && echo tcpwind-*Z-??????.pcap)" \
        "$(json "$out/tcpwind_report.json" '" ".join(d["extract"]["files"])')"
    same "on_close: every finished file was told, the last one too" "$last" "$(sort -u "$dir/closed" | grep -c .)"
    holds "on_close: with its path" grep -q "^$out/tcpwind-.*-0*$last.pcap\$" "$dir/closed"
}

has_part() { # FOLDER
    [ -n "$(find "$1" -name '*.part')" ]
}

kills() {
    local out=$dir/killed before left=0
    for run in 1 2 3; do
        start "$out" -o pcap.max_packets=20 -o pcap.flush=0.05
        stalls 4 &
        local transfer=$!
        sleep "0.$((run * 3))"
        await has_part "$out"
        stop KILL
        has_part "$out" && left=$((left + 1)) # but the last packet of a file may have come just now
        before=$(last_number "$out")
        holds "kill $run: finished files are whole" all_readable "$out"
        wait "$transfer"
    done
    holds "kill: files were left ($left)" test "$left" -gt 0
    start "$out" -o pcap.max_packets=20
    same "kill: the next start finishes what was left" "" "$(find "$out" -name '*.part')"
    holds "kill: what it finished is whole" all_readable "$out"
    stalls
    stop TERM
    same "kill: no number repeats" "" "$(numbers "$out" | tr ' ' '\n' | uniq -d)"
    holds "kill: and beyond those of before" test "$(last_number "$out")" -gt "${before:-0}"
}

has_trouble() { # WORDS
    kill -USR1 "$tcpwind"
    sleep 0.3
    grep -q "$1" "$dir/report/status.json"
}

full_disk() {
    local out=$dir/disk
    mkdir "$out"
    mount -t tmpfs -o size=1m tmpfs "$out" 2>/dev/null || { echo "skipped: no tmpfs can be mounted"; return; }
    start "$out" -o pcap.min_free=0
    dd if=/dev/zero of="$out/others" bs=4k 2>/dev/null
    stalls
    sleep 1.5
    holds "full disk: the status says so" await has_trouble "No space left"
    rm "$out/others"
    stalls
    holds "full disk: writing goes on when there is space" await eval '[ -n "$(find "$out" -name "*.part" -size +4k)" ]'
    stop TERM
    holds "full disk: what is there is whole" all_readable "$out"
    holds "full disk: alarms are counted all the time" test "$(json "$out/tcpwind_report.json" 'd["alarms"]["total"]')" -ge 3
    holds "full disk: what was lost is counted" test "$(json "$out/tcpwind_report.json" 'd["extract"]["lost"]["write"]')" -gt 0
    holds "full disk: at most a few lines" test "$(grep -c 'cannot be written' "$dir/stderr")" -le 3

    rm -f "$out"/*
    start "$out" -o pcap.min_free='"50 %"' -o pcap.max_packets=50
    stalls
    dd if=/dev/zero of="$out/others" bs=1k count=800 2>/dev/null
    stalls
    holds "others fill the disk: the status says so" await has_trouble "min_free"
    stop TERM
    same "others fill the disk: the newest finished file stays" 1 "$(numbers "$out" | wc -w)"
    holds "others fill the disk: their file stays" test -s "$out/others"
    umount "$out"
}

cut_by_signal() {
    local out=$dir/cut
    start "$out"
    stalls
    kill -USR2 "$tcpwind"
    await eval '[ -n "$(numbers "$out")" ]'
    same "SIGUSR2: the file is finished" "1 " "$(numbers "$out")"
    stalls
    stop TERM
    same "SIGUSR2: the next one has what came later" "1 2 " "$(numbers "$out")"
    holds "SIGUSR2: both are whole" all_readable "$out"
}

# What is not written to any more is finished when it is old, and the status does not name it any longer.
age() {
    local out=$dir/age
    start "$out" -o pcap.max_age=2 -o extract.after=1 -o report.interval=1
    stalls
    await test -n "$(find "$out" -name '*.part')"
    holds "age: a file without further packets is finished" await eval '[ -n "$(numbers "$out")" ] && [ -z "$(find "$out" -name "*.part")" ]'
    kill -USR1 "$tcpwind"
    holds "age: the status names no file then" await eval '! tail -n 1 "$dir/stderr" | grep -q writing'
    stop TERM
    same "age: exit status" 0 $?
}

vanishing_folder() {
    local out=$dir/gone
    start "$out" -o pcap.max_packets=20
    stalls
    await rm -rf "$out"
    stalls
    mkdir "$out"
    sleep 1.2
    stalls
    stop TERM
    holds "a folder that was removed and is back: files are in it" test -n "$(numbers "$out")"
    holds "a folder that was removed and is back: they are whole" all_readable "$out"
    holds "a folder that was removed and is back: so are the logs" grep -q '"event": *"alarm"' "$out/tcpwind_alarms.jsonl"
    holds "a folder that was removed and is back: and the report" test -s "$out/tcpwind_report.json"
}

logs() {
    local out=$dir/logs file
    start "$out" -o pcap.max_size='"20 kB"' -o output.flows=all
    for _ in 1 2 3 4 5; do
        stalls 6
    done
    stop TERM
    holds "logs rotate" test "$(find "$out" -name 'tcpwind_alarms-*.jsonl' | wc -l)" -ge 1
    for file in "$out"/tcpwind_alarms-*.jsonl; do
        holds "a rotated log is not too large" test "$(stat -c %s "$file")" -le 20000
    done
    same "every line is there once" "$(json "$out/tcpwind_report.json" 'd["alarms"]["total"]')" \
        "$(cat "$out"/tcpwind_alarms*.jsonl | grep -c '"event": *"alarm",')"
    holds "the live file of each log is there" test -e "$out/tcpwind_alarms.jsonl" -a -s "$out/tcpwind_flows.tsv"
}

retention
kills
full_disk
cut_by_signal
age
vanishing_folder
logs
finish
