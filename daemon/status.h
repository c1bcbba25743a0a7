/* SPDX-License-Identifier: MIT */
/*
 * status.h — the state of the service in one line, and what has changed since the last one.
 *
 * The line is what the journal gets with every report and what `systemctl status` shows:
 *   eth0: 12.3 M packets (+1.20 M), 0 dropped, ring 41 s, 4 alarms in 1 flow (+1), writing NAME
 * Pure.
 */
#ifndef STATUS_H
#define STATUS_H

#include "report.h"

/* What a report says that the next one is compared with. All zero: nothing has happened yet. */
struct status_counts {
    tw_time uptime;
    uint64_t packets, wire_bytes, dropped_kernel, dropped_interface;
    uint64_t flows, low_segments, alarms, suppressed;
    uint64_t extracted_packets, extracted_bytes, skipped, lost_packets, lost_lines, write_errors;
};

struct status {
    struct status_counts total, since; /* since the start, since the last report */
    const char *interface;             /* borrowed, as all strings here */
    bool is_away;                      /* the interface is waited for */
    tw_time ring_span;
    uint64_t alarmed_flows;
    const char *file;    /* the pcap file that is being written; NULL: none */
    const char *trouble; /* what cannot be written, and why; NULL: all is well */
};

/* Take from a report what there is of it; `before` is the total of the last one. */
void status_init(struct status *ret, const struct tw_report *report, const struct status_counts *before);

/* Append the line, without a newline. */
void status_line(struct tw_text *out, const struct status *status);

/*
 * Append to the JSON of a report, behind its last member and before its end, the object "interval": `duration_s` and
 * what has happened in it (packets, wire_bytes, dropped_kernel, dropped_interface, flows, low_segments, alarms,
 * suppressed, extracted_packets, extracted_bytes, skipped (extractions), lost_packets, lost_lines, write_errors), and
 * as of now `interface_away`, `trouble` (a text or null), `line`.
 */
void status_json(struct tw_text *report, const struct status *status);

#endif
