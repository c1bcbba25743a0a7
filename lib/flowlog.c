/* SPDX-License-Identifier: MIT */
/*
 * flowlog.c — see flowlog.h.
 */
#include "flowlog.h"

#include "community.h"
#include "flowstat.h"
#include "layers.h"

#include <netinet/in.h>

/* A part of the text. */
struct span {
    size_t at, len;
};

/* One line in the making: `sent` is its direction, `received` the other one. */
struct line {
    const struct tw_flow_record *record;
    const struct tw_direction_record *sent, *received;
    enum tw_side side;
    const char *community_id;
    const struct tw_label *label; /* of each end */
    struct span *end;             /* of each end: where it has been written; len 0: nowhere yet */
};

void tw_flowlog_header(struct tw_text *out) {
    tw_text_str(out,
                "%dir\tflowInd\tflowStat\ttimeFirst\ttimeLast\tduration\tnumHdrDesc\tnumHdrs\thdrDesc\tsrcMac\tdstMac\t"
                "ethType\tvlanID\tsrcIP\tsrcIPCC\tsrcIPOrg\tsrcPort\tdstIP\tdstIPCC\tdstIPOrg\tdstPort\tl4Proto\t"
                "pktsSnt\tpktsRcvd\tl7BytesSnt\tl7BytesRcvd\tbytesSnt\tbytesRcvd\tpktps\tbytps\tpktAsm\tbytAsm\t"
                "tcpStatesAFlags\tipTTL\ttcpWinStat\ttcpWinInit\ttcpWinScale\ttcpWinMin\ttcpWinMax\ttcpWinSegs\t"
                "tcpWinThCnt\ttcpWinThRt\ttcpWinZero\ttcpWinEpisodes\ttcpWinAlarms\ttcpWinProbes\ttcpWinFull\t"
                "tcpWinLowTime\ttcpWinLowMax\tcommunityID\n");
}

static void put_tab(struct tw_text *out) {
    tw_text_char(out, '\t');
}

/* Each of these writes one value and the tab behind it. */
static void put_str(struct tw_text *out, const char *s) {
    tw_text_str(out, s);
    put_tab(out);
}

static void put_count(struct tw_text *out, uint64_t value) {
    tw_text_u64(out, value);
    put_tab(out);
}

static void put_seconds(struct tw_text *out, tw_time t) {
    tw_text_seconds(out, t);
    put_tab(out);
}

static void put_bits(struct tw_text *out, uint64_t value, unsigned digits) {
    tw_text_char(out, '0');
    tw_text_char(out, 'x');
    tw_text_hex(out, value, digits);
    put_tab(out);
}

static void put_number_if(struct tw_text *out, bool is_there, uint64_t value) {
    if (is_there)
        put_count(out, value);
    else
        put_str(out, "-");
}

static void put_mac(struct tw_text *out, bool is_there, const uint8_t mac[6]) {
    if (is_there)
        tw_text_mac(out, mac);
    else
        tw_text_char(out, '-');
    put_tab(out);
}

static void put_vlans(struct tw_text *out, const struct tw_scope *scope) {
    for (size_t i = 0; i < scope->n_vlans; i++) {
        if (i > 0)
            tw_text_char(out, ';');
        tw_text_u64(out, scope->vlan[i]);
    }
    if (scope->n_vlans == 0)
        tw_text_char(out, '-');
    put_tab(out);
}

/* Text of others in a table: nothing that ends a field. */
static void put_name(struct tw_text *out, const char *name) {
    if (name[0] == '\0')
        tw_text_char(out, '-');
    else
        tw_text_visible(out, name);
    put_tab(out);
}

/* Address, country, organisation, port; copied from the line before, where they are the other end's. */
static void put_end(struct tw_text *out, const struct line *line, enum tw_side side) {
    const struct tw_flow_id *id = &line->record->id;
    struct span *span = &line->end[side];
    if (span->len > 0) {
        tw_text_again(out, span->at, span->len);
        return;
    }
    span->at = out->len;
    tw_text_addr(out, id->ip_version, &id->end[side].addr);
    put_tab(out);
    put_name(out, line->label[side].country);
    put_name(out, line->label[side].organisation);
    put_count(out, id->end[side].port);
    span->len = out->len - span->at;
}

/* How many chains of headers, the depth of each, and the chains. */
static void put_layers(struct tw_text *out, const uint64_t chains[TW_CHAINS_PER_SIDE]) {
    size_t n = 0;
    while (n < TW_CHAINS_PER_SIDE && chains[n] != 0)
        n++;
    put_count(out, n);
    if (n == 0) {
        put_str(out, "-\t-");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        tw_text_str(out, i > 0 ? ";" : "");
        tw_text_u64(out, tw_layers_count(chains[i]));
    }
    put_tab(out);
    for (size_t i = 0; i < n; i++) {
        tw_text_str(out, i > 0 ? ";" : "");
        tw_layers_text(out, chains[i]);
    }
    put_tab(out);
}

