/* SPDX-License-Identifier: MIT */
/*
 * report_text.c — the report for people; its JSON is in report.c.
 *
 * Sections of rows in four columns: what, how many, the share of a whole, and the same in a human size. A row that would
 * say 0 where 0 is what one expects is left out. What needs attention comes behind the numbers, the files last.
 */
#include "report.h"

#include "human.h"
#include "sheet.h"

#include <string.h>

static void put_rate(struct tw_text *out, const char *label, uint64_t count, tw_time duration, const char *unit) {
    tw_sheet_label(out, label);
    tw_human_rate(out, count, duration, unit);
}

static void put_rates(struct tw_text *out, const struct tw_report *report) {
    const struct tw_packet_counters *packets = &report->packets;
    tw_time duration = report->time.duration;
    put_rate(out, "Average load", 8 * packets->wire_bytes, duration, "bit/s");
    tw_text_str(out, ", ");
    tw_human_rate(out, packets->total, duration, "packets/s");
    tw_text_str(out, " (A ");
    tw_human_rate(out, packets->side[TW_A], duration, "");
    tw_text_str(out, ", B ");
    tw_human_rate(out, packets->side[TW_B], duration, "");
    tw_text_str(out, ")\n");
    if (packets->captured_bytes != packets->wire_bytes) {
        put_rate(out, "Load as captured", 8 * packets->captured_bytes, duration, "bit/s\n");
    }
    put_rate(out, "New flows", report->flows.total, duration, "flows/s\n");
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
        tw_sheet_label(out, "Packets");
        tw_text_str(out, "none seen\n");
        return;
    }
    tw_sheet_moment(out, "First packet", report->time.first);
    tw_sheet_moment(out, "Last packet", report->time.last);
    tw_sheet_period(out, "Duration", report->time.duration);
    if (report->time.duration > 0)
        put_rates(out, report);
}

/* The clock of who runs us: for how long an interface was watched, or how fast a file was read. */
static void put_elapsed(struct tw_text *out, const struct tw_report *report) {
    const struct tw_sheet_row size[] = {
        {"File size", report->source.size, 0, TW_SHEET_BYTES, false},
        {"of which was read", report->source.processed, report->source.size, TW_SHEET_BYTES, false},
    };
    TW_SHEET_ROWS(out, size);
    if (!(report->uptime > 0 && report->uptime < 9e9))
        return;
    tw_time elapsed = (tw_time)(report->uptime * 1e3) * TW_MS;
    tw_sheet_label(out, report->source.is_interface ? "Looking for" : "Time taken");
    tw_human_duration(out, elapsed);
    tw_text_char(out, '\n');
    if (!report->source.is_interface && elapsed > 0) {
        tw_sheet_label(out, "Speed");
        tw_human_rate(out, report->packets.total, elapsed, "packets/s");
        tw_text_str(out, ", ");
        tw_human_rate(out, 8 * report->packets.captured_bytes, elapsed, "bit/s");
        tw_text_char(out, '\n');
    }
}

static void put_name(struct tw_text *out, const struct tw_report *report) {
    bool is_stdin = !report->source.is_interface && strcmp(report->source.name, "-") == 0;
    tw_sheet_label(out, report->source.is_interface ? "Interface" : "Capture file");
    tw_text_visible(out, is_stdin ? "standard input" : report->source.name);
    if (report->source.n_files > 1) {
        tw_text_str(out, " and ");
        tw_text_u64(out, report->source.n_files - 1);
        tw_text_str(out, " more");
    }
    tw_text_char(out, '\n');
}

static void put_source(struct tw_text *out, const struct tw_report *report) {
    tw_sheet_heading(out, "Source");
    put_name(out, report);
    tw_sheet_label(out, "Link type");
    tw_text_str(out, report->source.link_type != NULL ? report->source.link_type : "not known yet");
    tw_text_char(out, '\n');
    tw_sheet_label(out, "Snapshot length");
    tw_text_u64(out, report->source.snaplen);
    tw_text_str(out, " bytes\n");
    if (report->source.filter != NULL && report->source.filter[0] != '\0') {
        tw_sheet_label(out, "Filter");
        tw_text_visible(out, report->source.filter);
        tw_text_char(out, '\n');
    }
    put_elapsed(out, report);
    put_times(out, report);
}

