/* SPDX-License-Identifier: MIT */
/* bits.c — see bits.h. */
#include "bits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

enum { FLOW_STAT_WIDTH = 64, FLAGS_WIDTH = 8 };

static const char *const flow_stat[FLOW_STAT_WIDTH] = {
    [0] = "B direction (did not initiate)",
    [1] = "no Ethernet header",
    [2] = "pure layer 2",
    [3] = "PPPoE discovery",
    [4] = "PPPoE session",
    [5] = "LLDP",
    [6] = "ARP",
    [7] = "RARP",
    [8] = "VLAN",
    [9] = "MPLS unicast",
    [10] = "MPLS multicast",
    [11] = "L2TP",
    [12] = "GRE",
    [13] = "PPP after L2TP or GRE",
    [14] = "IPv4 flow",
    [15] = "IPv6 flow",
    [16] = "bogus IP version",
    [17] = "IP in IP",
    [18] = "Ethernet over IP",
    [19] = "Teredo",
    [20] = "AYIYA",
    [21] = "GTP",
    [22] = "VXLAN",
    [23] = "CAPWAP",
    [24] = "SCTP",
    [25] = "UPnP",
    [26] = "ERSPAN",
    [27] = "WCCP",
    [28] = "SIP/RTP",
    [29] = "GENEVE",
    [30] = "IPsec AH",
    [31] = "IPsec ESP",
    [32] = "captured less than a layer 2 header",
    [33] = "captured less than the layer 3 length",
    [34] = "captured less than a layer 3 header",
    [35] = "captured less than a layer 4 header",
    [36] = "fragmentation",
    [37] = "fragment error",
    [38] = "first fragment missing or out of order",
    [39] = "fragments incomplete at flow end",
    [40] = "flow timeout",
    [42] = "removed because the table was full",
    [43] = "dissection stopped",
    [44] = "duplicate IP id",
    [46] = "IPv4 header under 20 bytes",
    [47] = "payload length and framing differ",
    [48] = "header description too long",
    [49] = "alarm, its packets are extracted",
    [50] = "land attack",
    [51] = "time jump",
    [57] = "priority tag (VLAN 0)",
    [58] = "IPv4 packet",
    [59] = "IPv6 packet",
    [60] = "LAPD",
    [61] = "DTLS",
    [63] = "length above the maximum",
};

static const char *const tcp_states[FLAGS_WIDTH] = {
    [0] = "malformed establishment", [1] = "malformed teardown",  [2] = "malformed flags while established",
    [3] = "packets after teardown",  [4] = "packets after reset", [6] = "reset from sender",
    [7] = "possible scan",
};

static const char *const win_stat[FLAGS_WIDTH] = {
    [0] = "low segment seen",
    [1] = "zero window seen",
    [2] = "alarm",
    [3] = "alarm suppressed",
    [4] = "scale unknown",
    [5] = "scale above 14",
    [6] = "window full seen",
    [7] = "episode open at end of flow",
};

static const struct tw_bits_field fields[] = {
    {"flowStat", FLOW_STAT_WIDTH, flow_stat},
    {"tcpStatesAFlags", FLAGS_WIDTH, tcp_states},
    {"tcpWinStat", FLAGS_WIDTH, win_stat},
};

enum { N_FIELDS = sizeof(fields) / sizeof(fields[0]) };

const struct tw_bits_field *tw_bits_at(size_t i) {
    return i < N_FIELDS ? &fields[i] : NULL;
}

const struct tw_bits_field *tw_bits_find(const char *name) {
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (strcmp(name, fields[i].name) == 0)
            return &fields[i];
    }
    return NULL;
}

bool tw_bits_parse(const struct tw_bits_field *field, const char *text, uint64_t *ret) {
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = is_hex ? text + 2 : text;
    if (*digits == '\0' || digits[strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789")] != '\0')
        return false;
    errno = 0;
    unsigned long long value = strtoull(digits, NULL, is_hex ? 16 : 10);
    if (errno != 0 || (field->width < 64 && value >> field->width != 0))
        return false;
    *ret = value;
    return true;
}

const char *tw_bits_text(const struct tw_bits_field *field, unsigned bit) {
    return field->texts[bit] != NULL ? field->texts[bit] : "(no meaning)";
}

static void put_value(struct tw_text *out, const struct tw_bits_field *field, uint64_t value) {
    tw_text_str(out, "0x");
    tw_text_hex(out, value, field->width / 4);
}

void tw_bits_explain(struct tw_text *out, const struct tw_bits_field *field, uint64_t value) {
    tw_text_str(out, field->name);
    tw_text_char(out, '=');
    put_value(out, field, value);
    tw_text_str(out, value == 0 ? "\n  no bit is set\n" : "\n");
    for (unsigned bit = 0; bit < field->width; bit++) {
        if ((value >> bit & 1) == 0)
            continue;
        tw_text_str(out, bit < 10 ? "  bit  " : "  bit ");
        tw_text_u64(out, bit);
        tw_text_str(out, "  ");
        put_value(out, field, UINT64_C(1) << bit);
        tw_text_str(out, "  ");
        tw_text_str(out, tw_bits_text(field, bit));
        tw_text_char(out, '\n');
    }
}

void tw_bits_json(struct tw_text *out, const struct tw_bits_field *field, uint64_t value) {
    tw_json_begin_array(out);
    for (unsigned bit = 0; bit < field->width; bit++) {
        if (value >> bit & 1)
            tw_json_string(out, tw_bits_text(field, bit));
    }
    tw_json_end_array(out);
}
