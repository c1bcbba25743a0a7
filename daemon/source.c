/* SPDX-License-Identifier: MIT */
#include "source.h"

#include <time.h>

/* So long after the cut stamps are compared with it: a clock that is set back must not silence the source. */
static const tw_time cut_life = TW_SECOND;

static tw_time read_clock(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * TW_SECOND + now.tv_nsec;
}

void source_open(struct source *source, struct capture *capture) {
    *source = (struct source){.now = capture};
}

/* Captures */

static void add_stats(struct capture_stats *sum, const struct capture_stats *stats) {
    sum->received += stats->received;
    sum->dropped_kernel += stats->dropped_kernel;
    sum->dropped_interface += stats->dropped_interface;
}

static void close_now(struct source *source) {
    struct capture_stats stats;
    if (source->now) {
        capture_stats(source->now, &stats);
        add_stats(&source->past, &stats);
        capture_close(source->now);
    }
    source->now = NULL;
    source->reached = false;
}

void source_close(struct source *source) {
    close_now(source);
    capture_close(source->next);
    source->next = NULL;
}

void source_lose(struct source *source) {
    close_now(source);
}

void source_replace(struct source *source, struct capture *next) {
    capture_close(source->next);
    source->next = next;
    source->cut = read_clock(CLOCK_REALTIME); /* `next` has captured since before this */
    source->cut_set = read_clock(CLOCK_MONOTONIC);
    source->reached = false;
}

static int switch_over(struct source *source) {
    close_now(source);
    source->now = source->next;
    source->next = NULL;
    source->begin = source->cut;
    return SOURCE_SWITCHED;
}

void source_stats(struct source *source, struct capture_stats *ret) {
    struct capture_stats stats;
    *ret = source->past;
    if (source->now) {
        capture_stats(source->now, &stats);
        add_stats(ret, &stats);
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
    if (source->next && time >= source->cut) {
        reach(source);
    } else if (source->end && time > source->end) {
        source->has_ended = true;
        reach(source);
    } else if (time >= source->begin) {
        source->fn(source->context, time, caplen, wirelen, bytes);
    }
}

/* Has `now` handed out all that it had before the cut? The kernel may hold a packet back for some time. */
static bool is_over(const struct source *source, int n) {
    tw_time since = read_clock(CLOCK_MONOTONIC) - source->cut_set;
    return source->reached || n < 0 || (n == 0 && since > 2 * capture_latency()) || since > cut_life;
}

int source_dispatch(struct source *source, int max, capture_packet_fn *fn, void *context) {
    if (!source->now) {
        return source->next ? switch_over(source) : 0;
    }
    source->fn = fn;
    source->context = context;
    if (source->reached) {
        return source->next ? switch_over(source) : 0;
    }
    int n = capture_dispatch(source->now, max, take, source);
    if (source->next && is_over(source, n)) {
        return switch_over(source);
    }
    if (source->begin && read_clock(CLOCK_MONOTONIC) - source->cut_set > cut_life) {
        source->begin = 0;
    }
    return n;
}

void source_end_at(struct source *source, tw_time end) {
    source->end = end;
}