/* What is not IP, by type. */
static void put_ethertypes(struct tw_text *out, const struct tw_report *report) {
    const struct tw_ethertypes *types = &report->ethertypes;
    const struct tw_sheet_row others = {"  others", types->others, report->packets.total, TW_SHEET_COUNT, false};
    for (uint32_t i = 0; i < types->n; i++) {
        const char *name = tw_ethertypes_name(types->type[i].type);
        struct tw_sheet_row row = {NULL, types->type[i].packets, report->packets.total, TW_SHEET_COUNT, true};
        size_t line = out->len;
        tw_text_str(out, "    ");
        tw_text_str(out, name != NULL ? name : "EtherType");
        if (types->type[i].type != 0) {
            tw_text_str(out, " 0x");
            tw_text_hex(out, types->type[i].type, 4);
        }
        tw_text_char(out, ' ');
        tw_sheet_numbers(out, line, &row);
        tw_text_char(out, '\n');
    }
    tw_sheet_rows(out, &others, 1);
}

/* "941.87 (A 58.73, B 1432.89)": of all, and of each side. */
static void put_averages(struct tw_text *out, const char *label, uint64_t total, uint64_t whole,
                         const uint64_t side[TW_SIDE_COUNT], const uint64_t side_whole[TW_SIDE_COUNT]) {
    tw_sheet_label(out, label);
    tw_human_quotient(out, total, whole);
    tw_text_str(out, " (A ");
    tw_human_quotient(out, side[TW_A], side_whole[TW_A]);
    tw_text_str(out, ", B ");
    tw_human_quotient(out, side[TW_B], side_whole[TW_B]);
    tw_text_str(out, ")\n");
}

static void put_headers(struct tw_text *out, const struct tw_depths *depths) {
    struct tw_depths_sum sum = tw_depths_sum(depths);
    if (sum.packets == 0)
        return;
    tw_sheet_label(out, "Headers per packet");
    tw_text_u64(out, sum.min);
    tw_text_str(out, " to ");
    tw_text_u64(out, sum.max);
    tw_text_str(out, ", average ");
    tw_human_quotient(out, sum.headers, sum.packets);
    tw_text_char(out, '\n');
}

static void put_packets(struct tw_text *out, const struct tw_report *report) {
    const struct tw_packet_counters *p = &report->packets;
    const struct tw_sheet_row rows[] = {
        {"Packets", p->total, 0, TW_SHEET_COUNT, true},
        {"Bytes captured", p->captured_bytes, p->wire_bytes, TW_SHEET_BYTES, true},
        {"Bytes on the wire", p->wire_bytes, 0, TW_SHEET_BYTES, true},
        {"A packets (from the initiators)", p->side[TW_A], p->total, TW_SHEET_COUNT, true},
        {"A bytes", p->side_bytes[TW_A], p->wire_bytes, TW_SHEET_BYTES, true},
        {"B packets (from the responders)", p->side[TW_B], p->total, TW_SHEET_COUNT, true},
        {"B bytes", p->side_bytes[TW_B], p->wire_bytes, TW_SHEET_BYTES, true},
        {"IPv4", p->ipv4, p->total, TW_SHEET_COUNT, false},
        {"IPv6", p->ipv6, p->total, TW_SHEET_COUNT, false},
        {"TCP", p->tcp, p->total, TW_SHEET_COUNT, true},
        {"TCP bytes", p->tcp_bytes, p->wire_bytes, TW_SHEET_BYTES, true},
        {"UDP", p->udp, p->total, TW_SHEET_COUNT, false},
        {"ICMP", p->icmp, p->total, TW_SHEET_COUNT, false},
        {"SCTP", p->sctp, p->total, TW_SHEET_COUNT, false},
        {"Other protocols", p->other, p->total, TW_SHEET_COUNT, false},
        {"Fragments", p->fragments, p->total, TW_SHEET_COUNT, false},
        {"Headers cut by the capture", p->cut_short, p->total, TW_SHEET_COUNT, false},
        {"Malformed", p->malformed, p->total, TW_SHEET_COUNT, false},
        {"Nested too deep", p->too_deep, p->total, TW_SHEET_COUNT, false},
        {"Not IP", p->non_ip, p->total, TW_SHEET_COUNT, false},
    };
    tw_sheet_heading(out, "Packets");
    TW_SHEET_ROWS(out, rows);
    put_ethertypes(out, report);
    if (p->total > 0)
        put_averages(out, "Bytes per packet", p->wire_bytes, p->total, p->side_bytes, p->side);
    put_headers(out, &report->headers);
}

