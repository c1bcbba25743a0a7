/* SPDX-License-Identifier: MIT */
#include "timers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUCKETS = TW_TIMERS_BUCKETS,
    BUCKET_BITS = 27, /* 2^27 ns, an eighth of a second: the wheel turns once in 17 s */
    PAGE_SLOTS = 61,  /* so that a page is 256 bytes */
    CELLS = 1024,     /* of a run that is being sorted */
    SHORT = 16,       /* so many are sorted by insertion */
    AHEAD = 4,        /* in a run: asked for so early */
};

/* Some slots of a bucket. */
struct tw_timers_page {
    struct tw_timers_page *next;
    uint32_t n;
    uint32_t slot[PAGE_SLOTS];
};

static int64_t tick_of(tw_time t) {
    return t >> BUCKET_BITS;
}

struct tw_timers *tw_timers_create(const struct tw_timers_owner *owner) {
    struct tw_timers *timers = calloc(1, sizeof *timers);
    if (timers) {
        timers->owner = *owner;
        timers->quiet_until = INT64_MIN;
    }
    return timers;
}

static void free_pages(struct tw_timers_page *page) {
    while (page) {
        struct tw_timers_page *next = page->next;
        free(page);
        page = next;
    }
}

void tw_timers_destroy(struct tw_timers *timers) {
    if (timers) {
        for (int i = 0; i < BUCKETS; i++) {
            free_pages(timers->bucket[i]);
        }
        free_pages(timers->spare);
        free(timers->run);
        free(timers->heap);
        free(timers);
    }
}

size_t tw_timers_memory(const struct tw_timers *timers) {
    return timers->pages * sizeof(struct tw_timers_page) +
           (2 * timers->run_room + timers->room) * sizeof(struct tw_timer);
}

/* The heap. */

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

/* The run: half of the time that a heap took of a slot went into its order, 170 ns with a thousand in it. */

static int compare(const void *a, const void *b) {
    return is_earlier(a, b) ? -1 : 1;
}

static void sort_cell(struct tw_timer *cell, size_t n) {
    if (n > SHORT) {
        qsort(cell, n, sizeof *cell, compare);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct tw_timer moving = cell[i];
        size_t at = i;
        for (; at && is_earlier(&moving, &cell[at - 1]); at--) {
            cell[at] = cell[at - 1];
        }
        cell[at] = moving;
    }
}

/* Cells of 2^shift ns from a moment on; the span may be more than half of all times. */
static uint64_t cell_of(tw_time when, tw_time from, int shift) {
    return ((uint64_t)when - (uint64_t)from) >> shift;
}

/* Sort n timers into a place of the same size: by cells of the time that they span, and each cell for itself. */
static void sort(const struct tw_timer *from, size_t n, struct tw_timer *to) {
    size_t end[CELLS] = {0};
    tw_time least = from[0].when, most = least;
    for (size_t i = 1; i < n; i++) {
        least = from[i].when < least ? from[i].when : least;
        most = from[i].when > most ? from[i].when : most;
    }
    int shift = 0;
    while (cell_of(most, least, shift) >= CELLS) {
        shift++;
    }
    for (size_t i = 0; i < n; i++) {
        end[cell_of(from[i].when, least, shift)]++;
    }
    for (size_t cell = 1; cell < CELLS; cell++) {
        end[cell] += end[cell - 1];
    }
    for (size_t i = n; i-- > 0;) {
        to[--end[cell_of(from[i].when, least, shift)]] = from[i];
    }
    for (size_t cell = 0; cell < CELLS; cell++) { /* `end` is the beginning now */
        size_t next = cell + 1 < CELLS ? end[cell + 1] : n;
        sort_cell(to + end[cell], next - end[cell]);
    }
}

/* Add to the run, behind the place where it will be sorted. Returns false when there is no memory. */
static bool gather(struct tw_timers *timers, const struct tw_timer *timer) {
    if (timers->run_n == timers->run_room) {
        size_t room = timers->run_room ? 2 * timers->run_room : 256;
        struct tw_timer *run = malloc(2 * room * sizeof *run);
        if (!run) {
            return false;
        }
        if (timers->run_n) {
            memcpy(run + room, timers->run + timers->run_room, timers->run_n * sizeof *run);
        }
        free(timers->run);
        timers->run = run;
        timers->run_room = room;
    }
    timers->run[timers->run_room + timers->run_n++] = *timer;
    return true;
}

/* Both. */

static const struct tw_timer *first_of_run(const struct tw_timers *timers) {
    return timers->run_at < timers->run_n ? &timers->run[timers->run_at] : NULL;
}

/* The earliest of all but those in the wheel; NULL: there is none. */
static const struct tw_timer *first(const struct tw_timers *timers) {
    const struct tw_timer *run = first_of_run(timers), *heap = timers->n ? timers->heap : NULL;
    return !run || (heap && is_earlier(heap, run)) ? heap : run;
}

static void prefetch(const struct tw_timers *timers, const struct tw_timer *timer) {
    if (timer->kind == TW_TIMER_SLOT) {
        timers->owner.prefetch(timers->owner.context, timer->slot);
    }
}

/* Take the first. */
static void take(struct tw_timers *timers, struct tw_timer *ret) {
    const struct tw_timer *timer = first(timers);
    *ret = *timer;
    if (timer == first_of_run(timers)) {
        if (++timers->run_at + AHEAD < timers->run_n) {
            prefetch(timers, &timers->run[timers->run_at + AHEAD]);
        }
        return;
    }
    timers->heap[0] = timers->heap[--timers->n];
    if (timers->n) {
        sift_down(timers->heap, timers->n);
        prefetch(timers, &timers->heap[0]);
    }
}

/* The wheel. */

