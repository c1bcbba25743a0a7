#!/bin/bash
# SPDX-License-Identifier: MIT
# evidence.sh — what is in the files when it gets difficult: much to write at once, a flood of stalls, a disk that blocks,
# and how soon it is there.
#
# TCPWIND and GENERATE name the programs. Skipped where no network namespace can be made or a tool is missing; the disk
# that blocks takes root and a loop device.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
. "$here/../support/namespace.sh"

for tool in ip tcpdump tcpreplay python3; do
    command -v "$tool" >/dev/null || skip_all "no $tool here"
done
[ -x "$TCPWIND" ] || skip_all "no program $TCPWIND"
! is_sanitized "$TCPWIND" || skip_all "a sanitizer is too slow for full rates"
enter_namespace "$@" || skip_all "no network namespace can be made"
if [ -z "${TW_MOUNTS-}" ] && unshare -m true 2>/dev/null; then
    TW_MOUNTS=1 exec unshare -m bash "$0" "$@"
fi
dir=$(mktemp -d) || exit 1
trap 'leave_namespace; fsfreeze -u "$dir/disk" 2>/dev/null; umount "$dir/disk" "$dir/memory" 2>/dev/null; rm -rf "$dir"' EXIT
make_pair || exit 1

start() { # FOLDER [OPTION...]: tcpwind on tw0 until it captures
    out=$1
    shift
    : >"$dir/stderr" # of the one before
    "$TCPWIND" -i tw0 -w "$out" -o report.directory="$dir/report" -o capture.buffer='"256 MiB"' \
        -o pcap.min_free=0 "$@" >"$dir/stdout" 2>"$dir/stderr" &
    tcpwind=$!
    await grep -q 'capturing on tw0' "$dir/stderr" || { cat "$dir/stderr"; exit 1; }
}

stop() {
    kill "$tcpwind"
    wait "$tcpwind"
}

replay() { # OPTION... FILE
    far tcpreplay -q -K -i tw1 "$@" >"$dir/tcpreplay" 2>&1
}

rate() {
    grep -o '[0-9.]* pps' "$dir/tcpreplay"
}

final() { # EXPRESSION
    json "$out/tcpwind_report.json" "$1"
}

lost() {
    final '"dropped %d, overrun %d, queue %d, write %d" % (d["capture"]["dropped_kernel"], *d["extract"]["lost"].values())'
}

packets_in() { # FILE...: how many there are
    local file
    for file in "$@"; do
        tcpdump -nn -r "$file" 2>/dev/null
    done | wc -l
}

