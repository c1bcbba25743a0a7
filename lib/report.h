/* SPDX-License-Identifier: MIT */
/*
 * report.h — the state of a run as numbers, and its texts.
 *
 * The engine fills struct tw_report, the daemon adds what only it knows (source, kernel counters, process); the
 * functions below make text of it. They are pure: no clock, no files.
 */
#ifndef TW_REPORT_H
#define TW_REPORT_H

#include "ethertypes.h"
#include "event.h"
#include "flowstat.h"
#include "label.h"
#include "layers.h"
#include "text.h"
#include "types.h"

enum { TW_TOP = 10 };

/* One host of a table of the report. */
struct tw_report_host {
    uint8_t ip_version;
    struct tw_addr addr;
    uint64_t packets, bytes, low_segments; /* sent by it */
};

struct tw_packet_counters {
    uint64_t total, captured_bytes, wire_bytes;
    uint64_t side[TW_SIDE_COUNT], side_bytes[TW_SIDE_COUNT]; /* of flows; on the wire */
    uint64_t ipv4, ipv6, tcp, udp, icmp, sctp, other;        /* by the innermost headers */
    uint64_t tcp_bytes, non_ip, fragments, cut_short, malformed, too_deep;
};

struct tw_report {
    const char *version;
    bool complete;
    int64_t pid;
    double uptime;

    struct {
        bool is_interface;
        const char *name;      /* of files the first one's; "-" is standard input */
        uint64_t n_files;      /* how many there are */
        const char *link_type; /* libpcap's name; NULL: not known yet */
        uint32_t snaplen;
        bool truncated;
        const char *filter;       /* as given to libpcap; NULL or "": none */
        uint64_t size, processed; /* bytes of the capture files, and how much of them was read; 0: not known */
    } source;

    struct {
        bool seen;           /* any packet; else the rest is not there */
        tw_time first, last; /* smallest and largest packet time */
        tw_time duration;    /* from the first packet to the last, by the engine's clock */
        uint64_t
            jumps; /* times that the packets' times were set back by more than reordering does, or, live, stepped */
    } time;

    struct tw_packet_counters packets;
    struct tw_ethertypes ethertypes; /* of packets.non_ip */
    struct tw_depths headers;
    struct tw_seen_bits bits; /* of all flows */

    struct {
        uint64_t received, dropped_kernel, dropped_interface;
    } capture;

    struct {
        uint64_t total, side[TW_SIDE_COUNT]; /* flows; those in which A, B has sent something */
        uint64_t ipv4, ipv6;
        uint64_t active, peak, max;
        uint64_t with_payload;     /* TCP flows that ended, with payload */
        uint64_t one_sided, stray; /* of those with_payload; RST and FIN segments that were not acceptable */
        uint64_t ended_closed, ended_reset, ended[TW_FLOW_END_COUNT];
    } flows;

    struct {
        uint64_t threshold, considered, low_segments, zero_segments, episodes, unknown_scale_flows, window_full;
    } window;

    struct {
        uint64_t total, suppressed, flows, directions;
    } alarms;

    struct {
        bool in_file; /* ring.store: the bytes are fetched again from the capture file */
        uint64_t size, used, packets, handshakes_kept, handshakes_lost;
        tw_time span;
    } ring;

    struct {
        uint64_t packets, bytes, flows, skipped, lost[TW_LOST_COUNT], write_errors;
        const char *const *files; /* finished names, in the order of their numbers */
        size_t n_files;
        const char
            *open; /* the one written last that is not finished; NULL: none. Valid until the next packet or tick */
    } extract;

    struct {
        uint64_t lost_alarms, lost_flows, lost_log;
        uint64_t removed_files, removed_bytes, removed_age, removed_free;
    } output;

    struct {
        struct tw_report_host packets[TW_TOP], bytes[TW_TOP], low_ratio[TW_TOP];
        size_t n_packets, n_bytes, n_low_ratio;
    } top;

    struct {
        uint64_t rss, flow_table, ring;
    } memory;

    const struct tw_labeller *labeller; /* asked for the hosts of the top lists; NULL: none */

    /* files that the text report lists at its end beside extract.files, as they are called; NULL: none */
    const char *const *written;
    size_t n_written;
};

/* Two amounts that are compared. */
struct tw_balance {
    uint64_t a, b;
};

/* How much more one way carries than the other: each is (a - b) / (a + b). */
struct tw_asymmetry {
    struct tw_balance flows, replies, packets, bytes; /* replies: requests, and those that were answered */
};

/* Flows in which both sides have sent something. */
static inline uint64_t tw_report_replies(const struct tw_report *report) {
    uint64_t sides = report->flows.side[TW_A] + report->flows.side[TW_B];
    return sides > report->flows.total ? sides - report->flows.total : 0;
}

static inline uint64_t tw_report_distance(const struct tw_balance *balance) {
    return balance->a < balance->b ? balance->b - balance->a : balance->a - balance->b;
}

static inline void tw_report_asymmetry(const struct tw_report *report, struct tw_asymmetry *ret) {
    ret->flows = (struct tw_balance){report->flows.side[TW_A], report->flows.side[TW_B]};
    ret->replies = (struct tw_balance){report->flows.side[TW_A], tw_report_replies(report)};
    ret->packets = (struct tw_balance){report->packets.side[TW_A], report->packets.side[TW_B]};
    ret->bytes = (struct tw_balance){report->packets.side_bytes[TW_A], report->packets.side_bytes[TW_B]};
}

/* Append the report as JSON: one object, and a final newline. Rates are derived from time.duration. */
void tw_report_json(struct tw_text *out, const struct tw_report *report);

/* Append the aligned text for people, at most 100 columns wide. */
void tw_report_text(struct tw_text *out, const struct tw_report *report);

#endif
