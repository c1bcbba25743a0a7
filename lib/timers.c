/* SPDX-License-Identifier: MIT */
#include "timers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

enum {
    BUCKETS = 1024,   /* power of two */
    BUCKET_BITS = 30, /* 2^30 ns, a little over a second: the wheel turns once in 18 minutes */
};

enum place { NOWHERE, IN_WHEEL, IN_HEAP };

/* A slot's timer. In the wheel it is one of a bucket's doubly linked list. */
struct slot {
    tw_time when;
    uint64_t tag;
    uint32_t before, after; /* neighbours in the bucket; 0: none */
    uint32_t place;
};

struct tw_timers {
    struct tw_pool slots; /* used as a plain array that is touched as needed */
    uint32_t bucket[BUCKETS];
    size_t in_wheel;
    int64_t turned; /* buckets up to this tick have been emptied into the heap */
    bool started;
    struct tw_timer *heap;
    size_t n, room;
    tw_time quiet_until; /* nothing is due before it */
};

static struct slot *get(struct tw_timers *timers, uint32_t slot) {
    return tw_pool_get(&timers->slots, slot);
}

static int64_t tick_of(tw_time t) {
    return t >> BUCKET_BITS;
}

struct tw_timers *tw_timers_create(uint32_t n_slots) {
    struct tw_timers *timers = calloc(1, sizeof *timers);
    if (!timers) {
        return NULL;
    }
    if (tw_pool_init(&timers->slots, sizeof(struct slot), n_slots)) {
        free(timers);
        return NULL;
    }
    return timers;
}

int tw_timers_grow(struct tw_timers *timers, uint32_t n_slots) {
    return tw_pool_grow(&timers->slots, n_slots);
}

void tw_timers_destroy(struct tw_timers *timers) {
    if (timers) {
        tw_pool_fini(&timers->slots);
        free(timers->heap);
        free(timers);
    }
}

size_t tw_timers_memory(const struct tw_timers *timers) {
    return tw_pool_memory(&timers->slots) + timers->room * sizeof *timers->heap;
}

static bool is_earlier(const struct tw_timer *a, const struct tw_timer *b) {
    if (a->when != b->when) {
        return a->when < b->when;
    }
    return a->kind != b->kind ? a->kind < b->kind : a->tag < b->tag;
}

static void sift_up(struct tw_timer *heap, size_t i) {
    struct tw_timer moving = heap[i];
    for (; i && is_earlier(&moving, &heap[(i - 1) / 2]); i = (i - 1) / 2) {
        heap[i] = heap[(i - 1) / 2];
    }
    heap[i] = moving;
}

static void sift_down(struct tw_timer *heap, size_t n) {
    struct tw_timer moving = heap[0];
    size_t i = 0;
    for (size_t child = 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && is_earlier(&heap[child + 1], &heap[child])) {
            child++;
        }
        if (!is_earlier(&heap[child], &moving)) {
            break;
        }
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = moving;
}

int tw_timers_push(struct tw_timers *timers, const struct tw_timer *event) {
    if (timers->n == timers->room) {
        size_t room = timers->room ? 2 * timers->room : 256;
        struct tw_timer *heap = realloc(timers->heap, room * sizeof *heap);
        if (!heap) {
            return -ENOMEM;
        }
        timers->heap = heap;
        timers->room = room;
    }
    if (event->when < timers->quiet_until) {
        timers->quiet_until = event->when;
    }
    timers->heap[timers->n] = *event;
    sift_up(timers->heap, timers->n++);
    return 0;
}

/* When the next bucket is opened. */
static tw_time next_turn(const struct tw_timers *timers) {
    return (timers->turned + 1) * (INT64_C(1) << BUCKET_BITS);
}

static void wheel_add(struct tw_timers *timers, uint32_t number, struct slot *slot) {
    int64_t tick = tick_of(slot->when);
    if (tick >= timers->turned + BUCKETS) {
        tick = timers->turned + BUCKETS - 1; /* beyond the horizon: looked at again on the way */
    }
    uint32_t *bucket = &timers->bucket[tick & (BUCKETS - 1)];
    slot->before = 0;
    slot->after = *bucket;
    if (*bucket) {
        get(timers, *bucket)->before = number;
    }
    *bucket = number;
    slot->place = IN_WHEEL;
    timers->in_wheel++;
    if (next_turn(timers) < timers->quiet_until) {
        timers->quiet_until = next_turn(timers);
    }
}

/* The bucket is found by the list's end: only its first element has none before it. */
static void wheel_remove(struct tw_timers *timers, uint32_t number, struct slot *slot) {
    if (slot->after) {
        get(timers, slot->after)->before = slot->before;
    }
    if (slot->before) {
        get(timers, slot->before)->after = slot->after;
    } else {
        int64_t tick = tick_of(slot->when);
        uint32_t *bucket = &timers->bucket[tick & (BUCKETS - 1)];
        if (*bucket != number) { /* was set beyond the horizon */
            bucket = timers->bucket;
            while (*bucket != number) {
                bucket++;
            }
        }
        *bucket = slot->after;
    }
    timers->in_wheel--;
}

