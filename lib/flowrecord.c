/* SPDX-License-Identifier: MIT */
#include "flowrecord.h"

#include <netinet/in.h>
#include <string.h>

#include "anomaly.h"

/* All parts of a flow; those that it has not are empty ones. */
struct parts {
    const struct tw_flowtable *table;
    const struct tw_flow *flow;
    const struct tw_flow_rest *rest;
    const struct tw_flow_more *more;
    const struct tw_stall *stall;
};

static struct parts parts_of(const struct tw_flowtable *table, const struct tw_flow *flow) {
    static const struct tw_flow_more no_more;
    static const struct tw_stall no_stall;
    const struct tw_flow_more *more = tw_flowtable_find_more(table, flow);
    const struct tw_stall *stall = tw_flowtable_find_stall(table, flow);
    return (struct parts){table, flow, tw_flowtable_rest(table, flow), more ? more : &no_more,
                          stall ? stall : &no_stall};
}

void tw_flowrecord_name(const struct tw_flowtable *table, const struct tw_flow *flow, struct tw_flow_id *ret) {
    const struct tw_flow_rest *rest = tw_flowtable_rest(table, flow);
    struct tw_flowkey key;
    tw_flowtable_key(table, flow, &key);
    *ret = (struct tw_flow_id){.index = rest->index,
                               .ip_version = flow->ip_version,
                               .proto = flow->proto,
                               .ethertype = rest->ethertype,
                               .has_icmp = flow->has_icmp,
                               .icmp = flow->has_icmp ? flow->side[TW_A].icmp : 0,
                               .scope = *tw_flowtable_scope(table, flow)};
    for (int side = 0; side < TW_SIDE_COUNT; side++) {
        int end = side ^ flow->initiator;
        ret->end[side] = (struct tw_endpoint){key.addr[end], key.port[end]};
    }
}

static uint8_t win_stat(const struct parts *p, enum tw_side side) {
    const struct tw_detect *detect = &p->stall->detect[side];
    bool is_tcp = p->flow->proto == IPPROTO_TCP;
    const struct tw_flow_side *s = &p->flow->side[side];
    bool has_filled = is_tcp && (s->tcp.full || p->more->side[side].rounds[TW_COUNT_FULL]);
    return (uint8_t)((detect->low ? TW_STAT_LOW : 0) | (detect->zero ? TW_STAT_ZERO : 0) |
                     (detect->alarms ? TW_STAT_ALARM : 0) | (detect->suppressed ? TW_STAT_SUPPRESSED : 0) |
                     (is_tcp && s->window.scale == TW_SCALE_UNKNOWN ? TW_STAT_SCALE_UNKNOWN : 0) |
                     (s->window.above_14 ? TW_STAT_SCALE_ABOVE_14 : 0) | (has_filled ? TW_STAT_WINDOW_FULL : 0) |
                     (detect->open_at_end ? TW_STAT_OPEN_AT_END : 0));
}

static bool has_sent_payload(const struct parts *p, enum tw_side side) {
    return p->flow->side[side].count[TW_COUNT_PAYLOAD] || p->more->side[side].rounds[TW_COUNT_PAYLOAD];
}

static uint8_t tcp_states(const struct parts *p, enum tw_side side) {
    const struct tw_flow_side *own = &p->flow->side[side], *other = &p->flow->side[tw_other_side(side)];
    if (p->flow->proto != IPPROTO_TCP) {
        return 0;
    }
    bool was_established = own->tcp.has_ack || other->tcp.has_ack; /* anything but SYN and RST was acknowledged */
    bool has_payload = has_sent_payload(p, TW_A) || has_sent_payload(p, TW_B);
    return tw_anomaly_conclude(own->tcp.anomalies, &own->tcp, &other->tcp, was_established, has_payload);
}

/* The bits that the side's packets have set. */
static uint64_t flow_stat(const struct parts *p, enum tw_side side) {
    const struct tw_shapes *shapes = &p->table->shapes;
    uint64_t stat = p->more->side[side].flow_stat;
    for (int i = 0; i < TW_SHAPES_PER_SIDE; i++) {
        stat |= shapes->shape[p->flow->shape[side][i]].flow_stat;
    }
    return stat;
}

