/* SPDX-License-Identifier: MIT */
/*
 * shape.h — the kinds of packets that a run has seen: their chain of headers and the bits of flowStat that they set.
 *
 * They are few, so they are numbered, and a flow keeps a byte for each of its own. Plain data, zero at first; some 10 KiB.
 */
#ifndef TW_SHAPE_H
#define TW_SHAPE_H

#include "layers.h"

struct tw_shapes {
    uint8_t n;           /* highest number given */
    uint8_t bucket[512]; /* numbers, by hash */
    struct tw_shape {
        uint64_t flow_stat;
        uint8_t chain; /* its number in `chains` */
    } shape[256];      /* by number; 0 has nothing */
    uint64_t chain_of[256];
    struct tw_chains chains;
};

/* The number of a packet's shape, from 1; 0: there are 255 others already. */
uint8_t tw_shapes_number(struct tw_shapes *shapes, uint64_t chain, uint64_t flow_stat);

/* Whether a number is that of this shape. */
static inline bool tw_shapes_is(const struct tw_shapes *shapes, uint8_t number, uint64_t chain, uint64_t flow_stat) {
    return number && shapes->chain_of[number] == chain && shapes->shape[number].flow_stat == flow_stat;
}

#endif