static void place(struct tw_timers *timers, uint32_t number, struct slot *slot) {
    if (!timers->started) {
        timers->started = true;
        timers->turned = tick_of(slot->when) - 1;
    }
    struct tw_timer timer = {slot->when, TW_TIMER_SLOT, number, slot->tag};
    if (tick_of(slot->when) <= timers->turned && !tw_timers_push(timers, &timer)) {
        slot->place = IN_HEAP;
        return;
    }
    if (tick_of(slot->when) <= timers->turned) {
        slot->when = (timers->turned + 1) << BUCKET_BITS; /* no memory: a second late */
    }
    wheel_add(timers, number, slot);
}

void tw_timers_set(struct tw_timers *timers, uint32_t number, tw_time when, uint64_t tag) {
    tw_timers_unset(timers, number);
    if (number > timers->slots.touched) {
        timers->slots.touched = number;
    }
    struct slot *slot = get(timers, number);
    slot->when = when;
    slot->tag = tag;
    place(timers, number, slot);
}

void tw_timers_bring_forward(struct tw_timers *timers, uint32_t number, tw_time when, uint64_t tag) {
    const struct slot *slot = get(timers, number);
    if (slot->place == NOWHERE || slot->tag != tag || slot->when > when) {
        tw_timers_set(timers, number, when, tag);
    }
}

void tw_timers_unset(struct tw_timers *timers, uint32_t number) {
    struct slot *slot = get(timers, number);
    if (slot->place == IN_WHEEL) {
        wheel_remove(timers, number, slot);
    }
    slot->place = NOWHERE; /* what is in the heap is known by it to be stale */
}

/* Empty a bucket that was opened: what falls due goes to the heap, what was only parked there goes on. */
static void empty(struct tw_timers *timers, uint32_t *bucket) {
    uint32_t number = *bucket;
    *bucket = 0;
    while (number) {
        struct slot *slot = get(timers, number);
        uint32_t after = slot->after;
        timers->in_wheel--;
        place(timers, number, slot);
        number = after;
    }
}

/* Turn the wheel towards `tick`: by one bucket, or, when that is further than it reaches, past all of them at once. */
static void turn(struct tw_timers *timers, int64_t tick) {
    if (tick - timers->turned < BUCKETS) {
        timers->turned++;
        empty(timers, &timers->bucket[timers->turned & (BUCKETS - 1)]);
        return;
    }
    uint32_t full[BUCKETS];
    memcpy(full, timers->bucket, sizeof full);
    memset(timers->bucket, 0, sizeof timers->bucket);
    timers->turned = tick;
    for (int i = 0; i < BUCKETS; i++) {
        empty(timers, &full[i]);
    }
}

/* Whether what was popped from the heap is a slot timer that has been moved or taken away since. */
static bool is_stale(struct tw_timers *timers, const struct tw_timer *timer) {
    if (timer->kind != TW_TIMER_SLOT) {
        return false;
    }
    struct slot *slot = get(timers, timer->slot);
    return slot->place != IN_HEAP || slot->when != timer->when || slot->tag != timer->tag;
}

static bool take(struct tw_timers *timers, struct tw_timer *ret) {
    *ret = timers->heap[0];
    timers->heap[0] = timers->heap[--timers->n];
    if (timers->n) {
        sift_down(timers->heap, timers->n);
    }
    if (is_stale(timers, ret)) {
        return false;
    }
    if (ret->kind == TW_TIMER_SLOT) {
        get(timers, ret->slot)->place = NOWHERE;
    }
    return true;
}

/* The earliest that anything may be due. */
static tw_time earliest(const struct tw_timers *timers) {
    tw_time when = timers->n ? timers->heap[0].when : INT64_MAX;
    return timers->in_wheel && next_turn(timers) < when ? next_turn(timers) : when;
}

bool tw_timers_pop(struct tw_timers *timers, tw_time until, struct tw_timer *ret) {
    if (until < timers->quiet_until) {
        return false; /* by far the most frequent case: asked for every packet */
    }
    for (;;) {
        bool is_due = timers->n && timers->heap[0].when <= until;
        if (is_due && (!timers->in_wheel || tick_of(timers->heap[0].when) <= timers->turned)) {
            if (take(timers, ret)) {
                return true;
            }
        } else if (timers->in_wheel && timers->turned < tick_of(until)) {
            turn(timers, tick_of(until));
        } else {
            break;
        }
    }
    if (!timers->in_wheel && timers->turned < tick_of(until)) {
        timers->turned = tick_of(until); /* nothing to be met on the way */
    }
    timers->quiet_until = earliest(timers);
    return false;
}
