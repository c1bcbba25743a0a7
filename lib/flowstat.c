/* SPDX-License-Identifier: MIT */
#include "flowstat.h"

#include "layers.h"

#include <netinet/in.h>
#include <string.h>

/* Bits of flowStat that are the flow's, not its packets' (Tranalyzer's numbers). */
#define STAT_B       (UINT64_C(1) << 0)
#define STAT_TIMEOUT (UINT64_C(1) << 40)
#define STAT_EVICTED (UINT64_C(1) << 42)
#define STAT_ALARM   (UINT64_C(1) << 49)
#define STAT_LAND    (UINT64_C(1) << 50)
#define STAT_IPV4    (UINT64_C(1) << 58)
#define STAT_IPV6    (UINT64_C(1) << 59)

/* Whether TCP or UDP is sent to the very port that it says it comes from. */
static bool is_land(const struct tw_flow_id *id) {
    const struct tw_endpoint *a = &id->end[TW_A], *b = &id->end[TW_B];
    bool has_ports = id->proto == IPPROTO_TCP || id->proto == IPPROTO_UDP;
    return has_ports && a->port == b->port && !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

/* Whether a header of its packets is not in the description, since they are too deep. */
static bool is_cut(const struct tw_direction_record *side) {
    for (size_t i = 0; i < TW_CHAINS_PER_SIDE; i++) {
        if (side->layers[i] & TW_LAYERS_TOO_DEEP) {
            return true;
        }
    }
    return false;
}

uint64_t tw_flowstat_of(const struct tw_flow_record *record, enum tw_side side) {
    uint64_t stat = record->side[side].flow_stat;
    stat |= side == TW_B ? STAT_B : 0;
    stat |= record->side[side].alarms > 0 ? STAT_ALARM : 0;
    stat |= record->end == TW_END_TIMEOUT ? STAT_TIMEOUT : 0;
    stat |= record->end == TW_END_EVICTED ? STAT_EVICTED : 0;
    stat |= is_land(&record->id) ? STAT_LAND : 0;
    stat |= is_cut(&record->side[side]) ? TW_STAT_HEADERS_NOT_WHOLE : 0;
    return stat | (record->id.ip_version == 4 ? STAT_IPV4 : STAT_IPV6);
}

void tw_flowstat_gather(struct tw_seen_bits *seen, const struct tw_flow_record *record) {
    for (enum tw_side side = TW_A; side < TW_SIDE_COUNT; side++) {
        if (record->side[side].packets > 0) {
            seen->flow_stat |= tw_flowstat_of(record, side);
            seen->tcp_states |= record->side[side].tcp_states;
            seen->win_stat |= record->side[side].win_stat;
        }
    }
}
