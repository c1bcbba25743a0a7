/* SPDX-License-Identifier: MIT */
#include "elders.h"

#include <stdlib.h>

struct tw_elder {
    uint64_t rank;
    uint32_t number;
};

void tw_elders_fini(struct tw_elders *elders) {
    free(elders->sorted);
    *elders = (struct tw_elders){0};
}

static int by_rank(const void *a, const void *b) {
    uint64_t x = ((const struct tw_elder *)a)->rank, y = ((const struct tw_elder *)b)->rank;
    return (x > y) - (x < y);
}

static void sort(struct tw_elders *elders, uint32_t highest, tw_rank_fn *rank, const void *owner) {
    tw_elders_fini(elders);
    size_t n = 0;
    for (uint32_t number = 1; number <= highest; number++) {
        n += rank(owner, number) != 0;
    }
    elders->sorted = malloc(n ? n * sizeof *elders->sorted : 1);
    if (!elders->sorted) {
        return;
    }
    for (uint32_t number = 1; number <= highest; number++) {
        uint64_t now = rank(owner, number);
        if (now) {
            elders->sorted[elders->n++] = (struct tw_elder){now, number};
        }
    }
    qsort(elders->sorted, elders->n, sizeof *elders->sorted, by_rank);
}

static uint32_t next(struct tw_elders *elders, tw_rank_fn *rank, const void *owner) {
    while (elders->next < elders->n) {
        const struct tw_elder *elder = &elders->sorted[elders->next++];
        if (rank(owner, elder->number) == elder->rank) {
            return elder->number;
        }
    }
    return 0;
}

/* Without memory to sort in: one pass for one answer. */
static uint32_t scan(uint32_t highest, tw_rank_fn *rank, const void *owner) {
    uint32_t found = 0;
    uint64_t smallest = UINT64_MAX;
    for (uint32_t number = 1; number <= highest; number++) {
        uint64_t now = rank(owner, number);
        if (now && now <= smallest) {
            smallest = now;
            found = number;
        }
    }
    return found;
}

uint32_t tw_elders_take(struct tw_elders *elders, uint32_t highest, tw_rank_fn *rank, const void *owner) {
    uint32_t number = next(elders, rank, owner);
    if (!number) {
        sort(elders, highest, rank, owner);
        number = elders->sorted ? next(elders, rank, owner) : scan(highest, rank, owner);
    }
    return number;
}
