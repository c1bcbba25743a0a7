/* SPDX-License-Identifier: MIT */
/*
 * metrics.c — one table: each metric's name and meaning, and where the report has it.
 */
#include "metrics.h"

#include <stddef.h>
#include <string.h>

enum kind { COUNTER, GAUGE, SECONDS /* a gauge kept in nanoseconds */ };

/* A sample of a metric; those of one metric stand together, the first one tells what it is. */
struct sample {
    const char *name, *help; /* help NULL: another sample of the same metric */
    enum kind kind;
    const char *label, *value; /* NULL: none beside those that all have */
    size_t offset;             /* in struct tw_report, of a uint64_t or a tw_time */
};

#define AT(member) offsetof(struct tw_report, member)
#define ONE(kind, name, member, help)                                                                                  \
    { "tcpwind_" name, help, kind, NULL, NULL, AT(member) }
#define FIRST(name, label, value, member, help)                                                                        \
    { "tcpwind_" name, help, COUNTER, label, value, AT(member) }
#define NEXT(name, label, value, member)                                                                               \
    { "tcpwind_" name, NULL, COUNTER, label, value, AT(member) }

/* clang-format off */
static const struct sample samples[] = {
    ONE(COUNTER, "packets_total", packets.total, "Packets processed."),
    ONE(COUNTER, "captured_bytes_total", packets.captured_bytes, "Bytes of packets as captured."),
    ONE(COUNTER, "wire_bytes_total", packets.wire_bytes, "Bytes of packets as they were on the wire."),
    ONE(COUNTER, "tcp_packets_total", packets.tcp, "Packets that carry TCP."),
    ONE(COUNTER, "malformed_packets_total", packets.malformed, "Packets whose headers contradict themselves."),
    ONE(COUNTER, "cut_packets_total", packets.cut_short, "Packets captured without a part of their headers."),
    ONE(COUNTER, "kernel_received_total", capture.received, "Packets that the kernel's filter has let pass."),
    ONE(COUNTER, "kernel_drops_total", capture.dropped_kernel, "Packets that the kernel's buffer had no room for."),
    ONE(COUNTER, "interface_drops_total", capture.dropped_interface, "Packets that the interface has dropped."),

    ONE(COUNTER, "flows_total", flows.total, "Flows seen."),
    ONE(GAUGE, "flows_active", flows.active, "Flows in the table."),
    ONE(GAUGE, "flows_limit", flows.max, "Flows that the table has room for."),
    FIRST("flows_ended_total", "reason", "closed", flows.ended_closed, "Flows that have ended, by reason."),
    NEXT("flows_ended_total", "reason", "reset", flows.ended_reset),
    NEXT("flows_ended_total", "reason", "timeout", flows.ended[TW_END_TIMEOUT]),
    NEXT("flows_ended_total", "reason", "replaced", flows.ended[TW_END_REPLACED]),
    NEXT("flows_ended_total", "reason", "evicted", flows.ended[TW_END_EVICTED]),
    NEXT("flows_ended_total", "reason", "exit", flows.ended[TW_END_EXIT]),

    ONE(COUNTER, "segments_considered_total", window.considered, "TCP segments whose window was judged."),
    ONE(COUNTER, "low_segments_total", window.low_segments, "TCP segments with a window below the threshold."),
    ONE(COUNTER, "zero_segments_total", window.zero_segments, "TCP segments with a window of zero."),
    ONE(COUNTER, "window_full_total", window.window_full, "TCP segments that fill the receiver's window."),
    ONE(COUNTER, "episodes_total", window.episodes, "Times that a receiver's window fell below the threshold."),
    ONE(COUNTER, "alarms_total", alarms.total, "Alarms raised."),
    ONE(COUNTER, "alarms_suppressed_total", alarms.suppressed, "Alarms held back by detect.cooldown."),
    ONE(COUNTER, "alarmed_flows_total", alarms.flows, "Flows that have raised an alarm."),

    ONE(GAUGE, "ring_size_bytes", ring.size, "Memory for recent packets."),
    ONE(GAUGE, "ring_used_bytes", ring.used, "Memory that recent packets occupy."),
    ONE(GAUGE, "ring_packets", ring.packets, "Recent packets in memory."),
    ONE(SECONDS, "ring_span_seconds", ring.span, "How far the recent packets reach back."),
    ONE(GAUGE, "handshakes_kept", ring.handshakes_kept, "Handshakes kept aside."),
    ONE(COUNTER, "handshakes_lost_total", ring.handshakes_lost, "Handshakes that found no room."),

    ONE(COUNTER, "extracted_packets_total", extract.packets, "Packets written to pcap files."),
    ONE(COUNTER, "extracted_bytes_total", extract.bytes, "Captured bytes of packets written to pcap files."),
    ONE(COUNTER, "extracted_flows_total", extract.flows, "Flows whose packets were extracted."),
    ONE(COUNTER, "extractions_skipped_total", extract.skipped, "Extractions not begun because of extract.max_rate."),
    FIRST("extract_lost_packets_total", "reason", "overrun", extract.lost[TW_LOST_OVERRUN],
          "Packets that should have been written and were not, by reason."),
    NEXT("extract_lost_packets_total", "reason", "queue", extract.lost[TW_LOST_QUEUE]),
    NEXT("extract_lost_packets_total", "reason", "write", extract.lost[TW_LOST_WRITE]),
    ONE(COUNTER, "write_errors_total", extract.write_errors, "Times that writing began to fail."),
    FIRST("lost_lines_total", "log", "alarms", output.lost_alarms, "Lines that could not be written, by log."),
    NEXT("lost_lines_total", "log", "flows", output.lost_flows),
    NEXT("lost_lines_total", "log", "journal", output.lost_log),
    FIRST("removed_files_total", "reason", "files", output.removed_files, "Finished files removed, by limit."),
    NEXT("removed_files_total", "reason", "bytes", output.removed_bytes),
    NEXT("removed_files_total", "reason", "age", output.removed_age),
    NEXT("removed_files_total", "reason", "free", output.removed_free),

    ONE(GAUGE, "resident_memory_bytes", memory.rss, "Memory of the process."),
    ONE(GAUGE, "flow_table_bytes", memory.flow_table, "Memory of the flow table."),
};
/* clang-format on */

