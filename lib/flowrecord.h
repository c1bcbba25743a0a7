/* SPDX-License-Identifier: MIT */
/*
 * flowrecord.h — what the outputs say of a flow, out of all its parts.
 */
#ifndef TW_FLOWRECORD_H
#define TW_FLOWRECORD_H

#include "flowstat.h"
#include "flowtable.h"

/* How the outputs name the flow. */
void tw_flowrecord_name(const struct tw_flowtable *table, const struct tw_flow *flow, struct tw_flow_id *ret);

/* Add the bits of the flow's record to those seen, without making one; its key is at hand where flows end. */
void tw_flowrecord_gather(const struct tw_flowtable *table, const struct tw_flow *flow, const struct tw_flowkey *key,
                          enum tw_flow_end end, struct tw_seen_bits *seen);

/* The flow's record at its end. */
void tw_flowrecord_make(const struct tw_flowtable *table, const struct tw_flow *flow, enum tw_flow_end end,
                        struct tw_flow_record *ret);

#endif
