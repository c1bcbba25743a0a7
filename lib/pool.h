/* SPDX-License-Identifier: MIT */
/*
 * pool.h — items of one size, addressed by number, up to a bound.
 *
 * The memory is reserved at once, but only what is used is ever touched, and as much again, at most 16 MiB, ahead of it
 * (ahead.h): a large bound costs nothing until it is needed. Items keep their numbers; only tw_pool_grow moves them. A
 * freed item is the next to be taken, so that what is in use stays together.
 */
#ifndef TW_POOL_H
#define TW_POOL_H

#include "ahead.h"
#include "types.h"

struct tw_pool {
    unsigned char *memory; /* item n at n * size; item 0 is never used */
    size_t size;           /* of an item, bytes */
    uint32_t max;          /* items */
    uint32_t used;         /* taken now */
    uint32_t touched;      /* highest number ever taken, or reached */
    uint32_t free;         /* first of the chain of free items; 0: none */
    uint32_t calm;         /* up to this number nothing is said to `ahead` */
    struct tw_ahead *ahead;
};

/* Reserve room for `max` items of `size` bytes (at least 4). Returns 0 or -ENOMEM. */
int tw_pool_init(struct tw_pool *pool, size_t size, uint32_t max);

/* Make room for at least `max` items; items keep their numbers, but what was borrowed moves. Returns 0 or -ENOMEM. */
int tw_pool_grow(struct tw_pool *pool, uint32_t max);

/* Give the memory back. A zeroed pool is allowed. */
void tw_pool_fini(struct tw_pool *pool);

/* Take an item, zeroed; returns its number from 1, or 0 when all are taken. */
uint32_t tw_pool_take(struct tw_pool *pool);

/* For a pool whose items are not taken, but go by the numbers of another pool's: this one is in use now. */
static inline void tw_pool_reach(struct tw_pool *pool, uint32_t number);

/* Give an item back. */
void tw_pool_put(struct tw_pool *pool, uint32_t number);

/* Borrow an item that is taken. */
static inline void *tw_pool_get(const struct tw_pool *pool, uint32_t number) {
    return pool->memory + number * pool->size;
}

/* The highest number ever is more than what nothing is said of to `ahead`. For tw_pool_take() and tw_pool_reach(). */
void tw_pool_look_ahead(struct tw_pool *pool);

static inline void tw_pool_reach(struct tw_pool *pool, uint32_t number) {
    if (number > pool->touched) {
        pool->touched = number;
        if (number > pool->calm) {
            tw_pool_look_ahead(pool);
        }
    }
}

/* Bytes that items have been in so far. */
static inline size_t tw_pool_memory(const struct tw_pool *pool) {
    return pool->touched * pool->size;
}

#endif
