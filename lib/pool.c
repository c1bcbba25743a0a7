/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static size_t reserved(const struct tw_pool *pool) {
    return ((size_t)pool->max + 1) * pool->size;
}

int tw_pool_init(struct tw_pool *pool, size_t size, uint32_t max) {
    struct tw_pool fresh = {.size = size, .max = max};
    void *memory =
        mmap(NULL, reserved(&fresh), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return -ENOMEM;
    }
    /* a wish: with 2 MiB pages a look-up among a million items misses the TLB far less often */
    (void)madvise(memory, reserved(&fresh), MADV_HUGEPAGE);
    fresh.memory = memory;
    *pool = fresh;
    return 0;
}

int tw_pool_grow(struct tw_pool *pool, uint32_t max) {
    struct tw_pool larger = *pool;
    if (max <= pool->max) {
        return 0;
    }
    larger.max = max;
    void *memory = mremap(pool->memory, reserved(pool), reserved(&larger), MREMAP_MAYMOVE);
    if (memory == MAP_FAILED) {
        return -ENOMEM;
    }
    larger.memory = memory;
    *pool = larger;
    return 0;
}

void tw_pool_fini(struct tw_pool *pool) {
    if (pool->memory) {
        munmap(pool->memory, reserved(pool));
    }
    *pool = (struct tw_pool){0};
}

uint32_t tw_pool_take(struct tw_pool *pool) {
    uint32_t number = pool->free;
    if (number) {
        memcpy(&pool->free, tw_pool_get(pool, number), sizeof pool->free);
    } else if (pool->touched < pool->max) {
        number = ++pool->touched;
    } else {
        return 0;
    }
    pool->used++;
    memset(tw_pool_get(pool, number), 0, pool->size);
    return number;
}

void tw_pool_put(struct tw_pool *pool, uint32_t number) {
    memcpy(tw_pool_get(pool, number), &pool->free, sizeof pool->free);
    pool->free = number;
    pool->used--;
}
