/* SPDX-License-Identifier: MIT */
#include "rate.h"

#include <string.h>

static void follow(struct tw_rate *rate, tw_time clock) {
    int64_t now = clock / (TW_RATE_SECONDS * TW_SECOND / TW_RATE_STEPS);
    if (now - rate->now >= TW_RATE_STEPS) {
        memset(rate, 0, sizeof *rate);
        rate->now = now;
    }
    while (rate->now < now) {
        uint64_t *oldest = &rate->step[(uint64_t)++rate->now % TW_RATE_STEPS];
        rate->sum -= *oldest;
        *oldest = 0;
    }
}

void tw_rate_add(struct tw_rate *rate, tw_time clock, uint64_t amount) {
    follow(rate, clock);
    rate->step[(uint64_t)rate->now % TW_RATE_STEPS] += amount;
    rate->sum += amount;
}

uint64_t tw_rate_sum(struct tw_rate *rate, tw_time clock) {
    follow(rate, clock);
    return rate->sum;
}
