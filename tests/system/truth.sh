#!/bin/bash
# SPDX-License-Identifier: MIT
# truth.sh — tcpwind -r on 100 000 connections of which is known which ones stall, when, and how often.
#
# TCPWIND and GENERATE name the programs.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"

command -v python3 >/dev/null || skip_all "no python3 here"
[ -x "$TCPWIND" ] || skip_all "no program $TCPWIND"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

load=(--flows 100000 --at-once 20000 --packets 1300000 --snaplen 96 --stalls 0.02 --traps 0.1 --seed "${SEED:-7}")
echo "load: ${load[*]}"
"$GENERATE" "${load[@]}" "$dir/load.pcap" || exit 1
run() { # FOLDER [OPTION...]
    local out=$1
    shift
    "$TCPWIND" -q -r "$dir/load.pcap" -w "$out" "$@" || exit 1
}
run "$dir/scaled"
run "$dir/raw" -o 'detect.window="raw"' -o 'output.flows="none"' -o output.alarms=false
python3 "$here/../support/check_truth.py" "$dir/load.pcap" "$dir/scaled" "$dir/raw"
