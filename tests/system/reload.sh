#!/bin/bash
# SPDX-License-Identifier: MIT
# reload.sh — a running tcpwind under replayed traffic reads good and bad configurations again and again.
#
# TCPWIND names the program, with tcpwindctl beside it. RELOADS says how many. Skipped where no network namespace can be
# made or a tool is missing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
. "$here/../support/namespace.sh"

for tool in ip tcpdump tcpreplay python3; do
    command -v "$tool" >/dev/null || skip_all "no $tool here"
done
ctl=${TCPWIND%/*}/tcpwindctl
[ -x "$TCPWIND" ] && [ -x "$ctl" ] || skip_all "no programs $TCPWIND and $ctl"
enter_namespace "$@" || skip_all "no network namespace can be made"
dir=$(mktemp -d) || exit 1
trap 'leave_namespace; rm -rf "$dir"' EXIT
make_pair || exit 1
reloads=${RELOADS:-100}

configure() { # FILTER THRESHOLD RING [MORE]
    cat >"$dir/conf" <<END
capture: { interface = "tw0"; filter = "$1"; };
detect: { threshold = $2; };
ring: { size = "$3 MiB"; };
extract: { max_rate = 0; };
pcap: { directory = "$dir/out"; };
report: { directory = "$dir/run"; interval = 0; };
${4-}
END
}

refused() { # TEXT: the reload fails and says so
    "$ctl" reload "$dir/run" >"$dir/answer" 2>&1 && return 1
    grep -qF "$1" "$dir/answer" || { cat "$dir/answer"; return 1; }
}

# Each of them keeps every packet of the replay. Good ones change the capture, the engine, or nothing.
good_reload() { # NUMBER
    case $(($1 % 4)) in
    0) configure "" 1 64 ;;
    1) configure "tcp" 1 64 ;;
    2) configure "tcp" 1 80 ;;
    3) configure "ip" 1 64 ;;
    esac
    "$ctl" reload "$dir/run" >"$dir/answer" 2>&1 || { cat "$dir/answer"; return 1; }
}

bad_reload() { # NUMBER
    case $(($1 % 3)) in
    0) configure "tcp prot" 1 64 && refused "capture.filter" ;;
    1) configure "" '"many"' 64 && refused "$dir/conf:2: detect.threshold" ;;
    2) configure "" 1 64 'run: { user = "nobody"; };' && refused "run.user" ;;
    esac
}

resident() {
    awk '/VmRSS/ { print $2 }' "/proc/$tcpwind/status"
}

configure "" 1 64
"$TCPWIND" -q -c "$dir/conf" >"$dir/stdout" 2>"$dir/stderr" &
tcpwind=$!
await test -S "$dir/run/control" || { cat "$dir/stderr"; exit 1; }

packets=$(tcpdump -nn -r "$here/../captures/stall.pcap" 2>/dev/null | wc -l)
loops=$((reloads * 12))
far tcpreplay -q -K --pps=20000 --loop "$loops" -i tw1 "$here/../captures/stall.pcap" >"$dir/tcpreplay" 2>&1 &
replay=$!
good=0 bad=0 n=0 memory=0
while kill -0 "$replay" 2>/dev/null || [ "$n" -lt "$reloads" ]; do
    if [ $((n % 3)) -eq 2 ]; then
        bad_reload "$n" && bad=$((bad + 1))
    else
        good_reload "$n" && good=$((good + 1))
    fi
    n=$((n + 1))
    [ "$n" -ne $((reloads / 2)) ] || memory=$(resident)
done
wait "$replay"
sleep 0.3
grown=$(($(resident) - memory))
same "every reload ended as it should" "$n" $((good + bad))
most=30000
is_sanitized "$TCPWIND" && most=300000 # what was freed is kept for a while
holds "memory does not grow by it: $grown KiB in $((n - reloads / 2)) reloads" test "$grown" -lt "$most"
kill "$tcpwind"
wait "$tcpwind"
same "exit status" 0 $?
report=$dir/out/tcpwind_report.json
same "the kernel dropped nothing" 0 "$(json "$report" 'd["capture"]["dropped_kernel"]')"
same "every packet was taken, once" $((packets * loops)) "$(json "$report" 'd["packets"]["tcp"]')"
same "every stall is an alarm" $((2 * loops)) "$(json "$report" 'd["alarms"]["total"]')"
same "written and lost packets are all packets" $((packets * loops)) \
    "$(json "$report" 'd["extract"]["packets"] + sum(d["extract"]["lost"].values())')"
finish
