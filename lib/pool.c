/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* With these a look-up among a million items misses the TLB far less often; where there are none, no harm is done. */
enum { HUGE_PAGE = 2 << 20 };

/* Whole huge pages. */
static size_t reserved(const struct tw_pool *pool) {
    return (((size_t)pool->max + 1) * pool->size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

/* Memory of so many huge pages that begins with one; NULL: there is none. */
static unsigned char *reserve(size_t size) {
    unsigned char *memory =
        mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return NULL;
    }
    size_t before = (HUGE_PAGE - (uintptr_t)memory % HUGE_PAGE) % HUGE_PAGE;
    if (before) {
        munmap(memory, before);
    }
    munmap(memory + before + size, HUGE_PAGE - before);
    return memory + before;
}

int tw_pool_init(struct tw_pool *pool, size_t size, uint32_t max) {
    struct tw_pool fresh = {.size = size, .max = max};
    fresh.memory = reserve(reserved(&fresh));
    if (!fresh.memory) {
        return -ENOMEM;
    }
    (void)madvise(fresh.memory, reserved(&fresh), MADV_HUGEPAGE);
    *pool = fresh;
    return 0;
}

/* The memory is about to move or go. */
static void stop_ahead(struct tw_pool *pool) {
    tw_ahead_destroy(pool->ahead);
    pool->ahead = NULL;
    pool->calm = 0;
}

int tw_pool_grow(struct tw_pool *pool, uint32_t max) {
    if (max <= pool->max) {
        return 0;
    }
    stop_ahead(pool);
    struct tw_pool larger = *pool;
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
    stop_ahead(pool);
    if (pool->memory) {
        munmap(pool->memory, reserved(pool));
    }
    *pool = (struct tw_pool){0};
}

void tw_pool_look_ahead(struct tw_pool *pool) {
    if (!pool->ahead) {
        pool->ahead = tw_ahead_create(pool->memory, reserved(pool));
    }
    size_t calm = tw_ahead_reach(pool->ahead, tw_pool_memory(pool)) / pool->size;
    pool->calm = calm < pool->max ? (uint32_t)calm : pool->max;
}

uint32_t tw_pool_take(struct tw_pool *pool) {
    uint32_t number = pool->free;
    if (number) {
        memcpy(&pool->free, tw_pool_get(pool, number), sizeof pool->free);
    } else if (pool->touched < pool->max) {
        number = pool->touched + 1;
        tw_pool_reach(pool, number);
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
