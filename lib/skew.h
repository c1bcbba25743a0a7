/* SPDX-License-Identifier: MIT */
/*
 * skew.h — by how much the engine's clock is ahead of packets' own times, numbered, so that a flow need not keep both.
 *
 * For packets in order it is the same until the next jump of the times (clock.h), so a byte tells it. Plain data, zero at
 * first, when the only skew is 0, with the number 0.
 */
#ifndef TW_SKEW_H
#define TW_SKEW_H

#include "types.h"

enum { TW_SKEW_ODD = 255 }; /* it has no number: of a packet out of order, or after more than 254 jumps */

struct tw_skews {
    uint8_t last; /* number of the one that was asked for last */
    uint8_t n;    /* highest number given */
    tw_time skew[TW_SKEW_ODD];
};

/*
 * By how much the clock is ahead of a packet's time, and back: what is left of the clock without it. Damaged times are
 * so far apart that it does not fit; then it goes round, and back again.
 */
static inline tw_time tw_skew_without(tw_time clock, tw_time other) {
    return (tw_time)((uint64_t)clock - (uint64_t)other);
}

/* Give a skew a number, if there is one left. */
void tw_skews_add(struct tw_skews *skews, tw_time skew);

/* For tw_skews_number(). */
uint8_t tw_skews_find(struct tw_skews *skews, tw_time skew);

/* The number of a skew, or TW_SKEW_ODD. */
static inline uint8_t tw_skews_number(struct tw_skews *skews, tw_time skew) {
    return skew == skews->skew[skews->last] ? skews->last : tw_skews_find(skews, skew);
}

#endif
