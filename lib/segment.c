/* SPDX-License-Identifier: MIT */
#include "segment.h"

#include "account.h"
#include "alarm.h"
#include "anomaly.h"

/* What a segment says about the window of the side that it is sent to. */
static inline void judge_sender(struct tw_tracker *t, struct tw_flow *flow, enum tw_side receiver,
                                const struct tw_packet *packet) {
    if (packet->flags & (TW_TCP_SYN | TW_TCP_RST)) {
        return;
    }
    const struct tw_edge *edge = &flow->edge[receiver];
    bool is_probe = !(packet->flags & TW_TCP_FIN) && tw_window_is_probe(edge, packet);
    if (is_probe && tw_tracking_is_in_episode(t, flow, receiver)) {
        struct tw_detect *detect = tw_tracking_detect(t, flow, receiver);
        detect->probes++;
        detect->episode.probes++;
    } else if (tw_window_is_filled(edge, packet)) {
        tw_flowtable_count(t->table, flow, receiver, TW_COUNT_FULL, 1);
        t->counts.window.window_full++;
    }
}

/* A considered segment of a window that is, or once was, closed or low. */
static void judge_stall(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side, bool is_zero, uint32_t window,
                        enum tw_verdict verdict) {
    struct tw_detect *detect = &tw_flowtable_stall(t->table, flow)->detect[side];
    t->counts.window.zero_segments += is_zero;
    detect->window = window;
    detect->zero += is_zero;
    if (verdict == TW_VERDICT_LOW) {
        t->counts.window.low_segments++;
        if (tw_detect_low(detect, is_zero, t->clock, t->time)) {
            t->counts.window.episodes++;
            if (t->settings.detect.min_duration) {
                tw_tracking_set_timer(t, flow, side == TW_A ? TW_TIMER_DURATION_A : TW_TIMER_DURATION_B,
                                      t->clock + t->settings.detect.min_duration);
            }
        }
    } else if (verdict == TW_VERDICT_REARMED && detect->episode.is_open) {
        tw_alarm_end_episode(t, flow, side, TW_ENDED_WINDOW, t->clock, t->time);
    }
}

/* A considered segment: low, or wide enough again. */
static inline void judge(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side, uint32_t raw, uint32_t width,
                         enum tw_verdict verdict) {
    tw_window_count(&flow->side[side].window, &flow->edge[side], width);
    if (raw == 0 || verdict == TW_VERDICT_LOW || flow->has_stall) {
        judge_stall(t, flow, side, raw == 0, tw_width_bytes(width), verdict);
    }
}

/* Whether a FIN of the side has taken effect; before that the flow is in no other state. */
static bool has_fin(const struct tw_flow *flow, enum tw_side side) {
    return (flow->state == TW_FLOW_CLOSING || flow->state == TW_FLOW_CLOSED) && flow->side[side].tcp.has_fin;
}

/* Rules 1 to 5 of which segments say something about the window. */
static inline bool is_considered(const struct tw_flow *flow, enum tw_side side, const struct tw_packet *packet) {
    enum tw_side other = tw_other_side(side);
    return packet->has & TW_HAS_WINDOW &&
           (packet->flags & (TW_TCP_ACK | TW_TCP_SYN | TW_TCP_FIN | TW_TCP_RST)) == TW_TCP_ACK &&
           flow->state != TW_FLOW_RESET && !has_fin(flow, other) &&
           tw_window_is_update(&flow->side[side].window, &flow->edge[side], &flow->edge[other], packet);
}

/* Returns whether the segment was considered. */
static inline bool judge_segment(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side,
                                 const struct tw_packet *packet) {
    const struct tw_edge *edge = &flow->edge[side];
    bool considered = is_considered(flow, side, packet);
    if (considered) {
        tw_segment_consider(t, flow, side, packet);
    }
    judge_sender(t, flow, tw_other_side(side), packet);
    bool is_raw = t->settings.detect.window == TW_WINDOW_RAW;
    if (is_raw && packet->has & TW_HAS_WINDOW) {
        judge(t, flow, side, packet->window, tw_width_make(packet->window, 0),
              tw_detect_raw(&t->settings.detect, packet->window));
    } else if (!is_raw && considered) {
        judge(t, flow, side, packet->window, tw_edge_width(edge, TW_EDGE_EFFECTIVE),
              tw_detect_scaled(&t->settings.detect, edge));
    } else {
        tw_flowtable_count(t->table, flow, side, TW_COUNT_UNSAID, 1);
    }
    return considered;
}

