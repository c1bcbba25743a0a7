# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# tap.sh — checks with names for shell tests, to be sourced. `finish` prints the count and ends the test.

passed=0
failed=0

# holds NAME COMMAND...: the command must succeed.
holds() {
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok $((passed + failed)) - $name"
    else
        failed=$((failed + 1))
        echo "not ok $((passed + failed)) - $name: $*"
    fi
}

# same NAME WANTED FOUND: two texts must be equal.
same() {
    holds "$1 ($3)" test "$2" = "$3"
}

skip_all() {
    echo "skipped: $*"
    echo "0 passed, 0 failed"
    exit 0
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

# json FILE EXPRESSION: print what a Python expression makes of the document `d` of a JSON file.
json() {
    python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"
}

# count WORD FILE: lines of a JSON Lines file whose "event" is WORD.
count_events() {
    python3 -c 'import json, sys
print(sum(json.loads(line)["event"] == sys.argv[1] for line in open(sys.argv[2])))' "$@"
}

# Whether a program was built with a sanitizer: it takes more memory, and looks for leaks in ways that a sandbox forbids.
is_sanitized() { # PROGRAM
    grep -qa __asan_init "$1"
}
