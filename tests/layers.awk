# SPDX-License-Identifier: MIT
# layers.awk — who may include what. usage: awk -f layers.awk lib/LAYERS daemon/LIBRARIES SOURCES...
#
# lib/: a module (X.c and X.h) includes itself and modules of lower layers, as lib/LAYERS has them. daemon/: a header of
# a library of others is included by the files only that daemon/LIBRARIES names for it.

function complain(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    bad++
}

function module(path) {
    sub(/.*\//, "", path)
    sub(/\.[ch]$/, "", path)
    return path
}

FILENAME ~ /LAYERS$/ && !/^#/ { for (i = 2; i <= NF; i++) layer[$i] = $1; next }
FILENAME ~ /LIBRARIES$/ && !/^#/ { for (i = 2; i <= NF; i++) may[$1, $i] = 1; known[$1] = 1; next }
FILENAME ~ /LAYERS$|LIBRARIES$/ { next }

FNR == 1 {
    self = module(FILENAME)
    in_lib = FILENAME ~ /^lib\//
    if (in_lib && !(self in layer))
        complain(self " is in no layer of lib/LAYERS")
}

in_lib && /^#include "/ {
    split($0, part, "\"")
    other = module(part[2])
    if (!(other in layer))
        complain(other " is no module of the library")
    else if (other != self && layer[other] >= layer[self])
        complain(self " (layer " layer[self] ") includes " other " (layer " layer[other] ")")
}

/^#include </ {
    split($0, part, /[<>]/)
    if (part[2] in known && !((part[2], self) in may))
        complain(self " includes <" part[2] ">, which daemon/LIBRARIES does not allow")
}

END { exit bad > 0 }
