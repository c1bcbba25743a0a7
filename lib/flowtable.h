/* SPDX-License-Identifier: MIT */
/*
 * flowtable.h — the flows that are alive, bounded.
 *
 * A chained hash over numbered slots; the hash is keyed, so that nobody outside can choose flows that collide. The
 * memory is reserved at once and touched as flows come; slots keep their numbers. The parts of a flow (flow.h) stand in
 * pools of their own, so that those that are seldom needed do not fill the cache.
 *
 * When the table is full somebody has to go: the longest silent among the flows that only one side has spoken in (a
 * SYN flood, a scan), and only when there is none, the longest silent of all. One-sided flows are lined up in the
 * order of their last packets (lineup.h). For the others no order is kept, since that would cost each packet a cache miss:
 * when one of them has to go, all are sorted once, and the oldest are taken from that as long as they stay silent.
 *
 * Threads: none.
 */
#ifndef TW_FLOWTABLE_H
#define TW_FLOWTABLE_H

#include <netinet/in.h>

#include "elders.h"
#include "flow.h"
#include "flowkey.h"
#include "lineup.h"
#include "pool.h"
#include "shape.h"
#include "skew.h"

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
    struct tw_pool flows, mores, stalls, pairs, scopes, buckets;
    struct tw_pool rests; /* its items go with those of `flows`, by the same numbers: tw_pool_reach() */
    uint64_t mask;        /* number of buckets - 1 */
    uint64_t total;
    struct tw_lineup one_sided;
    struct tw_elders elders; /* of all, when nobody is one-sided */
    uint32_t scope_bucket[256];
    struct tw_shapes shapes;
    struct tw_skews skews;
};

/* Make an empty table; the settings are copied. Returns NULL when there is no memory. */
struct tw_flowtable *tw_flowtable_create(const struct tw_flow_settings *settings, const struct tw_hash_key *secret);

/* Make room for at least `max` flows; nothing else changes. What was borrowed moves. Returns 0 or -ENOMEM. */
int tw_flowtable_grow(struct tw_flowtable *table, uint32_t max);

/*
 * Other settings; room for their `max` flows must have been made. When other parts of the scope count in the key than
 * before, living flows are known by that key from now on; of those that have become the same by it, one goes on.
 */
void tw_flowtable_configure(struct tw_flowtable *table, const struct tw_flow_settings *settings);

/* NULL is allowed. */
void tw_flowtable_destroy(struct tw_flowtable *table);

/* The hash by which find and add look (`scope` NULL: the empty one); to be computed early, with prefetch. */
static inline uint32_t tw_flowtable_hash(const struct tw_flowtable *table, const struct tw_flowkey *key,
                                         const struct tw_scope *scope);

/*
 * Ask the processor for the bucket of a hash; when that has come, for its first flow; and when that has come, for what
 * else a packet will need. `is_end`: more than of a plain one, since it may end the flow. That both sides are asked for at
 * once, of which mostly one is needed, saves 4 % of the time on headers: a flow stands in one page, and which side it is
 * need not be known.
 */
static inline TW_PREFETCH void tw_flowtable_prefetch_bucket(const struct tw_flowtable *table, uint32_t hash);
static inline TW_PREFETCH void tw_flowtable_prefetch_key(const struct tw_flowtable *table, uint32_t hash);
static inline TW_PREFETCH uint32_t tw_flowtable_prefetch_flow(const struct tw_flowtable *table, uint32_t hash,
                                                              const struct tw_flowkey *key, bool is_end);

/*
 * Borrow the flow, or NULL. `scope`: NULL is the empty one; `guess`: the slot to look at first, whoever has it now,
 * or 0.
 */
static inline struct tw_flow *tw_flowtable_find(struct tw_flowtable *table, uint32_t hash, const struct tw_flowkey *key,
                                                const struct tw_scope *scope, uint32_t guess);

/*
 * Add a flow that is not there: zeroed but for what is in the key, its scope and index (the next one), and the slot's
 * timer mark, which stays. NULL: the table is full, see tw_flowtable_victim.
 */
struct tw_flow *tw_flowtable_add(struct tw_flowtable *table, uint32_t hash, const struct tw_flowkey *key,
                                 const struct tw_scope *scope);

/* The flow that has to go first; NULL when the table is empty. */
struct tw_flow *tw_flowtable_victim(struct tw_flowtable *table);

/* Take the flow, whose key has this hash now, out with all its parts. */
void tw_flowtable_remove(struct tw_flowtable *table, struct tw_flow *flow, uint32_t hash);

