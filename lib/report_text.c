/* SPDX-License-Identifier: MIT */
/*
 * report_text.c — the report for people; its JSON is in report.c.
 *
 * Sections of rows in four columns: what, how many, the share of a whole, and the same in a human size. A row that would
 * say 0 where 0 is what one expects is left out. What needs attention comes behind the numbers, the files last.
 */
#include "report.h"

#include "human.h"

#include <string.h>

enum { NUMBER_END = 58, SHARE_END = 69, HUMAN_BEGIN = 72, NAME_BEGIN = 82, WIDTH = 100, VALUE_BEGIN = 26 };

enum unit { PLAIN, COUNT, BYTES, MEMORY };

/* One row of a section. */
struct row {
    const char *label;
    uint64_t value, whole; /* whole 0: no share */
    enum unit unit;
    bool always; /* also when the value is 0 */
};

static void pad(struct tw_text *out, size_t line, size_t column) {
    static const char spaces[] = "                                                                ";
    size_t at = out->len - line;
    if (at < column)
        tw_text_bytes(out, spaces, column - at < sizeof(spaces) ? column - at : sizeof(spaces) - 1);
}

/* Move what was written since `from` to the right, so that it ends at `column`. */
static void align_right(struct tw_text *out, size_t line, size_t from, size_t column) {
    size_t len = out->len - from, end = line + column;
    if (out->failed || out->len >= end)
        return;
    pad(out, line, column);
    if (out->failed)
        return;
    memmove(out->data + end - len, out->data + from, len);
    memset(out->data + from, ' ', end - len - from);
}

static void put_human(struct tw_text *out, size_t line, uint64_t value, enum unit unit) {
    if (unit == PLAIN || value < 1000)
        return;
    pad(out, line, HUMAN_BEGIN);
    if (unit == COUNT)
        tw_human_count(out, value);
    else if (unit == BYTES)
        tw_human_bytes(out, value);
    else
        tw_human_memory(out, value);
}

/* What follows the label of a line that began at `line`; who calls ends it. */
static void put_numbers(struct tw_text *out, size_t line, uint64_t value, uint64_t whole, enum unit unit) {
    size_t from = out->len;
    tw_text_u64(out, value);
    align_right(out, line, from, NUMBER_END);
    from = out->len;
    if (whole > 0) {
        tw_text_str(out, "  ");
        tw_human_percent(out, value, whole);
        align_right(out, line, from, SHARE_END);
    }
    put_human(out, line, value, unit);
}

static void put_rows(struct tw_text *out, const struct row *rows, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (rows[i].value == 0 && !rows[i].always)
            continue;
        size_t line = out->len;
        tw_text_str(out, "  ");
        tw_text_str(out, rows[i].label);
        tw_text_char(out, ' ');
        put_numbers(out, line, rows[i].value, rows[i].whole, rows[i].unit);
        tw_text_char(out, '\n');
    }
}

#define PUT_ROWS(out, rows) put_rows((out), (rows), sizeof(rows) / sizeof((rows)[0]))

static void put_heading(struct tw_text *out, const char *heading) {
    tw_text_char(out, '\n');
    tw_text_str(out, heading);
    tw_text_char(out, '\n');
}

/* A label whose value is text; who calls writes that and the newline. */
static void put_label(struct tw_text *out, const char *label) {
    size_t line = out->len;
    tw_text_str(out, "  ");
    tw_text_str(out, label);
    pad(out, line, VALUE_BEGIN);
}

static void put_moment(struct tw_text *out, const char *label, tw_time t) {
    put_label(out, label);
    tw_text_rfc3339(out, t);
    tw_text_str(out, "  (");
    tw_text_seconds(out, t);
    tw_text_str(out, ")\n");
}

static void put_period(struct tw_text *out, const char *label, tw_time period) {
    put_label(out, label);
    tw_text_seconds(out, period);
    tw_text_str(out, " s");
    if (period >= 60 * TW_SECOND) {
        tw_text_str(out, "  (");
        tw_human_duration(out, period);
        tw_text_char(out, ')');
    }
    tw_text_char(out, '\n');
}

static void put_load(struct tw_text *out, const struct tw_report *report) {
    put_label(out, "Average load");
    tw_human_rate(out, 8 * report->packets.wire_bytes, report->time.duration, "bit/s");
    tw_text_str(out, ", ");
    tw_human_rate(out, report->packets.total, report->time.duration, "packets/s");
    tw_text_str(out, ", ");
    tw_human_rate(out, report->flows.total, report->time.duration, "flows/s");
    tw_text_char(out, '\n');
}

