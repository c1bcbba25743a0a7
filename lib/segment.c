/* SPDX-License-Identifier: MIT */
#include "segment.h"

#include "alarm.h"
#include "anomaly.h"
#include "seq.h"

enum { TELL_AFTER = 1 << 30 }; /* bytes acknowledged; half of what serial arithmetic can tell apart */

/* What a segment says about the window of the side that it is sent to. */
static inline void judge_sender(struct tw_tracker *t, struct tw_flow *flow, enum tw_side receiver,
                                const struct tw_packet *packet) {
    if (packet->flags & (TW_TCP_SYN | TW_TCP_RST)) {
        return;
    }
    const struct tw_window *window = &flow->window[receiver];
    bool is_probe = !(packet->flags & TW_TCP_FIN) && tw_window_is_probe(window, packet);
    if (is_probe && tw_tracking_is_in_episode(t, flow, receiver)) {
        struct tw_detect *detect = tw_tracking_detect(t, flow, receiver);
        detect->probes++;
        detect->episode.probes++;
    } else if (tw_window_is_filled(window, packet)) {
        tw_flow_count(&flow->rest[receiver].full);
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
static inline void judge(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side, uint32_t raw, uint32_t window,
                         enum tw_verdict verdict) {
    tw_flow_considered(flow, side, window);
    if (raw == 0 || verdict == TW_VERDICT_LOW || flow->stall) {
        judge_stall(t, flow, side, raw == 0, window, verdict);
    }
}

/* Whether a FIN of the side has taken effect; before that the flow is in no other state. */
static bool has_fin(const struct tw_flow *flow, enum tw_side side) {
    return (flow->state == TW_FLOW_CLOSING || flow->state == TW_FLOW_CLOSED) && flow->tcp[side].has_fin;
}

/* Rules 1 to 5 of which segments say something about the window. */
static inline bool is_considered(const struct tw_tracker *t, const struct tw_flow *flow, enum tw_side side,
                                 const struct tw_packet *packet) {
    enum tw_side other = tw_other_side(side);
    return packet->has & TW_HAS_WINDOW &&
           (packet->flags & (TW_TCP_ACK | TW_TCP_SYN | TW_TCP_FIN | TW_TCP_RST)) == TW_TCP_ACK &&
           flow->state != TW_FLOW_RESET && !has_fin(flow, other) &&
           tw_window_is_update(&flow->window[side], &flow->window[other], packet, t->clock);
}

/* What the last considered segment acknowledged counts among what the side has, unless it does already. */
static void tell_ack(struct tw_flow *flow, enum tw_side side) {
    struct tw_window *window = &flow->window[side];
    if (window->has_wl && (window->told != window->wl2 || !flow->tcp[side].has_ack)) {
        tw_tcp_ack(&flow->tcp[side], window->wl2);
        window->told = window->wl2;
    }
}

/*
 * Consider a segment. The acknowledgement before it is told when this one goes back behind it, and before they have gone
 * so far that serial arithmetic takes the new for the old.
 */
static inline void consider(const struct tw_tracker *t, struct tw_flow *flow, enum tw_side side,
                            const struct tw_packet *packet) {
    struct tw_window *window = &flow->window[side];
    if (packet->ack - window->told >= TELL_AFTER || !tw_seq_at_or_after(packet->ack, window->wl2)) {
        tell_ack(flow, side);
    }
    tw_window_feed(window, packet, t->settings.detect.assume_scale, t->clock);
}

/* Returns whether the segment was considered. */
static inline bool judge_segment(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side,
                                 const struct tw_packet *packet) {
    const struct tw_window *window = &flow->window[side];
    bool considered = is_considered(t, flow, side, packet);
    if (considered) {
        consider(t, flow, side, packet);
    }
    judge_sender(t, flow, tw_other_side(side), packet);
    if (t->settings.detect.window == TW_WINDOW_RAW) {
        if (packet->has & TW_HAS_WINDOW) {
            judge(t, flow, side, packet->window, packet->window, tw_detect_raw(&t->settings.detect, packet->window));
        }
    } else if (considered) {
        judge(t, flow, side, packet->window, window->effective, tw_detect_scaled(&t->settings.detect, window));
    }
    return considered;
}

static void take_rst(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side) {
    flow->tcp[side].sent_rst = true;
    tw_alarm_end_episodes(t, flow, TW_ENDED_RESET, t->clock, t->time);
    tw_tracking_enter_state(t, flow, TW_FLOW_RESET);
}

/*
 * The state of the connection after a segment. What considered segments acknowledge stands in the windows (WL2), so a
 * plain one on an established connection, which is nearly every segment, changes nothing.
 */
static void take_state(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side, const struct tw_packet *packet) {
    tell_ack(flow, TW_A);
    tell_ack(flow, TW_B);
    struct tw_tcp_side *own = &flow->tcp[side], *other = &flow->tcp[tw_other_side(side)];
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
        !tw_window_accepts(&flow->window[tw_other_side(side)], packet->seq, packet->payload + is_fin)) {
        t->counts.flows.stray++;
    } else if (packet->flags & TW_TCP_RST) {
        take_rst(t, flow, side);
    } else if (is_fin || !considered || flow->state != TW_FLOW_ESTABLISHED) {
        take_state(t, flow, side, packet);
    }
}

static void take_syn(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side, const struct tw_packet *packet,
                     tw_ref ref) {
    tw_tcp_syn(&flow->tcp[side], packet);
    if (packet->has & TW_HAS_OPTIONS) {
        tw_window_syn(flow->window, side, packet);
        tw_extract_handshake(t->extract, flow, side, ref);
    }
}

/*
 * Nearly every segment: no flag but ACK (and PSH, URG, ECE, CWR), on an established connection that has not stalled yet. It can
 * only move the windows, and it is judged here with what its general way would do, in a third of the instructions.
 * Returns false, with nothing done, when there is more to it.
 */
static inline bool take_plain(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side,
                              const struct tw_packet *packet, tw_ref ref) {
    enum tw_side other = tw_other_side(side);
    struct tw_window *window = &flow->window[side];
    bool is_plain = (packet->flags & (TW_TCP_ACK | TW_TCP_SYN | TW_TCP_FIN | TW_TCP_RST)) == TW_TCP_ACK &&
                    packet->has & TW_HAS_WINDOW && flow->state == TW_FLOW_ESTABLISHED && !flow->stall &&
                    flow->has_win_init == TW_ALL_SIDES && t->settings.detect.window == TW_WINDOW_SCALED;
    if (!is_plain || packet->window == 0 || !tw_window_is_update(window, &flow->window[other], packet, t->clock)) {
        return false;
    }
    consider(t, flow, side, packet);
    flow->side[side].payload += packet->payload;
    tw_flow_considered(flow, side, window->effective);
    if (packet->payload && tw_window_is_filled(&flow->window[other], packet)) {
        tw_flow_count(&flow->rest[other].full);
        t->counts.window.window_full++;
    }
    if (tw_detect_scaled(&t->settings.detect, window) == TW_VERDICT_LOW) {
        judge_stall(t, flow, side, false, window->effective, TW_VERDICT_LOW);
        tw_alarm_try(t, flow, side, t->time, ref);
    }
    return true;
}

void tw_segment_take(struct tw_tracker *t, struct tw_flow *flow, enum tw_side side, const struct tw_packet *packet,
                     tw_ref ref) {
    if (take_plain(t, flow, side, packet, ref)) {
        return;
    }
    bool has_flags = packet->has & TW_HAS_FLAGS;
    tw_flow_segment(flow, side, packet);
    if (flow->is_listed) { /* one-sided: nobody asks later on */
        flow->tcp[side].sent_other |= !has_flags || (packet->flags & (TW_TCP_SYN | TW_TCP_ACK)) != TW_TCP_SYN;
    }
    if (has_flags && !tw_anomaly_is_plain((enum tw_flow_state)flow->state, packet)) {
        struct tw_tcp_side *own = &flow->tcp[side];
        own->anomalies |=
            tw_anomaly_judge((enum tw_flow_state)flow->state, own, &flow->tcp[tw_other_side(side)], packet);
    }
    bool considered = has_flags && judge_segment(t, flow, side, packet);
    if (flow->stall) {
        tw_alarm_try(t, flow, side, t->time, ref);
    }
    if (has_flags && packet->flags & TW_TCP_SYN) {
        take_syn(t, flow, side, packet, ref);
    } else if (has_flags) {
        take_flags(t, flow, side, packet, considered);
    }
}