/*
 * A packet of the flow, that only one side has spoken in, has been accounted for, last_entry included; `is_new`: it was the
 * first. And both have spoken now.
 */
void tw_flowtable_line_up(struct tw_flowtable *table, const struct tw_flow *flow, bool is_new);
void tw_flowtable_leave_line(struct tw_flowtable *table);

/* Every flow's last_entry will be changed, but not their order: before that, and after it. No memory is needed. */
void tw_flowtable_compact_line(struct tw_flowtable *table);
void tw_flowtable_line_up_again(struct tw_flowtable *table);

/* The key of a flow. */
void tw_flowtable_key(const struct tw_flowtable *table, const struct tw_flow *flow, struct tw_flowkey *ret);

/* The other parts of a flow. There is room for those that are made for every flow. */
static inline struct tw_flow_rest *tw_flowtable_rest(const struct tw_flowtable *table, const struct tw_flow *flow);
struct tw_flow_more *tw_flowtable_more(struct tw_flowtable *table, struct tw_flow *flow); /* made when there is none */
struct tw_stall *tw_flowtable_stall(struct tw_flowtable *table, struct tw_flow *flow);    /* made when there is none */
static inline struct tw_flow_more *tw_flowtable_find_more(const struct tw_flowtable *table,
                                                          const struct tw_flow *flow); /* or NULL */
static inline struct tw_stall *tw_flowtable_find_stall(const struct tw_flowtable *table,
                                                       const struct tw_flow *flow); /* or NULL */

/* Where the flow was seen, beside its addresses. */
static inline const struct tw_scope *tw_flowtable_scope(const struct tw_flowtable *table, const struct tw_flow *flow);

/* Its number, from 1 in the order in which flows came. */
static inline uint64_t tw_flowtable_index(const struct tw_flowtable *table, const struct tw_flow *flow);

/* Count `n` more, and read what was counted. */
static inline void tw_flowtable_count(struct tw_flowtable *table, struct tw_flow *flow, enum tw_side side,
                                      enum tw_flow_counter counter, uint32_t n);
static inline uint64_t tw_flowtable_sum(const struct tw_flowtable *table, const struct tw_flow *flow, enum tw_side side,
                                        enum tw_flow_counter counter);

/* How many packets both sides have sent, and how many segments one has. */
static inline uint64_t tw_flowtable_packets(const struct tw_flowtable *table, const struct tw_flow *flow);
static inline uint64_t tw_flowtable_segments(const struct tw_flowtable *table, const struct tw_flow *flow,
                                             enum tw_side side);

/* How many segments of a side were considered: said something about its window. */
static inline uint64_t tw_flowtable_considered(const struct tw_flowtable *table, const struct tw_flow *flow,
                                               enum tw_side side);

/* The times, as they were captured, of a side's first and last packet, and of the flow's last. */
tw_time tw_flowtable_first_time(const struct tw_flowtable *table, const struct tw_flow *flow, enum tw_side side);
tw_time tw_flowtable_side_time(const struct tw_flowtable *table, const struct tw_flow *flow, enum tw_side side);
static inline tw_time tw_flowtable_last_time(const struct tw_flowtable *table, const struct tw_flow *flow) {
    return tw_flowtable_side_time(table, flow, (enum tw_side)flow->last_side);
}

/* Slots: a number for each living flow, from 1; get gives NULL for a slot that is free. */
static inline uint32_t tw_flowtable_slot(const struct tw_flowtable *table, const struct tw_flow *flow);
static inline struct tw_flow *tw_flowtable_get(const struct tw_flowtable *table, uint32_t slot);
uint32_t tw_flowtable_slots(const struct tw_flowtable *table); /* highest ever used */

/* The slot itself, free or not; a free one has no handshake. */
static inline struct tw_flow *tw_flowtable_at(const struct tw_flowtable *table, uint32_t slot);
static inline struct tw_flow_rest *tw_flowtable_rest_at(const struct tw_flowtable *table, uint32_t slot);

/* Ask the processor for what every flow has, of a slot. */
static inline TW_PREFETCH void tw_flowtable_prefetch_slot(const struct tw_flowtable *table, uint32_t slot);

uint32_t tw_flowtable_active(const struct tw_flowtable *table); /* flows */
size_t tw_flowtable_memory(const struct tw_flowtable *table);   /* bytes in use */

static inline struct tw_flow *tw_flowtable_at(const struct tw_flowtable *table, uint32_t slot) {
    return tw_pool_get(&table->flows, slot);
}

