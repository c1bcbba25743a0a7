#!/bin/bash
# SPDX-License-Identifier: MIT
# ctl.sh — tcpwindctl: its verbs on real files, on folders that a script plays with, and beside a running tcpwind.
#
# TCPWIND and TCPWINDCTL name the programs. Parts are skipped where no network namespace can be made or a tool is missing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
. "$here/../support/namespace.sh"
captures=$here/../captures

command -v python3 >/dev/null || skip_all "no python3 here"
[ -x "$TCPWINDCTL" ] || skip_all "no program $TCPWINDCTL"
enter_namespace "$@"
isolated=$?
dir=$(mktemp -d) || exit 1
trap 'leave_namespace; rm -rf "$dir"' EXIT

# exits WANTED COMMAND...: the exit status must be this; what was said is in $dir/stdout and $dir/stderr.
exits() {
    local wanted=$1 found
    shift
    timeout 20 "$@" >"$dir/stdout" 2>"$dir/stderr" </dev/null
    found=$?
    [ "$found" -eq "$wanted" ] || { echo "status $found instead of $wanted"; cat "$dir/stderr"; return 1; }
}

says() { # FILE WORDS
    grep -qF -- "$2" "$dir/$1"
}

usage() {
    holds "no verb is a wrong usage" exits 2 "$TCPWINDCTL"
    holds "an unknown verb is a wrong usage" exits 2 "$TCPWINDCTL" nothing
    holds "help is no trouble" exits 0 "$TCPWINDCTL" -h
    holds "the version is that of the program" exits 0 "$TCPWINDCTL" --version
    holds "decode without a value is a wrong usage" exits 2 "$TCPWINDCTL" decode
    holds "decode of an unknown column is a wrong usage" exits 2 "$TCPWINDCTL" decode flowInd=1
    holds "decode of too large a value is a wrong usage" exits 2 "$TCPWINDCTL" decode tcpWinStat=0x100
    holds "decode explains" exits 0 "$TCPWINDCTL" decode flowStat=0x0402000000004000 tcpStatesAFlags=0x42 tcpWinStat=0x01
    holds "decode names the alarm" says stdout "alarm, its packets are extracted"
    holds "decode names the reset" says stdout "reset from sender"
    holds "an unknown start of follow is a wrong usage" exits 2 "$TCPWINDCTL" follow --from tomorrow "$dir"
    holds "a folder that is not there is trouble" exits 1 "$TCPWINDCTL" follow "$dir/nothere"
}

flows() {
    "$TCPWIND" -q -r "$captures/stall.pcap" -w "$dir/analysis" || exit 1
    local table=$dir/analysis/stall_flows.tsv
    holds "flows shows the table" exits 0 "$TCPWINDCTL" flows "$table"
    same "flows: a line for the names and one for each direction" 3 "$(wc -l <"$dir/stdout")"
    same "flows: all lines are equally wide" 1 "$(awk '{ print length }' "$dir/stdout" | sort -u | wc -l)"
    holds "flows takes columns" exits 0 "$TCPWINDCTL" flows --columns dir,tcpWinZero "$table"
    same "flows: the zero windows" "dir tcpWinZero A 0 B 4" "$(xargs <"$dir/stdout")"
    holds "flows writes JSON" exits 0 "$TCPWINDCTL" flows --json "$table"
    same "flows: the JSON has the values and the bits in words" "1 B 5001 True 50" "$(python3 -c 'import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
b = rows[1]
print(b["flowInd"], b["dir"], b["srcPort"], "alarm" in b["tcpWinStat_bits"], sum(not k.endswith("_bits") for k in b))' \
        "$dir/stdout")"
    holds "an unknown column is a wrong usage" exits 2 "$TCPWINDCTL" flows --columns dir,nothing "$table"
    holds "the unknown column is named" says stderr '"nothing"'
    holds "a table that is not there is trouble" exits 1 "$TCPWINDCTL" flows "$dir/nothere"
    holds "a file that is no table is trouble" exits 1 "$TCPWINDCTL" flows "$captures/stall.pcap"
    printf '%%dir\tflowInd\nA\t1\t\033[2J\nB\t\033[2J\nA\n' >"$dir/cut.tsv"
    holds "broken lines are trouble" exits 1 "$TCPWINDCTL" flows "$dir/cut.tsv"
    same "broken lines do not hide the others" "dir|flowInd|B|\x1b[2J" "$(tr -s ' \n' '|' <"$dir/stdout" | sed 's/|$//')"
    holds "no escape reaches the terminal" eval '! grep -q "$(printf "\033")" "$dir/stdout" "$dir/stderr"'
}

