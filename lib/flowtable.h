/* SPDX-License-Identifier: MIT */
/*
 * flowtable.h — the flows that are alive, bounded.
 *
 * A chained hash over numbered slots; the hash is keyed, so that nobody outside can choose flows that collide. The
 * memory is reserved at once and touched as flows come; slots keep their numbers.
 *
 * When the table is full somebody has to go: the longest silent among the flows that only one side has spoken in (a
 * SYN flood, a scan), and only when there is none, the longest silent of all. One-sided flows stand in a list in the
 * order of their last packets. For the others no order is kept, since that would cost each packet two cache misses:
 * when one of them has to go, all are sorted once, and the oldest are taken from that as long as they stay silent.
 *
 * Threads: none.
 */
#ifndef TW_FLOWTABLE_H
#define TW_FLOWTABLE_H

#include "elders.h"
#include "flow.h"
#include "pool.h"

/* gcc takes a function that only prefetches for one without effect, and drops calls of it unless they are inlined. */
#define TW_PREFETCH __attribute__((always_inline))

/* A scope, once for all flows that have it; 0 is the number of the empty one. */
struct tw_scope_slot {
    struct tw_scope scope;
    uint32_t users;
    uint32_t next; /* of the same hash */
};

/* The members are flowtable.c's; they are here for what every packet asks, at the end of this file. */
struct tw_flowtable {
    struct tw_flow_settings settings;
    struct tw_factors factors;
    struct tw_pool flows, stalls, scopes, buckets;
    uint64_t mask; /* number of buckets - 1 */
    uint64_t total;
    uint32_t oldest, newest; /* of the one-sided flows */
    struct tw_elders elders; /* of all, when nobody is one-sided */
    uint32_t scope_bucket[256];
};

/* Make an empty table; the settings are copied. Returns NULL when there is no memory. */
struct tw_flowtable *tw_flowtable_create(const struct tw_flow_settings *settings, const struct tw_hash_key *secret);

/* Make room for at least `max` flows; nothing else changes. What was borrowed moves. Returns 0 or -ENOMEM. */
int tw_flowtable_grow(struct tw_flowtable *table, uint32_t max);

/*
 * Other settings; room for their `max` flows must have been made. What counts in the key holds for new flows: a living
 * one that is known by another key is not found any more.
 */
void tw_flowtable_configure(struct tw_flowtable *table, const struct tw_flow_settings *settings);

/* NULL is allowed. */
void tw_flowtable_destroy(struct tw_flowtable *table);

/* The hash by which find and add look; to be computed early, with prefetch. */
static inline uint32_t tw_flowtable_hash(const struct tw_flowtable *table, const struct tw_flowkey *key,
                                         const struct tw_scope *scope);

/*
 * Ask the processor for the bucket of a hash; when that has come, for the key of its first flow; and then for what a
 * packet from this end of the key will change of it.
 */
static inline TW_PREFETCH void tw_flowtable_prefetch_bucket(const struct tw_flowtable *table, uint32_t hash);
static inline TW_PREFETCH void tw_flowtable_prefetch_key(const struct tw_flowtable *table, uint32_t hash);
static inline TW_PREFETCH void tw_flowtable_prefetch_flow(const struct tw_flowtable *table, uint32_t hash, int key_end);

/* Borrow the flow, or NULL. */
static inline struct tw_flow *tw_flowtable_find(struct tw_flowtable *table, uint32_t hash, const struct tw_flowkey *key,
                                                const struct tw_scope *scope);

/*
 * Add a flow that is not there, zeroed but for key, hash, scope, index (the next one) and the slot's timer mark, which stays. NULL: the table is full, see
 * tw_flowtable_victim.
 */
struct tw_flow *tw_flowtable_add(struct tw_flowtable *table, uint32_t hash, const struct tw_flowkey *key,
                                 const struct tw_scope *scope);

/* The flow that has to go first; NULL when the table is empty. */
struct tw_flow *tw_flowtable_victim(struct tw_flowtable *table);

/* Take the flow out, with its stall record. */
void tw_flowtable_remove(struct tw_flowtable *table, struct tw_flow *flow);

/* A packet of the flow has been accounted for, last_entry included: keep the order of the one-sided. */
static inline void tw_flowtable_touch(struct tw_flowtable *table, struct tw_flow *flow);

/* The flow's stall record, made when it has none. There is one for every flow. */
struct tw_stall *tw_flowtable_stall(struct tw_flowtable *table, struct tw_flow *flow);

/* The flow's stall record, or NULL. */
static inline struct tw_stall *tw_flowtable_find_stall(const struct tw_flowtable *table, const struct tw_flow *flow);

/* Where the flow was seen, beside its addresses. */
static inline const struct tw_scope *tw_flowtable_scope(const struct tw_flowtable *table, const struct tw_flow *flow);

/* Slots: a number for each living flow, from 1; get gives NULL for a slot that is free. */
static inline uint32_t tw_flowtable_slot(const struct tw_flowtable *table, const struct tw_flow *flow);
static inline struct tw_flow *tw_flowtable_get(const struct tw_flowtable *table, uint32_t slot);
uint32_t tw_flowtable_slots(const struct tw_flowtable *table); /* highest ever used */