static inline TW_PREFETCH void tw_flowtable_prefetch_lines(const struct tw_flow *flow) {
    __builtin_prefetch(flow, 1);
    __builtin_prefetch(&flow->side[TW_A], 1);
    __builtin_prefetch(&flow->side[TW_B], 1);
}

/* Half of the rests, which are 40 bytes long, reach into a second line. */
static inline TW_PREFETCH void tw_flowtable_prefetch_rest(const struct tw_flowtable *table, uint32_t slot) {
    const struct tw_flow_rest *rest = tw_pool_get(&table->rests, slot);
    __builtin_prefetch(rest, 1);
    __builtin_prefetch((const char *)(rest + 1) - 1, 1);
}

static inline TW_PREFETCH void tw_flowtable_prefetch_slot(const struct tw_flowtable *table, uint32_t slot) {
    tw_flowtable_prefetch_lines(tw_flowtable_at(table, slot));
    tw_flowtable_prefetch_rest(table, slot);
}

static inline struct tw_flow *tw_flowtable_get(const struct tw_flowtable *table, uint32_t slot) {
    struct tw_flow *flow = tw_flowtable_at(table, slot);
    return flow->ip_version ? flow : NULL;
}

static inline uint32_t tw_flowtable_slot(const struct tw_flowtable *table, const struct tw_flow *flow) {
    return (uint32_t)(flow - (const struct tw_flow *)(const void *)table->flows.memory);
}

static inline struct tw_flow_rest *tw_flowtable_rest_at(const struct tw_flowtable *table, uint32_t slot) {
    return tw_pool_get(&table->rests, slot);
}

static inline struct tw_flow_rest *tw_flowtable_rest(const struct tw_flowtable *table, const struct tw_flow *flow) {
    return tw_flowtable_rest_at(table, tw_flowtable_slot(table, flow));
}

static inline struct tw_stall *tw_flowtable_find_stall(const struct tw_flowtable *table, const struct tw_flow *flow) {
    return flow->has_stall ? tw_pool_get(&table->stalls, flow->more) : NULL;
}

static inline uint32_t tw_flowtable_more_number(const struct tw_flowtable *table, const struct tw_flow *flow) {
    return flow->has_stall ? tw_flowtable_find_stall(table, flow)->more : flow->more;
}

static inline struct tw_flow_more *tw_flowtable_find_more(const struct tw_flowtable *table,
                                                          const struct tw_flow *flow) {
    uint32_t number = tw_flowtable_more_number(table, flow);
    return number ? tw_pool_get(&table->mores, number) : NULL;
}

static inline struct tw_scope_slot *tw_flowtable_scope_at(const struct tw_flowtable *table, uint32_t number) {
    return tw_pool_get(&table->scopes, number);
}

static const struct tw_scope tw_flowtable_no_scope; /* the empty one */

static inline const struct tw_scope *tw_flowtable_scope(const struct tw_flowtable *table, const struct tw_flow *flow) {
    uint32_t number = tw_flowtable_rest(table, flow)->scope;
    return number ? &tw_flowtable_scope_at(table, number)->scope : &tw_flowtable_no_scope;
}

static inline uint64_t tw_flowtable_index(const struct tw_flowtable *table, const struct tw_flow *flow) {
    return tw_flowtable_rest(table, flow)->index;
}

/* A counter has gone round. For tw_flowtable_count(). */
void tw_flowtable_round(struct tw_flowtable *table, struct tw_flow *flow, enum tw_side side,
                        enum tw_flow_counter counter);

static inline void tw_flowtable_count(struct tw_flowtable *table, struct tw_flow *flow, enum tw_side side,
                                      enum tw_flow_counter counter, uint32_t n) {
    struct tw_flow_side *s = &flow->side[side];
    bool is_round = counter == TW_COUNT_UNSAID ? __builtin_add_overflow(s->unsaid, n, &s->unsaid)
                    : counter == TW_COUNT_SYNS ? __builtin_add_overflow(s->tcp.syns, n, &s->tcp.syns)
                    : counter == TW_COUNT_FULL ? __builtin_add_overflow(s->tcp.full, n, &s->tcp.full)
                                               : __builtin_add_overflow(s->count[counter], n, &s->count[counter]);
    if (__builtin_expect(is_round, false)) {
        tw_flowtable_round(table, flow, side, counter);
    }
}

