/* SPDX-License-Identifier: MIT */
/*
 * rate.h — how much there was in the last ten seconds, in steps of a tenth of a second.
 */
#ifndef TW_RATE_H
#define TW_RATE_H

#include "types.h"

enum { TW_RATE_SECONDS = 10, TW_RATE_STEPS = 100 };

struct tw_rate {
    uint64_t step[TW_RATE_STEPS];
    uint64_t sum;
    int64_t now; /* number of the step that the clock is in */
};

/* Add to the present step. The clock does not run back. A zeroed rate is an empty one. */
void tw_rate_add(struct tw_rate *rate, tw_time clock, uint64_t amount);

/* The sum of what was added in the last ten seconds. */
uint64_t tw_rate_sum(struct tw_rate *rate, tw_time clock);

#endif
