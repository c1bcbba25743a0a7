/* SPDX-License-Identifier: MIT */
/*
 * timers.h — what falls due when, served in exact order.
 *
 * Two kinds. An event is set once and not cancelled; who gets it checks whether it still matters. A slot timer belongs
 * to a numbered slot (a flow), and mostly moves away before it goes off: so it is not moved. Its slot stands somewhere
 * in a wheel of coarse buckets, not later than it falls due; when that bucket's turn comes, the owner is asked when it
 * really is due, and the slot goes on to a later bucket or into the run of what is due in this one, which is sorted once.
 * What comes too late for that, and events, stand in a heap; the earlier of both is next.
 *
 *   slots  ──► wheel of coarse buckets, 17 s ──► run  ──► in order
 *   events ────────────────────────────────────► heap ──►
 *
 * A bucket is a list of slot numbers, so that setting a timer writes 4 bytes behind those set before; what a slot's mark
 * does not agree with has been left behind and is passed over. Lists are made of pages that are used again: once the wheel
 * has turned no more memory is taken than for more slots at once. Threads: none. No clock: time is what the caller says.
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

/* In which bucket a slot stands; lives with the slot, zero at first, and stays when the slot's owner changes. */
struct tw_timer_mark {
    uint8_t bucket; /* from 1; 0: in none */
};

/* Who has the slots. */
struct tw_timers_owner {
    void *context;
    /* When the slot's timer goes off as of now; false: never. Lends the mark always. */
    bool (*due)(void *context, uint32_t slot, tw_time *ret, struct tw_timer_mark **mark);
    /* The tag of a slot's timer, which is about to go off. */
    uint64_t (*tag)(void *context, uint32_t slot);
    /* The slot will be asked about soon, or its timer handed out. */
    void (*prefetch)(void *context, uint32_t slot);
};

enum { TW_TIMERS_BUCKETS = 128 };

/* All members are those of timers.c, but that before quiet_until nothing is due and tw_timers_pop need not be called. */
struct tw_timers {
    tw_time quiet_until;
    struct tw_timers_owner owner;
    struct tw_timers_page *bucket[TW_TIMERS_BUCKETS], *spare;
    size_t in_wheel, pages;
    int64_t turned; /* buckets up to this tick have been emptied into the run */
    struct tw_timer *run;
    size_t run_at, run_n, run_room; /* from run_at to run_n they are still to come; behind them as much room again */
    struct tw_timer *heap;
    size_t n, room;
};

/* Returns NULL when there is no memory. */
struct tw_timers *tw_timers_create(const struct tw_timers_owner *owner);

/* NULL is allowed. */
void tw_timers_destroy(struct tw_timers *timers);

/*
 * The slot's timer must go off at `when` at the latest. It is not taken away: who gets it too early sets
 * it again. Without memory it may be missed.
 */
void tw_timers_set(struct tw_timers *timers, uint32_t slot, struct tw_timer_mark *mark, tw_time when);

/* Add an event. Returns 0 or -ENOMEM, then it is not added. */
int tw_timers_push(struct tw_timers *timers, const struct tw_timer *event);

/* Take the earliest timer that is due at `until` or before. Returns false when there is none. */
bool tw_timers_pop(struct tw_timers *timers, tw_time until, struct tw_timer *ret);

/* Bytes in use. */
size_t tw_timers_memory(const struct tw_timers *timers);

#endif