static void put_capture(struct tw_text *out, const struct tw_report *report) {
    uint64_t lost = report->capture.dropped_kernel + report->capture.dropped_interface;
    uint64_t offered = report->capture.received + lost;
    const struct tw_sheet_row rows[] = {
        {"Received from the kernel", report->capture.received, offered, TW_SHEET_COUNT, true},
        {"Dropped by the kernel", report->capture.dropped_kernel, offered, TW_SHEET_COUNT, true},
        {"Dropped by the interface", report->capture.dropped_interface, offered, TW_SHEET_COUNT, true},
    };
    if (!report->source.is_interface)
        return;
    tw_sheet_heading(out, "Capture");
    TW_SHEET_ROWS(out, rows);
}

/* How much more one way carries than the other: (A - B) / (A + B), of requests and replies likewise. */
static void put_asymmetry(struct tw_text *out, const struct tw_report *report) {
    struct tw_asymmetry asymmetry;
    tw_report_asymmetry(report, &asymmetry);
    const struct {
        const char *name;
        const struct tw_balance *balance;
    } parts[] = {{"flows ", &asymmetry.flows},
                 {", replies ", &asymmetry.replies},
                 {", packets ", &asymmetry.packets},
                 {", bytes ", &asymmetry.bytes}};
    tw_sheet_label(out, "Asymmetry (A-B)/(A+B)");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        tw_text_str(out, parts[i].name);
        tw_text_str(out, parts[i].balance->a < parts[i].balance->b ? "-" : "");
        tw_text_ratio(out, tw_report_distance(parts[i].balance), parts[i].balance->a + parts[i].balance->b);
    }
    tw_text_char(out, '\n');
}

/* What any flow has shown, as `tcpwindctl decode` takes it apart. */
static void put_bits(struct tw_text *out, const struct tw_seen_bits *bits) {
    tw_sheet_bits(out, "flowStat of all", "flowStat", bits->flow_stat);
    tw_sheet_bits(out, "tcpStatesAFlags of all", "tcpStatesAFlags", bits->tcp_states);
    tw_sheet_bits(out, "tcpWinStat of all", "tcpWinStat", bits->win_stat);
}

static void put_flows(struct tw_text *out, const struct tw_report *report) {
    uint64_t total = report->flows.total, max = report->flows.max;
    const struct tw_sheet_row rows[] = {
        {"Flows", total, 0, TW_SHEET_COUNT, true},
        {"IPv4 flows", report->flows.ipv4, total, TW_SHEET_COUNT, false},
        {"IPv6 flows", report->flows.ipv6, total, TW_SHEET_COUNT, false},
        {"A (requests: the initiator has sent)", report->flows.side[TW_A], total, TW_SHEET_COUNT, true},
        {"B (the responder has sent)", report->flows.side[TW_B], total, TW_SHEET_COUNT, true},
        {"Replies (both have sent)", tw_report_replies(report), total, TW_SHEET_COUNT, true},
        {"Most at once (of flow.max)", report->flows.peak, max, TW_SHEET_COUNT, true},
        {"Still active", report->flows.active, total, TW_SHEET_COUNT, false},
        {"Ended closed (FIN by both)", report->flows.ended_closed, total, TW_SHEET_COUNT, false},
        {"Ended by reset (RST)", report->flows.ended_reset, total, TW_SHEET_COUNT, false},
        {"Ended by silence", report->flows.ended[TW_END_TIMEOUT], total, TW_SHEET_COUNT, false},
        {"Replaced by a new connection", report->flows.ended[TW_END_REPLACED], total, TW_SHEET_COUNT, false},
        {"Evicted, the table was full", report->flows.ended[TW_END_EVICTED], total, TW_SHEET_COUNT, false},
        {"Open at the end of the capture", report->flows.ended[TW_END_EXIT], total, TW_SHEET_COUNT, false},
        {"One-sided (of TCP with payload)", report->flows.one_sided, report->flows.with_payload, TW_SHEET_COUNT, false},
        {"Stray RST and FIN segments", report->flows.stray, report->packets.tcp, TW_SHEET_COUNT, false},
    };
    tw_sheet_heading(out, "Flows");
    TW_SHEET_ROWS(out, rows);
    if (total == 0)
        return;
    put_averages(out, "Packets per flow", report->packets.side[TW_A] + report->packets.side[TW_B], total,
                 report->packets.side, report->flows.side);
    put_asymmetry(out, report);
    put_bits(out, &report->bits);
}