/* The slot itself, free or not. */
static inline struct tw_flow *tw_flowtable_at(const struct tw_flowtable *table, uint32_t slot);

/* Ask the processor for all of a slot's flow, or only for what tells whether its silence is over. */
static inline TW_PREFETCH void tw_flowtable_prefetch_slot(const struct tw_flowtable *table, uint32_t slot, bool is_all);

uint32_t tw_flowtable_count(const struct tw_flowtable *table);
uint64_t tw_flowtable_total(const struct tw_flowtable *table); /* flows ever added */
size_t tw_flowtable_memory(const struct tw_flowtable *table);  /* bytes touched */

static inline struct tw_flow *tw_flowtable_at(const struct tw_flowtable *table, uint32_t slot) {
    return tw_pool_get(&table->flows, slot);
}

static inline TW_PREFETCH void tw_flowtable_prefetch_slot(const struct tw_flowtable *table, uint32_t slot,
                                                          bool is_all) {
    const struct tw_flow *flow = tw_flowtable_at(table, slot);
    __builtin_prefetch(flow);
    __builtin_prefetch(&flow->side[TW_A]);
    __builtin_prefetch(&flow->side[TW_B]);
    __builtin_prefetch(&flow->index);
    if (is_all) {
        __builtin_prefetch(flow->window);
        __builtin_prefetch(&flow->rest[TW_A]);
        __builtin_prefetch(&flow->rest[TW_B]);
    }
}

static inline struct tw_flow *tw_flowtable_get(const struct tw_flowtable *table, uint32_t slot) {
    struct tw_flow *flow = tw_flowtable_at(table, slot);
    return flow->index ? flow : NULL;
}

static inline uint32_t tw_flowtable_slot(const struct tw_flowtable *table, const struct tw_flow *flow) {
    return (uint32_t)((size_t)((const unsigned char *)flow - table->flows.memory) / sizeof *flow);
}

static inline struct tw_stall *tw_flowtable_find_stall(const struct tw_flowtable *table, const struct tw_flow *flow) {
    return flow->stall ? tw_pool_get(&table->stalls, flow->stall) : NULL;
}

static inline struct tw_scope_slot *tw_flowtable_scope_at(const struct tw_flowtable *table, uint32_t number) {
    return tw_pool_get(&table->scopes, number);
}

static inline const struct tw_scope *tw_flowtable_scope(const struct tw_flowtable *table, const struct tw_flow *flow) {
    static const struct tw_scope empty;
    return flow->scope ? &tw_flowtable_scope_at(table, flow->scope)->scope : &empty;
}

/* A one-sided flow has sent another packet, or has become two-sided. For tw_flowtable_touch(). */
void tw_flowtable_move(struct tw_flowtable *table, struct tw_flow *flow);

static inline void tw_flowtable_touch(struct tw_flowtable *table, struct tw_flow *flow) {
    if (flow->is_listed) {
        tw_flowtable_move(table, flow);
    }
}

static inline uint32_t tw_flowtable_hash(const struct tw_flowtable *table, const struct tw_flowkey *key,
                                         const struct tw_scope *scope) {
    return tw_flowkey_hash(&table->factors, &table->settings, key, scope);
}

/* Where the number of a bucket's first flow stands. */
static inline uint32_t *tw_flowtable_bucket(const struct tw_flowtable *table, uint32_t hash) {
    return (uint32_t *)(void *)table->buckets.memory + (hash & table->mask);
}

static inline TW_PREFETCH void tw_flowtable_prefetch_bucket(const struct tw_flowtable *table, uint32_t hash) {
    __builtin_prefetch(tw_flowtable_bucket(table, hash));
}

static inline TW_PREFETCH void tw_flowtable_prefetch_key(const struct tw_flowtable *table, uint32_t hash) {
    __builtin_prefetch(tw_flowtable_at(table, *tw_flowtable_bucket(table, hash)), 1);
}

static inline TW_PREFETCH void tw_flowtable_prefetch_flow(const struct tw_flowtable *table, uint32_t hash,
                                                          int key_end) {
    const struct tw_flow *flow = tw_flowtable_at(table, *tw_flowtable_bucket(table, hash));
    __builtin_prefetch(&flow->side[tw_flow_side_of(flow, key_end)], 1);
    __builtin_prefetch(flow->window, 1);
    if (flow->state != TW_FLOW_ESTABLISHED) {
        __builtin_prefetch(flow->tcp, 1);
        __builtin_prefetch(&flow->rest[tw_flow_side_of(flow, key_end)], 1);
    }
}

static inline struct tw_flow *tw_flowtable_find(struct tw_flowtable *table, uint32_t hash, const struct tw_flowkey *key,
                                                const struct tw_scope *scope) {
    bool has_scope = table->scopes.used || !tw_scope_is_empty(scope);
    for (uint32_t slot = *tw_flowtable_bucket(table, hash); slot;) {
        struct tw_flow *flow = tw_flowtable_at(table, slot);
        if (tw_flowkey_equal(&flow->key, key) &&
            (!has_scope || tw_scope_equal(&table->settings, tw_flowtable_scope(table, flow), scope))) {
            return flow;
        }
        slot = flow->next;
    }
    return NULL;
}

#endif
