/* SPDX-License-Identifier: MIT */
#include "skew.h"

uint8_t tw_skews_find(struct tw_skews *skews, tw_time skew) {
    for (unsigned i = 0; i <= skews->n; i++) {
        if (skews->skew[i] == skew) {
            skews->last = (uint8_t)i;
            return skews->last;
        }
    }
    return TW_SKEW_ODD;
}

void tw_skews_add(struct tw_skews *skews, tw_time skew) {
    if (tw_skews_find(skews, skew) == TW_SKEW_ODD && skews->n + 1 < TW_SKEW_ODD) {
        skews->skew[++skews->n] = skew;
    }
}
