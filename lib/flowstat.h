/* SPDX-License-Identifier: MIT */
/*
 * flowstat.h — the bits of a flow that its record says: of one side, and of all flows together.
 */
#ifndef TW_FLOWSTAT_H
#define TW_FLOWSTAT_H

#include "event.h"

/* The flowStat column of one side: what its packets have set, and what the flow adds. */
uint64_t tw_flowstat_of(const struct tw_flow_record *record, enum tw_side side);

/* The bits that any flow has had. Plain data, zero at first. */
struct tw_seen_bits {
    uint64_t flow_stat;
    uint8_t tcp_states, win_stat;
};

/* Add those of a flow that ended. */
void tw_flowstat_gather(struct tw_seen_bits *seen, const struct tw_flow_record *record);

#endif
