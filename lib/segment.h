/* SPDX-License-Identifier: MIT */
/*
 * segment.h — what a TCP segment says: about its sender's window, about the window that it is sent into, about the state
 * of the connection. A part of tracker.h.
 */
#ifndef TW_SEGMENT_H
#define TW_SEGMENT_H

#include "tracking.h"

/*
 * Take a segment of the flow that has been counted and stands in the ring as `ref`. It is judged by the state before it;
 * then its own flags take effect.
 */
static inline void tw_segment_take(struct tw_tracker *tracker, struct tw_flow *flow, enum tw_side side,
                                   const struct tw_packet *packet, tw_ref ref);

/* The same for any segment: plain ones, which tw_segment_take() knows at a glance, have the same effect. */
void tw_segment_take_any(struct tw_tracker *tracker, struct tw_flow *flow, enum tw_side side,
                         const struct tw_packet *packet, tw_ref ref);

/* A plain segment has been considered, and the window is low for the first time. */
void tw_segment_low(struct tw_tracker *tracker, struct tw_flow *flow, enum tw_side side, tw_ref ref);

/* A segment is considered: the side's window, and what it acknowledges. */
static inline void tw_segment_consider(const struct tw_tracker *t, struct tw_flow *flow, enum tw_side side,
                                       const struct tw_packet *packet) {
    tw_window_feed(&flow->side[side].window, &flow->edge[side], packet, t->settings.detect.assume_scale);
    tw_tcp_ack(&flow->side[side].tcp, packet->ack);
}

/*
 * Nearly every segment: no flag but ACK (and PSH, URG, ECE, CWR), on an established connection that has not stalled yet. It
 * can only move the windows, and it is judged here with what its general way would do, in a third of the instructions.
 * Returns false, with nothing done, when there is more to it.
 */
static inline bool tw_segment_take_plain(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side,
                                         const struct tw_packet *packet, tw_ref ref) {
    enum tw_side other = tw_other_side(side);
    const struct tw_edge *edge = &flow->edge[side];
    bool is_plain = (packet->flags & (TW_TCP_ACK | TW_TCP_SYN | TW_TCP_FIN | TW_TCP_RST)) == TW_TCP_ACK &&
                    packet->has & TW_HAS_WINDOW && flow->state == TW_FLOW_ESTABLISHED && !flow->has_stall &&
                    flow->has_win_init == TW_ALL_SIDES && t->settings.detect.window == TW_WINDOW_SCALED;
    if (!is_plain || packet->window == 0 ||
        !tw_window_is_update(&flow->side[side].window, edge, &flow->edge[other], packet)) {
        return false;
    }
    tw_segment_consider(t, flow, side, packet);
    tw_flowtable_count(t->table, flow, side, TW_COUNT_PAYLOAD, packet->payload);
    tw_window_count(&flow->side[side].window, &flow->edge[side], tw_edge_width(edge, TW_EDGE_EFFECTIVE));
    if (tw_window_is_filled(&flow->edge[other], packet)) {
        tw_flowtable_count(t->table, flow, other, TW_COUNT_FULL, 1);
        t->counts.window.window_full++;
    }
    if (tw_detect_scaled(&t->settings.detect, edge) == TW_VERDICT_LOW) {
        tw_segment_low(t, flow, side, ref);
    }
    return true;
}

static inline void tw_segment_take(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side,
                                   const struct tw_packet *packet, tw_ref ref) {
    if (!tw_segment_take_plain(t, flow, side, packet, ref)) {
        tw_segment_take_any(t, flow, side, packet, ref);
    }
}

#endif