# A stand-in for the control socket: answers every connection with the packets given.
answer() { # FOLDER PACKET...
    rm -f "$1/control"
    python3 - "$@" <<'PYTHON' &
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[1] + "/answer")
s.listen()
os.rename(sys.argv[1] + "/answer", sys.argv[1] + "/control")
s.settimeout(20)
c, _ = s.accept()
verb = c.recv(100)
open(sys.argv[1] + "/verb", "wb").write(verb)
for packet in sys.argv[2:]:
    c.send(packet.encode())
c.close()
PYTHON
    await test -S "$1/control"
}

reload() {
    local run=$dir/run
    mkdir "$run"
    holds "reload: nothing runs" exits 3 "$TCPWINDCTL" reload "$run"
    holds "reload: no such folder" exits 3 "$TCPWINDCTL" reload "$run/nothere"
    answer "$run" ok "reloaded"
    holds "reload: a good one" exits 0 "$TCPWINDCTL" reload "$run"
    same "reload: what was asked" reload "$(cat "$run/verb")"
    same "reload: what was answered" reloaded "$(cat "$dir/stdout")"
    answer "$run" error "tcpwind.conf:3: ring.size: too small" $'kept the old configuration\033[2J'
    holds "reload: a bad one" exits 1 "$TCPWINDCTL" reload "$run"
    same "reload: every error, a line each, escaped" 'tcpwind.conf:3: ring.size: too small|kept the old configuration\x1b[2J' \
        "$(paste -sd'|' "$dir/stderr")"
    answer "$run" what
    holds "reload: an answer that is none" exits 1 "$TCPWINDCTL" reload "$run"
    answer "$run"
    holds "reload: no answer" exits 1 "$TCPWINDCTL" reload "$run"
}

report() { # FOLDER DROPPED
    printf 'The report\n\033[2J' >"$1/report.txt"
    printf '{"tcpwind":"0","interval":{"duration_s":60.0,"dropped_kernel":%s,"interface_away":false,"trouble":null}}\n' \
        "$2" >"$1/status.json"
}

status() {
    local run=$dir/reports
    mkdir "$run"
    report "$run" 0
    : >"$run/.tcpwind.lock"
    holds "status: not running, whatever reports there are" exits 3 "$TCPWINDCTL" status "$run"
    flock --no-fork "$run/.tcpwind.lock" sleep 60 &
    local holder=$!
    await eval '! flock -n "$run/.tcpwind.lock" true'
    holds "status: running and well" exits 0 "$TCPWINDCTL" status "$run"
    holds "status: it says so" says stdout "all is well"
    holds "status: the report is shown" says stdout "The report"
    holds "status: no escape reaches the terminal" eval '! grep -q "$(printf "\033")" "$dir/stdout"'
    holds "status: as JSON" exits 0 "$TCPWINDCTL" status --json "$run"
    holds "status: the JSON is the report's" cmp -s "$run/status.json" "$dir/stdout"
    report "$run" 12
    holds "status: packets were dropped" exits 1 "$TCPWINDCTL" status "$run"
    holds "status: it says how many" says stdout "12 packets dropped by the kernel"
    report "$run" 0
    touch -d '10 minutes ago' "$run/status.json"
    holds "status: an old report" exits 1 "$TCPWINDCTL" status "$run"
    holds "status: it says that it is old" says stdout "the report is old (10 min"
    rm "$run/status.json"
    holds "status: running without a report" exits 1 "$TCPWINDCTL" status "$run"
    kill "$holder"
    wait "$holder" 2>/dev/null
}

# The bytes of all records of pcap files, in the order given, behind the header of the first.
records() { # FILE...
    python3 -c 'import sys
for i, name in enumerate(sys.argv[1:]):
    data = open(name, "rb").read()
    sys.stdout.buffer.write(data[24:])' "$@"
}

file_name() { # NUMBER
    printf 'tcpwind-20260101T000000Z-%06d.pcap' "$1"
}

has_size() { # FILE BYTES: or more
    [ "$(stat -c %s "$1")" -ge "$2" ]
}

end_follow() { # BYTES: when its stream has so many
    await has_size "$dir/stream" "$1"
    sleep 0.2 # for what should not be in it
    kill -INT "$follow" 2>/dev/null
    wait "$follow"
}

