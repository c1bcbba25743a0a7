/* SPDX-License-Identifier: MIT */
/*
 * report.c — the report as JSON; report_text.c makes the text for people.
 */
#include "report.h"

#include "bits.h"
#include "json.h"

static void begin_section(struct tw_text *out, const char *key) {
    tw_json_key(out, key);
    tw_json_begin_object(out);
}

static void put_bool(struct tw_text *out, const char *key, bool value) {
    tw_json_key(out, key);
    tw_json_bool(out, value);
}

static void put_period(struct tw_text *out, const char *key, tw_time period) {
    tw_json_key(out, key);
    tw_json_seconds(out, period);
}

static void put_rate(struct tw_text *out, const char *key, uint64_t count, tw_time duration) {
    tw_json_key(out, key);
    tw_json_rate(out, count, duration);
}

static void put_ratio(struct tw_text *out, const char *key, uint64_t part, uint64_t whole) {
    tw_json_key(out, key);
    tw_json_ratio(out, part, whole);
}

/* As the columns of the flow table have them, since no reader of JSON keeps 64 bits of a number. */
static void put_hex(struct tw_text *out, const char *key, uint64_t bits, unsigned digits) {
    char text[2 + 16 + 1] = "0x";
    for (unsigned i = 0; i < digits; i++)
        text[2 + i] = "0123456789abcdef"[bits >> (4 * (digits - 1 - i)) & 15];
    tw_json_member_string(out, key, text);
}

/* The clock of who runs us; whatever it says, this is a number. */
static tw_time period_of(double seconds) {
    return seconds > 0 && seconds < 9e9 ? (tw_time)(seconds * (double)TW_SECOND) : 0;
}

static void put_run(struct tw_text *out, const struct tw_report *report) {
    tw_json_member_string(out, "tcpwind", report->version);
    put_bool(out, "complete", report->complete);
    tw_json_key(out, "pid");
    tw_json_i64(out, report->pid);
    put_period(out, "uptime_s", period_of(report->uptime));
}

static void put_source(struct tw_text *out, const struct tw_report *report) {
    begin_section(out, "source");
    tw_json_member_string(out, "type", report->source.is_interface ? "interface" : "file");
    tw_json_member_string(out, "name", report->source.name);
    tw_json_member_u64(out, "files", report->source.n_files);
    tw_json_member_string(out, "link_type", report->source.link_type);
    tw_json_member_u64(out, "snaplen", report->source.snaplen);
    put_bool(out, "truncated", report->source.truncated);
    tw_json_member_string(out, "filter", report->source.filter != NULL ? report->source.filter : "");
    tw_json_member_u64(out, "size", report->source.size);
    tw_json_member_u64(out, "processed", report->source.processed);
    tw_json_end_object(out);
}

static void put_moment(struct tw_text *out, const char *key, bool is_there, tw_time t) {
    tw_json_key(out, key);
    if (is_there)
        tw_json_time(out, t);
    else
        tw_json_null(out);
}

static void put_time(struct tw_text *out, const struct tw_report *report) {
    begin_section(out, "time");
    put_moment(out, "first", report->time.seen, report->time.first);
    put_moment(out, "last", report->time.seen, report->time.last);
    put_period(out, "duration_s", report->time.seen ? report->time.duration : 0);
    tw_json_member_u64(out, "jumps", report->time.jumps);
    tw_json_end_object(out);
}

static void put_ethertypes(struct tw_text *out, const struct tw_ethertypes *types) {
    tw_json_key(out, "ethertypes");
    tw_json_begin_array(out);
    for (uint32_t i = 0; i < types->n; i++) {
        tw_json_begin_object(out);
        put_hex(out, "type", types->type[i].type, 4);
        tw_json_member_string(out, "name", tw_ethertypes_name(types->type[i].type));
        tw_json_member_u64(out, "packets", types->type[i].packets);
        tw_json_end_object(out);
    }
    tw_json_end_array(out);
    tw_json_member_u64(out, "other_ethertypes", types->others);
}

