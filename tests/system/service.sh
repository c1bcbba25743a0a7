#!/bin/bash
# SPDX-License-Identifier: MIT
# service.sh — tcpwind as a service of a systemd that was booted for it, in a container over this system's files.
#
# TCPWIND and STALL name the programs. Needs root, overlay mounts and systemd-nspawn, else skipped. Everything that the
# container writes is in memory and gone in the end.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
. "$here/../support/tap.sh"

for tool in systemd-nspawn systemd-analyze nsenter ip python3 make pgrep; do
    command -v "$tool" >/dev/null || skip_all "no $tool here"
done
[ "$(id -u)" -eq 0 ] || skip_all "not root"
[ -x "$TCPWIND" ] && [ -x "$STALL" ] || skip_all "no programs $TCPWIND and $STALL"

! is_sanitized "$TCPWIND" || skip_all "a sanitizer does not work in the sandbox of the unit"

base=$(mktemp -d) || exit 1
root=$base/root
container='' init=''

# shellcheck disable=SC2317
leave() {
    [ -z "$init" ] || kill -s RTMIN+4 "$init" 2>/dev/null # power off
    for ((i = 0; i < 50; i++)); do
        [ -n "$container" ] && kill -0 "$container" 2>/dev/null || break
        sleep 0.1
    done
    [ -z "$container" ] || kill -KILL "$container" 2>/dev/null
    wait 2>/dev/null
    umount -l "$root" 2>/dev/null
    umount -l "$base" 2>/dev/null
    rmdir "$base"
}
trap leave EXIT
trap 'exit 1' INT TERM

mount -t tmpfs -o size=1g tcpwind-test "$base" 2>/dev/null || skip_all "nothing can be mounted here"
mkdir "$base/upper" "$base/work" "$root"
mount -t overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" overlay "$root" 2>/dev/null ||
    skip_all "no overlay of / can be mounted"

# Wait until a command succeeds, for 60 s at least.
await() {
    local i
    for ((i = 0; i < 600; i++)); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    echo "waited in vain for: $*" >&2
    return 1
}

inside() {
    nsenter -t "$init" -a -- "$@"
}

is_up() {
    init=$(pgrep -P "$container" | head -n 1)
    [ -n "$init" ] && inside systemctl is-system-running | grep -qE 'running|degraded'
}

boot() {
    : >"$root/etc/machine-id"
    systemd-nspawn -q --boot --directory="$root" --private-network --register=no --keep-unit </dev/null \
        >"$base/console" 2>&1 &
    container=$!
    await is_up
}

install_all() {
    (cd "$top" && make -s install DESTDIR="$root" PREFIX=/usr UNITDIR=/lib/systemd/system) >"$base/install" 2>&1 &&
        cp "$TCPWIND" "$root/usr/bin/tcpwind" && cp "$STALL" "$root/usr/bin/tcpwind-stall" &&
        mkdir -p "$root/etc/systemd/system/tcpwind.service.d" &&
        printf '[Service]\nWatchdogSec=5\nRestartSec=0.2\n' >"$root/etc/systemd/system/tcpwind.service.d/test.conf"
}

configure() { # THRESHOLD
    cat >"$root/etc/tcpwind.conf" <<END
capture: { interface = "tw0"; };
detect: {
    threshold = $1;
};
pcap: { min_free = 0; };
report: { interval = "1 s"; };
END
}

make_pair() {
    inside ip netns add far && inside ip link add tw0 type veth peer name tw1 netns far &&
        inside ip link set tw0 up && inside ip netns exec far ip link set tw1 up &&
        inside ip addr add 192.0.2.1/24 dev tw0 && inside ip netns exec far ip addr add 192.0.2.2/24 dev tw1 &&
        inside ip netns exec far ip route add 192.0.2.1 dev tw1 initrwnd 8
}

stalled_transfer() {
    : >"$base/receiver"
    inside ip netns exec far tcpwind-stall receive 192.0.2.2 5001 3 0.4 >"$base/receiver" &
    local receiver=$!
    await grep -q listening "$base/receiver" && inside tcpwind-stall send 192.0.2.2 5001 3 && wait "$receiver" ||
        echo "no transfer: $(cat "$base/receiver")" >&2
}

property() {
    inside systemctl show -P "$1" tcpwind
}

# Called by name too.
# shellcheck disable=SC2120
journal() { # MATCH...: the messages of the service
    inside journalctl -q -o cat -u tcpwind "$@"
}

status_says() {
    property StatusText | grep -qE "$1"
}

