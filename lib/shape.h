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
static inline uint8_t tw_shapes_number(struct tw_shapes *shapes, uint64_t chain, uint64_t flow_stat);

/* For tw_shapes_number(): one that is not where its hash says; new, mostly. */
uint8_t tw_shapes_search(struct tw_shapes *shapes, uint64_t chain, uint64_t flow_stat);

/* Whether a number is that of this shape. */
static inline bool tw_shapes_is(const struct tw_shapes *shapes, uint8_t number, uint64_t chain, uint64_t flow_stat) {
    return number && shapes->chain_of[number] == chain && shapes->shape[number].flow_stat == flow_stat;
}

/* Fibonacci hashing: nine bits. */
static inline unsigned tw_shapes_bucket(uint64_t chain, uint64_t flow_stat) {
    return (unsigned)((chain ^ flow_stat * 3) * UINT64_C(0x9E3779B97F4A7C15) >> 55);
}

static inline uint8_t tw_shapes_number(struct tw_shapes *shapes, uint64_t chain, uint64_t flow_stat) {
    uint8_t number = shapes->bucket[tw_shapes_bucket(chain, flow_stat)];
    return tw_shapes_is(shapes, number, chain, flow_stat) ? number : tw_shapes_search(shapes, chain, flow_stat);
}

#endif
