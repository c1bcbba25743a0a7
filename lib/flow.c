/* SPDX-License-Identifier: MIT */
#include "flow.h"

#include <netinet/in.h>
#include <string.h>

#include "anomaly.h"

enum tw_side tw_flow_first_side(const struct tw_packet *packet) {
    bool is_tcp = packet->status & TW_PACKET_TCP;
    uint8_t flags = is_tcp && packet->has & TW_HAS_FLAGS ? packet->flags : 0;
    if (flags & TW_TCP_SYN) {
        return flags & TW_TCP_ACK ? TW_B : TW_A;
    }
    if (packet->proto == IPPROTO_ICMP || packet->proto == IPPROTO_ICMPV6) { /* its ports are none */
        return packet->is_answer ? TW_B : TW_A;
    }
    return packet->sport < 1024 && packet->sport < packet->dport ? TW_B : TW_A;
}

void tw_flow_begin_side(struct tw_flow_rest *rest, const struct tw_packet *packet, tw_time clock, tw_time packet_time) {
    rest->first = packet_time;
    rest->first_clock = clock;
    rest->ttl = packet->ttl;
    rest->has_macs = packet->has_macs;
    if (packet->has_macs) {
        memcpy(rest->smac, packet->smac, sizeof rest->smac);
        memcpy(rest->dmac, packet->dmac, sizeof rest->dmac);
    }
}

void tw_flow_note_chain(struct tw_flow *flow, enum tw_side side, uint8_t chain) {
    flow->chain[side] = chain;
    if (!tw_chains_note(flow->rest[side].chains, chain)) {
        flow->side[side].flow_stat |= TW_STAT_HEADERS_NOT_WHOLE;
    }
}

void tw_flow_no_segment(struct tw_flow *flow, enum tw_side side, const struct tw_packet *packet) {
    tw_flow_count(&flow->rest[side].no_segment);
    flow->side[side].payload += packet->status & TW_PACKET_LATER_FRAGMENT ? 0 : packet->payload;
}

void tw_flow_name(const struct tw_flow *flow, const struct tw_scope *scope, struct tw_flow_id *ret) {
    *ret = (struct tw_flow_id){.index = flow->index,
                               .ip_version = flow->key.ip_version,
                               .proto = flow->key.proto,
                               .ethertype = flow->ethertype,
                               .has_icmp = flow->has_icmp,
                               .icmp = flow->icmp,
                               .scope = *scope};
    for (int side = 0; side < TW_SIDE_COUNT; side++) {
        int end = side ^ flow->initiator;
        ret->end[side] = (struct tw_endpoint){flow->key.addr[end], flow->key.port[end]};
    }
}

static uint8_t win_stat(const struct tw_flow *flow, enum tw_side side, const struct tw_detect *detect) {
    const struct tw_window *window = &flow->window[side];
    bool is_unknown = flow->key.proto == IPPROTO_TCP && window->scale == TW_SCALE_UNKNOWN;
    return (uint8_t)((detect->low ? TW_STAT_LOW : 0) | (detect->zero ? TW_STAT_ZERO : 0) |
                     (detect->alarms ? TW_STAT_ALARM : 0) | (detect->suppressed ? TW_STAT_SUPPRESSED : 0) |
                     (is_unknown ? TW_STAT_SCALE_UNKNOWN : 0) | (window->above_14 ? TW_STAT_SCALE_ABOVE_14 : 0) |
                     (flow->rest[side].full ? TW_STAT_WINDOW_FULL : 0) |
                     (detect->open_at_end ? TW_STAT_OPEN_AT_END : 0));
}

/* Whether anything but SYN and RST was acknowledged by either side. */
static bool was_established(const struct tw_flow *flow) {
    return flow->tcp[TW_A].has_ack || flow->tcp[TW_B].has_ack || flow->window[TW_A].has_wl || flow->window[TW_B].has_wl;
}

