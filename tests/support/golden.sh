# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# golden.sh — the cases of tests/golden, for the scripts that run them; to be sourced after tap.sh.
#
# Makes `dir`, a folder that goes away at the end. COMPOSE, WHENCE and TCPWIND name the programs.
# shellcheck disable=SC2034

golden=$(cd "$(dirname "${BASH_SOURCE[0]}")/../golden" && pwd)

for program in "${TCPWIND:=}" "${COMPOSE:=}" "${WHENCE:=}"; do
    [ -x "$program" ] || skip_all "no program '$program'"
done
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# Set `names` to the cases that are named, or else all.
cases() { # [CASE...]
    names=("$@")
    [ $# -gt 0 ] || mapfile -t names < <(cd "$golden" && printf '%s\n' */ | tr -d /)
}

# Make the capture of a case.
compose() { # CASE FILE
    local folder=$golden/$1
    if [ -e "$folder/packets" ]; then
        "$COMPOSE" "$folder/packets" "$2"
    elif [[ $(<"$folder/capture") == *.pcap ]]; then
        cp "$folder/$(<"$folder/capture")" "$2"
    else
        compose "$(<"$folder/capture")" "$2"
    fi
}

# Read the capture CASE.pcap in FOLDER with the options of its case; what is said goes to OUT.messages.
read_case() { # CASE FOLDER OUT
    local -a options=()
    [ ! -e "$golden/$1/options" ] || eval "options=($(<"$golden/$1/options"))"
    (cd "$2" && "$TCPWIND" -q -r "$1.pcap" -w "$3" -o run.name=golden "${options[@]}") 2>"$3.messages" >&2
}