evidence() {
    (cd "$root/var/lib/tcpwind" && echo ./*-[0-9]*.pcap*)
}

another_process() { # PID: the service runs, as another one
    [ "$(property MainPID)" != "$1" ] && [ "$(property MainPID)" != 0 ] && [ "$(property ActiveState)" = active ]
}

install_all || { cat "$base/install"; skip_all "it cannot be installed"; }
configure 1
boot || skip_all "no systemd can be booted: $(tail -n 1 "$base/console")"
inside systemd-sysusers
inside systemctl daemon-reload
make_pair || exit 1

holds "systemctl start returns when it captures" inside systemctl start tcpwind
same "it runs as its own user" tcpwind "$(inside ps -o user= -p "$(property MainPID)")"
same "with the right to open a socket, which has no effect" "0000000000002000 0000000000000000 0000000000000000" \
    "$(inside awk '/Cap(Prm|Eff|Amb)/ { printf "%s%s", s, $2; s = " " }' "/proc/$(property MainPID)/status")"
holds "the status is that of the interface" status_says '^tw0: '
same "the folders are its own, and not everybody's" "tcpwind 750 tcpwind 755" \
    "$(inside stat -c '%U %a' /var/lib/tcpwind /run/tcpwind | xargs)"

stalled_transfer
holds "a stall is in the journal, with fields" await eval \
    '[ -n "$(journal TCPWIND_EVENT=alarm TCPWIND_RECEIVER=192.0.2.2:5001)" ]'
same "the fields name flow, sender and file" True "$(inside journalctl -q -o json -u tcpwind TCPWIND_EVENT=alarm |
    python3 -c 'import json, sys
e = json.loads(sys.stdin.readline())
print(e["TCPWIND_FLOW"] == "1" and e["TCPWIND_SENDER"].startswith("192.0.2.1:") and e["PRIORITY"] == "4"
      and e["TCPWIND_PCAP"].endswith("-000001.pcap") and len(e["MESSAGE_ID"]) == 32)')"
holds "the status line counts it" await status_says 'alarms? in 1 flow'
holds "its packets are on the way to a file" await test -s "$root/var/lib/tcpwind/tcpwind-current.pcap"
holds "tcpwindctl says that it runs" eval 'inside tcpwindctl status >"$base/status"'

before=$(property MainPID)
configure '"many"'
holds "a broken configuration: reload fails" eval '! inside systemctl reload tcpwind 2>/dev/null'
holds "and the journal has file, line and key" eval \
    'journal | grep -q "/etc/tcpwind.conf:3: detect.threshold: "'
same "and it goes on" "active $before" "$(property ActiveState) $(property MainPID)"
configure 1460
holds "a repaired one: reload succeeds" inside systemctl reload tcpwind
same "and it is the same process, active" "active $before" "$(property ActiveState) $(property MainPID)"
holds "and the new settings hold" eval 'await inside grep -q "\"threshold\":1460" /run/tcpwind/status.json'

inside kill -STOP "$before"
holds "one that does not turn is restarted by the watchdog" await another_process "$before"

stalled_transfer
holds "evidence again" await test -s "$root/var/lib/tcpwind/tcpwind-current.pcap"
before=$(property MainPID)
sleep 1.5
inside kill -KILL "$before"
holds "one that was killed comes back" await another_process "$before"
holds "and what it left is finished" await eval '! evidence | grep -q part'
# shellcheck disable=SC2034
numbers=$(evidence | grep -o '[0-9]\{6\}\.pcap' | sort -u | wc -l)
stalled_transfer
holds "and the numbers go on" await eval \
    '[ "$(evidence | grep -o "[0-9]\{6\}\.pcap" | sort -u | wc -l)" -gt "$numbers" ]'

# An instance for one interface, beside the service.
instance() { # PROPERTY
    inside systemctl show -P "$1" tcpwind@tw0
}

mkdir -p "$root/etc/tcpwind"
printf 'report: { interval = "1 s"; };\npcap: { min_free = 0; on_close = "/usr/bin/tcpwind-closed"; };\n' >"$root/etc/tcpwind/tw0.conf"
printf '#!/bin/sh\nexec >>"$1".closed\ngrep -E "CapPrm|CapAmb|Seccomp:" /proc/self/status\n' >"$root/usr/bin/tcpwind-closed"
chmod 755 "$root/usr/bin/tcpwind-closed"
holds "an instance for one interface starts" inside systemctl start tcpwind@tw0
same "it has its own folders" "tcpwind 750 tcpwind 755" \
    "$(inside stat -c '%U %a' /var/lib/tcpwind-tw0 /run/tcpwind-tw0 | xargs)"
holds "its status is that of the interface" await eval 'instance StatusText | grep -q "^tw0: "'
holds "tcpwindctl says that it runs" await inside tcpwindctl status /run/tcpwind-tw0
stalled_transfer
holds "it has its own evidence" await test -s "$root/var/lib/tcpwind-tw0/tcpwind-current.pcap"
holds "it reloads" inside systemctl reload tcpwind@tw0
holds "it ends" inside systemctl stop tcpwind@tw0
same "and ends well" "success" "$(instance Result)"
same "its program ran without rights" "CapPrm: 0000000000000000 CapAmb: 0000000000000000 Seccomp: 2" \
    "$(await eval 'cat "$root"/var/lib/tcpwind-tw0/*.closed' && cat "$root"/var/lib/tcpwind-tw0/*.closed | head -n 3 | xargs)"
same "the service is there all the time" "active $(property MainPID)" "$(property ActiveState) $(property MainPID)"

# A reload cannot leave the sandbox.
configure 1
echo 'pcap: { directory = "/var/lib/elsewhere"; };' | sed -i '/^pcap/d; $r /dev/stdin' "$root/etc/tcpwind.conf"
holds "a folder outside the sandbox: reload fails" eval '! inside systemctl reload tcpwind 2>/dev/null'
holds "and it is said what to do" eval 'journal | grep -q "add ReadWritePaths= and restart"'
configure 1
holds "and it goes on" inside systemctl reload tcpwind

holds "systemctl stop" inside systemctl stop tcpwind
same "and it ended well" "success" "$(property Result)"
same "and no file is unfinished" 0 "$(evidence | grep -c part)"
same "and nothing but the evidence is left" no "$(inside test -e /run/tcpwind && echo yes || echo no)"
score=$(inside systemd-analyze security tcpwind.service --no-pager | grep -o 'tcpwind.service: [0-9.]*' | cut -d' ' -f2)
holds "systemd-analyze security says $score" awk -v s="$score" 'BEGIN { exit !(s != "" && s <= 1.3) }'
[ "$failed" -eq 0 ] || journal | tail -n 40
finish
