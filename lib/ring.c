/* SPDX-License-Identifier: MIT */
/*
 * ring.c — see ring.h.
 *
 * Positions are free-running, in units of 8 bytes. The memory holds two laps at most: the current one, whose position
 * `lap` is the memory's first unit, and what is left of the one before, whose records end at `edge`:
 *
 *      memory   | current lap ... head |  (free)  | tail ... lap before ... edge | skipped |
 *      position  lap                                                                        lap
 *
 * So a position becomes an address with one comparison and no division, whatever the size.
 */
#include "ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { UNIT = 8, ENTRY_UNITS = sizeof(struct tw_ring_entry) / UNIT };

static_assert(sizeof(struct tw_ring_entry) == 32, "an entry must stay half a cache line");

struct tw_ring {
    uint8_t *memory;
    uint64_t size; /* this and all positions in units */
    uint64_t head; /* of the next entry, should it fit */
    uint64_t tail; /* of the oldest entry; equal to head: empty */
    uint64_t lap;  /* where the current lap began */
    uint64_t edge; /* where the records of the lap before ended; tail goes on from here to lap */
    uint64_t used; /* units that entries take */
    uint64_t packets;
    tw_time newest; /* clock of the last entry put */
    struct tw_ring_fetch fetch;
    tw_ring_leave_fn *leave;
    void *owner;
};

struct tw_ring *tw_ring_create(size_t size, const struct tw_ring_fetch *fetch, tw_ring_leave_fn *leave, void *owner) {
    assert(size >= TW_RING_MIN_SIZE);
    struct tw_ring *ring = calloc(1, sizeof(*ring));
    if (ring == NULL)
        return NULL;
    ring->size = size / sizeof(struct tw_ring_entry) * ENTRY_UNITS; /* so that entries alone leave no rest */
    ring->memory = mmap(NULL, ring->size * UNIT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ring->memory == MAP_FAILED) {
        free(ring);
        return NULL;
    }
    /* A fault per 2 MiB and not per 4 KiB; a wish only. */
    (void)madvise(ring->memory, ring->size * UNIT, MADV_HUGEPAGE);
    ring->head = ring->tail = ring->lap = ring->edge = 1;
    if (fetch)
        ring->fetch = *fetch;
    ring->leave = leave;
    ring->owner = owner;
    return ring;
}

void tw_ring_destroy(struct tw_ring *ring) {
    if (ring == NULL)
        return;
    (void)munmap(ring->memory, ring->size * UNIT);
    free(ring);
}

static uint64_t cost_units(const struct tw_ring *ring, uint32_t caplen) {
    if (ring->fetch.fn != NULL)
        return ENTRY_UNITS;
    return ENTRY_UNITS + ((uint64_t)caplen + UNIT - 1) / UNIT;
}

size_t tw_ring_cost(const struct tw_ring *ring, uint32_t caplen) {
    return cost_units(ring, caplen) * UNIT;
}

static struct tw_ring_entry *entry_at(const struct tw_ring *ring, uint64_t position) {
    uint64_t unit = position >= ring->lap ? position - ring->lap : position + ring->size - ring->lap;
    return (struct tw_ring_entry *)(void *)(ring->memory + unit * UNIT);
}

static void drop_oldest(struct tw_ring *ring) {
    struct tw_ring_entry *entry = entry_at(ring, ring->tail);
    if ((entry->flags & TW_RING_WATCHED) && ring->leave != NULL)
        ring->leave(ring->owner, ring->tail, entry);
    uint64_t cost = cost_units(ring, entry->caplen);
    ring->used -= cost;
    ring->packets--;
    ring->tail += cost;
    if (ring->tail == ring->edge && ring->tail != ring->head)
        ring->tail = ring->lap;
}

/* Where an entry of `cost` would begin: at the head, or where that is too near to the memory's end, a lap further. */
static uint64_t place(const struct tw_ring *ring, uint64_t cost) {
    uint64_t end = ring->lap + ring->size;
    return ring->head + cost <= end ? ring->head : end;
}

static void begin_lap(struct tw_ring *ring, uint64_t start) {
    if (ring->tail == ring->head)
        ring->tail = start;
    ring->edge = ring->head;
    ring->head = ring->lap = start;
}

tw_ref tw_ring_put(struct tw_ring *ring, const struct tw_ring_entry *entry, const uint8_t *bytes) {
    uint64_t cost = cost_units(ring, entry->caplen);
    uint64_t start = place(ring, cost);
    while (ring->tail + ring->size < start + cost && ring->tail != ring->head)
        drop_oldest(ring);
    if (start == ring->lap + ring->size)
        begin_lap(ring, start);
    struct tw_ring_entry *copy = entry_at(ring, start);
    *copy = *entry;
    copy->link = 0;
    if (ring->fetch.fn == NULL)
        memcpy(copy + 1, bytes, entry->caplen);
    ring->head = start + cost;
    ring->used += cost;
    ring->packets++;
    ring->newest = entry->clock;
    return start;
}

tw_ref tw_ring_tail_after(const struct tw_ring *ring, uint32_t caplen) {
    uint64_t cost = cost_units(ring, caplen);
    uint64_t end = place(ring, cost) + cost;
    return ring->tail + ring->size < end ? end - ring->size : ring->tail;
}

struct tw_ring_entry *tw_ring_get(struct tw_ring *ring, tw_ref ref) {
    return ref >= ring->tail && ref < ring->head ? entry_at(ring, ref) : NULL;
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
    ring->head = ring->tail = ring->lap = ring->edge = ref;
}

tw_ref tw_ring_head(const struct tw_ring *ring) {
    return ring->head;
}

tw_ref tw_ring_first(const struct tw_ring *ring) {
    return ring->tail != ring->head ? ring->tail : 0;
}

tw_ref tw_ring_next(const struct tw_ring *ring, tw_ref ref) {
    uint64_t next = ref + cost_units(ring, entry_at(ring, ref)->caplen);
    if (next == ring->edge && ref < ring->lap)
        next = ring->lap;
    return next != ring->head ? next : 0;
}

void tw_ring_shrink(struct tw_ring *ring, size_t bytes) {
    while (ring->tail != ring->head && ring->used * UNIT > bytes)
        drop_oldest(ring);
}

void tw_ring_age(struct tw_ring *ring, tw_time clock) {
    while (ring->tail != ring->head && entry_at(ring, ring->tail)->clock < clock)
        drop_oldest(ring);
}

void tw_ring_stats(const struct tw_ring *ring, struct tw_ring_stats *ret) {
    ret->size = ring->size * UNIT;
    ret->used = ring->used * UNIT;
    ret->packets = ring->packets;
    ret->span = ring->packets > 0 ? ring->newest - entry_at(ring, ring->tail)->clock : 0;
}