static uint8_t tcp_states(const struct tw_flow *flow, enum tw_side side) {
    const struct tw_tcp_side *own = &flow->tcp[side], *other = &flow->tcp[tw_other_side(side)];
    bool has_payload = flow->side[TW_A].payload || flow->side[TW_B].payload;
    return flow->key.proto == IPPROTO_TCP
               ? tw_anomaly_conclude(own->anomalies, own, other, was_established(flow), has_payload)
               : 0;
}

static void record_side(const struct tw_flow *flow, enum tw_side side, const struct tw_detect *detect,
                        struct tw_direction_record *ret) {
    const struct tw_flow_side *s = &flow->side[side];
    const struct tw_flow_rest *rest = &flow->rest[side];
    *ret = (struct tw_direction_record){
        .packets = s->packets,
        .segments = tw_flow_segments(flow, side),
        .bytes = s->bytes,
        .payload = s->payload,
        .first = rest->first,
        .last = s->last,
        .duration = s->last_clock - rest->first_clock,
        .flow_stat = s->flow_stat,
        .has_macs = rest->has_macs,
        .ttl = rest->ttl,
        .tcp_states = tcp_states(flow, side),
        .win_init = flow->has_win_init & 1 << side ? rest->win_init : -1,
        .scale = (enum tw_scale)flow->window[side].scale,
        .shift = flow->window[side].shift,
        .win_min = s->win_min,
        .win_max = s->win_max,
        .considered = s->considered,
        .full = rest->full,
        .low = detect->low,
        .zero = detect->zero,
        .episodes = detect->episodes,
        .alarms = detect->alarms,
        .probes = detect->probes,
        .low_time = detect->low_time,
        .low_max = detect->low_max,
    };
    memcpy(ret->smac, rest->smac, sizeof ret->smac);
    memcpy(ret->dmac, rest->dmac, sizeof ret->dmac);
    ret->win_stat = win_stat(flow, side, detect);
}

static const struct tw_stall no_stall;

static uint64_t all_layers(const struct tw_chains *chains, const uint8_t seen[TW_CHAINS_PER_SIDE]) {
    uint64_t all = 0;
    for (int i = 0; i < TW_CHAINS_PER_SIDE && seen[i]; i++) {
        all |= chains->chain[seen[i]];
    }
    return all;
}

void tw_flow_gather(const struct tw_flow *flow, const struct tw_stall *stall, const struct tw_chains *chains,
                    enum tw_flow_end end, struct tw_seen_bits *seen) {
    const struct tw_flowkey *key = &flow->key;
    struct tw_flowstat_facts facts = {
        .end = end,
        .ip_version = key->ip_version,
        .is_land = tw_flowstat_is_land(key->proto, key->addr, key->port),
    };
    for (enum tw_side side = TW_A; side < TW_SIDE_COUNT; side++) {
        const struct tw_detect *detect = &(stall ? stall : &no_stall)->detect[side];
        if (flow->side[side].packets) {
            facts.has_alarms = detect->alarms;
            facts.layers = all_layers(chains, flow->rest[side].chains);
            seen->flow_stat |= tw_flowstat_complete(flow->side[side].flow_stat, side, &facts);
            seen->tcp_states |= tcp_states(flow, side);
            seen->win_stat |= win_stat(flow, side, detect);
        }
    }
}

void tw_flow_record(const struct tw_flow *flow, const struct tw_stall *stall, const struct tw_scope *scope,
                    const struct tw_chains *chains, enum tw_flow_end end, struct tw_flow_record *ret) {
    stall = stall ? stall : &no_stall;
    tw_flow_name(flow, scope, &ret->id);
    ret->end = end;
    for (int side = 0; side < TW_SIDE_COUNT; side++) {
        record_side(flow, (enum tw_side)side, &stall->detect[side], &ret->side[side]);
        tw_chains_get(chains, flow->rest[side].chains, ret->side[side].layers);
    }
}
