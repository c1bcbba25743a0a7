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
        flow->has_other_macs |= 1u << side;
    }
    flow->has_macs |= 1u << side;
}

void tw_account_begin(struct tw_flowtable *table, struct tw_flow *flow, enum tw_side side,
                      const struct tw_packet *packet, struct tw_moment moment) {
    tw_time skew = tw_skew_without(moment.clock, moment.time);
    flow->spoken |= 1u << side;
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

static void note_chain(struct tw_flow_more_side *more, uint8_t chain) {
    if (!tw_chains_note(more->chains, chain)) {
        more->flow_stat |= TW_STAT_HEADERS_NOT_WHOLE;
    }
}

/* Keep a shape as one of the side's first ones; returns false when there is no room. */
static bool keep_shape(uint8_t seen[TW_SHAPES_PER_SIDE], uint8_t shape) {
    for (int i = 0; i < TW_SHAPES_PER_SIDE; i++) {
        if (!seen[i]) {
            seen[i] = shape;
            return true;
        }
    }
    return false;
}

void tw_account_shape(struct tw_flowtable *table, struct tw_flow *flow, enum tw_side side,
                      const struct tw_packet *packet, uint8_t shape) {
    struct tw_shapes *shapes = &table->shapes;
    uint8_t *seen = flow->shape[side];
    bool is_kept = shape && keep_shape(seen, shape);
    const struct tw_flow_more *found = tw_flowtable_find_more(table, flow);
    if (is_kept && !(found && found->side[side].has_chains)) {
        return; /* its chain is known by it; else it is kept with the others */
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
