/* SPDX-License-Identifier: MIT */
/*
 * naming.h — the names of the files in the output folder, made and read back.
 *
 *      PREFIX-YYYYMMDDTHHMMSSZ-NNNNNN.pcap             evidence; -flowINDEX before the ending with pcap.split = "flow"
 *      PREFIX_flows-YYYYMMDDTHHMMSSZ-NNNNNN.tsv        rotated flow records
 *      PREFIX_alarms-YYYYMMDDTHHMMSSZ-NNNNNN.jsonl     rotated alarms
 *      any of them with .part                          still being written
 *
 * Pure: the time is given, in UTC by our own arithmetic. What is read back is exactly what can be made, so that
 * recovery and retention never touch a file of somebody else's.
 */
#ifndef TW_NAMING_H
#define TW_NAMING_H

#include "event.h"

enum tw_name_kind { TW_NAME_PCAP, TW_NAME_FLOWS, TW_NAME_ALARMS, TW_NAME_KIND_COUNT };

struct tw_name {
    enum tw_name_kind kind;
    tw_time time;    /* of the first packet; whole seconds when read back */
    uint64_t number; /* from 1; at least six digits are written */
    uint64_t flow;   /* index of the flow; 0: of all flows. Only with TW_NAME_PCAP */
    bool part;
};

/*
 * Make a name into `ret`, at least TW_NAME_MAX bytes.
 * Returns 0, TW_ENAME when it would be longer than a file system takes (255 bytes with .part), or -ENOMEM.
 */
int tw_naming_make(const char *prefix, const struct tw_name *name, char *ret);

/* Read a name with this prefix back. Returns false, and leaves *ret alone, when it is not one that is made here. */
bool tw_naming_read(const char *prefix, const char *text, struct tw_name *ret);

/*
 * PREFIX, then `suffix`: the files without a number ("_flows.tsv", "_alarms.jsonl", "-current.pcap").
 * Returns as tw_naming_make.
 */
int tw_naming_fixed(const char *prefix, const char *suffix, char *ret);

#endif
