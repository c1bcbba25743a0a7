/* SPDX-License-Identifier: MIT */
#include "flowstat.h"

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

bool tw_flowstat_is_land(uint8_t proto, const struct tw_addr addr[TW_SIDE_COUNT], const uint16_t port[TW_SIDE_COUNT]) {
    return (proto == IPPROTO_TCP || proto == IPPROTO_UDP) && port[0] == port[1] &&
           !memcmp(&addr[0], &addr[1], sizeof addr[0]);
}

uint64_t tw_flowstat_complete(uint64_t stat, enum tw_side side, const struct tw_flowstat_facts *facts) {
    stat |= side == TW_B ? STAT_B : 0;
    stat |= facts->has_alarms ? STAT_ALARM : 0;
    stat |= facts->end == TW_END_TIMEOUT ? STAT_TIMEOUT : 0;
    stat |= facts->end == TW_END_EVICTED ? STAT_EVICTED : 0;
    stat |= facts->is_land ? STAT_LAND : 0;
    return stat | (facts->ip_version == 4 ? STAT_IPV4 : STAT_IPV6);
}

uint64_t tw_flowstat_of(const struct tw_flow_record *record, enum tw_side side) {
    const struct tw_direction_record *own = &record->side[side];
    const struct tw_endpoint *end = record->id.end;
    const struct tw_addr addr[] = {end[TW_A].addr, end[TW_B].addr};
    const uint16_t port[] = {end[TW_A].port, end[TW_B].port};
    struct tw_flowstat_facts facts = {
        .end = record->end,
        .ip_version = record->id.ip_version,
        .is_land = tw_flowstat_is_land(record->id.proto, addr, port),
        .has_alarms = own->alarms > 0,
    };
    return tw_flowstat_complete(own->flow_stat, side, &facts);
}
