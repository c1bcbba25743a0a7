/* SPDX-License-Identifier: MIT */
/*
 * flowtable.h — the flows that are alive, bounded.
 *
 * A chained hash over numbered slots; the hash is keyed, so that nobody outside can choose flows that collide. The
 * memory is reserved at once and touched as flows come; slots never move.
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

#include "flow.h"

struct tw_flowtable;

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
uint32_t tw_flowtable_hash(const struct tw_flowtable *table, const struct tw_flowkey *key,
                           const struct tw_scope *scope);

/*
 * Ask the processor for the bucket of a hash; when that has come, for the key of its first flow; and then for what a
 * packet from this end of the key will change of it.
 */
void tw_flowtable_prefetch_bucket(const struct tw_flowtable *table, uint32_t hash);
void tw_flowtable_prefetch_key(const struct tw_flowtable *table, uint32_t hash);
void tw_flowtable_prefetch_flow(const struct tw_flowtable *table, uint32_t hash, int key_end);

/* Borrow the flow, or NULL. */
struct tw_flow *tw_flowtable_find(struct tw_flowtable *table, uint32_t hash, const struct tw_flowkey *key,
                                  const struct tw_scope *scope);

/*
 * Add a flow that is not there, zeroed but for key, hash, scope and index (the next one). NULL: the table is full, see
 * tw_flowtable_victim.
 */
struct tw_flow *tw_flowtable_add(struct tw_flowtable *table, uint32_t hash, const struct tw_flowkey *key,
                                 const struct tw_scope *scope);

/* The flow that has to go first; NULL when the table is empty. */
struct tw_flow *tw_flowtable_victim(struct tw_flowtable *table);

/* Take the flow out, with its stall record. */
void tw_flowtable_remove(struct tw_flowtable *table, struct tw_flow *flow);

/* A packet of the flow has been accounted for, last_entry included: keep the order of the one-sided. */
void tw_flowtable_touch(struct tw_flowtable *table, struct tw_flow *flow);

/* The flow's stall record, made when it has none. There is one for every flow. */
struct tw_stall *tw_flowtable_stall(struct tw_flowtable *table, struct tw_flow *flow);

/* The flow's stall record, or NULL. */
struct tw_stall *tw_flowtable_find_stall(const struct tw_flowtable *table, const struct tw_flow *flow);

const struct tw_scope *tw_flowtable_scope(const struct tw_flowtable *table, const struct tw_flow *flow);

/* Slots: a number for each living flow, from 1; get gives NULL for a slot that is free. */
uint32_t tw_flowtable_slot(const struct tw_flowtable *table, const struct tw_flow *flow);
struct tw_flow *tw_flowtable_get(const struct tw_flowtable *table, uint32_t slot);
struct tw_flow *tw_flowtable_at(const struct tw_flowtable *table, uint32_t slot); /* the slot itself, free or not */
void tw_flowtable_prefetch_slot(const struct tw_flowtable *table, uint32_t slot,
                                bool is_all);                  /* or what its silence takes */
uint32_t tw_flowtable_slots(const struct tw_flowtable *table); /* highest ever used */

uint32_t tw_flowtable_count(const struct tw_flowtable *table);
uint64_t tw_flowtable_total(const struct tw_flowtable *table); /* flows ever added */
size_t tw_flowtable_memory(const struct tw_flowtable *table);  /* bytes touched */

#endif
