/* SPDX-License-Identifier: MIT */
#include "source.h"

#include <time.h>

/* So long after the cut, and not before all was read, stamps are compared with it: clocks are set back now and then. */
static const tw_time cut_life = TW_SECOND;

/* So far behind the cut no packet from before it comes any more. */
static const tw_time disorder = 50 * TW_MS;

static tw_time read_clock(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * TW_SECOND + now.tv_nsec;
}

void source_open(struct source *source, struct capture *capture) {
    *source = (struct source){.now = capture};
}

/* Captures */

static void close_now(struct source *source) {
    struct capture_stats stats;
    if (source->now) {
        capture_stats(source->now, &stats);
        source->past.received += source->taken + stats.dropped_kernel;
        source->past.dropped_kernel += stats.dropped_kernel;
        source->past.dropped_interface += stats.dropped_interface;
        capture_close(source->now);
    }
    source->now = NULL;
    source->reached = false;
    source->taken = source->left = 0;
}

void source_close(struct source *source) {
    close_now(source);
    capture_close(source->next.capture);
    capture_close(source->later.capture);
    source->next = source->later = (struct source_successor){.capture = NULL};
}

void source_lose(struct source *source) {
    close_now(source);
}

static void wait_for(struct source *source, const struct source_successor *next) {
    source->next = *next;
    source->cut_set = read_clock(CLOCK_MONOTONIC);
    source->reached = false;
}

void source_replace(struct source *source, struct capture *capture, bool is_beside) {
    /* it has captured since before this moment */
    struct source_successor successor = {capture, read_clock(CLOCK_REALTIME), source->now && is_beside};
    if (source->next.capture) {
        capture_close(source->later.capture); /* of which nothing was expected yet */
        source->later = successor;
    } else {
        wait_for(source, &successor);
    }
}

static int switch_over(struct source *source) {
    close_now(source);
    source->now = source->next.capture;
    source->begin = source->next.is_beside ? source->next.cut : 0;
    wait_for(source, &source->later);
    source->later.capture = NULL;
    return SOURCE_SWITCHED;
}

void source_stats(struct source *source, struct capture_stats *ret) {
    struct capture_stats stats;
    *ret = source->past;
    if (source->now) {
        capture_stats(source->now, &stats);
        ret->received += stats.received - source->left;
        ret->dropped_kernel += stats.dropped_kernel;
        ret->dropped_interface += stats.dropped_interface;
    }
}

/* Packets */

static void reach(struct source *source) {
    source->reached = true;
    capture_stop(source->now);
}

static void take(void *context, tw_time time, uint32_t caplen, uint32_t wirelen, const uint8_t *bytes) {
    struct source *source = context;
    if (source->reached) {
        return;
    }
    if (source->next.capture && time >= source->next.cut + disorder) {
        reach(source);
    } else if (source->end && time > source->end) {
        source->has_ended = true;
        reach(source);
    } else if (time < source->begin || (source->next.capture && time >= source->next.cut)) {
        source->left++;
    } else {
        source->taken++;
        source->fn(source->context, time, caplen, wirelen, bytes);
    }
}

/* Is the time of the cut over, for a dispatch that found all there was? */
static bool is_old(const struct source *source, bool is_all) {
    return is_all && read_clock(CLOCK_MONOTONIC) - source->cut_set > cut_life;
}

/* Has `now` handed out all that it had before the cut? The kernel may hold a packet back for some time. */
static bool is_over(const struct source *source, int n, bool is_all) {
    bool is_silent = n == 0 && read_clock(CLOCK_MONOTONIC) - source->cut_set > 2 * capture_latency();
    return source->reached || n < 0 || is_silent || is_old(source, is_all);
}

int source_dispatch(struct source *source, int max, capture_packet_fn *fn, void *context) {
    if (!source->now) {
        return source->next.capture ? switch_over(source) : 0;
    }
    source->fn = fn;
    source->context = context;
    if (source->reached) {
        return source->next.capture ? switch_over(source) : 0;
    }
    int n = capture_dispatch(source->now, max, take, source);
    if (source->next.capture && is_over(source, n, n < max)) {
        return switch_over(source);
    }
    if (is_old(source, n < max)) {
        source->begin = 0;
    }
    return n;
}

void source_end_at(struct source *source, tw_time end) {
    source->end = end;
}
