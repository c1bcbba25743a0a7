#!/bin/bash
# SPDX-License-Identifier: MIT
# faults.sh — a running tcpwind while its interface goes away in every way that interfaces can.
#
# TCPWIND, STALL name the programs, with tcpwindctl beside the first. Skipped where no network namespace can be made or a
# tool is missing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
. "$here/../support/namespace.sh"

for tool in ip tcpdump python3; do
    command -v "$tool" >/dev/null || skip_all "no $tool here"
done
ctl=${TCPWIND%/*}/tcpwindctl
[ -x "$TCPWIND" ] && [ -x "$ctl" ] || skip_all "no programs $TCPWIND and $ctl"
enter_namespace "$@" || skip_all "no network namespace can be made"
dir=$(mktemp -d) || exit 1
trap 'leave_namespace; rm -rf "$dir"' EXIT
make_pair || exit 1

start() { # FOLDER [OPTION...]: tcpwind on tw0 until it captures; its messages go to $dir/stderr
    local out=$1
    shift
    "$TCPWIND" -i tw0 -w "$out" "$@" >"$dir/stdout" 2>"$dir/stderr" &
    tcpwind=$!
    await grep -q 'capturing on tw0' "$dir/stderr" || { cat "$dir/stderr"; exit 1; }
}

stop() { # SIGNAL: its exit status is ours
    kill "-$1" "$tcpwind"
    wait "$tcpwind" 2>/dev/null
}

said() { # COUNT WORDS: so many lines have them
    [ "$(grep -c -- "$2" "$dir/stderr")" -eq "$1" ] || { cat "$dir/stderr"; return 1; }
}

has_lines() { # COUNT WORDS
    [ "$(grep -c -- "$2" "$dir/stderr")" -ge "$1" ]
}

says() { # COUNT WORDS: within some seconds
    await has_lines "$@"
    said "$@"
}

now() { # EXPRESSION: of a fresh status
    "$ctl" status --json "$out" >"$dir/now" 2>/dev/null
    json "$dir/now" "$1"
}

is_trouble() {
    "$ctl" status "$out" >"$dir/status" 2>&1
    [ $? -eq 1 ] && grep -q 'interface is away or down' "$dir/status"
}

is_well() {
    "$ctl" status "$out" >"$dir/status" 2>&1
}

alarms() {
    now 'd["alarms"]["total"]'
}

# Transfers until one has stalled. Succeeds when there is an alarm that was not there before.
stall_is_seen() {
    local before i
    before=$(alarms)
    for ((i = 0; i < 5; i++)); do
        transfer "$STALL" "$dir/receiver" 192.0.2.2 3 0.3
        [ "$(alarms)" -gt "$before" ] && return 0
    done
    return 1
}

# make_pair once more, for the far end that is there.
pair_again() {
    ip link add tw0 type veth peer name tw1 netns "$far_pid" && ip link set tw0 up && far ip link set tw1 up &&
        ip addr add 192.0.2.1/24 dev tw0 && far ip addr add 192.0.2.2/24 dev tw1 &&
        far ip route add 192.0.2.1 dev tw1 initrwnd 8
}

# A tun interface called tw0, which has raw IP: it receives the IP packets of a capture of Ethernet frames.
tun() { # CAPTURE
    python3 - "$1" "$dir/stderr" <<'PYTHON' >"$dir/tun" 2>&1 &
import fcntl, struct, subprocess, sys, time
tun = open("/dev/net/tun", "r+b", buffering=0)
fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH14x", b"tw0", 0x1001))  # TUNSETIFF: IFF_TUN | IFF_NO_PI
subprocess.run(["ip", "link", "set", "tw0", "up"], check=True)
print("up", flush=True)
data, at = open(sys.argv[1], "rb").read(), 24
while open(sys.argv[2]).read().count("tw0 is back") < 4:
    time.sleep(0.1)
while at < len(data):
    length = struct.unpack("<I", data[at + 8:at + 12])[0]
    tun.write(data[at + 16 + 14:at + 16 + length])
    at += 16 + length
print("written", flush=True)
time.sleep(60)
PYTHON
    tun=$!
    await grep -q up "$dir/tun"
}

interface() {
    out=$dir/interface
    start "$out"
    holds "a stall is seen" stall_is_seen
    holds "it is well" is_well
    ring=$(now 'd["ring"]["packets"]')

    ip link set tw0 down
    holds "down: it is said" says 1 'tw0 is down'
    holds "down: the status says so" await is_trouble
    ip link set tw0 up
    far ip route replace 192.0.2.1 dev tw1 initrwnd 8
    holds "up: it is said" says 1 'tw0 is up again'
    holds "up: all is well" await is_well
    holds "up: packets come again" stall_is_seen

    far ip link set tw1 down
    holds "the other end of the cable is down: it is said" says 1 'tw0 has no carrier'
    far ip link set tw1 up
    holds "and up again" says 2 'tw0 is up again'

    ip link del tw0
    holds "deleted: it is said" says 1 'tw0: The interface disappeared; waiting for it'
    holds "deleted: the status says so" await is_trouble
    sleep 1
    pair_again
    holds "made anew: it is said" says 1 'tw0 is back'
    holds "made anew: all is well" await is_well
    holds "made anew: packets come again" stall_is_seen

    ip link del tw0 && pair_again
    holds "replaced at once: it is back" says 2 'tw0 is back'
    holds "replaced at once: packets come again" stall_is_seen

    ip link set tw0 name tw7
    holds "renamed: it is said" says 1 'tw0: it has another name now; waiting for it'
    ip link set tw7 name tw0
    holds "renamed back: it is back" says 3 'tw0 is back'

    holds "the ring has kept what it had before all this" test "$(now 'd["ring"]["packets"]')" -gt "$ring"
    same "and the table the flows of before" 0 "$(now 'd["flows"]["ended"]["exit"]')"
    ip link del tw0
    before=$(alarms)
    if [ ! -w /dev/net/tun ]; then
        echo "skipped: another link type (/dev/net/tun cannot be used)"
    elif tun "$here/../captures/stall.pcap"; then
        holds "of another link type: it is back" says 4 'tw0 is back'
        holds "of another link type: the report has that" await eval '[ "$(now "d[\"source\"][\"link_type\"]")" = RAW ]'
        await grep -q written "$dir/tun"
        holds "of another link type: packets come again" await eval '[ "$(alarms)" -gt "$before" ]'
    fi
    stop TERM
    same "exit status" 0 $?
    if [ -n "${tun-}" ]; then
        same "each link type has its files" "EN10MB (Ethernet) RAW (Raw IP)" \
            "$(for file in "$out"/tcpwind-*Z-*.pcap; do
                tcpdump -r "$file" -c 1 2>&1 >/dev/null | sed -n 's/.*link-type \([^,]*\),.*/\1/p'
            done | sort -u | tr '\n' ' ' | sed 's/ $//')"
    fi
    same "no file is unfinished" "" "$(find "$out" -name '*.part')"
}

interface
[ "$failed" -eq 0 ] || cat "$dir/stderr"
finish
