#!/bin/bash
# SPDX-License-Identifier: MIT
# documents.sh — conf/tcpwind.conf and the man pages say what is true of the programs.
#
# TCPWIND and TCPWINDCTL name the programs.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
root=$here/../..

command -v python3 >/dev/null || skip_all "no python3 here"
[ -x "$TCPWIND" ] || skip_all "no program $TCPWIND"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# keys FILE: every key of a configuration with its value as it is written, one per line.
keys() {
    python3 -c 'import re, sys
text = re.sub(r"(?m)(^|\s)#.*$", "", open(sys.argv[1]).read())
path = []
for name, value, end in re.findall(r"(?:(\w+)\s*[:=]\s*(?:\{|((?:\"[^\"]*\"|[^;\"])*);))|(\};)", text):
    if end:
        path.pop()
    elif value:
        print(".".join(path + [name]), "=", value)
    else:
        path.append(name)' "$1" | grep -v '^run\.name ' | sort # the name of the host
}

# The keys of the man page, with their defaults.
manual() {
    sed -n 's/^\.It Ic \([a-z_.]*\) No = \(.*\)$/\1 = \2/p' "$root/man/tcpwind.conf.5" | sed 's/\\(dq/"/g'
}

# Does the man page say that a key is not supported yet?
is_said_unsupported() {
    awk -v key="$1" '/^\.(It|El)/ { found = $3 == key } found' "$root/man/tcpwind.conf.5" | grep -q 'not supported yet'
}

is_unsupported() { # KEY VALUE
    "$TCPWIND" -t -c "$dir/empty.conf" -o "$1=$2" 2>&1 | grep -q 'not supported'
}

: >"$dir/empty.conf"
"$TCPWIND" -T -c "$dir/empty.conf" >"$dir/defaults.conf" || exit 1
"$TCPWIND" -T -c "$root/conf/tcpwind.conf" >"$dir/shipped.conf" 2>"$dir/stderr"
same "tcpwind takes the shipped configuration" "0 " "$? $(cat "$dir/stderr")"
holds "there are keys to compare" test "$(keys "$dir/defaults.conf" | wc -l)" -ge 60
holds "the shipped configuration has no other effect than the defaults" \
    diff <(keys "$dir/defaults.conf") <(keys "$dir/shipped.conf")
holds "the shipped configuration has every key, with its default as it is printed" \
    diff <(keys "$dir/defaults.conf") <(keys "$root/conf/tcpwind.conf")
holds "tcpwind.conf(5) has every key with its default" \
    diff <(keys "$dir/defaults.conf") <(manual | grep -v '^run\.name ' | sort)

while read -r key value; do
    same "what tcpwind.conf(5) says of the support of $key" "$(is_unsupported "$key" "$value"; echo $?)" \
        "$(is_said_unsupported "$key"; echo $?)"
done <<'KEYS'
pcap.keep_files 5
pcap.keep_bytes 1000000
pcap.keep_age 1000
pcap.min_free 1000000
pcap.format pcapng
pcap.compress zstd
pcap.group root
pcap.on_close /bin/true
label.country /nothere.mmdb
label.organisation /nothere.mmdb
run.user nobody
KEYS

# Every option of a help text stands in the man page, and the other way round.
options_of_help() {
    "$1" -h | grep -oE '(^|[ ,([])--?[a-zA-Z][a-z-]*' | grep -oE -- '-.*' | sort -u
}

for option in $(options_of_help "$TCPWIND"); do
    holds "tcpwind(8) has $option" grep -qE "Fl (. , )?${option#-}( |$)|Fl [a-zA-Z]*${option#-}" "$root/man/tcpwind.8"
done
for option in $(options_of_help "$TCPWINDCTL"); do
    holds "tcpwindctl(1) has $option" grep -qE "Fl ${option#-}( |$)|Fl . \| ${option#-}$" "$root/man/tcpwindctl.1"
done
same "tcpwind-files(5) has the columns of the flow table in their order" \
    "$("$TCPWIND" -q -r "$here/../captures/stall.pcap" -w "$dir" && head -n 1 "$dir/stall_flows.tsv" | tr -d % | xargs)" \
    "$(sed -n '/^\.Ss Flow table/,/^\.Ss Alarms/s/^\.It Cm //p' "$root/man/tcpwind-files.5" | sed 's/ ,//g' | xargs)"
for key in $(python3 -c 'import json, sys
print(*{k for line in open(sys.argv[1]) for k in json.loads(line) if k != "file"})' "$dir/stall_alarms.jsonl"); do
    holds "tcpwind-files(5) has the key $key of the alarms" grep -qw -- "$key" "$root/man/tcpwind-files.5"
done

for package in $(sed -n 's/^ *debian-build) echo \(.*\) ;;$/\1/p' "$root/tests/deps"); do
    holds "the Debian package is built with $package" grep -qE "(^|[ :])($package|${package/libc6-dev/check}),?" "$root/debian/control"
done

for page in "$root"/man/*.[1-8]; do
    name=$(basename "$page")
    if command -v mandoc >/dev/null; then
        same "mandoc finds nothing in $name" "" "$(mandoc -Tlint -Wwarning "$page" 2>&1)"
    fi
    if command -v man >/dev/null; then
        same "man warns of nothing in $name" "" "$(LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)"
    fi
done
finish
