#!/bin/bash
# SPDX-License-Identifier: MIT
# ways.sh — the same packets give the same results as a file, by standard input, through a filter and by libpcap, in
# every format.
#
# TCPWIND names the program; WAYS_SECONDS says for how long to try.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"

command -v python3 >/dev/null || skip_all "no python3 here"
[ -x "${TCPWIND:=}" ] || skip_all "no program '$TCPWIND'"
exec python3 -B "$here/../support/compare_ways.py" --seconds "${WAYS_SECONDS:-10}" "$TCPWIND"