# Files that a script writes piece by piece, renames and removes, beside a follower.
follow_script() {
    local folder=$dir/script
    mkdir "$folder"
    "$TCPWINDCTL" follow "$folder" >"$dir/stream" 2>"$dir/stderr" &
    follow=$!
    sleep 0.3
    same "follow: waits for the first file" 0 "$(stat -c %s "$dir/stream")"
    python3 - "$folder" "$captures/stall.pcap" <<'PYTHON'
import os, random, sys, time
folder, source = sys.argv[1:]
data = open(source, "rb").read()
random.seed(4)
offset = 24
for number in range(1, 41):
    name = "%s/tcpwind-20260101T000000Z-%06d.pcap" % (folder, number)
    part = open(name + ".part", "wb", buffering=0)
    part.write(data[:24])
    for _ in range(random.randrange(0, 12)):
        length = 16 + int.from_bytes(data[offset + 8:offset + 12], "little")
        record = data[offset:offset + length]
        cut = random.randrange(len(record))
        part.write(record[:cut])
        if random.random() < 0.3:
            time.sleep(0.005)
        part.write(record[cut:])
        offset = offset + length if offset + length < len(data) else 24
    os.rename(name + ".part", name)
    open("%s/written" % folder, "ab").write(open(name, "rb").read()[24:])
    if number % 8 == 0:
        time.sleep(0.1)
PYTHON
    end_follow $((24 + $(stat -c %s "$folder/written")))
    same "follow: a signal ends it in order" 0 $?
    holds "follow: every record of 40 files once, in order" cmp "$folder/written" <(tail -c +25 "$dir/stream")
    same "follow: nothing to complain of" "" "$(cat "$dir/stderr")"
    holds "follow: the stream is a pcap file" eval 'tcpdump -nn -r "$dir/stream" -w "$dir/copy" 2>/dev/null'
}

is_watching() { # PID
    find "/proc/$1/fd" -lname '*inotify*' | grep -q .
}

# What ends a stream, and what it may leave out.
follow_ends() {
    local folder=$dir/ends
    mkdir "$folder"
    cp "$captures/stall.pcap" "$folder/$(file_name 1)"
    timeout 10 "$TCPWINDCTL" follow "$folder" 2>"$dir/stderr" | head -c 1000 >/dev/null
    same "follow: a closed pipe is no trouble" 0 "${PIPESTATUS[0]}"
    same "follow: and nothing to complain of" "" "$(cat "$dir/stderr")"

    tcpdump --time-stamp-precision=nano -r "$captures/stall.pcap" -w "$dir/wanted" 'tcp src port 5001' 2>/dev/null
    "$TCPWINDCTL" follow "$folder" --filter 'tcp src port 5001' >"$dir/stream" 2>"$dir/stderr" &
    follow=$!
    end_follow "$(stat -c %s "$dir/wanted")"
    holds "follow: the filter's packets, as tcpdump takes them" cmp <(records "$dir/wanted") <(tail -c +25 "$dir/stream")
    holds "follow: a filter that is none is a wrong usage" exits 2 "$TCPWINDCTL" follow "$folder" --filter 'port port'

    "$TCPWINDCTL" follow --from now "$folder" >"$dir/stream" 2>"$dir/stderr" &
    follow=$!
    await is_watching "$follow"
    sleep 0.3
    cp "$captures/stall6.pcap" "$folder/$(file_name 2).part"
    mv "$folder/$(file_name 2).part" "$folder/$(file_name 2)"
    end_follow "$(stat -c %s "$captures/stall6.pcap")"
    holds "follow: from now on only what comes" cmp <(records "$captures/stall6.pcap") <(tail -c +25 "$dir/stream")

    python3 -c 'import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[20] = 101
open(sys.argv[2], "wb").write(data)' "$captures/stall.pcap" "$folder/$(file_name 3)"
    holds "follow: another link type ends it" exits 1 "$TCPWINDCTL" follow "$folder"
    holds "follow: and is said" says stderr "link type 101"
    same "follow: after all of those before" $((24 + $(stat -c %s "$captures/stall.pcap" "$captures/stall6.pcap" |
        paste -sd+) - 48)) "$(stat -c %s "$dir/stdout")"

    cp "$captures/stall.pcap" "$folder/other-20260101T000000Z-000001.pcap"
    holds "follow: two prefixes need a choice" exits 2 "$TCPWINDCTL" follow "$folder"
    "$TCPWINDCTL" follow --prefix other "$folder" >"$dir/stream" 2>"$dir/stderr" &
    follow=$!
    end_follow "$(stat -c %s "$captures/stall.pcap")"
    holds "follow: the chosen prefix" cmp <(records "$captures/stall.pcap") <(tail -c +25 "$dir/stream")
}

start() { # FOLDER [OPTION...]
    local out=$1
    shift
    : >"$dir/tcpwind"
    "$TCPWIND" -i tw0 -w "$out" -o extract.max_rate=0 -o pcap.max_packets=400 -o pcap.flush='"20 ms"' "$@" \
        >/dev/null 2>"$dir/tcpwind" &
    tcpwind=$!
    await grep -q 'capturing on tw0' "$dir/tcpwind" || { cat "$dir/tcpwind"; exit 1; }
}

load() { # LOOPS
    far tcpreplay -q -K -p 4000 --loop "$1" -i tw1 "$captures/stall.pcap" >"$dir/tcpreplay" 2>&1
}

