/* SPDX-License-Identifier: MIT */
#include "shape.h"

uint8_t tw_shapes_search(struct tw_shapes *shapes, uint64_t chain, uint64_t flow_stat) {
    unsigned at = tw_shapes_bucket(chain, flow_stat);
    while (shapes->bucket[at] && !tw_shapes_is(shapes, shapes->bucket[at], chain, flow_stat)) {
        at = (at + 1) % 512;
    }
    if (!shapes->bucket[at]) {
        if (shapes->n == UINT8_MAX) {
            return 0;
        }
        shapes->bucket[at] = ++shapes->n;
        shapes->chain_of[shapes->n] = chain;
        shapes->shape[shapes->n] = (struct tw_shape){flow_stat, tw_chains_number(&shapes->chains, chain)};
    }
    return shapes->bucket[at];
}