static void put_packets(struct tw_text *out, const struct tw_report *report) {
    const struct tw_packet_counters *packets = &report->packets;
    begin_section(out, "packets");
    tw_json_member_u64(out, "total", packets->total);
    tw_json_member_u64(out, "captured_bytes", packets->captured_bytes);
    tw_json_member_u64(out, "wire_bytes", packets->wire_bytes);
    tw_json_member_u64(out, "a", packets->side[TW_A]);
    tw_json_member_u64(out, "b", packets->side[TW_B]);
    tw_json_member_u64(out, "a_bytes", packets->side_bytes[TW_A]);
    tw_json_member_u64(out, "b_bytes", packets->side_bytes[TW_B]);
    tw_json_member_u64(out, "ipv4", packets->ipv4);
    tw_json_member_u64(out, "ipv6", packets->ipv6);
    tw_json_member_u64(out, "tcp", packets->tcp);
    tw_json_member_u64(out, "udp", packets->udp);
    tw_json_member_u64(out, "icmp", packets->icmp);
    tw_json_member_u64(out, "sctp", packets->sctp);
    tw_json_member_u64(out, "other", packets->other);
    tw_json_member_u64(out, "tcp_bytes", packets->tcp_bytes);
    tw_json_member_u64(out, "non_ip", packets->non_ip);
    tw_json_member_u64(out, "fragments", packets->fragments);
    tw_json_member_u64(out, "cut_short", packets->cut_short);
    tw_json_member_u64(out, "malformed", packets->malformed);
    tw_json_member_u64(out, "too_deep", packets->too_deep);
    put_ratio(out, "bytes_per_packet", packets->wire_bytes, packets->total);
    put_ratio(out, "a_bytes_per_packet", packets->side_bytes[TW_A], packets->side[TW_A]);
    put_ratio(out, "b_bytes_per_packet", packets->side_bytes[TW_B], packets->side[TW_B]);
    put_ethertypes(out, &report->ethertypes);
    tw_json_end_object(out);
}

static void put_headers(struct tw_text *out, const struct tw_depths *depths) {
    struct tw_depths_sum sum = tw_depths_sum(depths);
    begin_section(out, "headers");
    tw_json_member_u64(out, "min", sum.min);
    tw_json_member_u64(out, "max", sum.max);
    put_ratio(out, "average", sum.headers, sum.packets);
    tw_json_end_object(out);
}

/* As the columns of the flow table have them, and as tcpwindctl has them in words. */
static void put_column(struct tw_text *out, const char *column, const char *words, uint64_t bits) {
    const struct tw_bits_field *field = tw_bits_find(column);
    put_hex(out, column, bits, field->width / 4);
    tw_json_key(out, words);
    tw_bits_json(out, field, bits);
}

static void put_bits(struct tw_text *out, const struct tw_seen_bits *bits) {
    begin_section(out, "bits");
    put_column(out, "flowStat", "flowStat_bits", bits->flow_stat);
    put_column(out, "tcpStatesAFlags", "tcpStatesAFlags_bits", bits->tcp_states);
    put_column(out, "tcpWinStat", "tcpWinStat_bits", bits->win_stat);
    tw_json_end_object(out);
}

static void put_capture(struct tw_text *out, const struct tw_report *report) {
    begin_section(out, "capture");
    tw_json_member_u64(out, "received", report->capture.received);
    tw_json_member_u64(out, "dropped_kernel", report->capture.dropped_kernel);
    tw_json_member_u64(out, "dropped_interface", report->capture.dropped_interface);
    tw_json_end_object(out);
}

static void put_balance(struct tw_text *out, const char *key, const struct tw_balance *balance) {
    tw_json_key(out, key);
    if (balance->a < balance->b)
        tw_text_char(out, '-');
    tw_text_ratio(out, tw_report_distance(balance), balance->a + balance->b);
}

static void put_asymmetry(struct tw_text *out, const struct tw_report *report) {
    struct tw_asymmetry asymmetry;
    tw_report_asymmetry(report, &asymmetry);
    begin_section(out, "asymmetry");
    put_balance(out, "flows", &asymmetry.flows);
    put_balance(out, "replies", &asymmetry.replies);
    put_balance(out, "packets", &asymmetry.packets);
    put_balance(out, "bytes", &asymmetry.bytes);
    tw_json_end_object(out);
}