static void take_rst(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side) {
    flow->side[side].tcp.sent_rst = true;
    tw_alarm_end_episodes(t, flow, TW_ENDED_RESET, t->clock, t->time);
    tw_tracking_enter_state(t, flow, TW_FLOW_RESET);
}

/*
 * The state of the connection after a segment. A plain one on an established connection, which is nearly every segment,
 * changes nothing.
 */
static void take_state(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side, const struct tw_packet *packet) {
    struct tw_tcp_side *own = &flow->side[side].tcp, *other = &flow->side[tw_other_side(side)].tcp;
    enum tw_flow_state state = tw_tcp_feed((enum tw_flow_state)flow->state, own, other, packet);
    if (packet->flags & TW_TCP_FIN && tw_tracking_is_in_episode(t, flow, tw_other_side(side))) {
        tw_alarm_end_episode(t, flow, tw_other_side(side), TW_ENDED_FIN, t->clock, t->time);
    }
    tw_tracking_enter_state(t, flow, state);
}

/* The segment's own flags take effect. */
static inline void take_flags(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side,
                              const struct tw_packet *packet, bool considered) {
    bool is_fin = packet->flags & TW_TCP_FIN;
    if ((packet->flags & TW_TCP_RST || is_fin) &&
        !tw_window_accepts(&flow->edge[tw_other_side(side)], packet->seq, packet->payload + is_fin)) {
        t->counts.flows.stray++;
    } else if (packet->flags & TW_TCP_RST) {
        take_rst(t, flow, side);
    } else if (is_fin || !considered || flow->state != TW_FLOW_ESTABLISHED) {
        take_state(t, flow, side, packet);
    }
}

static void take_syn(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side, const struct tw_packet *packet,
                     tw_ref ref) {
    struct tw_flow_side *own = &flow->side[side], *other = &flow->side[tw_other_side(side)];
    tw_tcp_syn(&own->tcp, packet);
    if (packet->has & TW_HAS_OPTIONS) {
        tw_window_syn(&own->window, &other->window, packet);
        tw_extract_handshake(t->extract, flow, side, ref);
    }
}

void tw_segment_low(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side, tw_ref ref) {
    judge_stall(t, flow, side, false, tw_edge_effective(&flow->edge[side]), TW_VERDICT_LOW);
    tw_alarm_try(t, flow, side, t->time, ref);
}

void tw_segment_take_any(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side, const struct tw_packet *packet,
                         tw_ref ref) {
    bool has_flags = packet->has & TW_HAS_FLAGS;
    struct tw_tcp_side *own = &flow->side[side].tcp;
    tw_account_segment(t->table, flow, side, packet);
    if (!tw_flow_is_two_sided(flow)) { /* nobody asks later on */
        own->sent_other |= !has_flags || (packet->flags & (TW_TCP_SYN | TW_TCP_ACK)) != TW_TCP_SYN;
    }
    if (has_flags && !tw_anomaly_is_plain((enum tw_flow_state)flow->state, packet)) {
        own->anomalies |=
            tw_anomaly_judge((enum tw_flow_state)flow->state, own, &flow->side[tw_other_side(side)].tcp, packet);
    }
    bool considered = false;
    if (has_flags) {
        considered = judge_segment(t, flow, side, packet);
    } else {
        tw_flowtable_count(t->table, flow, side, TW_COUNT_UNSAID, 1);
    }
    if (flow->has_stall) {
        tw_alarm_try(t, flow, side, t->time, ref);
    }
    if (has_flags && packet->flags & TW_TCP_SYN) {
        take_syn(t, flow, side, packet, ref);
    } else if (has_flags) {
        take_flags(t, flow, side, packet, considered);
    }
}