/* (sent - received) / (sent + received) */
static void put_asymmetry(struct tw_text *out, uint64_t sent, uint64_t received) {
    if (sent < received)
        tw_text_char(out, '-');
    tw_text_ratio(out, sent < received ? received - sent : sent - received, sent + received);
    put_tab(out);
}

/* Who, when, over what: %dir to l4Proto. */
static void put_basics(struct tw_text *out, const struct line *line) {
    const struct tw_flow_id *id = &line->record->id;
    put_str(out, line->side == TW_A ? "A" : "B");
    put_count(out, id->index);
    put_bits(out, tw_flowstat_of(line->record, line->side), 16);
    put_seconds(out, line->sent->first);
    put_seconds(out, line->sent->last);
    put_seconds(out, line->sent->duration);
    put_layers(out, line->sent->layers);
    put_mac(out, line->sent->has_macs, line->sent->smac);
    put_mac(out, line->sent->has_macs, line->sent->dmac);
    if (id->ethertype != 0)
        put_bits(out, id->ethertype, 4);
    else
        put_str(out, "-");
    put_vlans(out, &id->scope);
    put_end(out, line, line->side);
    put_end(out, line, tw_other_side(line->side));
    put_count(out, id->proto);
}

/* How much: pktsSnt to ipTTL. */
static void put_volume(struct tw_text *out, const struct line *line) {
    const struct tw_direction_record *sent = line->sent, *received = line->received;
    put_count(out, sent->packets);
    put_count(out, received->packets);
    put_count(out, sent->payload);
    put_count(out, received->payload);
    put_count(out, sent->bytes);
    put_count(out, received->bytes);
    tw_text_rate(out, sent->packets, sent->duration);
    put_tab(out);
    tw_text_rate(out, sent->bytes, sent->duration);
    put_tab(out);
    put_asymmetry(out, sent->packets, received->packets);
    put_asymmetry(out, sent->bytes, received->bytes);
    put_bits(out, sent->tcp_states, 2);
    put_count(out, sent->ttl);
}

static void put_scale(struct tw_text *out, bool is_tcp, const struct tw_direction_record *sent) {
    if (!is_tcp)
        put_str(out, "-");
    else if (sent->scale == TW_SCALE_KNOWN)
        put_count(out, sent->shift);
    else
        put_str(out, sent->scale == TW_SCALE_NONE ? "none" : "unknown");
}

/* Its window: tcpWinStat to tcpWinLowMax. */
static void put_window(struct tw_text *out, const struct line *line) {
    const struct tw_direction_record *sent = line->sent;
    put_bits(out, sent->win_stat, 2);
    put_number_if(out, sent->win_init >= 0, (uint64_t)sent->win_init);
    put_scale(out, line->record->id.proto == IPPROTO_TCP, sent);
    put_number_if(out, sent->considered > 0, sent->win_min);
    put_number_if(out, sent->considered > 0, sent->win_max);
    put_count(out, sent->considered);
    put_count(out, sent->low);
    tw_text_ratio(out, sent->low, sent->segments);
    put_tab(out);
    put_count(out, sent->zero);
    put_count(out, sent->episodes);
    put_count(out, sent->alarms);
    put_count(out, sent->probes);
    put_count(out, sent->full);
    put_seconds(out, sent->low_time);
    put_seconds(out, sent->low_max);
}

void tw_flowlog_record(struct tw_text *out, const struct tw_labeller *labeller, const struct tw_flow_record *record) {
    const struct tw_flow_id *id = &record->id;
    char community_id[TW_COMMUNITY_MAX];
    bool has_id = tw_community_of_flow(id, community_id);
    struct tw_label label[TW_SIDE_COUNT];
    struct span end[TW_SIDE_COUNT] = {{0}};
    for (enum tw_side side = TW_A; side < TW_SIDE_COUNT; side++)
        tw_label_find(labeller, id->ip_version, &id->end[side].addr, &label[side]);
    for (enum tw_side side = TW_A; side < TW_SIDE_COUNT; side++) {
        struct line line = {
            .record = record,
            .sent = &record->side[side],
            .received = &record->side[tw_other_side(side)],
            .side = side,
            .community_id = has_id ? community_id : "-",
            .label = label,
            .end = end,
        };
        if (line.sent->packets == 0)
            continue;
        put_basics(out, &line);
        put_volume(out, &line);
        put_window(out, &line);
        tw_text_str(out, line.community_id);
        tw_text_char(out, '\n');
    }
}
