#!/bin/bash
# SPDX-License-Identifier: MIT
# model.sh — tcpwind -r against an executable reading of its semantics, on captures of odd connections made from seeds
# and on public ones, with many settings. What differs is printed, to be tried alone with tests/support/compare_model.py.
#
# TCPWIND names the program, SHARED the folder of the model and of the public captures; MODEL_SECONDS says for how long to try seeds, MODEL_SEEDS which (FIRST-LAST).
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
shared=${SHARED:-$here/../../../shared}
model=$shared/reference/model.py

command -v python3 >/dev/null || skip_all "no python3 here"
[ -x "${TCPWIND:=}" ] || skip_all "no program '$TCPWIND'"
[ -r "$model" ] || skip_all "no model $model"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

compare() { # OPTION... [CAPTURE...]
    python3 -B "$here/../support/compare_model.py" "$@"
}

# The check itself: it must see what another program makes of a capture.
cat >"$dir/other" <<END
#!/bin/sh
exec "$TCPWIND" -o detect.threshold=2 "\$@"
END
chmod +x "$dir/other"
holds "a difference is seen" eval '! compare --seeds 1-10 --mixed 0 --settings default "$dir/other" "$model" >/dev/null'

printf '%s\0' "$here"/../captures/*.pcap "$shared"/captures/*.pcap* >"$dir/captures"
holds "the public captures" \
    xargs -0 -a "$dir/captures" python3 -B "$here/../support/compare_model.py" --seeds 1-0 --mixed 0 \
    --settings default,raw,short-lives "$TCPWIND" "$model"
echo "seeds ${MODEL_SEEDS:=1-100000}, for ${MODEL_SECONDS:=20} s"
holds "the odd captures" compare --seeds "$MODEL_SEEDS" --seconds "$MODEL_SECONDS" --named 3 --mixed 3 "$TCPWIND" "$model"
finish