static void put_window(struct tw_text *out, const struct tw_report *report) {
    uint64_t considered = report->window.considered;
    const struct tw_sheet_row rows[] = {
        {"Threshold (a window below it is low)", report->window.threshold, 0, TW_SHEET_PLAIN, true},
        {"Segments considered", considered, report->packets.tcp, TW_SHEET_COUNT, true},
        {"Low windows", report->window.low_segments, considered, TW_SHEET_COUNT, true},
        {"Zero windows", report->window.zero_segments, considered, TW_SHEET_COUNT, true},
        {"Window-full segments", report->window.window_full, report->packets.tcp, TW_SHEET_COUNT, false},
        {"Episodes", report->window.episodes, 0, TW_SHEET_COUNT, true},
        {"Flows with unknown window scale", report->window.unknown_scale_flows, report->flows.total, TW_SHEET_COUNT,
         false},
        {"Alarms", report->alarms.total, report->window.episodes, TW_SHEET_COUNT, true},
        {"Alarms suppressed (detect.cooldown)", report->alarms.suppressed, report->window.episodes, TW_SHEET_COUNT,
         false},
        {"Flows with alarms", report->alarms.flows, report->flows.total, TW_SHEET_COUNT, false},
        {"Directions with alarms", report->alarms.directions, report->flows.side[TW_A] + report->flows.side[TW_B],
         TW_SHEET_COUNT, false},
    };
    tw_sheet_heading(out, "Windows");
    TW_SHEET_ROWS(out, rows);
}

/* The line of a host is a row whose label is its address; country and organisation stand behind it. */
static void put_host(struct tw_text *out, const struct tw_report *report, const struct tw_report_host *host,
                     uint64_t value, uint64_t whole, enum tw_sheet_unit unit) {
    struct tw_sheet_row row = {NULL, value, whole, unit, true};
    struct tw_label label;
    size_t line = out->len;
    tw_label_find(report->labeller, host->ip_version, &host->addr, &label);
    tw_text_str(out, "  ");
    tw_text_addr(out, host->ip_version, &host->addr);
    tw_text_char(out, ' ');
    tw_sheet_numbers(out, line, &row);
    if (label.country[0] || label.organisation[0])
        tw_sheet_name_column(out, line);
    tw_sheet_name(out, line, label.country);
    if (label.country[0] && label.organisation[0])
        tw_text_char(out, ' ');
    tw_sheet_name(out, line, label.organisation);
    while (out->len > line && out->data[out->len - 1] == ' ') /* where a name was cut */
        out->len--;
    tw_text_char(out, '\n');
}