static void put_title(struct tw_text *out, const struct tw_report *report) {
    tw_text_str(out, "tcpwind ");
    tw_text_str(out, report->version);
    tw_text_str(out, report->complete              ? " - final report\n"
                     : report->source.is_interface ? " - report while running\n"
                                                   : " - report of a part of the input\n");
}

static void put_times(struct tw_text *out, const struct tw_report *report) {
    if (!report->time.seen) {
        put_label(out, "Packets");
        tw_text_str(out, "none seen\n");
        return;
    }
    put_moment(out, "First packet", report->time.first);
    put_moment(out, "Last packet", report->time.last);
    put_period(out, "Duration", report->time.duration);
    if (report->time.duration > 0)
        put_load(out, report);
}

/* The clock of who runs us: for how long an interface was watched, or how fast a file was read. */
static void put_elapsed(struct tw_text *out, const struct tw_report *report) {
    const struct row size[] = {
        {"File size", report->source.size, 0, BYTES, false},
        {"of which was read", report->source.processed, report->source.size, BYTES, false},
    };
    PUT_ROWS(out, size);
    if (!(report->uptime > 0 && report->uptime < 9e9))
        return;
    tw_time elapsed = (tw_time)(report->uptime * 1e3) * TW_MS;
    put_period(out, report->source.is_interface ? "Looking for" : "Time taken", elapsed);
    if (!report->source.is_interface && elapsed > 0) {
        put_label(out, "Speed");
        tw_human_rate(out, report->packets.total, elapsed, "packets/s");
        tw_text_str(out, ", ");
        tw_human_rate(out, 8 * report->packets.captured_bytes, elapsed, "bit/s");
        tw_text_char(out, '\n');
    }
}

static void put_source(struct tw_text *out, const struct tw_report *report) {
    put_heading(out, "Source");
    put_label(out, report->source.is_interface ? "Interface" : "Capture file");
    tw_text_visible(out, report->source.name);
    tw_text_char(out, '\n');
    put_label(out, "Link type");
    tw_text_str(out, report->source.link_type != NULL ? report->source.link_type : "not known yet");
    tw_text_char(out, '\n');
    put_label(out, "Snapshot length");
    tw_text_u64(out, report->source.snaplen);
    tw_text_str(out, " bytes\n");
    put_elapsed(out, report);
    put_times(out, report);
}

/* A quotient with two decimals; the divisor is above 0. */
static void put_quotient(struct tw_text *out, uint64_t dividend, uint64_t divisor) {
    uint64_t hundredths = dividend % divisor * 100 / divisor;
    tw_text_u64(out, dividend / divisor);
    tw_text_char(out, '.');
    tw_text_char(out, (char)('0' + hundredths / 10 % 10));
    tw_text_char(out, (char)('0' + hundredths % 10));
}

static void put_packets(struct tw_text *out, const struct tw_packet_counters *p) {
    const struct row rows[] = {
        {"Packets", p->total, 0, COUNT, true},
        {"Bytes captured", p->captured_bytes, p->wire_bytes, BYTES, true},
        {"Bytes on the wire", p->wire_bytes, 0, BYTES, true},
        {"A packets (from the initiators)", p->side[TW_A], p->total, COUNT, true},
        {"A bytes", p->side_bytes[TW_A], p->wire_bytes, BYTES, true},
        {"B packets (from the responders)", p->side[TW_B], p->total, COUNT, true},
        {"B bytes", p->side_bytes[TW_B], p->wire_bytes, BYTES, true},
        {"IPv4", p->ipv4, p->total, COUNT, false},
        {"IPv6", p->ipv6, p->total, COUNT, false},
        {"Not IP", p->non_ip, p->total, COUNT, false},
        {"TCP", p->tcp, p->total, COUNT, true},
        {"TCP bytes", p->tcp_bytes, p->wire_bytes, BYTES, true},
        {"UDP", p->udp, p->total, COUNT, false},
        {"ICMP", p->icmp, p->total, COUNT, false},
        {"SCTP", p->sctp, p->total, COUNT, false},
        {"Other protocols", p->other, p->total, COUNT, false},
        {"Fragments", p->fragments, p->total, COUNT, false},
        {"Headers cut by the capture", p->cut_short, p->total, COUNT, false},
        {"Malformed", p->malformed, p->total, COUNT, false},
        {"Nested too deep", p->too_deep, p->total, COUNT, false},
    };
    put_heading(out, "Packets");
    PUT_ROWS(out, rows);
}

