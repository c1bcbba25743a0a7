#!/bin/bash
# SPDX-License-Identifier: MIT
# bench.sh — the bench, interrupted while it waits for its live part, ends at once and leaves nothing behind.
#
# TCPWIND and GENERATE name the programs.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
. "$here/../support/namespace.sh"

for tool in ip tcpreplay tcpdump dumpcap unshare; do
    command -v $tool >/dev/null || skip_all "no $tool here"
done
unshare -nm true 2>/dev/null || skip_all "no namespace can be made"
[ -x "${TCPWIND:=}" ] && [ -x "${GENERATE:=}" ] || skip_all "no programs '$TCPWIND' and '$GENERATE'"
dir=$(mktemp -d) || exit 1
trap 'kill -KILL "${bench:-}" 2>/dev/null; rm -rf "$dir"' EXIT
mkdir "$dir/build" "$dir/tmp"
ln -s "$(realpath "$TCPWIND")" "$dir/build/tcpwind"
ln -s "$(realpath "$GENERATE")" "$dir/build/generate"

for signal in INT TERM; do
    # in the background INT would be ignored
    TMPDIR=$dir/tmp BENCH=quick python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' "$here/../bench/run" "$dir/build" live >/dev/null 2>&1 &
    bench=$!
    # it measures inside a namespace, by a process of its own, for which it waits
    holds "it measures live" await pgrep -f -- "$dir/build --inside"
    kill -$signal $bench
    holds "it ends by SIG$signal" timeout 10 tail --pid=$bench -f /dev/null
    kill -KILL $bench 2>/dev/null
    wait $bench
    same "it has failed" 1 $?
    same "its processes are gone" "" "$(pgrep -f -- "$dir/build")"
    pkill -KILL -f -- "$dir/build"
    same "its folders are gone" "" "$(ls "$dir/tmp")"
done
finish
