/* SPDX-License-Identifier: MIT */
#include "clock.h"

/* Behind by more than this is no reordering; ahead of the line by more than this is a step. */
static const tw_time tolerance = TW_SECOND;

/* Leaves room for any period to be added: 38 years before a tw_time overflows. */
static const tw_time latest = INT64_C(8000000000000000000);

static tw_time on_line(const struct tw_clock *clock) {
    return clock->line_now + (clock->monotonic - clock->line_monotonic);
}

/* Where a packet's time would put the clock, or what stands for it when that cannot be. */
static tw_time candidate(struct tw_clock *clock, tw_time packet_time) {
    tw_time t;
    if (__builtin_add_overflow(packet_time, clock->offset, &t) || t > latest || t < clock->now - tolerance) {
        clock->jumps++; /* times that are too far apart are damage: a step, to be undone */
        return clock->now;
    }
    if (clock->has_line && t > on_line(clock) + tolerance && t > clock->now) {
        clock->jumps++;
        return on_line(clock) > clock->now ? on_line(clock) : clock->now;
    }
    return t;
}

static tw_time min(tw_time a, tw_time b) {
    return a < b ? a : b;
}

tw_time tw_clock_feed_odd(struct tw_clock *clock, tw_time packet_time) {
    if (!clock->started) {
        clock->started = true;
        clock->now = packet_time < 0 ? 0 : min(packet_time, latest);
        clock->horizon = latest;
    }
    tw_time t = candidate(clock, packet_time);
    if (__builtin_sub_overflow(t, packet_time, &clock->offset)) {
        clock->offset = 0; /* damage again: the next packet sets it right */
    }
    if (t > clock->now) {
        clock->now = t;
    }
    return clock->now;
}

void tw_clock_tick(struct tw_clock *clock, tw_time monotonic, bool silent) {
    if (!clock->started) {
        return;
    }
    clock->monotonic = monotonic;
    if (!clock->has_line) {
        clock->has_line = true;
        clock->line_now = clock->now;
        clock->line_monotonic = monotonic;
    }
    tw_time line = on_line(clock);
    if (silent && line > clock->now && line < latest) {
        clock->now = line;
    }
    /* Far behind the line is a backlog of packets that may still catch up; else follow the small drift of the two. */
    if (line - clock->now < tolerance) {
        clock->line_now = clock->now;
        clock->line_monotonic = monotonic;
    }
    clock->horizon = min(on_line(clock) + tolerance, latest);
}