# large_flow FILE DATA OTHERS: a connection with so many segments of data whose receiver then closes its window for a
# moment, and as many packets of another one behind it.
large_flow() {
    python3 - "$@" <<'PYTHON'
import struct, sys
name, data, others = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
out = open(name, "wb")
out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
payload = bytes(1448)
n = 0
def frame(to_b, port, seq, ack, flags, window, length=0):
    global n
    ends = (b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02")
    source, sink = ends if to_b else ends[::-1]
    ports = (port, 80) if to_b else (80, port)
    tcp = struct.pack(">HHIIBBHHH", *ports, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, window, 0, 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + length, n & 0xFFFF, 0, 64, 6, 0, source, sink)
    whole = bytes(12) + b"\x08\x00" + ip + tcp + payload[:length]
    out.write(struct.pack("<IIII", n // 100000, n % 100000, len(whole), len(whole)) + whole)
    n += 1
def connection(port, segments, stalls):
    frame(True, port, 0, 0, 2, 65535)
    frame(False, port, 0, 1, 18, 65535)
    frame(True, port, 1, 1, 16, 65535)
    for i in range(segments):
        frame(True, port, 1 + i * 1448, 1, 16, 65535, 1448)
        if i % 2:
            frame(False, port, 1, 1 + (i + 1) * 1448, 16, 65535)
    if stalls:
        frame(False, port, 1, 1 + segments * 1448, 16, 0)
        frame(False, port, 1, 1 + segments * 1448, 16, 65535)
connection(1000, data, True)
print(n)
connection(1001, others, False)
PYTHON
}

much_at_once() {
    local wanted
    wanted=$(large_flow "$dir/large.pcap" 70000 40000)
    start "$dir/large" -o ring.size='"300 MiB"' -o pcap.max_size=0 -o extract.max_rate=0
    replay --topspeed "$dir/large.pcap"
    sleep 0.5
    stop
    same "much at once: exit status" 0 $?
    same "much at once: one alarm on a flow with 100 MB before it" 1 "$(final 'd["alarms"]["total"]')"
    same "much at once, at $(rate): nothing is dropped or lost" "dropped 0, overrun 0, queue 0, write 0" "$(lost)"
    same "much at once: all that the ring had of the flow is in the file" "$wanted" "$(packets_in "$out"/*Z-*.pcap)"
    rm -rf "$out" "$dir/large.pcap"
}

# Every connection stalls.
flood() {
    local flows=100000 most resident begun seconds
    "$GENERATE" --flows "$flows" --at-once 2000 --packets 1000000 --snaplen 96 --stalls 1 --reuse 0 --traps 0 \
        "$dir/flood.pcap" || exit 1
    start "$dir/flood" -o extract.max_rate='"1 MB"' -o report.interval=2
    begun=$SECONDS
    replay --topspeed "$dir/flood.pcap"
    sleep 3
    resident=$(awk '/VmRSS/ { print $2 }' "/proc/$tcpwind/status")
    stop
    same "flood: exit status" 0 $?
    same "flood, at $(rate): nothing was dropped" 0 "$(final 'd["capture"]["dropped_kernel"]')"
    holds "flood: every connection alarms" test "$(final 'd["alarms"]["total"]')" -ge "$flows"
    same "flood: the alarm log has all" "$(final 'd["alarms"]["total"]')" "$(cat "$out"/tcpwind_alarms*.jsonl | grep -c '"event": *"alarm",')"
    same "flood: every alarm is over" "$(final 'd["alarms"]["total"]')" "$(cat "$out"/tcpwind_alarms*.jsonl | grep -c '"event": *"alarm_end",')"
    # what the seconds allow, those over which the rate is the mean, and the connections that had begun
    seconds=$((SECONDS - begun))
    most=$(((seconds + 25) * 1000000))
    holds "flood: extract.max_rate has held the disk ($(final 'd["extract"]["bytes"]') bytes)" \
        test "$(final 'd["extract"]["bytes"]')" -lt "$most"
    holds "flood: what was skipped is counted" test "$(final 'd["extract"]["skipped"]')" -gt $((flows / 2))
    holds "flood: the log says so, once per interval" grep -q 'skipped for extract.max_rate' "$dir/stderr"
    holds "flood: and sums the alarms" grep -q 'more alarms, not listed here' "$dir/stderr"
    # a burst, then a line per second, and the reports with their sums
    holds "flood: there are few lines in the log ($(wc -l <"$dir/stderr") in $seconds s)" \
        test "$(wc -l <"$dir/stderr")" -lt $((150 + 5 * seconds))
    holds "flood: memory stays bounded ($resident KiB)" test "$resident" -lt 1000000
    rm -rf "$out"
}

# A disk that stands still for five seconds while 100 000 packets come in each.
blocked_disk() {
    mkdir "$dir/disk"
    truncate -s 1G "$dir/image"
    { mkfs.ext4 -q "$dir/image" && mount -o loop "$dir/image" "$dir/disk"; } >/dev/null 2>&1 && fsfreeze -f "$dir/disk" &&
        fsfreeze -u "$dir/disk" || { echo "skipped: no disk of our own can be mounted and frozen"; return; }
    "$GENERATE" --flows 20000 --at-once 5000 --packets 800000 --snaplen 96 --stalls 0.05 --reuse 0 "$dir/load.pcap" || exit 1
    start "$dir/disk/out" -o extract.max_rate=0
    replay --pps=100000 "$dir/load.pcap" &
    sleep 1
    fsfreeze -f "$dir/disk"
    sleep 5
    fsfreeze -u "$dir/disk"
    wait $!
    sleep 2
    stop
    same "blocked disk: exit status" 0 $?
    same "blocked disk, at $(rate): nothing is dropped or lost" "dropped 0, overrun 0, queue 0, write 0" "$(lost)"
    "$TCPWIND" -q -r "$dir/load.pcap" -w "$dir/offline" -o output.flows=none
    same "blocked disk: what is in the files is what an analysis extracts" "$(packets_in "$dir"/offline/*Z-*.pcap)" \
        "$(packets_in "$out"/*Z-*.pcap)"
    rm -rf "$out" "$dir/offline"
    umount "$dir/disk"
}

# How long each zero window takes from its stamp into the file, in milliseconds: the 99th percentile, of how many, and for
# how long the machine stood still. What counts is when a zero window was last seen not to be there: how late this looks
# again says nothing of tcpwind. On each processor a bystander sleeps for 5 ms at a time; where he oversleeps by more
# than 20 ms, the machine stood still, for tcpwind as well. What the worst processor stood still is taken off, as far as
# tcpwind had something to do: when the zero window came, and once the flush was due.
watch_latency() { # FOLDER SECONDS FLUSH
    python3 - "$@" <<'PYTHON'
import glob, multiprocessing, os, struct, sys, time
folder, seconds, flush = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
processors = os.sched_getaffinity(0)
fork = multiprocessing.get_context("fork")
ready, over = fork.Barrier(len(processors) + 1), fork.Event()
def stand_by(processor):
    os.sched_setaffinity(0, {processor})
    ready.wait()
    found, before = [], time.time()
    while not over.wait(0.005):
        if (woken := time.time()) > before + 0.025:
            found.append((before + 0.005, woken))
        before = woken
    return found
def forgiven(standstills, first, last):
    return sum(max(0, min(until, last) - max(since, first if since < first + 0.05 else first + flush))
               for since, until in standstills)
bystanders = fork.Pool(len(processors))
seen = bystanders.map_async(stand_by, processors, 1)
ready.wait()
print("watching", flush=True)
zero_windows, at, before = [], {}, time.time()
end = before + seconds
while before < end:
    begun = time.time()
    for name in glob.glob(folder + "/tcpwind-*Z-*.pcap*"):
        key = name.removesuffix(".part")
        try:
            with open(name, "rb") as file:
                file.seek(at.setdefault(key, 24))
                data = file.read()
        except FileNotFoundError:
            continue
        i = 0
        while len(data) - i >= 16:
            second, nanosecond, length = struct.unpack_from("<III", data, i)
            if len(data) - i < 16 + length:
                break
            ip = i + 16 + 14
            tcp = ip + (data[ip] & 15) * 4
            if data[ip + 9] == 6 and data[tcp + 14:tcp + 16] == b"\0\0" and not data[tcp + 13] & 4:
                zero_windows.append((second + nanosecond / 1e9, before))
            i += 16 + length
        at[key] += i
    before = begun
    time.sleep(0.002)
over.set()
stood = seen.get()
late = sorted(last - first - max(forgiven(standstills, first, last) for standstills in stood) for first, last in zero_windows)
print(round(late[len(late) * 99 // 100] * 1000) if late else 10**6, len(late),
      round(max(sum(until - since for since, until in standstills) for standstills in stood) * 1000))
PYTHON
}

measure_latency() { # NUMBER
    start "$dir/memory/$1" -o extract.max_rate=0 -o pcap.flush=0.5
    watch_latency "$out" 8 0.5 >"$dir/late" &
    local watcher=$!
    await grep -q watching "$dir/late"
    replay --pps=500 "$dir/stalls.pcap"
    wait "$watcher"
    stop
    rm -rf "$out"
}

# So little is written that it waits for pcap.flush, and to memory where that can be mounted: the disk has other users. A
# machine that is busy with something else gets further chances.
latency() {
    local late n still i
    mkdir "$dir/memory"
    mount -t tmpfs tmpfs "$dir/memory" 2>/dev/null
    "$GENERATE" --flows 160 --at-once 20 --packets 1000 --snaplen 96 --ipv6 0 --stalls 1 --reuse 0 --traps 0 \
        "$dir/stalls.pcap" || exit 1
    for ((i = 0; i < 3; i++)); do
        measure_latency "$i"
        read -r late n still < <(tail -n 1 "$dir/late")
        [ "$late" -gt 650 ] || break
    done
    holds "latency: enough to judge ($n zero windows)" test "$n" -ge 500
    holds "latency: 99 % are in the file within 1.2 times pcap.flush and 50 ms ($late ms; the machine stood still for $still ms)" \
        test "$late" -le 650
}

much_at_once
flood
blocked_disk
latency
finish
