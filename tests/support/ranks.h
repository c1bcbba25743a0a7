/* SPDX-License-Identifier: MIT */
/*
 * ranks.h — things with ranks in a plain array, 0 for what is not there: what elders and lineups are tested against.
 */
#ifndef RANKS_H
#define RANKS_H

#include <stdint.h>

enum { THINGS = 300 };

static inline uint64_t rank_of(const void *owner, uint32_t number) {
    const uint64_t *ranks = owner;
    return ranks[number];
}

/* The thing with the smallest rank; 0: there is none. */
static inline uint32_t search(const uint64_t *ranks) {
    uint32_t found = 0;
    for (uint32_t n = 1; n <= THINGS; n++) {
        if (ranks[n] && (!found || ranks[n] < ranks[found]))
            found = n;
    }
    return found;
}

#endif
