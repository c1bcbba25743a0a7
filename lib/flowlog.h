/* SPDX-License-Identifier: MIT */
/*
 * flowlog.h — the flow table PREFIX_flows.tsv: Tranalyzer's columns, then ours, tab separated.
 */
#ifndef TW_FLOWLOG_H
#define TW_FLOWLOG_H

#include "event.h"
#include "label.h"
#include "text.h"

/* Append the header line. */
void tw_flowlog_header(struct tw_text *out);

/* Append one line for each side that has sent something; labeller may be NULL. */
void tw_flowlog_record(struct tw_text *out, const struct tw_labeller *labeller, const struct tw_flow_record *record);

#endif
