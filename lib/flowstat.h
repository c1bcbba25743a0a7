/* SPDX-License-Identifier: MIT */
/*
 * flowstat.h — the bits of a flow that its record says: of one side, and of all flows together.
 */
#ifndef TW_FLOWSTAT_H
#define TW_FLOWSTAT_H

#include "event.h"

/* What a flow adds to the bits that its packets have set. */
struct tw_flowstat_facts {
    enum tw_flow_end end;
    uint8_t ip_version;
    bool is_land;    /* see below */
    bool has_alarms; /* of the side */
};

/* Whether TCP or UDP is sent to the very port that it says it comes from. */
bool tw_flowstat_is_land(uint8_t proto, const struct tw_addr addr[TW_SIDE_COUNT], const uint16_t port[TW_SIDE_COUNT]);

/* The flowStat column of one side whose packets have set these bits. */
uint64_t tw_flowstat_complete(uint64_t stat, enum tw_side side, const struct tw_flowstat_facts *facts);

/* The same out of a record. */
uint64_t tw_flowstat_of(const struct tw_flow_record *record, enum tw_side side);

/* The bits that any flow has had. Plain data, zero at first. */
struct tw_seen_bits {
    uint64_t flow_stat;
    uint8_t tcp_states, win_stat;
};

#endif
