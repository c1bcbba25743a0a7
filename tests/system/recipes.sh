#!/bin/bash
# SPDX-License-Identifier: MIT
# recipes.sh — the examples of tcpwindctl(1) that query results do what they say, as they stand there.
#
# TCPWIND and TCPWINDCTL name the programs.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
page=$here/../../man/tcpwindctl.1

command -v jq >/dev/null || skip_all "no jq here"
for program in "${TCPWIND:=}" "${TCPWINDCTL:=}"; do
    [ -x "$program" ] || skip_all "no program '$program'"
done
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/bin" "$dir/result"
ln -s "$TCPWIND" "$TCPWINDCTL" "$dir/bin"

cp "$here/../captures/stall.pcap" "$dir/result"
(cd "$dir/result" && "$TCPWIND" -q -r stall.pcap) || exit 1

# Each literal block among the examples into a file of its own, as man shows it.
awk -v dir="$dir" '/^\.Sh/ { on = /EXAMPLES/ }
    /^\.Ed/ { open = 0 }
    on && open { gsub(/\\e/, "\\"); print >(dir "/recipe." n) }
    on && /^\.Bd -literal/ { open = 1; n++ }' "$page"

# try NUMBER NAME WANTED: its output, with spaces for what separates, begins with this.
try() {
    local said
    said=$(cd "$dir/result" && PATH=$dir/bin:$PATH bash -e "$dir/recipe.$1" 2>&1 </dev/null | tr -s ' \t\n' ' ')
    holds "$2" test "${said#"$3"}" != "$said"
    [ "${said#"$3"}" != "$said" ] || echo "$said"
}

same "the recipes are all tried" 8 "$(find "$dir" -name 'recipe.*' | wc -l)"
try 1 "flows whose alarm bit is set" '{"dir":"B","flowInd":1,'
try 2 "both directions of them" 'dir flowInd srcIP'
try 3 "the longest stalls" '1.4338'
try 4 "the hosts with the largest share" '{"ip":'
try 5 "how often each bit was seen" '{ "B direction (did not initiate)": 1,'
try 6 "who sent how much" 'documentation 2 '
(cd "$dir/result" && PATH=$dir/bin:$PATH bash -e "$dir/recipe.7")
holds "the packets of chosen flows" cmp "$dir"/result/stall-*.pcap "$dir"/result/chosen.d/stall-*.pcap
try 8 "when the stalls ended" 20

finish