# A real tcpwind that rotates, reloads, is stopped, is killed, and starts again, all under load, beside a follower.
follow_live() {
    local out=$dir/live traffic
    mkdir "$out"
    : >"$dir/live.conf"
    "$TCPWINDCTL" follow "$out" >"$dir/stream" 2>"$dir/stderr" &
    follow=$!
    start "$out" -c "$dir/live.conf"
    load 180 &
    traffic=$!
    sleep 1
    "$TCPWINDCTL" reload "$out" >"$dir/stdout"
    same "follow: there is a reload in between" reloaded "$(cat "$dir/stdout")"
    sleep 1
    kill -TERM "$tcpwind"
    wait "$tcpwind"
    start "$out"
    sleep 1
    kill -KILL "$tcpwind"
    wait "$tcpwind" 2>/dev/null
    start "$out"
    wait "$traffic"
    load 20
    kill -TERM "$tcpwind"
    wait "$tcpwind"
    # shellcheck disable=SC2046 # names without blanks
    records $(find "$out" -name 'tcpwind-*.pcap*' -type f | sed 's/.*Z-//' | sort | while read -r number; do
        echo "$out"/tcpwind-*Z-"$number"
    done) >"$dir/wanted"
    end_follow $((24 + $(stat -c %s "$dir/wanted")))
    same "follow: ends in order beside tcpwind" 0 $?
    same "follow: nothing is missing" "" "$(cat "$dir/stderr")"
    holds "follow: there were 20 rotations ($(find "$out" -name 'tcpwind-*.pcap' -type f | wc -l) files)" \
        test "$(find "$out" -name 'tcpwind-*.pcap' -type f | wc -l)" -ge 20
    holds "follow: every packet of all files once, in order ($(stat -c %s "$dir/wanted") bytes)" \
        cmp "$dir/wanted" <(tail -c +25 "$dir/stream")
}

# What retention removes was followed before, and a reload in between breaks nothing.
follow_retention() {
    local out=$dir/kept
    mkdir "$out"
    echo 'pcap: { keep_files = 8; };' >"$dir/live.conf" # a second of packets: so late may the follower be
    "$TCPWINDCTL" follow "$out" >"$dir/stream" 2>"$dir/follow.stderr" &
    follow=$!
    start "$out" -c "$dir/live.conf"
    load 20
    holds "reload: a running tcpwind takes its configuration again" exits 0 "$TCPWINDCTL" reload "$out"
    load 20
    holds "status: a running tcpwind is well" exits 0 "$TCPWINDCTL" status "$out"
    holds "status: it says of what, and what is new" eval 'grep -qE "^tw0: .* packets \(\+" "$dir/stdout"'
    if command -v promtool >/dev/null; then
        same "metrics: promtool finds nothing" "" "$(promtool check metrics <"$out/tcpwind.prom" 2>&1)"
    fi
    same "metrics: each has its help and its type" "" "$(awk '/^# HELP/ { h[$3]++; next } /^# TYPE/ { t[$3]++; next }
        { sub(/\{.*/, ""); if (h[$0] != 1 || t[$0] != 1) print }' "$out/tcpwind.prom")"
    holds "status: its JSON is one document" exits 0 "$TCPWINDCTL" status --json "$out"
    same "status: the JSON has the interval" True "$(json "$dir/stdout" '"duration_s" in d["interval"]')"
    printf 'pcap: {\n  keep_files = "three";\n};\n' >"$dir/live.conf"
    holds "reload: a broken configuration" exits 1 "$TCPWINDCTL" reload "$out"
    holds "reload: its file, line and key" grep -q 'live.conf:2: pcap.keep_files: ' "$dir/stderr"
    load 20
    kill -TERM "$tcpwind"
    wait "$tcpwind"
    end_follow "$(json "$out/tcpwind_report.json" '24 + d["extract"]["bytes"] + 16 * d["extract"]["packets"]')"
    holds "reload: nothing runs any more" exits 3 "$TCPWINDCTL" reload "$out"
    same "follow: retention has left so many files" 8 "$(find "$out" -name 'tcpwind-*.pcap' -type f | wc -l)"
    same "follow: every packet that was written, whatever was removed since" \
        "$(json "$out/tcpwind_report.json" 'd["extract"]["packets"]')" \
        "$(tcpdump -nn -r "$dir/stream" 2>/dev/null | wc -l)"
    same "follow: nothing was missed" "" "$(cat "$dir/follow.stderr")"
}

usage
flows
reload
status
if command -v tcpdump >/dev/null; then
    follow_script
    follow_ends
fi
if [ "$isolated" -eq 0 ] && command -v ip >/dev/null && command -v tcpreplay >/dev/null && make_pair; then
    follow_live
    follow_retention
else
    echo "skipped: following a running tcpwind (it takes network namespaces, ip, tcpreplay)"
fi
finish