static void put_flows(struct tw_text *out, const struct tw_report *report) {
    begin_section(out, "flows");
    tw_json_member_u64(out, "total", report->flows.total);
    tw_json_member_u64(out, "a", report->flows.side[TW_A]);
    tw_json_member_u64(out, "b", report->flows.side[TW_B]);
    tw_json_member_u64(out, "requests", report->flows.side[TW_A]);
    tw_json_member_u64(out, "replies", tw_report_replies(report));
    tw_json_member_u64(out, "ipv4", report->flows.ipv4);
    tw_json_member_u64(out, "ipv6", report->flows.ipv6);
    put_ratio(out, "packets_per_flow", report->packets.side[TW_A] + report->packets.side[TW_B], report->flows.total);
    put_ratio(out, "a_packets_per_flow", report->packets.side[TW_A], report->flows.side[TW_A]);
    put_ratio(out, "b_packets_per_flow", report->packets.side[TW_B], report->flows.side[TW_B]);
    put_asymmetry(out, report);
    tw_json_member_u64(out, "active", report->flows.active);
    tw_json_member_u64(out, "peak", report->flows.peak);
    tw_json_member_u64(out, "max", report->flows.max);
    tw_json_member_u64(out, "one_sided", report->flows.one_sided);
    tw_json_member_u64(out, "with_payload", report->flows.with_payload);
    tw_json_member_u64(out, "stray", report->flows.stray);
    begin_section(out, "ended");
    tw_json_member_u64(out, "closed", report->flows.ended_closed);
    tw_json_member_u64(out, "reset", report->flows.ended_reset);
    tw_json_member_u64(out, "timeout", report->flows.ended[TW_END_TIMEOUT]);
    tw_json_member_u64(out, "replaced", report->flows.ended[TW_END_REPLACED]);
    tw_json_member_u64(out, "evicted", report->flows.ended[TW_END_EVICTED]);
    tw_json_member_u64(out, "exit", report->flows.ended[TW_END_EXIT]);
    tw_json_end_object(out);
    tw_json_end_object(out);
}

static void put_window(struct tw_text *out, const struct tw_report *report) {
    begin_section(out, "window");
    tw_json_member_u64(out, "threshold", report->window.threshold);
    tw_json_member_u64(out, "considered", report->window.considered);
    tw_json_member_u64(out, "low_segments", report->window.low_segments);
    put_ratio(out, "low_ratio", report->window.low_segments, report->window.considered);
    tw_json_member_u64(out, "zero_segments", report->window.zero_segments);
    tw_json_member_u64(out, "episodes", report->window.episodes);
    tw_json_member_u64(out, "unknown_scale_flows", report->window.unknown_scale_flows);
    tw_json_member_u64(out, "window_full", report->window.window_full);
    tw_json_end_object(out);
}

static void put_alarms(struct tw_text *out, const struct tw_report *report) {
    begin_section(out, "alarms");
    tw_json_member_u64(out, "total", report->alarms.total);
    tw_json_member_u64(out, "suppressed", report->alarms.suppressed);
    tw_json_member_u64(out, "flows", report->alarms.flows);
    tw_json_member_u64(out, "directions", report->alarms.directions);
    tw_json_end_object(out);
}

static void put_ring(struct tw_text *out, const struct tw_report *report) {
    begin_section(out, "ring");
    tw_json_member_string(out, "store", report->ring.in_file ? "file" : "memory");
    tw_json_member_u64(out, "size", report->ring.size);
    tw_json_member_u64(out, "used", report->ring.used);
    put_period(out, "span_s", report->ring.span);
    tw_json_member_u64(out, "packets", report->ring.packets);
    tw_json_member_u64(out, "handshakes_kept", report->ring.handshakes_kept);
    tw_json_member_u64(out, "handshakes_lost", report->ring.handshakes_lost);
    tw_json_end_object(out);
}

static void put_extract(struct tw_text *out, const struct tw_report *report) {
    begin_section(out, "extract");
    tw_json_member_u64(out, "packets", report->extract.packets);
    tw_json_member_u64(out, "bytes", report->extract.bytes);
    tw_json_member_u64(out, "flows", report->extract.flows);
    tw_json_member_u64(out, "skipped", report->extract.skipped);
    begin_section(out, "lost");
    tw_json_member_u64(out, "overrun", report->extract.lost[TW_LOST_OVERRUN]);
    tw_json_member_u64(out, "queue", report->extract.lost[TW_LOST_QUEUE]);
    tw_json_member_u64(out, "write", report->extract.lost[TW_LOST_WRITE]);
    tw_json_end_object(out);
    tw_json_key(out, "files");
    tw_json_begin_array(out);
    for (size_t i = 0; i < report->extract.n_files; i++)
        tw_json_string(out, report->extract.files[i]);
    tw_json_end_array(out);
    tw_json_member_u64(out, "write_errors", report->extract.write_errors);
    tw_json_end_object(out);
}

