/* SPDX-License-Identifier: MIT */
/*
 * clock.h — the engine's clock: it follows the packets' times and never runs back.
 *
 * A packet at most a second behind the latest is a reordered one: it counts as simultaneous. One further behind means
 * that the sender of the times was set back: the clock goes on from where it stood. Live, a step forward that the
 * monotonic clock does not confirm is undone likewise, and the monotonic clock drives this one in silence.
 */
#ifndef TW_CLOCK_H
#define TW_CLOCK_H

#include "types.h"

struct tw_clock {
    tw_time now;     /* valid once started */
    tw_time offset;  /* now = packet time + offset, for a packet in order */
    tw_time horizon; /* a packet in order, and before it, is plainly believed */
    bool started;
    uint64_t jumps; /* times that the packets' times were set back, or a step forward was undone */

    /* live: the line along which the monotonic clock lets this one go, through a point where both were known */
    bool has_line;
    tw_time line_now, line_monotonic;
    tw_time monotonic; /* the latest that was shown */
};

/* Follow a packet's time; returns the clock at that packet. */
static inline tw_time tw_clock_feed(struct tw_clock *clock, tw_time packet_time);

/*
 * Live: what the monotonic clock shows, after a dispatch. With `silent` (no packet is waiting) the clock goes on along
 * the monotonic one. Does nothing before the first packet.
 */
void tw_clock_tick(struct tw_clock *clock, tw_time monotonic, bool silent);

/* A packet whose time is out of order, or may be a step; for tw_clock_feed(). */
tw_time tw_clock_feed_odd(struct tw_clock *clock, tw_time packet_time);

/* Nearly every packet comes in order: the offset stays. */
static inline tw_time tw_clock_feed(struct tw_clock *clock, tw_time packet_time) {
    tw_time t;
    if (__builtin_add_overflow(packet_time, clock->offset, &t) || t < clock->now || t >= clock->horizon) {
        return tw_clock_feed_odd(clock, packet_time);
    }
    clock->now = t;
    return t;
}

#endif
