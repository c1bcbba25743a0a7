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

uint64_t tw_flowstat_complete(uint64_t stat, enum tw_side side, const struct tw_flowstat_facts *facts) {
    stat |= side == TW_B ? STAT_B : 0;
    stat |= facts->has_alarms ? STAT_ALARM : 0;
    stat |= facts->end == TW_END_TIMEOUT ? STAT_TIMEOUT : 0;
    stat |= facts->end == TW_END_EVICTED ? STAT_EVICTED : 0;
    stat |= facts->is_land ? STAT_LAND : 0;
    stat |= facts->is_cut ? TW_STAT_HEADERS_NOT_WHOLE : 0;
    return stat | (facts->ip_version == 4 ? STAT_IPV4 : STAT_IPV6);
}

uint64_t tw_flowstat_of(const struct tw_flow_record *record, enum tw_side side) {
    const struct tw_direction_record *own = &record->side[side];
    struct tw_flowstat_facts facts = {
        record->end, record->id.ip_version, is_land(&record->id), own->alarms > 0, is_cut(own),
    };
    return tw_flowstat_complete(own->flow_stat, side, &facts);
}
