/* SPDX-License-Identifier: MIT */
/*
 * tracking.h — what the parts of the tracker share; everybody else uses tracker.h.
 *
 *      tracker.c    packets to flows, and what time does to them
 *      segment.c    what a TCP segment says: about windows, about the state of its connection
 *      alarm.c      alarms, and the ends of their episodes
 */
#ifndef TW_TRACKING_H
#define TW_TRACKING_H

#include "extract.h"
#include "flowtable.h"
#include "fragments.h"
#include "hosts.h"
#include "report.h"
#include "timers.h"

struct tw_writer;

/* Kinds of timers; at one moment they are served in this order, and silence last. */
enum { TW_TIMER_DURATION_A, TW_TIMER_DURATION_B, TW_TIMER_QUIET };

struct tw_tracker {
    struct tw_settings settings;
    struct tw_writer *writer;
    struct tw_flowtable *table;
    struct tw_timers *timers;
    struct tw_extract *extract;
    struct tw_ring *ring; /* the extraction's */
    struct tw_fragments *fragments;
    struct tw_hosts *hosts;
    tw_time clock;           /* of what is being done now */
    tw_time time;            /* of the packet that is, or was last, worked on */
    struct tw_report counts; /* packets.side, flows, bits, window, alarms */
    bool finished;
    uint64_t handshakes_kept; /* before all flows ended */
};

static inline struct tw_detect *tw_tracking_detect(const struct tw_tracker *t, const struct tw_flow *flow,
                                                   enum tw_side side) {
    struct tw_stall *stall = tw_flowtable_find_stall(t->table, flow);
    return stall ? &stall->detect[side] : NULL;
}

static inline bool tw_tracking_is_in_episode(const struct tw_tracker *t, const struct tw_flow *flow,
                                             enum tw_side side) {
    const struct tw_detect *detect = tw_tracking_detect(t, flow, side);
    return detect && detect->episode.is_open;
}

static inline void tw_tracking_set_timer(struct tw_tracker *t, const struct tw_flow *flow, uint32_t kind,
                                         tw_time when) {
    struct tw_timer timer = {when, kind, tw_flowtable_slot(t->table, flow), tw_flowtable_index(t->table, flow)};
    (void)tw_timers_push(t->timers, &timer); /* without memory the next packet of the flow finds out */
}

/* When silence ends the flow; false: never. "After" a period means when more than it has passed: hence the nanosecond. */
static inline bool tw_tracking_silence(const struct tw_tracker *t, const struct tw_flow *flow, tw_time *ret) {
    tw_time timeout = t->settings.flow.timeout[flow->state];
    *ret = tw_flow_last_clock(flow) + timeout + 1;
    return timeout;
}

static inline void tw_tracking_arm_silence(struct tw_tracker *t, struct tw_flow *flow) {
    tw_time when;
    if (tw_tracking_silence(t, flow, &when)) {
        tw_timers_set(t->timers, tw_flowtable_slot(t->table, flow), &flow->timer, when);
    }
}

static inline void tw_tracking_enter_state(struct tw_tracker *t, struct tw_flow *flow, enum tw_flow_state state) {
    if (flow->state != state) {
        flow->state = (uint8_t)state;
        tw_tracking_arm_silence(t, flow);
    }
}

#endif