static void put_head(struct tw_text *out, const char *name, const char *type, const char *help) {
    tw_text_str(out, "# HELP ");
    tw_text_str(out, name);
    tw_text_char(out, ' ');
    tw_text_str(out, help);
    tw_text_str(out, "\n# TYPE ");
    tw_text_str(out, name);
    tw_text_char(out, ' ');
    tw_text_str(out, type);
    tw_text_char(out, '\n');
}

/* A label's value: the format knows three escapes; other controls, and what is not UTF-8, do not belong there. */
static void put_value(struct tw_text *out, const char *s) {
    for (unsigned len; *s; s += len) {
        uint32_t code;
        len = tw_text_decode(s, &code);
        if (code == '"' || code == '\\') {
            tw_text_char(out, '\\');
        }
        if (code < 0x20 || code == TW_TEXT_INVALID) {
            tw_text_char(out, '?');
        } else {
            tw_text_bytes(out, s, len);
        }
    }
}

static void put_label(struct tw_text *out, const char *label, const char *value) {
    tw_text_char(out, ',');
    tw_text_str(out, label);
    tw_text_str(out, "=\"");
    put_value(out, value);
    tw_text_char(out, '"');
}

static void put_labels(struct tw_text *out, const char *name, const struct tw_report *report, const char *sensor) {
    tw_text_str(out, name);
    tw_text_str(out, "{sensor=\"");
    put_value(out, sensor);
    tw_text_char(out, '"');
    put_label(out, "interface", report->source.name ? report->source.name : "");
}

static void put_sample(struct tw_text *out, const struct sample *sample, const struct tw_report *report,
                       const char *sensor) {
    const char *at = (const char *)report + sample->offset;
    uint64_t number;
    if (sample->help) {
        put_head(out, sample->name, sample->kind == COUNTER ? "counter" : "gauge", sample->help);
    }
    put_labels(out, sample->name, report, sensor);
    if (sample->label) {
        put_label(out, sample->label, sample->value);
    }
    tw_text_str(out, "} ");
    memcpy(&number, at, sizeof(number));
    if (sample->kind == SECONDS) {
        tw_text_seconds(out, (tw_time)number);
    } else {
        tw_text_u64(out, number);
    }
    tw_text_char(out, '\n');
}

void metrics_text(struct tw_text *out, const struct tw_report *report, const char *sensor) {
    put_head(out, "tcpwind_build_info", "gauge", "The version; the value is always 1.");
    put_labels(out, "tcpwind_build_info", report, sensor);
    put_label(out, "version", report->version ? report->version : "");
    tw_text_str(out, "} 1\n");
    put_head(out, "tcpwind_uptime_seconds", "gauge", "Seconds since the process has started.");
    put_labels(out, "tcpwind_uptime_seconds", report, sensor);
    tw_text_str(out, "} ");
    tw_text_seconds(out, (tw_time)(report->uptime * (double)TW_SECOND));
    tw_text_char(out, '\n');
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        put_sample(out, &samples[i], report, sensor);
    }
}