static inline uint64_t tw_flowtable_sum(const struct tw_flowtable *table, const struct tw_flow *flow, enum tw_side side,
                                        enum tw_flow_counter counter) {
    const struct tw_flow_side *s = &flow->side[side];
    const struct tw_flow_more *more = tw_flowtable_find_more(table, flow);
    uint64_t rounds = more ? more->side[side].rounds[counter] : 0;
    switch (counter) {
    case TW_COUNT_UNSAID:
        return rounds << 16 | s->unsaid;
    case TW_COUNT_SYNS:
        return rounds << 8 | s->tcp.syns;
    case TW_COUNT_FULL:
        return rounds << 8 | s->tcp.full;
    default:
        return rounds << 32 | s->count[counter];
    }
}

static inline uint64_t tw_flowtable_segments(const struct tw_flowtable *table, const struct tw_flow *flow,
                                             enum tw_side side) {
    const struct tw_flow_more *more = tw_flowtable_find_more(table, flow);
    uint64_t packets = tw_flowtable_sum(table, flow, side, TW_COUNT_PACKETS);
    return flow->proto == IPPROTO_TCP ? packets - (more ? more->side[side].no_segment : 0) : 0;
}

static inline uint64_t tw_flowtable_considered(const struct tw_flowtable *table, const struct tw_flow *flow,
                                               enum tw_side side) {
    return tw_flowtable_segments(table, flow, side) - tw_flowtable_sum(table, flow, side, TW_COUNT_UNSAID);
}

static inline uint64_t tw_flowtable_packets(const struct tw_flowtable *table, const struct tw_flow *flow) {
    return tw_flowtable_sum(table, flow, TW_A, TW_COUNT_PACKETS) +
           tw_flowtable_sum(table, flow, TW_B, TW_COUNT_PACKETS);
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
    tw_flowtable_prefetch_lines(tw_flowtable_at(table, *tw_flowtable_bucket(table, hash)));
}

static inline TW_PREFETCH uint32_t tw_flowtable_prefetch_flow(const struct tw_flowtable *table, uint32_t hash,
                                                              const struct tw_flowkey *key, bool is_end) {
    uint32_t slot = *tw_flowtable_bucket(table, hash);
    const struct tw_flow *flow = tw_flowtable_at(table, slot);
    if (flow->ports != key->half[8] &&
        flow->next) { /* it is behind another: with as many flows as buckets, 2 of 5 are */
        tw_flowtable_prefetch_slot(table, flow->next);
        return flow->next;
    }
    /* A plain packet needs none: that of slot 0, which nobody has, is asked for then, without a branch. */
    uint32_t rest = slot & -(uint32_t)((flow->state != TW_FLOW_ESTABLISHED) | is_end);
    tw_flowtable_prefetch_rest(table, rest);
    if (flow->has_stall) {
        const unsigned char *stall = tw_pool_get(&table->stalls, flow->more);
        for (size_t at = 0; at < sizeof(struct tw_stall); at += 64) {
            __builtin_prefetch(stall + at, 1);
        }
    }
    if (flow->ip_version == 6) {
        __builtin_prefetch(tw_pool_get(&table->pairs, flow->pair));
    }
    return slot;
}

/* Whether addresses, ports and protocol are these. An IPv6 flow whose hash is another is not looked at further. */
static inline bool tw_flowtable_is(const struct tw_flowtable *table, const struct tw_flow *flow, uint32_t hash,
                                   const struct tw_flowkey *key) {
    if (flow->ports != key->half[8] || flow->kind != key->kind) {
        return false;
    }
    if (key->ip_version == 4) {
        return flow->addr[0] == key->half[0] && flow->addr[1] == key->half[4];
    }
    return flow->hash == hash && !__builtin_memcmp(tw_pool_get(&table->pairs, flow->pair), key->addr, sizeof key->addr);
}

static inline struct tw_flow *tw_flowtable_find(struct tw_flowtable *table, uint32_t hash, const struct tw_flowkey *key,
                                                const struct tw_scope *scope, uint32_t guess) {
    scope = scope ? scope : &tw_flowtable_no_scope;
    bool has_scope = table->scopes.used || !tw_scope_is_empty(scope);
    struct tw_flow *flow = tw_flowtable_at(table, guess);
    if (!has_scope && tw_flowtable_is(table, flow, hash, key)) {
        return flow;
    }
    for (uint32_t slot = *tw_flowtable_bucket(table, hash); slot; slot = flow->next) {
        flow = tw_flowtable_at(table, slot);
        if (tw_flowtable_is(table, flow, hash, key) &&
            (!has_scope || tw_scope_equal(&table->settings, tw_flowtable_scope(table, flow), scope))) {
            return flow;
        }
    }
    return NULL;
}

#endif