static void put_headers(struct tw_text *out, const struct tw_depths *headers) {
    if (headers->packets == 0)
        return;
    put_label(out, "Headers per packet");
    tw_text_u64(out, headers->min);
    tw_text_str(out, " to ");
    tw_text_u64(out, headers->max);
    tw_text_str(out, ", average ");
    put_quotient(out, headers->headers, headers->packets);
    tw_text_char(out, '\n');
}

static void put_capture(struct tw_text *out, const struct tw_report *report) {
    uint64_t lost = report->capture.dropped_kernel + report->capture.dropped_interface;
    uint64_t offered = report->capture.received + lost;
    const struct row rows[] = {
        {"Received from the kernel", report->capture.received, offered, COUNT, true},
        {"Dropped by the kernel", report->capture.dropped_kernel, offered, COUNT, true},
        {"Dropped by the interface", report->capture.dropped_interface, offered, COUNT, true},
    };
    if (!report->source.is_interface)
        return;
    put_heading(out, "Capture");
    PUT_ROWS(out, rows);
}

/* How long flows are, and how much more one way carries than the other: (A - B) / (A + B). */
static void put_balance(struct tw_text *out, const struct tw_report *report) {
    uint64_t a = report->packets.side[TW_A], b = report->packets.side[TW_B];
    if (report->flows.total == 0)
        return;
    put_label(out, "Packets per flow");
    put_quotient(out, a + b, report->flows.total);
    tw_text_str(out, "\n");
    put_label(out, "Asymmetry of packets");
    tw_text_str(out, a < b ? "-" : "");
    tw_text_ratio(out, a < b ? b - a : a - b, a + b);
    tw_text_str(out, "\n");
}

static void put_hex(struct tw_text *out, const char *label, uint64_t bits, unsigned digits) {
    put_label(out, label);
    tw_text_str(out, "0x");
    tw_text_hex(out, bits, digits);
    tw_text_char(out, '\n');
}

/* What any flow has shown, as `tcpwindctl decode` takes it apart. */
static void put_bits(struct tw_text *out, const struct tw_seen_bits *bits) {
    if (bits->flow_stat == 0)
        return;
    put_hex(out, "flowStat of all", bits->flow_stat, 16);
    put_hex(out, "tcpStatesAFlags of all", bits->tcp_states, 2);
    put_hex(out, "tcpWinStat of all", bits->win_stat, 2);
}

static void put_flows(struct tw_text *out, const struct tw_report *report) {
    uint64_t total = report->flows.total, max = report->flows.max;
    uint64_t both = report->flows.side[TW_A] + report->flows.side[TW_B];
    const struct row rows[] = {
        {"Flows", total, 0, COUNT, true},
        {"in which A has sent", report->flows.side[TW_A], total, COUNT, true},
        {"in which B has sent", report->flows.side[TW_B], total, COUNT, true},
        {"answered (both have sent)", both > total ? both - total : 0, total, COUNT, true},
        {"Most at once (of flow.max)", report->flows.peak, max, COUNT, true},
        {"Still active", report->flows.active, total, COUNT, false},
        {"Ended closed (FIN by both)", report->flows.ended_closed, total, COUNT, false},
        {"Ended by reset (RST)", report->flows.ended_reset, total, COUNT, false},
        {"Ended by silence", report->flows.ended[TW_END_TIMEOUT], total, COUNT, false},
        {"Replaced by a new connection", report->flows.ended[TW_END_REPLACED], total, COUNT, false},
        {"Evicted, the table was full", report->flows.ended[TW_END_EVICTED], total, COUNT, false},
        {"Open at the end of the capture", report->flows.ended[TW_END_EXIT], total, COUNT, false},
        {"One-sided (of TCP with payload)", report->flows.one_sided, report->flows.with_payload, COUNT, false},
        {"Stray RST and FIN segments", report->flows.stray, report->packets.tcp, COUNT, false},
    };
    put_heading(out, "Flows");
    PUT_ROWS(out, rows);
    put_balance(out, report);
    put_bits(out, &report->bits);
}

static void put_window(struct tw_text *out, const struct tw_report *report) {
    uint64_t considered = report->window.considered;
    const struct row rows[] = {
        {"Threshold (a window below it is low)", report->window.threshold, 0, PLAIN, true},
        {"Segments considered", considered, report->packets.tcp, COUNT, true},
        {"Low windows", report->window.low_segments, considered, COUNT, true},
        {"Zero windows", report->window.zero_segments, considered, COUNT, true},
        {"Window-full segments", report->window.window_full, report->packets.tcp, COUNT, false},
        {"Episodes", report->window.episodes, 0, COUNT, true},
        {"Flows with unknown window scale", report->window.unknown_scale_flows, report->flows.total, COUNT, false},
        {"Alarms", report->alarms.total, report->window.episodes, COUNT, true},
        {"Alarms suppressed (detect.cooldown)", report->alarms.suppressed, report->window.episodes, COUNT, false},
        {"Flows with alarms", report->alarms.flows, report->flows.total, COUNT, false},
        {"Directions with alarms", report->alarms.directions, report->flows.side[TW_A] + report->flows.side[TW_B],
         COUNT, false},
    };
    put_heading(out, "Windows");
    PUT_ROWS(out, rows);
}