/* The chains of headers that the side's packets have, by number. */
static void get_chains(const struct parts *p, enum tw_side side, uint64_t ret[TW_CHAINS_PER_SIDE]) {
    const struct tw_shapes *shapes = &p->table->shapes;
    uint8_t seen[TW_CHAINS_PER_SIDE] = {0};
    if (p->more->side[side].has_chains) {
        memcpy(seen, p->more->side[side].chains, sizeof seen);
    } else {
        for (int i = 0; i < TW_SHAPES_PER_SIDE && p->flow->shape[side][i]; i++) {
            (void)tw_chains_note(seen, shapes->shape[p->flow->shape[side][i]].chain);
        }
    }
    tw_chains_get(&shapes->chains, seen, ret);
}

static void put_macs(const struct parts *p, enum tw_side side, struct tw_direction_record *ret) {
    bool are_other = p->flow->has_other_macs & 1 << side;
    const struct tw_flow_more_side *more = &p->more->side[side];
    ret->has_macs = p->flow->has_macs & 1 << side;
    if (ret->has_macs) {
        memcpy(ret->smac, are_other ? more->smac : p->rest->macs[side], sizeof ret->smac);
        memcpy(ret->dmac, are_other ? more->dmac : p->rest->macs[tw_other_side(side)], sizeof ret->dmac);
    }
}

static void record_side(const struct parts *p, enum tw_side side, struct tw_direction_record *ret) {
    const struct tw_flowtable *table = p->table;
    const struct tw_flow *flow = p->flow;
    const struct tw_flow_side *s = &flow->side[side];
    const struct tw_detect *detect = &p->stall->detect[side];
    bool is_tcp = flow->proto == IPPROTO_TCP;
    *ret = (struct tw_direction_record){
        .packets = tw_flowtable_sum(table, flow, side, TW_COUNT_PACKETS),
        .segments = tw_flowtable_segments(table, flow, side),
        .bytes = tw_flowtable_sum(table, flow, side, TW_COUNT_BYTES),
        .payload = tw_flowtable_sum(table, flow, side, TW_COUNT_PAYLOAD),
        .first = tw_flowtable_first_time(table, flow, side),
        .last = tw_flowtable_side_time(table, flow, side),
        .duration = s->last_clock - s->first_clock,
        .flow_stat = flow_stat(p, side),
        .ttl = s->ttl,
        .tcp_states = tcp_states(p, side),
        .win_stat = win_stat(p, side),
        .win_init = flow->has_win_init & 1 << side ? p->rest->side[side].win_init : -1,
        .scale = (enum tw_scale)s->window.scale,
        .shift = tw_window_shift(&s->window),
        .win_min = tw_width_bytes(s->window.least),
        .win_max = tw_width_bytes(tw_edge_width(&flow->edge[side], TW_EDGE_MOST)),
        .considered = tw_flowtable_considered(table, flow, side),
        .full = is_tcp ? tw_flowtable_sum(table, flow, side, TW_COUNT_FULL) : 0,
        .low = detect->low,
        .zero = detect->zero,
        .episodes = detect->episodes,
        .alarms = detect->alarms,
        .probes = detect->probes,
        .low_time = detect->low_time,
        .low_max = detect->low_max,
    };
    put_macs(p, side, ret);
    get_chains(p, side, ret->layers);
}

void tw_flowrecord_gather(const struct tw_flowtable *table, const struct tw_flow *flow, const struct tw_flowkey *key,
                          enum tw_flow_end end, struct tw_seen_bits *seen) {
    struct parts p = parts_of(table, flow);
    struct tw_flowstat_facts facts = {
        .end = end,
        .ip_version = flow->ip_version,
        .is_land = tw_flowstat_is_land(flow->proto, key->addr, key->port),
    };
    for (enum tw_side side = TW_A; side < TW_SIDE_COUNT; side++) {
        if (tw_flow_has_spoken(flow, side)) {
            facts.has_alarms = p.stall->detect[side].alarms;
            seen->flow_stat |= tw_flowstat_complete(flow_stat(&p, side), side, &facts);
            seen->tcp_states |= tcp_states(&p, side);
            seen->win_stat |= win_stat(&p, side);
        }
    }
}

void tw_flowrecord_make(const struct tw_flowtable *table, const struct tw_flow *flow, enum tw_flow_end end,
                        struct tw_flow_record *ret) {
    struct parts p = parts_of(table, flow);
    *ret = (struct tw_flow_record){.end = end};
    tw_flowrecord_name(table, flow, &ret->id);
    for (enum tw_side side = TW_A; side < TW_SIDE_COUNT; side++) {
        if (tw_flow_has_spoken(flow, side)) {
            record_side(&p, side, &ret->side[side]);
        }
    }
}
