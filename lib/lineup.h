/* SPDX-License-Identifier: MIT */
/*
 * lineup.h — numbered things in the order in which they were last seen, when most of them soon do not matter any more.
 *
 * Each stands there with the rank that it had (the reference of its last packet, say). Nothing is taken out or moved: one
 * whose rank is another now has been seen again, or is gone, and is passed over. So being seen costs a write behind those
 * before, where a list of links would touch two others, far away in memory. Those that are passed over are dropped together
 * when there is no room, or when they are most of all; then there is as much room as it takes.
 */
#ifndef TW_LINEUP_H
#define TW_LINEUP_H

#include "elders.h"

struct tw_lined {
    uint32_t rank; /* the lower half of it, which tells whether it is the same still */
    uint32_t number;
};

/* Zeroed: empty. */
struct tw_lineup {
    struct tw_lined *item;
    size_t first, end, room; /* items `first` to before `end` */
    size_t things;           /* that matter */
};

/* Who has the things. */
struct tw_lineup_owner {
    const void *context;
    tw_rank_fn *rank;                                       /* now; 0: it does not matter any more */
    void (*prefetch)(const void *context, uint32_t number); /* it will be asked for soon */
};

/* Free the memory; an empty one results. */
void tw_lineup_fini(struct tw_lineup *lineup);

/*
 * The thing was seen: its rank, larger than all before. `is_new`: it does not stand there with another. Cost O(1) on
 * average. Without memory the one that was seen longest ago is forgotten, or this one.
 */
void tw_lineup_add(struct tw_lineup *lineup, const struct tw_lineup_owner *owner, uint32_t number, uint64_t rank,
                   bool is_new);

/* One that was seen does not matter any more. Cost O(1) on average. */
void tw_lineup_leave(struct tw_lineup *lineup, const struct tw_lineup_owner *owner);

/* The number of the one that was seen longest ago, which still has to leave; 0: there is none. */
uint32_t tw_lineup_take(struct tw_lineup *lineup, const struct tw_lineup_owner *owner);

/* Drop those that are passed over. */
void tw_lineup_compact(struct tw_lineup *lineup, const struct tw_lineup_owner *owner);

/* The ranks have become others, and the order is the same, since those that are passed over were dropped. */
void tw_lineup_rank_again(struct tw_lineup *lineup, const struct tw_lineup_owner *owner);

/* Bytes in use. */
size_t tw_lineup_memory(const struct tw_lineup *lineup);

#endif