/* As much of a name as there is room for, behind what the line has. */
static void put_name(struct tw_text *out, size_t line, const char *name) {
    for (size_t column = out->len - line; *name && column < WIDTH; column++) {
        uint32_t code;
        unsigned len = tw_text_decode(name, &code);
        bool is_plain = tw_text_is_plain(code);
        tw_text_bytes(out, is_plain ? name : "?", is_plain ? len : 1);
        name += len;
    }
}

/* The line of a host is a row whose label is its address; country and organisation stand behind it. */
static void put_host(struct tw_text *out, const struct tw_report *report, const struct tw_report_host *host,
                     uint64_t value, uint64_t whole, enum unit unit) {
    struct tw_label label;
    size_t line = out->len;
    tw_label_find(report->labeller, host->ip_version, &host->addr, &label);
    tw_text_str(out, "  ");
    tw_text_addr(out, host->ip_version, &host->addr);
    tw_text_char(out, ' ');
    put_numbers(out, line, value, whole, unit);
    if (label.country[0] || label.organisation[0])
        pad(out, line, NAME_BEGIN);
    put_name(out, line, label.country);
    if (label.country[0] && label.organisation[0])
        tw_text_char(out, ' ');
    put_name(out, line, label.organisation);
    while (out->len > line && out->data[out->len - 1] == ' ') /* where a name was cut */
        out->len--;
    tw_text_char(out, '\n');
}

static void put_top(struct tw_text *out, const struct tw_report *report) {
    if (report->top.n_packets > 0)
        put_heading(out, "Hosts that sent the most packets");
    for (size_t i = 0; i < report->top.n_packets; i++)
        put_host(out, report, &report->top.packets[i], report->top.packets[i].packets, report->packets.total, COUNT);
    if (report->top.n_bytes > 0)
        put_heading(out, "Hosts that sent the most bytes");
    for (size_t i = 0; i < report->top.n_bytes; i++)
        put_host(out, report, &report->top.bytes[i], report->top.bytes[i].bytes, report->packets.wire_bytes, BYTES);
    if (report->top.n_low_ratio > 0)
        put_heading(out, "Hosts with the largest share of low windows in what they sent (packets)");
    for (size_t i = 0; i < report->top.n_low_ratio; i++)
        put_host(out, report, &report->top.low_ratio[i], report->top.low_ratio[i].low_segments,
                 report->top.low_ratio[i].packets, COUNT);
}

static uint64_t lost_packets(const struct tw_report *report) {
    return report->extract.lost[TW_LOST_OVERRUN] + report->extract.lost[TW_LOST_QUEUE] +
           report->extract.lost[TW_LOST_WRITE];
}

static void put_extract(struct tw_text *out, const struct tw_report *report) {
    uint64_t wanted = report->extract.packets + lost_packets(report);
    const struct row rows[] = {
        {"Packets written", report->extract.packets, report->packets.total, COUNT, true},
        {"Bytes written", report->extract.bytes, report->packets.captured_bytes, BYTES, true},
        {"Flows extracted", report->extract.flows, report->flows.total, COUNT, true},
        {"Flows skipped (extract.max_rate)", report->extract.skipped, report->flows.total, COUNT, false},
        {"Lost: had left the ring", report->extract.lost[TW_LOST_OVERRUN], wanted, COUNT, false},
        {"Lost: no place in the queue", report->extract.lost[TW_LOST_QUEUE], wanted, COUNT, false},
        {"Lost: not written to disk", report->extract.lost[TW_LOST_WRITE], wanted, COUNT, false},
        {"Files", report->extract.n_files, 0, PLAIN, false},
        {"Files removed (pcap.keep_files)", report->output.removed_files, 0, PLAIN, false},
        {"Files removed (pcap.keep_bytes)", report->output.removed_bytes, 0, PLAIN, false},
        {"Files removed (pcap.keep_age)", report->output.removed_age, 0, PLAIN, false},
        {"Files removed (pcap.min_free)", report->output.removed_free, 0, PLAIN, false},
    };
    put_heading(out, "Extraction");
    PUT_ROWS(out, rows);
}

