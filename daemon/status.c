/* SPDX-License-Identifier: MIT */
#include "status.h"

#include "human.h"
#include "json.h"

/* The counts as an array of numbers: each of them is its difference. */
enum { N_COUNTS = (sizeof(struct status_counts) - sizeof(tw_time)) / sizeof(uint64_t) };

static const char *const names[] = {
    "packets",      "wire_bytes",   "dropped_kernel", "dropped_interface", "flows",
    "low_segments", "alarms",       "suppressed",     "extracted_packets", "extracted_bytes",
    "skipped",      "lost_packets", "lost_lines",     "write_errors"};
_Static_assert(sizeof(names) / sizeof(names[0]) == N_COUNTS, "a name for each count");

static uint64_t *count_at(struct status_counts *counts, size_t i) {
    return &counts->packets + i;
}

static struct status_counts counts_of(const struct tw_report *report) {
    const uint64_t *lost = report->extract.lost;
    return (struct status_counts){
        .uptime = (tw_time)(report->uptime * (double)TW_SECOND),
        .packets = report->packets.total,
        .wire_bytes = report->packets.wire_bytes,
        .dropped_kernel = report->capture.dropped_kernel,
        .dropped_interface = report->capture.dropped_interface,
        .flows = report->flows.total,
        .low_segments = report->window.low_segments,
        .alarms = report->alarms.total,
        .suppressed = report->alarms.suppressed,
        .extracted_packets = report->extract.packets,
        .extracted_bytes = report->extract.bytes,
        .skipped = report->extract.skipped,
        .lost_packets = lost[TW_LOST_OVERRUN] + lost[TW_LOST_QUEUE] + lost[TW_LOST_WRITE],
        .lost_lines = report->output.lost_alarms + report->output.lost_flows + report->output.lost_log,
        .write_errors = report->extract.write_errors,
    };
}

void status_init(struct status *ret, const struct tw_report *report, const struct status_counts *before) {
    struct status_counts past = *before;
    *ret = (struct status){.total = counts_of(report),
                           .interface = report->source.name,
                           .ring_span = report->ring.span,
                           .alarmed_flows = report->alarms.flows};
    ret->since.uptime = ret->total.uptime - past.uptime;
    for (size_t i = 0; i < N_COUNTS; i++) {
        *count_at(&ret->since, i) = *count_at(&ret->total, i) - *count_at(&past, i);
    }
    ret->file = report->extract.open;
}

/* "4 alarms", "1 alarm" */
static void put_number(struct tw_text *out, uint64_t n, const char *what) {
    tw_human_count(out, n);
    tw_text_char(out, ' ');
    tw_text_str(out, what);
    tw_text_str(out, n == 1 ? "" : "s");
}

static void put_more(struct tw_text *out, uint64_t n) {
    if (n > 0) {
        tw_text_str(out, " (+");
        tw_human_count(out, n);
        tw_text_char(out, ')');
    }
}

static void put_lost(struct tw_text *out, const struct status *status) {
    uint64_t dropped = status->total.dropped_kernel + status->total.dropped_interface;
    tw_text_str(out, ", ");
    tw_human_count(out, dropped);
    tw_text_str(out, " dropped");
    put_more(out, status->since.dropped_kernel + status->since.dropped_interface);
    if (status->total.lost_packets > 0) {
        tw_text_str(out, ", ");
        tw_human_count(out, status->total.lost_packets);
        tw_text_str(out, " not extracted");
        put_more(out, status->since.lost_packets);
    }
}

static void put_alarms(struct tw_text *out, const struct status *status) {
    tw_text_str(out, ", ");
    put_number(out, status->total.alarms, "alarm");
    if (status->total.alarms > 0) {
        tw_text_str(out, " in ");
        put_number(out, status->alarmed_flows, "flow");
    }
    put_more(out, status->since.alarms);
    if (status->total.skipped > 0) {
        tw_text_str(out, ", ");
        tw_human_count(out, status->total.skipped);
        tw_text_str(out, " skipped for extract.max_rate");
        put_more(out, status->since.skipped);
    }
}

void status_line(struct tw_text *out, const struct status *status) {
    tw_text_visible(out, status->interface ? status->interface : "-");
    tw_text_str(out, status->is_away ? " is away or down: " : ": ");
    put_number(out, status->total.packets, "packet");
    put_more(out, status->since.packets);
    put_lost(out, status);
    tw_text_str(out, ", ring ");
    tw_human_duration(out, status->ring_span);
    put_alarms(out, status);
    if (status->trouble) {
        tw_text_str(out, ", trouble: ");
        tw_text_visible(out, status->trouble);
    } else if (status->file) {
        tw_text_str(out, ", writing ");
        tw_text_visible(out, status->file);
    }
}

static void put_interval(struct tw_text *out, const struct status *status) {
    struct status_counts since = status->since;
    struct tw_text line = TW_TEXT_INIT;
    tw_json_key(out, "interval");
    tw_json_begin_object(out);
    tw_json_key(out, "duration_s");
    tw_json_seconds(out, since.uptime);
    for (size_t i = 0; i < N_COUNTS; i++) {
        tw_json_member_u64(out, names[i], *count_at(&since, i));
    }
    tw_json_key(out, "interface_away");
    tw_json_bool(out, status->is_away);
    tw_json_member_string(out, "trouble", status->trouble);
    status_line(&line, status);
    tw_text_char(&line, '\0');
    tw_json_member_string(out, "line", line.failed ? NULL : line.data);
    tw_json_end_object(out);
    tw_text_fini(&line);
}

void status_json(struct tw_text *report, const struct status *status) {
    if (report->failed || report->len < 2) {
        return;
    }
    report->len -= 2; /* "}\n" */
    put_interval(report, status);
    tw_json_end_object(report);
    tw_text_char(report, '\n');
}
