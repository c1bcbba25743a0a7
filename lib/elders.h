/* SPDX-License-Identifier: MIT */
/*
 * elders.h — which of many numbered things has been silent longest, asked seldom, with no order kept in between.
 *
 * Each thing has a rank that only grows (the reference of its last packet, say). When one is asked for, all ranks are
 * sorted once; after that the smallest are handed out as long as their rank is still what it was. What came or changed
 * since is younger than all of those, so the answer is exact until the sorted ones are used up; then they are sorted anew.
 */
#ifndef TW_ELDERS_H
#define TW_ELDERS_H

#include "types.h"

/* The rank of a thing now; 0: it is not there, or out of the question. */
typedef uint64_t tw_rank_fn(const void *owner, uint32_t number);

struct tw_elder;

struct tw_elders {
    struct tw_elder *sorted;
    size_t n, next;
};

/* Free the memory; a zeroed one is allowed, and results. */
void tw_elders_fini(struct tw_elders *elders);

/* The number with the smallest rank among 1 to `highest`; 0: there is none. The caller removes it or changes its rank. */
uint32_t tw_elders_take(struct tw_elders *elders, uint32_t highest, tw_rank_fn *rank, const void *owner);

#endif
