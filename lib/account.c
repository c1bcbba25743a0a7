/* SPDX-License-Identifier: MIT */
#include "account.h"

#include <netinet/in.h>
#include <string.h>

/* The addresses of the link are kept once for both sides, whose packets go between the same two ends of it mostly. */
static void note_macs(struct tw_flowtable *table, struct tw_flow *flow, enum tw_side side,
                      const struct tw_packet *packet) {
    struct tw_flow_rest *rest = tw_flowtable_rest(table, flow);
    enum tw_side other = tw_other_side(side);
    if (!packet->has_macs) {
        return;
    }
    if (!flow->has_macs) {
        memcpy(rest->macs[side], packet->smac, sizeof packet->smac);
        memcpy(rest->macs[other], packet->dmac, sizeof packet->dmac);
    } else if (memcmp(rest->macs[side], packet->smac, sizeof packet->smac) ||
               memcmp(rest->macs[other], packet->dmac, sizeof packet->dmac)) {
        struct tw_flow_more_side *more = &tw_flowtable_more(table, flow)->side[side];
        memcpy(more->smac, packet->smac, sizeof more->smac);
        memcpy(more->dmac, packet->dmac, sizeof more->dmac);
        flow->has_other_macs = (flow->has_other_macs | 1u << side) & TW_ALL_SIDES;
    }
    flow->has_macs = (flow->has_macs | 1u << side) & TW_ALL_SIDES;
}

void tw_account_begin(struct tw_flowtable *table, struct tw_flow *flow, enum tw_side side,
                      const struct tw_packet *packet, struct tw_moment moment) {
    tw_time skew = tw_skew_without(moment.clock, moment.time);
    flow->spoken = (flow->spoken | 1u << side) & TW_ALL_SIDES;
    flow->side[side].first_clock = moment.clock;
    flow->first_skew[side] = tw_skews_number(&table->skews, skew);
    if (flow->first_skew[side] == TW_SKEW_ODD) {
        tw_flowtable_more(table, flow)->side[side].first_skew = skew;
    }
    flow->side[side].ttl = packet->ttl;
    note_macs(table, flow, side, packet);
    if (tw_flow_is_two_sided(flow)) {
        tw_flowtable_leave_line(table);
    }
}

void tw_account_odd_skew(struct tw_flowtable *table, struct tw_flow *flow, enum tw_side side, tw_time skew) {
    tw_flowtable_more(table, flow)->side[side].last_skew = skew;
}

static void note_chain(struct tw_flow_more_side *more, uint8_t chain) {
    if (!tw_chains_note(more->chains, chain)) {
        more->flow_stat |= TW_STAT_HEADERS_NOT_WHOLE;
    }
}

void tw_account_shape(struct tw_flowtable *table, struct tw_flow *flow, enum tw_side side,
                      const struct tw_packet *packet) {
    struct tw_shapes *shapes = &table->shapes;
    uint8_t shape = tw_shapes_number(shapes, packet->layers, packet->flow_stat);
    uint8_t *seen = flow->shape[side];
    for (int i = 0; shape && i < TW_SHAPES_PER_SIDE; i++) {
        seen[i] = seen[i] ? seen[i] : shape;
        if (seen[i] == shape) {
            return;
        }
    }
    struct tw_flow_more_side *more = &tw_flowtable_more(table, flow)->side[side];
    for (int i = 0; !more->has_chains && i < TW_SHAPES_PER_SIDE && seen[i]; i++) {
        note_chain(more, shapes->shape[seen[i]].chain);
    }
    more->has_chains = true;
    note_chain(more, tw_chains_number(&shapes->chains, packet->layers));
    more->flow_stat |= packet->flow_stat;
}

void tw_account_no_segment(struct tw_flowtable *table, struct tw_flow *flow, enum tw_side side,
                           const struct tw_packet *packet) {
    if (flow->proto == IPPROTO_TCP) {
        uint32_t *n = &tw_flowtable_more(table, flow)->side[side].no_segment;
        *n += *n != UINT32_MAX;
    }
    tw_flowtable_count(table, flow, side, TW_COUNT_PAYLOAD,
                       packet->status & TW_PACKET_LATER_FRAGMENT ? 0 : packet->payload);
}
