/* SPDX-License-Identifier: MIT */
/*
 * account.h — what each packet adds to its flow: counts, times, the shapes of its packets.
 *
 * All O(1) and without allocation. Threads: none.
 */
#ifndef TW_ACCOUNT_H
#define TW_ACCOUNT_H

#include "flowtable.h"

/* When a packet was captured: by the engine's clock, and as its source says. */
struct tw_moment {
    tw_time clock, time;
};

/* For tw_account_packet(): the first packet of a side; another shape than its first ones, by number. */
void tw_account_begin(struct tw_flowtable *table, struct tw_flow *flow, enum tw_side side,
                      const struct tw_packet *packet, struct tw_moment moment);
void tw_account_shape(struct tw_flowtable *table, struct tw_flow *flow, enum tw_side side,
                      const struct tw_packet *packet, uint8_t shape);

/*
 * Count a packet, with its time and its shape; a side that speaks for the first time begins. Inlined where packets are
 * taken: a call costs a packet 25 instructions.
 */
static inline __attribute__((always_inline)) void tw_account_packet(struct tw_flowtable *table, struct tw_flow *flow,
                                                                    enum tw_side side, const struct tw_packet *packet,
                                                                    struct tw_moment moment, uint32_t wirelen) {
    struct tw_flow_side *s = &flow->side[side];
    const uint8_t *seen = flow->shape[side];
    tw_time skew = tw_skew_without(moment.clock, moment.time);
    uint8_t number = tw_skews_number(&table->skews, skew);
    if (!tw_flow_has_spoken(flow, side)) {
        tw_account_begin(table, flow, side, packet, moment);
    }
    tw_flowtable_count(table, flow, side, TW_COUNT_PACKETS, 1);
    tw_flowtable_count(table, flow, side, TW_COUNT_BYTES, wirelen);
    tw_window_grow_older(&s->window, moment.clock - s->last_clock);
    s->last_clock = moment.clock;
    flow->last_side = side & 1;
    s->last_skew = number;
    if (number == TW_SKEW_ODD) {
        tw_flowtable_more(table, flow)->side[side].last_skew = skew;
    }
    uint8_t shape = tw_shapes_number(&table->shapes, packet->layers, packet->flow_stat);
    if (!shape || (seen[0] ^ shape) * (seen[1] ^ shape) != 0) { /* neither; which of them it is could not be foreseen */
        tw_account_shape(table, flow, side, packet, shape);
    }
}

/* Count what TCP says in a segment: payload, first window, SYN. */
static inline void tw_account_segment(struct tw_flowtable *table, struct tw_flow *flow, enum tw_side side,
                                      const struct tw_packet *packet) {
    tw_flowtable_count(table, flow, side, TW_COUNT_PAYLOAD, packet->payload);
    if (!(flow->has_win_init & 1 << side) && packet->has & TW_HAS_WINDOW) {
        flow->has_win_init |= 1u << side;
        tw_flowtable_rest(table, flow)->side[side].win_init = packet->window;
    }
    bool is_syn = packet->has & TW_HAS_FLAGS && packet->flags & TW_TCP_SYN;
    tw_flowtable_count(table, flow, side, TW_COUNT_SYNS, is_syn); /* added always: of these segments a third has one */
}

/* Count what is no segment: another protocol, or a later fragment, whose payload the first one has told. */
void tw_account_no_segment(struct tw_flowtable *table, struct tw_flow *flow, enum tw_side side,
                           const struct tw_packet *packet);

#endif
