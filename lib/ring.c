/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SOON = 32 }; /* puts from being told that an entry leaves to its leaving */

static_assert(sizeof(struct tw_ring_entry) == 32, "an entry must stay half a cache line");

struct tw_ring *tw_ring_create(size_t size, const struct tw_ring_fetch *fetch, const struct tw_ring_owner *owner) {
    assert(size >= TW_RING_MIN_SIZE);
    struct tw_ring *ring = calloc(1, sizeof(*ring));
    if (ring == NULL)
        return NULL;
    ring->size = size / sizeof(struct tw_ring_entry) * TW_RING_ENTRY_UNITS; /* so that entries alone leave no rest */
    ring->memory = mmap(NULL, ring->size * TW_RING_UNIT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ring->memory == MAP_FAILED) {
        free(ring);
        return NULL;
    }
    /* A fault per 2 MiB and not per 4 KiB; a wish only. */
    (void)madvise(ring->memory, ring->size * TW_RING_UNIT, MADV_HUGEPAGE);
    ring->ahead = tw_ahead_create(ring->memory, ring->size * TW_RING_UNIT);
    tw_ring_begin_at(ring, 1);
    if (fetch)
        ring->fetch = *fetch;
    if (owner)
        ring->owner = *owner;
    return ring;
}

void tw_ring_destroy(struct tw_ring *ring) {
    if (ring == NULL)
        return;
    tw_ahead_destroy(ring->ahead);
    (void)munmap(ring->memory, ring->size * TW_RING_UNIT);
    free(ring);
}

/* Entries alone stand one behind the other, so the one that many puts later can be seen. */
static void look_ahead(const struct tw_ring *ring) {
    uint64_t position = ring->tail + SOON * TW_RING_ENTRY_UNITS;
    if (position < (ring->tail < ring->lap ? ring->edge : ring->head)) {
        const struct tw_ring_entry *entry = tw_ring_entry_at(ring, position);
        if (entry->flags & TW_RING_WATCHED)
            ring->owner.soon(ring->owner.context, entry);
    }
}

static void drop_oldest(struct tw_ring *ring) {
    struct tw_ring_entry *entry = tw_ring_entry_at(ring, ring->tail);
    if (ring->fetch.fn && ring->owner.soon)
        look_ahead(ring);
    if ((entry->flags & TW_RING_WATCHED) && ring->owner.leave)
        ring->owner.leave(ring->owner.context, ring->tail, entry);
    uint64_t cost = tw_ring_units(ring, entry->caplen);
    ring->used -= cost;
    ring->packets--;
    ring->tail += cost;
    if (ring->tail == ring->edge && ring->tail != ring->head)
        ring->tail = ring->lap;
    if (!ring->fetch.fn) /* the next is a packet away, and nobody has looked at it since it was put */
        __builtin_prefetch(tw_ring_entry_at(ring, ring->tail));
}

/* Where an entry of `cost` would begin: at the head, or where that is too near to the memory's end, a lap further. */
static uint64_t place(const struct tw_ring *ring, uint64_t cost) {
    uint64_t end = ring->lap + ring->size;
    return ring->head + cost <= end ? ring->head : end;
}

static void begin_lap(struct tw_ring *ring, uint64_t start) {
    tw_ahead_destroy(ring->ahead);
    ring->ahead = NULL;
    if (ring->tail == ring->head)
        ring->tail = start;
    ring->edge = ring->head;
    ring->head = ring->lap = start;
}

static uint64_t min(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* Say how far the memory is in use, and find up to where the head may move on. */
static void calm(struct tw_ring *ring, uint64_t end) {
    ring->calm = min(ring->tail, ring->lap) + ring->size;
    size_t quiet = tw_ahead_reach(ring->ahead, (end - ring->lap) * TW_RING_UNIT);
    ring->calm = min(ring->calm, quiet < ring->size * TW_RING_UNIT ? ring->lap + quiet / TW_RING_UNIT : UINT64_MAX);
}

tw_ref tw_ring_make_room(struct tw_ring *ring, uint64_t units) {
    uint64_t start = place(ring, units);
    while (ring->tail + ring->size < start + units && ring->tail != ring->head)
        drop_oldest(ring);
    if (start == ring->lap + ring->size)
        begin_lap(ring, start);
    calm(ring, start + units);
    return start;
}

tw_ref tw_ring_tail_after(const struct tw_ring *ring, uint32_t caplen) {
    uint64_t cost = tw_ring_units(ring, caplen);
    uint64_t end = place(ring, cost) + cost;
    return ring->tail + ring->size < end ? end - ring->size : ring->tail;
}

bool tw_ring_fetch(const struct tw_ring *ring, const struct tw_ring_entry *entry, struct tw_ring_packet *ret) {
    if (ring->fetch.fn != NULL)
        return ring->fetch.fn(ring->fetch.context, entry, ret);
    *ret = (struct tw_ring_packet){entry->time, entry->wirelen, (const uint8_t *)(entry + 1)};
    return true;
}

bool tw_ring_is_in_file(const struct tw_ring *ring) {
    return ring->fetch.fn != NULL;
}

void tw_ring_begin_at(struct tw_ring *ring, tw_ref ref) {
    ring->head = ring->tail = ring->lap = ring->edge = ring->calm = ref;
}

tw_ref tw_ring_head(const struct tw_ring *ring) {
    return ring->head;
}

tw_ref tw_ring_first(const struct tw_ring *ring) {
    return ring->tail != ring->head ? ring->tail : 0;
}

tw_ref tw_ring_next(const struct tw_ring *ring, tw_ref ref) {
    uint64_t next = ref + tw_ring_units(ring, tw_ring_entry_at(ring, ref)->caplen);
    if (next == ring->edge && ref < ring->lap)
        next = ring->lap;
    return next != ring->head ? next : 0;
}

void tw_ring_shrink(struct tw_ring *ring, size_t bytes) {
    while (ring->tail != ring->head && ring->used * TW_RING_UNIT > bytes)
        drop_oldest(ring);
}

void tw_ring_age(struct tw_ring *ring, tw_time clock) {
    while (ring->tail != ring->head && tw_ring_entry_at(ring, ring->tail)->clock < clock)
        drop_oldest(ring);
}

void tw_ring_stats(const struct tw_ring *ring, struct tw_ring_stats *ret) {
    ret->size = ring->size * TW_RING_UNIT;
    ret->used = ring->used * TW_RING_UNIT;
    ret->packets = ring->packets;
    ret->span = ring->packets > 0 ? ring->newest - tw_ring_entry_at(ring, ring->tail)->clock : 0;
}
