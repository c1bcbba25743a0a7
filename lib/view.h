/* SPDX-License-Identifier: MIT */
/*
 * view.h — what is kept of one decoded packet: its innermost headers and the way to them.
 *
 * Plain data, filled by packet.h. The view copies what it keeps; it owns nothing and points nowhere.
 */
#ifndef TW_VIEW_H
#define TW_VIEW_H

#include "types.h"

/* TCP flags as on the wire (RFC 9293 3.1). */
enum {
    TW_TCP_FIN = 0x01,
    TW_TCP_SYN = 0x02,
    TW_TCP_RST = 0x04,
    TW_TCP_PSH = 0x08,
    TW_TCP_ACK = 0x10,
    TW_TCP_URG = 0x20
};

/* How far the TCP header was captured; each holds only with those before it. */
enum {
    TW_HAS_SEQ = 0x01,
    TW_HAS_ACK = 0x02,
    TW_HAS_FLAGS = 0x04,
    TW_HAS_WINDOW = 0x08,
    TW_HAS_OPTIONS = 0x10, /* the whole header, all options */
};

/* Why decoding ended early, and whether there is something to hang on a flow. */
enum {
    TW_PACKET_CUT = 0x01,       /* a header that the capture, or a first fragment, cut */
    TW_PACKET_MALFORMED = 0x02, /* a header that contradicts the lengths */
    TW_PACKET_TOO_DEEP = 0x04,
    TW_PACKET_TCP = 0x08,            /* a TCP header with at least its ports */
    TW_PACKET_LATER_FRAGMENT = 0x10, /* no transport header: datagram says whose part it is */
};

enum { TW_IP_MAX = 8 }; /* IP headers in one packet */

/* What the fragments of one datagram have in common (RFC 791 3.2, RFC 8200 4.5). */
struct tw_datagram {
    struct tw_addr src, dst;
    uint32_t id;
    uint8_t proto;
    uint8_t ip_version;
};

/*
 * In the order of their use: what a plain TCP packet needs stands in the first lines, so that a batch stays in the
 * cache.
 */
struct tw_packet {
    union {
        struct {
            uint8_t status;     /* TW_PACKET_... */
            uint8_t ip_version; /* 4 or 6; 0: no IP header was reached */
            uint8_t proto;      /* of the innermost IP header, behind its extension headers */
            uint8_t ttl;        /* or hop limit */

            /* TCP; this and what follows is valid as far as `has` says */
            uint8_t has;
            uint8_t flags;      /* with RST, SYN and FIN are cleared; with SYN, FIN is */
            uint8_t wire_flags; /* as they came */
            uint8_t n_first;    /* datagrams of which this packet holds the first fragment, outermost first */
        };
        uint64_t head; /* all of them, in this order in memory: plain.h writes them at once, and why */
    };
    uint16_t window;      /* as on the wire */
    int16_t window_scale; /* with SYN: the option's value, 0 to 255; -1: no such option (or not TW_HAS_OPTIONS) */
    uint32_t seq, ack;
    /* bytes behind the header of TCP, UDP, SCTP or ICMP, else behind IP; by the IP length, captured or not */
    uint32_t payload;

    union {
        struct {
            uint16_t sport, dport;
        };
        uint32_t ports; /* both */
    };
    uint64_t flow_stat; /* bits of the flowStat column that this packet sets */
    uint64_t layers;    /* all its headers, as layers.h has them */
    struct tw_addr src, dst;

    /*
     * ICMP and ICMPv6: type << 8 | code; -1: none was captured. Where a request and its answer carry an identifier, the
     * ports pair them: the asking side's is the identifier, the other side's the type of the request. Else both are 0.
     */
    int32_t icmp;
    bool is_answer; /* to such a request */

    /* the way here */
    bool has_macs;
    uint16_t ethertype; /* of the innermost link header; 0: none */
    uint8_t smac[6], dmac[6];
    struct tw_scope scope;
    struct tw_datagram later; /* with TW_PACKET_LATER_FRAGMENT */
    struct tw_datagram first[TW_IP_MAX];
};

#endif
