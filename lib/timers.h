/* SPDX-License-Identifier: MIT */
/*
 * timers.h — what falls due when, served in exact order.
 *
 * Two kinds. An event is set once and not cancelled; who gets it checks whether it still matters. A slot timer belongs
 * to a numbered slot (a flow), one each, and can be moved: it is meant to be set far ahead and seldom touched, so
 * thousands of packets may pass without a change.
 *
 *   slot timers ──► wheel of coarse buckets ──► heap of what falls due in the current bucket ──► in order
 *   events ─────────────────────────────────────►
 *
 * Threads: none. No clock: time is what the caller says.
 */
#ifndef TW_TIMERS_H
#define TW_TIMERS_H

#include "types.h"

/* Ordered by when, then kind, then tag. */
struct tw_timer {
    tw_time when;
    uint32_t kind; /* the caller's; TW_TIMER_SLOT for a slot timer */
    uint32_t slot;
    uint64_t tag; /* the caller's */
};

enum { TW_TIMER_SLOT = 1000 };

struct tw_timers;

/* For slots 1 to n_slots. Returns NULL when there is no memory. */
struct tw_timers *tw_timers_create(uint32_t n_slots);

/* Make room for at least `n_slots` slots. Returns 0 or -ENOMEM. */
int tw_timers_grow(struct tw_timers *timers, uint32_t n_slots);

/* NULL is allowed. */
void tw_timers_destroy(struct tw_timers *timers);

/* Set the slot's timer, in place of the one it had. `tag` orders those that fall due at one moment. */
void tw_timers_set(struct tw_timers *timers, uint32_t slot, tw_time when, uint64_t tag);

/*
 * The slot's timer must go off at `when` at the latest: set it unless it does so anyway. Who gets one that came too early
 * sets it again. Cheaper than tw_timers_set where moments mostly move away.
 */
void tw_timers_bring_forward(struct tw_timers *timers, uint32_t slot, tw_time when, uint64_t tag);

/* Take the slot's timer away, if it has one. */
void tw_timers_unset(struct tw_timers *timers, uint32_t slot);

/* Add an event. Returns 0 or -ENOMEM, then it is not added. */
int tw_timers_push(struct tw_timers *timers, const struct tw_timer *event);

/* Take the earliest timer that is due at `until` or before. Returns false when there is none. */
bool tw_timers_pop(struct tw_timers *timers, tw_time until, struct tw_timer *ret);

/* Bytes in use. */
size_t tw_timers_memory(const struct tw_timers *timers);

#endif