static void put_memory(struct tw_text *out, const struct tw_report *report) {
    const struct row rows[] = {
        {"Ring size", report->ring.size, 0, MEMORY, true},
        {"Ring used", report->ring.used, report->ring.size, MEMORY, true},
        {"Packets in the ring", report->ring.packets, report->packets.total, COUNT, true},
        {"Handshakes kept aside", report->ring.handshakes_kept, 0, COUNT, false},
        {"Flow table", report->memory.flow_table, 0, MEMORY, true},
        {"Resident memory", report->memory.rss, 0, MEMORY, true},
    };
    put_heading(out, "Ring and memory");
    put_period(out, "Reach of \"before\"", report->ring.span);
    PUT_ROWS(out, rows);
}

/* A line that needs attention, with a share where there is a whole, and advice. Nothing when the count is 0. */
static void put_warning(struct tw_text *out, uint64_t count, uint64_t whole, const char *what, const char *advice) {
    if (count == 0)
        return;
    tw_text_str(out, "Warning: ");
    tw_text_u64(out, count);
    tw_text_str(out, what);
    if (whole > 0) {
        tw_text_str(out, " [");
        tw_human_percent(out, count, whole);
        tw_text_char(out, ']');
    }
    tw_text_str(out, advice);
    tw_text_char(out, '\n');
}

static void put_alarms(struct tw_text *out, const struct tw_report *report) {
    if (report->alarms.total == 0) {
        tw_text_str(out, "No alarms\n");
        return;
    }
    tw_text_str(out, "Warning: ");
    tw_text_u64(out, report->alarms.total);
    tw_text_str(out, " alarms in ");
    tw_text_u64(out, report->alarms.flows);
    tw_text_str(out, " flows [");
    tw_human_percent(out, report->alarms.flows, report->flows.total);
    tw_text_str(out, "]\n");
}

static void put_one_sided(struct tw_text *out, const struct tw_report *report) {
    if (report->flows.one_sided <= report->flows.with_payload / 2)
        return;
    put_warning(out, report->flows.one_sided, report->flows.with_payload, " TCP flows with payload are one-sided", "");
    tw_text_str(out, "         Both ways of a connection may carry different tags: see flow.vlan, flow.interface,\n"
                     "         flow.tunnel; or only one way passes here (asymmetric capture).\n");
}

static void put_warnings(struct tw_text *out, const struct tw_report *report) {
    uint64_t received = report->capture.received + report->capture.dropped_kernel + report->capture.dropped_interface;
    tw_text_char(out, '\n');
    put_one_sided(out, report);
    if (!report->complete && !report->source.is_interface)
        tw_text_str(out, "Warning: not all of the input was analysed\n");
    if (report->source.truncated)
        tw_text_str(out, "Warning: the capture file breaks off; it was analysed up to there\n");
    if (report->source.is_interface && strcmp(report->source.name, "any") == 0)
        tw_text_str(out, "Note: any: not promiscuous; a mirror port needs capture.interface\n");
    put_warning(out, report->capture.dropped_kernel, received, " packets dropped by the kernel",
                ": raise capture.buffer");
    put_warning(out, report->capture.dropped_interface, received, " packets dropped by the interface", "");
    put_warning(out, report->flows.ended[TW_END_EVICTED], report->flows.total, " flows evicted", ": raise flow.max");
    put_warning(out, lost_packets(report), report->extract.packets + lost_packets(report),
                " packets to be extracted are missing", "");
    put_warning(out, report->extract.write_errors, 0, " errors when writing files", "");
    put_warning(out, report->ring.handshakes_lost, 0, " handshakes lost", ": raise ring.handshakes");
    put_warning(out, report->output.lost_alarms, 0, " lines of the alarm log lost", "");
    put_warning(out, report->output.lost_flows, 0, " lines of the flow table lost", "");
    put_warning(out, report->output.lost_log, 0, " log messages lost", "");
    put_alarms(out, report);
}

static void put_names(struct tw_text *out, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++) {
        tw_text_str(out, "  ");
        tw_text_visible(out, names[i]);
        tw_text_char(out, '\n');
    }
}

void tw_report_text(struct tw_text *out, const struct tw_report *report) {
    put_title(out, report);
    put_source(out, report);
    put_packets(out, &report->packets);
    put_headers(out, &report->headers);
    put_capture(out, report);
    put_flows(out, report);
    put_window(out, report);
    put_top(out, report);
    put_extract(out, report);
    put_memory(out, report);
    put_warnings(out, report);
    if (report->extract.n_files + report->n_written == 0)
        return;
    put_heading(out, "Files written");
    put_names(out, report->extract.files, report->extract.n_files);
    put_names(out, report->written, report->n_written);
}