static void put_top(struct tw_text *out, const struct tw_report *report) {
    if (report->top.n_packets > 0)
        tw_sheet_heading(out, "Hosts that sent the most packets");
    for (size_t i = 0; i < report->top.n_packets; i++)
        put_host(out, report, &report->top.packets[i], report->top.packets[i].packets, report->packets.total,
                 TW_SHEET_COUNT);
    if (report->top.n_bytes > 0)
        tw_sheet_heading(out, "Hosts that sent the most bytes");
    for (size_t i = 0; i < report->top.n_bytes; i++)
        put_host(out, report, &report->top.bytes[i], report->top.bytes[i].bytes, report->packets.wire_bytes,
                 TW_SHEET_BYTES);
    if (report->top.n_low_ratio > 0)
        tw_sheet_heading(out, "Hosts with the largest share of low windows in the packets that they sent");
    for (size_t i = 0; i < report->top.n_low_ratio; i++)
        put_host(out, report, &report->top.low_ratio[i], report->top.low_ratio[i].low_segments,
                 report->top.low_ratio[i].packets, TW_SHEET_OF);
}

static uint64_t lost_packets(const struct tw_report *report) {
    return report->extract.lost[TW_LOST_OVERRUN] + report->extract.lost[TW_LOST_QUEUE] +
           report->extract.lost[TW_LOST_WRITE];
}

static void put_extract(struct tw_text *out, const struct tw_report *report) {
    uint64_t wanted = report->extract.packets + lost_packets(report);
    const struct tw_sheet_row rows[] = {
        {"Packets written", report->extract.packets, report->packets.total, TW_SHEET_COUNT, true},
        {"Bytes written", report->extract.bytes, report->packets.captured_bytes, TW_SHEET_BYTES, true},
        {"Flows extracted", report->extract.flows, report->flows.total, TW_SHEET_COUNT, true},
        {"Flows skipped (extract.max_rate)", report->extract.skipped, report->flows.total, TW_SHEET_COUNT, false},
        {"Lost: had left the ring", report->extract.lost[TW_LOST_OVERRUN], wanted, TW_SHEET_COUNT, false},
        {"Lost: no place in the queue", report->extract.lost[TW_LOST_QUEUE], wanted, TW_SHEET_COUNT, false},
        {"Lost: not written", report->extract.lost[TW_LOST_WRITE], wanted, TW_SHEET_COUNT, false},
        {"Files", report->extract.n_files, 0, TW_SHEET_PLAIN, false},
        {"Files removed (pcap.keep_files)", report->output.removed_files, 0, TW_SHEET_PLAIN, false},
        {"Files removed (pcap.keep_bytes)", report->output.removed_bytes, 0, TW_SHEET_PLAIN, false},
        {"Files removed (pcap.keep_age)", report->output.removed_age, 0, TW_SHEET_PLAIN, false},
        {"Files removed (pcap.min_free)", report->output.removed_free, 0, TW_SHEET_PLAIN, false},
    };
    tw_sheet_heading(out, "Extraction");
    TW_SHEET_ROWS(out, rows);
}

static void put_memory(struct tw_text *out, const struct tw_report *report) {
    const struct tw_sheet_row rows[] = {
        {"Ring size", report->ring.size, 0, TW_SHEET_MEMORY, true},
        {"Ring used", report->ring.used, report->ring.size, TW_SHEET_MEMORY, true},
        {"Packets in the ring", report->ring.packets, report->packets.total, TW_SHEET_COUNT, true},
        {"Handshakes kept aside", report->ring.handshakes_kept, 0, TW_SHEET_COUNT, false},
        {"Flow table", report->memory.flow_table, 0, TW_SHEET_MEMORY, true},
        {"Resident memory", report->memory.rss, 0, TW_SHEET_MEMORY, true},
    };
    tw_sheet_heading(out, "Ring and memory");
    tw_sheet_period(out, "Reach of \"before\"", report->ring.span);
    TW_SHEET_ROWS(out, rows);
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
    put_warning(out, report->time.jumps, 0, " jumps of the packets' times", "");
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
    put_packets(out, report);
    put_capture(out, report);
    put_flows(out, report);
    put_window(out, report);
    put_top(out, report);
    put_extract(out, report);
    put_memory(out, report);
    put_warnings(out, report);
    if (report->extract.n_files + report->n_written == 0)
        return;
    tw_sheet_heading(out, "Files written");
    put_names(out, report->extract.files, report->extract.n_files);
    put_names(out, report->written, report->n_written);
}