/* When the next bucket is opened. */
static tw_time next_turn(const struct tw_timers *timers) {
    return (timers->turned + 1) * (INT64_C(1) << BUCKET_BITS);
}

static struct tw_timers_page *new_page(struct tw_timers *timers) {
    struct tw_timers_page *page = timers->spare;
    if (page) {
        timers->spare = page->next;
    } else {
        page = malloc(sizeof *page);
        timers->pages += page != NULL;
    }
    return page;
}

/* Returns false when there is no memory. */
static bool append(struct tw_timers *timers, int64_t tick, uint32_t slot) {
    struct tw_timers_page **bucket = &timers->bucket[tick & (BUCKETS - 1)];
    if (!*bucket || (*bucket)->n == PAGE_SLOTS) {
        struct tw_timers_page *page = new_page(timers);
        if (!page) {
            return false;
        }
        page->next = *bucket;
        page->n = 0;
        *bucket = page;
    }
    (*bucket)->slot[(*bucket)->n++] = slot;
    timers->in_wheel++;
    if (next_turn(timers) < timers->quiet_until) {
        timers->quiet_until = next_turn(timers);
    }
    return true;
}

/* What a mark says of a bucket: never 0, which is none. */
static uint8_t bucket_mark(int64_t tick) {
    return (uint8_t)(1 + (tick & (BUCKETS - 1)));
}

/* How far ahead the bucket is in which a slot stands by its mark; 0: it stands in none. */
static int64_t ahead(const struct tw_timers *timers, const struct tw_timer_mark *mark) {
    return mark->bucket ? (mark->bucket - 1 - timers->turned) & (BUCKETS - 1) : 0;
}

static struct tw_timer timer_of(const struct tw_timers *timers, uint32_t slot, tw_time when) {
    return (struct tw_timer){when, TW_TIMER_SLOT, slot, timers->owner.tag(timers->owner.context, slot)};
}

void tw_timers_set(struct tw_timers *timers, uint32_t slot, struct tw_timer_mark *mark, tw_time when) {
    int64_t distance = tick_of(when) - timers->turned;
    if (distance <= 0) {
        struct tw_timer timer = timer_of(timers, slot, when);
        (void)tw_timers_push(timers, &timer);
        return;
    }
    if (distance > BUCKETS - 1) {
        distance = BUCKETS - 1; /* beyond the horizon: looked at again on the way */
    }
    int64_t now = ahead(timers, mark);
    if ((now <= 0 || now > distance) && append(timers, timers->turned + distance, slot)) {
        mark->bucket = bucket_mark(timers->turned + distance);
    }
}

/* A slot whose bucket has its turn: where it belongs now. */
static void look_at(struct tw_timers *timers, uint32_t slot, uint8_t bucket) {
    struct tw_timer_mark *mark;
    tw_time when;
    bool is_set = timers->owner.due(timers->owner.context, slot, &when, &mark);
    if (mark->bucket != bucket) {
        return; /* it was brought forward */
    }
    mark->bucket = 0;
    if (!is_set) {
        return;
    }
    if (tick_of(when) <= timers->turned) {
        struct tw_timer timer = timer_of(timers, slot, when);
        if (gather(timers, &timer)) {
            return;
        }
    }
    tw_timers_set(timers, slot, mark, when);
}

static void open_bucket(struct tw_timers *timers, struct tw_timers_page *page, uint8_t bucket) {
    while (page) {
        struct tw_timers_page *next = page->next;
        timers->in_wheel -= page->n;
        for (uint32_t i = 0; i < page->n; i++) { /* all of a page first: so they wait for memory together */
            timers->owner.prefetch(timers->owner.context, page->slot[i]);
        }
        for (uint32_t i = 0; i < page->n; i++) {
            look_at(timers, page->slot[i], bucket);
        }
        page->next = timers->spare;
        timers->spare = page;
        page = next;
    }
}

/*
 * Turn the wheel towards `tick`: by one bucket, or, when that is further than it reaches, past all of them at once. The
 * run has come to its end: all of it was due before.
 */
static void turn(struct tw_timers *timers, int64_t tick) {
    int64_t from = timers->turned + 1, past = tick - timers->turned < BUCKETS ? from : from + BUCKETS - 1;
    struct tw_timers_page *full[BUCKETS];
    timers->run_at = timers->run_n = 0;
    timers->turned = past == from ? from : tick;
    for (int64_t i = from; i <= past; i++) {
        full[i - from] = timers->bucket[i & (BUCKETS - 1)];
        timers->bucket[i & (BUCKETS - 1)] = NULL;
    }
    for (int64_t i = from; i <= past; i++) {
        open_bucket(timers, full[i - from], bucket_mark(i));
    }
    if (timers->run_n) {
        sort(timers->run + timers->run_room, timers->run_n, timers->run);
    }
}

/* The earliest that anything may be due. */
static tw_time earliest(const struct tw_timers *timers) {
    const struct tw_timer *timer = first(timers);
    tw_time when = timer ? timer->when : INT64_MAX;
    return timers->in_wheel && next_turn(timers) < when ? next_turn(timers) : when;
}

bool tw_timers_pop(struct tw_timers *timers, tw_time until, struct tw_timer *ret) {
    if (until < timers->quiet_until) {
        return false;
    }
    for (;;) {
        const struct tw_timer *timer = first(timers);
        if (timer && timer->when <= until && (!timers->in_wheel || tick_of(timer->when) <= timers->turned)) {
            take(timers, ret);
            return true;
        }
        if (!timers->in_wheel || timers->turned >= tick_of(until)) {
            break;
        }
        turn(timers, tick_of(until));
    }
    if (!timers->in_wheel && timers->turned < tick_of(until)) {
        timers->turned = tick_of(until); /* nothing to be met on the way */
    }
    timers->quiet_until = earliest(timers);
    return false;
}