static void put_output(struct tw_text *out, const struct tw_report *report) {
    begin_section(out, "output");
    begin_section(out, "lost");
    tw_json_member_u64(out, "alarms", report->output.lost_alarms);
    tw_json_member_u64(out, "flows", report->output.lost_flows);
    tw_json_member_u64(out, "log", report->output.lost_log);
    tw_json_end_object(out);
    begin_section(out, "removed");
    tw_json_member_u64(out, "files", report->output.removed_files);
    tw_json_member_u64(out, "bytes", report->output.removed_bytes);
    tw_json_member_u64(out, "age", report->output.removed_age);
    tw_json_member_u64(out, "free", report->output.removed_free);
    tw_json_end_object(out);
    tw_json_end_object(out);
}

/* Address and labels; the object stays open. */
static void begin_host(struct tw_text *out, const struct tw_labeller *labeller, const struct tw_report_host *host) {
    struct tw_label label;
    tw_label_find(labeller, host->ip_version, &host->addr, &label);
    tw_json_begin_object(out);
    tw_json_key(out, "ip");
    tw_json_addr(out, host->ip_version, &host->addr);
    tw_json_member_string(out, "country", label.country[0] != '\0' ? label.country : NULL);
    tw_json_member_string(out, "organisation", label.organisation[0] != '\0' ? label.organisation : NULL);
}

static void begin_list(struct tw_text *out, const char *key) {
    tw_json_key(out, key);
    tw_json_begin_array(out);
}

static void put_top(struct tw_text *out, const struct tw_report *report) {
    begin_section(out, "top");
    begin_list(out, "packets");
    for (size_t i = 0; i < report->top.n_packets; i++) {
        begin_host(out, report->labeller, &report->top.packets[i]);
        tw_json_member_u64(out, "packets", report->top.packets[i].packets);
        tw_json_end_object(out);
    }
    tw_json_end_array(out);
    begin_list(out, "bytes");
    for (size_t i = 0; i < report->top.n_bytes; i++) {
        begin_host(out, report->labeller, &report->top.bytes[i]);
        tw_json_member_u64(out, "bytes", report->top.bytes[i].bytes);
        tw_json_end_object(out);
    }
    tw_json_end_array(out);
    begin_list(out, "low_ratio");
    for (size_t i = 0; i < report->top.n_low_ratio; i++) {
        const struct tw_report_host *host = &report->top.low_ratio[i];
        begin_host(out, report->labeller, host);
        tw_json_member_u64(out, "packets", host->packets);
        tw_json_member_u64(out, "low_segments", host->low_segments);
        put_ratio(out, "ratio", host->low_segments, host->packets);
        tw_json_end_object(out);
    }
    tw_json_end_array(out);
    tw_json_end_object(out);
}

static void put_rates(struct tw_text *out, const struct tw_report *report) {
    tw_time duration = report->time.seen ? report->time.duration : 0;
    begin_section(out, "rates");
    put_rate(out, "packets_per_s", report->packets.total, duration);
    put_rate(out, "a_packets_per_s", report->packets.side[TW_A], duration);
    put_rate(out, "b_packets_per_s", report->packets.side[TW_B], duration);
    put_rate(out, "flows_per_s", report->flows.total, duration);
    put_rate(out, "bits_per_s", 8 * report->packets.wire_bytes, duration);
    put_rate(out, "captured_bits_per_s", 8 * report->packets.captured_bytes, duration);
    tw_json_end_object(out);
}

static void put_memory(struct tw_text *out, const struct tw_report *report) {
    begin_section(out, "memory");
    tw_json_member_u64(out, "rss", report->memory.rss);
    tw_json_member_u64(out, "flow_table", report->memory.flow_table);
    tw_json_member_u64(out, "ring", report->memory.ring);
    tw_json_end_object(out);
}

void tw_report_json(struct tw_text *out, const struct tw_report *report) {
    tw_json_begin_object(out);
    put_run(out, report);
    put_source(out, report);
    put_time(out, report);
    put_packets(out, report);
    put_headers(out, &report->headers);
    put_capture(out, report);
    put_flows(out, report);
    put_bits(out, &report->bits);
    put_window(out, report);
    put_alarms(out, report);
    put_ring(out, report);
    put_extract(out, report);
    put_output(out, report);
    put_top(out, report);
    put_rates(out, report);
    put_memory(out, report);
    tw_json_end_object(out);
    tw_text_char(out, '\n');
}
